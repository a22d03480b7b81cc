//! The catalog: from its records to the directories and files of the volume.
//!
//! *Inside Macintosh: Files*, "Catalog Files". A record's key is the ID of the directory above and
//! the name; a thread record, under a directory's own ID, says where that directory stands. The tree
//! of directories is walked from the root (ID 2) with every record visited once; what cannot be
//! reached from there is listed below the root and is a defect.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use super::Disk;
use super::btree::Leaf;
use super::entry::{self, Entry};
use super::extents::{Blocks, Overflow};
use super::record::CATALOG_RECORD;
use super::walk::{Place, Walk};
use crate::model::{GapKind, Owner, Volume};
use crate::readers::{Budget, Spent};
use crate::source::be32;

/// The ID of the root directory, and of what would be above it.
pub(super) const ROOT: u32 = 2;
const ABOVE_ROOT: u32 = 1;

/// Kinds of record.
const DIRECTORY: u8 = 1;
const FILE: u8 = 2;
pub(super) const DIRECTORY_THREAD: u8 = 3;
pub(super) const FILE_THREAD: u8 = 4;

/// Order of two catalog keys, by directory and then by name without regard to case. `None` where a
/// character outside ASCII (or a grave accent, which the Mac sorts with the letters) decides.
pub(super) fn compare(a: &[u8], b: &[u8]) -> Option<Ordering> {
    let order = be32(a, 2)?.cmp(&be32(b, 2)?);
    if order != Ordering::Equal {
        return Some(order);
    }
    let (a, b) = (name_of(a)?, name_of(b)?);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (x.to_ascii_uppercase(), y.to_ascii_uppercase());
        if x != y {
            let plain = |c: u8| c.is_ascii() && c != b'`';
            return (plain(x) && plain(y)).then(|| x.cmp(&y));
        }
    }
    Some(a.len().cmp(&b.len()))
}

/// The name in a key that starts with its length byte.
fn name_of(key: &[u8]) -> Option<&[u8]> {
    let length = usize::from(*key.get(6)?);
    key.get(7..7 + length)
}

/// What the master directory block counts.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) files: u32,
    /// Without the root.
    pub(super) directories: u32,
    pub(super) root_files: u32,
    pub(super) root_directories: u32,
    /// The highest ID in use.
    pub(super) highest_id: u32,
}

/// A thread record.
pub(super) struct Thread {
    pub(super) leaf: usize,
    pub(super) kind: u8,
    pub(super) parent: u32,
    pub(super) name: Vec<u8>,
    pub(super) matched: bool,
}

/// The records of the catalog, sorted by what they are.
pub(super) struct Catalog {
    pub(super) leaves: Vec<Leaf>,
    pub(super) entries: Vec<Entry>,
    pub(super) threads: HashMap<u32, Thread>,
    /// Records that are neither.
    pub(super) unknown: Vec<usize>,
    /// Entries of a directory, in the order of the tree.
    pub(super) children: HashMap<u32, Vec<usize>>,
}

impl Catalog {
    /// Sorts the leaf records of the catalog tree.
    pub(super) fn new(leaves: Vec<Leaf>) -> Self {
        let mut catalog = Self {
            entries: Vec::new(),
            threads: HashMap::new(),
            unknown: Vec::new(),
            children: HashMap::new(),
            leaves: Vec::new(),
        };
        for (at, leaf) in leaves.iter().enumerate() {
            if catalog.sort(at, leaf).is_none() {
                catalog.unknown.push(at);
            }
        }
        catalog.leaves = leaves;
        catalog
    }

    fn sort(&mut self, at: usize, leaf: &Leaf) -> Option<()> {
        let parent = be32(&leaf.bytes, 2)?;
        let name = name_of(&leaf.bytes).filter(|name| name.len() <= 31)?;
        let fits = 7 + name.len() <= leaf.key().len() + 1;
        let value = leaf.value();
        let kind = *value.first()?;
        match kind {
            DIRECTORY | FILE if fits && !name.is_empty() => {
                let length =
                    if kind == FILE { entry::FILE_LENGTH } else { entry::DIRECTORY_LENGTH };
                let directory = kind == DIRECTORY;
                let id = be32(value, if directory { 6 } else { 20 })?;
                value.get(..length)?;
                let name = name.to_vec();
                let entries = self.children.entry(parent).or_default();
                entries.push(self.entries.len());
                self.entries.push(Entry { leaf: at, parent, name, id, directory });
            }
            DIRECTORY_THREAD | FILE_THREAD if name.is_empty() => {
                let length = usize::from(*value.get(14)?);
                let name = value.get(15..15 + length)?.to_vec();
                let thread =
                    Thread { leaf: at, kind, parent: be32(value, 10)?, name, matched: false };
                if self.threads.contains_key(&parent) {
                    return None;
                }
                self.threads.insert(parent, thread);
            }
            _ => return None,
        }
        Some(())
    }

