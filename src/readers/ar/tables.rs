//! Members that are tables of the archive's own: where symbols are defined, and long names.

use std::collections::HashSet;
use std::ops::Range;

use super::header::Header;
use crate::source::{be32, be64, le32};

/// A member that speaks of the others, kept until all of them are known.
pub(super) struct Table {
    pub header: Header,
    pub kind: Kind,
    pub data: Vec<u8>,
    /// Parts of it that other members made use of.
    pub used: Vec<Range<usize>>,
}

/// What a table holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// System V: a count and as many offsets of members, big-endian, and the names of the symbols.
    Symbols,
    /// The same with 64 bits.
    Symbols64,
    /// The second of Microsoft: offsets of members, little-endian, then indices into these.
    Sorted,
    /// Names that are too long for a header.
    Names,
    /// Something else that no linker of ours reads.
    Other,
}

impl Kind {
    /// The kind of a member by its name; none for an entry. `before` are the tables so far.
    pub(super) fn of(name: &[u8], before: &[Table]) -> Option<Self> {
        match name {
            b"/" if before.iter().any(|table| table.kind == Self::Symbols) => Some(Self::Sorted),
            b"/" => Some(Self::Symbols),
            b"/SYM64/" => Some(Self::Symbols64),
            b"//" => Some(Self::Names),
            [b'/', b'<', ..] => Some(Self::Other),
            _ => None,
        }
    }
}

impl Table {
    /// Whether every member that it points at is there.
    pub(super) fn agrees(&self, members: &HashSet<u64>) -> bool {
        let data = &self.data;
        let (count, first, width) = match self.kind {
            Kind::Symbols => (be32(data, 0).map(u64::from), 4, 4),
            Kind::Symbols64 => (be64(data, 0), 8, 8),
            Kind::Sorted => (le32(data, 0).map(u64::from), 4, 4),
            Kind::Names | Kind::Other => return true,
        };
        let Some(count) = count.and_then(|count| usize::try_from(count).ok()) else { return false };
        let end = count.checked_mul(width).and_then(|length| length.checked_add(first));
        let Some(offsets) = end.and_then(|end| data.get(first..end)) else { return false };
        offsets.chunks_exact(width).all(|offset| {
            let offset = match self.kind {
                Kind::Symbols64 => be64(offset, 0),
                Kind::Sorted => le32(offset, 0).map(u64::from),
                _ => be32(offset, 0).map(u64::from),
            };
            offset.is_some_and(|offset| members.contains(&offset))
        })
    }

    /// The name at an offset of the table: where it stands, where it ends with what terminates it, and
    /// whether that is `/` and a line feed as in System V, not a zero as with Microsoft.
    pub(super) fn name_at(&self, at: u64) -> Option<(Range<usize>, usize, bool)> {
        let start = usize::try_from(at).ok()?;
        let rest = self.data.get(start..)?;
        let length = memchr::memchr2(b'\n', 0, rest)?;
        let (name, is_line) = (rest.get(..length)?, rest.get(length) == Some(&b'\n'));
        let name = name.strip_suffix(b"/").filter(|_| is_line).unwrap_or(name);
        Some((start..start + name.len(), start + length + 1, is_line))
    }
}
