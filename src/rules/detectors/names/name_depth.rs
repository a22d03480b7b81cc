//! A folder deeper than the target goes.

use super::super::{Detector, Look};
use crate::rules::name::Name;
use crate::rules::targets::Target;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "name-depth", look: Look::NameOn(find) };

fn find(name: &Name<'_>, target: &Target) -> Option<String> {
    target.names.too_deep(name)
}
