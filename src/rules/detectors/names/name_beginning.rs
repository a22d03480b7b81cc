//! A beginning of a name that means something on the target.

use super::super::{Detector, Look};
use crate::rules::name::Name;
use crate::rules::targets::Target;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "name-beginning", look: Look::NameOn(find) };

fn find(name: &Name<'_>, target: &Target) -> Option<String> {
    target.names.reserved_beginning(name).map(str::to_owned)
}
