//! A directory tree: primary, supplementary (Joliet) or enhanced, as its directory records tell it.
//!
//! ECMA-119 6.8 and 9; Joliet Specification 1.0 for identifiers in UCS-2. The system use fields of a
//! tree with Rock Ridge are left to [`super::rock_ridge`], which walks the same directories again in
//! their logical order.

use std::collections::HashMap;

use super::directory::{Told, system_use};
use super::field::{from_ucs2, short_date};
use super::image::{Image, Placed};
use super::record::{ASSOCIATED, DIRECTORY, MORE, Record, group_end, scan};
use super::xa;
use crate::model::fact::{Fact, Value, field};
use crate::model::{GapKind, Kind, NewNode, NodeId, Owner, Role, ViewId};
use crate::readers::Spent;

static DIRECTORY_EXTENT: Role = Role::structure("directory");

/// Bytes of directories that are read in one tree: those of some two million files.
const MOST_HELD: u64 = 256 << 20;

/// How identifiers are spelled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Naming {
    /// Bytes.
    Plain,
    /// UCS-2 or UTF-16, big-endian.
    Ucs2,
}

/// A directory. Its bytes are read when their turn comes and not held: on a disc with many files,
/// all directories take as much as the rest of what is known of them.
pub(super) struct Directory {
    /// First logical block.
    pub(super) block: u32,
    /// Bytes recorded.
    pub(super) size: u32,
    /// Offset of its extent in the image.
    pub(super) at: u64,
    /// Its entry; `None` for the root.
    pub(super) node: Option<NodeId>,
    /// Index of the directory above; the root's own for the root.
    pub(super) parent: usize,
    /// Its record in the directory above; `None` for the root.
    pub(super) record: Option<Record>,
    /// The bytes of that record.
    pub(super) own: Box<[u8]>,
    /// The date of its record, or of its own first record for the root.
    pub(super) date: Vec<u8>,
    /// The XA field of the same record.
    pub(super) xa: Vec<u8>,
}

impl Directory {
    /// Its extent, as far as the image holds it.
    fn read(&self, image: &mut Image<'_>, view: ViewId) -> Result<Vec<u8>, Spent> {
        let (at, size) = (self.at, u64::from(self.size));
        let bytes = image.read(at, size)?;
        let end = at + bytes.len() as u64;
        if end < at + size {
            image.outside(self.owner(), end..at + size, "directory");
        }
        image.furthest = image.furthest.max(end);
        image.volume.claim(view, at..end, &DIRECTORY_EXTENT, self.owner());
        Ok(bytes)
    }

    /// Owner of what belongs to the directory as a whole.
    pub(super) fn owner(&self) -> Owner {
        self.node.map_or(Owner::Volume, Owner::Node)
    }
}

/// The records of one entry and their neighbours in the directory.
#[derive(Clone, Copy)]
struct Group<'r> {
    records: &'r [Record],
    before: Option<&'r Record>,
    after: Option<&'r Record>,
}

impl<'r> Group<'r> {
    /// Records whose neighbours do not matter.
    const fn alone(records: &'r [Record]) -> Self {
        Self { records, before: None, after: None }
    }
}

/// A tree as recorded: relocated directories stand where they lie.
pub(super) struct Tree {
    pub(super) view: ViewId,
    naming: Naming,
    /// Breadth first; the root is the first.
    pub(super) directories: Vec<Directory>,
    /// Index of the directory that starts at a logical block.
    pub(super) by_block: HashMap<u32, usize>,
    /// Bytes of each system use field that do not belong to it; `None` without Rock Ridge.
    pub(super) skip: Option<usize>,
    /// Number of the volume in its set.
    pub(super) sequence: u32,
    /// Bytes of all directories.
    held: u64,
}

impl Tree {
    /// An empty tree below a root directory.
    pub(super) fn new(view: ViewId, naming: Naming, sequence: u32) -> Self {
        Self {
            view,
            naming,
            directories: Vec::new(),
            by_block: HashMap::new(),
            skip: None,
            sequence,
            held: 0,
        }
    }

    /// The identifier of a directory as its record has it; one zero byte for the root.
    pub(super) fn identifier(&self, index: usize) -> &[u8] {
        let Some(directory) = self.directories.get(index) else { return &[] };
        directory.record.map_or(&[0], |record| record.alone().name(&directory.own))
    }

    /// The date in the root's own record.
    pub(super) fn root_date(&self) -> Option<&[u8]> {
        self.directories.first().map(|root| root.date.as_slice())
    }

