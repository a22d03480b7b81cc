//! Contents: where bytes lie and how they are packed, apart from the names that point at them.

use std::ops::{Deref, DerefMut};

use super::census::Census;
use super::class::{Class, Declared};
use super::digest::Digest;
use super::format::Format;

/// A range of the container that holds a content.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extent {
    /// First byte in the container; [`Extent::HOLE`] for bytes that are zero and stored nowhere.
    pub start: u64,
    /// Bytes.
    pub length: u64,
}

impl Extent {
    /// The `start` of a hole.
    pub const HOLE: u64 = u64::MAX;

    /// Whether the bytes are stored nowhere.
    pub const fn is_hole(self) -> bool {
        self.start == Self::HOLE
    }
}

/// Extents in content order. Nearly every content has one, which takes no memory of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Extents(Few);

#[derive(Clone, PartialEq, Eq, Debug)]
enum Few {
    One([Extent; 1]),
    Any(Box<[Extent]>),
}

impl Default for Extents {
    fn default() -> Self {
        Self(Few::Any(Box::default()))
    }
}

impl From<Extent> for Extents {
    fn from(extent: Extent) -> Self {
        Self(Few::One([extent]))
    }
}

impl From<Vec<Extent>> for Extents {
    fn from(extents: Vec<Extent>) -> Self {
        match extents.as_slice() {
            &[extent] => extent.into(),
            _ => Self(Few::Any(extents.into())),
        }
    }
}

impl Deref for Extents {
    type Target = [Extent];

    fn deref(&self) -> &[Extent] {
        match &self.0 {
            Few::One(one) => one,
            Few::Any(all) => all,
        }
    }
}

impl DerefMut for Extents {
    fn deref_mut(&mut self) -> &mut [Extent] {
        match &mut self.0 {
            Few::One(one) => one,
            Few::Any(all) => all,
        }
    }
}

/// How stored bytes become the content.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Codec {
    /// As they are.
    #[default]
    Plain,
    /// RFC 1951, as in zip.
    Deflate,
    /// RFC 1952, one or more members.
    Gzip,
    /// Encrypted, or packed in a way that no decoder knows: the stored bytes are all there is.
    Sealed,
}

/// The bytes of an entry as a reader describes them.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    /// Where the stored bytes lie, in content order.
    pub extents: Extents,
    /// Bytes after decoding; `None` where only decoding tells.
    pub size: Option<u64>,
    /// How they are packed.
    pub codec: Codec,
    /// CRC-32 (ISO-HDLC) of the decoded bytes, if the format records it.
    pub crc32: Option<u32>,
    /// What the format says the bytes are.
    pub declared: Declared,
}

impl Stored {
    /// Plain bytes in one extent.
    pub fn plain(start: u64, length: u64) -> Self {
        Self { extents: Extent { start, length }.into(), size: Some(length), ..Self::default() }
    }

    /// Bytes stored in the container.
    pub fn stored_length(&self) -> u64 {
        self.extents.iter().fold(0, |sum, extent| sum.saturating_add(extent.length))
    }

    /// Start and end if the content is one plain run of stored bytes.
    pub fn contiguous(&self) -> Option<(u64, u64)> {
        match &*self.extents {
            [extent] if self.codec == Codec::Plain && !extent.is_hole() => {
                Some((extent.start, extent.start.checked_add(extent.length)?))
            }
            _ => None,
        }
    }

    /// Where byte `offset` of the content lies in the container, if it lies there as it is.
    pub fn position_of(&self, offset: u64) -> Option<u64> {
        let mut before = 0;
        let mut extents = self.as_they_are();
        let extent = extents.find(|extent| {
            let is_here = offset - before < extent.length;
            before += if is_here { 0 } else { extent.length };
            is_here
        })?;
        (!extent.is_hole()).then(|| extent.start.checked_add(offset - before))?
    }

    /// The same the other way round: which byte of the content lies at a position of the container.
    pub fn offset_of(&self, position: u64) -> Option<u64> {
        let mut before = 0u64;
        let mut extents = self.as_they_are();
        let extent = extents.find(|extent| {
            let is_here = position.checked_sub(extent.start).is_some_and(|n| n < extent.length);
            before = before.saturating_add(if is_here { 0 } else { extent.length });
            is_here && !extent.is_hole()
        })?;
        before.checked_add(position - extent.start)
    }

