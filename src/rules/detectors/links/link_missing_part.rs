//! Parts of a document, a book, a list or a set, not there.

use super::super::{Detector, Look};
use crate::rules::links::{Broken, Fate, Role};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "link-missing-part", look: Look::Link(find) };

fn find(broken: &Broken<'_>) -> Option<String> {
    let is_hit = broken.fate == Fate::Absent && broken.role == Role::Part;
    is_hit.then(|| broken.detail.to_owned())
}
