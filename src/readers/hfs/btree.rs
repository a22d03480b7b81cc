//! A B*-tree: every node reached from the root, its links, its header and its map of used nodes.
//!
//! *Inside Macintosh: Files*, "B*-Trees". Node 0 is the header: a record about the tree, one that is
//! reserved, and a map with one bit for each node, which map nodes continue. Everything but the leaf
//! records is layout, which `account` recomputes; the leaf records are handed to the caller, in the
//! order of the tree.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::extents::{self, Run};
use super::node::{self, DESCRIPTOR, Node, SIZE, data_start};
use super::{Disk, catalog};
use crate::model::{Extent, GapKind, Owner, Role, Volume};
use crate::readers::{Budget, Spent};
use crate::source::{be16, be32, read_exact};

/// What the two trees of a volume differ in.
pub(super) struct Tree {
    /// Its name in messages.
    pub(super) name: &'static str,
    /// Longest key, as the header records it and every index key is padded to.
    pub(super) key_length: u8,
    /// The bytes of a key that mean something, its length byte included.
    pub(super) meaning: fn(&[u8]) -> usize,
    /// Order of two keys, where it can be told.
    pub(super) compare: fn(&[u8], &[u8]) -> Option<Ordering>,
    /// The whole file.
    pub(super) role: &'static Role,
    /// Descriptor, index records and offsets of a node.
    pub(super) node: &'static Role,
    /// What no record uses.
    pub(super) free: &'static Role,
}

static EXTENTS_TREE: Role = Role::structure("extents tree");
static EXTENTS_NODE: Role = Role::structure("extents node");
static EXTENTS_FREE: Role = Role::structure("free space of the extents tree");
static CATALOG_TREE: Role = Role::structure("catalog tree");
static CATALOG_NODE: Role = Role::structure("catalog node");
static CATALOG_FREE: Role = Role::structure("free space of the catalog tree");

/// The extents tree: keys of fork, file and block.
pub(super) static EXTENTS: Tree = Tree {
    name: "extents tree",
    key_length: 7,
    meaning: |_| 8,
    compare: |a, b| {
        let key = |k: &[u8]| Some((be32(k, 2)?, k.get(1).copied()?, be16(k, 6)?));
        Some(key(a)?.cmp(&key(b)?))
    },
    role: &EXTENTS_TREE,
    node: &EXTENTS_NODE,
    free: &EXTENTS_FREE,
};

/// The catalog tree: keys of parent directory and name.
pub(super) static CATALOG: Tree = Tree {
    name: "catalog tree",
    key_length: 37,
    meaning: |key| 7 + usize::from(key.get(6).copied().unwrap_or_default()),
    compare: catalog::compare,
    role: &CATALOG_TREE,
    node: &CATALOG_NODE,
    free: &CATALOG_FREE,
};

/// A leaf record.
pub(super) struct Leaf {
    /// Offset in the volume, bytes.
    pub(super) at: u64,
    /// Key and data.
    pub(super) bytes: Vec<u8>,
}

impl Leaf {
    /// The key behind its length byte, padding included.
    pub(super) fn key(&self) -> &[u8] {
        self.bytes.get(1..data_start(&self.bytes)).unwrap_or_default()
    }

    /// What the key stands for.
    pub(super) fn value(&self) -> &[u8] {
        self.bytes.get(data_start(&self.bytes)..).unwrap_or_default()
    }
}

/// Reads the tree in `runs` and accounts for all of it but the leaf records.
pub(super) fn read(
    tree: &'static Tree,
    disk: &Disk<'_>,
    runs: &[Run],
    volume: &mut Volume,
    budget: &mut Budget,
) -> Result<Vec<Leaf>, Spent> {
    let extents = extents::bytes(disk, runs, u64::MAX);
    for extent in &extents {
        let range = extent.start..extent.start + extent.length;
        volume.claim(disk.view, range, tree.role, Owner::Volume);
    }
    let size: u64 = extents.iter().map(|extent| extent.length).sum();
    let here = size.min(disk.source.len());
    let total = (here / SIZE as u64) as usize;
    let mut starts = Vec::with_capacity(extents.len());
    let mut number = 0;
    for extent in &extents {
        starts.push(number);
        number += extent.length / SIZE as u64;
    }
    let mut reading = Reading {
        tree,
        disk,
        extents,
        starts,
        recorded: (size / SIZE as u64) as u32,
        used: vec![false; total],
        nodes: Vec::new(),
        by_number: HashMap::new(),
        volume,
        budget,
    };
    let Some(header) = reading.fetch(0)? else { return Ok(Vec::new()) };
    let maps = reading.map_nodes(&header)?;
    let root = be32(&header.bytes, DESCRIPTOR + 2).unwrap_or_default();
    let depth = be16(&header.bytes, DESCRIPTOR).unwrap_or_default();
    reading.descend(root, depth)?;
    reading.stragglers(&header)?;
    reading.siblings();
    reading.header(&header, &maps);
    let leaves = reading.leaves();
    reading.account(&leaves)?;
    Ok(leaves)
}

