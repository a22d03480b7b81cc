//! Where an offset is for people: its line and its column.

use crate::model::Wide;

/// The line and the column of an offset, from 1. A line ends with LF, CR or both; a column is a
/// character in UTF-8, without the byte order mark, else a byte. `None` behind the end.
pub fn line_and_column(bytes: &[u8], at: u64) -> Option<(u64, u64)> {
    let before = bytes.get(..usize::try_from(at).ok()?)?;
    let next = bytes.get(before.len());
    // Most texts have no CR, and LF alone is counted many at a time.
    let has_cr = memchr::memchr(b'\r', before).is_some();
    let is_end = |at: usize| match before.get(at) {
        Some(b'\r') => before.get(at + 1).or(next) != Some(&b'\n'),
        found => found.is_some(),
    };
    let ends = || memchr::memchr2_iter(b'\n', b'\r', before).filter(|&at| is_end(at));
    let (last, count) = if has_cr {
        (ends().next_back(), ends().count())
    } else {
        (memchr::memrchr(b'\n', before), memchr::memchr_iter(b'\n', before).count())
    };
    let start = last.map_or(0, |end| end + 1);
    let mark = if start == 0 && before.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let line = before.get(start + mark..).unwrap_or_default();
    let column = match simdutf8::basic::from_utf8(line) {
        Ok(text) => text.chars().count(),
        Err(_) => line.len(),
    };
    Some((count as u64 + 1, column as u64 + 1))
}

/// The same of a text in UTF-16.
pub fn wide_line_and_column(bytes: &[u8], at: u64, wide: Wide) -> Option<(u64, u64)> {
    let at = usize::try_from(at).ok()?;
    let text = |bytes: &[u8]| {
        let units = bytes.as_chunks::<2>().0.iter().map(|&unit| wide.unit(unit));
        let chars = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
        chars.collect::<String>()
    };
    // U+FEFF is the mark of UTF-8, too.
    let mut before = text(bytes.get(..at)?);
    let length = before.len() as u64;
    before.push_str(&text(bytes.get(at..at + 2).unwrap_or_default()));
    line_and_column(before.as_bytes(), length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_three_ways() {
        let text = "\u{feff}a\r\né\rb\n\nc".as_bytes();
        for (at, expected) in [
            (3, Some((1, 1))),
            (4, Some((1, 2))),
            (6, Some((2, 1))),
            (8, Some((2, 2))),
            (9, Some((3, 1))),
            (12, Some((5, 1))),
            (13, Some((5, 2))),
            (14, None),
        ] {
            assert_eq!(line_and_column(text, at), expected, "{at}");
        }
        assert_eq!(line_and_column(b"\xe9x", 1), Some((1, 2)));
        let units: Vec<u8> =
            "\u{feff}a\r\né\rb".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (at, expected) in [(2, (1, 1)), (4, (1, 2)), (8, (2, 1)), (10, (2, 2)), (12, (3, 1))] {
            assert_eq!(wide_line_and_column(&units, at, Wide::Utf16Le), Some(expected), "{at}");
        }
        assert_eq!(wide_line_and_column(&units, 99, Wide::Utf16Le), None);
    }
}
