//! Empty lines behind the last line.

use super::{Detector, Entry, Look, Place, Told};

pub(super) const DETECTOR: Detector =
    Detector { name: "blank-lines-at-end", look: Look::Entry(find) };

fn find(entry: &Entry<'_>) -> Option<Told> {
    let end = match entry.census.tail {
        [.., b'\n', b'\n'] | [.., b'\r', b'\r'] => 1,
        [b'\r', b'\n', b'\r', b'\n'] => 2,
        _ => return None,
    };
    let hit = entry.census.size > 2 && entry.is_file_of_text() && !entry.charset.is_wide();
    hit.then(|| Told::at(Place::LastLine(end), "an empty line stands at the end"))
}