/// A tree that is being read.
pub(super) struct Reading<'a, 'd> {
    pub(super) tree: &'static Tree,
    pub(super) disk: &'a Disk<'d>,
    pub(super) extents: Vec<Extent>,
    /// The node at which each extent starts.
    pub(super) starts: Vec<u64>,
    /// Nodes that the extents hold.
    pub(super) recorded: u32,
    /// Which nodes were reached; those that the source does not hold have no place here.
    pub(super) used: Vec<bool>,
    /// Index and leaf nodes in the order of the tree.
    pub(super) nodes: Vec<Node>,
    pub(super) by_number: HashMap<u32, usize>,
    pub(super) volume: &'a mut Volume,
    pub(super) budget: &'a mut Budget,
}

impl Reading<'_, '_> {
    pub(super) fn complain(&mut self, rule: &'static str, at: u64, length: u64, message: &str) {
        let message = format!("{}: {message}", self.tree.name);
        self.volume.defect(rule, Owner::Volume, Some(at..at + length), message);
    }

    pub(super) fn place(&self, number: u32) -> Option<u64> {
        let number = u64::from(number);
        let at = self.starts.partition_point(|&start| start <= number).checked_sub(1)?;
        let within = (number - self.starts.get(at)?) * SIZE as u64;
        let extent = self.extents.get(at)?;
        (within < extent.length).then_some(extent.start + within)
    }

    /// Reads a node that was not reached before.
    fn fetch(&mut self, number: u32) -> Result<Option<Node>, Spent> {
        self.budget.structure(SIZE as u64)?;
        let place = self.place(number);
        let Some(at) = place.filter(|_| (number as usize) < self.used.len()) else {
            let message = format!("{}: node {number} of {}", self.tree.name, self.used.len());
            self.volume.unread(GapKind::Damaged, Owner::Volume, None, message);
            return Ok(None);
        };
        let used = self.used.get_mut(number as usize);
        if used.is_none_or(|used| std::mem::replace(used, true)) {
            let message = format!("node {number} is reached twice");
            self.complain("structure/hfs-btree-links", at, SIZE as u64, &message);
            return Ok(None);
        }
        match read_exact(self.disk.source, at, SIZE as u64) {
            Ok(bytes) => Ok(Some(Node::parse(number, at, bytes))),
            Err(error) => {
                let message = format!("{}: node {number}: {error}", self.tree.name);
                let range = Some(at..at + SIZE as u64);
                self.volume.unread(GapKind::Damaged, Owner::Volume, range, message);
                Ok(None)
            }
        }
    }

    /// The nodes that continue the header's map.
    fn map_nodes(&mut self, header: &Node) -> Result<Vec<Node>, Spent> {
        let mut maps = Vec::new();
        let mut next = header.next();
        while next != 0 {
            let Some(node) = self.fetch(next)? else { break };
            next = node.next();
            maps.push(node);
        }
        Ok(maps)
    }

    /// Reads index nodes and leaves from the root down, in the order of their keys.
    fn descend(&mut self, root: u32, depth: u16) -> Result<(), Spent> {
        let mut waiting = vec![(root, depth)];
        if root == 0 {
            waiting.clear();
        }
        while let Some((number, height)) = waiting.pop() {
            let Some(node) = self.fetch(number)? else { continue };
            let kind = if height == 1 { node::LEAF } else { node::INDEX };
            if node.kind() != kind || u16::from(node.height()) != height || !node.whole {
                let message = format!(
                    "node {number}: kind {}, height {}, {} of {} records readable; expected kind {kind}, height {height}",
                    node.kind(),
                    node.height(),
                    node.records.len(),
                    node.count()
                );
                self.complain("structure/hfs-btree-node", node.at, SIZE as u64, &message);
                if !node.whole {
                    let message = format!("{}: {message}", self.tree.name);
                    let range = Some(node.at..node.at + SIZE as u64);
                    self.volume.unread(GapKind::Damaged, Owner::Volume, range, message);
                }
            }
            if node.kind() == node::INDEX && height > 1 {
                for range in node.records.iter().rev() {
                    let record = node.record(range);
                    if let Some(child) = be32(record, data_start(record)) {
                        waiting.push((child, height - 1));
                    }
                }
            }
            self.keep(node);
        }
        Ok(())
    }

