//! The texts in one resource, by its type. Texts are UTF-16, little-endian; what does not follow the
//! form of its type yields the texts up to there.

use crate::source::{le16, le32};

/// Types of resources that hold text, with their numbers (`RT_STRING` and so on).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Menu,
    Dialog,
    String,
    Message,
    Version,
    Html,
    Manifest,
}

impl Kind {
    pub(super) fn numbered(number: u32) -> Option<Self> {
        match number {
            4 => Some(Self::Menu),
            5 => Some(Self::Dialog),
            6 => Some(Self::String),
            11 => Some(Self::Message),
            16 => Some(Self::Version),
            23 => Some(Self::Html),
            24 => Some(Self::Manifest),
            _ => None,
        }
    }

    /// As resource scripts call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Menu => "MENU",
            Self::Dialog => "DIALOG",
            Self::String => "STRING",
            Self::Message => "MESSAGETABLE",
            Self::Version => "VERSION",
            Self::Html => "HTML",
            Self::Manifest => "MANIFEST",
        }
    }
}

/// A text in a resource.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Text {
    /// What it is called there.
    pub(super) name: String,
    /// First byte in the resource.
    pub(super) at: usize,
    /// Bytes.
    pub(super) length: usize,
    pub(super) encoding: &'static str,
    /// Whether the resource is this text, whatever its length.
    pub(super) whole: bool,
}

/// Levels of version information: the root, its two kinds, their tables, strings.
const LEVELS: usize = 4;
/// Texts of one resource.
const MOST: usize = 1 << 14;

/// The texts in the resource with that number.
pub(super) fn of(kind: Kind, number: u32, bytes: &[u8]) -> Vec<Text> {
    let mut texts = Texts { bytes, found: Vec::new() };
    // What breaks off has given what it has.
    let _ = match kind {
        Kind::Menu => texts.menu(),
        Kind::Dialog => texts.dialog(),
        Kind::String => texts.strings(number),
        Kind::Message => texts.messages(),
        Kind::Version => texts.version(0, bytes.len(), LEVELS, ""),
        Kind::Html | Kind::Manifest => {
            texts.whole();
            None
        }
    };
    texts.found
}

struct Texts<'a> {
    bytes: &'a [u8],
    found: Vec<Text>,
}

