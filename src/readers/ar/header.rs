//! The header of a member: 60 bytes of text in fields of fixed width.

use crate::source::le16;

/// Bytes of a header.
pub(super) const LENGTH: usize = 60;

/// Where the fields lie.
pub(super) mod at {
    use std::ops::Range;
    pub(in super::super) const NAME: Range<usize> = 0..16;
    pub(in super::super) const MTIME: Range<usize> = 16..28;
    pub(in super::super) const UID: Range<usize> = 28..34;
    pub(in super::super) const GID: Range<usize> = 34..40;
    pub(in super::super) const MODE: Range<usize> = 40..48;
    pub(in super::super) const SIZE: Range<usize> = 48..58;
    pub(in super::super) const END: Range<usize> = 58..60;
}

/// A header.
pub(super) struct Header {
    /// Offset in the archive.
    pub at: u64,
    pub bytes: Vec<u8>,
    /// Bytes behind it.
    pub size: u64,
}

impl Header {
    /// `None` if the mark at its end is not there, or its size is no number.
    pub(super) fn parse(at: u64, bytes: &[u8]) -> Option<Self> {
        let is_marked = bytes.len() == LENGTH && le16(bytes, at::END.start) == Some(0x0a60);
        let header = Self { at, bytes: bytes.to_vec(), size: 0 };
        let size = header.number(at::SIZE, 10).filter(|_| is_marked)?;
        Some(Self { size: size.value, ..header })
    }

    pub(super) fn field(&self, at: std::ops::Range<usize>) -> &[u8] {
        self.bytes.get(at).unwrap_or_default()
    }

    /// The name as recorded, without the blanks behind it.
    pub(super) fn name(&self) -> &[u8] {
        self.field(at::NAME).trim_ascii_end()
    }

    /// Whether nothing but blanks stands behind a text in its field.
    pub(super) fn is_padded(&self, at: std::ops::Range<usize>, text: &[u8]) -> bool {
        let rest = self.field(at).strip_prefix(text);
        rest.is_some_and(|rest| rest.iter().all(|b| *b == b' '))
    }

    /// The number in a field; a blank one is none.
    pub(super) fn number(&self, at: std::ops::Range<usize>, radix: u32) -> Option<Number> {
        let field = self.field(at);
        let text = std::str::from_utf8(field).ok()?;
        let digits = text.trim_end_matches(' ');
        let value = u64::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with('+'))?;
        let is_plain = digits.len() == 1 || !digits.starts_with('0');
        Some(Number { value, is_plain })
    }
}

/// A number in a field.
#[derive(Clone, Copy)]
pub(super) struct Number {
    pub value: u64,
    /// Whether its value alone says how it is spelled.
    pub is_plain: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_plain_or_spelled_otherwise() {
        let header = |size: &str| {
            let text = format!("a.o/            0           0     0     644     {size:<10}`\n");
            Header::parse(8, text.as_bytes())
        };
        for (size, expected) in [
            ("0", Some(0)),
            ("12", Some(12)),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1 2", None),
        ] {
            assert_eq!(header(size).map(|header| header.size), expected, "{size:?}");
        }
        let plain = |size| header(size).and_then(|h| h.number(at::SIZE, 10)).map(|n| n.is_plain);
        assert_eq!((plain("012"), plain("12")), (Some(false), Some(true)));
        assert!(Header::parse(0, &[b' '; 59]).is_none());
    }
}
