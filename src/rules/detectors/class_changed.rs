//! Approved as text, looks binary now.

use super::{Detector, Entry, Look};
use crate::model::Class;

pub(super) const DETECTOR: Detector = Detector { name: "class-changed", look: Look::Entry(find) };

fn find(entry: &Entry<'_>) -> Option<String> {
    let changed = entry.approved == Some(Class::Text)
        && (entry.looks_binary || matches!(entry.class, Class::Binary | Class::Container));
    let census = entry.census;
    changed.then(|| super::odd_bytes(census))
}