    fn keep(&mut self, node: Node) {
        self.by_number.insert(node.number, self.nodes.len());
        self.nodes.push(node);
    }

    /// Reads leaves that the chain of leaves knows and the index does not.
    fn stragglers(&mut self, header: &Node) -> Result<(), Spent> {
        let mut next = be32(&header.bytes, DESCRIPTOR + 10).unwrap_or_default();
        // A chain visits each node once or runs in a circle.
        for _ in 0..self.used.len() {
            if next == 0 {
                break;
            }
            if let Some(known) = self.by_number.get(&next).and_then(|&at| self.nodes.get(at)) {
                next = known.next();
                continue;
            }
            let Some(node) = self.fetch(next)? else { break };
            let message = format!("leaf {next} is linked but not in the index");
            self.complain("structure/hfs-btree-links", node.at, SIZE as u64, &message);
            next = node.next();
            let is_leaf = node.kind() == node::LEAF;
            self.keep(node);
            if !is_leaf {
                break;
            }
        }
        Ok(())
    }

    /// Checks that the nodes of each height are linked in their order.
    fn siblings(&mut self) {
        let mut last: HashMap<u8, usize> = HashMap::new();
        let mut wrong = Vec::new();
        for (at, here) in self.nodes.iter().enumerate() {
            let before = last.insert(here.height(), at).and_then(|at| self.nodes.get(at));
            let expected = before.map_or(0, |node| node.number);
            if here.previous() != expected {
                wrong.push((here.at + 4, here.number, "previous", here.previous(), expected));
            }
            if let Some(before) = before
                && before.next() != here.number
            {
                wrong.push((before.at, before.number, "next", before.next(), here.number));
            }
        }
        for node in last.values().filter_map(|&at| self.nodes.get(at)) {
            if node.next() != 0 {
                wrong.push((node.at, node.number, "next", node.next(), 0));
            }
        }
        wrong.sort_unstable();
        for (at, number, which, found, expected) in wrong {
            let message = format!("node {number}: {which} node {found}, expected {expected}");
            self.complain("structure/hfs-btree-links", at, 4, &message);
        }
    }

    /// Tells the header node and the map nodes.
    fn header(&mut self, header: &Node, maps: &[Node]) {
        let leaves = self.nodes.iter().filter(|node| node.kind() == node::LEAF);
        let first = leaves.clone().next().map_or(0, |node| node.number);
        let last = leaves.clone().next_back().map_or(0, |node| node.number);
        let records: usize = leaves.map(|node| node.records.len()).sum();
        let root = be32(&header.bytes, DESCRIPTOR + 2).unwrap_or_default();
        let height = self.by_number.get(&root).and_then(|&at| self.nodes.get(at));
        let used = self.used.iter().filter(|&&used| used).count() as u32;
        let mut parts =
            vec![Part::layout(0..4, true), Part::layout(DESCRIPTOR + 2..DESCRIPTOR + 6, true)];
        let fields: [(&str, usize, usize, u32); 9] = [
            ("depth", 14, 2, height.map_or(0, |node| u32::from(node.height()))),
            ("leaf records", 20, 4, records as u32),
            ("first leaf", 24, 4, first),
            ("last leaf", 28, 4, last),
            ("node size", 32, 2, SIZE as u32),
            ("key length", 34, 2, u32::from(self.tree.key_length)),
            ("nodes", 36, 4, self.recorded),
            ("free nodes", 40, 4, self.recorded.saturating_sub(used)),
            ("records of the header", 10, 2, 3),
        ];
        for (what, at, length, expected) in fields {
            let found = match length {
                2 => be16(&header.bytes, at).map(u32::from),
                _ => be32(&header.bytes, at),
            };
            let agrees = found == Some(expected);
            parts.push(Part::layout(at..at + length, agrees));
            if !agrees {
                let message =
                    format!("{what}: {} recorded, {expected} found", found.unwrap_or_default());
                let rule = match at {
                    20 | 36 => "structure/hfs-count",
                    40 => "structure/hfs-btree-map",
                    24 | 28 => "structure/hfs-btree-links",
                    _ => "structure/hfs-btree-node",
                };
                self.complain(rule, header.at + at as u64, length as u64, &message);
            }
        }
        let offsets = [14, 120, 248, 504].iter().enumerate();
        let standard = offsets.clone().all(|(n, &offset)| header.offset(n) == Some(offset));
        if header.kind() != node::HEADER || !standard {
            let message = format!("node 0: kind {}, expected a header node", header.kind());
            self.complain("structure/hfs-btree-node", header.at, SIZE as u64, &message);
        } else {
            parts.push(Part::fact(8..9));
            parts.push(Part::fact(504..512));
        }
        let agrees = self.check_map(header, maps);
        parts.push(Part::layout(248..504, agrees));
        self.tell(header, &parts);
        for (n, node) in maps.iter().enumerate() {
            let previous = n.checked_sub(1).and_then(|n| maps.get(n)).map_or(0, |node| node.number);
            let linked = node.previous() == previous;
            let mut parts = vec![Part::layout(0..4, true), Part::layout(4..8, linked)];
            if node.kind() == node::MAP && node.count() == 1 && node.whole {
                parts.push(Part::fact(8..9));
                parts.push(Part::layout(10..12, true));
                parts.push(Part::layout(DESCRIPTOR..node.free, agrees));
                parts.push(Part::layout(node.table()..SIZE, true));
            } else {
                let message = format!("node {}: expected a map node", node.number);
                self.complain("structure/hfs-btree-node", node.at, SIZE as u64, &message);
            }
            self.tell(node, &parts);
        }
    }

