//! Bytes before the start of a format.

use super::super::{Detector, Look};
use super::tell;
use crate::rules::faults::FaultKind;

pub(in super::super) const DETECTOR: Detector = Detector {
    name: "integrity-leading",
    look: Look::Parsed(|parsed, hits| tell(parsed, FaultKind::Leading, hits)),
};
