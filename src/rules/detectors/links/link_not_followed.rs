//! Contents whose references were not followed.

use super::super::{Detector, Look};
use crate::rules::links::{Broken, Fate};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "link-not-followed", look: Look::Link(find) };

fn find(broken: &Broken<'_>) -> Option<String> {
    let is_hit = broken.fate == Fate::NotFollowed;
    is_hit.then(|| broken.detail.to_owned())
}
