//! The reader of DOS EPS files: a PostScript program with a preview that a page layout shows in its
//! place (Adobe Technical Note 5002, "Encapsulated PostScript File Format Specification" 3.0, 5.2).
//!
//! A header of 30 bytes gives the places of up to three parts: the program, a Windows metafile, a TIFF
//! picture. All numbers are little-endian. Writers leave no room between the parts; what stands there
//! belongs to nobody and is compared as such.

use std::ops::Range;

use super::{Context, Doc, Form, Probe, Reader, Spent, note_spent};
use crate::model::{
    Declared, GapKind, Kind, NewNode, Owner, Part, Role, Stored, Structure, Value, Volume, field,
};
use crate::source::{Source, le16, le32, read_exact};

/// The reader of DOS EPS files.
pub(super) const READER: Reader = Reader {
    doc: Doc {
        id: "dos-eps",
        title: "DOS EPS: PostScript with a preview",
        specifications: &["Adobe Technical Note 5002, EPSF 3.0, 5.2 (DOS EPS binary file header)"],
        limitations: &[
            "The previews are listed and compared, not drawn: whether they show what the program prints \
             is not known.",
            "Previews within the program (EPSI comments) and those of the Macintosh (PICT 256) are no \
             parts of such a file.",
        ],
    },
    probe: |probe: &Probe<'_>| probe.head.starts_with(&MAGIC),
    form: Form::Map(map),
};

static ROLE: Role = Role::structure("DOS EPS header");

/// "EPSF" with the high bits set.
const MAGIC: [u8; 4] = [0xc5, 0xd0, 0xd3, 0xc6];
const HEADER: u64 = 30;
const RULE: &str = "structure/dos-eps-header";
/// Stands for no checksum.
const NO_SUM: u16 = 0xffff;

/// The parts: where the header tells of each, and the name that it is listed by.
const PARTS: [(usize, &str, Declared); 3] = [
    (4, "postscript.ps", Declared::Nothing),
    (12, "preview.wmf", Declared::Binary),
    (20, "preview.tif", Declared::Binary),
];

fn map(source: &dyn Source, context: &mut Context<'_>) -> Volume {
    let mut volume = Volume::new(READER.doc.id);
    if let Err(spent) = read(&mut volume, source, context) {
        note_spent(&mut volume, spent);
    }
    volume
}

fn read(volume: &mut Volume, source: &dyn Source, context: &mut Context<'_>) -> Result<(), Spent> {
    let view = volume.add_view(READER.doc.id, 50);
    let length = source.len();
    context.budget.structure(HEADER)?;
    let header = match read_exact(source, 0, length.min(HEADER)) {
        Ok(header) if header.len() as u64 == HEADER => header,
        Ok(header) => {
            let at = Some(0..header.len() as u64);
            let message = format!("the header has {HEADER} bytes, and {length} are there");
            volume.defect(RULE, Owner::Volume, at.clone(), &*message);
            volume.unread(GapKind::Damaged, Owner::Volume, at, message);
            return Ok(());
        }
        Err(error) => {
            volume.unread(GapKind::Damaged, Owner::Volume, Some(0..length), error.to_string());
            return Ok(());
        }
    };
    let mut fields = vec![Part::fact(0..4)];
    // What was listed, to find what overlaps.
    let mut taken: Vec<(Range<u64>, &str)> = vec![(0..HEADER, "the header")];
    for (field, name, declared) in PARTS {
        let number = |at| u64::from(le32(&header, at).unwrap_or_default());
        let (start, size) = (number(field), number(field + 4));
        let at = Some(field as u64..field as u64 + 8);
        if size == 0 {
            // A place of nothing stays residue.
            if field == 4 {
                let message = format!("{name} has no bytes");
                volume.defect(RULE, Owner::Volume, at, message);
            }
            continue;
        }
        let there = start.min(length)..(start + size).min(length);
        let fits = start + size <= length;
        if !fits {
            let message = format!("{name} is at {start} with {size} of {length} bytes");
            volume.defect(RULE, Owner::Volume, at.clone(), &*message);
            volume.unread(GapKind::Damaged, Owner::Volume, at.clone(), message);
        }
        let overlapped = taken
            .iter()
            .find(|(other, _)| other.start < there.end && there.start < other.end)
            .map(|(_, other)| *other);
        if let Some(other) = overlapped {
            let message = format!("{name} at {start} with {size} bytes overlaps {other}");
            volume.defect(RULE, Owner::Volume, at.clone(), message);
        }
        if there.is_empty() {
            fields.push(Part::layout(field..field + 8, false));
            continue;
        }
        if field == 4 && begins_otherwise(source, &there) {
            let message = format!("at {start} begins no PostScript");
            volume.defect(RULE, Owner::Volume, at, message);
        }
        context.budget.entry()?;
        fields.push(Part::layout(field..field + 8, fits && overlapped.is_none()));
        let stored = Stored { declared, ..Stored::plain(there.start, there.end - there.start) };
        let bytes = Some(volume.add_claimed_content(view, stored, 1));
        volume.add_node(NewNode {
            view,
            parent: None,
            name: name.as_bytes(),
            kind: Kind::File,
            content: bytes,
            facts: Vec::new(),
        });
        taken.push((there, name));
    }
    let recorded = le16(&header, 28).unwrap_or_default();
    let words = header.as_chunks::<2>().0.iter().take(14);
    let computed = words.fold(0, |sum, &word| sum ^ u16::from_le_bytes(word));
    if recorded == NO_SUM {
        volume.add_fact(view, field::EXTRA, Value::bytes(b"no checksum"));
        fields.push(Part::fact(28..30));
    } else {
        if recorded != computed {
            let message = format!("its checksum is {recorded:#06x}, computed {computed:#06x}");
            volume.defect(RULE, Owner::Volume, Some(28..30), message);
        }
        fields.push(Part::layout(28..30, recorded == computed));
    }
    // That a preview lies before the program is as they were written.
    if !taken.is_sorted_by_key(|(range, _)| range.start) {
        volume.add_fact(view, field::ORDER, Value::bytes(b"previews first"));
    }
    volume.structure(&Structure {
        view,
        role: &ROLE,
        owner: Owner::Volume,
        at: 0,
        bytes: &header,
        parts: &fields,
    });
    Ok(())
}

/// Whether what begins there is no PostScript. A Control-D in front is judged as a byte of the text.
fn begins_otherwise(source: &dyn Source, part: &Range<u64>) -> bool {
    let first = read_exact(source, part.start, (part.end - part.start).min(3));
    first.is_ok_and(|first| !first.strip_prefix(b"\x04").unwrap_or(&first).starts_with(b"%!"))
}
