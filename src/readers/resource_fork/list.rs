//! The map of a resource fork: types, references, names, and the data they point at.
//!
//! A resource is a child of its type: `TEXT/128`. Counts and offsets are layout; what a reference
//! keeps for a handle in memory, and bytes 16 to 21 of the map, are residue.

use std::collections::HashMap;
use std::ops::Range;

use super::Header;
use crate::model::{
    Declared, Fact, GapKind, Kind, NewNode, NodeId, Owner, Part, Role, Stored, Structure, Value,
    ViewId, Volume, field,
};
use crate::readers::{Budget, Spent, macintosh};
use crate::source::{Source, be16, be32, read_exact};

static MAP: Role = Role::structure("resource map");
static TYPES: Role = Role::structure("resource types");
static REFERENCE: Role = Role::structure("resource reference");
static NAME: Role = Role::structure("resource name");
static LENGTH: Role = Role::structure("resource length");

/// Bytes of the map before the type list.
const FIXED: usize = 28;
const TYPE_LENGTH: usize = 8;
const REFERENCE_LENGTH: usize = 12;
/// The attribute bit of a compressed resource, and how its data begin.
const COMPRESSED: u8 = 0x01;
const COMPRESSED_MAGIC: &[u8] = &[0xa8, 0x9f, 0x65, 0x72];

/// Types whose data are text, and types whose data hold strings among other things.
const TEXTS: [&[u8]; 1] = [b"TEXT"];
const TEXT_RECORDS: [&[u8]; 5] = [b"STR ", b"STR#", b"vers", b"MENU", b"DITL"];

/// A map that is being read.
pub(super) struct List<'a> {
    source: &'a dyn Source,
    view: ViewId,
    header: Header,
    map: &'a [u8],
    volume: &'a mut Volume,
    /// Which bytes of the map were told: lists that overlap must not be read for ever.
    told: Vec<bool>,
    /// Where the type list and the names start, from the start of the map.
    types: usize,
    names: usize,
    /// Where the data of each resource lie, length included.
    spans: Vec<(Range<u64>, NodeId)>,
    ids: HashMap<([u8; 4], i16), u64>,
}

impl<'a> List<'a> {
    /// Takes the map of a fork whose header is `first`, and tells its fixed part.
    pub(super) fn new(
        source: &'a dyn Source,
        view: ViewId,
        header: Header,
        first: &[u8],
        map: &'a [u8],
        volume: &'a mut Volume,
    ) -> Self {
        let at = |at| be16(map, at).map_or(0, usize::from);
        let (types, names) = (at(24), at(26));
        let list = Self {
            source,
            view,
            header,
            map,
            volume,
            told: vec![false; map.len()],
            types,
            names,
            spans: Vec::new(),
            ids: HashMap::new(),
        };
        let mut parts = Vec::new();
        let copy = map.get(..16).unwrap_or_default();
        // The copy is zero in forks that were never opened for writing.
        let repeats = copy == first;
        if repeats {
            parts.push(Part::layout(0..16, true));
        } else if copy.iter().any(|&byte| byte != 0) {
            list.volume.defect(
                "structure/resource-header",
                Owner::Volume,
                Some(header.map..header.map + 16),
                "the copy of the header at the start of the map differs from the header",
            );
        }
        let attributes = be16(map, 22).unwrap_or_default();
        if attributes != 0 {
            list.volume.add_fact(view, field::ATTRIBUTES, Value::Number(attributes.into()));
        }
        parts.push(Part::fact(22..24));
        let types_fit = types >= FIXED && types + 2 <= map.len();
        let names_fit = names >= FIXED && names <= map.len();
        parts.push(Part::layout(24..26, types_fit));
        parts.push(Part::layout(26..28, names_fit));
        if !types_fit || !names_fit {
            let message =
                format!("type list at {types}, names at {names}, in a map of {} bytes", map.len());
            let range = header.map + 24..header.map + 28;
            list.volume.defect("structure/resource-map", Owner::Volume, Some(range), message);
        }
        list.volume.structure(&Structure {
            view,
            role: &MAP,
            owner: Owner::Volume,
            at: header.map,
            bytes: map.get(..FIXED).unwrap_or_default(),
            parts: &parts,
        });
        list
    }

    /// Reads all types and resources.
    pub(super) fn read(mut self, budget: &mut Budget) -> Result<(), Spent> {
        self.tell(0..FIXED);
        // The count is one less than what it counts.
        let Some(recorded) = be16(self.map, self.types).filter(|_| self.types >= FIXED) else {
            self.unread(self.types, "there is no type list");
            return Ok(());
        };
        let count = usize::from(recorded.wrapping_add(1));
        let room = (self.map.len() - self.types - 2) / TYPE_LENGTH;
        let agrees = count <= room;
        let range = self.types..self.types + 2;
        self.tell(range.clone());
        self.structure(&TYPES, Owner::Volume, range, &[Part::layout(0..2, agrees)]);
        if !agrees {
            let message = format!("{count} types, room for {room}");
            self.complain("structure/resource-map", self.types, 2, Owner::Volume, &message);
            self.unread(self.types, &message);
        }
        let mut references = 0;
        for n in 0..count.min(room) {
            references += self.one_type(n, budget)?;
        }
        let expected = self.types + 2 + TYPE_LENGTH * count + REFERENCE_LENGTH * references;
        if self.names != expected && self.names <= self.map.len() {
            // A list of names may stand anywhere behind the references, but not among them.
            if self.names < expected {
                let message = format!("names at {}, references end at {expected}", self.names);
                self.complain("structure/resource-map", 26, 2, Owner::Volume, &message);
                self.volume.distrust_layout(self.view);
            }
        }
        self.overlaps();
        Ok(())
    }

