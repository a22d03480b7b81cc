//! What `premaster fix` does about a finding: edits so small and certain that nobody has to decide.
//!
//! Here are the edits of bytes. They keep the encoding: what a unit of the text is, its byte order
//! mark says, and a text with NUL bytes and without one is left alone.

use std::ops::Range;

/// What is done about the hits of a rule.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fix {
    /// The bytes of the hit go.
    Delete,
    /// A byte order mark of UTF-8 at the start goes.
    ByteOrderMark,
    /// All line ends become LF.
    LineFeeds,
    /// All line ends become CR LF.
    CarriageReturns,
    /// All line ends become what most of them are.
    OneLineEnd,
    /// The last line gets the line end that the others have, and no more than one.
    FinalLineEnd,
    /// Whoever may read the file may execute it.
    Executable,
    /// The file goes.
    Remove,
}

impl Fix {
    /// What it does, for people.
    pub const fn told(self) -> &'static str {
        match self {
            Self::Delete => "deletes the bytes",
            Self::ByteOrderMark => "deletes the byte order mark",
            Self::LineFeeds => "makes all line ends LF",
            Self::CarriageReturns => "makes all line ends CR LF",
            Self::OneLineEnd => "makes all line ends what most of them are",
            Self::FinalLineEnd => "ends the last line once",
            Self::Executable => "lets whoever may read the file execute it",
            Self::Remove => "removes the file",
        }
    }
}

/// The bytes of one character that is a unit of the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    One,
    Little,
    Big,
}

impl Unit {
    fn of(text: &[u8]) -> Result<Self, &'static str> {
        match text {
            [0xff, 0xfe, 0, 0, ..] => Err("it is UTF-32"),
            [0xff, 0xfe, ..] => Ok(Self::Little),
            [0xfe, 0xff, ..] => Ok(Self::Big),
            _ if text.contains(&0) => Err("it holds NUL bytes: it may be no text"),
            _ => Ok(Self::One),
        }
    }

    /// The ASCII character at `at`; 0 for any other.
    fn at(self, text: &[u8], at: usize) -> u8 {
        let byte = |at: usize| text.get(at).copied().unwrap_or_default();
        match self {
            Self::One => byte(at),
            Self::Little if byte(at + 1) == 0 => byte(at),
            Self::Big if byte(at) == 0 => byte(at + 1),
            Self::Little | Self::Big => 0,
        }
    }

    fn push(self, out: &mut Vec<u8>, ascii: &[u8]) {
        for &byte in ascii {
            match self {
                Self::One => out.push(byte),
                Self::Little => out.extend([byte, 0]),
                Self::Big => out.extend([0, byte]),
            }
        }
    }

    const fn bytes(self) -> usize {
        match self {
            Self::One => 1,
            Self::Little | Self::Big => 2,
        }
    }
}

/// A text after its fixes. `deleted` are the bytes that go, in any order. The error says why nothing
/// is done.
pub fn fixed(
    text: &[u8],
    fixes: &[Fix],
    deleted: &[Range<usize>],
) -> Result<Vec<u8>, &'static str> {
    let unit = Unit::of(text)?;
    let mut text = without(text, deleted);
    let wanted = |fix| fixes.contains(&fix);
    if wanted(Fix::ByteOrderMark) && text.starts_with(b"\xef\xbb\xbf") {
        text.drain(..3);
    }
    let end: Option<&[u8]> = match () {
        () if wanted(Fix::LineFeeds) && wanted(Fix::CarriageReturns) => {
            return Err("its rules want different line ends");
        }
        () if wanted(Fix::LineFeeds) => Some(b"\n"),
        () if wanted(Fix::CarriageReturns) => Some(b"\r\n"),
        () if wanted(Fix::OneLineEnd) => Some(most(&text, unit)),
        () => None,
    };
    if let Some(end) = end {
        text = with_line_ends(&text, unit, end);
    }
    if wanted(Fix::FinalLineEnd) {
        let end = most(&text, unit);
        let is_end = |at: usize| matches!(unit.at(&text, at), b'\n' | b'\r');
        let mut length = text.len();
        while length >= unit.bytes() && is_end(length - unit.bytes()) {
            length -= unit.bytes();
        }
        text.truncate(length);
        // A mark alone is no line.
        let mark = if unit == Unit::One { 0 } else { 2 };
        if length > mark {
            unit.push(&mut text, end);
        }
    }
    Ok(text)
}

