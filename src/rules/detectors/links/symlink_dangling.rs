//! Links of the file system that lead to nothing.

use super::super::{Detector, Look};
use crate::rules::links::{Broken, Fate};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "symlink-dangling", look: Look::Link(find) };

fn find(broken: &Broken<'_>) -> Option<String> {
    let is_hit = broken.fate == Fate::Dangling;
    is_hit.then(|| broken.detail.to_owned())
}
