//! A dash first in a name.

use super::super::{Detector, Look};
use crate::rules::name::Name;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "name-dash", look: Look::Name(find) };

fn find(name: &Name<'_>) -> Option<String> {
    // `-` alone is a custom name for standard input, and of a few packages.
    (name.bytes.starts_with(b"-") && name.bytes.len() > 1).then(String::new)
}