    /// Compares the map with the nodes that were reached.
    fn check_map(&mut self, header: &Node, maps: &[Node]) -> bool {
        let mut map = header.bytes.get(248..504).unwrap_or_default().to_vec();
        for node in maps {
            map.extend_from_slice(node.nth(0).unwrap_or_default());
        }
        let mut wrong = 0u64;
        let mut first = None;
        for number in 0..(map.len() * 8).max(self.used.len()) {
            let byte = map.get(number / 8).copied().unwrap_or_default();
            let set = byte & (0x80 >> (number % 8)) != 0;
            // Of nodes that the source does not hold nothing is known.
            let unknown = number >= self.used.len() && number < self.recorded as usize;
            if !unknown && set != self.used.get(number).copied().unwrap_or(false) {
                wrong += 1;
                first = first.or(Some((number, set)));
            }
        }
        if let Some((number, set)) = first {
            let (marked, is) = if set { ("used", "unused") } else { ("free", "used") };
            let message =
                format!("node {number} is marked {marked} but is {is}; {wrong} such nodes");
            let range = header.at + 248;
            self.complain("structure/hfs-btree-map", range, 256, &message);
        }
        first.is_none()
    }

    fn tell(&mut self, node: &Node, parts: &[Part]) {
        self.volume.account(&Structure {
            view: self.disk.view,
            role: self.tree.node,
            owner: Owner::Volume,
            at: node.at,
            bytes: &node.bytes,
            parts,
        });
    }

    /// The leaf records, after a check of their order.
    fn leaves(&mut self) -> Vec<Leaf> {
        let mut leaves: Vec<Leaf> = Vec::new();
        for node in self.nodes.iter().filter(|node| node.kind() == node::LEAF) {
            for range in &node.records {
                let bytes = node.record(range).to_vec();
                leaves.push(Leaf { at: node.at + range.start as u64, bytes });
            }
        }
        let mut wrong = Vec::new();
        for pair in leaves.windows(2) {
            let [before, here] = pair else { continue };
            let order = (self.tree.compare)(&before.bytes, &here.bytes);
            if matches!(order, Some(Ordering::Equal | Ordering::Greater)) {
                wrong.push((here.at, data_start(&here.bytes) as u64));
            }
        }
        for (at, length) in wrong {
            let message = "the key does not come after the one before it";
            self.complain("structure/hfs-key-order", at, length, message);
        }
        leaves
    }

