//! The master directory block: what the volume is, and where its trees lie.
//!
//! *Inside Macintosh: Files*, "Master Directory Blocks". 162 bytes, big-endian, at byte 1024.

use std::ops::Range;

use super::catalog::Counts;
use super::extents::{self, Triple};
use super::{Disk, LOGICAL};
use crate::model::{Fact, Owner, Part, Role, Structure, Value, Volume, field};
use crate::readers::macintosh;
use crate::source::{be16, be32};

/// The signature `BD`.
pub(super) const SIGNATURE: u16 = 0x4244;
/// Bytes of the block that have a meaning.
pub(super) const LENGTH: usize = 162;
/// What the block is for.
pub(super) static ROLE: Role = Role::structure("master directory block");

/// Offset of the block in the volume.
const AT: u64 = 2 * LOGICAL;

/// The fields that other structures are read or checked with.
#[derive(Debug)]
pub(super) struct Mdb {
    /// Creation date, seconds since 1904.
    pub(super) created: u32,
    /// Volume attributes.
    pub(super) attributes: u16,
    /// Logical block at which the volume bitmap starts.
    pub(super) bitmap: u16,
    /// Allocation blocks.
    pub(super) blocks: u16,
    /// Bytes in an allocation block.
    pub(super) unit: u32,
    /// Logical block at which allocation block 0 starts.
    pub(super) first_block: u16,
    /// Free allocation blocks.
    pub(super) free: u16,
    /// Signature of an embedded volume, or the size of the volume cache.
    embedded: u16,
    embedded_start: u16,
    embedded_count: u16,
    /// Bytes of the extents tree.
    overflow_size: u32,
    /// The first three extents of the extents tree.
    pub(super) overflow_extents: Triple,
    /// Bytes of the catalog tree.
    pub(super) catalog_size: u32,
    /// The first three extents of the catalog tree.
    pub(super) catalog_extents: Triple,
}

/// The volume's name in `MacRoman`; empty if its length is impossible.
pub(super) fn name(bytes: &[u8]) -> &[u8] {
    let length = bytes.get(36).copied().map_or(0, usize::from);
    bytes.get(37..37 + length).filter(|_| length <= 27).unwrap_or_default()
}

/// What follows from the rest of the volume.
pub(super) struct Recomputed {
    pub(super) counts: Counts,
    /// Clear bits of the volume bitmap; `None` if it could not be read.
    pub(super) free: Option<u32>,
    /// The last block before the trees that belongs to a file.
    pub(super) last_of_files: Option<u32>,
    /// One past the last block that belongs to a file or a tree.
    pub(super) owned: u32,
    pub(super) overflow_blocks: u32,
    pub(super) catalog_blocks: u32,
}

