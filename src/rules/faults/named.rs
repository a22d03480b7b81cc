//! Ends of names that promise a format, and what a content under such a name is instead.

use crate::model::Class;
use crate::rules::parsed::Parsed;

/// Ends of names with the formats that they promise.
pub(in crate::rules) struct Row {
    ends: &'static [&'static str],
    /// Formats, as they are recognised, that the name may hold.
    formats: &'static [&'static str],
    /// What such a content begins with, any of these.
    magic: &'static [&'static [u8]],
    /// How much the name tells.
    promise: Promise,
}

/// How much a name tells of its content.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Promise {
    /// What does not begin as the format does is not of it.
    Sure,
    /// The same, and the magic number stands at this offset. Formats that are not known here have the
    /// name, too, so that only a known one or what a failed transfer leaves is told.
    Mostly(usize),
    /// As before, but of other known formats, too, programs make what they are.
    Hardly,
    /// A text.
    Text,
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
    row(&["bmp", "dib"], &["bmp"], &[b"BM"]).promise(Promise::Mostly(0)),
    row(&["aif", "aiff", "aifc"], &["aiff"], &[b"FORM"]).promise(Promise::Mostly(0)),
    row(&["sqlite", "sqlite3"], &["sqlite"], &[b"SQLite format 3\0"]).promise(Promise::Mostly(0)),
    row(
        &["mp4", "m4a", "m4v", "mov"],
        &["mp4", "quicktime"],
        &[b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"],
    )
    .promise(Promise::Mostly(4)),
    row(&["ico", "cur"], &["ico"], &[b"\0\0\x01\0", b"\0\0\x02\0"]).promise(Promise::Hardly),
    row(&["mo"], &["gettext-mo"], &[b"\xde\x12\x04\x95", b"\x95\x04\x12\xde"])
        .promise(Promise::Hardly),
    row(&["exe", "dll"], &["pe", "dos-exe"], &[b"MZ"]).promise(Promise::Hardly),
    row(&["so"], &["elf"], &[b"\x7fELF"]).promise(Promise::Hardly),
    row(&["svg", "xml"], &["android-xml"], &[]).promise(Promise::Text),
    row(&["json"], &[], &[]).promise(Promise::Text),
];

const fn row(
    ends: &'static [&'static str],
    formats: &'static [&'static str],
    magic: &'static [&'static [u8]],
) -> Row {
    Row { ends, formats, magic, promise: Promise::Sure }
}

impl Row {
    const fn promise(self, promise: Promise) -> Self {
        Self { promise, ..self }
    }

    /// What should stand there, as a person would say it.
    pub(in crate::rules) fn expected(&self) -> String {
        let at = match self.promise {
            Promise::Mostly(at) if at > 0 => format!("at offset {at}"),
            _ => "at the start".to_owned(),
        };
        let magic = self.magic.first().map(|magic| format!("\"{}\" {at}", magic.escape_ascii()));
        magic.unwrap_or_else(|| "a text".to_owned())
    }

    fn begins(&self, bytes: &[u8]) -> bool {
        let at = if let Promise::Mostly(at) = self.promise { at } else { 0 };
        let start = bytes.get(at..).unwrap_or_default();
        self.magic.iter().any(|magic| start.starts_with(magic))
    }
}

/// A content that is not what its name promises.
pub(in crate::rules) struct Named<'a> {
    /// The end of the name, in lower case.
    pub(in crate::rules) end: &'static str,
    /// What it promises.
    pub(in crate::rules) row: &'static Row,
    /// The format that was recognised, of which programs may make what it is; none where no program
    /// makes anything of it under this name.
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
        let found = Some(parsed.format).filter(|format| !format.is_empty());
        // Finder's companion of a file has its name behind `._`.
        if found == Some("appledouble") || row.formats.contains(&parsed.format) {
            return None;
        }
        let bytes = parsed.bytes;
        let is_other = match row.promise {
            Promise::Text => {
                let is_packed = matches!(parsed.format, "gzip" | "bzip2" | "xz" | "zstd");
                let is_bytes = found.is_some() && parsed.class != Class::Text;
                // Of JSON that is none, another rule tells.
                let is_left = end != "json" && (is_pointer(bytes) || is_page(bytes));
                (is_bytes || is_left).then_some(found.filter(|_| is_packed))
            }
            _ if row.begins(bytes) => None,
            // Readers find the start of a PDF, of what stands before it another rule tells.
            Promise::Sure if end == "pdf" && super::pdf::start(bytes).is_some() => None,
            Promise::Sure => Some(found.filter(|format| *format != "html" && !is_page(bytes))),
            _ if is_left_over(row, bytes) => Some(None),
            Promise::Mostly(_) => found.map(Some),
            Promise::Hardly => None,
        };
        Some(Self { end, row, found: is_other? })
    }
}

/// What a failed download or a repository leaves, and a content behind a blank line.
fn is_left_over(row: &Row, bytes: &[u8]) -> bool {
    let rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    is_page(bytes) || is_pointer(bytes) || rest.len() < bytes.len() && row.begins(rest)
}

/// A pointer of Git LFS.
fn is_pointer(bytes: &[u8]) -> bool {
    bytes.starts_with(b"version https://git-lfs")
}

/// An HTML page, and no XHTML.
fn is_page(bytes: &[u8]) -> bool {
    let start = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    let begins =
        |with: &[u8]| start.get(..with.len()).is_some_and(|first| first.eq_ignore_ascii_case(with));
    (begins(b"<!doctype html>") || begins(b"<html"))
        && memchr::memmem::find(start, b"xmlns").is_none()
}

/// What stands there instead, as a person would say it.
pub(in crate::rules) fn what_is_there(bytes: &[u8], size: u64) -> String {
    let first = bytes.get(..bytes.len().min(8)).unwrap_or_default().escape_ascii();
    let start = bytes.get(..bytes.len().min(512)).unwrap_or_default();
    let has = |text: &[u8]| start.windows(text.len()).any(|w| w.eq_ignore_ascii_case(text));
    let hint = if is_pointer(start) {
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
