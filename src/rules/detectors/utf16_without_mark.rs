//! UTF-16 that does not say so.

use super::{Detector, Entry, Look, Told};
use crate::model::Class;

pub(super) const DETECTOR: Detector =
    Detector { name: "utf16-without-mark", look: Look::Entry(find) };

fn find(entry: &Entry<'_>) -> Option<Told> {
    order(entry).map(|order| Told::whole(format!("UTF-16, {order}, without a byte order mark")))
}

/// The byte order of what reads as such as a whole; or of what is named as a text and has a NUL in
/// every other place.
pub(super) fn order(entry: &Entry<'_>) -> Option<&'static str> {
    let census = entry.census;
    if let Some(wide) = census.wide.filter(|wide| wide.bytes() == 2) {
        let has_mark = matches!(census.head, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
        let is_new = entry.class == Class::Text && !has_mark && entry.label.is_none();
        return is_new.then(|| wide.order());
    }
    let half = census.nul * 8 >= census.size * 3 && census.nul <= census.size / 2 + 1;
    if !entry.named_text
        || census.size < 8
        || !half
        || census.control + census.del > census.size / 64
    {
        return None;
    }
    let (units, _) = census.head.as_chunks::<2>();
    let is_text = |b: u8| matches!(b, b'\t' | b'\n' | b'\r' | 0x20..0x7f);
    if units.iter().all(|[low, high]| is_text(*low) && *high == 0) {
        Some("low byte first")
    } else if units.iter().all(|[high, low]| is_text(*low) && *high == 0) {
        Some("high byte first")
    } else {
        None
    }
}
