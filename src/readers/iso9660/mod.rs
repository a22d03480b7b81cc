//! ISO 9660 with Rock Ridge, Joliet, the enhanced descriptor of 1999, El Torito and isohybrid.
//!
//! ECMA-119 (ISO 9660), ISO 9660:1999, SUSP and RRIP 1.12, Joliet Specification 1.0, El Torito 1.0.
//! One image may hold several sessions: the last one's trees are the views `rr`, `joliet`, `iso` and
//! `boot`, those of earlier sessions are `session1-iso` and so on. All trees share contents: one
//! list of extents is one content. HFS, UDF, partition maps and apple formats on the same disc are
//! left to their own readers.

mod attributes;
mod boot_table;
mod descriptor;
mod directory;
mod el_torito;
mod field;
mod hybrid;
mod image;
mod path_table;
mod record;
mod rock_ridge;
mod session;
mod susp;
mod tree;
mod xa;

use super::{Context, Doc, Form, Probe, Reader, note_spent};
use crate::model::{GapKind, Owner, Volume};
use crate::source::Source;
use image::Image;

/// Bytes of a logical sector.
const SECTOR: usize = 2048;

/// ISO 9660.
pub(super) const READER: Reader = Reader {
    doc: Doc {
        id: "iso9660",
        title: "ISO 9660 with Rock Ridge, Joliet and El Torito",
        specifications: &[
            "ECMA-119, 4th edition (ISO 9660:1988), all of sections 6 to 9",
            "ISO 9660:1999, 8.5 enhanced volume descriptor",
            "IEEE P1281 SUSP 1.12 and IEEE P1282 RRIP 1.12",
            "Joliet Specification 1.0 (1995)",
            "El Torito Bootable CD-ROM Format Specification 1.0 (1995)",
            "mkisofs(8), boot information table",
            "System Description CD-ROM XA (1991), II.2.7",
        ],
        limitations: &[
            "Interleaved files and files on another volume of the set are gaps.",
            "Sparse (SF) and zisofs-compressed (ZF) files are read as they are stored.",
            "High Sierra discs (CDROM instead of CD001) are not recognised.",
            "The boot information table is looked for in boot files that a tree lists.",
        ],
    },
    probe,
    form: Form::Map(map),
};

fn probe(probe: &Probe<'_>) -> bool {
    let first = 16 * SECTOR;
    probe.head.get(first + 1..first + 6) == Some(b"CD001")
        && probe.head.get(first).is_some_and(|kind| matches!(kind, 0..=3 | 255))
}

fn map(source: &dyn Source, context: &mut Context<'_>) -> Volume {
    let mut image = Image::new(source, context.budget, Volume::new("iso9660"));
    if let Err(spent) = session::read_all(&mut image) {
        note_spent(&mut image.volume, spent);
    }
    let mut volume = image.volume;
    if volume.views.is_empty() {
        volume.add_view("iso", session::Rank::ISO);
        let message = "no primary volume descriptor at byte 32768";
        volume.unread(GapKind::Damaged, Owner::Volume, None, message);
    }
    volume
}
