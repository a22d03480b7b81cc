//! The encoding that a text names for itself in its first lines: the XML declaration (XML 1.0 2.8),
//! HTML's `<meta charset>` (WHATWG HTML 4.2.5.4), the header of a PO file (GNU gettext, Header Entry),
//! a Content-Type header (RFC 2045 5), the cookie of Python and Ruby (PEP 263), CSS's `@charset` (CSS
//! Syntax 3.2) and the `code_page` of resource scripts.

use std::borrow::Cow;

use super::Encoding;
use crate::model::{Census, Declaration};

/// Bytes in which a text may name its encoding: HTML looks at 1024, Emacs and Python at two lines.
pub const DECLARED_WITHIN: usize = 4096;

/// Ends of names of texts that may say so.
const ENDS: [&[u8]; 28] = [
    b".xml",
    b".xhtml",
    b".html",
    b".htm",
    b".shtml",
    b".svg",
    b".xsl",
    b".xslt",
    b".xsd",
    b".plist",
    b".dtd",
    b".rss",
    b".atom",
    b".rdf",
    b".opf",
    b".ncx",
    b".ui",
    b".glade",
    b".po",
    b".pot",
    b".eml",
    b".py",
    b".pyw",
    b".rb",
    b".css",
    b".rc",
    b".rc2",
    b".docbook",
];

/// Whether a text of this name, with these first bytes, may name its encoding.
pub fn may_declare(name: &[u8], head: &[u8; 8]) -> bool {
    let head: Vec<u8> = head.iter().copied().filter(|&b| b != 0 && b < 0x80).collect();
    let starts =
        |start: &[u8]| head.get(..start.len()).is_some_and(|h| h.eq_ignore_ascii_case(start));
    [&b"<?xm"[..], b"<!doc", b"<htm", b"@cha", b"#!"].into_iter().any(starts)
        || ENDS.iter().any(|end| ends(name, end))
}

