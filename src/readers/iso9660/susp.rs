//! The System Use Sharing Protocol: the entries of a record's system use field and of the
//! continuation areas it points at, and what Rock Ridge and its relatives mean by each.
//!
//! IEEE P1281 (SUSP 1.12) sections 4 and 5, IEEE P1282 (RRIP 1.12) section 4, Apple's "AA" entry,
//! AAIP 2.0 ("AL").

use std::collections::HashSet;
use std::ops::Range;

use super::field::{Both, both32, long_date, short_date};
use super::image::Image;
use crate::model::fact::{Fact, Field, Value, field};
use crate::model::{Kind, NodeId, Owner, Part, Role, Structure, ViewId};
use crate::readers::Spent;
use crate::source::be16;

static SYSTEM_USE: Role = Role::structure("system use");
static CONTINUATION: Role = Role::structure("continuation area");

/// Continuation areas of one record; a chain that is longer is cut off.
const MOST_AREAS: usize = 256;

/// How far a system use field starts behind the end of its record's identifier, from the first
/// record of the root; `None` if the tree has no system use entries.
pub(super) fn skip_of(root: &[u8]) -> Option<usize> {
    let length = usize::from(*root.first()?);
    // The identifier of the first record is one byte: its system use field starts at 34.
    [0, 14].into_iter().find_map(|before| {
        let entry = root.get(34 + before..length)?.first_chunk::<7>()?;
        let [b'S', b'P', 7, 1, 0xbe, 0xef, skip] = *entry else { return None };
        // Our record's own entries start right here, whatever it says of the others.
        Some(usize::from(skip).max(before))
    })
}

