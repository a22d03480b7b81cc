//! What the rules of a format do not allow.

use super::super::{Detector, Look};
use super::tell;
use crate::rules::faults::FaultKind;

pub(in super::super) const DETECTOR: Detector = Detector {
    name: "integrity-malformed",
    look: Look::Parsed(|parsed, hits| tell(parsed, FaultKind::Malformed, hits)),
};
