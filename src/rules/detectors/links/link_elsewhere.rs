//! What another package may bring.

use super::super::{Detector, Look};
use crate::rules::links::{Broken, Fate};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "link-elsewhere", look: Look::Link(find) };

fn find(broken: &Broken<'_>) -> Option<String> {
    let is_hit = broken.fate == Fate::Elsewhere;
    is_hit.then(|| broken.detail.to_owned())
}
