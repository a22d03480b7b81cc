//! One directory or file of the catalog: its facts, its forks, its record.
//!
//! *Inside Macintosh: Files*, "Catalog File Data Records": 70 bytes for a directory, 102 for a file.

use super::Disk;
use super::btree::Leaf;
use super::extents::{self, Blocks, Overflow};
use super::node::data_start;
use super::record::CATALOG_RECORD;
use crate::model::claim::SLACK;
use crate::model::{
    ContentId, Declared, Fact, GapKind, Kind, NewNode, NodeId, Owner, Part, Stored, Structure,
    Value, Volume, field,
};
use crate::readers::macintosh;
use crate::source::{be16, be32};

/// Bytes of a directory record.
pub(super) const DIRECTORY_LENGTH: usize = 70;
/// Bytes of a file record.
pub(super) const FILE_LENGTH: usize = 102;

/// A directory or file as its record names it.
pub(super) struct Entry {
    /// Which leaf record it is.
    pub(super) leaf: usize,
    /// ID of the directory above.
    pub(super) parent: u32,
    /// Bytes of `MacRoman`.
    pub(super) name: Vec<u8>,
    /// Its own ID.
    pub(super) id: u32,
    /// Directory or file.
    pub(super) directory: bool,
}

/// The length byte of a key: layout that follows from the name. Some writers count the byte that
/// pads a key; where they do, the record is left with a mark that is not layout. `exact` is whether
/// the record is as long as its kind makes it.
pub(super) fn key_length(record: &mut [u8], exact: bool) -> Part {
    let name = record.get(6).copied().map_or(0, usize::from);
    let padded = (6 + name) | 1;
    match record.first_mut() {
        Some(length) if usize::from(*length) == 6 + name => Part::layout(0..1, exact),
        Some(length) if usize::from(*length) == padded => {
            *length = 1;
            Part::layout(0..0, exact)
        }
        _ => Part::layout(0..1, false),
    }
}

/// The fields of a record, told once: as facts and as parts of its bytes.
struct Telling<'a> {
    disk: &'a Disk<'a>,
    leaf: &'a Leaf,
    start: usize,
    facts: Vec<Fact>,
    parts: Vec<Part>,
    /// The record, with what is written in one of two ways marked by the way.
    record: Vec<u8>,
}

impl<'a> Telling<'a> {
    fn new(disk: &'a Disk<'a>, entry: &Entry, leaf: &'a Leaf, above: bool) -> Self {
        let start = data_start(&leaf.bytes);
        let length = if entry.directory { DIRECTORY_LENGTH } else { FILE_LENGTH };
        let exact = leaf.bytes.len() == start + length;
        let mut record = leaf.bytes.clone();
        let mut parts = vec![
            key_length(&mut record, exact),
            Part::fact(6..7 + entry.name.len()),
            Part::fact(start..start + 1),
        ];
        // The path tells the parent, unless the entry is shown below another one.
        if above {
            parts.push(Part::fact(2..6));
        }
        Self { disk, leaf, start, facts: Vec::new(), parts, record }
    }

    fn short(&self, at: usize) -> u16 {
        be16(&self.leaf.bytes, self.start + at).unwrap_or_default()
    }

    fn long(&self, at: usize) -> u32 {
        be32(&self.leaf.bytes, self.start + at).unwrap_or_default()
    }

    fn bytes(&self, at: std::ops::Range<usize>) -> &'a [u8] {
        self.leaf.bytes.get(self.start + at.start..self.start + at.end).unwrap_or_default()
    }

    fn told(&mut self, at: usize, length: usize) {
        self.parts.push(Part::fact(self.start + at..self.start + at + length));
    }

    /// Keeps a field that is zero, where it usually is not, apart from one that is layout.
    fn mark(&mut self, at: usize, length: usize) {
        let range = self.start + at..self.start + at + length;
        if let Some(bytes) = self.record.get_mut(range) {
            bytes.fill(0xff);
        }
    }

    fn layout(&mut self, at: usize, length: usize, agrees: bool) {
        self.parts.push(Part::layout(self.start + at..self.start + at + length, agrees));
    }

    /// Facts that are left out where they are zero.
    fn number(&mut self, field: crate::model::Field, value: u32) {
        if value != 0 {
            self.facts.push(Fact::number(field, value));
        }
    }

    /// Creation, modification and backup, which follow each other.
    fn dates(&mut self, at: usize, backup: crate::model::Field) {
        for (n, field) in [field::BIRTHTIME, field::MTIME, backup].into_iter().enumerate() {
            let date = self.long(at + 4 * n);
            if date != 0 {
                self.facts.push(Fact::new(field, macintosh::date(date)));
            }
        }
        self.told(at, 12);
    }

    fn raw(&mut self, field: crate::model::Field, bytes: &[u8]) {
        if bytes.iter().any(|&byte| byte != 0) {
            self.facts.push(Fact::new(field, Value::bytes(bytes)));
        }
    }

    fn defect(&self, rule: &'static str, at: usize, length: usize, message: String) -> Complaint {
        let start = self.leaf.at + (self.start + at) as u64;
        Complaint { rule, at: start..start + length as u64, message }
    }

    fn account(&self, owner: Owner, volume: &mut Volume) {
        volume.account(&Structure {
            view: self.disk.view,
            role: &CATALOG_RECORD,
            owner,
            at: self.leaf.at,
            bytes: &self.record,
            parts: &self.parts,
        });
    }
}