fn without(text: &[u8], deleted: &[Range<usize>]) -> Vec<u8> {
    let mut deleted = deleted.to_vec();
    deleted.sort_by_key(|range| (range.start, range.end));
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    for range in deleted {
        out.extend_from_slice(text.get(at..range.start).unwrap_or_default());
        at = at.max(range.end);
    }
    out.extend_from_slice(text.get(at..).unwrap_or_default());
    out
}

/// The line ends of a text: where each is, and its units.
fn line_ends(text: &[u8], unit: Unit) -> impl Iterator<Item = (usize, &'static [u8])> {
    let step = unit.bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at + step <= text.len() {
            let here = at;
            at += step;
            match unit.at(text, here) {
                b'\r' if at + step <= text.len() && unit.at(text, at) == b'\n' => {
                    at += step;
                    return Some((here, b"\r\n".as_slice()));
                }
                b'\r' => return Some((here, b"\r".as_slice())),
                b'\n' => return Some((here, b"\n".as_slice())),
                _ => {}
            }
        }
        None
    })
}

/// The line end that a text has most of: LF if it has none, or as many.
fn most(text: &[u8], unit: Unit) -> &'static [u8] {
    let mut counts = [(0_u64, b"\r".as_slice()), (0, b"\r\n"), (0, b"\n")];
    for (_, end) in line_ends(text, unit) {
        for (count, of) in &mut counts {
            *count += u64::from(*of == end);
        }
    }
    counts.into_iter().max_by_key(|(count, _)| *count).map_or(b"\n", |(_, end)| end)
}

fn with_line_ends(text: &[u8], unit: Unit, wanted: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 16);
    let mut from = 0;
    for (at, end) in line_ends(text, unit) {
        out.extend_from_slice(text.get(from..at).unwrap_or_default());
        unit.push(&mut out, wanted);
        from = at + end.len() * unit.bytes();
    }
    out.extend_from_slice(text.get(from..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str) -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn each_fix_does_what_it_says_and_nothing_more() {
        use Fix::{CarriageReturns, FinalLineEnd, LineFeeds, OneLineEnd};
        for (before, fixes, after) in [
            ("a\r\nb\rc\n", vec![LineFeeds], "a\nb\nc\n"),
            ("a\r\nb\rc\n\n", vec![CarriageReturns], "a\r\nb\r\nc\r\n\r\n"),
            ("a\r\nb\r\nc\n", vec![OneLineEnd], "a\r\nb\r\nc\r\n"),
            ("a\rb\rc\n", vec![OneLineEnd], "a\rb\rc\r"),
            ("a\r\nb\n", vec![OneLineEnd], "a\nb\n"),
            ("a\rb", vec![FinalLineEnd], "a\rb\r"),
            ("a\r\nb\r\n\r\n\r\n", vec![FinalLineEnd], "a\r\nb\r\n"),
            ("a", vec![FinalLineEnd], "a\n"),
            ("\n\n", vec![FinalLineEnd], ""),
            ("a\r\nb", vec![FinalLineEnd, LineFeeds], "a\nb\n"),
            ("\u{2028}\u{a0a}\u{d0a}é\r", vec![LineFeeds], "\u{2028}\u{a0a}\u{d0a}é\n"),
            ("a", vec![], "a"),
        ] {
            let told = format!("{before:?} {fixes:?}");
            assert_eq!(fixed(before.as_bytes(), &fixes, &[]), Ok(after.into()), "{told}");
            assert_eq!(fixed(&utf16(before), &fixes, &[]), Ok(utf16(after)), "UTF-16 {told}");
        }
    }

    #[test]
    fn bytes_go_before_lines_are_looked_at() {
        let text = b"a\r\n\x04\nb\x1a";
        let deleted = [6..7, 3..4, 3..4];
        assert_eq!(fixed(text, &[Fix::FinalLineEnd], &deleted), Ok(b"a\r\n\nb\n".to_vec()));
        let twice = [0..3, 3..4];
        assert_eq!(fixed(b"\xef\xbb\xbfxa", &[], &twice), Ok(b"a".to_vec()));
        for (before, after) in
            [(&b"\xef\xbb\xbfa"[..], &b"a"[..]), (b"\xff\xfea\0", b"\xff\xfea\0")]
        {
            assert_eq!(fixed(before, &[Fix::ByteOrderMark], &[]), Ok(after.to_vec()));
        }
    }

    #[test]
    fn what_may_be_no_text_is_left_alone() {
        for text in [&b"a\0\r\n"[..], b"\xff\xfe\0\0a\0\0\0"] {
            assert!(fixed(text, &[Fix::LineFeeds], &[]).is_err(), "{text:?}");
        }
        assert!(fixed(b"a\n", &[Fix::LineFeeds, Fix::CarriageReturns], &[]).is_err());
    }
}
