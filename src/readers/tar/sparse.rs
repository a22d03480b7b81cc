//! Sparse files: GNU tar manual, "Storing Sparse Files": the old GNU map in the header, and the pax
//! formats 0.0, 0.1 and 1.0.

use std::io::{self, Read};

use super::header::{BLOCK, GNU_EXTENDED, GNU_REAL_SIZE, GNU_SPARSE, Header};
use super::number;
use super::pax::{self, Record};
use crate::model::Extent;

/// Where data lie in a file: offset and length, ascending; the rest are holes.
#[derive(Default, Debug, PartialEq, Eq)]
pub(super) struct Map {
    pub runs: Vec<(u64, u64)>,
    /// Bytes of the whole file.
    pub size: u64,
}

/// Zeros that are made for one entry before it counts as a bomb: bytes, and per stored byte.
const HOLES: u64 = 1 << 30;
const HOLES_PER_BYTE: u64 = 256;

impl Map {
    /// What contradicts itself, if anything; `stored` are the bytes in the archive.
    pub(super) fn fault(&self, stored: u64) -> Option<String> {
        let mut at = 0u64;
        let mut sum = 0u64;
        for &(offset, length) in &self.runs {
            let end = offset.checked_add(length);
            let Some(end) = end.filter(|&end| offset >= at && end <= self.size) else {
                return Some(format!(
                    "the run {offset}+{length} lies before {at} or past the size {}",
                    self.size
                ));
            };
            at = end;
            sum += length;
        }
        (sum != stored).then(|| format!("the runs hold {sum} bytes, but {stored} are stored"))
    }

    /// Whether the holes are within bounds.
    pub(super) fn is_reasonable(&self, stored: u64) -> bool {
        self.size.saturating_sub(stored) <= HOLES.max(stored.saturating_mul(HOLES_PER_BYTE))
    }

    /// Runs and holes as extents, the data starting at `at`.
    pub(super) fn extents(&self, mut at: u64) -> Vec<Extent> {
        let mut extents = Vec::new();
        let mut position = 0;
        for &(offset, length) in &self.runs {
            if offset > position {
                extents.push(Extent { start: Extent::HOLE, length: offset - position });
            }
            if length > 0 {
                extents.push(Extent { start: at, length });
            }
            at += length;
            position = offset + length;
        }
        if self.size > position {
            extents.push(Extent { start: Extent::HOLE, length: self.size - position });
        }
        extents
    }
}

/// Adds the pairs of a header or of an extension block; `false` if one is no number.
pub(super) fn old_pairs(map: &mut Map, bytes: &[u8]) -> bool {
    for pair in bytes.chunks_exact(24) {
        if pair.first() == Some(&0) {
            break;
        }
        let number = |at| pair.get(at).and_then(number::unsigned);
        let (Some(offset), Some(length)) = (number(0..12), number(12..24)) else { return false };
        map.runs.push((offset, length));
    }
    true
}

/// The map of a GNU header of type `S`, and whether extension blocks follow.
pub(super) fn old(header: &Header) -> Option<(Map, bool)> {
    let size = number::unsigned(header.field(GNU_REAL_SIZE))?;
    let mut map = Map { runs: Vec::new(), size };
    let is_sound = old_pairs(&mut map, header.field(GNU_SPARSE));
    let is_extended = header.bytes.get(GNU_EXTENDED).is_some_and(|&b| b != 0);
    is_sound.then_some((map, is_extended))
}

/// Where an extension block says whether another follows.
pub(super) const EXTENSION_FLAG: usize = 504;

/// What the pax records of an entry say about holes.
#[derive(Default)]
pub(super) struct Pax {
    /// Format 1.0: the map stands before the data.
    pub is_in_data: bool,
    map: Option<Map>,
    size: Option<u64>,
}

impl Pax {
    /// `None` where no record speaks of holes; `Some(Err)` where they contradict themselves.
    pub(super) fn read<'a>(
        records: impl Iterator<Item = &'a Record>,
    ) -> Option<Result<Self, String>> {
        let mut found = Self::default();
        let mut is_sparse = false;
        let mut offset = None;
        let mut is_sound = true;
        for record in records {
            let Some(key) = record.key.strip_prefix(b"GNU.sparse.") else { continue };
            is_sparse = true;
            let number = pax::decimal(&record.value);
            match key {
                b"major" => found.is_in_data = number == Some(1),
                b"realsize" | b"size" => found.size = number,
                b"offset" => offset = number,
                b"numbytes" => {
                    let pair = offset.take().zip(number);
                    is_sound &= pair.is_some();
                    found.map.get_or_insert_default().runs.extend(pair);
                }
                b"map" => {
                    let numbers: Option<Vec<u64>> =
                        record.value.split(|&b| b == b',').map(pax::decimal).collect();
                    let numbers = numbers.filter(|numbers| numbers.len() % 2 == 0);
                    is_sound &= numbers.is_some() || record.value.is_empty();
                    let map = found.map.get_or_insert_default();
                    map.runs = numbers
                        .unwrap_or_default()
                        .chunks_exact(2)
                        .filter_map(|pair| Some((*pair.first()?, *pair.last()?)))
                        .collect();
                }
                _ => {}
            }
        }
        if !is_sparse {
            return None;
        }
        if !is_sound || found.size.is_none() {
            return Some(Err("the GNU.sparse records are no map".into()));
        }
        Some(Ok(found))
    }

    /// The map, if it does not stand in the data.
    pub(super) fn into_map(self) -> Map {
        let mut map = self.map.unwrap_or_default();
        map.size = self.size.unwrap_or_default();
        map
    }
}

