//! The last line has no end.

use super::{Detector, Entry, Look, Place, Told};

pub(super) const DETECTOR: Detector = Detector { name: "last-line", look: Look::Entry(find) };

fn find(entry: &Entry<'_>) -> Option<Told> {
    let [.., last] = entry.census.tail;
    // A text of one line has no lines to speak of: a version number, minified code.
    let hit = entry.is_file_of_text()
        && !entry.charset.is_wide()
        && entry.ends.all() > 0
        && !matches!(last, b'\n' | b'\r' | 0..0x20 | 0x7f);
    hit.then(|| Told::at(Place::End, "the last line has no line end"))
}
