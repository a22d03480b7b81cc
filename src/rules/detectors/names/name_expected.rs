//! A name that a folder of the target's own layout does not hold.

use super::super::{Detector, Look};
use crate::rules::name::Name;
use crate::rules::targets::Target;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "name-expected", look: Look::NameOn(find) };

fn find(name: &Name<'_>, target: &Target) -> Option<String> {
    target.names.not_expected(name).map(|patterns| patterns.join(", "))
}
