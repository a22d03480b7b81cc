//! The swap file of an editor: vim's block 0 (vim, memline.c, `struct block0`).

use super::{Detector, Entry, Look, Place, Told};

pub(super) const DETECTOR: Detector = Detector { name: "swap-file", look: Look::Entry(find) };

fn find(entry: &Entry<'_>) -> Option<Told> {
    let hit = entry.census.size >= 1024
        && matches!(
            entry.census.head,
            [b'b', b'0' | b'c' | b'C' | b'd', b'V', b'I', b'M', b' ', ..]
        )
        && entry.census.nul > 0;
    hit.then(|| Told::at(Place::Start(6), ""))
}