    /// Reads everything below the root.
    pub(super) fn read(
        &mut self,
        image: &mut Image<'_>,
        block: u32,
        size: u32,
        skip_of: impl Fn(&[u8]) -> Option<usize>,
    ) -> Result<(), Spent> {
        self.enter(image, block, size, None, 0, None);
        let mut records = Vec::new();
        let mut rest = Vec::new();
        let mut own_parents = 0;
        let mut index = 0;
        while let Some(directory) = self.directories.get_mut(index) {
            let bytes = directory.read(image, self.view)?;
            if index == 0 {
                // Rock Ridge is not known yet; with it, what stands in XA's place is compared as
                // system use.
                directory.xa = xa::own(&bytes).to_vec();
                directory.date = bytes.get(18..25).unwrap_or_default().to_vec();
                self.skip = skip_of(&bytes);
            }
            scan(&bytes, &mut records, &mut rest);
            let outcome = self.entries(image, index, &bytes, &records, &mut own_parents);
            self.between(image, index, &bytes, &rest);
            outcome?;
            index += 1;
        }
        if own_parents > 0 {
            // What libisofs writes into every Joliet tree: one note for all of them.
            let message = format!("{own_parents} directories name themselves as their parent");
            image.volume.defect("structure/iso-own-parent", Owner::Volume, None, message);
        }
        Ok(())
    }

    /// Takes a directory into the list, unless it is there already.
    fn enter(
        &mut self,
        image: &mut Image<'_>,
        block: u32,
        size: u32,
        node: Option<NodeId>,
        parent: usize,
        record: Option<(Record, &[u8])>,
    ) {
        let owner = node.map_or(Owner::Volume, Owner::Node);
        let skipped = record.map_or(0, |(record, _)| record.attribute_blocks);
        let at = image.offset(block) + u64::from(skipped) * image.block;
        let end = at + u64::from(size);
        if self.by_block.contains_key(&block) {
            let message = format!("directory at block {block} is recorded twice in one tree");
            image.volume.defect("structure/iso-directory-loop", owner, Some(at..end), message);
            return;
        }
        // No two directories share bytes, so all of them are no larger than the image.
        self.held = self.held.saturating_add(u64::from(size).min(image.length()));
        if self.held > image.length().min(MOST_HELD) {
            let message = format!("{} bytes of directories in one tree", self.held);
            image.volume.unread(GapKind::Limit, owner, Some(at..end), message);
            return;
        }
        self.by_block.insert(block, self.directories.len());
        let date = record.map_or(&[][..], |(record, above)| record.date(above)).to_vec();
        let xa = record.map_or(&[][..], |(record, above)| self.xa_of(above, &record)).to_vec();
        let own = record.and_then(|(record, above)| above.get(record.range())).unwrap_or_default();
        let own = own.into();
        let record = record.map(|(record, _)| record);
        self.directories.push(Directory { block, size, at, node, parent, record, own, date, xa });
    }

    fn entries(
        &mut self,
        image: &mut Image<'_>,
        index: usize,
        bytes: &[u8],
        records: &[Record],
        own_parents: &mut u64,
    ) -> Result<(), Spent> {
        // Associated files stand before the file they belong to.
        let mut associated: Vec<(usize, usize)> = Vec::new();
        self.own_records(image, index, bytes, records, own_parents);
        let mut at = 0;
        while let Some(first) = records.get(at) {
            let end = group_end(records, bytes, at);
            let group = records.get(at..end).unwrap_or_default();
            if matches!(first.name(bytes), [0 | 1]) {
                if at > 1 {
                    self.stray(image, index, bytes, first);
                }
                at = end;
                continue;
            }
            let owns_previous = |&(from, _): &(usize, usize)| {
                records.get(from).is_some_and(|fork| fork.name(bytes) == first.name(bytes))
            };
            if !associated.first().is_some_and(owns_previous) {
                self.lone_forks(image, index, bytes, records, &mut associated)?;
            }
            if first.flags & ASSOCIATED != 0 && !first.is_directory() {
                associated.push((at, end));
                at = end;
                continue;
            }
            let before = at.checked_sub(1).and_then(|i| records.get(i));
            let group = Group { records: group, before, after: records.get(end) };
            let parent = self.directories.get(index).and_then(|directory| directory.node);
            let node = self.entry(image, index, bytes, group, parent, None)?;
            for (from, to) in associated.drain(..) {
                let fork = records.get(from..to).unwrap_or_default();
                let name = Some(&b"associated"[..]);
                self.entry(image, index, bytes, Group::alone(fork), Some(node), name)?;
            }
            if first.is_directory() {
                let (block, size) = (first.extent.value, first.size.value);
                self.enter(image, block, size, Some(node), index, Some((*first, bytes)));
            }
            at = end;
        }
        self.lone_forks(image, index, bytes, records, &mut associated)
    }

    /// Associated files without a file to belong to.
    fn lone_forks(
        &mut self,
        image: &mut Image<'_>,
        index: usize,
        bytes: &[u8],
        records: &[Record],
        forks: &mut Vec<(usize, usize)>,
    ) -> Result<(), Spent> {
        let parent = self.directories.get(index).and_then(|directory| directory.node);
        for (from, to) in forks.drain(..) {
            let fork = records.get(from..to).unwrap_or_default();
            self.entry(image, index, bytes, Group::alone(fork), parent, None)?;
        }
        Ok(())
    }

