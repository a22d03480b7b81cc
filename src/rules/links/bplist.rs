//! Strings of a binary property list (Apple, CFBinaryPList.c: `bplist00`, objects, a table of their
//! offsets, a trailer of 32 bytes). Only the outermost dictionary is walked, and what
//! [`super::plist`] looks for in it.

use std::borrow::Cow;

use super::plist::{DEEPEST, NESTED, Named};
use crate::source::be64;

pub(super) const MAGIC: &[u8] = b"bplist00";
const TRAILER: usize = 32;
/// Objects of a list that are looked at, over all lists and dictionaries.
const MOST: usize = 4096;
/// Bytes of the longest string that is read.
const LONGEST: usize = 1024;

/// Tells the strings of the outermost dictionary, and of those in it that may name icons.
pub(super) fn strings(bytes: &[u8], note: &mut dyn FnMut(Named<'_>)) {
    if let Some(list) = List::of(bytes) {
        list.dictionary(list.top, DEEPEST, &mut MOST.clone(), note);
    }
}

/// A property list, with what its trailer tells.
struct List<'a> {
    /// The objects and the table.
    bytes: &'a [u8],
    /// Bytes of an offset, and of a reference to an object.
    widths: (usize, usize),
    count: u64,
    top: u64,
    table: usize,
}

/// A string: where it stands, its bytes there, and what they say.
type Text<'a> = (usize, &'a [u8], Cow<'a, [u8]>);

/// What an object is: its kind, the first byte of its content, and how many bytes, units or objects.
type Object = (u8, usize, usize);

impl<'a> List<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let (bytes, trailer) = bytes.split_at(bytes.len().checked_sub(TRAILER)?);
        let widths = (usize::from(*trailer.get(6)?), usize::from(*trailer.get(7)?));
        let is_sound = (1..=8).contains(&widths.0) && (1..=8).contains(&widths.1);
        let table = usize::try_from(be64(trailer, 24)?).ok()?;
        let (count, top) = (be64(trailer, 8)?, be64(trailer, 16)?);
        is_sound.then_some(Self { bytes, widths, count, top, table })
    }

    fn number(&self, at: usize, width: usize) -> Option<u64> {
        let digits = self.bytes.get(at..at.checked_add(width)?)?;
        Some(digits.iter().fold(0, |number, &digit| number << 8 | u64::from(digit)))
    }

    fn object(&self, id: u64) -> Option<Object> {
        let entry = usize::try_from(id).ok().filter(|_| id < self.count)?;
        let entry = self.table.checked_add(entry.checked_mul(self.widths.0)?)?;
        let at = usize::try_from(self.number(entry, self.widths.0)?).ok()?;
        let mark = *self.bytes.get(at)?;
        let (kind, low) = (mark >> 4, usize::from(mark & 15));
        if low < 15 {
            return Some((kind, at + 1, low));
        }
        // The count is an integer of its own.
        let width = *self.bytes.get(at + 1)?;
        let digits = 1_usize << (width & 15).min(3);
        let count = self.number(at + 2, digits).filter(|_| width >> 4 == 1)?;
        Some((kind, at + 2 + digits, usize::try_from(count).ok()?))
    }

    /// The object that a list or dictionary holds at an index.
    fn member(&self, at: usize, index: usize) -> Option<u64> {
        self.number(at.checked_add(index.checked_mul(self.widths.1)?)?, self.widths.1)
    }

    /// A string, and where it stands.
    fn string(&self, id: u64) -> Option<Text<'a>> {
        let (kind, at, count) = self.object(id)?;
        let raw = |length: usize| self.bytes.get(at..at.checked_add(length)?);
        match kind {
            5 if count <= LONGEST => raw(count).map(|raw| (at, raw, Cow::Borrowed(raw))),
            6 if count <= LONGEST => {
                let raw = raw(2 * count)?;
                let units: Vec<u16> =
                    raw.as_chunks::<2>().0.iter().map(|&unit| u16::from_be_bytes(unit)).collect();
                Some((at, raw, Cow::Owned(String::from_utf16_lossy(&units).into_bytes())))
            }
            _ => None,
        }
    }

    fn dictionary(
        &self,
        id: u64,
        depth: usize,
        left: &mut usize,
        note: &mut dyn FnMut(Named<'_>),
    ) -> Option<()> {
        let (13, at, count) = self.object(id)? else { return None };
        for index in 0..count {
            *left = left.checked_sub(1)?;
            let key = self.member(at, index)?;
            let value = self.member(at, count.checked_add(index)?)?;
            if let Some((_, _, key)) = self.string(key) {
                self.value(&key, value, depth.checked_sub(1)?, left, note);
            }
        }
        Some(())
    }

    fn value(
        &self,
        key: &[u8],
        id: u64,
        depth: usize,
        left: &mut usize,
        note: &mut dyn FnMut(Named<'_>),
    ) -> Option<()> {
        if let Some((at, raw, text)) = self.string(id) {
            note(Named { key, at, length: raw.len(), text });
        } else if NESTED.contains(&key) && depth > 0 {
            let (10, at, count) = self.object(id)? else {
                return self.dictionary(id, depth, left, note);
            };
            for index in 0..count {
                *left = left.checked_sub(1)?;
                self.value(key, self.member(at, index)?, depth - 1, left, note);
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Syntax;
    use super::super::tests::told;

    /// A list of objects, the last of which is the outermost.
    fn list(objects: &[&[u8]]) -> Vec<u8> {
        let mut bytes = super::MAGIC.to_vec();
        let mut table = Vec::new();
        for object in objects {
            table.push(bytes.len() as u8);
            bytes.extend_from_slice(object);
        }
        let at = bytes.len() as u8;
        bytes.extend(table);
        let (count, top) = (objects.len() as u8, objects.len() as u8 - 1);
        bytes.extend([0, 0, 0, 0, 0, 0, 1, 1]);
        for number in [count, top, at] {
            bytes.extend([0, 0, 0, 0, 0, 0, 0, number]);
        }
        bytes
    }

    #[test]
    fn strings_of_the_outermost_dictionary_are_found() {
        let of = |text: &str, kind: &[u8]| [kind, text.as_bytes()].concat();
        let program = of("CFBundleExecutable", b"\x5f\x10\x12");
        let icons = of("CFBundleIconFiles", b"\x5f\x10\x11");
        let bytes = list(&[
            &program,
            &icons,
            b"\x62\0A\0\xe9",
            b"\x51I",
            b"\xa2\x03\x02",
            b"\xd1\x00\x03",
            b"\x51x",
            b"\xd3\x00\x01\x06\x02\x04\x05",
        ]);
        let expected = ["Program Aé @50", "Program I @55", "Program Aé @50"];
        assert_eq!(told(Syntax::Plist, &bytes), expected);
        for at in 0..bytes.len() {
            told(Syntax::Plist, &bytes[..at]);
            for value in [0, 0x7f, 0xff] {
                let mut other = bytes.clone();
                other[at] = value;
                told(Syntax::Plist, &other);
            }
        }
    }

    #[test]
    fn a_list_that_holds_itself_ends() {
        let icons = [&b"\x5f\x10\x11"[..], b"CFBundleIconFiles"].concat();
        let bytes = list(&[&icons, b"\xa3\x01\x01\x01", b"\xd1\x00\x01"]);
        assert!(told(Syntax::Plist, &bytes).is_empty());
        let bytes = list(&[&icons, b"\xd2\x00\x00\x01\x01"]);
        assert!(told(Syntax::Plist, &bytes).is_empty());
    }
}
