//! Text by what its name, its type or its container says, and no text by its bytes.

use super::{Detector, Entry, Look};
use crate::model::Class;

pub(super) const DETECTOR: Detector = Detector { name: "looks-binary", look: Look::Entry(find) };

fn find(entry: &Entry<'_>) -> Option<String> {
    // Approved as text is the case of `class-changed`.
    let expected = entry.class == Class::Text || entry.class == Class::Binary && entry.named_text;
    let hit = expected && entry.looks_binary && entry.approved != Some(Class::Text);
    let census = entry.census;
    hit.then(|| super::odd_bytes(census))
}
