//! Volume descriptors: finding a set of them, and what the fields of each say.
//!
//! ECMA-119 6.7 and 8; ISO 9660:1999 8.5 (enhanced, version 2); Joliet Specification 1.0 (escape
//! sequences).

use std::ops::Range;

use super::SECTOR;
use super::field::{Both, both16, both32, from_ucs2, long_date, padded_text, short_date};
use super::image::Image;
use crate::model::fact::{Field, Value, field};
use crate::model::{Owner, Part, Role, Structure, ViewId};
use crate::readers::Spent;
use crate::source::{be32, le32};

static DESCRIPTOR: Role = Role::structure("volume descriptor");
static TERMINATOR: Role = Role::structure("volume descriptor set terminator");
static TOOL_VERSION: Role = Role::structure("mkisofs version");

/// Descriptors of one set that are read; the rest is noted.
const MOST_DESCRIPTORS: u64 = 64;

/// A volume descriptor.
pub(super) struct Descriptor {
    /// Offset in the image.
    pub(super) at: u64,
    /// All 2048 bytes.
    pub(super) bytes: Vec<u8>,
}

/// What a descriptor is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Type {
    Boot,
    Primary,
    /// Supplementary, with an escape sequence of Joliet.
    Joliet,
    /// Supplementary, of another character set.
    Supplementary,
    /// ISO 9660:1999.
    Enhanced,
    Terminator,
    /// A volume partition, or a type that the standard does not give.
    Other,
}

/// A root directory as a descriptor records it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Root {
    pub(super) block: Both,
    pub(super) size: Both,
}

impl Descriptor {
    pub(super) fn kind(&self) -> Type {
        let escapes = self.bytes.get(88..91).unwrap_or_default();
        match (self.bytes.first(), self.bytes.get(6)) {
            (Some(0), _) => Type::Boot,
            (Some(1), _) => Type::Primary,
            (Some(2), Some(2)) => Type::Enhanced,
            (Some(2), _) if matches!(escapes, b"%/@" | b"%/C" | b"%/E") => Type::Joliet,
            (Some(2), _) => Type::Supplementary,
            (Some(255), _) => Type::Terminator,
            _ => Type::Other,
        }
    }

    pub(super) fn root(&self) -> Root {
        let both = |at| both32(&self.bytes, at).unwrap_or_default();
        Root { block: both(158), size: both(166) }
    }

    /// Number of the volume in its set.
    pub(super) fn sequence(&self) -> u32 {
        both16(&self.bytes, 124).unwrap_or_default().value
    }

    /// Bytes of a logical block.
    pub(super) fn block_size(&self) -> u32 {
        both16(&self.bytes, 128).unwrap_or_default().value
    }

    /// Logical blocks of the volume.
    pub(super) fn volume_size(&self) -> Both {
        both32(&self.bytes, 80).unwrap_or_default()
    }

    /// Bytes of a path table.
    pub(super) fn path_table_size(&self) -> Both {
        both32(&self.bytes, 132).unwrap_or_default()
    }

    /// The path tables: first block, and whether it is big-endian. Zero stands for none.
    pub(super) fn path_tables(&self) -> [(u32, bool); 4] {
        let little = |at| le32(&self.bytes, at).unwrap_or_default();
        let big = |at| be32(&self.bytes, at).unwrap_or_default();
        [(little(140), false), (little(144), false), (big(148), true), (big(152), true)]
    }
}

/// Descriptors from the seventeenth sector of a session to their terminator.
pub(super) struct Set {
    /// First byte of the session.
    pub(super) start: u64,
    pub(super) descriptors: Vec<Descriptor>,
    /// One past the last byte of the set.
    pub(super) end: u64,
    /// Whether a terminator stands at the end.
    terminated: bool,
}

impl Set {
    /// Reads the set of the session that starts at `start`; `None` if no descriptor is there.
    pub(super) fn read(image: &mut Image<'_>, start: u64) -> Result<Option<Self>, Spent> {
        let mut set = Self { start, descriptors: Vec::new(), end: 0, terminated: false };
        let first = start + 16 * SECTOR as u64;
        for number in 0..MOST_DESCRIPTORS {
            let at = first + number * SECTOR as u64;
            let bytes = image.read(at, SECTOR as u64)?;
            if bytes.len() < SECTOR || bytes.get(1..6) != Some(b"CD001") {
                break;
            }
            let descriptor = Descriptor { at, bytes };
            set.end = at + SECTOR as u64;
            set.terminated = descriptor.kind() == Type::Terminator;
            set.descriptors.push(descriptor);
            if set.terminated {
                break;
            }
        }
        Ok((!set.descriptors.is_empty()).then_some(set))
    }

    /// The descriptor that gives the volume its primary tree.
    pub(super) fn primary(&self) -> Option<&Descriptor> {
        self.of(Type::Primary).next()
    }

