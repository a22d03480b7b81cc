//! The encoding that a text names for itself in its first lines: the XML declaration (XML 1.0 2.8),
//! HTML's `<meta charset>` (WHATWG HTML 4.2.5.4), the header of a PO file (GNU gettext, Header Entry),
//! a Content-Type header (RFC 2045 5), the cookie of Python and Ruby (PEP 263), CSS's `@charset` (CSS
//! Syntax 3.2) and the `code_page` of resource scripts.

use std::borrow::Cow;
use std::ops::Range;

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
        let at = header(text, !ends(b".eml"))?;
        return label(text, at).map(|(at, length)| ("the Content-Type header", at, length));
    }
    if ends(b".rc") || ends(b".rc2") {
        let at = pragma(text)?;
        return label(text, at).map(|(at, length)| ("#pragma code_page", at, length));
    }
    if ends(b".py") || ends(b".pyw") || ends(b".rb") || text.starts_with(b"#!") {
        return cookie(text).map(|(at, length)| ("the coding cookie", at, length));
    }
    meta(text).and_then(|at| label(text, at)).map(|(at, length)| ("<meta charset>", at, length))
}

/// Where the label of the first `<meta>` follows that names an encoding: in its attribute `charset`, or
/// in that of `content` where it says what a Content-Type header would. Comments are passed over.
fn meta(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let start = from + memchr::memchr(b'<', text.get(from..)?)? + 1;
        let tag = text.get(start..)?;
        if tag.starts_with(b"!--") {
            from = start + memchr::memmem::find(tag, b"-->")?;
            continue;
        }
        from = start;
        if !tag.get(..4).is_some_and(|name| name.eq_ignore_ascii_case(b"meta")) {
            continue;
        }
        let tag = tag.get(..memchr::memchr(b'>', tag)?)?;
        let of_page = |name: &[u8]| matches!(name, b"name" | b"property" | b"itemprop");
        let mut content = None;
        let mut is_about_the_page = false;
        for (name, value) in attributes(tag.get(4..)?) {
            let name = name.to_ascii_lowercase();
            is_about_the_page |= of_page(&name);
            let at = start + 4 + value.start;
            match name.as_slice() {
                b"charset" => return Some(at),
                b"content" => {
                    let value = text.get(at..start + 4 + value.end)?;
                    content = after(value, b"charset=").map(|label| at + label);
                }
                _ => {}
            }
        }
        if let Some(at) = content.filter(|_| !is_about_the_page) {
            return Some(at);
        }
    }
}

/// The names of attributes with the places of their values, which quotes enclose or not.
fn attributes(tag: &[u8]) -> impl Iterator<Item = (&[u8], Range<usize>)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let skip = |at: usize, is: fn(&u8) -> bool| {
            tag.iter().skip(at).position(|b| !is(b)).map(|n| at + n)
        };
        at = skip(at, |b| b.is_ascii_whitespace() || *b == b'/')?;
        let start = at;
        let is_name = |b: &u8| !b.is_ascii_whitespace() && !matches!(b, b'=' | b'/');
        at = skip(at, is_name).unwrap_or(tag.len());
        // A sign of its own is no name; it is passed over.
        let name = tag.get(start..at.max(start + 1))?;
        at = at.max(start + 1);
        let behind = skip(at, u8::is_ascii_whitespace).unwrap_or(tag.len());
        if tag.get(behind) != Some(&b'=') {
            return Some((name, at..at));
        }
        let value = skip(behind + 1, u8::is_ascii_whitespace).unwrap_or(tag.len());
        let (from, end) = if let Some(&quote @ (b'"' | b'\'')) = tag.get(value) {
            let rest = tag.get(value + 1..).unwrap_or_default();
            let end = memchr::memchr(quote, rest).map_or(tag.len(), |n| value + 1 + n);
            at = (end + 1).min(tag.len());
            (value + 1, end)
        } else {
            at = skip(value, |b| !b.is_ascii_whitespace()).unwrap_or(tag.len());
            (value, at)
        };
        Some((name, from..end))
    })
}

/// Where the label of a Content-Type header follows; in a message catalogue, not of one in a comment.
fn header(text: &[u8], has_comments: bool) -> Option<usize> {
    let mut from = 0;
    loop {
        let line = from + after(text.get(from..)?, b"content-type:")?;
        let begin = memchr::memrchr(b'\n', text.get(..line)?).map_or(0, |at| at + 1);
        let length = memchr::memchr(b'\n', text.get(line..)?).unwrap_or(text.len() - line);
        let is_comment = has_comments && text.get(begin) == Some(&b'#');
        if !is_comment {
            return Some(line + after(text.get(line..line + length)?, b"charset")?);
        }
        from = line + length;
    }
}

/// Where the code page of a resource script follows: behind the parenthesis of a pragma that begins its
/// line, outside of comments.
fn pragma(text: &[u8]) -> Option<usize> {
    let mut start = 0;
    let mut in_comment = false;
    for line in text.split_inclusive(|&b| b == b'\n') {
        let words = line.trim_ascii_start();
        // A comment behind something may be a filter of files in a string.
        let opens = in_comment || words.starts_with(b"/*");
        in_comment = opens && memchr::memmem::rfind(words, b"*/").is_none();
        let mut rest = words;
        let is_pragma = !opens
            && [&b"#"[..], b"pragma", b"code_page", b"("].iter().all(|word| {
                let found = rest.get(..word.len()).is_some_and(|w| w.eq_ignore_ascii_case(word));
                rest = rest.get(word.len()..).unwrap_or_default().trim_ascii_start();
                found
            });
        if is_pragma {
            return Some(start + line.len() - rest.len());
        }
        start += line.len();
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
            ("a.html", "<!-- <meta charset=latin1> --><meta charset='utf-8'>", Some(("utf-8", 45))),
            ("a.html", "<!-- <meta charset=latin1>", None),
            ("a.html", "<meta name=d content='charset=a is'><meta charset = b>", Some(("b", 52))),
            ("a.html", "<meta name=d content='what is a charset'>", None),
            (
                "a.html",
                "<meta http-equiv=Content-Type content='text/html;charset=c'/>",
                Some(("c", 57)),
            ),
            ("a.html", "<meta/ = charset=\"d\"", None),
            ("a.html", "<meta/ = charset=\"d\">", Some(("d", 18))),
            (
                "a.po",
                "# Content-Type: a; charset=x\n\"Content-Type: a; charset=y\\n\"",
                Some(("y", 55)),
            ),
            ("a.po", "\"Content-Type: text/plain; charset=KOI8-R\\n\"", Some(("KOI8-R", 35))),
            ("a.py", "#!/bin/x\n# -*- coding: latin-1 -*-", Some(("latin-1", 23))),
            ("a.py", "\n\n# coding: latin-1", None),
            ("a.css", "@charset \"utf-8\";", Some(("utf-8", 10))),
            ("a.rc", "#pragma code_page(1252)", Some(("1252", 18))),
            ("a.rc", "#pragma code_page(", None),
            ("a.rc", " # pragma  code_page ( 1252 )", Some(("1252", 23))),
            ("a.rc", "// #pragma code_page(437)\r\n#pragma code_page(1252)", Some(("1252", 45))),
            (
                "a.rc",
                "/* a\n#pragma code_page(437)\n*/\n#pragma code_page(65001)",
                Some(("65001", 49)),
            ),
            ("a.rc", "X \"a (/*)\"\n#pragma code_page(1250)", Some(("1250", 29))),
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
