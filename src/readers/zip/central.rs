//! The central directory: APPNOTE 4.3.12. One header an entry, in the order of the archive.

use super::end::{End, Outcome};
use super::extra::{self, Extra};
use super::{Spent, Walk, local};
use crate::model::{Fact, GapKind, Kind, NodeId, Owner, Part, Role, Structure, Value, field};
use crate::readers::tree::Entry;
use crate::source::{le16, le32, le64};

static HEADER: Role = Role::structure("central directory header");
static SIGNATURE: Role = Role::reserved("central directory signature");
static REST: Role = Role::reserved("rest of the central directory");

/// Bytes of a header before name, extra field and comment.
const FIXED: usize = 46;

/// What a header says.
pub(super) struct Header {
    /// Where it lies.
    pub at: u64,
    bytes: Vec<u8>,
    /// System and version of the writer.
    made_by: u16,
    /// Version needed to extract.
    pub needed: u16,
    /// General purpose bits.
    pub flags: u16,
    /// Compression method.
    pub method: u16,
    /// Time and date as recorded.
    pub dos: [u8; 4],
    /// CRC-32 of the unpacked bytes.
    pub crc32: u32,
    /// Stored bytes.
    pub packed: u64,
    /// Unpacked bytes.
    pub size: u64,
    /// Where the local header is said to be.
    pub offset: u64,
    /// Disk on which it is said to be.
    disk: u32,
    internal: u16,
    external: u32,
    name: std::ops::Range<usize>,
    extra: std::ops::Range<usize>,
}

impl Header {
    /// Takes a header from its bytes: all of them, as long as the three lengths say.
    pub(super) fn parse(at: u64, bytes: &[u8]) -> Option<Self> {
        let name_end = FIXED + usize::from(le16(bytes, 28)?);
        let extra_end = name_end + usize::from(le16(bytes, 30)?);
        let mut header = Self {
            at,
            bytes: bytes.to_vec(),
            made_by: le16(bytes, 4)?,
            needed: le16(bytes, 6)?,
            flags: le16(bytes, 8)?,
            method: le16(bytes, 10)?,
            dos: *bytes.get(12..)?.first_chunk()?,
            crc32: le32(bytes, 16)?,
            packed: le32(bytes, 20)?.into(),
            size: le32(bytes, 24)?.into(),
            offset: le32(bytes, 42)?.into(),
            disk: le16(bytes, 34)?.into(),
            internal: le16(bytes, 36)?,
            external: le32(bytes, 38)?,
            name: FIXED..name_end,
            extra: name_end..extra_end,
        };
        let mut wide = extra::zip64(bytes.get(header.extra.clone())?).unwrap_or_default();
        for value in [&mut header.size, &mut header.packed, &mut header.offset] {
            if *value == u64::from(u32::MAX)
                && let Some(real) = le64(wide, 0)
            {
                *value = real;
                wide = wide.get(8..).unwrap_or_default();
            }
        }
        if header.disk == 0xffff
            && let Some(disk) = le32(wide, 0)
        {
            header.disk = disk;
        }
        Some(header)
    }

    /// The name as recorded.
    pub(super) fn name(&self) -> &[u8] {
        self.bytes.get(self.name.clone()).unwrap_or_default()
    }

    /// The extra field.
    pub(super) fn extra(&self) -> &[u8] {
        self.bytes.get(self.extra.clone()).unwrap_or_default()
    }

    fn comment(&self) -> &[u8] {
        self.bytes.get(self.extra.end..).unwrap_or_default()
    }

    /// Whether the upper half of the external attributes is a Unix mode.
    fn is_unix(&self) -> bool {
        matches!(self.made_by >> 8, 3 | 19)
    }

    /// What the entry is, from the Unix file type, else from the name.
    pub(super) fn kind(&self) -> Kind {
        let by_name = if self.name().ends_with(b"/") { Kind::Directory } else { Kind::File };
        match self.external >> 28 {
            _ if !self.is_unix() => by_name,
            // A member packed from a pipe keeps the pipe's type and is a file all the same.
            0o01 if self.size == 0 => Kind::Fifo,
            0o02 => Kind::CharDevice,
            0o04 => Kind::Directory,
            0o06 => Kind::BlockDevice,
            0o12 => Kind::Symlink,
            0o14 => Kind::Socket,
            _ => by_name,
        }
    }

