//! One node of a B*-tree: its descriptor, its records and the table of their offsets.
//!
//! *Inside Macintosh: Files*, "B*-Trees", "Node Structure": 512 bytes, of which the first 14 are the
//! descriptor; the offsets of the records stand at the end, the last one first.

use std::ops::Range;

use crate::source::{be16, be32};

/// Bytes in a node.
pub(super) const SIZE: usize = 512;
/// Bytes of the descriptor.
pub(super) const DESCRIPTOR: usize = 14;

/// Kinds of node.
pub(super) const INDEX: u8 = 0;
pub(super) const HEADER: u8 = 1;
pub(super) const MAP: u8 = 2;
pub(super) const LEAF: u8 = 0xff;

/// A node and where its records lie.
pub(super) struct Node {
    /// Its number in the tree.
    pub(super) number: u32,
    /// Offset in the volume, bytes.
    pub(super) at: u64,
    /// Its 512 bytes.
    pub(super) bytes: Vec<u8>,
    /// Where its records lie; shorter than the recorded count if the offsets are broken.
    pub(super) records: Vec<Range<usize>>,
    /// Where its free space starts: behind the last readable record.
    pub(super) free: usize,
    /// Whether it holds leaf records. Its kind says so, but see `Reading::descend`.
    pub(super) leaf: bool,
    /// Whether every offset stands in order and in bounds.
    pub(super) whole: bool,
}

impl Node {
    /// Cuts a node into its records.
    pub(super) fn parse(number: u32, at: u64, bytes: Vec<u8>) -> Self {
        let (records, free) = (Vec::new(), DESCRIPTOR);
        let mut node = Self { number, at, bytes, records, free, leaf: false, whole: false };
        node.leaf = node.kind() == LEAF;
        let count = usize::from(node.count());
        let Some(table) = SIZE.checked_sub(2 * (count + 1)) else { return node };
        node.whole = node.offset(0) == Some(DESCRIPTOR);
        let mut start = DESCRIPTOR;
        for n in 1..=count {
            match node.offset(n) {
                Some(end) if node.whole && end > start && end <= table => {
                    node.records.push(start..end);
                    start = end;
                }
                _ => {
                    node.whole = false;
                    break;
                }
            }
        }
        node.free = start;
        node
    }

    /// The n-th entry of the offset table.
    pub(super) fn offset(&self, n: usize) -> Option<usize> {
        be16(&self.bytes, SIZE.checked_sub(2 * (n + 1))?).map(usize::from)
    }

    /// Where the offset table starts.
    pub(super) fn table(&self) -> usize {
        SIZE.saturating_sub(2 * (usize::from(self.count()) + 1)).max(self.free)
    }

    /// The next node of the same height.
    pub(super) fn next(&self) -> u32 {
        be32(&self.bytes, 0).unwrap_or_default()
    }

    /// The previous node of the same height.
    pub(super) fn previous(&self) -> u32 {
        be32(&self.bytes, 4).unwrap_or_default()
    }

    /// Header, map, index or leaf.
    pub(super) fn kind(&self) -> u8 {
        self.bytes.get(8).copied().unwrap_or_default()
    }

    /// Levels up to this node; leaves are 1.
    pub(super) fn height(&self) -> u8 {
        self.bytes.get(9).copied().unwrap_or_default()
    }

    /// Records as recorded.
    pub(super) fn count(&self) -> u16 {
        be16(&self.bytes, 10).unwrap_or_default()
    }

    /// The bytes of a record.
    pub(super) fn record(&self, range: &Range<usize>) -> &[u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }

    /// The bytes of the n-th record.
    pub(super) fn nth(&self, n: usize) -> Option<&[u8]> {
        self.records.get(n).map(|range| self.record(range))
    }
}

/// Where the data of a record start: behind its key, on an even offset.
pub(super) fn data_start(record: &[u8]) -> usize {
    let length = usize::from(record.first().copied().unwrap_or_default());
    (length + 2) & !1
}
