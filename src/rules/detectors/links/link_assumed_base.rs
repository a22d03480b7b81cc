//! Sites that are taken to be served below a path of their host.

use super::super::{Detector, Look};
use crate::rules::links::{Broken, Fate};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "link-assumed-base", look: Look::Link(find) };

fn find(broken: &Broken<'_>) -> Option<String> {
    let is_hit = broken.fate == Fate::AssumedBase;
    is_hit.then(|| broken.detail.to_owned())
}
