//! Bytes that no file owns differ from the approved build.

use super::{Detector, Look};
use crate::model::Verb;

pub(super) const DETECTOR: Detector =
    Detector { name: "outside-changed", look: Look::Change(|change| change.verb == Verb::Region) };