    /// Tells descriptors, index records, offset tables and free space of all nodes.
    fn account(&mut self, leaves: &[Leaf]) -> Result<(), Spent> {
        let nodes = std::mem::take(&mut self.nodes);
        let mut live = None;
        for node in &nodes {
            self.descriptor(node);
            let mut parts = Vec::new();
            let table = node.table();
            let mut n = node.records.len() + 1;
            let mut start = table;
            // The table keeps the offsets of records that have moved.
            while node.whole
                && start >= node.free + 2
                && let (Some(offset), Some(before)) = (node.offset(n), node.offset(n - 1))
                && offset > before
                && offset <= SIZE
                && offset.is_multiple_of(2)
            {
                start -= 2;
                n += 1;
            }
            if start < table {
                parts.push(Part::layout(start - node.free..table - node.free, true));
            }
            let end = if node.whole { table } else { SIZE };
            let free = node.bytes.get(node.free..end).unwrap_or_default();
            self.free(node.at + node.free as u64, free, parts, &nodes, leaves, &mut live);
            if node.kind() == node::INDEX {
                for range in &node.records {
                    self.index_record(node, range.start, node.record(range), &nodes);
                }
            }
        }
        for number in 0..self.used.len() as u32 {
            if self.used.get(number as usize).is_none_or(|&used| used) {
                continue;
            }
            self.budget.structure(SIZE as u64)?;
            let Some(at) = self.place(number) else { continue };
            match read_exact(self.disk.source, at, SIZE as u64) {
                Ok(bytes) => self.free(at, &bytes, Vec::new(), &nodes, leaves, &mut live),
                Err(error) => {
                    let message = format!("{}: node {number}: {error}", self.tree.name);
                    let range = Some(at..at + SIZE as u64);
                    self.volume.unread(GapKind::Damaged, Owner::Volume, range, message);
                }
            }
        }
        Ok(())
    }

    fn descriptor(&mut self, node: &Node) {
        let agrees = node.whole;
        let mut bytes = node.bytes.get(..DESCRIPTOR).unwrap_or_default().to_vec();
        let mut parts = vec![
            Part::layout(0..4, true),
            Part::layout(4..8, true),
            Part::layout(8..9, true),
            Part::layout(9..10, true),
            Part::layout(10..12, agrees),
        ];
        if agrees {
            bytes.extend_from_slice(node.bytes.get(node.table()..).unwrap_or_default());
            parts.push(Part::layout(DESCRIPTOR..bytes.len(), true));
        }
        self.volume.account(&Structure {
            view: self.disk.view,
            role: self.tree.node,
            owner: Owner::Volume,
            at: node.at,
            bytes: &bytes,
            parts: &parts,
        });
    }

    /// A record that points at a lower node repeats the first key of that node.
    fn index_record(&mut self, node: &Node, start: usize, record: &[u8], nodes: &[Node]) {
        let data = data_start(record);
        let child = be32(record, data).and_then(|child| self.by_number.get(&child));
        let first = child.and_then(|&at| nodes.get(at)).and_then(|child| child.nth(0));
        let meaning = (self.tree.meaning)(record).min(data);
        let same = |first: &[u8]| {
            first.get(1..meaning) == record.get(1..meaning)
                && (self.tree.meaning)(first) == (self.tree.meaning)(record)
        };
        let agrees = first.is_some_and(same) && record.len() == data + 4;
        let at = node.at + start as u64;
        if !agrees {
            let message =
                format!("node {}: an index key is not the first of its node", node.number);
            self.complain("structure/hfs-btree-links", at, record.len() as u64, &message);
        }
        self.volume.account(&Structure {
            view: self.disk.view,
            role: self.tree.node,
            owner: Owner::Volume,
            at,
            bytes: record,
            parts: &[Part::layout(0..meaning, agrees), Part::layout(data..data + 4, agrees)],
        });
    }

    fn free(
        &mut self,
        at: u64,
        bytes: &[u8],
        mut parts: Vec<Part>,
        nodes: &[Node],
        leaves: &[Leaf],
        live: &mut Option<Live>,
    ) {
        if bytes.iter().all(|&byte| byte == 0) {
            return;
        }
        let live = live.get_or_insert_with(|| {
            let index = nodes.iter().filter(|node| node.kind() == node::INDEX);
            let index = index.flat_map(|node| node.records.iter().map(|range| node.record(range)));
            Live::new(leaves.iter().map(|leaf| leaf.bytes.as_slice()).chain(index))
        });
        parts.extend(live.copies(bytes));
        self.volume.account(&Structure {
            view: self.disk.view,
            role: self.tree.free,
            owner: Owner::Volume,
            at,
            bytes,
            parts: &parts,
        });
    }
}
