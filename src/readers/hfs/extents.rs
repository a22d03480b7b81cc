//! Extents: where the blocks of a fork lie, and to whom each allocation block belongs.
//!
//! *Inside Macintosh: Files*, "Extents Overflow Files". A fork's first three extents stand in the
//! catalog or the master directory block; the others in the extents tree, keyed by file, fork and
//! the fork's block at which they begin.

use std::collections::HashMap;
use std::ops::Range;

use super::Disk;
use super::btree::Leaf;
use super::record::EXTENTS_RECORD;
use crate::model::{Extent, Owner, Part, Role, Structure, Volume};
use crate::source::{be16, be32};

/// An extent in allocation blocks: the first, and how many.
pub(super) type Run = (u16, u16);
/// Three extents, as every record holds them.
pub(super) type Triple = [Run; 3];

/// The file ID of the catalog itself.
pub(super) const CATALOG_FILE: u32 = 4;
/// The file ID under which worn-out blocks are kept away from files.
const BAD_BLOCKS: u32 = 5;

static BAD: Role = Role::reserved("bad blocks");

/// The three extents at an offset.
pub(super) fn triple(bytes: &[u8], at: usize) -> Option<Triple> {
    let run = |n: usize| Some((be16(bytes, at + 4 * n)?, be16(bytes, at + 4 * n + 2)?));
    Some([run(0)?, run(1)?, run(2)?])
}

/// The extents of a record that hold blocks.
pub(super) fn listed(triple: &Triple) -> Vec<Run> {
    triple.iter().copied().take_while(|run| run.1 != 0).collect()
}

/// Bytes of a record of three extents that hold its listed ones; what stands behind them says nothing.
pub(super) fn listed_length(triple: &Triple) -> usize {
    4 * listed(triple).len()
}

/// Blocks in all.
pub(super) fn count(runs: &[Run]) -> u32 {
    runs.iter().map(|run| u32::from(run.1)).sum()
}

/// The bytes of `runs`, of which `length` are used. Blocks past the last of the volume are left out.
pub(super) fn bytes(disk: &Disk<'_>, runs: &[Run], length: u64) -> Vec<Extent> {
    let mut left = length;
    let mut extents: Vec<Extent> = Vec::new();
    for &(start, count) in runs {
        let count = u32::from(count).min(disk.blocks.saturating_sub(u32::from(start)));
        let length = (u64::from(count) * disk.unit).min(left);
        if length == 0 {
            continue;
        }
        left -= length;
        let start = disk.at(u32::from(start));
        match extents.last_mut() {
            Some(last) if last.start + last.length == start => last.length += length,
            _ => extents.push(Extent { start, length }),
        }
    }
    extents
}

/// Which allocation blocks belong to a file or a tree.
pub(super) struct Blocks {
    owned: Vec<bool>,
    /// The first block of the trees, and the last before it that belongs to a file.
    trees: u32,
    last_of_files: Option<u32>,
}

impl Blocks {
    /// None of `blocks`.
    pub(super) fn new(blocks: u32) -> Self {
        Self { owned: vec![false; blocks as usize], trees: u32::MAX, last_of_files: None }
    }

    /// Whether someone owns a block.
    pub(super) fn is_owned(&self, block: usize) -> bool {
        self.owned.get(block).copied().unwrap_or(false)
    }

    /// One past the last block that has an owner.
    pub(super) fn end(&self) -> u32 {
        self.owned.iter().rposition(|&owned| owned).map_or(0, |last| last as u32 + 1)
    }

    /// The last block before the trees that belongs to a file.
    pub(super) fn last_of_files(&self) -> Option<u32> {
        self.last_of_files
    }

    /// Runs of blocks that nobody owns.
    pub(super) fn unowned(&self) -> Vec<Range<u32>> {
        let mut runs: Vec<Range<u32>> = Vec::new();
        for (block, _) in self.owned.iter().enumerate().filter(|(_, owned)| !**owned) {
            let block = block as u32;
            match runs.last_mut() {
                Some(run) if run.end == block => run.end = block + 1,
                _ => runs.push(block..block + 1),
            }
        }
        runs
    }

