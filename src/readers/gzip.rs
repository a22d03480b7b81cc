//! The gzip reader: one packed file under a header and a trailer (RFC 1952 section 2.3).
//!
//! It reads the first member's header and leaves decoding, further members, the trailer's check and
//! trailing bytes to [`decode`](crate::source::decode).

use super::{Context, Doc, Form, Probe, Reader, note_spent};
use crate::model::{
    Codec, Extent, Fact, GapKind, Kind, NewNode, Owner, Part, Role, Stored, Structure, Value,
    ViewId, Volume, field,
};
use crate::source::{Source, le16, le32, read_exact};

/// The reader of gzip files.
pub(super) static READER: Reader = Reader {
    doc: Doc {
        id: "gzip",
        title: "gzip compressed file",
        specifications: &["RFC 1952 section 2.3"],
        limitations: &[
            "name, date and comment of the second and later members are compared as packed bytes only",
        ],
    },
    probe: |probe: &Probe<'_>| probe.head.starts_with(&[0x1f, 0x8b, 8]),
    form: Form::Map(map),
};

static HEADER: Role = Role::structure("gzip header");
static TRAILER: Role = Role::structure("gzip trailer");

/// Bytes of a header that are looked at: an extra field of 64 KiB, a name and a comment as long.
const LIMIT: u64 = 256 << 10;

const CRC: u8 = 0x02;
const EXTRA: u8 = 0x04;
const NAME: u8 = 0x08;
const COMMENT: u8 = 0x10;
const RESERVED: u8 = 0xe0;

/// The header of a member: its optional parts, without their terminators.
struct Header<'a> {
    length: usize,
    extra: Option<&'a [u8]>,
    name: Option<&'a [u8]>,
    comment: Option<&'a [u8]>,
    /// Where the CRC-16 stands.
    crc_at: Option<usize>,
}

impl<'a> Header<'a> {
    /// `None` if the bytes end within the header.
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let flags = *bytes.get(3)?;
        let mut header =
            Header { length: 10, extra: None, name: None, comment: None, crc_at: None };
        if flags & EXTRA != 0 {
            let start = header.length + 2;
            header.length = start + usize::from(le16(bytes, 10)?);
            header.extra = Some(bytes.get(start..header.length)?);
        }
        let mut string = |flag: u8| {
            if flags & flag == 0 {
                return Some(None);
            }
            let rest = bytes.get(header.length..)?;
            let end = memchr::memchr(0, rest)?;
            header.length += end + 1;
            Some(rest.get(..end))
        };
        header.name = string(NAME)?;
        header.comment = string(COMMENT)?;
        if flags & CRC != 0 {
            header.crc_at = Some(header.length);
            header.length += 2;
        }
        (header.length <= bytes.len()).then_some(header)
    }
}

fn map(source: &dyn Source, Context { name, budget }: &mut Context<'_>) -> Volume {
    let mut volume = Volume::new(READER.doc.id);
    volume.wrapper = true;
    let view = volume.add_view("gzip", 50);
    let length = source.len();
    if let Err(spent) = budget.structure(length.min(LIMIT)) {
        note_spent(&mut volume, spent);
        return volume;
    }
    let mut bytes = read_exact(source, 0, length.min(4096)).unwrap_or_default();
    if Header::parse(&bytes).is_none() && length > 4096 {
        bytes = read_exact(source, 0, length.min(LIMIT)).unwrap_or_default();
    }
    if !bytes.starts_with(&[0x1f, 0x8b, 8]) {
        let kind =
            if bytes.starts_with(&[0x1f, 0x8b]) { GapKind::Unsupported } else { GapKind::Damaged };
        let found = bytes.get(..3).unwrap_or(&bytes);
        let what = format!("expected a gzip header 1f 8b 08 at 0, found {found:02x?}");
        volume.unread(kind, Owner::Volume, Some(0..length), what);
        return volume;
    }
    let Some(header) = Header::parse(&bytes) else {
        let what = format!("the gzip header does not end within {} bytes", bytes.len());
        volume.defect(
            "structure/gzip-header-truncated",
            Owner::Volume,
            Some(0..bytes.len() as u64),
            &*what,
        );
        volume.unread(GapKind::Damaged, Owner::Volume, Some(0..length), what);
        return volume;
    };
    read_header(&mut volume, view, &bytes, &header);
    let (name, raw) = payload_name(header.name, name);
    let mut facts = Vec::new();
    match le32(&bytes, 4) {
        Some(0) | None => {}
        Some(time) => facts.push(Fact::new(field::MTIME, Value::utc(i64::from(time), 0))),
    }
    volume.payload.clone_from(&facts);
    if let Some(recorded) = header.name {
        volume.payload.push(Fact::new(field::RAW_NAME, Value::bytes(recorded)));
    }
    if let Some(raw) = raw {
        facts.push(Fact::new(field::RAW_NAME, Value::bytes(raw)));
    }
    let stored = Stored {
        extents: Extent { start: 0, length }.into(),
        codec: Codec::Gzip,
        ..Stored::default()
    };
    let content = Some(volume.add_claimed_content(view, stored, 1));
    if let Err(spent) = budget.entry() {
        note_spent(&mut volume, spent);
        return volume;
    }
    volume.add_node(NewNode { view, parent: None, name: &name, kind: Kind::File, content, facts });
    read_trailer(&mut volume, view, source, header.length as u64);
    volume
}