    /// Everything that the header says apart from its layout.
    fn facts(&self, kind: Kind, extra: &mut Extra) -> Vec<Fact> {
        let mut facts = Vec::new();
        let attributes = if self.is_unix() {
            let mode = (self.external >> 16) as u16 & 0o7777;
            facts.push(Fact::new(field::MODE, Value::Mode(mode)));
            let expected = match kind {
                Kind::File => 0o10,
                Kind::Directory => 0o04,
                _ => self.external >> 28,
            };
            let low = self.external & 0xffff;
            match self.external >> 28 {
                found if found != expected => Some(format!("{low:#06x}, file type {found:#04o}")),
                _ if low == 0 => None,
                _ => Some(format!("{low:#06x}")),
            }
        } else {
            Some(format!("{:#010x}", self.external))
        };
        if let Some(text) = attributes {
            facts.push(Fact::new(field::ATTRIBUTES, Value::Text(text.into())));
        }
        let time = dos_time(self.dos);
        if extra.facts.iter().any(|fact| fact.field == field::MTIME) {
            facts.push(Fact::new(field::OTHER_MTIME, time));
        } else {
            facts.push(Fact::new(field::MTIME, time));
        }
        facts.append(&mut extra.facts);
        facts.push(Fact::new(field::METHOD, Value::Text(method_name(self.method).into())));
        facts.push(Fact::number(field::FLAGS, self.flags));
        if self.internal != 0 {
            facts.push(Fact::number(field::INTERNAL_ATTRIBUTES, self.internal));
        }
        facts.push(Fact::new(field::HOST_SYSTEM, Value::Text(host_name(self.made_by).into())));
        facts.push(Fact::number(field::VERSION, self.needed));
        if !self.comment().is_empty() {
            facts.push(Fact::new(field::COMMENT, Value::bytes(self.comment())));
        }
        facts
    }
}

/// Reads every header and the members they point at.
pub(super) fn read(walk: &mut Walk<'_>, end: &End) -> Result<Outcome, Spent> {
    let limit = end.first;
    let stop = end.directory.end.min(limit);
    let mut at = end.directory.start;
    let mut entries = 0;
    let mut cause = None;
    while at < stop {
        let Walk { source, budget, directory, .. } = walk;
        let fixed = directory.get(*source, budget, at, FIXED)?;
        let Some(fixed) = fixed.filter(|bytes| bytes.starts_with(b"PK\x01\x02")) else {
            cause = Some(format!("expected a central directory header at {at}"));
            break;
        };
        let variable = |at| usize::from(le16(fixed, at).unwrap_or_default());
        let length = FIXED + variable(28) + variable(30) + variable(32);
        let next = at + length as u64;
        let header = match directory.get(*source, budget, at, length)? {
            Some(bytes) if next <= limit => Header::parse(at, bytes),
            _ => None,
        };
        let Some(header) = header else {
            cause = Some(format!(
                "the central directory header at {at} is {length} bytes long, but {limit} ends it"
            ));
            break;
        };
        entries += 1;
        member(walk, &header, end.shift)?;
        at = next;
    }
    let outcome = Outcome { entries, end: at };
    if at < limit {
        rest(walk, at, end, cause);
    } else if end.directory.end > limit {
        let what = format!(
            "the central directory is said to lie at {}..{}, but the end records start at {limit}",
            end.directory.start, end.directory.end
        );
        let range = end.directory.start.min(limit)..limit;
        let rule = "structure/zip-central-directory-broken";
        walk.volume.defect(rule, Owner::Volume, Some(range.clone()), &*what);
        if entries < end.entries {
            walk.volume.unread(GapKind::Damaged, Owner::Volume, Some(range), what);
        }
    }
    Ok(outcome)
}

/// What stands between the last header and the end records.
fn rest(walk: &mut Walk<'_>, at: u64, end: &End, cause: Option<String>) {
    let range = at..end.first;
    let signature = crate::source::read_exact(walk.source, at, 4);
    if signature.is_ok_and(|bytes| bytes == b"PK\x05\x05") {
        walk.volume.claim(walk.view, range, &SIGNATURE, Owner::Volume);
        return;
    }
    walk.volume.claim(walk.view, range.clone(), &REST, Owner::Volume);
    let is_short = at < end.directory.end;
    let what = cause.unwrap_or_else(|| {
        format!("the central directory ends at {at}, but the end records start at {}", end.first)
    });
    let rule = "structure/zip-central-directory-broken";
    walk.volume.defect(rule, Owner::Volume, Some(range.clone()), &*what);
    if is_short {
        walk.volume.unread(GapKind::Damaged, Owner::Volume, Some(range), what);
    }
}

/// One entry: its header, its member, its node.
fn member(walk: &mut Walk<'_>, header: &Header, shift: u64) -> Result<(), Spent> {
    let kind = header.kind();
    // The node comes after the member's content, and nothing in between adds another.
    let local = local::read(walk, header, shift)?;
    let mut extra = extra::read(header.extra(), local.as_ref().map(local::Local::extra));
    let mut facts = header.facts(kind, &mut extra);
    let mut content = None;
    if let Some(local) = &local {
        let placed = local::content(walk, header, local, kind);
        content = placed.content;
        facts.extend(placed.target);
        facts.extend(local::facts(header, local));
    }
    let at = header.at + FIXED as u64..header.at + FIXED as u64 + header.name().len() as u64;
    let entry = Entry { path: header.name(), kind, content, facts, at };
    let node = walk.tree.place(&mut walk.volume, walk.budget, entry)?;
    account(walk, header, &extra, node, local.is_some());
    judge(walk, header, &extra, node);
    local::account(walk, header, local, &extra, node, shift);
    Ok(())
}

