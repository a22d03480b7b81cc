//! Local headers and data descriptors: APPNOTE 4.3.7 and 4.3.9, each compared with the central
//! directory's header.

use std::io::Read as _;
use std::ops::Range;

use super::central::{Header, method_name};
use super::extra::{self, Extra};
use super::{Span, Spent, Walk};
use crate::model::{
    Codec, ContentId, Extent, Fact, GapKind, Kind, NodeId, Owner, Part, Role, Stored, Structure,
    Value, field,
};
use crate::source::{Forward, decode, le16, le32, le64, read_exact};

pub(super) static HEADER: Role = Role::structure("local header");
static DESCRIPTOR: Role = Role::structure("data descriptor");

/// Bytes of a local header before its name.
pub(super) const FIXED: usize = 30;
/// Longest link target that becomes a fact, bytes.
const TARGET: u64 = 64 << 10;

/// A local header and what follows it.
pub(super) struct Local {
    /// Where it lies.
    pub at: u64,
    /// With name and extra field.
    bytes: Vec<u8>,
    extra: usize,
    /// The stored bytes of the member.
    pub data: Range<u64>,
    descriptor: Option<Descriptor>,
    /// What the local header says otherwise than the central one; empty for most.
    differs: Vec<&'static str>,
}

struct Descriptor {
    at: u64,
    bytes: Vec<u8>,
    agrees: bool,
    has_signature: bool,
}

impl Local {
    /// The extra field.
    pub(super) fn extra(&self) -> &[u8] {
        self.bytes.get(self.extra..).unwrap_or_default()
    }

    fn name(&self) -> &[u8] {
        self.bytes.get(FIXED..self.extra).unwrap_or_default()
    }
}

/// Reads the local header that a central header points at; `None` if there is none.
pub(super) fn read(
    walk: &mut Walk<'_>,
    header: &Header,
    shift: u64,
) -> Result<Option<Local>, Spent> {
    let at = header.offset.saturating_add(shift);
    let Walk { source, budget, members, .. } = walk;
    let Some(fixed) = members.get(*source, budget, at, FIXED)? else { return Ok(None) };
    if !fixed.starts_with(b"PK\x03\x04") {
        return Ok(None);
    }
    let half = |at| usize::from(le16(fixed, at).unwrap_or_default());
    let (extra, length) = (FIXED + half(26), FIXED + half(26) + half(28));
    let Some(bytes) = members.get(*source, budget, at, length)? else { return Ok(None) };
    let start = at + length as u64;
    let mut local = Local {
        at,
        bytes: bytes.to_vec(),
        extra,
        data: start..start.saturating_add(header.packed),
        descriptor: None,
        differs: Vec::new(),
    };
    compare(&mut local, header);
    let flags = le16(&local.bytes, 6).unwrap_or_default();
    if flags & 8 != 0 {
        local.descriptor = descriptor(walk, header, &local)?;
    }
    Ok(Some(local))
}

/// Lists the fields that contradict the central header.
fn compare(local: &mut Local, header: &Header) {
    let bytes = &local.bytes;
    let flags = le16(bytes, 6).unwrap_or_default();
    let mut differs = Vec::new();
    if local.name() != header.name() {
        differs.push("name");
    }
    if le16(bytes, 8) != Some(header.method) {
        differs.push("method");
    }
    if (flags ^ header.flags) & 1 != 0 {
        differs.push("encryption flag");
    }
    let wide = extra::zip64(local.extra()).unwrap_or_default();
    let number = |at: usize, wide_at: usize| {
        let value = u64::from(le32(bytes, at)?);
        if value == u64::from(u32::MAX) { le64(wide, wide_at).or(Some(value)) } else { Some(value) }
    };
    // The writer of a stream did not know these yet and left them zero.
    let is_streamed = flags & 8 != 0;
    let agrees = |found: Option<u64>, expected: u64| {
        found == Some(expected) || is_streamed && found == Some(0)
    };
    if !agrees(le32(bytes, 14).map(u64::from), header.crc32.into()) {
        differs.push("CRC-32");
    }
    let size = number(22, 0);
    let is_size_wide = le32(bytes, 22) == Some(u32::MAX);
    if !agrees(number(18, if is_size_wide { 8 } else { 0 }), header.packed) {
        differs.push("packed size");
    }
    if !agrees(size, header.size) {
        differs.push("size");
    }
    local.differs = differs;
}