    pub(super) fn of(&self, kind: Type) -> impl Iterator<Item = &Descriptor> {
        self.descriptors.iter().filter(move |descriptor| descriptor.kind() == kind)
    }

    /// Accounts for what is not a descriptor of a tree: the terminator, unknown descriptors, and the
    /// sector in which mkisofs records its command line.
    pub(super) fn account_rest(&self, image: &mut Image<'_>, view: ViewId) -> Result<(), Spent> {
        for descriptor in &self.descriptors {
            let role = match descriptor.kind() {
                Type::Terminator => &TERMINATOR,
                Type::Other => &DESCRIPTOR,
                _ => continue,
            };
            let Descriptor { at, bytes } = descriptor;
            // A descriptor of unknown type keeps the rest as residue.
            let end = if role == &TERMINATOR { 7 } else { 0 };
            let parts = [Part::layout(0..end, bytes.get(6) == Some(&1) || end == 0)];
            let (at, owner) = (*at, Owner::Volume);
            image.volume.structure(&Structure { view, role, owner, at, bytes, parts: &parts });
        }
        if !self.terminated {
            let message = format!("no terminator up to {}", self.end);
            let here = Some(self.end..self.end + SECTOR as u64);
            image.volume.defect("structure/iso-descriptor-set", Owner::Volume, here, message);
        }
        let bytes = image.read(self.end, SECTOR as u64)?;
        if self.terminated && bytes.starts_with(b"MKI ") {
            let end = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
            let text = Value::bytes(bytes.get(..end).unwrap_or_default());
            image.volume.add_fact(view, field::EXTRA, text);
            let (role, owner, at) = (&TOOL_VERSION, Owner::Volume, self.end);
            let parts = [Part::fact(0..end)];
            let bytes = &bytes;
            image.volume.structure(&Structure { view, role, owner, at, bytes, parts: &parts });
        }
        Ok(())
    }
}

/// What was found out about the layout fields of a descriptor.
#[expect(clippy::struct_excessive_bools, reason = "one answer for each field")]
#[derive(Clone, Copy)]
pub(super) struct Checked {
    /// The volume size covers every extent and lies in the image.
    pub(super) volume_size: bool,
    /// The size of the path table is that of the directories, or its tables are those of the model.
    pub(super) path_tables: bool,
    /// The root directory is where its own first record says, or as long as that of the model.
    pub(super) root: bool,
    /// The date in the copy of the root's record is that of the root's own.
    pub(super) root_date: bool,
}

/// Text fields: where they lie and what they are.
const TEXTS: [(Range<usize>, Field); 9] = [
    (8..40, field::SYSTEM),
    (40..72, field::VOLUME_NAME),
    (190..318, field::VOLUME_SET),
    (318..446, field::PUBLISHER),
    (446..574, field::PREPARER),
    (574..702, field::APPLICATION),
    (702..739, field::COPYRIGHT_FILE),
    (739..776, field::ABSTRACT_FILE),
    (776..813, field::BIBLIOGRAPHIC_FILE),
];

/// Dates: where they lie and what they are.
const DATES: [(Range<usize>, Field); 4] = [
    (813..830, field::VOLUME_BIRTHTIME),
    (830..847, field::VOLUME_MTIME),
    (847..864, field::EXPIRATION_TIME),
    (864..881, field::EFFECTIVE_TIME),
];