impl Texts<'_> {
    fn add(&mut self, name: String, at: usize, length: usize) -> Option<()> {
        if length > 0 {
            let encoding = "utf-16le";
            self.found.push(Text { name, at, length, encoding, whole: false });
        }
        (self.found.len() < MOST).then_some(())
    }

    fn word(&self, at: usize) -> Option<u16> {
        le16(self.bytes, at)
    }

    /// The end of the text that starts at `at`, without its NUL.
    fn end(&self, at: usize) -> Option<usize> {
        let rest = self.bytes.get(at..)?;
        Some(at + 2 * rest.chunks_exact(2).position(|unit| unit == [0, 0])?)
    }

    fn whole(&mut self) {
        let encoding = match self.bytes {
            [0xff, 0xfe, ..] => "utf-16le",
            [0xfe, 0xff, ..] => "utf-16be",
            _ => "utf-8",
        };
        let (name, length) = (String::new(), self.bytes.len());
        self.found.push(Text { name, at: 0, length, encoding, whole: true });
    }

    /// Blocks of sixteen strings, each with its length in units before it; the block's number counts
    /// from 1.
    fn strings(&mut self, block: u32) -> Option<()> {
        let mut at = 0;
        for n in 0..16 {
            let length = 2 * usize::from(self.word(at)?);
            self.bytes.get(at + 2..at + 2 + length)?;
            let number = block.checked_sub(1)?.checked_mul(16)?.checked_add(n)?;
            self.add(number.to_string(), at + 2, length)?;
            at += 2 + length;
        }
        Some(())
    }

    /// Ranges of numbers, each with where its messages lie; a message has its length, all of it
    /// counted, and whether it is UTF-16.
    fn messages(&mut self) -> Option<()> {
        let long = |at| le32(self.bytes, at);
        let ranges: Vec<_> = (0..long(0)? as usize)
            .map_while(|n| Some((long(4 + 12 * n)?, long(8 + 12 * n)?, long(12 + 12 * n)?)))
            .take(MOST)
            .collect();
        for (low, high, offset) in ranges {
            let mut at = offset as usize;
            for number in low..=high {
                let (length, flags) = (usize::from(self.word(at)?), self.word(at + 2)?);
                let text = self.bytes.get(at + 4..at + length)?;
                if flags & 1 != 0 {
                    let units = text.chunks_exact(2).rposition(|unit| unit != [0, 0]);
                    self.add(number.to_string(), at + 4, units.map_or(0, |last| 2 * last + 2))?;
                }
                at += length.max(4);
            }
        }
        Some(())
    }

    /// A block with a key, a value, and blocks below it, each at a multiple of four bytes. Of those
    /// whose value is text the text is told.
    fn version(&mut self, from: usize, until: usize, levels: usize, path: &str) -> Option<()> {
        let until = until.min(from + usize::from(self.word(from)?));
        let (value, is_text) = (usize::from(self.word(from + 2)?), self.word(from + 4)? == 1);
        let key_end = self.end(from + 6).filter(|end| end + 2 <= until)?;
        let units = self.bytes.get(from + 6..key_end)?.chunks_exact(2);
        let units = units.filter_map(|unit| le16(unit, 0));
        let key: String = char::decode_utf16(units).flatten().filter(|c| *c != '/').collect();
        let mut at = (key_end + 2).next_multiple_of(4);
        let path = match path {
            // The root and its two kinds have the same names everywhere.
            _ if levels > 2 => String::new(),
            "" => key,
            above => format!("{above}/{key}"),
        };
        if is_text && value > 0 && levels < LEVELS {
            // Writers differ in whether the length counts units or bytes: the NUL settles it.
            let end = self.end(at).unwrap_or(until).min(until);
            self.add(path, at, end.checked_sub(at)?)?;
            return Some(());
        }
        at += value;
        while levels > 0 && at + 6 <= until {
            at = at.next_multiple_of(4);
            let length = usize::from(self.word(at)?);
            self.version(at, until, levels - 1, &path)?;
            at += length.max(4);
        }
        Some(())
    }

    /// A number, a text, or nothing; the offset behind it. `name` is what a text is called.
    fn text_or_number(&mut self, at: usize, name: Option<String>) -> Option<usize> {
        if self.word(at)? == 0xffff {
            return Some(at + 4);
        }
        let end = self.end(at)?;
        if let Some(name) = name {
            self.add(name, at, end - at)?;
        }
        Some(end + 2)
    }

    fn menu(&mut self) -> Option<()> {
        let (version, offset) = (self.word(0)?, usize::from(self.word(2)?));
        let is_extended = version == 1;
        let mut at = 4 + offset;
        let mut number = 0;
        while at < self.bytes.len() {
            let flags = if is_extended {
                at = at.next_multiple_of(4);
                self.word(at + 12)?
            } else {
                self.word(at)?
            };
            // In the older form what opens a menu has no number.
            let start = match (is_extended, flags & 0x10) {
                (true, _) => at + 14,
                (false, 0) => at + 4,
                (false, _) => at + 2,
            };
            let end = self.end(start)?;
            number += 1;
            self.add(number.to_string(), start, end - start)?;
            at = end + 2;
            if is_extended && flags & 1 != 0 {
                at = at.next_multiple_of(4) + 4;
            }
        }
        Some(())
    }

    fn dialog(&mut self) -> Option<()> {
        const HAS_FONT: u32 = 0x40;
        let is_extended = self.word(0)? == 1 && self.word(2)? == 0xffff;
        let style = le32(self.bytes, if is_extended { 12 } else { 0 })?;
        let count = usize::from(self.word(if is_extended { 16 } else { 8 })?);
        let mut at = if is_extended { 26 } else { 18 };
        at = self.text_or_number(at, None)?;
        at = self.text_or_number(at, None)?;
        at = self.text_or_number(at, Some("title".into()))?;
        if style & HAS_FONT != 0 {
            at = self.end(at + if is_extended { 6 } else { 2 })? + 2;
        }
        for number in 1..=count {
            at = at.next_multiple_of(4) + if is_extended { 24 } else { 18 };
            at = self.text_or_number(at, None)?;
            at = self.text_or_number(at, Some(number.to_string()))?;
            at += 2 + usize::from(self.word(at)?);
        }
        Some(())
    }
}
