//! BLAKE3 of one run of bytes from pieces that were hashed apart.
//!
//! BLAKE3 is a binary tree over chunks of 1024 bytes (BLAKE3 specification, section 2.1), so a
//! range that is a node of the tree can be hashed on another core, or kept as the digest of a 64 KiB
//! chunk, and merged later without touching the bytes again.

use blake3::hazmat::{
    ChainingValue, HasherExt as _, Mode, left_subtree_len, merge_subtrees_non_root,
    merge_subtrees_root,
};

use crate::model::Digest;

/// Bytes of a BLAKE3 chunk; every piece starts at a multiple of it.
pub(super) const BLAKE3_CHUNK: u64 = 1024;

/// A node of the tree: where it starts, how long it is, and its chaining value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) start: u64,
    pub(super) length: u64,
    pub(super) value: ChainingValue,
}

/// Cuts `start..end` of a run of `total` bytes into the largest nodes of the tree, in order. Both
/// ends are multiples of 1024 or the end of the run. The root itself is never given: a run that is
/// one piece is hashed as a whole.
pub(super) fn nodes(start: u64, end: u64, total: u64) -> Vec<(u64, u64)> {
    let mut out = Vec::new();
    // Nodes still to be looked at, the leftmost last.
    let mut stack = vec![(0, total)];
    while let Some((from, to)) = stack.pop() {
        if to <= start || from >= end {
            continue;
        }
        let inside = start <= from && to <= end && (from, to) != (0, total);
        if inside || to - from <= BLAKE3_CHUNK {
            out.push((from, to));
        } else {
            let middle = from + left_subtree_len(to - from);
            stack.push((middle, to));
            stack.push((from, middle));
        }
    }
    out
}

/// A hasher for the node that starts at `start`.
pub(super) fn piece_hasher(start: u64) -> blake3::Hasher {
    let mut hasher = blake3::Hasher::new();
    hasher.set_input_offset(start);
    hasher
}

/// The piece that a hasher of [`piece_hasher`] has taken in.
pub(super) fn piece(hasher: &blake3::Hasher, start: u64, length: u64) -> Piece {
    Piece { start, length, value: hasher.finalize_non_root() }
}

/// The digest of a run of `total` bytes whose pieces, sorted by start, cover it; `None` if they do
/// not.
pub(super) fn merge(pieces: &[Piece], total: u64) -> Option<Digest> {
    let left = left_subtree_len(total);
    let (a, b) = (value_of(pieces, 0, left)?, value_of(pieces, left, total - left)?);
    Some(merge_subtrees_root(&a, &b, Mode::Hash).into())
}

/// The chaining value of the node at `start`. Depth is the tree's: at most 54.
fn value_of(pieces: &[Piece], start: u64, length: u64) -> Option<ChainingValue> {
    let at = pieces.partition_point(|piece| piece.start < start);
    let first = pieces.get(at)?;
    if first.start == start && first.length == length {
        return Some(first.value);
    }
    if length <= BLAKE3_CHUNK {
        return None;
    }
    let left = left_subtree_len(length);
    let a = value_of(pieces, start, left)?;
    let b = value_of(pieces, start + left, length - left)?;
    Some(merge_subtrees_non_root(&a, &b, Mode::Hash))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pieces_cut_anywhere_give_the_same_digest(length in 1025usize..40_000, cuts in prop::collection::vec(1u64..40, 0..5)) {
            let data: Vec<u8> = (0..length).map(|n| (n / 7) as u8).collect();
            let total = length as u64;
            let mut cuts: Vec<u64> = cuts.iter().map(|c| c * BLAKE3_CHUNK).filter(|&c| c < total).collect();
            cuts.extend([0, total]);
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            for pair in cuts.windows(2) {
                for (from, to) in nodes(pair[0], pair[1], total) {
                    let mut hasher = piece_hasher(from);
                    hasher.update(&data[from as usize..to as usize]);
                    pieces.push(piece(&hasher, from, to - from));
                }
            }
            prop_assert_eq!(merge(&pieces, total), Some(Digest::of(&data)));
        }
    }
}