fn account(walk: &mut Walk<'_>, header: &Header, extra: &Extra, node: NodeId, found: bool) {
    let mut parts = vec![
        Part::fact(0..16),
        Part::layout(16..20, true),
        Part::layout(20..24, true),
        Part::layout(24..28, true),
        Part::layout(28..34, true),
        Part::fact(36..42),
        Part::layout(42..46, found),
        Part::fact(header.name.clone()),
        Part::fact(header.extra.end..header.bytes.len()),
    ];
    if le16(&header.bytes, 34) == Some(0xffff) && header.disk == 0 {
        parts.push(Part::layout(34..36, true));
    }
    parts.extend(extra.central.iter().map(|part| extra::moved(part, header.extra.start)));
    walk.volume.structure(&Structure {
        view: walk.view,
        role: &HEADER,
        owner: Owner::Node(node),
        at: header.at,
        bytes: &header.bytes,
        parts: &parts,
    });
}

/// What the header says that readers understand differently.
fn judge(walk: &mut Walk<'_>, header: &Header, extra: &Extra, node: NodeId) {
    let start = header.at;
    let name = start + FIXED as u64..start + FIXED as u64 + header.name().len() as u64;
    let owner = Owner::Node(node);
    let volume = &mut walk.volume;
    let mut defect = |rule, range, what: String| volume.defect(rule, owner, Some(range), what);
    if header.name().contains(&b'\\') {
        let what =
            "the name holds a backslash, which Windows takes as a separator and Unix does not";
        defect("structure/zip-backslash-in-name", name.clone(), what.into());
    }
    let is_utf8 = header.flags & 0x800 != 0;
    if !header.name().is_ascii() && !is_utf8 && !extra.has_unicode_path {
        let what =
            "the name has non-ASCII bytes, but nothing says in which encoding (bit 11 is not set)";
        defect("structure/zip-name-encoding", name.clone(), what.into());
    } else if is_utf8 && std::str::from_utf8(header.name()).is_err() {
        let what = "the name is said to be UTF-8 (bit 11), but is not";
        defect("structure/zip-name-encoding", name.clone(), what.into());
    }
    if extra.is_malformed {
        let what = format!("the records of the extra field at {start} do not fill it");
        defect("structure/zip-extra-field-broken", start..start + header.bytes.len() as u64, what);
    }
    let kind = header.kind();
    if kind == Kind::Directory && header.size > 0 {
        let what = format!("a directory has {} bytes of data", header.size);
        defect("structure/zip-directory-with-data", start + 24..start + 28, what);
    }
    if kind == Kind::Symlink && !(1..=4096).contains(&header.size) {
        let what = format!(
            "the target of a symbolic link is {} bytes long, expected 1 to 4096",
            header.size
        );
        defect("structure/zip-symlink-size-implausible", start + 24..start + 28, what);
    }
    if header.method == 0 && header.flags & 1 == 0 && header.packed != header.size {
        let what = format!(
            "a stored member has {} bytes, but {} when unpacked",
            header.packed, header.size
        );
        defect("structure/zip-stored-size-mismatch", start + 20..start + 28, what);
    }
    if header.disk != 0 {
        let what = format!("the member is said to start on disk {}", header.disk);
        volume.unread(GapKind::Unsupported, owner, Some(start + 34..start + 36), what);
    }
}

/// Seconds in the writer's clock, or the four bytes where there is no such date.
fn dos_time(raw: [u8; 4]) -> Value {
    let [time, date] =
        [le16(&raw, 0), le16(&raw, 2)].map(|half| i64::from(half.unwrap_or_default()));
    let seconds = crate::model::fact::seconds_of(
        1980 + (date >> 9),
        date >> 5 & 0x0f,
        date & 0x1f,
        time >> 11,
        time >> 5 & 0x3f,
        (time & 0x1f) * 2,
    );
    match seconds {
        Some(seconds) => Value::Time { seconds, nanos: 0, zone: None },
        None => Value::bytes(&raw),
    }
}

/// APPNOTE 4.4.5.
pub(super) fn method_name(method: u16) -> String {
    let name = match method {
        0 => "stored",
        1 => "shrink",
        2 => "reduce-1",
        3 => "reduce-2",
        4 => "reduce-3",
        5 => "reduce-4",
        6 => "implode",
        8 => "deflate",
        9 => "deflate64",
        10 => "pkware-implode",
        12 => "bzip2",
        14 => "lzma",
        16 => "cmpsc",
        18 => "terse",
        19 => "lz77",
        20 => "zstd-old",
        93 => "zstd",
        94 => "mp3",
        95 => "xz",
        96 => "jpeg",
        97 => "wavpack",
        98 => "ppmd",
        99 => "aes",
        _ => return format!("method {method}"),
    };
    name.to_owned()
}

/// APPNOTE 4.4.2: the system and the version of the writer.
fn host_name(made_by: u16) -> String {
    let (host, version) = (made_by >> 8, made_by & 0xff);
    let name = match host {
        0 => "fat",
        3 => "unix",
        6 => "hpfs",
        7 => "mac",
        10 => "ntfs",
        11 => "mvs",
        14 => "vfat",
        19 => "darwin",
        _ => return format!("{host} {version}"),
    };
    format!("{name} {version}")
}
