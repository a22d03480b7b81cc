//! What detectors of entries see, and how they tell where they hit.

use crate::model::{Census, Class, Declaration, Declared, LineEnd, LineEnds, TextKind};

/// How the bytes of a text make characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Charset {
    /// ASCII alone.
    Ascii,
    /// UTF-8 from end to end, with characters beyond ASCII.
    Utf8,
    /// Some other encoding, or UTF-8 that is damaged.
    EightBit,
    /// UTF-16, little-endian.
    Utf16Le,
    /// UTF-16, big-endian.
    Utf16Be,
}

impl Charset {
    /// Whether a character has two bytes or more.
    pub const fn is_wide(self) -> bool {
        matches!(self, Self::Utf16Le | Self::Utf16Be)
    }
}

/// The facts of an entry.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, not a state")]
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Its own name, raw.
    pub name: &'a [u8],
    /// Of all its bytes.
    pub census: &'a Census,
    /// As settled.
    pub class: Class,
    /// In the approved build.
    pub approved: Option<Class>,
    /// What it is for, if it is a text.
    pub kind: TextKind,
    /// What its container or the configuration says of it.
    pub declared: Declared,
    /// Whether the census alone says that it is no text.
    pub looks_binary: bool,
    /// Whether it looks binary, has the name of a text, and its bytes are of no recognised format.
    pub named_text: bool,
    /// How its bytes make characters.
    pub charset: Charset,
    /// How its lines end; of UTF-16, nothing before it was read again.
    pub ends: LineEnds,
    /// The encoding that its container, the configuration or its byte order mark tells.
    pub label: Option<&'static str>,
    /// Whether it may name its encoding in its first lines.
    pub may_declare: bool,
    /// Whether it is UTF-8 and names another encoding for itself.
    pub declares_other: bool,
    /// What encoding it names for itself; nothing before it was read again.
    pub declaration: Option<&'a Declaration>,
    /// The first bytes that are not ASCII; nothing before it was read again.
    pub high: &'a [u8],
    /// Whether it was read again.
    pub read: bool,
}

impl Entry<'_> {
    /// Whether it is a text as a whole that is read as a file: no records, no resource.
    pub fn is_file_of_text(&self) -> bool {
        self.class == Class::Text && self.declared == Declared::Nothing && !self.looks_binary
    }

    /// Whether its name ends so, in any case.
    pub fn ends_with(&self, ends: &[&str]) -> bool {
        ends.iter().any(|end| {
            let from = self.name.len().checked_sub(end.len());
            let tail = from.and_then(|from| self.name.get(from..)).unwrap_or_default();
            from.is_some() && tail.eq_ignore_ascii_case(end.as_bytes())
        })
    }

    /// Whether it begins with the byte order mark of UTF-8.
    pub fn has_mark(&self) -> bool {
        self.census.size >= 3 && self.census.head.starts_with(b"\xef\xbb\xbf")
    }
}

/// Where in an entry a detector hits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Nowhere: it is about the entry as a whole.
    Whole,
    /// So many bytes at its start.
    Start(u64),
    /// Behind its last byte.
    End,
    /// The last line, which is so many bytes with its end.
    LastLine(u64),
    /// The first line that ends so: the entry must be read again to tell.
    FirstEnd(LineEnd),
    /// The first character that is not ASCII: the entry must be read again to tell.
    FirstHigh,
    /// The encoding that it names: the entry must be read again to tell.
    Declaration,
}

impl Place {
    /// Whether the entry must be read again to tell.
    pub const fn needs_look(self) -> bool {
        matches!(self, Self::FirstEnd(_) | Self::FirstHigh | Self::Declaration)
    }
}

/// A hit of a detector of entries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// Where.
    pub place: Place,
    /// What is wrong, for the message.
    pub detail: String,
    /// Hits besides this one.
    pub more: u64,
}

impl Told {
    /// About the entry as a whole.
    pub fn whole(detail: String) -> Self {
        Self::at(Place::Whole, detail)
    }

    /// At a place.
    pub fn at(place: Place, detail: impl Into<String>) -> Self {
        Self { place, detail: detail.into(), more: 0 }
    }
}