/// The descriptor behind the stored bytes: with or without signature, with sizes of 4 or 8 bytes.
fn descriptor(
    walk: &mut Walk<'_>,
    header: &Header,
    local: &Local,
) -> Result<Option<Descriptor>, Spent> {
    let at = local.data.end;
    let Walk { source, budget, .. } = walk;
    budget.structure(24)?;
    let there = source.len().saturating_sub(at).min(24);
    let Ok(found) = read_exact(*source, at, there) else { return Ok(None) };
    let is_wide = extra::zip64(local.extra()).is_some();
    for wide in [is_wide, !is_wide] {
        for signature in [&b"PK\x07\x08"[..], b""] {
            let mut expected = signature.to_vec();
            expected.extend(header.crc32.to_le_bytes());
            for size in [header.packed, header.size] {
                expected.extend(size.to_le_bytes().iter().take(if wide { 8 } else { 4 }));
            }
            let is_short = u32::try_from(header.packed.max(header.size)).is_ok();
            if (wide || is_short) && found.starts_with(&expected) {
                let has_signature = !signature.is_empty();
                return Ok(Some(Descriptor { at, bytes: expected, agrees: true, has_signature }));
            }
        }
    }
    let length = if is_wide { 24 } else { 16 };
    let bytes = found.get(..length).filter(|bytes| bytes.starts_with(b"PK\x07\x08"));
    Ok(bytes.map(|bytes| Descriptor {
        at,
        bytes: bytes.to_vec(),
        agrees: false,
        has_signature: true,
    }))
}

/// What the stored bytes became.
#[derive(Default)]
pub(super) struct Placed {
    /// The content.
    pub content: Option<ContentId>,
    /// Of a symbolic link.
    pub target: Option<Fact>,
}

fn is_encrypted(header: &Header) -> bool {
    header.flags & 0x2041 != 0 || header.method == 99
}

/// Adds the content of a member.
pub(super) fn content(walk: &mut Walk<'_>, header: &Header, local: &Local, kind: Kind) -> Placed {
    let codec = match header.method {
        _ if is_encrypted(header) => Codec::Sealed,
        0 => Codec::Plain,
        8 => Codec::Deflate,
        _ => Codec::Sealed,
    };
    if kind == Kind::Directory && header.packed == 0 {
        return Placed::default();
    }
    let size = if codec == Codec::Plain { header.packed } else { header.size };
    let stored = Stored {
        extents: Extent { start: local.data.start, length: header.packed }.into(),
        size: Some(size),
        codec,
        crc32: Some(header.crc32),
        ..Stored::default()
    };
    let content = Some(walk.volume.add_claimed_content(walk.view, stored, 1));
    let mut target = None;
    if kind == Kind::Symlink && header.packed <= TARGET && codec != Codec::Sealed {
        let stored = Forward::range(walk.source, local.data.start, local.data.end);
        let mut bytes = Vec::new();
        let mut decoded = decode(codec, Box::new(stored)).take(TARGET);
        // A target that does not decode is told when the content is read.
        if decoded.read_to_end(&mut bytes).is_ok() {
            target = Some(Fact::new(field::TARGET, Value::Bytes(bytes.into())));
        }
    }
    Placed { content, target }
}

/// Facts, layout, claims and contradictions of a member, once its node is known.
pub(super) fn account(
    walk: &mut Walk<'_>,
    header: &Header,
    local: Option<Local>,
    extra: &Extra,
    node: NodeId,
    shift: u64,
) {
    let owner = Owner::Node(node);
    let Some(local) = local else {
        let at = header.offset.saturating_add(shift);
        let what = format!(
            "the central header at {} points at {at}, where no whole local header is",
            header.at
        );
        let range = Some(header.at + 42..header.at + 46);
        walk.volume.defect("structure/zip-local-header-missing", owner, range, &*what);
        walk.volume.unread(
            GapKind::Damaged,
            owner,
            Some(at..at.saturating_add(FIXED as u64)),
            what,
        );
        return;
    };
    let mut end = local.data.end;
    if let Some(descriptor) = &local.descriptor {
        end = descriptor.at + descriptor.bytes.len() as u64;
    }
    walk.spans.push(Span { range: local.at..end, node });
    header_structure(walk, &local, extra, node);
    if !local.differs.is_empty() {
        let what = format!(
            "the local header at {} and the central header at {} disagree: {}",
            local.at,
            header.at,
            local.differs.join(", ")
        );
        let range = Some(local.at..local.at + local.bytes.len() as u64);
        walk.volume.defect("structure/zip-local-central-mismatch", owner, range, what);
    }
    let flags = le16(&local.bytes, 6).unwrap_or_default();
    if (flags ^ header.flags) & !1 != 0 {
        let what = format!(
            "flag bits: {flags:#06x} in the local header at {}, {:#06x} in the central header",
            local.at, header.flags
        );
        let range = Some(local.at + 6..local.at + 8);
        walk.volume.defect("structure/zip-local-flags-mismatch", owner, range, what);
    }
    account_descriptor(walk, &local, flags, owner);
    not_decoded(walk, header, &local, owner);
    let length = walk.source.len();
    if local.data.end > length {
        let what = format!(
            "{} stored bytes are said to start at {}, but the data end at {length}",
            header.packed, local.data.start
        );
        walk.volume.unread(GapKind::Damaged, owner, Some(local.data), what);
    }
}

