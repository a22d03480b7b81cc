//! The alternate master directory block: the copy near the end of the volume, for repairs.
//!
//! *Inside Macintosh: Files*, "Master Directory Blocks": it is written when a tree grows, so that its
//! dates and counts may be older than those of the first. It stands in the second to last block of
//! the volume, right behind the allocation blocks. The mastering tools of hybrid discs write it before
//! they move the trees, and put it into the blocks behind the last file.

use std::ops::Range;

use super::extents::Blocks;
use super::mdb::{Mdb, SIGNATURE};
use super::{Disk, LOGICAL};
use crate::model::{GapKind, Owner, Part, Role, Structure, Volume};
use crate::source::{be16, read_exact};

static ALTERNATE: Role = Role::structure("alternate master directory block");
static LAST: Role = Role::reserved("last block of the volume");

const RULE: &str = "structure/hfs-alternate-mdb";

/// Fields that must be the same in both: the name and the geometry of the volume.
const SAME: [(&str, Range<usize>); 8] = [
    ("signature", 0..2),
    ("creation date", 2..6),
    ("bitmap start", 14..16),
    ("allocation blocks", 18..20),
    ("allocation block size", 20..24),
    ("first allocation block", 28..30),
    ("volume name", 36..64),
    ("sequence number", 68..70),
];

/// Fields of the trees: the same on a volume that is written to.
const TREES: [(&str, Range<usize>); 2] = [("extents tree", 130..146), ("catalog tree", 146..162)];

/// Finds, checks and tells the copy.
pub(super) fn check(
    disk: &Disk<'_>,
    mdb: &Mdb,
    first: &[u8],
    blocks: &Blocks,
    volume: &mut Volume,
) {
    let end = disk.at(disk.blocks);
    let Some((at, copy)) = find(disk, mdb, end, disk.at(blocks.end())) else {
        let range = end..end + LOGICAL;
        let message = "no copy of the master directory block near the end of the volume";
        volume.defect(RULE, Owner::Volume, Some(range.clone()), message);
        if range.end > disk.source.len() {
            volume.unread(GapKind::Damaged, Owner::Volume, Some(range), message);
        }
        return;
    };
    let mut parts = Vec::new();
    let mut wrong = Vec::new();
    for (what, range) in SAME {
        let same = first.get(range.clone()) == copy.get(range.clone());
        if same {
            parts.push(Part::fact(range));
        } else {
            wrong.push((what, range));
        }
    }
    for (what, range) in TREES {
        let same = first.get(range.clone()) == copy.get(range.clone());
        if same {
            parts.push(Part::layout(range, true));
        } else if !(mdb.locked() && inside(&copy, &range, mdb)) {
            // A volume that is made once and locked keeps the copy from before its trees were placed.
            wrong.push((what, range));
        }
    }
    // On a disc that is made once the clock of the mastering is in both. All other fields are as old
    // as the copy: no other field says what they should be, so they stay as they are.
    let modified = 6..10;
    if mdb.locked() && first.get(modified.clone()) == copy.get(modified.clone()) {
        parts.push(Part::layout(modified, true));
    }
    for (what, range) in wrong {
        let range = at + range.start as u64..at + range.end as u64;
        let message = format!("alternate master directory block: {what} differs from the first");
        volume.defect(RULE, Owner::Volume, Some(range), message);
    }
    volume.structure(&Structure {
        view: disk.view,
        role: &ALTERNATE,
        owner: Owner::Volume,
        at,
        bytes: &copy,
        parts: &parts,
    });
    if at >= end {
        volume.claim(disk.view, at + LOGICAL..at + 2 * LOGICAL, &LAST, Owner::Volume);
    }
}

/// How far behind the last file the copy may stand.
const SEARCH: u64 = 64 << 10;

/// Looks right behind the allocation blocks, at the second to last block of the source, and behind
/// the last block that has an owner.
fn find(disk: &Disk<'_>, mdb: &Mdb, end: u64, owned: u64) -> Option<(u64, Vec<u8>)> {
    let source = disk.source.len() / LOGICAL * LOGICAL;
    let behind = (0..SEARCH / LOGICAL).map(|n| owned.checked_add(n * LOGICAL));
    let places = [Some(end), source.checked_sub(2 * LOGICAL)].into_iter().chain(behind);
    places.flatten().filter(|&at| at > 2 * LOGICAL).find_map(|at| {
        let bytes = read_exact(disk.source, at, LOGICAL).ok()?;
        let copy = Mdb::parse(&bytes).filter(|_| be16(&bytes, 0) == Some(SIGNATURE))?;
        (copy.created == mdb.created || copy.unit == mdb.unit && copy.blocks == mdb.blocks)
            .then_some((at, bytes))
    })
}

/// Whether the extents of a tree lie within the volume.
fn inside(copy: &[u8], range: &Range<usize>, mdb: &Mdb) -> bool {
    (0..3).all(|n| {
        let start = be16(copy, range.start + 4 + 4 * n).map_or(0, u32::from);
        let count = be16(copy, range.start + 6 + 4 * n).map_or(0, u32::from);
        start + count <= u32::from(mdb.blocks)
    })
}
