//! C0 and C1 control characters, and DEL, in a name.

use super::super::{Detector, Look};
use crate::rules::name::{Name, points};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "name-control", look: Look::Name(find) };

fn find(name: &Name<'_>) -> Option<String> {
    let is_byte = |b: &&u8| **b < 0x20 || **b == 0x7f;
    match name.text {
        Some(text) => points(text.chars().filter(|c| c.is_control())),
        None => points(name.bytes.iter().filter(is_byte).map(|&b| char::from(b))),
    }
}
