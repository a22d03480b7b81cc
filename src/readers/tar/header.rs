//! One header block: POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar's `tar.h` for its own
//! fields in place of the prefix.

use std::fmt::Write as _;
use std::ops::Range;

use super::number::{self, Number};
use crate::model::locator::escape_text;

/// Bytes of a header, and the unit of everything in a tar archive.
pub(super) const BLOCK: usize = 512;

pub(super) const NAME: Range<usize> = 0..100;
pub(super) const MODE: Range<usize> = 100..108;
pub(super) const UID: Range<usize> = 108..116;
pub(super) const GID: Range<usize> = 116..124;
pub(super) const SIZE: Range<usize> = 124..136;
pub(super) const MTIME: Range<usize> = 136..148;
pub(super) const CHECKSUM: Range<usize> = 148..156;
pub(super) const TYPE: Range<usize> = 156..157;
pub(super) const LINK: Range<usize> = 157..257;
pub(super) const MAGIC: Range<usize> = 257..265;
pub(super) const USER: Range<usize> = 265..297;
pub(super) const GROUP: Range<usize> = 297..329;
pub(super) const MAJOR: Range<usize> = 329..337;
pub(super) const MINOR: Range<usize> = 337..345;
pub(super) const PREFIX: Range<usize> = 345..500;
pub(super) const GNU_ATIME: Range<usize> = 345..357;
pub(super) const GNU_CTIME: Range<usize> = 357..369;
pub(super) const GNU_OFFSET: Range<usize> = 369..381;
pub(super) const GNU_SPARSE: Range<usize> = 386..482;
pub(super) const GNU_EXTENDED: usize = 482;
pub(super) const GNU_REAL_SIZE: Range<usize> = 483..495;

/// Which layout the fields behind the magic have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Dialect {
    /// Seventh Edition: no magic.
    V7,
    /// POSIX, with a prefix to the name.
    Ustar,
    /// GNU, with dates and a sparse map in the place of the prefix.
    Gnu,
    /// Some other magic; only the fields of the Seventh Edition are read.
    Other,
}

/// A header whose checksum fits.
#[derive(Clone)]
pub(super) struct Header {
    /// Where it stands in the archive.
    pub at: u64,
    /// The whole block.
    pub bytes: Box<[u8; BLOCK]>,
}

impl Header {
    /// Takes a block as a header if its checksum fits.
    pub(super) fn parse(at: u64, block: &[u8; BLOCK]) -> Option<Self> {
        checks(block).then(|| Self { at, bytes: Box::new(*block) })
    }

    /// The bytes of a field.
    pub(super) fn field(&self, at: Range<usize>) -> &[u8] {
        self.bytes.get(at).unwrap_or_default()
    }

    /// A numeric field.
    pub(super) fn number(&self, at: Range<usize>) -> Number {
        number::parse(self.field(at))
    }

    /// A text field up to its first NUL.
    pub(super) fn text(&self, at: Range<usize>) -> &[u8] {
        let field = self.field(at);
        field.split(|&b| b == 0).next().unwrap_or_default()
    }

    /// The part of a text field that its text and the zeros behind it take: all of it, or less where
    /// something stands behind the NUL.
    pub(super) fn text_range(&self, at: Range<usize>) -> Range<usize> {
        let text = self.text(at.clone()).len();
        let rest = self.field(at.start + text..at.end);
        if rest.iter().all(|&b| b == 0) { at } else { at.start..at.start + text + 1 }
    }

    /// The type flag.
    pub(super) fn kind(&self) -> u8 {
        self.bytes.get(TYPE.start).copied().unwrap_or_default()
    }

    /// What the magic says.
    pub(super) fn dialect(&self) -> Dialect {
        match self.field(MAGIC) {
            b"ustar\x0000" => Dialect::Ustar,
            b"ustar  \0" => Dialect::Gnu,
            [0, 0, 0, 0, 0, 0, 0, 0] if self.kind() == b'M' => Dialect::Gnu,
            [0, 0, 0, 0, 0, 0, 0, 0] => Dialect::V7,
            magic if magic.starts_with(b"ustar\0") => Dialect::Ustar,
            _ => Dialect::Other,
        }
    }

