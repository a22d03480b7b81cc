//! Links of the file system that lead to themselves.

use super::super::{Detector, Look};
use crate::rules::links::{Broken, Fate};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "symlink-loop", look: Look::Link(find) };

fn find(broken: &Broken<'_>) -> Option<String> {
    let is_hit = broken.fate == Fate::Loop;
    is_hit.then(|| broken.detail.to_owned())
}