/// Whether a name ends so, in any case.
fn ends(name: &[u8], end: &[u8]) -> bool {
    let from = name.len().checked_sub(end.len());
    from.and_then(|from| name.get(from..)).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

/// Whether a text is UTF-8, not ASCII alone, and names another encoding for itself: few do, and only
/// those are read again for it.
pub fn declares_other(name: &[u8], head: &[u8], census: &Census) -> bool {
    if !census.utf8 || census.high == 0 || !may_declare(name, &census.head) {
        return false;
    }
    let head = head.get(..DECLARED_WITHIN).unwrap_or(head);
    let declaration = declaration(name, head, Encoding::Utf8 { declared: false });
    let is_utf8 =
        |label: &str| ["utf-8", "utf8"].iter().any(|utf8| label.eq_ignore_ascii_case(utf8));
    declaration.is_some_and(|declaration| !is_utf8(&declaration.label))
}

/// What a text names, from its first bytes.
pub fn declaration(name: &[u8], head: &[u8], encoding: Encoding) -> Option<Declaration> {
    // What stands before a label is ASCII, so that units become bytes by their lower half.
    let (text, width): (Cow<'_, [u8]>, _) = match encoding {
        Encoding::Utf16Le => (head.iter().copied().step_by(2).collect(), 2),
        Encoding::Utf16Be => (head.iter().copied().skip(1).step_by(2).collect(), 2),
        Encoding::Utf8 { .. } | Encoding::SingleByte | Encoding::MultiByte(_) => (head.into(), 1),
    };
    let mark = match &*text {
        [0xef, 0xbb, 0xbf, ..] if width == 1 => 3,
        [0xff | 0xfe, ..] if width == 2 => 1,
        _ => 0,
    };
    let (by, at, length) = find(name, text.get(mark..)?)?;
    let label = text.get(mark + at..mark + at + length)?;
    Some(Declaration {
        label: String::from_utf8_lossy(label).into_owned(),
        by,
        offset: ((mark + at) * width) as u64,
    })
}

/// Who names it, where, and in how many bytes.
fn find(name: &[u8], text: &[u8]) -> Option<(&'static str, usize, usize)> {
    let ends = |end: &[u8]| ends(name, end);
    if text.starts_with(b"<?xml") {
        let end = memchr::memmem::find(text, b"?>")?;
        let at = after(text.get(..end)?, b"encoding")?;
        return label(text, at).map(|(at, length)| ("the XML declaration", at, length));
    }
    if text.starts_with(b"@charset \"") {
        return label(text, 9).map(|(at, length)| ("@charset", at, length));
    }
    if ends(b".po") || ends(b".pot") || ends(b".eml") {
        let line = after(text, b"content-type:")?;
        let length = memchr::memchr(b'\n', text.get(line..)?).unwrap_or(text.len() - line);
        let at = line + after(text.get(line..line + length)?, b"charset")?;
        return label(text, at).map(|(at, length)| ("the Content-Type header", at, length));
    }
    if ends(b".rc") || ends(b".rc2") {
        let at = after(text, b"#pragma code_page(")?;
        return label(text, at).map(|(at, length)| ("#pragma code_page", at, length));
    }
    if ends(b".py") || ends(b".pyw") || ends(b".rb") || text.starts_with(b"#!") {
        return cookie(text).map(|(at, length)| ("the coding cookie", at, length));
    }
    let mut from = 0;
    while let Some(meta) = text.get(from..).and_then(|rest| after(rest, b"<meta")) {
        let start = from + meta;
        let length = memchr::memchr(b'>', text.get(start..)?)?;
        if let Some(at) = after(text.get(start..start + length)?, b"charset") {
            return label(text, start + at).map(|(at, length)| ("<meta charset>", at, length));
        }
        from = start + length;
    }
    None
}

/// A comment in one of the first two lines (PEP 263).
fn cookie(text: &[u8]) -> Option<(usize, usize)> {
    let mut start = 0;
    for line in text.split(|&b| b == b'\n').take(2) {
        let comment =
            memchr::memchr(b'#', line).filter(|_| line.trim_ascii_start().starts_with(b"#"));
        if let Some(at) = comment.and_then(|_| after(line, b"coding"))
            && matches!(line.get(at), Some(b':' | b'='))
        {
            return label(text, start + at);
        }
        start += line.len() + 1;
    }
    None
}

/// The offset behind a word, in any case.
fn after(text: &[u8], word: &[u8]) -> Option<usize> {
    let first = word.first()?;
    let mut places = memchr::memchr2_iter(*first, first.to_ascii_uppercase(), text);
    let is_word = |at: &usize| {
        text.get(*at..*at + word.len()).is_some_and(|window| window.eq_ignore_ascii_case(word))
    };
    places.find(is_word).map(|at| at + word.len())
}

/// The label behind `=`, `:`, blanks and quotes, and its length.
fn label(text: &[u8], from: usize) -> Option<(usize, usize)> {
    let skipped = |b: &u8| matches!(b, b'=' | b':' | b' ' | b'\t' | b'"' | b'\'' | b'\r' | b'\n');
    let rest = text.get(from..)?;
    let at = rest.iter().take(16).position(|b| !skipped(b))?;
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':');
    let length = rest.get(at..)?.iter().take(40).position(|b| !is_part(b)).unwrap_or(0);
    (length > 0).then_some((from + at, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_where_they_stand() {
        let utf8 = Encoding::Utf8 { declared: false };
        for (name, text, expected) in [
            ("a.xml", "<?xml version=\"1.0\" encoding='ISO-8859-1'?>", Some(("ISO-8859-1", 30))),
            ("a.xml", "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>", Some(("utf-8", 33))),
            ("a.xml", "<?xml version=\"1.0\"?><a encoding=\"x\"/>", None),
            ("a.html", "<meta name=x>\n<META charset=latin1>", Some(("latin1", 28))),
            ("a.html", "<meta content=\"text/html; charset=utf-8\">", Some(("utf-8", 34))),
            ("a.html", "<p>charset=utf-8", None),
            ("a.po", "\"Content-Type: text/plain; charset=KOI8-R\\n\"", Some(("KOI8-R", 35))),
            ("a.py", "#!/bin/x\n# -*- coding: latin-1 -*-", Some(("latin-1", 23))),
            ("a.py", "\n\n# coding: latin-1", None),
            ("a.css", "@charset \"utf-8\";", Some(("utf-8", 10))),
            ("a.rc", "#pragma code_page(1252)", Some(("1252", 18))),
            ("a.rc", "#pragma code_page(", None),
        ] {
            let found = declaration(name.as_bytes(), text.as_bytes(), utf8);
            let found = found.map(|found| (found.label, found.offset));
            assert_eq!(found, expected.map(|(label, at)| (label.to_owned(), at)), "{text}");
        }
        let wide: Vec<u8> = "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-16\"?>"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let found = declaration(b"x", &wide, Encoding::Utf16Le).expect("a label");
        assert_eq!((found.label.as_str(), found.offset), ("UTF-16", 62));
    }
}
