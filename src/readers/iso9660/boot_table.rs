//! The boot information table: what a boot file says about its own place on the disc.
//!
//! `-boot-info-table` of mkisofs, genisoimage and xorriso (mkisofs(8), "EL TORITO BOOT INFORMATION
//! TABLE"): 56 bytes at offset 8 of the boot file, written into it when the image is made. Little
//! endian: the sector of the primary volume descriptor, the sector of the file, its length in bytes,
//! the sum of its 32-bit words from byte 64 on, and 40 bytes that are reserved.
//!
//! The four numbers are facts of the file where every one of them recomputes, and only there: then
//! they tell nothing that the rest of the volume does not, and may move as it does.

use super::SECTOR;
use super::image::Image;
use crate::model::fact::{Fact, field};
use crate::model::{ContentId, NodeId};
use crate::readers::Spent;
use crate::source::le32;

/// Where the words start that are summed up.
const SUMMED: u64 = 64;
/// Bytes that are read at a time.
const PIECE: u64 = 64 << 10;

/// The facts of the table of the file at `start`, if it has one. `primary` is where the primary
/// volume descriptor lies.
pub(super) fn facts(
    image: &mut Image<'_>,
    primary: u64,
    start: u64,
    size: u64,
) -> Result<Option<[Fact; 4]>, Spent> {
    if size < SUMMED {
        return Ok(None);
    }
    let head = image.read(start, SUMMED)?;
    let number = |at| le32(&head, at).unwrap_or_default();
    let sectors = |at: u64| Some(at / SECTOR as u64);
    let (descriptor, file, length, sum) = (number(8), number(12), number(16), number(20));
    let is_here = Some(descriptor.into()) == sectors(primary)
        && Some(file.into()) == sectors(start)
        && u64::from(length) == size;
    if !is_here || sum_of(image, start, size)? != sum {
        return Ok(None);
    }
    Ok(Some([
        Fact::number(field::BOOT_TABLE_DESCRIPTOR, descriptor),
        Fact::number(field::BOOT_TABLE_FILE, file),
        Fact::number(field::BOOT_TABLE_LENGTH, length),
        Fact::number(field::BOOT_TABLE_SUM, sum),
    ]))
}

/// The sum of the words; the last one is filled up with zeros.
fn sum_of(image: &mut Image<'_>, start: u64, size: u64) -> Result<u32, Spent> {
    let mut sum = 0u32;
    let mut at = SUMMED;
    while at < size {
        let piece = image.read(start + at, PIECE.min(size - at))?;
        for word in piece.chunks(4) {
            let byte = |n: usize| word.get(n).copied().unwrap_or_default();
            sum = sum.wrapping_add(u32::from_le_bytes([byte(0), byte(1), byte(2), byte(3)]));
        }
        at += PIECE;
    }
    Ok(sum)
}

/// Gives every entry of the contents in `tables` the facts of its table.
pub(super) fn tell(image: &mut Image<'_>, tables: &[(ContentId, [Fact; 4])]) {
    if tables.is_empty() {
        return;
    }
    for index in 0..image.volume.nodes.len() {
        let id = NodeId(index as u32);
        let Some(node) = image.volume.node(id) else { continue };
        let Some((_, table)) = tables.iter().find(|(of, _)| node.content() == Some(*of)) else {
            continue;
        };
        let mut facts = image.volume.facts_of(node).to_vec();
        if facts.iter().all(|fact| fact.field != field::BOOT_TABLE_FILE) {
            facts.extend(table.iter().cloned());
            image.volume.set_facts(id, facts);
        }
    }
}
