//! Empty lines behind the last line.

use super::{Detector, Entry, Look, Place, Told};

pub(super) const DETECTOR: Detector =
    Detector { name: "blank-lines-at-end", look: Look::Entry(find) };

fn find(entry: &Entry<'_>) -> Option<Told> {
    let doubled = matches!(
        entry.census.tail,
        [.., b'\n', b'\n'] | [b'\r', b'\n', b'\r', b'\n'] | [.., b'\r', b'\r']
    );
    let hit =
        doubled && entry.census.size > 2 && entry.is_file_of_text() && !entry.charset.is_wide();
    hit.then(|| Told::at(Place::End, "an empty line stands at the end"))
}
