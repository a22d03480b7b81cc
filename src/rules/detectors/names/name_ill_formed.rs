//! A name that is no UTF-8.

use super::super::{Detector, Look};
use crate::rules::name::Name;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "name-ill-formed", look: Look::Name(find) };

fn find(name: &Name<'_>) -> Option<String> {
    if name.text.is_some() {
        return None;
    }
    let first = name.bytes.utf8_chunks().find(|chunk| !chunk.invalid().is_empty())?;
    let hex: Vec<String> = first.invalid().iter().map(|b| format!("0x{b:02x}")).collect();
    Some(hex.join(" "))
}
