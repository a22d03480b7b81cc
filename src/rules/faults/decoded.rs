//! Texts of data that are not UTF-8: in UTF-16, or in the encoding that an XML declaration tells
//! (Extensible Markup Language 1.0, 4.3.3 and F.1). Decoded, they are walked as all others.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

/// Larger ones are not decoded: as UTF-8 a text may take three times its bytes.
const LARGE: usize = 2 << 20;
/// Bytes in which an XML declaration ends.
const DECLARATION: usize = 256;

/// How a text of data is read.
pub(super) enum Content<'a> {
    /// It is UTF-8, a byte order mark included.
    Utf8(&'a str),
    Decoded(Decoded),
    /// Why it cannot be.
    Unread(String),
}

impl<'a> Content<'a> {
    pub(super) fn of(content: &'a [u8]) -> Self {
        let (encoding, start) = match content {
            [0xff, 0xfe, ..] => (Some(UTF_16LE), 2),
            [0xfe, 0xff, ..] => (Some(UTF_16BE), 2),
            [1..=0xff, 0, 1..=0xff, 0, ..] => (Some(UTF_16LE), 0),
            [0, 1..=0xff, 0, 1..=0xff, ..] => (Some(UTF_16BE), 0),
            _ => match simdutf8::basic::from_utf8(content) {
                Ok(text) => return Self::Utf8(text),
                Err(_) => (declared(content), 0),
            },
        };
        Decoded::decode(content, encoding, start).map_or_else(Self::Unread, Self::Decoded)
    }
}

/// A text and where its characters stood.
pub(super) struct Decoded {
    pub(super) text: String,
    encoding: &'static Encoding,
    /// Bytes of the byte order mark.
    start: u64,
}

impl Decoded {
    fn decode(
        content: &[u8],
        encoding: Option<&'static Encoding>,
        start: usize,
    ) -> Result<Self, String> {
        let Some(encoding) = encoding else {
            return Err("it is not UTF-8, and says no other encoding that is known".into());
        };
        let name = encoding.name();
        if content.len() > LARGE {
            let most = LARGE >> 20;
            return Err(format!("it is {name}, of which up to {most} MiB are read"));
        }
        let bytes = content.get(start..).unwrap_or_default();
        let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
        let text = text.ok_or_else(|| format!("its bytes are no {name}"))?.into_owned();
        Ok(Self { text, encoding, start: start as u64 })
    }

    /// Where those characters stood in the content of which bytes are at this offset of the text: the
    /// offset there and the length.
    pub(super) fn place(&self, at: u64, length: u64) -> (u64, u64) {
        let clamped = |at| usize::try_from(at).unwrap_or(usize::MAX);
        let start = self.offset(self.text.floor_char_boundary(clamped(at)));
        let end = self.offset(self.text.ceil_char_boundary(clamped(at.saturating_add(length))));
        (start, end - start)
    }

    fn offset(&self, at: usize) -> u64 {
        let before = self.text.get(..at).unwrap_or_default();
        let bytes = if self.encoding.is_single_byte() {
            before.chars().count()
        } else if self.encoding == UTF_16LE || self.encoding == UTF_16BE {
            before.encode_utf16().count() * 2
        } else {
            self.encoding.encode(before).0.len()
        };
        self.start + bytes as u64
    }
}

/// What the XML declaration says, if its bytes can be what it says.
fn declared(content: &[u8]) -> Option<&'static Encoding> {
    let head = content.get(..content.len().min(DECLARATION))?;
    let head = head.get(head.iter().position(|b| !b.is_ascii_whitespace())?..)?;
    let inner = head.strip_prefix(b"<?xml")?;
    let inner = inner.get(..memchr::memmem::find(inner, b"?>")?)?;
    let value = inner.get(memchr::memmem::find(inner, b"encoding")? + 8..)?.trim_ascii_start();
    let value = value.strip_prefix(b"=")?.trim_ascii_start();
    let (quote, value) = value.split_first()?;
    let label = value.get(..memchr::memchr(*quote, value)?)?;
    Encoding::for_label(label).filter(|encoding| encoding.is_ascii_compatible())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_those_of_the_bytes() {
        let xml = |label: &str, rest: &[u8]| {
            [format!("<?xml version='1.0' encoding='{label}'?>").as_bytes(), rest].concat()
        };
        let utf16 = |text: &str| -> Vec<u8> {
            [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
        };
        for (content, expected) in [
            (utf16("<a>é\u{1f600}!"), Ok(Some((2 + 12, 2)))),
            (utf16("[é!")[2..].to_vec(), Ok(Some((4, 2)))),
            (xml("ISO-8859-1", b"<a>\xe9!"), Ok(Some((43 + 4, 1)))),
            (xml("Shift_JIS", b"\x83\x65!"), Ok(Some((42 + 2, 1)))),
            (xml("ISO-8859-1", b"!"), Ok(None)),
            (xml("nothing", b"\xe9!"), Err(())),
            (xml("UTF-16", b"\xe9!"), Err(())),
            (xml("UTF-8", b"\xe9!"), Err(())),
            (b"\xe9!".to_vec(), Err(())),
            (utf16("a")[..3].to_vec(), Err(())),
        ] {
            let place = match Content::of(&content) {
                Content::Utf8(_) => Ok(None),
                Content::Decoded(found) => {
                    Ok(Some(found.place(found.text.find('!').unwrap_or(0) as u64, 1)))
                }
                Content::Unread(_) => Err(()),
            };
            assert_eq!(place, expected, "{}", content.escape_ascii());
        }
        // A byte of a character that was one byte, or two, is all of it.
        for (content, expected) in
            [(xml("ISO-8859-1", b"\xe9!"), (43, 1)), (xml("Shift_JIS", b"\x83\x65!"), (42, 2))]
        {
            let Content::Decoded(found) = Content::of(&content) else { panic!("decoded") };
            let at = found.text.find(|c: char| !c.is_ascii()).unwrap_or(0) as u64;
            assert_eq!(found.place(at, 1), expected);
            assert_eq!(found.place(at + 1, 1), expected);
        }
        let large = [b"\xff\xfe".to_vec(), vec![b'a'; LARGE]].concat();
        assert!(matches!(Content::of(&large), Content::Unread(_)));
    }
}
