//! Free bytes of a tree: what is left of records that have moved.
//!
//! A node that was split keeps the records that went to its new neighbour behind its own, and a
//! deletion leaves the end of the last record twice. Such bytes repeat live records, extents and
//! sizes included, and so they follow from them: they are layout. Everything else in free space is
//! residue.

use std::collections::HashSet;

use crate::model::Part;

/// Bytes that must agree with a live record for a copy to count as one.
const WINDOW: usize = 8;
/// Above this many bytes of records nothing is explained and all free bytes are residue.
const LIMIT: usize = 8 << 20;

/// Every run of eight live bytes at an even offset.
pub(super) struct Live {
    windows: HashSet<[u8; WINDOW]>,
}

impl Live {
    /// Collects `records`, which stand in tree order: a copy may run on into the next one.
    pub(super) fn new<'a>(records: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut all = Vec::new();
        for record in records {
            if all.len() + record.len() > LIMIT {
                return Self { windows: HashSet::new() };
            }
            all.extend_from_slice(record);
        }
        let windows = all.windows(WINDOW).step_by(2).filter_map(|w| w.first_chunk().copied());
        Self { windows: windows.collect() }
    }

    /// The parts of `free` that repeat live bytes. Only even offsets count, as records start there.
    pub(super) fn copies(&self, free: &[u8]) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        for (at, window) in free.windows(WINDOW).enumerate().step_by(2) {
            if !window.first_chunk().is_some_and(|window| self.windows.contains(window)) {
                continue;
            }
            match parts.last_mut() {
                Some(last) if last.at.end >= at => last.at.end = at + WINDOW,
                _ => parts.push(Part::layout(at..at + WINDOW, true)),
            }
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_live_bytes_is_layout_and_one_changed_byte_of_it_is_not() {
        let records: [&[u8]; 2] = [b"0123456789abcdef", b"ghijklmnopqrstuv"];
        let live = Live::new(records.into_iter());
        let covered = |free: &[u8]| {
            live.copies(free).iter().map(|part| (part.at.start, part.at.end)).collect::<Vec<_>>()
        };
        assert_eq!(covered(b"__456789abcdefghijkl____"), [(2, 20)]);
        assert_eq!(covered(b"__456789abXdefghijkl____"), [(2, 10), (12, 20)]);
        assert!(covered(b"_456789abcdef").is_empty());
    }
}
