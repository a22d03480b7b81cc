//! Resource forks: the header, the data area, and the map that names what lies in it.
//!
//! *Inside Macintosh: More Macintosh Toolbox*, ch. 1 "Resource Manager", "Resource File Format". All
//! numbers are big-endian. The header says where data and map lie and stands again at the start of
//! the map; behind it 112 bytes belong to the system and 128 to the application.

mod list;

use crate::model::Declared;
use crate::model::{GapKind, Owner, Part, Role, Structure, Volume};
use crate::readers::{Context, Doc, Form, Probe, Reader, note_spent};
use crate::source::{Source, be16, be32, read_exact};

/// The reader of resource forks.
pub const READER: Reader = Reader {
    doc: Doc {
        id: "resource-fork",
        title: "Macintosh resource fork",
        specifications: &[
            "Inside Macintosh: More Macintosh Toolbox, ch. 1 \"Resource Manager\", \"Resource File Format\"",
            "Inside Macintosh, vol. I, ch. 5, \"Format of a Resource File\"",
        ],
        limitations: &[
            "Compressed resources are listed, not decompressed.",
            "The records inside a resource (menus, dialogs, strings) are not taken apart.",
            "Names are read as MacRoman.",
        ],
    },
    probe,
    form: Form::Map(map),
};

static HEADER: Role = Role::structure("resource header");
static SYSTEM: Role = Role::reserved("area of the system");
static APPLICATION: Role = Role::reserved("area of the application");

/// Bytes of the header, at the start of the fork and again of the map.
const HEADER_LENGTH: u64 = 16;
/// Bytes of the smallest map: header, handles, attributes, two offsets, no types.
const SMALLEST_MAP: u64 = 30;

/// Where data and map lie.
#[derive(Clone, Copy)]
struct Header {
    data: u64,
    map: u64,
    data_length: u64,
    map_length: u64,
}

impl Header {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let long = |at| be32(bytes, at).map(u64::from);
        Some(Self { data: long(0)?, map: long(4)?, data_length: long(8)?, map_length: long(12)? })
    }

    fn data_end(self) -> u64 {
        self.data + self.data_length
    }

    fn map_end(self) -> u64 {
        self.map + self.map_length
    }

    /// Whether both areas lie behind the header, within `length` bytes and apart from each other.
    fn fits(self, length: u64) -> bool {
        let apart = self.data_end() <= self.map || self.map_end() <= self.data;
        let behind = self.data >= HEADER_LENGTH && self.map >= HEADER_LENGTH;
        let within = self.data_end() <= length && self.map_end() <= length;
        apart && behind && within && self.map_length >= SMALLEST_MAP
    }
}

/// A fork that its container calls one, or a file named `.rsrc` whose map repeats its header.
fn probe(probe: &Probe<'_>) -> bool {
    if probe.declared == Declared::Container(READER.doc.id) {
        return true;
    }
    let suffix = probe.name.len().checked_sub(5).and_then(|at| probe.name.get(at..));
    let named = suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case(b".rsrc"));
    let (Some(header), Some(length)) = (Header::parse(probe.head), probe.length) else {
        return false;
    };
    if !named || !header.fits(length) {
        return false;
    }
    let near = usize::try_from(header.map).ok().and_then(|at| probe.head.get(at..at + 30));
    let tail = length - probe.tail.len() as u64;
    let far = header.map.checked_sub(tail).and_then(|at| usize::try_from(at).ok());
    let far = far.and_then(|at| probe.tail.get(at..at.checked_add(30)?));
    let Some(map) = near.or(far) else { return false };
    let copy = map.get(..16).unwrap_or_default();
    let list = be16(map, 24).map_or(0, u64::from);
    (copy.iter().all(|&byte| byte == 0) || probe.head.starts_with(copy))
        && (28..=header.map_length - 2).contains(&list)
}

fn map(source: &dyn Source, context: &mut Context<'_>) -> Volume {
    let mut volume = Volume::new(READER.doc.id);
    let view = volume.add_view("resources", 50);
    let length = source.len();
    if length == 0 {
        return volume;
    }
    let bytes = match read_exact(source, 0, HEADER_LENGTH) {
        Ok(bytes) => bytes,
        Err(error) => {
            let message = format!("resource header: {error}");
            volume.unread(GapKind::Damaged, Owner::Volume, None, message);
            return volume;
        }
    };
    let Some(header) = Header::parse(&bytes) else { return volume };
    let fits = header.fits(length);
    let parts = [(0..4), (4..8), (8..12), (12..16)].map(|at| Part::layout(at, fits));
    volume.structure(&Structure {
        view,
        role: &HEADER,
        owner: Owner::Volume,
        at: 0,
        bytes: &bytes,
        parts: &parts,
    });
    if !fits {
        let message = format!(
            "data at {} of {} bytes, map at {} of {} bytes, in a fork of {length}",
            header.data, header.data_length, header.map, header.map_length
        );
        volume.defect("structure/resource-header", Owner::Volume, Some(0..16), message);
    }
    let first = header.data.min(header.map).min(length);
    volume.claim(view, HEADER_LENGTH..first.min(128), &SYSTEM, Owner::Volume);
    volume.claim(view, 128..first.min(256), &APPLICATION, Owner::Volume);
    let within = header.map >= HEADER_LENGTH && header.map < length;
    let map_length = header.map_length.min(length.saturating_sub(header.map));
    if !within || map_length < SMALLEST_MAP {
        let message =
            format!("resource map at {}: expected {SMALLEST_MAP} bytes or more", header.map);
        volume.unread(GapKind::Damaged, Owner::Volume, None, message);
        return volume;
    }
    if let Err(spent) = context.budget.structure(map_length) {
        note_spent(&mut volume, spent);
        return volume;
    }
    let map = match read_exact(source, header.map, map_length) {
        Ok(map) => map,
        Err(error) => {
            volume.unread(GapKind::Damaged, Owner::Volume, None, format!("resource map: {error}"));
            return volume;
        }
    };
    let list = list::List::new(source, view, header, &bytes, &map, &mut volume);
    if let Err(spent) = list.read(context.budget) {
        note_spent(&mut volume, spent);
    }
    volume
}
