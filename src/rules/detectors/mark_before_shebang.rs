//! A byte order mark before the `#!` of a script.

use super::{Detector, Entry, Look, Place, Told};

pub(super) const DETECTOR: Detector =
    Detector { name: "mark-before-shebang", look: Look::Entry(find) };

fn find(entry: &Entry<'_>) -> Option<Told> {
    let hit = entry.has_mark() && entry.census.head.get(3..5) == Some(b"#!");
    hit.then(|| Told::at(Place::Start(3), ""))
}
