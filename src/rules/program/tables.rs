//! The bytes of a program that its tables lie in: of one that is held whole, all of them; of a larger
//! one, its first bytes and those that its headers point to, which are read apart.

use std::io::{self, Read};
use std::ops::Range;

use crate::source::{Forward, Source};

/// Bytes of tables that are read of a large program.
const MOST: u64 = 8 << 20;
/// Rounds of reading: headers point to tables, and those to others.
const ROUNDS: usize = 4;

/// Some bytes of a program that is too large to be held.
#[derive(Debug)]
pub(super) struct Part {
    at: u64,
    bytes: Vec<u8>,
}

/// The tables of a program that is too large to be held.
#[derive(Debug, Default)]
pub struct Tables {
    parts: Vec<Part>,
    /// Whether some were not read, for there are more than are held.
    pub cut: bool,
}

/// The bytes of a program, or of one slice of a fat one, as far as they are there.
#[derive(Clone, Copy, Debug)]
pub struct Bytes<'a> {
    head: &'a [u8],
    parts: &'a [Part],
    /// Offset of its first byte in the content.
    start: u64,
    size: u64,
}

impl<'a> Bytes<'a> {
    /// Those of a content of `size` bytes: the first of them, and its tables.
    pub(in crate::rules) fn new(head: &'a [u8], tables: Option<&'a Tables>, size: u64) -> Self {
        let parts = tables.map(|tables| tables.parts.as_slice()).unwrap_or_default();
        Self { head, parts, start: 0, size }
    }

    /// Those of a slice: at most `size` bytes from `start` on; none if it begins behind the end.
    pub(super) fn slice(self, start: u64, size: u64) -> Option<Self> {
        let size = size.min(self.size.checked_sub(start)?);
        Some(Self { start: self.start + start, size, ..self })
    }

    /// Bytes in all.
    pub fn size(self) -> u64 {
        self.size
    }

    /// What is there in one piece from an offset on.
    pub fn run(self, at: u64) -> Option<&'a [u8]> {
        let left = usize::try_from(self.size.checked_sub(at)?).unwrap_or(usize::MAX);
        let at = self.start.checked_add(at)?;
        let parts = self.parts.iter().map(|part| (part.at, part.bytes.as_slice()));
        let here = std::iter::once((0, self.head)).chain(parts).filter_map(|(start, bytes)| {
            let from = usize::try_from(at.checked_sub(start)?).ok()?;
            bytes.get(from..)
        });
        let longest = here.max_by_key(|bytes| bytes.len())?;
        Some(longest.get(..left).unwrap_or(longest))
    }

    /// So many bytes at an offset.
    pub fn get(self, at: u64, size: u64) -> Option<&'a [u8]> {
        self.run(at)?.get(..usize::try_from(size).ok()?)
    }
}

/// Reads the tables of a program, of which `head` are the first bytes. `wanted` says of what is there already where others
/// lie, by offset in the content.
pub(super) fn read(
    head: &[u8],
    source: &dyn Source,
    wanted: impl Fn(Bytes<'_>) -> Vec<Range<u64>>,
) -> io::Result<Tables> {
    let size = source.len();
    let mut tables = Tables::default();
    let mut left = MOST;
    for _ in 0..ROUNDS {
        let bytes = Bytes::new(head, Some(&tables), size);
        let inside = |range: Range<u64>| range.start.min(size)..range.end.min(size);
        let is_missing = |range: &Range<u64>| {
            !range.is_empty() && bytes.get(range.start, range.end - range.start).is_none()
        };
        let mut missing: Vec<_> =
            wanted(bytes).into_iter().map(inside).filter(is_missing).collect();
        missing.sort_unstable_by_key(|range| (range.start, range.end));
        if missing.is_empty() {
            return Ok(tables);
        }
        for range in merged(missing) {
            let length = range.end - range.start;
            if length > left {
                tables.cut = true;
                continue;
            }
            left -= length;
            let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
            Forward::range(source, range.start, range.end).read_to_end(&mut bytes)?;
            if bytes.len() as u64 != length {
                return Err(io::Error::other("it is shorter than before"));
            }
            tables.parts.push(Part { at: range.start, bytes });
        }
    }
    Ok(tables)
}

/// Ranges in their order, those that meet as one.
fn merged(ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    let mut all: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        match all.last_mut().filter(|last| range.start <= last.end) {
            Some(last) => last.end = last.end.max(range.end),
            None => all.push(range),
        }
    }
    all
}
