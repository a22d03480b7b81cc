//! Ends of names that promise a format, and what a content under such a name is instead.

use crate::rules::parsed::Parsed;

/// Ends of names with the formats that they promise.
pub(in crate::rules) struct Row {
    ends: &'static [&'static str],
    /// Formats, as they are recognised, that the name may hold.
    formats: &'static [&'static str],
    /// What such a content begins with, any of these.
    pub(in crate::rules) magic: &'static [&'static [u8]],
}

static ROWS: &[Row] = &[
    row(&["png", "apng"], &["png"], &[b"\x89PNG\r\n\x1a\n"]),
    row(&["jpg", "jpeg", "jpe", "jfif"], &["jpeg"], &[b"\xff\xd8\xff"]),
    row(&["gif"], &["gif"], &[b"GIF8"]),
    row(&["webp"], &["webp"], &[b"RIFF"]),
    row(&["tif", "tiff"], &["tiff"], &[b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"]),
    row(&["pdf"], &["pdf"], &[b"%PDF-"]),
    row(&["wav"], &["wav"], &[b"RIFF", b"RIFX", b"RF64", b"FORM"]),
    row(&["woff"], &["woff"], &[b"wOFF"]),
    row(&["woff2"], &["woff2"], &[b"wOF2"]),
    row(&["otf"], &["opentype", "truetype"], &[b"OTTO", b"\0\x01\0\0", b"true", b"ttcf"]),
    row(&["ttf"], &["truetype", "opentype"], &[b"\0\x01\0\0", b"true", b"OTTO", b"ttcf"]),
    row(&["ogg", "oga", "ogv", "opus"], &["ogg"], &[b"OggS"]),
    row(&["flac"], &["flac"], &[b"fLaC", b"ID3"]),
    row(&["gz", "tgz", "svgz"], &["gzip"], &[b"\x1f\x8b"]),
    row(&["xz", "txz"], &["xz"], &[b"\xfd7zXZ\0"]),
    row(&["bz2", "tbz2"], &["bzip2"], &[b"BZh"]),
    row(&["zst"], &["zstd"], &[b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18"]),
    row(
        &["zip", "jar", "whl", "docx", "xlsx", "pptx", "odt", "ods", "odp", "epub", "apk"],
        &["zip"],
        &[b"PK\x03\x04", b"PK\x05\x06", b"PK00PK", b"MZ", b"#!"],
    ),
];

const fn row(
    ends: &'static [&'static str],
    formats: &'static [&'static str],
    magic: &'static [&'static [u8]],
) -> Row {
    Row { ends, formats, magic }
}

/// A content that is not what its name promises.
pub(in crate::rules) struct Named<'a> {
    /// The end of the name, in lower case.
    pub(in crate::rules) end: &'static str,
    /// What it promises.
    pub(in crate::rules) row: &'static Row,
    /// What the content was recognised as.
    pub(in crate::rules) found: Option<&'a str>,
}

impl<'a> Named<'a> {
    /// None for a content that begins as its name says, and for a name that says nothing.
    pub(in crate::rules) fn of(parsed: &Parsed<'a>) -> Option<Self> {
        let dot = memchr::memrchr(b'.', parsed.name)?;
        let end = parsed.name.get(dot + 1..)?;
        let (row, end) = ROWS.iter().find_map(|row| {
            let found = row.ends.iter().find(|of| of.as_bytes().eq_ignore_ascii_case(end))?;
            Some((row, *found))
        })?;
        let fits = row.formats.contains(&parsed.format)
            || row.magic.iter().any(|magic| parsed.bytes.starts_with(magic));
        // Finder's companion of a file has its name behind `._`.
        let found = Some(parsed.format).filter(|format| !format.is_empty());
        (!fits && found != Some("appledouble")).then_some(Self { end, row, found })
    }
}

/// What stands there instead, as a person would say it.
pub(in crate::rules) fn what_is_there(bytes: &[u8], size: u64) -> String {
    let first = bytes.get(..bytes.len().min(8)).unwrap_or_default().escape_ascii();
    let start = bytes.get(..bytes.len().min(512)).unwrap_or_default();
    let has = |text: &[u8]| start.windows(text.len()).any(|w| w.eq_ignore_ascii_case(text));
    let hint = if start.starts_with(b"version https://git-lfs") {
        ": a pointer of Git LFS"
    } else if bytes.iter().all(|b| *b == 0) {
        ": all zero"
    } else if start.starts_with(b"\x89PNG\n\x1a") || start.starts_with(b"\x89PNG\r\n\x1a\r") {
        ": its line ends were converted"
    } else if start.starts_with(b"\xef\xbf\xbd") {
        ": it was read as UTF-8 and written again"
    } else if has(b"<html") || has(b"<!doctype html") {
        ": an HTML page"
    } else {
        ""
    };
    format!("\"{first}\"{hint} ({size} bytes)")
}
