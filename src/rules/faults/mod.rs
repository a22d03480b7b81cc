//! What is wrong with a content by the rules of its own format: cut, damaged, with bytes before or
//! behind it. Each format is walked once, and rules ask for the kind of fault that they mind.
//!
//! Structures are walked by hand: lengths are compared with the bytes that are there before anything
//! is read, and nothing is allocated for them. Of a content too large to be read whole, the first
//! and the last 64 KiB are at hand, and what lies between is not judged; JSON and XML are read forward.

mod bitmap;
mod chunks;
mod database;
mod decoded;
mod font;
mod forward;
mod gif;
mod ini;
mod jpeg;
mod json;
mod markup;
mod mp4;
pub(super) mod named;
mod ogg;
mod old_plist;
mod pdf;
mod plist;
mod png;
mod po;
mod rc;
mod strings;
mod template;
mod text;
mod tiff;
mod units;
mod window;
mod xml;

use decoded::Content;
pub use forward::Reopen;
use text::Text;
use window::Window;

use super::parsed::WHOLE;

/// Faults of a content that are kept.
const KEPT: usize = 64;
/// Bytes before the magic number of a format among which it is looked for.
const LEADING: usize = 1024;

/// What sort of fault it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FaultKind {
    /// Something that the format does not allow.
    Malformed,
    /// A checksum that its bytes do not give.
    Checksum,
    /// It ends before it says.
    Truncated,
    /// Bytes follow its end.
    Trailing,
    /// Bytes stand before its start.
    Leading,
    /// A key that stands in its object already.
    Twice,
    /// What only some readers of the format allow.
    Extended,
    /// It was not read, or not to its end: it is too large, in an encoding that is not known, or the
    /// source of a template.
    Unread,
}

/// A fault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// What sort.
    pub kind: FaultKind,
    /// Where.
    pub at: u64,
    /// Bytes.
    pub length: u64,
    /// What was found and what was expected.
    pub detail: String,
}

/// Takes the faults of a content.
#[derive(Debug, Default)]
struct Faults(Vec<Fault>);

impl Faults {
    fn tell(&mut self, kind: FaultKind, at: u64, length: u64, detail: String) {
        if self.0.len() < KEPT {
            self.0.push(Fault { kind, at, length, detail });
        }
    }

    fn malformed(&mut self, at: u64, length: u64, detail: String) {
        self.tell(FaultKind::Malformed, at, length, detail);
    }

    fn checksum(&mut self, at: u64, length: u64, detail: String) {
        self.tell(FaultKind::Checksum, at, length, detail);
    }

    fn truncated(&mut self, at: u64, detail: String) {
        self.tell(FaultKind::Truncated, at, 0, detail);
    }

    fn twice(&mut self, at: u64, length: u64, detail: String) {
        self.tell(FaultKind::Twice, at, length, detail);
    }

    fn extended(&mut self, at: u64, length: u64, detail: String) {
        self.tell(FaultKind::Extended, at, length, detail);
    }

    /// A text of more bytes than are read for its format.
    fn unread(&mut self, size: u64, most: u64) {
        let most = most >> 20;
        let detail = format!("{size} bytes, and only those up to {most} MiB are read");
        self.tell(FaultKind::Unread, 0, 0, detail);
    }

    /// Of a large content the first and the last bytes are at hand.
    fn middle(&mut self, bytes: &Window<'_>) {
        let (head, (tail, start)) = (bytes.head().len() as u64, bytes.tail());
        let end = if tail.is_empty() || start == 0 { bytes.size() } else { start };
        let detail = format!("what lies between the first {head} bytes and offset {end}");
        self.tell(FaultKind::Unread, head, end.saturating_sub(head), detail);
    }

    /// A text that is read forward, at a byte that is not UTF-8.
    fn not_utf8(&mut self, at: u64) {
        let detail = format!("offset {at}: it is not UTF-8, and too large to be decoded");
        self.tell(FaultKind::Unread, at, 1, detail);
    }

    /// Whether no more are kept.
    fn is_full(&self) -> bool {
        self.0.len() >= KEPT
    }

