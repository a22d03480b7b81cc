//! How the bytes of a text make characters, as far as offsets, lines and columns need it.

use crate::model::{Census, Declared};

use super::class::utf16;

/// The encodings that count characters differently.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// UTF-8, or ASCII. Bytes that are no UTF-8 count one character each, as in an eight-bit text.
    Utf8 {
        /// Whether somebody says that it is UTF-8, so that any other byte is wrong.
        declared: bool,
    },
    /// One byte a character, as declared: `macintosh`, `windows-1252`.
    SingleByte,
    /// UTF-16, little-endian, with its byte order mark.
    Utf16Le,
    /// UTF-16, big-endian, with its byte order mark.
    Utf16Be,
}

/// The encoding of a text. Nothing declared means UTF-8 unless the bytes speak against it, which is
/// for the rules to weigh.
pub fn encoding(census: &Census, declared: Declared) -> Encoding {
    if utf16(census).is_some() {
        return match census.head {
            [0xff, ..] => Encoding::Utf16Le,
            _ => Encoding::Utf16Be,
        };
    }
    let bom = census.head.starts_with(b"\xef\xbb\xbf");
    match declared {
        Declared::Text(label) | Declared::TextRecords(label) => match label {
            "utf-8" => Encoding::Utf8 { declared: true },
            "" => Encoding::Utf8 { declared: bom },
            _ => Encoding::SingleByte,
        },
        _ => Encoding::Utf8 { declared: bom },
    }
}
