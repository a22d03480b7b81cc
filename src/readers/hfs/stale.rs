//! Free bytes of a tree: what is left of records that have moved.
//!
//! A node that was split keeps the records that went to its new neighbour behind its own, and a
//! deletion leaves the end of the last record twice. Such bytes repeat live records, extents and
//! sizes included, and so they move with them. In the residue a repetition stands as what it repeats:
//! the key of the record, where in it, and how much. It stays the same when the records move, and one
//! changed byte breaks it.

use super::node::data_start;

/// Bytes that must agree with a live record for a copy to count as one.
const WINDOW: usize = 8;
/// Above this many bytes of records nothing is explained and all free bytes are residue.
const LIMIT: usize = 8 << 20;
/// Places that are tried for the longest copy.
const TRIED: usize = 256;

/// All live records in tree order, and an index of what stands at every even offset.
pub(super) struct Live {
    bytes: Vec<u8>,
    /// Where each record starts.
    starts: Vec<u32>,
    /// Even offsets, sorted by the bytes that follow.
    index: Vec<u32>,
}

impl Live {
    /// Collects `records`, which stand in tree order: a copy may run on into the next one.
    pub(super) fn new<'a>(records: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut live = Self { bytes: Vec::new(), starts: Vec::new(), index: Vec::new() };
        for record in records {
            if live.bytes.len() + record.len() > LIMIT {
                return Self { bytes: Vec::new(), starts: Vec::new(), index: Vec::new() };
            }
            live.starts.push(live.bytes.len() as u32);
            live.bytes.extend_from_slice(record);
        }
        let last = live.bytes.len().saturating_sub(WINDOW - 1);
        let mut index: Vec<u32> = (0..last as u32).step_by(2).collect();
        index.sort_by_key(|&at| live.window(at));
        live.index = index;
        live
    }

    fn window(&self, at: u32) -> Option<[u8; WINDOW]> {
        self.bytes.get(at as usize..)?.first_chunk().copied()
    }

    /// The longest run of live bytes that `free` starts with: where, and how long.
    fn longest(&self, free: &[u8]) -> Option<(u32, usize)> {
        let window: [u8; WINDOW] = *free.first_chunk()?;
        if window == [0; WINDOW] {
            return None;
        }
        let from = self.index.partition_point(|&at| self.window(at) < Some(window));
        let mut best: Option<(u32, usize)> = None;
        for &at in self.index.get(from..)?.iter().take(TRIED) {
            if self.window(at) != Some(window) {
                break;
            }
            let live = self.bytes.get(at as usize..).unwrap_or_default();
            let length = live.iter().zip(free).take_while(|(a, b)| a == b).count();
            if best.is_none_or(|(_, longest)| length > longest) {
                best = Some((at, length));
            }
        }
        best
    }

    /// What `free` repeats of the live bytes, in place of the repetition. Only even offsets count, as
    /// records start there.
    pub(super) fn explain(&self, free: &[u8]) -> Vec<u8> {
        let mut left = free.to_vec();
        let mut at = 0;
        while let Some(rest) = free.get(at..).filter(|rest| rest.len() >= WINDOW) {
            let Some((live, length)) = self.longest(rest) else {
                at += 2;
                continue;
            };
            let start = self.starts.partition_point(|&start| start <= live).saturating_sub(1);
            let start = self.starts.get(start).copied().unwrap_or_default();
            let record = self.bytes.get(start as usize..).unwrap_or_default();
            let mut hasher = blake3::Hasher::new();
            hasher.update(record.get(1..data_start(record)).unwrap_or_default());
            hasher.update(&(live - start).to_le_bytes());
            hasher.update(&(length as u64).to_le_bytes());
            if let Some(copy) = left.get_mut(at..at + length) {
                copy.fill(0);
                copy.iter_mut()
                    .zip(hasher.finalize().as_bytes())
                    .take(WINDOW)
                    .for_each(|(copy, hash)| *copy = *hash);
            }
            at += length.next_multiple_of(2);
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records with a key of five bytes, of which the first is its length.
    fn explained(value: &str, free: &str) -> Vec<u8> {
        let (one, two) = (format!("\u{5}one11{value}yz"), format!("\u{5}two22{value}uv"));
        Live::new([one.as_bytes(), two.as_bytes()].into_iter()).explain(free.as_bytes())
    }

    #[test]
    fn a_copy_that_moves_with_its_record_stays_and_one_changed_byte_does_not() {
        let before = explained("ABCD", "__\u{5}one11ABCDyz\u{5}two22____");
        let after = explained("EFGH", "__\u{5}one11EFGHyz\u{5}two22____");
        assert_eq!(before, after);
        assert!(before.starts_with(b"__") && before.ends_with(b"____"));
        let changed = explained("EFGH", "__\u{5}one11EFXHyz\u{5}two22____");
        assert_ne!(before, changed);
        // Nor does a byte that makes one record look like the other.
        assert_ne!(before, explained("EFGH", "__\u{5}two22EFGHyz\u{5}two22____"));
        assert_eq!(explained("ABCD", "_\u{5}one11ABCDyz"), b"_\x05one11ABCDyz");
    }
}
