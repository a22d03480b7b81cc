//! The walk through the directories of a catalog: each record is visited once, and parents are
//! entered before what stands in them.

use std::collections::HashMap;

use super::Disk;
use super::btree::Leaf;
use super::catalog::{Catalog, Counts, DIRECTORY_THREAD, FILE_THREAD, ROOT};
use super::entry::{self, Entry};
use super::extents::{Blocks, Overflow};
use super::record::THREAD_RECORD;
use crate::model::{GapKind, NodeId, Owner, Part, Structure, Volume};
use crate::readers::{Budget, Spent};

/// Directories in each other; deeper ones are a gap. Finder paths end far earlier.
const DEPTH: u32 = 256;

/// Bytes of a thread record.
const THREAD_LENGTH: usize = 46;

/// Where an entry is put.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It is the root directory.
    Root,
    /// Below an entry, or below the root.
    Below(Option<NodeId>),
    /// Below the root, for want of its own directory.
    Orphan,
}

/// What the walk needs and what it has met.
pub(super) struct Walk<'a, 'd> {
    pub(super) disk: &'a Disk<'d>,
    pub(super) volume_name: &'a [u8],
    pub(super) blocks: &'a mut Blocks,
    pub(super) overflow: &'a mut Overflow,
    pub(super) volume: &'a mut Volume,
    pub(super) budget: &'a mut Budget,
    pub(super) counts: Counts,
    pub(super) visited: Vec<bool>,
    /// The offset of the record that an ID was first met in.
    pub(super) ids: HashMap<u32, u64>,
}

impl Walk<'_, '_> {
    pub(super) fn is_visited(&self, at: usize) -> bool {
        self.visited.get(at).copied().unwrap_or(true)
    }

    /// Adds an entry and everything below it.
    pub(super) fn below(
        &mut self,
        catalog: &mut Catalog,
        first: usize,
        place: Place,
    ) -> Result<(), Spent> {
        let mut waiting = vec![(first, place, 0)];
        while let Some((at, place, depth)) = waiting.pop() {
            match self.visited.get_mut(at) {
                Some(visited) if !*visited => *visited = true,
                _ => continue,
            }
            let Some(entry) = catalog.entries.get(at) else { continue };
            let Some(leaf) = catalog.leaves.get(entry.leaf) else { continue };
            self.count(entry, leaf, place);
            let inside = catalog.children.get(&entry.id).filter(|_| entry.directory);
            let inside = inside.map_or(&[][..], Vec::as_slice);
            let duplicate = entry.directory && self.duplicate(entry, leaf);
            let (node, below) = if place == Place::Root {
                entry::enter_root(
                    self.disk,
                    entry,
                    leaf,
                    inside.len(),
                    self.volume_name,
                    self.volume,
                );
                (None, Place::Below(None))
            } else {
                self.budget.entry()?;
                let parent = match place {
                    Place::Below(parent) => parent,
                    Place::Root | Place::Orphan => None,
                };
                let above = place != Place::Orphan;
                let id = if entry.directory {
                    entry::enter_directory(
                        self.disk,
                        entry,
                        leaf,
                        inside.len(),
                        parent,
                        above,
                        self.volume,
                    )
                } else {
                    let forks = (&mut *self.blocks, &mut *self.overflow);
                    entry::enter_file(self.disk, entry, leaf, parent, above, forks, self.volume)
                };
                (Some(id), Place::Below(Some(id)))
            };
            if !inside.is_empty() && !duplicate {
                if depth < DEPTH {
                    waiting.extend(inside.iter().rev().map(|&child| (child, below, depth + 1)));
                } else {
                    let owner = node.map_or(Owner::Volume, Owner::Node);
                    let message = format!("directories are nested more than {DEPTH} deep");
                    self.volume.unread(GapKind::Limit, owner, None, message);
                }
            }
            self.thread(catalog, at, node);
        }
        Ok(())
    }

    fn count(&mut self, entry: &Entry, leaf: &Leaf, place: Place) {
        let counts = &mut self.counts;
        counts.highest_id = counts.highest_id.max(entry.id);
        if place == Place::Root {
            self.ids.insert(entry.id, leaf.at);
            return;
        }
        let (all, root) = if entry.directory {
            (&mut counts.directories, &mut counts.root_directories)
        } else {
            (&mut counts.files, &mut counts.root_files)
        };
        *all += 1;
        *root += u32::from(entry.parent == ROOT);
        if !entry.directory {
            self.duplicate(entry, leaf);
        }
    }

    /// Notes the ID of an entry and says if another has it.
    fn duplicate(&mut self, entry: &Entry, leaf: &Leaf) -> bool {
        let before = *self.ids.entry(entry.id).or_insert(leaf.at);
        if before == leaf.at {
            return false;
        }
        let at = leaf.at..leaf.at + leaf.bytes.len() as u64;
        let message =
            format!("catalog node ID {} is also that of the record at {before}", entry.id);
        self.volume.defect("structure/hfs-duplicate-id", Owner::Volume, Some(at), message);
        true
    }

    /// Tells the thread of an entry. A directory must have one, a file says whether it has.
    fn thread(&mut self, catalog: &mut Catalog, at: usize, node: Option<NodeId>) {
        let Some(entry) = catalog.entries.get(at) else { return };
        let owner = node.map_or(Owner::Volume, Owner::Node);
        let Some(record) = catalog.leaves.get(entry.leaf) else { return };
        let kind = if entry.directory { DIRECTORY_THREAD } else { FILE_THREAD };
        let wanted = entry.directory || record.value().get(2).is_some_and(|flags| flags & 2 != 0);
        let found = catalog.threads.get_mut(&entry.id).filter(|t| t.kind == kind && !t.matched);
        let Some(thread) = found else {
            if wanted {
                let range = record.at..record.at + record.bytes.len() as u64;
                let message = format!("catalog node {} has no thread record", entry.id);
                self.volume.defect("structure/hfs-thread", owner, Some(range), message);
            }
            return;
        };
        thread.matched = true;
        let Some(leaf) = catalog.leaves.get(thread.leaf) else { return };
        let agrees = thread.parent == entry.parent && thread.name == entry.name;
        let start = leaf.bytes.len() - leaf.value().len();
        if !agrees {
            let range = leaf.at..leaf.at + leaf.bytes.len() as u64;
            let message = format!(
                "the thread of {} names directory {}, its record stands in {}, or the names differ",
                entry.id, thread.parent, entry.parent
            );
            self.volume.defect("structure/hfs-thread", owner, Some(range), message);
        }
        let mut bytes = leaf.bytes.clone();
        let key = entry::key_length(&mut bytes, leaf.value().len() == THREAD_LENGTH);
        self.volume.account(&Structure {
            view: self.disk.view,
            role: &THREAD_RECORD,
            owner,
            at: leaf.at,
            bytes: &bytes,
            parts: &[
                key,
                Part::layout(2..6, true),
                Part::fact(start..start + 1),
                Part::layout(start + 10..start + 15 + thread.name.len(), agrees),
            ],
        });
    }
}
