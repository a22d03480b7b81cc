//! Pages that a link outside of a site leads to, and that are not there.

use super::super::{Detector, Look};
use crate::rules::links::{Broken, Fate, Role};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "link-missing-page", look: Look::Link(find) };

fn find(broken: &Broken<'_>) -> Option<String> {
    let is_hit = broken.fate == Fate::Absent && broken.role == Role::Page && !broken.in_site;
    is_hit.then(|| broken.detail.to_owned())
}
