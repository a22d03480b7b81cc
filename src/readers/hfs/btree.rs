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
        // Every field of a tree but its leaf records is layout.
        self.volume.distrust_layout(self.disk.view);
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
            let Some(mut node) = self.fetch(number)? else { continue };
            // Depth, kind and height tell leaves from index nodes: one bad byte must not hide files.
            let votes = [height == 1, node.kind() == node::LEAF, node.height() == 1];
            node.leaf = votes.iter().filter(|&&leaf| leaf).count() >= 2;
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
            if !node.leaf {
                for range in node.records.iter().rev() {
                    let record = node.record(range);
                    if let Some(child) = be32(record, data_start(record)) {
                        waiting.push((child, height.saturating_sub(1)));
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
            let is_leaf = node.leaf;
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
            let height = if here.leaf { 1 } else { here.height().max(2) };
            let before = last.insert(height, at).and_then(|at| self.nodes.get(at));
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
}
