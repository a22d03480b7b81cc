//! Bytes that no file owns differ from the approved build.

use std::ops::Range;

use super::{Detector, Look};

pub(super) const DETECTOR: Detector =
    Detector { name: "outside-changed", look: Look::Change(find) };

/// From the first to the last new byte that differs; where only the old bytes go on, the end.
fn find(old: &[u8], new: &[u8]) -> Option<Range<usize>> {
    let first = old.iter().zip(new).position(|(a, b)| a != b);
    let shared = old.len().min(new.len());
    if old.len() != new.len() {
        return Some(first.unwrap_or(shared)..new.len().max(shared));
    }
    let first = first?;
    let last = old.iter().zip(new).rposition(|(a, b)| a != b)?;
    Some(first..last + 1)
}
