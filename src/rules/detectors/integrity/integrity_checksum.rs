//! A checksum in a content that its bytes do not give.

use super::super::{Detector, Look};
use super::tell;
use crate::rules::faults::FaultKind;

pub(in super::super) const DETECTOR: Detector = Detector {
    name: "integrity-checksum",
    look: Look::Parsed(|parsed, hits| tell(parsed, FaultKind::Checksum, hits)),
};