    /// The format ends at an offset: what follows is told.
    fn ends_at(&mut self, bytes: &Window<'_>, end: u64, what: &str) {
        let more = bytes.size().saturating_sub(end);
        if more == 0 {
            return;
        }
        let first = bytes.up_to(end, 8).escape_ascii();
        let plural = if more == 1 { "" } else { "s" };
        let verb = if more == 1 { "follows" } else { "follow" };
        let detail = format!("{more} byte{plural} {verb} {what}, beginning with \"{first}\"");
        self.tell(FaultKind::Trailing, end, more, detail);
    }
}

/// How a format is walked.
type Walk = fn(&Window<'_>, &mut Faults);

/// Formats of bytes, by the name under which they are recognised.
static FORMATS: &[(&str, Walk)] = &[
    ("aiff", chunks::walk),
    ("avi", chunks::walk),
    ("bmp", bitmap::bmp),
    ("font-collection", font::sfnt),
    ("gettext-mo", database::mo),
    ("gif", gif::walk),
    ("ico", bitmap::ico),
    ("jpeg", jpeg::walk),
    ("mp4", mp4::walk),
    ("ogg", ogg::walk),
    ("opentype", font::sfnt),
    ("pdf", pdf::walk),
    ("plist", database::plist),
    ("png", png::walk),
    ("quicktime", mp4::walk),
    ("sqlite", database::sqlite),
    ("tiff", tiff::walk),
    ("truetype", font::sfnt),
    ("wav", chunks::walk),
    ("webp", chunks::walk),
    ("woff", font::woff),
    ("woff2", font::woff),
];

/// Formats that are recognised by more than their first bytes, so that a broken one is not.
static BEGINNINGS: &[(&[u8], Walk)] =
    &[(b"%PDF-", pdf::walk), (b"wOFF", font::woff), (b"wOF2", font::woff)];

/// Whether the end of a large content of this format is worth reading.
pub fn reads_end(format: &str) -> bool {
    FORMATS.iter().any(|(name, _)| *name == format)
}

/// How a format of bytes is walked.
fn binary(format: &str, head: &[u8]) -> Option<Walk> {
    let known = FORMATS.iter().find(|(of, _)| *of == format).map(|(_, walk)| *walk);
    known.or_else(|| {
        BEGINNINGS.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, walk)| *walk)
    })
}

/// Whether a content is walked as bytes, whatever its name.
pub(super) fn is_binary(format: &str, head: &[u8]) -> bool {
    binary(format, head).is_some()
}

/// The faults of a content of `size` bytes, of which `head` are the first and, if these are not all,
/// `tail` the last.
pub(super) fn read(
    (name, format): (&[u8], &str),
    (head, tail, size): (&[u8], &[u8], u64),
    reopen: Option<Reopen<'_>>,
) -> Vec<Fault> {
    let mut faults = Faults::default();
    let bytes = Window::new(head, tail, size);
    if let Some(walk) = binary(format, head) {
        walk(&bytes, &mut faults);
        if !bytes.is_whole() {
            faults.middle(&bytes);
        }
    } else if let Some(end) = end_of(name) {
        if end == b"pdf" {
            pdf::leading(head, &mut faults);
        }
        of_text(name, (&end, format), &bytes, reopen, &mut faults);
    } else if format == "xml" {
        of_text(name, (b"", format), &bytes, reopen, &mut faults);
    }
    // A fault that lies behind the end is told at the end.
    for fault in &mut faults.0 {
        fault.at = fault.at.min(size);
        fault.length = fault.length.min(size - fault.at);
    }
    faults.0
}

/// The end of a name, in lower case; none if it has none, or a long one.
fn end_of(name: &[u8]) -> Option<Vec<u8>> {
    let dot = memchr::memrchr(b'.', name)?;
    Some(name.get(dot + 1..).filter(|end| end.len() <= 12)?.to_ascii_lowercase())
}

