//! Text by what its name, its type or its container says, and no text by its bytes.

use super::{Detector, Entry, Look, Told};
use crate::model::Class;

pub(super) const DETECTOR: Detector = Detector { name: "looks-binary", look: Look::Entry(find) };

fn find(entry: &Entry<'_>) -> Option<Told> {
    // Approved as text is the case of `class-changed`.
    let expected = entry.class == Class::Text || entry.class == Class::Binary && entry.named_text;
    // What is known to be a wide encoding has rules of its own.
    let is_wide =
        super::utf16_without_mark::order(entry).is_some() || super::utf32::order(entry).is_some();
    let hit = expected && entry.looks_binary && !is_wide && entry.approved != Some(Class::Text);
    let census = entry.census;
    hit.then(|| Told::whole(super::odd_bytes(census)))
}