/// A defect that waits for its owner.
struct Complaint {
    rule: &'static str,
    at: std::ops::Range<u64>,
    message: String,
}

/// What a directory record says beside its Finder information: valence, ID, dates.
fn directory(
    telling: &mut Telling<'_>,
    inside: usize,
    backup: crate::model::Field,
) -> Option<Complaint> {
    let valence = telling.short(4);
    let agrees = usize::from(valence) == inside;
    telling.layout(4, 2, agrees);
    telling.told(2, 2);
    telling.told(6, 4);
    telling.dates(10, backup);
    telling.told(22, 32);
    let message = format!("directory: {valence} entries recorded, {inside} found");
    (!agrees).then(|| telling.defect("structure/hfs-count", 4, 2, message))
}

fn complain(complaint: Option<Complaint>, owner: Owner, volume: &mut Volume) {
    if let Some(Complaint { rule, at, message }) = complaint {
        volume.defect(rule, owner, Some(at), message);
    }
}

/// The root directory is the view itself: its facts are facts of the volume.
pub(super) fn enter_root(
    disk: &Disk<'_>,
    entry: &Entry,
    leaf: &Leaf,
    inside: usize,
    volume_name: &[u8],
    volume: &mut Volume,
) {
    let mut telling = Telling::new(disk, entry, leaf, true);
    let complaint = directory(&mut telling, inside, field::ROOT_BACKUP_TIME);
    telling.number(field::ROOT_ATTRIBUTES, u32::from(telling.short(2)));
    telling.raw(field::ROOT_FINDER_INFO, telling.bytes(22..54));
    for fact in std::mem::take(&mut telling.facts) {
        volume.add_fact(disk.view, fact.field, fact.value);
    }
    // The name of the root is that of the volume, which the master directory block tells.
    telling.parts.retain(|part| part.at.start != 6);
    let same = volume_name == entry.name;
    telling.parts.push(Part::layout(6..7 + entry.name.len(), same));
    if !same {
        let at = leaf.at + 6..leaf.at + 7 + entry.name.len() as u64;
        let message = "the name of the root directory is not that of the volume";
        volume.defect("structure/hfs-volume-header", Owner::Volume, Some(at), message);
    }
    complain(complaint, Owner::Volume, volume);
    telling.account(Owner::Volume, volume);
}

/// Adds a directory.
pub(super) fn enter_directory(
    disk: &Disk<'_>,
    entry: &Entry,
    leaf: &Leaf,
    inside: usize,
    parent: Option<NodeId>,
    above: bool,
    volume: &mut Volume,
) -> NodeId {
    let mut telling = Telling::new(disk, entry, leaf, above);
    let complaint = directory(&mut telling, inside, field::BACKUP_TIME);
    telling.facts.push(Fact::number(field::SERIAL, entry.id));
    telling.number(field::ATTRIBUTES, u32::from(telling.short(2)));
    telling.number(field::MAC_FLAGS, u32::from(telling.short(30)));
    let rest = [telling.bytes(22..30), telling.bytes(32..54)].concat();
    telling.raw(field::FINDER_INFO, &rest);
    let node = volume.add_node(NewNode {
        view: disk.view,
        parent,
        name: &macintosh::utf8(&entry.name),
        kind: Kind::Directory,
        content: None,
        facts: std::mem::take(&mut telling.facts),
    });
    complain(complaint, Owner::Node(node), volume);
    telling.account(Owner::Node(node), volume);
    node
}