/// How a text is walked.
#[derive(Clone, Copy)]
enum TextWalk {
    /// Whatever its encoding.
    Bytes(fn(&[u8], &mut Faults)),
    /// As UTF-8, decoded if need be.
    Unicode(fn(&Text<'_>, &mut Faults)),
    /// The same, and one that is too large to be held.
    Large(fn(&Text<'_>, &mut Faults), forward::Walk),
}

const JSON: TextWalk = TextWalk::Large(json::walk, forward::json);
const XML: TextWalk = TextWalk::Large(xml::walk, forward::xml);

/// The walk of texts with this end of their name, or of this format.
fn text_walk(end: &[u8], format: &str, start: &[u8]) -> Option<TextWalk> {
    Some(match end {
        b"properties" => TextWalk::Bytes(text::properties),
        b"po" | b"pot" => TextWalk::Bytes(po::walk),
        b"strings" if format != "xml" => TextWalk::Bytes(strings::walk),
        b"rc" | b"rc2" if format != "xml" => TextWalk::Bytes(rc::walk),
        b"ini" | b"inf" => TextWalk::Bytes(ini::walk),
        b"json" | b"geojson" | b"webmanifest" | b"ipynb" => JSON,
        b"map" if start.starts_with(b"{") => JSON,
        b"toml" => TextWalk::Unicode(text::toml),
        b"yml" | b"yaml" => TextWalk::Unicode(text::yaml),
        b"in" | b"tmpl" | b"tpl" | b"j2" | b"erb" | b"ejs" | b"hbs" | b"mustache"
        // Parts of a document type, which begin as documents do.
        | b"dtd" | b"ent" | b"mod" | b"pen" | b"ext" => return None,
        b"plist" if !is_markup(start) && old_plist::begins(start) => {
            TextWalk::Bytes(old_plist::walk)
        }
        b"plist" | b"xml" if !is_markup(start) => return None,
        b"xml" | b"svg" | b"plist" | b"resx" | b"xhtml" | b"xlf" | b"xliff" | b"opf" | b"ncx" => {
            XML
        }
        _ if format == "xml" => XML,
        _ => return None,
    })
}

/// Whether a content begins as XML does, or an XML declaration stands not far from its start: a
/// property list may be of another syntax, and names in `.xml` are given to binary formats, too.
fn is_markup(start: &[u8]) -> bool {
    let start = start.get(..start.len().min(LEADING)).unwrap_or_default();
    let first =
        |b: &&u8| !matches!(b, b' ' | b'\t' | b'\r' | b'\n' | 0 | 0xef | 0xbb | 0xbf | 0xfe | 0xff);
    start.iter().find(first) == Some(&b'<') || memchr::memmem::find(start, b"<?xml ").is_some()
}

/// Texts whose format is told by the name, and XML.
fn of_text(
    name: &[u8],
    (end, format): (&[u8], &str),
    bytes: &Window<'_>,
    reopen: Option<Reopen<'_>>,
    faults: &mut Faults,
) {
    let content = bytes.head();
    let Some(walk) = text_walk(end, format, content) else { return };
    if !bytes.is_whole() {
        return match (walk, reopen) {
            (TextWalk::Large(_, walk), Some(reopen)) if bytes.size() <= forward::MOST => {
                if let Err(error) = forward::read(walk, name, content, reopen, faults) {
                    let detail = format!("it cannot be read again: {error}");
                    faults.tell(FaultKind::Unread, 0, 0, detail);
                }
            }
            (TextWalk::Large(..), Some(_)) => faults.unread(bytes.size(), forward::MOST),
            _ => faults.unread(bytes.size(), WHOLE),
        };
    }
    match walk {
        TextWalk::Bytes(walk) => walk(content, faults),
        TextWalk::Unicode(walk) | TextWalk::Large(walk, _) => unicode(name, content, walk, faults),
    }
}

/// A text, as UTF-8.
fn unicode(name: &[u8], content: &[u8], walk: fn(&Text<'_>, &mut Faults), faults: &mut Faults) {
    let mark = if content.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    match Content::of(content) {
        Content::Utf8(whole) => {
            let whole = whole.get(mark..).unwrap_or_default();
            walk(&Text { whole, name, start: mark as u64 }, faults);
        }
        Content::Decoded(decoded) => {
            let mut found = Faults::default();
            walk(&Text { whole: &decoded.text, name, start: 0 }, &mut found);
            for fault in found.0 {
                let (at, length) = decoded.place(fault.at, fault.length);
                faults.tell(fault.kind, at, length, fault.detail);
            }
        }
        Content::Unread(why) => faults.tell(FaultKind::Unread, 0, 0, why),
    }
}
