//! Records that hold texts: where the texts of a resource lie between length bytes, counts and
//! rectangles (Inside Macintosh: Macintosh Toolbox Essentials, 3 "Menu Manager" and 6 "Dialog
//! Manager"; Text, 5 "Text Utilities"; Finder Interface, `vers`).
//!
//! All integers are big-endian, all texts Pascal strings: a length byte and as many bytes of
//! `MacRoman`. Where records break off or end early, the rest counts as one more text, so that no
//! byte hides behind a wrong length.

use std::ops::Range;

use crate::source::be16;

/// The texts of a resource.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Texts {
    /// Where each lies, bytes from the start of the resource, in order.
    pub ranges: Vec<Range<usize>>,
    /// Whether the records end where the resource does.
    pub whole: bool,
}

/// Finds the texts of a resource of the type `kind`; `None` for a type without records.
pub fn text_records(kind: [u8; 4], bytes: &[u8]) -> Option<Texts> {
    let mut cursor = Cursor { bytes, at: 0, ranges: Vec::new() };
    let read = match &kind {
        b"STR " => cursor.string(),
        b"STR#" => cursor.list(),
        b"vers" => cursor.version(),
        b"MENU" => cursor.menu(),
        b"DITL" => cursor.dialog(),
        _ => return None,
    };
    let whole = read.is_some() && cursor.at >= bytes.len();
    cursor.rest_is_text();
    Some(Texts { ranges: cursor.ranges, whole })
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    ranges: Vec<Range<usize>>,
}

impl Cursor<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn word(&mut self) -> Option<u16> {
        let word = be16(self.bytes, self.at)?;
        self.at += 2;
        Some(word)
    }

    fn skip(&mut self, bytes: usize) -> Option<()> {
        self.at = self.at.checked_add(bytes).filter(|&at| at <= self.bytes.len())?;
        Some(())
    }

    /// A Pascal string; one that breaks off is text as far as it goes.
    fn string(&mut self) -> Option<()> {
        let length = usize::from(self.byte()?);
        let end = (self.at + length).min(self.bytes.len());
        let is_whole = end == self.at + length;
        if end > self.at {
            self.ranges.push(self.at..end);
        }
        self.at = end;
        is_whole.then_some(())
    }

    /// Takes what is left as text.
    fn rest_is_text(&mut self) {
        if self.at < self.bytes.len() {
            self.ranges.push(self.at..self.bytes.len());
            self.at = self.bytes.len();
        }
    }

    fn list(&mut self) -> Option<()> {
        let count = self.word()?;
        (0..count).try_for_each(|_| self.string())
    }

    /// Four bytes of BCD version and stage, two of region, two strings.
    fn version(&mut self) -> Option<()> {
        self.skip(6)?;
        self.string()?;
        self.string()
    }

    /// Identity, size, procedure, filler, flags; the title; items until a length of zero, each
    /// with icon, key, mark and style.
    fn menu(&mut self) -> Option<()> {
        self.skip(14)?;
        self.string()?;
        while *self.bytes.get(self.at)? != 0 {
            self.string()?;
            self.skip(4)?;
        }
        self.byte().map(|_| ())
    }

    /// A count less one; items of a handle, a rectangle, a type and its data, on even offsets.
    /// Types 4 to 6 (controls with titles), 8 and 16 (static and editable text) hold texts; the
    /// high bit says that the item is disabled.
    fn dialog(&mut self) -> Option<()> {
        let count = self.word()?.wrapping_add(1);
        for _ in 0..count {
            self.skip(12)?;
            let kind = self.byte()? & 0x7f;
            if matches!(kind, 4..=6 | 8 | 16) {
                self.string()?;
            } else {
                let length = usize::from(self.byte()?);
                self.skip(length)?;
            }
            // The pad byte may be missing behind the last item.
            self.at += self.at % 2;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(kind: [u8; 4], bytes: &[u8]) -> (Vec<&[u8]>, bool) {
        let found = text_records(kind, bytes).expect("a type with records");
        (found.ranges.into_iter().map(|range| &bytes[range]).collect(), found.whole)
    }

    #[test]
    fn strings_and_lists() {
        assert_eq!(texts(*b"STR ", b"\x04Quit"), (vec![&b"Quit"[..]], true));
        assert_eq!(texts(*b"STR ", b"\x09Quit"), (vec![&b"Quit"[..]], false));
        assert_eq!(texts(*b"STR ", b"\x01AB"), (vec![&b"A"[..], b"B"], false));
        assert_eq!(texts(*b"STR#", b"\0\x02\x01A\x02BC"), (vec![&b"A"[..], b"BC"], true));
        assert_eq!(texts(*b"STR#", b"\0\x02\x01A"), (vec![&b"A"[..]], false));
        assert_eq!(texts(*b"STR#", b"\0\x01\x01A\x04"), (vec![&b"A"[..], b"\x04"], false));
        let vers = b"\x01\x00\x80\0\0\0\x031.0\x0d1.0, (c) 1993";
        assert_eq!(texts(*b"vers", vers), (vec![&b"1.0"[..], b"1.0, (c) 1993"], true));
        assert_eq!(text_records(*b"CODE", b""), None);
    }

    #[test]
    fn menus_and_dialogs() {
        let mut menu = vec![0; 14];
        menu.extend(b"\x04File\x04Open\0O\0\0\x04Quit\0Q\0\0\0");
        assert_eq!(texts(*b"MENU", &menu), (vec![&b"File"[..], b"Open", b"Quit"], true));
        let mut dialog = b"\0\x01".to_vec();
        dialog.extend([0; 12]);
        dialog.extend(b"\x84\x02OK");
        dialog.extend([0; 12]);
        dialog.extend(b"\xa0\x02\0\x80");
        assert_eq!(texts(*b"DITL", &dialog), (vec![&b"OK"[..]], true));
    }

    #[test]
    fn no_record_is_too_short() {
        let bytes: Vec<u8> = (0..=255).chain(0..=255).collect();
        for kind in [*b"STR ", *b"STR#", *b"vers", *b"MENU", *b"DITL"] {
            for length in 0..bytes.len() {
                for range in text_records(kind, &bytes[..length]).expect("known").ranges {
                    assert!(range.start < range.end && range.end <= length);
                }
            }
        }
    }
}
