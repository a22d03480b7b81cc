//! The account of a tree: header, map, descriptors, index records and free space, each recomputed
//! from the nodes that were reached.
//!
//! *Inside Macintosh: Files*, "B*-Trees", "Header Nodes", "Map Nodes".

use std::cmp::Ordering;

use super::btree::{Leaf, Reading};
use super::node::{self, DESCRIPTOR, Node, SIZE, data_start};
use super::stale::Live;
use crate::model::{GapKind, Owner, Part, Structure};
use crate::readers::Spent;
use crate::source::{be16, be32, read_exact};

impl Reading<'_, '_> {
    /// Tells the header node and the map nodes.
    pub(super) fn header(&mut self, header: &Node, maps: &[Node]) {
        let leaves = self.nodes.iter().filter(|node| node.leaf);
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
    pub(super) fn leaves(&mut self) -> Vec<Leaf> {
        let mut leaves: Vec<Leaf> = Vec::new();
        for node in self.nodes.iter().filter(|node| node.leaf) {
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
    pub(super) fn account(&mut self, leaves: &[Leaf]) -> Result<(), Spent> {
        let nodes = std::mem::take(&mut self.nodes);
        let mut live = None;
        for node in &nodes {
            self.descriptor(node);
            let table = node.table();
            let end = if node.whole { table } else { SIZE };
            let free = node.bytes.get(node.free..end).unwrap_or_default();
            self.free(node.at + node.free as u64, free, &nodes, leaves, &mut live);
            if !node.leaf {
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
                Ok(bytes) => self.free(at, &bytes, &nodes, leaves, &mut live),
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
        // The length of the key says nothing unless it is the one of the tree.
        let from = usize::from(record.first() != Some(&self.tree.key_length));
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
            parts: &[Part::layout(from..meaning, agrees), Part::layout(data..data + 4, agrees)],
        });
    }

    fn free(
        &mut self,
        at: u64,
        bytes: &[u8],
        nodes: &[Node],
        leaves: &[Leaf],
        live: &mut Option<Live>,
    ) {
        if bytes.iter().all(|&byte| byte == 0) {
            return;
        }
        let live = live.get_or_insert_with(|| {
            let index = nodes.iter().filter(|node| !node.leaf);
            let index = index.flat_map(|node| node.records.iter().map(|range| node.record(range)));
            Live::new(leaves.iter().map(|leaf| leaf.bytes.as_slice()).chain(index))
        });
        let left = live.explain(bytes);
        let (view, role) = (self.disk.view, self.tree.free);
        self.volume.add_residue(view, role, Owner::Volume, at, &left);
    }
}
