//! The volume bitmap: one bit for each allocation block, recomputed from everything that owns one.
//!
//! *Inside Macintosh: Files*, "Volume Bitmaps". The half of a hybrid disc that a mastering tool
//! writes marks every block as used, so that nothing is ever put over the other half's files: then
//! only the blocks that have an owner say something.

use super::extents::Blocks;
use super::mdb::Mdb;
use super::{Disk, LOGICAL};
use crate::model::{GapKind, Owner, Part, Role, Structure, Volume};
use crate::readers::{Budget, note_spent};
use crate::source::read_exact;

static BITMAP: Role = Role::structure("volume bitmap");
static FREE: Role = Role::reserved("free space");
static FOREIGN: Role = Role::reserved("blocks without an owner");

/// Checks and tells the bitmap, claims the blocks that nobody owns, and counts the clear bits.
pub(super) fn check(
    disk: &Disk<'_>,
    mdb: &Mdb,
    blocks: &Blocks,
    volume: &mut Volume,
    budget: &mut Budget,
) -> Option<u32> {
    let at = u64::from(mdb.bitmap) * LOGICAL;
    let length = mdb.bitmap_end() - at;
    if let Err(spent) = budget.structure(length) {
        note_spent(volume, spent);
        return None;
    }
    let bytes = match read_exact(disk.source, at, length) {
        Ok(bytes) => bytes,
        Err(error) => {
            let message = format!("volume bitmap: {error}");
            volume.unread(GapKind::Damaged, Owner::Volume, Some(at..at + length), message);
            return None;
        }
    };
    let total = disk.blocks as usize;
    let bit = |n: usize| bytes.get(n / 8).is_some_and(|byte| byte & (0x80 >> (n % 8)) != 0);
    let clear = (0..total).filter(|&n| !bit(n)).count() as u32;
    let full = clear == 0 && mdb.free == 0 && mdb.locked();
    let used = total.div_ceil(8);
    let mut wrong = 0u32;
    let mut first = None;
    for n in 0..used * 8 {
        let set = bit(n);
        let beyond = n >= total;
        // The bits of the last byte that stand for no block are set together with the others.
        let agrees = if full { beyond || set } else { set == blocks.is_owned(n) };
        if !agrees {
            wrong += 1;
            first = first.or(Some((n, set)));
        }
    }
    if let Some((n, set)) = first {
        let (marked, is) = if set { ("used", "has no owner") } else { ("free", "has an owner") };
        let message =
            format!("allocation block {n} is marked {marked} but {is}; {wrong} such blocks");
        let byte = at + (n / 8) as u64;
        volume.defect("structure/hfs-volume-bitmap", Owner::Volume, Some(byte..byte + 1), message);
    }
    // Where the last byte has bits of no block, they say the same as the others or stay as they are.
    let told = if !full || (total..used * 8).all(bit) { used } else { total / 8 };
    let mut parts = vec![Part::layout(0..told, first.is_none())];
    if full && bytes.iter().skip(used).all(|&byte| byte == 0xff) {
        parts.push(Part::fact(used..bytes.len()));
    }
    volume.structure(&Structure {
        view: disk.view,
        role: &BITMAP,
        owner: Owner::Volume,
        at,
        bytes: &bytes,
        parts: &parts,
    });
    for run in blocks.unowned() {
        let role = if full { &FOREIGN } else { &FREE };
        volume.claim(disk.view, disk.at(run.start)..disk.at(run.end), role, Owner::Volume);
    }
    Some(clear)
}
