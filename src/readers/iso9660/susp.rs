//! The System Use Sharing Protocol: the entries of a record's system use field and of the
//! continuation areas it points at. What each means is left to [`super::attributes`].
//!
//! IEEE P1281 (SUSP 1.12) sections 4 and 5.

use std::collections::HashSet;
use std::ops::Range;

use super::field::{Both, both32};
use super::image::Image;
use crate::model::claim::SLACK;
use crate::model::fact::{Fact, Field};
use crate::model::{NodeId, Owner, Part, Role, Structure, ViewId};
use crate::readers::Spent;

static SYSTEM_USE: Role = Role::structure("system use");
static CONTINUATION: Role = Role::structure("continuation area");

/// Continuation areas of one record; a chain that is longer is cut off.
const MOST_AREAS: usize = 64;

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
    /// The same in one of the many records that a large file or a broken tree may have: dates of its
    /// own are residue too.
    Section(&'t [u8]),
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
    pub(super) target: Option<Vec<u8>>,
    /// Whether the last component of the target goes on in the next.
    pub(super) component_goes_on: bool,
    /// File type and permissions as recorded.
    pub(super) mode: Option<u32>,
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
    pub(super) copies: Vec<(Field, String)>,
    areas: Vec<Area>,
    troubles: Vec<(&'static str, Range<u64>, String)>,
    /// Entries met, for the obsolete RR entry.
    pub(super) present: u8,
    recorded: Option<(usize, Range<usize>)>,
    /// The record is longer than its entries make it.
    overlong: bool,
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
            // with a continuation area, so a difference is no contradiction and stays as it is.
            let agrees = area.bytes.get(range.clone()) == Some(&[found.present]);
            let is_zero = area.bytes.get(range.clone()) == Some(&[0]);
            // A zero leaves no residue, so that it must not stand for what should be there.
            if agrees || is_zero {
                area.parts.push(Part::layout(range, agrees));
            }
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
        for (number, area) in self.areas.iter().enumerate() {
            let Area { at, bytes, parts, role } = area;
            let region = Structure { view, role, owner, at: *at, bytes, parts };
            // The first is part of a record, which its directory claims.
            if number > 0 {
                image.volume.structure(&region);
                // Areas of other records may follow in the block; what is left is nobody's.
                let end = at + bytes.len() as u64;
                let rest = end..end.next_multiple_of(image.block);
                image.volume.claim(view, rest, &SLACK, owner);
            } else {
                image.volume.account(&region);
            }
        }
        if self.overlong {
            image.volume.distrust_layout(view);
        }
        for (rule, range, message) in self.troubles.drain(..) {
            if rule != "structure/iso-both-endian" {
                image.volume.distrust_layout(view);
            }
            image.volume.defect(rule, owner, Some(range), message);
        }
    }

    /// Reads the entries of one area; returns block, offset and length of the next.
    fn entries(&mut self, area: &mut Area, telling: Telling<'_>) -> Option<(u32, u32, u32)> {
        let bytes = std::mem::take(&mut area.bytes);
        let mut next = None;
        let mut ended = false;
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
                    ended = true;
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
        // A record is padded to an even length, a continuation area ends with its last entry.
        let last = bytes.get(at..).unwrap_or_default();
        let padding = (area.at + at as u64) % 2;
        if !ended && self.areas.is_empty() && last.len() as u64 != padding {
            self.overlong = true;
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
                        Telling::Again(told) | Telling::Section(told) => contains(told, entry),
                        Telling::Facts | Telling::Holder(_) => true,
                    };
                    if is_told {
                        // Whether the name goes on stays as it is.
                        parts.push(here.layout(2..4, entry.get(3) == Some(&1)));
                        parts.push(here.fact(5..length));
                        self.told.extend_from_slice(entry);
                    }
                }
            }
            b"PD" => parts.push(here.layout(2..3, true)),
            _ => match telling {
                Telling::Again(told) | Telling::Holder(told) | Telling::Section(told) => {
                    self.note_presence(signature);
                    if contains(told, entry) {
                        parts.push(here.fact(0..length));
                    } else if &signature == b"TF" && !matches!(telling, Telling::Section(_)) {
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

    /// Notes a number whose byte orders differ.
    pub(super) fn check(&mut self, both: Both, here: &Here, at: usize, what: &str) {
        if !both.agrees() {
            let start = here.image + at as u64;
            let message = format!("{what}: little-endian {}, big-endian {}", both.value, both.big);
            self.troubles.push(("structure/iso-both-endian", start..start + 8, message));
        }
    }
}

/// Where an entry lies.
pub(super) struct Here {
    /// In its area.
    at: usize,
    /// In the image.
    image: u64,
    /// Which area.
    area: usize,
}

impl Here {
    /// Bytes of the entry that a fact tells.
    pub(super) fn fact(&self, range: Range<usize>) -> Part {
        Part::fact(self.at + range.start..self.at + range.end)
    }

    /// A layout field of the entry.
    pub(super) fn layout(&self, range: Range<usize>, agrees: bool) -> Part {
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
pub(super) fn each(mut told: &[u8]) -> impl Iterator<Item = &[u8]> {
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
