//! A text of data that is too large to be walked.

use super::super::{Detector, Look};
use super::tell;
use crate::rules::faults::FaultKind;

pub(in super::super) const DETECTOR: Detector = Detector {
    name: "integrity-unread",
    look: Look::Parsed(|parsed, hits| tell(parsed, FaultKind::Unread, hits)),
};
