//! The partition table that isohybrid writes into the system area, so that the image also starts
//! from a disk.
//!
//! isohybrid (syslinux 6.04, utils/isohybrid.c) and `doc/boot_sectors.txt` of libisofs: a master boot
//! record with up to four partitions, and the place of the boot image at byte 432. GPT and the Apple
//! partition map are left to their own readers.

use std::fmt::Write as _;
use std::ops::Range;

use super::image::Image;
use crate::model::fact::{Value, field};
use crate::model::{Filled, Owner, Part, Role, Structure, ViewId};
use crate::readers::Spent;
use crate::source::{le32, le64};

static PARTITION_TABLE: Role = Role::structure("partition table");
static BOOT_ADDRESS: Role = Role::structure("boot image address");

/// Heads and sectors of the cylinders that an image for disks ends with, the largest first.
const GEOMETRIES: [(u64, u64); 4] = [(255, 63), (255, 32), (128, 32), (64, 32)];

/// Reads the partition table, if there is one.
pub(super) fn read(image: &mut Image<'_>, view: ViewId) -> Result<(), Spent> {
    let bytes = image.read(0, 512)?;
    let table = bytes.get(446..512).unwrap_or_default();
    let is_table = table.get(64..) == Some(&[0x55, 0xaa])
        && (0..4).any(|row| table.get(row * 16 + 4).is_some_and(|&kind| kind != 0))
        && (0..4).all(|row| table.get(row * 16).is_some_and(|status| matches!(status, 0 | 0x80)));
    if !is_table {
        return Ok(());
    }
    let cylinders = GEOMETRIES.map(|(heads, sectors)| heads * sectors * 512);
    let whole = cylinders.into_iter().find(|&unit| image.length().is_multiple_of(unit));
    image.volume.filled = whole.map(|unit| Filled { unit, beside: true });
    let mut parts = vec![Part::fact(64..66)];
    for (row, bytes) in table.chunks_exact(16).take(4).enumerate() {
        if bytes.iter().any(|&b| b != 0) {
            partition(image, view, row, bytes, &mut parts);
        }
    }
    let owner = Owner::Volume;
    let region =
        Structure { view, role: &PARTITION_TABLE, owner, at: 446, bytes: table, parts: &parts };
    image.volume.structure(&region);
    // The address of the boot image in units of 512 bytes, which the boot code reads. It follows from
    // the boot catalog, whose first image it is; that of any other content is a fact by itself.
    let sector = le64(&bytes, 432).unwrap_or_default();
    let start = sector.saturating_mul(512);
    if let Some(bytes) = bytes.get(432..440).filter(|_| sector != 0 && image.starts_content(start))
    {
        let is_boot_image = image.boots_from == Some(start);
        if !is_boot_image {
            let text = format!("MBR: boot image at sector {sector}").into();
            image.volume.add_fact(view, field::EXTRA, Value::Text(text));
        }
        let parts = [if is_boot_image { Part::layout(0..8, true) } else { Part::fact(0..8) }];
        let role = &BOOT_ADDRESS;
        image.volume.structure(&Structure { view, role, owner, at: 432, bytes, parts: &parts });
    }
    Ok(())
}

/// One row: status and type are a fact, and so is an address that follows from no geometry; the
/// rest is layout.
fn partition(image: &mut Image<'_>, view: ViewId, row: usize, bytes: &[u8], parts: &mut Vec<Part>) {
    let field = |range: Range<usize>| row * 16 + range.start..row * 16 + range.end;
    let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
    let first = u64::from(le32(bytes, 8).unwrap_or_default());
    let count = u64::from(le32(bytes, 12).unwrap_or_default());
    let mut text = format!("MBR {}: type {:#04x}, status {:#04x}", row + 1, byte(4), byte(0));
    parts.push(Part::fact(field(0..1)));
    parts.push(Part::fact(field(4..5)));
    let held = image.length().div_ceil(512);
    let last = (first + count).saturating_sub(1);
    // A protective partition may claim all that a table can say.
    let fits = first + count <= held || count == u64::from(u32::MAX);
    // Only a partition up to the end of the image follows from the image.
    if !fits || first + count == held {
        parts.push(Part::layout(field(8..16), fits));
    }
    for (at, sector, name) in [(1, first, "first"), (5, last, "last")] {
        let recorded = [byte(at), byte(at + 1), byte(at + 2)];
        if is_address_of(recorded, sector) {
            parts.push(Part::layout(field(at..at + 3), true));
        } else {
            let [a, b, c] = recorded;
            let _ = write!(text, ", {name} address {a:02x} {b:02x} {c:02x}");
            parts.push(Part::fact(field(at..at + 3)));
        }
    }
    image.volume.add_fact(view, field::EXTRA, Value::Text(text.into()));
    if !fits {
        let at = 446 + row as u64 * 16;
        let message = format!(
            "partition {} from sector {first} with {count} sectors, the image has {held}",
            row + 1
        );
        let here = Some(at + 8..at + 16);
        image.volume.defect("structure/isohybrid-partition", Owner::Volume, here, message);
    }
}

/// Whether head, sector and cylinder stand for a sector in some geometry that isohybrid uses, or for
/// one that lies too far out.
fn is_address_of(recorded: [u8; 3], sector: u64) -> bool {
    let [head, packed, cylinder] = recorded;
    if recorded == [0xfe, 0xff, 0xff] {
        return true;
    }
    let number = u64::from(packed & 0x3f);
    let cylinder = u64::from(cylinder) | u64::from(packed & 0xc0) << 2;
    [32, 63].into_iter().any(|sectors| {
        (1..=255u64).any(|heads| {
            let track = sector / sectors;
            number == sector % sectors + 1
                && u64::from(head) == track % heads
                && cylinder == (track / heads).min(1023)
        })
    })
}
