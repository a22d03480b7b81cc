//! How the bytes of a text make characters, as far as offsets, lines and columns need it.

use crate::model::{Census, Declared, Wide};

use super::class::utf16;
use super::multi_byte::MultiByte;

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
    /// One byte or more a character, as declared: `Shift_JIS`, `GBK`.
    MultiByte(MultiByte),
    /// UTF-16, little-endian: declared, or by its byte order mark.
    Utf16Le,
    /// UTF-16, big-endian: declared, or by its byte order mark.
    Utf16Be,
}

/// The encoding of a text. Nothing declared means UTF-8 unless the bytes speak against it, which is
/// for the rules to weigh.
pub fn encoding(census: &Census, declared: Declared) -> Encoding {
    match utf16(census) {
        Some(Wide::Utf16Le) => return Encoding::Utf16Le,
        Some(_) => return Encoding::Utf16Be,
        None => {}
    }
    let bom = census.head.starts_with(b"\xef\xbb\xbf");
    match declared {
        Declared::Text(label) | Declared::TextRecords(label) => match label {
            "utf-8" => Encoding::Utf8 { declared: true },
            "utf-16le" => Encoding::Utf16Le,
            "utf-16be" => Encoding::Utf16Be,
            "" => Encoding::Utf8 { declared: bom },
            label => MultiByte::of(label).map_or(Encoding::SingleByte, Encoding::MultiByte),
        },
        _ => Encoding::Utf8 { declared: bom },
    }
}

/// The format of a text in a listing.
pub fn text_format(census: &Census, declared: Declared) -> &'static str {
    match encoding(census, declared) {
        Encoding::Utf16Le => "text/utf-16le",
        Encoding::Utf16Be => "text/utf-16be",
        _ if census.high == 0 => "text/ascii",
        Encoding::SingleByte => match declared {
            Declared::Text("macintosh") | Declared::TextRecords("macintosh") => "text/macintosh",
            _ => "text/8-bit",
        },
        Encoding::Utf8 { .. } if census.utf8 => "text/utf-8",
        Encoding::Utf8 { .. } | Encoding::MultiByte(_) => "text/8-bit",
    }
}

#[cfg(test)]
mod tests {
    use super::super::Sweep;
    use super::*;

    #[test]
    fn formats_of_texts() {
        for (bytes, declared, expected) in [
            (&b"plain\n"[..], Declared::Nothing, "text/ascii"),
            ("®".as_bytes(), Declared::Nothing, "text/utf-8"),
            (b"\xa8", Declared::Nothing, "text/8-bit"),
            (b"\xa8", Declared::Text("macintosh"), "text/macintosh"),
            (b"\xff\xfea\0", Declared::Nothing, "text/utf-16le"),
            (b"\0a\0b", Declared::Text("utf-16be"), "text/utf-16be"),
        ] {
            let mut sweep = Sweep::new();
            sweep.update(bytes);
            assert_eq!(text_format(&sweep.finish(), declared), expected);
        }
    }
}