    /// Prefix and name as one path, and the bytes of the prefix.
    pub(super) fn path(&self) -> (Vec<u8>, usize) {
        let name = self.text(NAME);
        let prefix = match self.dialect() {
            Dialect::Ustar => self.text(PREFIX),
            _ => b"",
        };
        if prefix.is_empty() {
            return (name.to_vec(), 0);
        }
        ([prefix, b"/", name].concat(), prefix.len())
    }

    /// Dialect, unusual type flag and the forms of the numbers: what differs between writers, not
    /// between the entries of one.
    pub(super) fn style(&self) -> String {
        let mut style = match self.field(MAGIC) {
            b"ustar\x0000" => "ustar".to_owned(),
            b"ustar  \0" => "gnu".to_owned(),
            [0, 0, 0, 0, 0, 0, 0, 0] => "v7".to_owned(),
            magic => format!("magic={}", escape_text(magic)),
        };
        match self.kind() {
            b'0'..=b'6' | b'x' | b'g' | b'L' | b'K' | b'V' => {}
            kind => {
                let _ = write!(style, " type={kind:#04x}");
            }
        }
        let mut numbers = vec![("mode", MODE), ("uid", UID), ("gid", GID), ("mtime", MTIME)];
        numbers.extend([("size", SIZE), ("checksum", CHECKSUM)]);
        if self.dialect() != Dialect::Other {
            numbers.extend([("major", MAJOR), ("minor", MINOR)]);
        }
        if self.dialect() == Dialect::Gnu {
            numbers.extend([("atime", GNU_ATIME), ("ctime", GNU_CTIME)]);
        }
        for (name, at) in numbers {
            let form = self.number(at).form;
            // What a writer of that dialect puts where the field means nothing needs no word.
            let usual = match (name, self.dialect()) {
                ("atime" | "ctime", _) => form.is_empty() || form == "e",
                ("major" | "minor", Dialect::Gnu) => form == "e",
                // Every writer of today ends it by a NUL and a space.
                ("checksum", _) => form == "m",
                _ => form.is_empty(),
            };
            if !usual {
                let _ = write!(style, " {name}={}", if form.is_empty() { "o" } else { &*form });
            }
        }
        style
    }
}

/// Whether the sum of the bytes, the checksum's own taken as spaces, is the one recorded. Some
/// historical writers summed signed bytes.
pub(super) fn checks(block: &[u8; BLOCK]) -> bool {
    let (unsigned, signed) = sums(block);
    let recorded = block.get(CHECKSUM).and_then(number::unsigned);
    recorded.is_some_and(|n| n == unsigned || i64::try_from(n) == Ok(signed))
}

/// The checksum over unsigned and over signed bytes.
pub(super) fn sums(block: &[u8; BLOCK]) -> (u64, i64) {
    let mut sums = (0u64, 0i64);
    for (at, &byte) in block.iter().enumerate() {
        let byte = if CHECKSUM.contains(&at) { b' ' } else { byte };
        sums.0 += u64::from(byte);
        sums.1 += i64::from(byte.cast_signed());
    }
    sums
}

/// Whether a first block starts an archive: a valid checksum, and either the magic or numbers and a
/// type flag as the Seventh Edition had them.
pub(in crate::readers) fn is_first(block: &[u8; BLOCK]) -> bool {
    // Every content is asked: what cannot be a checksum spares the sum over the block.
    let sum = block.get(CHECKSUM).unwrap_or_default();
    if !sum.iter().all(|b| matches!(b, b'0'..=b'7' | b' ' | 0)) {
        return false;
    }
    let Some(header) = Header::parse(0, block) else { return false };
    if header.field(MAGIC).starts_with(b"ustar") {
        return true;
    }
    let plausible = [MODE, UID, GID, SIZE, MTIME]
        .into_iter()
        .map(|at| header.number(at))
        .all(|number| number.value.is_some_and(|n| n >= 0) || number.form == "e");
    plausible
        && header.field(MAGIC).iter().all(|&b| b == 0)
        // GNU labels and continued entries have no magic even where the entries behind them do.
        && matches!(header.kind(), 0 | b'0'..=b'7' | b'V' | b'M')
        && header.text(NAME).iter().all(|&b| b >= b' ')
}
