//! Bytes behind the end that a format has.

use super::super::{Detector, Look};
use super::tell;
use crate::rules::faults::FaultKind;

pub(in super::super) const DETECTOR: Detector = Detector {
    name: "integrity-trailing",
    look: Look::Parsed(|parsed, hits| tell(parsed, FaultKind::Trailing, hits)),
};
