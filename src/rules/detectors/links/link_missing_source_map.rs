//! Source maps that are not there.

use super::super::{Detector, Look};
use crate::rules::links::{Broken, Fate, Role};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "link-missing-source-map", look: Look::Link(find) };

fn find(broken: &Broken<'_>) -> Option<String> {
    let is_hit = broken.fate == Fate::Absent && broken.role == Role::SourceMap;
    is_hit.then(|| broken.detail.to_owned())
}
