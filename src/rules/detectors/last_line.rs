//! The last line has no end.

use super::{Charset, Detector, Entry, Look, Place, Told};

pub(super) const DETECTOR: Detector = Detector { name: "last-line", look: Look::Entry(find) };

fn find(entry: &Entry<'_>) -> Option<Told> {
    let [.., before, last] = entry.census.tail;
    let last = match entry.charset {
        // Half a character is another rule's.
        Charset::Utf16Le | Charset::Utf16Be if entry.census.size % 2 == 1 => return None,
        Charset::Utf16Le => u16::from_le_bytes([before, last]),
        Charset::Utf16Be => u16::from_be_bytes([before, last]),
        Charset::Ascii | Charset::Utf8 | Charset::EightBit => u16::from(last),
    };
    // A text of one line has no lines to speak of: a version number, minified code.
    let hit = entry.is_file_of_text() && entry.ends.all() > 0 && !matches!(last, 0..0x20 | 0x7f);
    hit.then(|| Told::at(Place::End, "the last line has no line end"))
}