impl Mdb {
    /// Takes the fields of a block, whether or not it bears the signature.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            created: be32(bytes, 2)?,
            attributes: be16(bytes, 10)?,
            bitmap: be16(bytes, 14)?,
            blocks: be16(bytes, 18)?,
            unit: be32(bytes, 20)?,
            first_block: be16(bytes, 28)?,
            free: be16(bytes, 34)?,
            embedded: be16(bytes, 124)?,
            embedded_start: be16(bytes, 126)?,
            embedded_count: be16(bytes, 128)?,
            overflow_size: be32(bytes, 130)?,
            overflow_extents: extents::triple(bytes, 134)?,
            catalog_size: be32(bytes, 146)?,
            catalog_extents: extents::triple(bytes, 150)?,
        })
    }

    /// Whether the volume only wraps an HFS Plus volume.
    pub(super) fn embeds_hfs_plus(&self) -> bool {
        self.embedded == 0x482b
    }

    /// Whether the volume is locked by software or hardware: made once and never written again.
    pub(super) fn locked(&self) -> bool {
        self.attributes & 0x8080 != 0
    }

    /// Bytes of the embedded volume.
    pub(super) fn embedded(&self) -> Range<u64> {
        let unit = u64::from(self.unit);
        let start = u64::from(self.first_block) * LOGICAL + u64::from(self.embedded_start) * unit;
        start..start + u64::from(self.embedded_count) * unit
    }

    /// One past the last logical block of the volume bitmap, in bytes.
    pub(super) fn bitmap_end(&self) -> u64 {
        let blocks = u64::from(self.blocks).div_ceil(8).div_ceil(LOGICAL);
        (u64::from(self.bitmap) + blocks) * LOGICAL
    }

    /// Tells the block: facts of the volume, and layout checked against what was found.
    pub(super) fn account(
        &self,
        disk: &Disk<'_>,
        bytes: &[u8],
        found: &Recomputed,
        volume: &mut Volume,
    ) {
        let mut facts = Vec::new();
        let mut parts = Vec::new();
        if be16(bytes, 0) == Some(SIGNATURE) {
            parts.push(Part::fact(0..2));
        } else {
            complain(volume, AT..AT + 2, "expected the signature BD".into());
        }
        let long = |at| be32(bytes, at).unwrap_or_default();
        let short = |at| be16(bytes, at).unwrap_or_default();
        for (at, field) in
            [(2, field::VOLUME_BIRTHTIME), (6, field::VOLUME_MTIME), (64, field::BACKUP_TIME)]
        {
            if long(at) != 0 {
                facts.push(Fact::new(field, macintosh::date(long(at))));
            }
            parts.push(Part::fact(at..at + 4));
        }
        for (at, field) in [(10, field::ATTRIBUTES), (68, field::SEQUENCE)] {
            if short(at) != 0 {
                facts.push(Fact::number(field, short(at)));
            }
            parts.push(Part::fact(at..at + 2));
        }
        for (at, field) in [
            (20, field::BLOCK_SIZE),
            (24, field::CLUMP_SIZE),
            (30, field::NEXT_ID),
            (70, field::WRITE_COUNT),
        ] {
            facts.push(Fact::number(field, long(at)));
            parts.push(Part::fact(at..at + 4));
        }
        // A tree starts as one clump: then the clump follows from the tree, which grows with the
        // number of files.
        for (at, size, field) in [
            (74, self.overflow_size, field::EXTENTS_CLUMP_SIZE),
            (78, self.catalog_size, field::CATALOG_CLUMP_SIZE),
        ] {
            if long(at) == size {
                parts.push(Part::layout(at..at + 4, true));
            } else {
                facts.push(Fact::number(field, long(at)));
                parts.push(Part::fact(at..at + 4));
            }
        }
        let name = name(bytes);
        if name.is_empty() {
            let length = bytes.get(36).copied().unwrap_or_default();
            let message = format!("volume name of {length} bytes: expected 1 to 27");
            complain(volume, 1060..1088, message);
        } else {
            facts.push(Fact::new(field::VOLUME_NAME, Value::bytes(&macintosh::utf8(name))));
            parts.push(Part::fact(36..37 + name.len()));
        }
        let finder = bytes.get(92..124).unwrap_or_default();
        if finder.iter().any(|&byte| byte != 0) {
            facts.push(Fact::new(field::FINDER_INFO, Value::bytes(finder)));
        }
        parts.push(Part::fact(92..124));
        let unused = long(30).saturating_sub(found.counts.highest_id.max(15)).saturating_sub(1);
        if unused != 0 {
            facts.push(Fact::number(field::UNUSED_IDS, unused));
        }
        facts.extend(self.size(disk, found));
        for fact in facts {
            volume.add_fact(disk.view, fact.field, fact.value);
        }
        check_next_id(long(30), found, volume);
        self.layout(disk, bytes, found, volume, &mut parts);
        volume.structure(&Structure {
            view: disk.view,
            role: &ROLE,
            owner: Owner::Volume,
            at: AT,
            bytes,
            parts: &parts,
        });
    }

    /// How the number of blocks stands to the bytes that hold the volume, unless they are as many as
    /// fit: no other field says it.
    fn size(&self, disk: &Disk<'_>, found: &Recomputed) -> Option<Fact> {
        let room = disk.source.len().saturating_sub(disk.first);
        let blocks = i64::from(self.blocks);
        let over = |count: u64| blocks - i64::try_from(count).unwrap_or(i64::MAX);
        let whole = over(room / disk.unit);
        let relations = [
            ("whole blocks", whole),
            ("blocks", over(room.div_ceil(disk.unit))),
            ("used blocks", over(found.owned.into())),
        ];
        (whole != 0).then(|| Fact::new(field::VOLUME_SIZE, Value::relations(&relations)))
    }

    fn layout(
        &self,
        disk: &Disk<'_>,
        bytes: &[u8],
        found: &Recomputed,
        volume: &mut Volume,
        parts: &mut Vec<Part>,
    ) {
        let long = |at| be32(bytes, at).unwrap_or_default();
        let short = |at| u32::from(be16(bytes, at).unwrap_or_default());
        let counts = &found.counts;
        let counted = [
            ("files in the root directory", 12, 2, short(12), counts.root_files & 0xffff),
            (
                "directories in the root directory",
                82,
                2,
                short(82),
                counts.root_directories & 0xffff,
            ),
            ("files", 84, 4, long(84), counts.files),
            ("directories", 88, 4, long(88), counts.directories),
            ("free blocks", 34, 2, short(34), found.free.unwrap_or(short(34))),
        ];
        for (what, at, length, recorded, expected) in counted {
            let agrees = recorded == expected;
            parts.push(Part::layout(at..at + length, agrees));
            if !agrees {
                let range = AT + at as u64..AT + (at + length) as u64;
                let message = format!("{what}: {recorded} recorded, {expected} found");
                volume.defect("structure/hfs-count", Owner::Volume, Some(range), message);
            }
        }
        for (what, at, blocks, extents) in [
            ("extents tree", 130, found.overflow_blocks, &self.overflow_extents),
            ("catalog tree", 146, found.catalog_blocks, &self.catalog_extents),
        ] {
            let agrees = u64::from(long(at)) == u64::from(blocks) * disk.unit;
            parts.push(Part::layout(at..at + 4, agrees));
            let length = extents::listed_length(extents);
            parts.push(Part::layout(at + 4..at + 4 + length, agrees));
            if !agrees {
                let message = format!(
                    "{what}: {} bytes recorded, its extents hold {blocks} blocks of {}",
                    long(at),
                    disk.unit
                );
                let range = AT + at as u64..AT + at as u64 + 16;
                volume.defect("structure/hfs-extent", Owner::Volume, Some(range), message);
            }
        }
        // Where the bitmap lies is proved by its bits, the allocation blocks by what they hold.
        let in_order = self.bitmap >= 3 && self.bitmap_end() <= disk.first;
        // The half of a large hybrid disc counts blocks past its end, all of them marked as used.
        let fits = disk.at(disk.blocks) <= disk.source.len() || self.locked() && self.free == 0;
        parts.push(Part::layout(14..16, in_order));
        parts.push(Part::layout(28..30, in_order));
        parts.push(Part::layout(18..20, fits));
        // On a disc that is made once the search ended at the last file; elsewhere it may stand
        // anywhere, and no other field says where.
        let hint = short(16) <= disk.blocks;
        let follows = self.locked() && found.last_of_files == Some(short(16));
        // A zero leaves no residue, so that it must not stand for what should be there.
        if follows || self.locked() && short(16) == 0 {
            parts.push(Part::layout(16..18, follows));
        }
        if !in_order {
            let message = format!(
                "volume bitmap at block {}: expected from 3 on and before the allocation blocks at {}",
                self.bitmap, self.first_block
            );
            complain(volume, 1038..1054, message);
        }
        if !fits {
            let message = format!(
                "{} allocation blocks end at {}, but the data end at {}",
                self.blocks,
                disk.at(disk.blocks),
                disk.source.len()
            );
            complain(volume, 1042..1044, message);
        }
        if !hint {
            let message = format!("next search at block {}: past the last", short(16));
            complain(volume, 1040..1042, message);
        }
    }
}

fn complain(volume: &mut Volume, at: Range<u64>, message: String) {
    volume.defect("structure/hfs-volume-header", Owner::Volume, Some(at), message);
}

fn check_next_id(next: u32, found: &Recomputed, volume: &mut Volume) {
    let highest = found.counts.highest_id;
    if next <= highest.max(15) {
        let message = format!("next catalog node ID {next}: expected more than {highest}");
        complain(volume, 1054..1058, message);
    }
}
