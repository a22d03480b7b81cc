//! A name longer than the target takes.

use super::super::{Detector, Look};
use crate::rules::name::Name;
use crate::rules::targets::Target;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "name-length", look: Look::NameOn(find) };

fn find(name: &Name<'_>, target: &Target) -> Option<String> {
    target.names.too_long(name)
}
