//! Told by a reader as a [`Defect`](crate::model::Defect) that names the rule.

use super::{Detector, Look};

pub(super) const DETECTOR: Detector = Detector { name: "reader", look: Look::Reader };