    /// Adds every entry to the volume and tells every record.
    pub(super) fn enter(
        &mut self,
        disk: &Disk<'_>,
        volume_name: &[u8],
        (blocks, overflow): (&mut Blocks, &mut Overflow),
        volume: &mut Volume,
        budget: &mut Budget,
    ) -> Result<Counts, Spent> {
        let mut walk = Walk {
            disk,
            volume_name,
            blocks,
            overflow,
            volume,
            budget,
            counts: Counts::default(),
            visited: vec![false; self.entries.len()],
            ids: HashMap::new(),
        };
        let root = self.children.get(&ABOVE_ROOT).and_then(|above| {
            let of =
                |&&at: &&usize| self.entries.get(at).is_some_and(|e| e.directory && e.id == ROOT);
            above.iter().find(of).copied()
        });
        if let Some(root) = root {
            walk.below(self, root, Place::Root)?;
        } else {
            let message = "the catalog has no root directory";
            walk.volume.defect("structure/hfs-orphan-entry", Owner::Volume, None, message);
        }
        // First what hangs below a directory that does not exist, then circles.
        let directories: HashSet<u32> =
            self.entries.iter().filter(|entry| entry.directory).map(|entry| entry.id).collect();
        for circles in [false, true] {
            for at in 0..self.entries.len() {
                let Some(entry) = self.entries.get(at) else { continue };
                let lost = !directories.contains(&entry.parent);
                if !walk.is_visited(at) && (circles || lost) {
                    let name = entry.name.len();
                    let range = self.leaves.get(entry.leaf).map(|l| l.at..l.at + 7 + name as u64);
                    let message = format!(
                        "an entry stands in directory {}, which cannot be reached from the root",
                        entry.parent
                    );
                    let rule = "structure/hfs-orphan-entry";
                    walk.volume.defect(rule, Owner::Volume, range, message);
                    walk.below(self, at, Place::Orphan)?;
                }
            }
        }
        let counts = walk.counts;
        self.rest(disk, volume);
        Ok(counts)
    }

    /// Tells the thread records without an entry and the records that are no records.
    fn rest(&self, disk: &Disk<'_>, volume: &mut Volume) {
        let mut left: Vec<_> = self.threads.iter().filter(|(_, t)| !t.matched).collect();
        left.sort_unstable_by_key(|(_, thread)| thread.leaf);
        for (id, thread) in left {
            let message = format!("the thread of {id} belongs to no entry");
            self.unexplained(disk, thread.leaf, "structure/hfs-thread", message, volume);
        }
        for &at in &self.unknown {
            let kind = self.leaves.get(at).and_then(|leaf| leaf.value().first().copied());
            let message = match kind {
                Some(kind @ DIRECTORY..=FILE_THREAD) => {
                    format!("a catalog record of kind {kind} is too short, or its key is wrong")
                }
                _ => format!("a catalog record of kind {}", kind.unwrap_or_default()),
            };
            let range = self.leaves.get(at).map(|leaf| leaf.at..leaf.at + leaf.bytes.len() as u64);
            volume.unread(GapKind::Damaged, Owner::Volume, range, message.clone());
            self.unexplained(disk, at, "structure/hfs-catalog-record", message, volume);
        }
    }

    fn unexplained(
        &self,
        disk: &Disk<'_>,
        leaf: usize,
        rule: &'static str,
        message: String,
        volume: &mut Volume,
    ) {
        let Some(leaf) = self.leaves.get(leaf) else { return };
        let range = leaf.at..leaf.at + leaf.bytes.len() as u64;
        volume.defect(rule, Owner::Volume, Some(range), message);
        volume.add_residue(disk.view, &CATALOG_RECORD, Owner::Volume, leaf.at, &leaf.bytes);
    }
}
