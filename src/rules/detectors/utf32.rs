//! UTF-32, which hardly anything reads.

use super::{Detector, Entry, Look, Told};

pub(super) const DETECTOR: Detector = Detector { name: "utf32", look: Look::Entry(find) };

fn find(entry: &Entry<'_>) -> Option<Told> {
    let (order, mark) = order(entry)?;
    let mark = if mark { "with" } else { "without" };
    Some(Told::whole(format!("UTF-32, {order}, {mark} a byte order mark")))
}

/// The byte order of what is named as a text and has units of four bytes, and whether a mark tells.
pub(super) fn order(entry: &Entry<'_>) -> Option<(&'static str, bool)> {
    let census = entry.census;
    if let Some(wide) = census.wide.filter(|wide| wide.bytes() == 4 && entry.named_text) {
        let marks: [&[u8]; 2] = [&[0xff, 0xfe, 0, 0], &[0, 0, 0xfe, 0xff]];
        return Some((wide.order(), marks.iter().any(|mark| census.head.starts_with(mark))));
    }
    let most = census.nul * 8 >= census.size * 5 && census.nul * 32 <= census.size * 25;
    if !entry.named_text || census.size < 8 || !census.size.is_multiple_of(4) || !most {
        return None;
    }
    let is_text = |b: u8| matches!(b, b'\t' | b'\n' | b'\r' | 0x20..0x7f);
    match census.head {
        [0xff, 0xfe, 0, 0, ..] => Some(("low byte first", true)),
        [0, 0, 0xfe, 0xff, ..] => Some(("high byte first", true)),
        [a, 0, 0, 0, b, 0, 0, 0] if is_text(a) && is_text(b) => Some(("low byte first", false)),
        [0, 0, 0, a, 0, 0, 0, b] if is_text(a) && is_text(b) => Some(("high byte first", false)),
        _ => None,
    }
}