    /// Reads the n-th type and its references, and returns how many there are.
    fn one_type(&mut self, n: usize, budget: &mut Budget) -> Result<usize, Spent> {
        let at = self.types + 2 + TYPE_LENGTH * n;
        let Some(entry) = self.map.get(at..at + TYPE_LENGTH) else { return Ok(0) };
        let Some(&kind) = entry.first_chunk::<4>() else { return Ok(0) };
        let count = usize::from(be16(entry, 4).unwrap_or_default()) + 1;
        let list = self.types + be16(entry, 6).map_or(0, usize::from);
        let room = self.map.len().saturating_sub(list) / REFERENCE_LENGTH;
        let fits = count <= room;
        budget.entry()?;
        let node = self.volume.add_node(NewNode {
            view: self.view,
            parent: None,
            name: &macintosh::utf8(&kind),
            kind: Kind::Directory,
            content: None,
            facts: vec![Fact::new(field::RESOURCE_TYPE, Value::bytes(&kind))],
        });
        if self.tell(at..at + TYPE_LENGTH) {
            let parts = [Part::fact(0..4), Part::layout(4..6, fits), Part::layout(6..8, fits)];
            self.structure(&TYPES, Owner::Node(node), at..at + TYPE_LENGTH, &parts);
        }
        if !fits {
            let message = format!("{count} references at {list}, room for {room}");
            self.complain("structure/resource-map", at + 4, 4, Owner::Node(node), &message);
            self.unread(list, &message);
        }
        let mut read = 0;
        for n in 0..count.min(room) {
            let at = list + REFERENCE_LENGTH * n;
            if !self.tell(at..at + REFERENCE_LENGTH) {
                let message = "references overlap other parts of the map";
                self.complain("structure/resource-map", at, 12, Owner::Node(node), message);
                self.unread(at, message);
                break;
            }
            self.reference(at, kind, node, budget)?;
            read += 1;
        }
        Ok(read)
    }

    /// Reads one reference: the resource, its name and where its data lie.
    fn reference(
        &mut self,
        at: usize,
        kind: [u8; 4],
        parent: NodeId,
        budget: &mut Budget,
    ) -> Result<(), Spent> {
        budget.entry()?;
        let Some(entry) = self.map.get(at..at + REFERENCE_LENGTH) else { return Ok(()) };
        let id = be16(entry, 0).unwrap_or_default().cast_signed();
        let name_at = be16(entry, 2).unwrap_or_default();
        let word = be32(entry, 4).unwrap_or_default();
        let [attributes, ..] = word.to_be_bytes();
        let offset = u64::from(word & 0x00ff_ffff);
        let mut facts = vec![
            Fact::new(field::RESOURCE_TYPE, Value::bytes(&kind)),
            Fact::number(field::RESOURCE_ID, id),
        ];
        if attributes != 0 {
            facts.push(Fact::number(field::RESOURCE_ATTRIBUTES, attributes));
        }
        let name = (name_at != 0xffff).then(|| self.names + usize::from(name_at));
        let bytes = name.map(|at| {
            let length = self.map.get(at).copied().map_or(0, usize::from);
            self.map.get(at..at + 1 + length).filter(|bytes| !bytes.is_empty())
        });
        if let Some(Some(name)) = bytes {
            let text = macintosh::utf8(name.get(1..).unwrap_or_default());
            facts.push(Fact::new(field::RESOURCE_NAME, Value::bytes(&text)));
        }
        let (stored, start) = self.data(offset);
        let node = self.volume.add_node(NewNode {
            view: self.view,
            parent: Some(parent),
            name: id.to_string().as_bytes(),
            kind: Kind::Resource,
            content: None,
            facts,
        });
        let owner = Owner::Node(node);
        let name_fits = bytes != Some(None);
        let mut parts = vec![
            Part::fact(0..2),
            Part::layout(2..4, name_fits),
            Part::fact(4..5),
            Part::layout(5..8, stored.is_ok()),
        ];
        if !name_fits {
            let message = format!("{}: the name lies outside the map", who(kind, id));
            self.complain("structure/resource-map", at + 2, 2, owner, &message);
            parts.retain(|part| part.at != (2..4));
        }
        self.structure(&REFERENCE, owner, at..at + REFERENCE_LENGTH, &parts);
        if let (Some(at), Some(Some(name))) = (name, bytes) {
            let range = at..at + name.len();
            if self.tell(range.clone()) {
                self.structure(&NAME, owner, range, &[Part::fact(0..name.len())]);
            }
        }
        let here = self.header.map + at as u64;
        if let Some(before) = self.ids.insert((kind, id), here) {
            let message =
                format!("{} is also the resource of the reference at {before}", who(kind, id));
            self.complain("structure/resource-duplicate", at, 2, owner, &message);
        }
        match stored {
            Ok((length, prefix)) => {
                self.content(start, length, &prefix, kind, attributes, node);
            }
            Err(message) => {
                let message = format!("{}: {message}", who(kind, id));
                self.complain("structure/resource-data", at + 5, 3, owner, &message);
                let range = Some(start..start.saturating_add(4));
                self.volume.unread(GapKind::Damaged, owner, range, message);
            }
        }
        Ok(())
    }