/// Whose facts the entries of a system use field are.
#[derive(Clone, Copy)]
pub(super) enum Telling<'t> {
    /// The entry's own.
    Facts,
    /// Another's that are told elsewhere by these entries: what is the same needs no second fact,
    /// what differs is residue.
    Again(&'t [u8]),
    /// The same in the record that holds the place of a relocated directory and gives its name.
    Holder(&'t [u8]),
}

/// One run of entries: the system use field or a continuation area.
struct Area {
    at: u64,
    bytes: Vec<u8>,
    parts: Vec<Part>,
    role: &'static Role,
}

/// What the entries of one record say.
#[derive(Default)]
pub(super) struct Attributes {
    /// The facts of the entry.
    pub(super) facts: Vec<Fact>,
    /// The alternate name, if any entry gives one.
    pub(super) name: Option<Vec<u8>>,
    /// The target of a symbolic link.
    target: Option<Vec<u8>>,
    /// Whether the last component of the target goes on in the next.
    component_goes_on: bool,
    /// File type and permissions as recorded.
    mode: Option<u32>,
    /// Where the relocated directory lies whose place this is.
    pub(super) child: Option<u32>,
    /// Where the logical parent of a relocated directory lies.
    pub(super) parent: Option<u32>,
    /// Whether the directory belongs elsewhere.
    pub(super) relocated: bool,
    /// What cannot be read of the content.
    pub(super) unsupported: Option<&'static str>,
    /// The entries that became facts, one behind the other.
    pub(super) told: Vec<u8>,
    /// Dates that a copy has of its own.
    copies: Vec<(Field, String)>,
    areas: Vec<Area>,
    troubles: Vec<(&'static str, Range<u64>, String)>,
    /// Entries met, for the obsolete RR entry.
    present: u8,
    recorded: Option<(usize, Range<usize>)>,
}

impl Attributes {
    /// Reads the entries in `bytes`, which lie at `at`, and all that they continue in.
    pub(super) fn read(
        image: &mut Image<'_>,
        at: u64,
        bytes: &[u8],
        telling: Telling<'_>,
    ) -> Result<Self, Spent> {
        let mut found = Self::default();
        let mut visited = HashSet::new();
        let mut next = Some((at, bytes.to_vec(), &SYSTEM_USE));
        while let Some((at, bytes, role)) = next.take() {
            let mut area = Area { at, bytes, parts: Vec::with_capacity(12), role };
            let continuation = found.entries(&mut area, telling);
            found.areas.push(area);
            let Some((block, offset, length)) = continuation else { break };
            let start = image.offset(block) + u64::from(offset);
            let range = start..start + u64::from(length);
            let new = visited.insert((start, length)) && found.areas.len() < MOST_AREAS;
            let there = range.end <= image.length() && u64::from(length) <= image.block * 64;
            if !new || !there || length == 0 {
                let message = format!("continuation area of {length} bytes at {start}");
                found.troubles.push(("structure/susp-continuation", range, message));
                break;
            }
            image.furthest = image.furthest.max(range.end);
            next = Some((start, image.read(start, length.into())?, &CONTINUATION));
        }
        if let Some((area, range)) = found.recorded.take()
            && let Some(area) = found.areas.get_mut(area)
        {
            // The flags of RRIP 1.09 say which entries follow. Writers leave some out in records
            // with a continuation area, so a difference is no contradiction.
            area.parts.push(Part::layout(range, true));
        }
        Ok(found)
    }

    /// Accounts for a copy of a record whose facts are told elsewhere; `name` says which copy.
    pub(super) fn account_copy(
        &mut self,
        image: &mut Image<'_>,
        view: ViewId,
        node: Option<NodeId>,
        name: &str,
    ) {
        self.account(image, view, node.map_or(Owner::Volume, Owner::Node));
        for (field, text) in self.copies.drain(..) {
            image.copy_fact(view, node, field, &format!("{name} {text}"));
        }
    }

    /// Accounts for everything read, with the owner that is known by now.
    pub(super) fn account(&mut self, image: &mut Image<'_>, view: ViewId, owner: Owner) {
        for area in &self.areas {
            let Area { at, bytes, parts, role } = area;
            let region = Structure { view, role, owner, at: *at, bytes, parts };
            if area.role == &CONTINUATION {
                image.volume.structure(&region);
            } else {
                image.volume.account(&region);
            }
        }
        for (rule, range, message) in self.troubles.drain(..) {
            if rule != "structure/iso-both-endian" {
                image.volume.distrust_layout(view);
            }
            image.volume.defect(rule, owner, Some(range), message);
        }
    }

    /// What the entry is, by its recorded type; a directory is one by its record. Adds the facts
    /// that need all entries: mode and target.
    pub(super) fn settle(&mut self, is_directory: bool) -> Kind {
        const TYPES: [(u32, Kind); 7] = [
            (0o100_000, Kind::File),
            (0o040_000, Kind::Directory),
            (0o120_000, Kind::Symlink),
            (0o060_000, Kind::BlockDevice),
            (0o020_000, Kind::CharDevice),
            (0o010_000, Kind::Fifo),
            (0o140_000, Kind::Socket),
        ];
        let by_mode = self.mode.and_then(|mode| {
            TYPES.iter().find(|(bits, _)| *bits == mode & !0o7777).map(|(_, kind)| *kind)
        });
        let kind = match by_mode {
            _ if is_directory => Kind::Directory,
            Some(Kind::Directory) | None if self.target.is_some() => Kind::Symlink,
            Some(Kind::Directory) | None => Kind::File,
            Some(kind) => kind,
        };
        if let Some(mode) = self.mode {
            self.facts.push(Fact::new(field::MODE, Value::Mode((mode & 0o7777) as u16)));
            if by_mode != Some(kind) {
                let text = format!("PX mode {mode:o}");
                self.facts.push(Fact::new(field::EXTRA, Value::Text(text.into())));
            }
        }
        if let Some(target) = self.target.take() {
            self.facts.push(Fact::new(field::TARGET, Value::Bytes(target.into())));
        }
        kind
    }

    /// Reads the entries of one area; returns block, offset and length of the next.
    fn entries(&mut self, area: &mut Area, telling: Telling<'_>) -> Option<(u32, u32, u32)> {
        let bytes = std::mem::take(&mut area.bytes);
        let mut next = None;
        let mut at = 0;
        while let Some(&[a, b, length, version]) =
            bytes.get(at..).and_then(|rest| rest.first_chunk::<4>())
        {
            let length = usize::from(length);
            let Some(entry) = bytes.get(at..at + length).filter(|entry| entry.len() >= 4) else {
                if [a, b] != [0, 0] {
                    let here = area.at + at as u64;
                    let message = format!("system use entry of {length} bytes at {here}");
                    let range = here..area.at + bytes.len() as u64;
                    self.troubles.push(("structure/susp-entry", range, message));
                }
                break;
            };
            let here = Here { at, image: area.at + at as u64, area: self.areas.len() };
            let before = area.parts.len();
            match &[a, b] {
                b"CE" if length == 28 => {
                    next = self.continuation(entry, &here, &mut area.parts);
                }
                b"ST" if length == 4 => {
                    header(&here, [a, b, length as u8, version], &mut area.parts);
                    break;
                }
                signature => {
                    self.entry(*signature, entry, &here, telling, &mut area.parts);
                }
            }
            if area.parts.len() > before {
                header(&here, [a, b, length as u8, version], &mut area.parts);
            }
            at += length;
        }
        area.bytes = bytes;
        next
    }

    /// The three numbers of a continuation entry: layout.
    fn continuation(
        &mut self,
        entry: &[u8],
        here: &Here,
        parts: &mut Vec<Part>,
    ) -> Option<(u32, u32, u32)> {
        let mut numbers = [0; 3];
        for (i, number) in numbers.iter_mut().enumerate() {
            let both = both32(entry, 4 + i * 8)?;
            self.check(both, here, 4 + i * 8, "continuation area");
            parts.push(here.layout(4 + i * 8..12 + i * 8, both.agrees()));
            *number = both.value;
        }
        let [block, offset, length] = numbers;
        Some((block, offset, length))
    }

    fn entry(
        &mut self,
        signature: [u8; 2],
        entry: &[u8],
        here: &Here,
        telling: Telling<'_>,
        parts: &mut Vec<Part>,
    ) {
        let length = entry.len();
        match &signature {
            b"RR" if length == 5 => {
                self.recorded = Some((here.area, here.at + 4..here.at + 5));
                parts.push(here.fact(0..2));
            }
            b"SP" if length == 7 && entry.get(4..6) == Some(&[0xbe, 0xef]) => {
                parts.push(here.fact(4..6));
                parts.push(here.layout(6..7, true));
            }
            b"RE" if length == 4 => {
                self.present |= 0x40;
                self.relocated = true;
                parts.push(here.fact(0..2));
            }
            b"CL" | b"PL" if length == 12 => {
                let Some(both) = both32(entry, 4) else { return };
                self.check(both, here, 4, "location of a relocated directory");
                parts.push(here.layout(4..12, both.agrees()));
                if &signature == b"CL" {
                    self.present |= 0x10;
                    self.child = Some(both.value);
                } else {
                    self.present |= 0x20;
                    self.parent = Some(both.value);
                }
            }
            b"NM" if length >= 5 => {
                self.present |= 0x08;
                let flags = entry.get(4).copied().unwrap_or_default();
                let text = entry.get(5..).unwrap_or_default();
                if flags & !1 == 0 {
                    self.name.get_or_insert_default().extend_from_slice(text);
                    let is_told = match telling {
                        Telling::Again(told) => contains(told, entry),
                        Telling::Facts | Telling::Holder(_) => true,
                    };
                    if is_told {
                        parts.push(here.layout(2..5, true));
                        parts.push(here.fact(5..length));
                        self.told.extend_from_slice(entry);
                    }
                }
            }
            b"PD" => parts.push(here.layout(2..3, true)),
            _ => match telling {
                Telling::Again(told) | Telling::Holder(told) => {
                    self.note_presence(signature);
                    if contains(told, entry) {
                        parts.push(here.fact(0..length));
                    } else if &signature == b"TF" {
                        self.stamps(entry, here, parts, Some(told));
                    }
                }
                Telling::Facts => {
                    let before = parts.len();
                    self.tell(signature, entry, here, parts);
                    if parts.len() > before {
                        self.told.extend_from_slice(entry);
                    }
                }
            },
        }
    }

    fn note_presence(&mut self, signature: [u8; 2]) {
        self.present |= match &signature {
            b"PX" => 0x01,
            b"PN" => 0x02,
            b"SL" => 0x04,
            b"TF" => 0x80,
            _ => 0,
        };
    }

    /// Entries whose fields are facts.
    fn tell(&mut self, signature: [u8; 2], entry: &[u8], here: &Here, parts: &mut Vec<Part>) {
        let length = entry.len();
        self.note_presence(signature);
        match &signature {
            b"PX" if matches!(length, 36 | 44) && self.mode.is_none() => {
                let fields = [
                    (4, None),
                    (12, Some(field::LINKS)),
                    (20, Some(field::UID)),
                    (28, Some(field::GID)),
                    (36, Some(field::SERIAL)),
                ];
                for (at, name) in fields {
                    let Some(both) = both32(entry, at) else { break };
                    match name {
                        None => self.mode = Some(both.value),
                        Some(name) => self.facts.push(Fact::number(name, both.value)),
                    }
                    self.both_fact(both, here, at, parts);
                }
            }
            b"PN" if length == 20 => {
                if let (Some(high), Some(low)) = (both32(entry, 4), both32(entry, 12)) {
                    let text = format!("{},{}", high.value, low.value);
                    self.facts.push(Fact::new(field::DEVICE, Value::Text(text.into())));
                    self.both_fact(high, here, 4, parts);
                    self.both_fact(low, here, 12, parts);
                }
            }
            b"SL" if length >= 5 => self.link(entry, here, parts),
            b"TF" if length >= 5 => self.stamps(entry, here, parts, None),
            b"SF" | b"ZF" | b"ER" | b"AL" => {
                let payload = Value::bytes(entry.get(4..).unwrap_or_default());
                let name = if &signature == b"AL" { field::XATTR } else { field::EXTRA };
                self.facts.push(Fact::new(name, payload));
                parts.push(here.fact(4..length));
                match &signature {
                    b"SF" => self.unsupported = Some("sparse file (SF) is read as it is stored"),
                    b"ZF" => {
                        self.unsupported = Some("compressed file (ZF, zisofs) is read as stored");
                    }
                    _ => {}
                }
            }
            // Apple's entry has its system identifier, 2 for HFS, in place of a version.
            b"AA" if length == 14 && entry.get(3) == Some(&2) => {
                let four = |range| Value::bytes(entry.get(range).unwrap_or_default());
                self.facts.push(Fact::new(field::MAC_TYPE, four(4..8)));
                self.facts.push(Fact::new(field::MAC_CREATOR, four(8..12)));
                self.facts.extend(be16(entry, 12).map(|f| Fact::number(field::MAC_FLAGS, f)));
                parts.push(here.fact(3..14));
            }
            _ => {}
        }
    }

    /// A symbolic link's components: their flags and lengths are layout, their text is the target.
    fn link(&mut self, entry: &[u8], here: &Here, parts: &mut Vec<Part>) {
        let mut target = self.target.take().unwrap_or_default();
        let mut goes_on = std::mem::take(&mut self.component_goes_on);
        parts.push(here.layout(2..5, entry.get(4).is_some_and(|flags| flags & !1 == 0)));
        let mut at = 5;
        while let (Some(&flags), Some(&length)) = (entry.get(at), entry.get(at + 1)) {
            let end = at + 2 + usize::from(length);
            let Some(text) = entry.get(at + 2..end) else { break };
            if !goes_on && !target.is_empty() && target != b"/" {
                target.push(b'/');
            }
            match flags & 0x0e {
                2 => target.push(b'.'),
                4 => target.extend_from_slice(b".."),
                8 => target = b"/".to_vec(),
                _ => {}
            }
            target.extend_from_slice(text);
            goes_on = flags & 1 != 0;
            parts.push(here.layout(at..at + 2, flags & !0x0f == 0));
            parts.push(here.fact(at + 2..end));
            at = end;
        }
        self.component_goes_on = goes_on;
        self.target = Some(target);
    }

    /// Time stamps, in the short or the long form. In a copy, those that `told` has at the same place
    /// need no second fact.
    fn stamps(&mut self, entry: &[u8], here: &Here, parts: &mut Vec<Part>, told: Option<&[u8]>) {
        const STAMPS: [Field; 7] = [
            field::BIRTHTIME,
            field::MTIME,
            field::ATIME,
            field::CTIME,
            field::BACKUP_TIME,
            field::EXPIRATION_TIME,
            field::EFFECTIVE_TIME,
        ];
        if told.is_some() {
            self.told.extend_from_slice(entry);
        }
        let flags = entry.get(4).copied().unwrap_or_default();
        let (size, date): (usize, fn(&[u8]) -> Option<Value>) =
            if flags & 0x80 == 0 { (7, short_date) } else { (17, long_date) };
        let expected = 5 + size * (flags & 0x7f).count_ones() as usize;
        let fits = expected == entry.len();
        parts.push(here.layout(2..5, fits));
        let mut at = 5;
        for (bit, name) in STAMPS.into_iter().enumerate() {
            if flags >> bit & 1 == 0 {
                continue;
            }
            let Some(bytes) = entry.get(at..at + size) else { break };
            let recorded = date(bytes);
            match told {
                // A second stamp of one kind is told by nothing.
                None if self.facts.iter().any(|fact| fact.field == name) => {
                    at += size;
                    continue;
                }
                None => self.facts.extend(recorded.map(|date| Fact::new(name, date))),
                Some(told) if has_stamp(told, entry, at..at + size) => {}
                Some(_) => {
                    let date = recorded.map_or_else(String::new, |date| date.text());
                    let is_access = name == field::ATIME;
                    let copy = if is_access { field::COPY_ACCESS } else { field::COPY_DATES };
                    self.copies.push((copy, format!("{} {date}", name.name())));
                }
            }
            parts.push(here.fact(at..at + size));
            at += size;
        }
    }

    /// A number told by a fact: where the byte orders differ, the big-endian half is a
    /// layout field that does not recompute.
    fn both_fact(&mut self, both: Both, here: &Here, at: usize, parts: &mut Vec<Part>) {
        self.check(both, here, at, "Rock Ridge attribute");
        if both.agrees() {
            parts.push(here.fact(at..at + 8));
        } else {
            parts.push(here.fact(at..at + 4));
            parts.push(here.layout(at + 4..at + 8, false));
        }
    }

    fn check(&mut self, both: Both, here: &Here, at: usize, what: &str) {
        if !both.agrees() {
            let start = here.image + at as u64;
            let message = format!("{what}: little-endian {}, big-endian {}", both.value, both.big);
            self.troubles.push(("structure/iso-both-endian", start..start + 8, message));
        }
    }
}

/// Where an entry lies.
struct Here {
    /// In its area.
    at: usize,
    /// In the image.
    image: u64,
    /// Which area.
    area: usize,
}

impl Here {
    fn fact(&self, range: Range<usize>) -> Part {
        Part::fact(self.at + range.start..self.at + range.end)
    }

    fn layout(&self, range: Range<usize>, agrees: bool) -> Part {
        Part::layout(self.at + range.start..self.at + range.end, agrees)
    }
}

/// Signature, length and version of an entry that was understood. A constant is layout too: masked
/// as a fact it would look like the zero that it may be changed into.
fn header(here: &Here, entry: [u8; 4], parts: &mut Vec<Part>) {
    parts.push(here.fact(0..2));
    // These take the flags behind the version into one field.
    if !matches!(&entry, [b'N', b'M', ..] | [b'S', b'L', ..] | [b'T', b'F', ..]) {
        // Apple's entry has an identifier in place of the version.
        let is_apple = matches!(&entry, [b'A', b'A', ..]);
        parts.push(here.layout(2..4, entry.last() == Some(&1) || is_apple));
    }
}

/// The entries that were told, one after the other.
fn each(mut told: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (known, rest) = told.split_at_checked(usize::from(*told.get(2)?))?;
        told = rest;
        (!known.is_empty()).then_some(known)
    })
}

/// Whether one of the entries that were told is the same.
fn contains(told: &[u8], entry: &[u8]) -> bool {
    each(told).any(|known| known == entry)
}

/// Whether an entry of time stamps of the same form was told with the same stamp in that place.
fn has_stamp(told: &[u8], entry: &[u8], at: Range<usize>) -> bool {
    each(told).any(|known| {
        known.get(..5) == entry.get(..5) && known.get(at.clone()) == entry.get(at.clone())
    })
}
