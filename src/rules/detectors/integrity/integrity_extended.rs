//! What only some readers of a format allow.

use super::super::{Detector, Look};
use super::tell;
use crate::rules::faults::FaultKind;

pub(in super::super) const DETECTOR: Detector = Detector {
    name: "integrity-extended",
    look: Look::Parsed(|parsed, hits| tell(parsed, FaultKind::Extended, hits)),
};
