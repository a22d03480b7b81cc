//! A key that stands in its object already.

use super::super::{Detector, Look};
use super::tell;
use crate::rules::faults::FaultKind;

pub(in super::super) const DETECTOR: Detector = Detector {
    name: "integrity-twice",
    look: Look::Parsed(|parsed, hits| tell(parsed, FaultKind::Twice, hits)),
};
