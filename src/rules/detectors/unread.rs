//! A gap: something that could not be read or inspected.

use super::{Detector, Look};
use crate::model::GapKind;

pub(super) const DETECTOR: Detector = Detector { name: "unread", look: Look::Gap(find) };

/// Bytes that moved under the reading say nothing of the content, only of the moment.
fn find(kind: GapKind) -> bool {
    kind != GapKind::ChangedWhileReading
}
