//! Directory records: where each lies in its directory's extent and what its fields say.
//!
//! ECMA-119 9.1. A record never crosses a logical sector; a length of zero ends the sector.

use std::ops::Range;

use super::SECTOR;
use super::field::{Both, both16, both32};
use crate::source::le16;

/// Bytes of a record before its identifier.
pub(super) const FIXED: usize = 33;
/// Flag: the entry is a directory.
pub(super) const DIRECTORY: u8 = 0x02;
/// Flag: an associated file.
pub(super) const ASSOCIATED: u8 = 0x04;
/// Flag: not the last extent of its file.
pub(super) const MORE: u8 = 0x80;

/// A directory record. Offsets count from the start of the directory's bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    /// Where it starts.
    pub(super) start: usize,
    /// Bytes, system use included.
    length: u8,
    /// Bytes of the identifier.
    name_length: u8,
    /// Blocks of the extended attribute record before the data.
    pub(super) attribute_blocks: u8,
    /// First logical block.
    pub(super) extent: Both,
    /// Bytes of data.
    pub(super) size: Both,
    /// File flags.
    pub(super) flags: u8,
    /// Whether file unit size or interleave gap is not zero.
    pub(super) interleaved: bool,
    /// Number of the volume that holds the data.
    pub(super) sequence: Both,
}

impl Record {
    /// The record at `start`; the message says what is wrong with it.
    fn parse(directory: &[u8], start: usize, sector_end: usize) -> Result<Self, String> {
        let bytes = directory.get(start..sector_end).unwrap_or_default();
        let fields = || {
            let (&length, &name_length) = (bytes.first()?, bytes.get(32)?);
            Some(Self {
                start,
                length,
                name_length,
                attribute_blocks: *bytes.get(1)?,
                extent: both32(bytes, 2)?,
                size: both32(bytes, 10)?,
                flags: *bytes.get(25)?,
                interleaved: le16(bytes, 26)? != 0,
                sequence: both16(bytes, 28)?,
            })
        };
        let length = bytes.first().copied().unwrap_or_default();
        let Some(record) = fields().filter(|_| usize::from(length) <= bytes.len()) else {
            return Err(format!(
                "record of {length} bytes, expected 34 to {} up to the end of the sector",
                bytes.len()
            ));
        };
        if record.name_length == 0 || record.system_start() > usize::from(length) {
            return Err(format!(
                "record of {length} bytes with an identifier of {} bytes",
                record.name_length
            ));
        }
        Ok(record)
    }

    /// The same record where its own bytes are all there is.
    pub(super) const fn alone(self) -> Self {
        Self { start: 0, ..self }
    }

    /// Bytes of the record, system use included.
    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.start + usize::from(self.length)
    }

    /// Bytes of the identifier.
    pub(super) fn name_range(&self) -> Range<usize> {
        let start = self.start + FIXED;
        start..start + usize::from(self.name_length)
    }

    /// The identifier.
    pub(super) fn name<'a>(&self, directory: &'a [u8]) -> &'a [u8] {
        directory.get(self.name_range()).unwrap_or_default()
    }

    /// Offset of the system use field from the record's start; the identifier is padded to even.
    pub(super) fn system_start(&self) -> usize {
        let end = FIXED + usize::from(self.name_length);
        // A record may end right behind an identifier that lacks its padding.
        let padded = end + end % 2;
        if padded > usize::from(self.length) { end } else { padded }
    }

    /// The bytes of the date.
    pub(super) fn date<'a>(&self, directory: &'a [u8]) -> &'a [u8] {
        directory.get(self.start + 18..self.start + 25).unwrap_or_default()
    }

    /// Whether it describes a directory.
    pub(super) const fn is_directory(&self) -> bool {
        self.flags & DIRECTORY != 0
    }

    /// Whether another record goes on with the same file.
    pub(super) const fn goes_on(&self) -> bool {
        self.flags & MORE != 0 && !self.is_directory()
    }
}

/// What is in a directory's extent beside its records.
#[derive(Debug)]
pub(super) enum Rest {
    /// The end of a sector without records.
    Padding(Range<usize>),
    /// Bytes that are no record, up to the end of their sector.
    Broken(Range<usize>, String),
}

/// The records of a directory, and the bytes between them.
pub(super) fn scan(directory: &[u8], records: &mut Vec<Record>, rest: &mut Vec<Rest>) {
    records.clear();
    rest.clear();
    let mut at = 0;
    while let Some(&length) = directory.get(at) {
        let sector_end = ((at / SECTOR + 1) * SECTOR).min(directory.len());
        if length == 0 {
            rest.push(Rest::Padding(at..sector_end));
            at = sector_end;
            continue;
        }
        match Record::parse(directory, at, sector_end) {
            Ok(record) => {
                at += usize::from(record.length);
                records.push(record);
            }
            Err(message) => {
                rest.push(Rest::Broken(at..sector_end, message));
                at = sector_end;
            }
        }
    }
}

/// The records of one entry: all extents of a file, `records[at..end]`, from `at` on.
pub(super) fn group_end(records: &[Record], directory: &[u8], at: usize) -> usize {
    let mut end = at;
    while let (Some(here), Some(next)) = (records.get(end), records.get(end + 1))
        && here.goes_on()
        && !next.is_directory()
        && here.name(directory) == next.name(directory)
        && (here.flags ^ next.flags) & ASSOCIATED == 0
    {
        end += 1;
    }
    end + 1
}
