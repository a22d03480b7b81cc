//! HFS, the Hierarchical File System of classic Mac OS: one file for each structure on disk.
//!
//! *Inside Macintosh: Files*, ch. 2 "Data Organization on Volumes". The source starts where the
//! volume starts; on a hybrid disc that is the start of the disc itself, and the allocation blocks
//! of the HFS half cover the extents of the ISO 9660 half.

mod account;
mod alternate;
mod bitmap;
mod btree;
mod catalog;
mod entry;
mod extents;
mod mdb;
mod node;
mod record;
mod stale;
mod walk;

use crate::model::{GapKind, Owner, Role, ViewId, Volume};
use crate::readers::{Budget, Context, Doc, Form, Probe, Reader, note_spent};
use crate::source::{Source, be16, be32, read_exact};

use extents::{Blocks, Overflow};
use mdb::Mdb;

/// The reader of HFS volumes.
pub const READER: Reader = Reader {
    doc: Doc {
        id: "hfs",
        title: "Hierarchical File System (Mac OS Standard)",
        specifications: &["Inside Macintosh: Files, ch. 2 \"Data Organization on Volumes\""],
        limitations: &[
            "Names are read as MacRoman, whatever the script of the volume.",
            "The order of two names is checked up to their first character outside ASCII.",
            "An HFS Plus volume embedded in an HFS wrapper is not read.",
            "Boot blocks are claimed, not interpreted.",
        ],
    },
    probe,
    form: Form::Map(map),
};

static BOOT_BLOCKS: Role = Role::reserved("boot blocks");
static UNUSED: Role = Role::reserved("unused blocks of the volume");

/// Bytes in a logical block, the unit of everything outside the allocation blocks.
const LOGICAL: u64 = 512;

/// The signature and at least two of four fields that a volume cannot do without, or the signature
/// of the copy at the end and three of them: one bad byte must not hide the volume.
fn probe(probe: &Probe<'_>) -> bool {
    let Some(mdb) = probe.head.get(1024..1024 + mdb::LENGTH) else { return false };
    let unit = be32(mdb, 20).unwrap_or_default();
    let plausible = [
        unit != 0 && unit.is_multiple_of(512),
        be16(mdb, 14).is_some_and(|at| (3..64).contains(&at)),
        mdb.get(36).is_some_and(|length| (1..=27).contains(length)),
        be32(mdb, 146).is_some_and(|size| size != 0 && size.is_multiple_of(512)),
    ];
    let plausible = plausible.iter().filter(|&&yes| yes).count();
    let copy = probe.tail.len().checked_sub(1024).and_then(|at| be16(probe.tail, at));
    be16(mdb, 0) == Some(mdb::SIGNATURE) && plausible >= 2
        || copy == Some(mdb::SIGNATURE) && plausible >= 3
}

/// What every part of the reader needs.
struct Disk<'a> {
    source: &'a dyn Source,
    view: ViewId,
    /// Byte of the volume at which allocation block 0 starts.
    first: u64,
    /// Bytes in an allocation block.
    unit: u64,
    /// Allocation blocks.
    blocks: u32,
}

impl Disk<'_> {
    /// Where an allocation block starts, in bytes.
    fn at(&self, block: u32) -> u64 {
        self.first.saturating_add(u64::from(block).saturating_mul(self.unit))
    }
}

fn map(source: &dyn Source, context: &mut Context<'_>) -> Volume {
    let mut volume = Volume::new(READER.doc.id);
    let view = volume.add_view("hfs", 5);
    let header = match read_exact(source, 2 * LOGICAL, LOGICAL) {
        Ok(header) => header,
        Err(error) => {
            let message = format!("master directory block: {error}");
            volume.unread(GapKind::Damaged, Owner::Volume, None, message);
            return volume;
        }
    };
    let Some(mdb) = Mdb::parse(&header) else {
        let message = "master directory block: too short";
        volume.unread(GapKind::Damaged, Owner::Volume, Some(1024..1536), message);
        return volume;
    };
    volume.claim(view, 0..2 * LOGICAL, &BOOT_BLOCKS, Owner::Volume);
    if mdb.embeds_hfs_plus() {
        let message = "the volume is a wrapper; the embedded HFS Plus volume is not read";
        volume.unread(GapKind::Unsupported, Owner::Volume, Some(mdb.embedded()), message);
    } else if mdb.unit == 0 || !u64::from(mdb.unit).is_multiple_of(LOGICAL) {
        let message = format!("allocation block size {}: expected a multiple of 512", mdb.unit);
        volume.defect("structure/hfs-volume-header", Owner::Volume, Some(1044..1048), &*message);
        volume.unread(GapKind::Damaged, Owner::Volume, None, message);
    } else {
        let disk = Disk {
            source,
            view,
            first: u64::from(mdb.first_block) * LOGICAL,
            unit: u64::from(mdb.unit),
            blocks: u32::from(mdb.blocks),
        };
        read(&disk, &mdb, &header, &mut volume, context.budget);
        return volume;
    }
    volume.add_residue(view, &mdb::ROLE, Owner::Volume, 1024, &header);
    volume.claim(view, 1024..1536, &mdb::ROLE, Owner::Volume);
    volume
}

/// Reads a volume whose geometry is known.
fn read(disk: &Disk<'_>, mdb: &Mdb, header: &[u8], volume: &mut Volume, budget: &mut Budget) {
    let mut blocks = Blocks::new(disk.blocks);
    let overflow_runs = extents::listed(&mdb.overflow_extents);
    blocks.take(disk, &overflow_runs, "the extents tree", Owner::Volume, volume);
    let leaves = match btree::read(&btree::EXTENTS, disk, &overflow_runs, volume, budget) {
        Ok(leaves) => leaves,
        Err(spent) => {
            note_spent(volume, spent);
            Vec::new()
        }
    };
    let mut overflow = Overflow::new(leaves);
    let wanted = mdb.catalog_size.div_ceil(mdb.unit);
    let catalog_runs = overflow.runs(&mdb.catalog_extents, extents::CATALOG_FILE, 0, wanted);
    blocks.take(disk, &catalog_runs, "the catalog tree", Owner::Volume, volume);
    let leaves = match btree::read(&btree::CATALOG, disk, &catalog_runs, volume, budget) {
        Ok(leaves) => leaves,
        Err(spent) => {
            note_spent(volume, spent);
            Vec::new()
        }
    };
    let mut catalog = catalog::Catalog::new(leaves);
    let forks = (&mut blocks, &mut overflow);
    let counts = match catalog.enter(disk, mdb::name(header), forks, volume, budget) {
        Ok(counts) => counts,
        Err(spent) => {
            note_spent(volume, spent);
            return;
        }
    };
    overflow.bad_blocks(disk, &mut blocks, volume);
    overflow.account(disk, volume);
    let free = bitmap::check(disk, mdb, &blocks, volume, budget);
    let found = mdb::Recomputed {
        counts,
        free,
        last_of_files: blocks.last_of_files(),
        owned: blocks.end(),
        overflow_blocks: extents::count(&overflow_runs),
        catalog_blocks: extents::count(&catalog_runs),
    };
    mdb.account(disk, header, &found, volume);
    let map_end = mdb.bitmap_end();
    volume.claim(disk.view, 3 * LOGICAL..u64::from(mdb.bitmap) * LOGICAL, &UNUSED, Owner::Volume);
    volume.claim(disk.view, map_end..disk.first, &UNUSED, Owner::Volume);
    alternate::check(disk, mdb, header, &blocks, volume);
}