/// Facts and layout of the header.
fn read_header(volume: &mut Volume, view: ViewId, bytes: &[u8], header: &Header<'_>) {
    let end = header.length as u64;
    let byte = |at: usize| i64::from(bytes.get(at).copied().unwrap_or_default());
    let flags = bytes.get(3).copied().unwrap_or_default();
    volume.add_fact(view, field::FLAGS, Value::Number(byte(3)));
    volume.add_fact(view, field::EFFORT, Value::Number(byte(8)));
    volume.add_fact(view, field::HOST_SYSTEM, Value::Number(byte(9)));
    if let Some(extra) = header.extra {
        volume.add_fact(view, field::EXTRA, Value::bytes(extra));
    }
    if let Some(comment) = header.comment {
        volume.add_fact(view, field::COMMENT, Value::bytes(comment));
    }
    if flags & RESERVED != 0 {
        let what =
            format!("reserved flag bits at 3 are set: found {flags:#04x}, expected below 0x20");
        volume.defect("structure/gzip-reserved-flags", Owner::Volume, Some(3..4), what);
    }
    let mut parts = vec![Part::fact(0..header.crc_at.unwrap_or(header.length))];
    if let Some(at) = header.crc_at {
        let recorded = le16(bytes, at).unwrap_or_default();
        let found = crc32fast::hash(bytes.get(..at).unwrap_or_default()) as u16;
        if recorded != found {
            let what = format!(
                "CRC-16 of the header at {at}: recorded {recorded:#06x}, computed {found:#06x}"
            );
            let range = Some(at as u64..end);
            volume.defect("structure/gzip-header-crc-mismatch", Owner::Volume, range, what);
        }
        parts.push(Part::layout(at..at + 2, recorded == found));
    }
    volume.structure(&Structure {
        view,
        role: &HEADER,
        owner: Owner::Volume,
        at: 0,
        bytes: bytes.get(..header.length).unwrap_or_default(),
        parts: &parts,
    });
}

/// The last eight bytes. Whether they fit is known when the content was decoded.
fn read_trailer(volume: &mut Volume, view: ViewId, source: &dyn Source, data: u64) {
    let length = source.len();
    let at = length.saturating_sub(8);
    // The shortest deflate stream takes two bytes.
    if at < data + 2 {
        let what = format!(
            "expected packed data and a trailer of 8 bytes from {data} on, but the data end at {length}"
        );
        volume.unread(GapKind::Damaged, Owner::Volume, Some(data..length), what);
        return;
    }
    match read_exact(source, at, 8) {
        Ok(bytes) => volume.structure(&Structure {
            view,
            role: &TRAILER,
            owner: Owner::Volume,
            at,
            bytes: &bytes,
            parts: &[Part::layout(0..4, true), Part::layout(4..8, true)],
        }),
        Err(error) => {
            let range = Some(at..length);
            volume.unread(GapKind::Damaged, Owner::Volume, range, error.to_string());
        }
    }
}

/// The name of the payload, and the recorded name where that is another.
fn payload_name<'a>(recorded: Option<&'a [u8]>, container: &[u8]) -> (Vec<u8>, Option<&'a [u8]>) {
    if let Some(recorded) = recorded {
        let last = recorded.rsplit(|&b| b == b'/').next().unwrap_or_default();
        if !matches!(last, b"" | b"." | b"..") {
            return (last.to_vec(), (last != recorded).then_some(recorded));
        }
    }
    let mut name = container.to_vec();
    for (suffix, replacement) in
        [(&b".gz"[..], &b""[..]), (b".tgz", b".tar"), (b".taz", b".tar"), (b".svgz", b".svg")]
    {
        let Some(stem) = name.len().checked_sub(suffix.len()).filter(|&stem| stem > 0) else {
            continue;
        };
        if name.get(stem..).is_some_and(|end| end.eq_ignore_ascii_case(suffix)) {
            name.truncate(stem);
            name.extend_from_slice(replacement);
            break;
        }
    }
    if name.is_empty() {
        name.extend_from_slice(b"data");
    }
    (name, recorded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_named_by_the_header_or_the_container() {
        type Case<'a> = (Option<&'a [u8]>, &'a [u8], &'a [u8], bool);
        let cases: [Case<'_>; 8] = [
            (Some(b"a.txt"), b"b.gz", b"a.txt", false),
            (Some(b"dir/a.txt"), b"b.gz", b"a.txt", true),
            (Some(b"dir/"), b"b.gz", b"b", true),
            (Some(b"../.."), b"b.gz", b"b", true),
            (None, b"b.TGZ", b"b.tar", false),
            (None, b".gz", b".gz", false),
            (None, b"", b"data", false),
            (None, b"plain", b"plain", false),
        ];
        for (recorded, container, name, raw) in cases {
            let found = payload_name(recorded, container);
            assert_eq!((found.0.as_slice(), found.1.is_some()), (name, raw));
        }
    }
}
