//! A content that ends before it says.

use super::super::{Detector, Look};
use super::tell;
use crate::rules::faults::FaultKind;

pub(in super::super) const DETECTOR: Detector = Detector {
    name: "integrity-truncated",
    look: Look::Parsed(|parsed, hits| tell(parsed, FaultKind::Truncated, hits)),
};