    /// Gives `runs` to `who`, and says which of them are not there or not free.
    pub(super) fn take(
        &mut self,
        disk: &Disk<'_>,
        runs: &[Run],
        who: &str,
        owner: Owner,
        volume: &mut Volume,
    ) {
        let mut shared: Option<u32> = None;
        for &(start, count) in runs {
            let (start, end) = (u32::from(start), u32::from(start) + u32::from(count));
            if owner == Owner::Volume {
                self.trees = self.trees.min(start);
            } else if end <= self.trees {
                self.last_of_files = self.last_of_files.max(end.checked_sub(1));
            }
            if end > disk.blocks {
                let message = format!(
                    "{who}: extent of blocks {start} to {}, the volume has {}",
                    end - 1,
                    disk.blocks
                );
                let range = disk.at(start)..disk.at(end);
                volume.defect("structure/hfs-extent", owner, Some(range), message);
            }
            let Some(taken) = self.owned.get_mut(start as usize..end.min(disk.blocks) as usize)
            else {
                continue;
            };
            for (taken, block) in taken.iter_mut().zip(start..) {
                if *taken && shared.is_none() {
                    shared = Some(block);
                }
                *taken = true;
            }
        }
        if let Some(block) = shared {
            let message = format!("{who}: allocation block {block} belongs to another fork too");
            let range = disk.at(block)..disk.at(block + 1);
            volume.defect("structure/hfs-overlapping-extents", owner, Some(range), message);
        }
    }
}

/// The records of the extents tree, and which of them were asked for.
pub(super) struct Overflow {
    leaves: Vec<Leaf>,
    index: HashMap<(u32, u8, u16), usize>,
    used: Vec<bool>,
}

impl Overflow {
    /// Takes the leaf records of the extents tree.
    pub(super) fn new(leaves: Vec<Leaf>) -> Self {
        let index = leaves.iter().enumerate().filter_map(|(at, leaf)| Some((key(leaf)?, at)));
        Self { used: vec![false; leaves.len()], index: index.collect(), leaves }
    }

    /// The extents of a fork of `wanted` blocks: the first three, and as many more as it takes.
    pub(super) fn runs(&mut self, first: &Triple, file: u32, fork: u8, wanted: u32) -> Vec<Run> {
        let mut runs = listed(first);
        let mut held = count(&runs);
        // Each record is used once, so that the loop ends.
        while held < wanted
            && let Ok(start) = u16::try_from(held)
            && let Some(&at) = self.index.get(&(file, fork, start))
            && let Some(used) = self.used.get_mut(at).filter(|used| !**used)
            && let Some(more) = self.leaves.get(at).and_then(|leaf| triple(leaf.value(), 0))
        {
            *used = true;
            runs.extend(listed(&more));
            held = count(&runs);
        }
        runs
    }

    /// Claims the blocks that are kept away from files.
    pub(super) fn bad_blocks(&mut self, disk: &Disk<'_>, blocks: &mut Blocks, volume: &mut Volume) {
        for (leaf, used) in self.leaves.iter().zip(&mut self.used) {
            if key(leaf).is_some_and(|(file, ..)| file == BAD_BLOCKS)
                && let Some(more) = triple(leaf.value(), 0)
            {
                *used = true;
                let runs = listed(&more);
                blocks.take(disk, &runs, "the bad blocks", Owner::Volume, volume);
                for extent in bytes(disk, &runs, u64::MAX) {
                    let range = extent.start..extent.start + extent.length;
                    volume.claim(disk.view, range, &BAD, Owner::Volume);
                }
            }
        }
    }

    /// Tells every record: all of it is layout, and each must have been asked for.
    pub(super) fn account(&self, disk: &Disk<'_>, volume: &mut Volume) {
        for (leaf, &used) in self.leaves.iter().zip(&self.used) {
            let agrees = used && leaf.bytes.len() == 20;
            let length = triple(leaf.value(), 0).map_or(0, |triple| listed_length(&triple));
            if !agrees {
                let at = leaf.at..leaf.at + leaf.bytes.len() as u64;
                let message = match key(leaf) {
                    Some((file, fork, start)) => format!(
                        "extents of file {file}, fork {fork}, from block {start}: no fork continues there"
                    ),
                    None => "a record of the extents tree has a key that is too short".into(),
                };
                volume.defect("structure/hfs-orphan-extents", Owner::Volume, Some(at), message);
            }
            volume.account(&Structure {
                view: disk.view,
                role: &EXTENTS_RECORD,
                owner: Owner::Volume,
                at: leaf.at,
                bytes: &leaf.bytes,
                // The length of the key is always 7.
                parts: &[
                    Part::layout(0..1, agrees && leaf.bytes.first() == Some(&7)),
                    Part::layout(1..8 + length, agrees),
                ],
            });
        }
    }
}

/// File, fork (0 data, 0xFF resource) and first block of a record.
fn key(leaf: &Leaf) -> Option<(u32, u8, u16)> {
    let key = leaf.key();
    Some((be32(key, 1)?, *key.first()?, be16(key, 5)?))
}