    /// The length of the data at an offset of the data area, if all of them lie in it.
    fn data(&self, offset: u64) -> (Result<(u64, Vec<u8>), String>, u64) {
        let start = self.header.data + offset;
        let end = self.header.data_end().min(self.source.len());
        let found = read_exact(self.source, start, 4).map_err(|error| error.to_string());
        let found = found.and_then(|prefix| {
            let length = be32(&prefix, 0).map_or(0, u64::from);
            if start + 4 + length > end {
                return Err(format!(
                    "data at {start} of {length} bytes, the data area ends at {end}"
                ));
            }
            Ok((length, prefix))
        });
        (found, start)
    }

    fn content(
        &mut self,
        start: u64,
        length: u64,
        prefix: &[u8],
        kind: [u8; 4],
        attributes: u8,
        node: NodeId,
    ) {
        let packed = attributes & COMPRESSED != 0
            && read_exact(self.source, start + 4, length.min(4))
                .is_ok_and(|head| head == COMPRESSED_MAGIC);
        let declared = if packed {
            Declared::Binary
        } else if TEXTS.contains(&&kind[..]) {
            Declared::Text("macintosh")
        } else if &kind == b"utf8" {
            Declared::Text("utf-8")
        } else if TEXT_RECORDS.contains(&&kind[..]) {
            Declared::TextRecords("macintosh")
        } else {
            Declared::Opaque
        };
        self.volume.structure(&Structure {
            view: self.view,
            role: &LENGTH,
            owner: Owner::Node(node),
            at: start,
            bytes: prefix,
            parts: &[Part::layout(0..4, true)],
        });
        let stored = Stored { declared, ..Stored::plain(start + 4, length) };
        let content = self.volume.add_claimed_content(self.view, stored, 1);
        if let Some(node) = self.volume.nodes.get_mut(node.0 as usize) {
            node.set_content(Some(content));
        }
        if packed {
            let name = String::from_utf8_lossy(&macintosh::utf8(&kind)).into_owned();
            let message = format!("the {name} resource is compressed; its contents are not read");
            let range = Some(start + 4..start + 4 + length);
            self.volume.unread(GapKind::Unsupported, Owner::Node(node), range, message);
        }
        self.spans.push((start..start + 4 + length, node));
    }

    /// Says which resources share bytes.
    fn overlaps(&mut self) {
        self.spans.sort_by_key(|(span, node)| (span.start, span.end, *node));
        let mut end = 0;
        for (span, node) in std::mem::take(&mut self.spans) {
            if span.start < end {
                let range = Some(span.start..end.min(span.end));
                let message = "the data of this resource are also those of another";
                let owner = Owner::Node(node);
                self.volume.defect("structure/resource-overlap", owner, range, message);
            }
            end = end.max(span.end);
        }
    }

    /// Marks bytes of the map as told; false, and nothing is marked, if some already were.
    fn tell(&mut self, range: Range<usize>) -> bool {
        match self.told.get_mut(range) {
            Some(told) if told.iter().all(|told| !told) => {
                told.fill(true);
                true
            }
            _ => false,
        }
    }

    fn structure(
        &mut self,
        role: &'static Role,
        owner: Owner,
        range: Range<usize>,
        parts: &[Part],
    ) {
        self.volume.structure(&Structure {
            view: self.view,
            role,
            owner,
            at: self.header.map + range.start as u64,
            bytes: self.map.get(range).unwrap_or_default(),
            parts,
        });
    }

    fn complain(
        &mut self,
        rule: &'static str,
        at: usize,
        length: u64,
        owner: Owner,
        message: &str,
    ) {
        let start = self.header.map + at as u64;
        self.volume.defect(rule, owner, Some(start..start + length), message);
    }

    fn unread(&mut self, at: usize, message: &str) {
        let start = self.header.map + at as u64;
        let message = format!("resource map: {message}");
        self.volume.unread(GapKind::Damaged, Owner::Volume, Some(start..start + 2), message);
    }
}

/// A resource in messages.
fn who(kind: [u8; 4], id: i16) -> String {
    format!("{} {id}", String::from_utf8_lossy(&macintosh::utf8(&kind)))
}
