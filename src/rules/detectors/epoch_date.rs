//! The first date that a format can hold, where other entries have real ones.

use super::{Detector, Look};
use crate::model::Value;
use crate::rules::facts::{EntryFacts, is_first};

pub(super) const DETECTOR: Detector = Detector { name: "epoch-date", look: Look::Facts(find) };

fn find(entry: &EntryFacts<'_>) -> Option<String> {
    let seconds = entry.modified.filter(|&seconds| is_first(seconds) && !entry.around.pinned)?;
    Some(Value::Time { seconds, nanos: 0, zone: None }.text())
}
