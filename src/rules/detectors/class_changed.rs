//! Approved as text, looks binary now.

use super::{Detector, Entry, Look, Told};
use crate::model::Class;

pub(super) const DETECTOR: Detector = Detector { name: "class-changed", look: Look::Entry(find) };

fn find(entry: &Entry<'_>) -> Option<Told> {
    let changed = entry.approved == Some(Class::Text)
        && (entry.looks_binary || matches!(entry.class, Class::Binary | Class::Container));
    let census = entry.census;
    changed.then(|| Told::whole(super::odd_bytes(census)))
}