    /// Its extents, none if it is packed.
    fn as_they_are(&self) -> impl Iterator<Item = &Extent> {
        self.extents.iter().filter(|_| self.codec == Codec::Plain)
    }
}

/// What one pass over a content found.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// BLAKE3 of the decoded bytes; `None` if they were not all read.
    pub blake3: Option<Digest>,
    /// What most contents do not have.
    pub more: Option<Box<More>>,
    /// What the bytes are, and how many after decoding.
    pub census: Census,
    /// Which rules with literals have a hit somewhere in the bytes: bit n for the n-th of them. A
    /// class-blind note of the pass, which a second look makes exact.
    pub literals: u64,
    /// Text or binary, as settled after the pass.
    pub class: Class,
    /// Whether it is UTF-8 and names another encoding for itself.
    pub declares_other: bool,
    /// What it was recognised as, for example `elf`, `zip`.
    pub format: Option<Format>,
}

/// The first and last bytes of a content that rules judge by them: a script, a PostScript file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KeptEnds {
    /// The first bytes.
    pub head: Box<[u8]>,
    /// The last bytes.
    pub tail: Box<[u8]>,
}

/// What most contents do not have: it stands apart, because a release has a hundred thousand contents.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct More {
    /// SHA-256 of the decoded bytes, where asked.
    pub sha256: Option<Digest>,
    /// BLAKE3 of the stored bytes, where they are packed.
    pub stored: Option<Digest>,
    /// BLAKE3 chaining value of each [`CHUNK`] of a content that is larger than one.
    pub chunks: Box<[Digest]>,
    /// The first and last bytes, where rules ask for them.
    pub ends: Option<KeptEnds>,
}

impl More {
    /// As a content holds them: nothing if there are none.
    pub fn boxed(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }
}

impl Content {
    /// A content of which nothing but its size is known, in bytes after decoding.
    pub fn unread(size: u64) -> Self {
        Self { census: Census { size, ..Census::default() }, ..Self::default() }
    }

    /// Bytes after decoding.
    pub fn size(&self) -> u64 {
        self.census.size
    }

    /// What it is known by: BLAKE3 of the decoded bytes, of the stored ones if they do not decode.
    pub fn known_by(&self) -> Option<Digest> {
        self.blake3.or_else(|| self.stored())
    }

    /// SHA-256 of the decoded bytes, where asked.
    pub fn sha256(&self) -> Option<Digest> {
        self.more.as_ref()?.sha256
    }

    /// BLAKE3 of the stored bytes, where they are packed.
    pub fn stored(&self) -> Option<Digest> {
        self.more.as_ref()?.stored
    }

    /// The name of the format that it was recognised as.
    pub fn format(&self) -> Option<&'static str> {
        self.format.map(Format::name)
    }

    /// Its first and last bytes, where rules ask for them.
    pub fn ends(&self) -> Option<&KeptEnds> {
        self.more.as_ref()?.ends.as_ref()
    }

    /// BLAKE3 chaining value of each [`CHUNK`] of a content that is larger than one.
    pub fn chunks(&self) -> &[Digest] {
        self.more.as_ref().map_or(&[], |more| &more.chunks)
    }
}

/// Bytes of a chunk with a digest of its own.
pub const CHUNK: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_a_content_lie_in_its_extents() {
        let hole = Extent { start: Extent::HOLE, length: 10 };
        let extents = vec![Extent { start: 100, length: 5 }, hole, Extent { start: 40, length: 8 }];
        let stored = Stored { extents: extents.into(), ..Stored::default() };
        let pairs = [(0, 100), (4, 104), (15, 40), (22, 47)];
        for (offset, position) in pairs {
            assert_eq!(stored.position_of(offset), Some(position), "{offset}");
            assert_eq!(stored.offset_of(position), Some(offset), "{position}");
        }
        // In the hole, behind the end; before, between and behind the extents.
        assert_eq!([5, 14, 23].map(|offset| stored.position_of(offset)), [None; 3]);
        assert_eq!([39, 48, 99, 105, u64::MAX].map(|at| stored.offset_of(at)), [None; 5]);
        let packed = Stored { codec: Codec::Deflate, ..Stored::plain(100, 5) };
        assert_eq!((packed.position_of(0), packed.offset_of(100)), (None, None));
    }
}
