//! Pages that nothing leads to.

use super::super::{Detector, Look};
use crate::rules::links::{Broken, Fate};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "link-orphan", look: Look::Link(find) };

fn find(broken: &Broken<'_>) -> Option<String> {
    let is_hit = broken.fate == Fate::Unreached;
    is_hit.then(|| broken.detail.to_owned())
}
