//! What is started, or shown for it, not there.

use super::super::{Detector, Look};
use crate::rules::links::{Broken, Fate, Role};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "link-missing-program", look: Look::Link(find) };

fn find(broken: &Broken<'_>) -> Option<String> {
    let is_hit = broken.fate == Fate::Absent && broken.role == Role::Program;
    is_hit.then(|| broken.detail.to_owned())
}