    /// Adds the entry of a group of records and accounts for them.
    fn entry(
        &mut self,
        image: &mut Image<'_>,
        index: usize,
        bytes: &[u8],
        group: Group<'_>,
        parent: Option<NodeId>,
        name: Option<&[u8]>,
    ) -> Result<NodeId, Spent> {
        image.budget.entry()?;
        let Some(first) = group.records.first() else { return Ok(NodeId(0)) };
        let last = group.records.last().unwrap_or(first);
        let mut facts = Vec::with_capacity(3);
        facts.extend(short_date(first.date(bytes)).map(|date| Fact::new(field::RECORDED, date)));
        let expected = if first.is_directory() { DIRECTORY } else { 0 };
        if last.flags != expected {
            facts.push(Fact::number(field::FLAGS, last.flags));
        }
        let raw = first.name(bytes);
        let owned;
        let shown: &[u8] = match name {
            Some(name) => {
                facts.push(Fact::new(field::RAW_NAME, Value::bytes(raw)));
                name
            }
            None if self.naming == Naming::Plain => {
                let short = self.without_version(bytes, first, group);
                if short.len() != raw.len() {
                    facts.push(Fact::number(field::FILE_VERSION, 1));
                }
                short
            }
            None => {
                let short = self.without_version(bytes, first, group);
                owned = from_ucs2(short);
                if short.len() != raw.len() {
                    facts.push(Fact::number(field::FILE_VERSION, 1));
                }
                if raw.len() % 2 != 0 {
                    facts.push(Fact::new(field::RAW_NAME, Value::bytes(raw)));
                }
                &owned
            }
        };
        if self.has_xa(bytes, first) {
            xa::facts(system_use(bytes, first), &mut facts);
        }
        let foreign = group
            .records
            .iter()
            .find(|record| record.sequence.value != self.sequence && record.size.value > 0);
        let placed = if first.is_directory() || foreign.is_some() {
            Placed { content: None, outside: None, interleaved: false }
        } else {
            image.place(self.view, group.records)
        };
        let kind = match (first.is_directory(), first.flags & ASSOCIATED != 0) {
            (true, _) => Kind::Directory,
            (false, true) => Kind::Fork,
            _ => Kind::File,
        };
        let content = placed.content;
        let new = NewNode { view: self.view, parent, name: shown, kind, content, facts };
        let node = image.volume.add_node(new);
        self.troubles(image, node, first, last, &placed, foreign);
        for record in group.records {
            let is_first = record.start == first.start;
            let told = Told {
                xa: is_first || self.xa_of(bytes, record) == self.xa_of(bytes, first),
                date: is_first || record.date(bytes) == first.date(bytes),
                flags: (record.flags != last.flags)
                    .then_some(record.flags & !MORE == last.flags & !MORE),
            };
            self.account(image, index, bytes, record, Owner::Node(node), told);
        }
        Ok(node)
    }

    fn troubles(
        &self,
        image: &mut Image<'_>,
        node: NodeId,
        first: &Record,
        last: &Record,
        placed: &Placed,
        foreign: Option<&Record>,
    ) {
        let owner = Owner::Node(node);
        let start = image.offset(first.extent.value);
        let range = start..start + u64::from(first.size.value);
        if let Some(outside) = placed.outside.clone() {
            image.outside(owner, outside, "extent of a file");
        }
        if let Some(record) = foreign {
            let message = format!(
                "recorded on volume {} of the set, this is volume {}",
                record.sequence.value, self.sequence
            );
            image.volume.unread(GapKind::Unsupported, owner, None, message);
        }
        if placed.interleaved {
            let message = "interleaved recording (file unit size and gap) is not read";
            image.volume.unread(GapKind::Unsupported, owner, Some(range), message);
        }
        if last.goes_on() {
            let message = "the last extent of a file says that another follows";
            image.volume.defect("structure/iso-file-section-missing", owner, None, message);
        }
    }

    /// The identifier without `;1`, unless a neighbour is another version of the same name.
    fn without_version<'b>(
        &self,
        bytes: &'b [u8],
        record: &Record,
        Group { before, after, .. }: Group<'_>,
    ) -> &'b [u8] {
        let name = record.name(bytes);
        let (suffix, mark): (&[u8], &[u8]) = match self.naming {
            Naming::Plain => (b";1", b";"),
            Naming::Ucs2 => (b"\0;\x001", b"\0;"),
        };
        if record.is_directory() {
            return name;
        }
        let Some(base) = name.strip_suffix(suffix).filter(|base| !base.is_empty()) else {
            return name;
        };
        let other_version = |other: Option<&Record>| {
            other.is_some_and(|other| {
                let other = other.name(bytes);
                other != name && other.strip_prefix(base).is_some_and(|rest| rest.starts_with(mark))
            })
        };
        if other_version(before) || other_version(after) { name } else { base }
    }
}