/// Adds a file, its data fork, and its resource fork if it has one.
pub(super) fn enter_file(
    disk: &Disk<'_>,
    entry: &Entry,
    leaf: &Leaf,
    parent: Option<NodeId>,
    above: bool,
    (blocks, overflow): (&mut Blocks, &mut Overflow),
    volume: &mut Volume,
) -> NodeId {
    let mut telling = Telling::new(disk, entry, leaf, above);
    let kind = telling.bytes(4..8);
    telling.raw(field::MAC_TYPE, kind);
    telling.raw(field::MAC_CREATOR, telling.bytes(8..12));
    telling.number(field::MAC_FLAGS, u32::from(telling.short(12)));
    let rest = [telling.bytes(14..20), telling.bytes(56..72)].concat();
    telling.raw(field::FINDER_INFO, &rest);
    telling.told(4, 16);
    telling.told(56, 16);
    telling.dates(44, field::BACKUP_TIME);
    let flags = telling.bytes(2..3).first().copied().unwrap_or_default();
    telling.number(field::ATTRIBUTES, u32::from(flags));
    telling.told(2, 1);
    telling.facts.push(Fact::number(field::SERIAL, entry.id));
    telling.told(20, 4);
    telling.number(field::CLUMP_SIZE, u32::from(telling.short(72)));
    telling.told(72, 2);
    let mut complaints = Vec::new();
    let name = macintosh::utf8(&entry.name);
    let mut contents = Vec::new();
    for (fork, at, first, records) in [(0u8, 24, 74, "data"), (0xff, 34, 86, "resource")] {
        let triple = extents::triple(&leaf.bytes, telling.start + first).unwrap_or_default();
        let (logical, physical) = (telling.long(at + 2), telling.long(at + 6));
        let wanted = u64::from(physical).div_ceil(disk.unit) as u32;
        let runs = overflow.runs(&triple, entry.id, fork, wanted);
        let held = u64::from(extents::count(&runs)) * disk.unit;
        let agrees = held == u64::from(physical) && logical <= physical;
        let start = telling.short(at);
        let started = start == 0 || start == triple[0].0;
        if start == 0 && triple[0].0 != 0 {
            // Some writers leave it out. That they do is no layout.
            telling.mark(at, 2);
        } else {
            telling.layout(at, 2, started);
        }
        telling.layout(at + 2, 4, logical <= physical);
        telling.layout(at + 6, 4, agrees);
        telling.layout(first, extents::listed_length(&triple), agrees);
        if !agrees || !started {
            let message = format!(
                "{records} fork: {logical} bytes in {physical} allocated, extents hold {held}, first block {start} (extents: {})",
                triple[0].0
            );
            complaints.push(telling.defect("structure/hfs-extent", at, 10, message));
        }
        contents.push((fork, runs, u64::from(logical)));
    }
    let text = matches!(kind, b"TEXT" | b"ttro");
    let declared = if text { Declared::Text("macintosh") } else { Declared::Nothing };
    let node = volume.add_node(NewNode {
        view: disk.view,
        parent,
        name: &name,
        kind: Kind::File,
        content: None,
        facts: std::mem::take(&mut telling.facts),
    });
    for complaint in complaints {
        complain(Some(complaint), Owner::Node(node), volume);
    }
    telling.account(Owner::Node(node), volume);
    for (fork, runs, logical) in contents {
        let who = format!("file {}", entry.id);
        blocks.take(disk, &runs, &who, Owner::Node(node), volume);
        if fork == 0 {
            let content = add_content(disk, &runs, logical, declared, node, volume);
            if let Some(node) = volume.nodes.get_mut(node.0 as usize) {
                node.set_content(Some(content));
            }
        } else if logical != 0 || !runs.is_empty() {
            let declared = Declared::Container("resource-fork");
            let content = add_content(disk, &runs, logical, declared, node, volume);
            let fork = |parent, name, content| NewNode {
                view: disk.view,
                parent: Some(parent),
                name,
                kind: Kind::Fork,
                content,
                facts: Vec::new(),
            };
            let folder = volume.add_node(fork(node, b"..namedfork", None));
            volume.add_node(fork(folder, b"rsrc", Some(content)));
        }
    }
    node
}

/// Adds the content of a fork and claims its blocks: the used bytes as content, the others as slack.
fn add_content(
    disk: &Disk<'_>,
    runs: &[(u16, u16)],
    logical: u64,
    declared: Declared,
    node: NodeId,
    volume: &mut Volume,
) -> ContentId {
    let used = extents::bytes(disk, runs, logical);
    let held: u64 = used.iter().map(|extent| extent.length).sum();
    let end = used.iter().map(|extent| extent.start + extent.length).max().unwrap_or_default();
    if held < logical || end > disk.source.len() {
        let here = disk.source.len();
        let message = format!(
            "a fork of {logical} bytes: its extents hold {held} and end at {end}, the data end at {here}"
        );
        volume.unread(GapKind::Damaged, Owner::Node(node), None, message);
    }
    let mut left = held;
    let all = extents::bytes(disk, runs, u64::MAX);
    let stored = Stored { extents: used.into(), size: Some(held), declared, ..Stored::default() };
    // Allocation blocks do not start at multiples of their size, so slack is claimed here.
    let content = volume.add_claimed_content(disk.view, stored, 1);
    for extent in all {
        let inside = extent.length.min(left);
        left -= inside;
        let range = extent.start + inside..extent.start + extent.length;
        volume.claim(disk.view, range, &SLACK, Owner::Content(content));
    }
    content
}