/// Accounts for a descriptor of a tree and adds its fields as facts of the view.
///
/// A descriptor with a `model` describes a tree that another one describes already: what is the
/// same in both needs no second fact, what differs is residue.
pub(super) fn account(
    image: &mut Image<'_>,
    view: ViewId,
    descriptor: &Descriptor,
    model: Option<&Descriptor>,
    checked: Checked,
) {
    let Descriptor { at, bytes } = descriptor;
    let mut parts = layout_parts(descriptor, checked);
    let same = |range: &Range<usize>| {
        model.is_some_and(|model| model.bytes.get(range.clone()) == bytes.get(range.clone()))
    };
    let ucs2 = descriptor.kind() == Type::Joliet;
    let mut facts: Vec<(Field, Range<usize>, Option<Value>)> = Vec::new();
    for (range, name) in TEXTS {
        let raw = bytes.get(range.clone()).unwrap_or_default();
        let value = if ucs2 { ucs2_text(raw) } else { padded_text(raw) };
        facts.push((name, range, value));
    }
    if model.is_none() || same(&(174..181)) {
        parts.push(Part::fact(174..181));
        let date = short_date(bytes.get(174..181).unwrap_or_default());
        if !checked.root_date && model.is_none() {
            let date = date.map_or_else(String::new, |date| date.text());
            let text = format!("descriptor recorded {date}");
            image.copy_fact(view, None, field::COPY_DATES, &text);
        }
    }
    for (range, name) in DATES {
        let value = long_date(bytes.get(range.clone()).unwrap_or_default());
        facts.push((name, range, value));
    }
    let number = |both: Option<Both>, usual: u32| {
        let both = both.filter(|both| both.agrees())?;
        Some((both.value != usual).then(|| Value::Number(both.value.into())))
    };
    let numbers = [
        (field::SET_SIZE, 120, number(both16(bytes, 120), 1)),
        (field::SEQUENCE, 124, number(both16(bytes, 124), 1)),
        (field::BLOCK_SIZE, 128, number(both16(bytes, 128), 2048)),
    ];
    for (name, from, value) in numbers {
        if let Some(value) = value {
            facts.push((name, from..from + 4, value));
        }
    }
    let version = bytes.get(881).copied().unwrap_or_default();
    let usual = if descriptor.kind() == Type::Enhanced { 2 } else { 1 };
    let value = (version != usual).then_some(Value::Number(version.into()));
    facts.push((field::VERSION, 881..882, value));
    for (name, range) in [(field::ESCAPES, 88..120), (field::APPLICATION_USE, 883..1395)] {
        let raw = bytes.get(range.clone()).unwrap_or_default();
        let is_set = raw.iter().any(|&b| b != 0);
        let value = is_set.then(|| {
            // A run of spaces is what some writers put there for nothing.
            padded_text(raw).unwrap_or_else(|| Value::Text("spaces".into()))
        });
        facts.push((name, range, value));
    }
    for (name, range, value) in facts {
        if model.is_none() {
            parts.push(Part::fact(range));
            if let Some(value) = value {
                image.volume.add_fact(view, name, value);
            }
        } else if same(&range) || name == field::VERSION && value.is_none() {
            parts.push(Part::fact(range));
        } else if bytes.get(range.clone()).is_some_and(|raw| raw.iter().all(|&b| b == 0)) {
            // Zeros leave no residue.
            parts.push(Part::layout(range, true));
        }
    }
    let owner = Owner::Volume;
    let region = Structure { view, role: &DESCRIPTOR, owner, at: *at, bytes, parts: &parts };
    image.volume.structure(&region);
    let fields = [
        ("volume space size", 80, descriptor.volume_size()),
        ("volume set size", 120, both16(bytes, 120).unwrap_or_default()),
        ("volume sequence number", 124, both16(bytes, 124).unwrap_or_default()),
        ("logical block size", 128, both16(bytes, 128).unwrap_or_default()),
        ("path table size", 132, descriptor.path_table_size()),
        ("location of the root directory", 158, descriptor.root().block),
        ("size of the root directory", 166, descriptor.root().size),
    ];
    for (what, offset, Both { value, big }) in fields {
        if value != big {
            image.both_endian(owner, at + offset, what, value, big);
        }
    }
}

/// UCS-2 text of a fixed width; an odd last byte that is not zero keeps the whole field raw.
fn ucs2_text(raw: &[u8]) -> Option<Value> {
    let even = raw.get(..raw.len() & !1).unwrap_or_default();
    if raw.len() > even.len() && raw.last() != Some(&0) {
        return Some(Value::bytes(raw));
    }
    padded_text(&from_ucs2(even))
}

/// The fields that say where things lie.
fn layout_parts(descriptor: &Descriptor, checked: Checked) -> Vec<Part> {
    let Root { block, size } = descriptor.root();
    let volume_size = checked.volume_size && descriptor.volume_size().agrees();
    let path_tables = checked.path_tables && descriptor.path_table_size().agrees();
    let root = checked.root && block.agrees() && size.agrees();
    let bytes = &descriptor.bytes;
    let mut parts = vec![
        Part::layout(80..88, volume_size),
        Part::layout(132..140, path_tables),
        Part::layout(140..156, checked.path_tables),
        Part::layout(158..174, root),
    ];
    // Constants are layout: masked as a fact they would look like the zero that they may be changed
    // into. First type, identifier and version; then of the root's record length, flags, volume and
    // identifier.
    let version = if descriptor.kind() == Type::Enhanced { 2 } else { 1 };
    parts.push(Part::layout(0..7, bytes.get(6) == Some(&version)));
    parts.push(Part::layout(156..158, bytes.get(156..158) == Some(&[34, 0])));
    let ends_right =
        bytes.get(181..184) == Some(&[2, 0, 0]) && bytes.get(188..190) == Some(&[1, 0]);
    parts.push(Part::layout(181..184, ends_right));
    parts.push(Part::layout(188..190, ends_right));
    // The number of the volume stands in the descriptor itself too.
    if bytes.get(184..188) == bytes.get(124..128) {
        parts.push(Part::layout(184..188, true));
    }
    parts
}
