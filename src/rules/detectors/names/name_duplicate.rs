//! A second entry of the same name in the same folder.

use super::super::{Detector, Look};
use crate::rules::name::Name;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "name-duplicate", look: Look::Name(find) };

fn find(name: &Name<'_>) -> Option<String> {
    name.duplicate.then(String::new)
}
