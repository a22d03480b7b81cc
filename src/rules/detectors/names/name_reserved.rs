//! A name that is something else on the target.

use super::super::{Detector, Look};
use crate::rules::name::Name;
use crate::rules::targets::Target;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "name-reserved", look: Look::NameOn(find) };

fn find(name: &Name<'_>, target: &Target) -> Option<String> {
    target.names.is_reserved(name).map(str::to_owned)
}