/// Fields of the local header that the central one tells otherwise. A field that became zero would
/// leave no residue, so each is a fact.
pub(super) fn facts(header: &Header, local: &Local) -> Vec<Fact> {
    let bytes = &local.bytes;
    let mut facts = Vec::new();
    let mut note = |what: &str, recorded: &[u8]| {
        let mut value = format!("local {what} ").into_bytes();
        value.extend_from_slice(recorded);
        facts.push(Fact::new(field::EXTRA, Value::Bytes(value.into())));
    };
    let dos = u32::from_le_bytes(header.dos);
    for (what, at, expected) in
        [("version", 4, header.needed), ("flags", 6, header.flags), ("method", 8, header.method)]
    {
        if let Some(found) = le16(bytes, at).filter(|&found| found != expected) {
            note(what, found.to_string().as_bytes());
        }
    }
    if let Some(found) = le32(bytes, 10).filter(|&found| found != dos) {
        note("time", format!("{found:#010x}").as_bytes());
    }
    if local.name() != header.name() {
        note("name", local.name());
    }
    facts
}

fn header_structure(walk: &mut Walk<'_>, local: &Local, extra: &Extra, node: NodeId) {
    let bytes = &local.bytes;
    let agrees = |what: &str| !local.differs.contains(&what);
    let mut parts = vec![
        Part::fact(0..4),
        Part::layout(14..18, agrees("CRC-32")),
        Part::layout(18..22, agrees("packed size")),
        Part::layout(22..26, agrees("size")),
        Part::layout(26..30, true),
    ];
    // The central header tells the same, or [`facts`] tells the difference.
    parts.extend([4..14, FIXED..local.extra].map(Part::fact));
    parts.extend(extra.local.iter().map(|part| extra::moved(part, local.extra)));
    walk.volume.structure(&Structure {
        view: walk.view,
        role: &HEADER,
        owner: Owner::Node(node),
        at: local.at,
        bytes,
        parts: &parts,
    });
}

fn account_descriptor(walk: &mut Walk<'_>, local: &Local, flags: u16, owner: Owner) {
    let Some(Descriptor { at, bytes, agrees, has_signature }) = &local.descriptor else {
        if flags & 8 != 0 {
            let at = local.data.end;
            let what =
                format!("no data descriptor follows the member at {at}, though bit 3 says so");
            let range = Some(at..at.saturating_add(16));
            walk.volume.defect("structure/zip-data-descriptor-mismatch", owner, range, what);
        }
        return;
    };
    let head = if *has_signature { 4 } else { 0 };
    let mut parts = vec![Part::fact(0..head)];
    // The signature is optional; whether it is there shows in the length.
    parts.push(Part::layout(head..bytes.len(), *agrees));
    walk.volume.structure(&Structure {
        view: walk.view,
        role: &DESCRIPTOR,
        owner,
        at: *at,
        bytes,
        parts: &parts,
    });
    if !agrees {
        let what = format!(
            "the data descriptor at {at} does not repeat CRC-32 and sizes of the central header"
        );
        let range = Some(*at..*at + bytes.len() as u64);
        walk.volume.defect("structure/zip-data-descriptor-mismatch", owner, range, what);
    }
}

/// Tells of a member that stays packed.
fn not_decoded(walk: &mut Walk<'_>, header: &Header, local: &Local, owner: Owner) {
    let kind = if is_encrypted(header) {
        GapKind::Encrypted
    } else if matches!(header.method, 0 | 8) {
        return;
    } else {
        GapKind::Unsupported
    };
    let method = method_name(header.method);
    let what = if kind == GapKind::Encrypted {
        format!("the member is encrypted (method {method})")
    } else {
        format!("the compression method {method} is not supported")
    };
    walk.volume.unread(kind, owner, Some(local.data.clone()), what);
}
