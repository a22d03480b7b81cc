//! The bytes of a content that are at hand: all of them, or the first and the last of a large one.

use crate::source::{be16, be32, be64, le16, le32};

/// Offsets are those of the whole content.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window<'a> {
    head: &'a [u8],
    tail: &'a [u8],
    size: u64,
}

impl<'a> Window<'a> {
    pub(super) const fn new(head: &'a [u8], tail: &'a [u8], size: u64) -> Self {
        Self { head, tail, size }
    }

    /// Bytes of the content.
    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    /// The first bytes.
    pub(super) const fn head(&self) -> &'a [u8] {
        self.head
    }

    /// The last bytes, and where they begin: all of a content that is whole.
    pub(super) const fn tail(&self) -> (&'a [u8], u64) {
        if self.tail.is_empty() {
            (self.head, 0)
        } else {
            (self.tail, self.size.saturating_sub(self.tail.len() as u64))
        }
    }

    /// Whether every byte is at hand.
    pub(super) const fn is_whole(&self) -> bool {
        self.head.len() as u64 >= self.size
    }

    /// Bytes at an offset; none if the content ends before, or if they are not at hand.
    pub(super) fn get(&self, at: u64, length: u64) -> Option<&'a [u8]> {
        let of = |bytes: &'a [u8], start: u64| {
            let from = usize::try_from(at.checked_sub(start)?).ok()?;
            bytes.get(from..from.checked_add(usize::try_from(length).ok()?)?)
        };
        of(self.head, 0).or_else(|| {
            let (tail, start) = self.tail();
            of(tail, start)
        })
    }

    /// As many as there are up to `length`, from an offset on.
    pub(super) fn up_to(&self, at: u64, length: u64) -> &'a [u8] {
        let there = self.size.saturating_sub(at).min(length);
        self.get(at, there).unwrap_or_default()
    }

    pub(super) fn byte(&self, at: u64) -> Option<u8> {
        self.get(at, 1)?.first().copied()
    }

    pub(super) fn be16(&self, at: u64) -> Option<u16> {
        be16(self.get(at, 2)?, 0)
    }

    pub(super) fn be32(&self, at: u64) -> Option<u32> {
        be32(self.get(at, 4)?, 0)
    }

    pub(super) fn be64(&self, at: u64) -> Option<u64> {
        be64(self.get(at, 8)?, 0)
    }

    pub(super) fn le16(&self, at: u64) -> Option<u16> {
        le16(self.get(at, 2)?, 0)
    }

    pub(super) fn le32(&self, at: u64) -> Option<u32> {
        le32(self.get(at, 4)?, 0)
    }

    /// Two bytes in the order that a format's header chose.
    pub(super) fn u16(&self, at: u64, big: bool) -> Option<u16> {
        if big { self.be16(at) } else { self.le16(at) }
    }

    /// Four bytes in the order that a format's header chose.
    pub(super) fn u32(&self, at: u64, big: bool) -> Option<u32> {
        if big { self.be32(at) } else { self.le32(at) }
    }
}
