//! A date behind the day of the check. Formats without a zone may be off by most of a day.

use super::{Detector, Look};
use crate::model::Value;
use crate::rules::facts::EntryFacts;

pub(super) const DETECTOR: Detector = Detector { name: "future-date", look: Look::Facts(find) };

fn find(entry: &EntryFacts<'_>) -> Option<String> {
    let latest = entry.around.now.saturating_add(86_400);
    let seconds = entry.modified.filter(|seconds| *seconds > latest)?;
    Some(Value::Time { seconds, nanos: 0, zone: None }.text())
}