/// What a block was to a map of format 1.0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fed {
    /// The map ends after so many bytes of it.
    End(usize),
    /// The map goes on in the next.
    More,
    /// No part of a map.
    NoMap,
}

/// Reads the map of format 1.0 block by block from the front of the data; gives the blocks and, if it
/// is sound, the runs.
pub(super) struct InData {
    /// The numbers met: a count, then offsets and lengths.
    numbers: Vec<u64>,
    digits: Vec<u8>,
}

impl InData {
    pub(super) const fn new() -> Self {
        Self { numbers: Vec::new(), digits: Vec::new() }
    }

    fn is_complete(&self) -> bool {
        let count = self.numbers.first().copied();
        count.is_some_and(|count| {
            count.checked_mul(2).and_then(|n| n.checked_add(1)) == Some(self.numbers.len() as u64)
        })
    }

    /// Takes a block.
    pub(super) fn feed(&mut self, block: &[u8]) -> Fed {
        for (at, &byte) in block.iter().enumerate() {
            match byte {
                b'0'..=b'9' if self.digits.len() < 20 => self.digits.push(byte),
                b'\n' => {
                    let Some(number) = pax::decimal(&self.digits) else { return Fed::NoMap };
                    self.numbers.push(number);
                    self.digits.clear();
                    if self.is_complete() {
                        return Fed::End(at + 1);
                    }
                }
                _ => return Fed::NoMap,
            }
        }
        Fed::More
    }

    /// The runs.
    pub(super) fn runs(&self) -> Vec<(u64, u64)> {
        let pairs = self.numbers.get(1..).unwrap_or_default().chunks_exact(2);
        pairs.filter_map(|pair| Some((*pair.first()?, *pair.last()?))).collect()
    }
}

/// The bytes of a sparse file: runs from `data`, zeros between them.
pub(super) struct Expanded<'a> {
    data: &'a mut dyn Read,
    extents: std::vec::IntoIter<Extent>,
    now: Extent,
}

impl<'a> Expanded<'a> {
    pub(super) fn new(data: &'a mut dyn Read, extents: Vec<Extent>) -> Self {
        Self { data, extents: extents.into_iter(), now: Extent { start: 0, length: 0 } }
    }
}

impl Read for Expanded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.now.length == 0 {
            match self.extents.next() {
                Some(extent) => self.now = extent,
                None => return Ok(0),
            }
        }
        let n = usize::try_from(self.now.length).unwrap_or(usize::MAX).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..n) else { return Ok(0) };
        let n = if self.now.is_hole() {
            buffer.fill(0);
            n
        } else {
            self.data.read(buffer)?
        };
        self.now.length -= n as u64;
        Ok(n)
    }
}

/// Bytes up to the next block.
pub(super) const fn padding(length: u64) -> u64 {
    (BLOCK as u64 - length % BLOCK as u64) % BLOCK as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_checked_and_expanded() {
        let map = Map { runs: vec![(2, 3), (5, 0), (8, 1)], size: 12 };
        assert_eq!(map.fault(4), None);
        assert!(map.fault(5).is_some());
        let mut out = Vec::new();
        let mut data: &[u8] = b"abcd";
        Expanded::new(&mut data, map.extents(100)).read_to_end(&mut out).expect("memory");
        assert_eq!(out, b"\0\0abc\0\0\0d\0\0\0");
        assert!(Map { runs: vec![(5, 1), (2, 1)], size: 12 }.fault(2).is_some());
        assert!(Map { runs: vec![(5, u64::MAX)], size: 12 }.fault(2).is_some());
    }

    #[test]
    fn a_map_in_the_data_may_span_blocks() {
        let mut reader = InData::new();
        assert_eq!(reader.feed(b"2\n0\n5"), Fed::More);
        assert_eq!(reader.feed(b"12\n1024\n7\n\0\0"), Fed::End(10));
        assert_eq!(reader.runs(), [(0, 512), (1024, 7)]);
        assert_eq!(InData::new().feed(b"x"), Fed::NoMap);
        assert_eq!(InData::new().feed(b"0\n"), Fed::End(2));
    }
}
