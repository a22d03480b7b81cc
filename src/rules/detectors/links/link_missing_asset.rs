//! What a page outside of a site is shown with, and modules of scripts, not there.

use super::super::{Detector, Look};
use crate::rules::links::{Broken, Fate, Role};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "link-missing-asset", look: Look::Link(find) };

fn find(broken: &Broken<'_>) -> Option<String> {
    let is_hit = broken.fate == Fate::Absent
        && matches!(broken.role, Role::Asset | Role::Module)
        && !broken.in_site;
    is_hit.then(|| broken.detail.to_owned())
}
