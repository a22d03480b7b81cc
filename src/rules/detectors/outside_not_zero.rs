//! Bytes that no file owns and that are not zero.

use std::ops::Range;

use super::{Detector, Look};

pub(super) const DETECTOR: Detector =
    Detector { name: "outside-not-zero", look: Look::Bytes(find) };

/// From the first to the last byte that is not zero.
pub(super) fn find(bytes: &[u8]) -> Option<Range<usize>> {
    let first = bytes.iter().position(|&b| b != 0)?;
    let last = bytes.iter().rposition(|&b| b != 0)?;
    Some(first..last + 1)
}
