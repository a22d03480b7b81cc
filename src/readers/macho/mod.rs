//! Texts in Mach-O programs: property lists and other texts that were linked into a section of their
//! own, as `__TEXT,__info_plist`, and the entitlements of the code signature. Of a fat file each slice
//! is a folder, named as lipo names it: `arm64/__TEXT,__info_plist`.
//!
//! The program stays the file that it is: it is compared as a whole, and judged as a program. Only
//! its texts are read here, where they lie, so that rules on text see them.

mod commands;
mod signature;

use goblin::mach::constants::cputype::{CPU_SUBTYPE_MASK, get_arch_name_from_types};
use goblin::mach::fat::FAT_MAGIC;

use self::commands::{Commands, HEADER};
use crate::model::{Declared, GapKind, Kind, NewNode, NodeId, Owner, Stored, ViewId, Volume};
use crate::readers::{Context, Doc, Form, Probe, Reader, Spent, note_spent};
use crate::source::{Source, be32, be64, read_exact};

/// The reader of texts in Mach-O programs.
pub(super) const READER: Reader = Reader {
    doc: Doc {
        id: "macho-resources",
        title: "Texts in the sections and the signature of a Mach-O program",
        specifications: &[
            "Apple, mach-o/loader.h: mach_header, segment_command, section, linkedit_data_command, \
             encryption_info_command",
            "Apple, mach-o/fat.h: fat_header, fat_arch, fat_arch_64",
            "Apple, kern/cs_blobs.h: CS_SuperBlob, CSMAGIC_EMBEDDED_ENTITLEMENTS",
        ],
        limitations: &[
            "Sections are known by their names: those that end in plist, entitlements, xml, json, html \
             or txt; of C strings and string objects nothing is listed.",
            "Zeros behind a text are padding.",
            "Of the signature only entitlements in XML are listed: requirements, certificates and DER \
             are no text.",
            "Static libraries in a fat file are not opened.",
            "What the store has encrypted is not decrypted.",
        ],
    },
    probe,
    form: Form::Embedded(map),
};

const RULE: &str = "structure/macho-resources";
/// Slices of a fat file; there are not as many processors.
const SLICES: usize = 30;
/// Bytes of header and load commands that are read; large programs have some ten thousand.
const COMMANDS: u64 = 1 << 20;
/// Bytes at both ends of a text that are looked at.
const EDGE: u64 = 4 << 10;

/// A program: the file, or a part of a fat one.
struct Slice {
    at: u64,
    length: u64,
    /// The processor; none if it is the file.
    name: Option<String>,
}

/// The slices that the table of a fat file tells, as far as it is there; none if it is no fat file.
fn slices(head: &[u8]) -> Option<Vec<Slice>> {
    let wide = match be32(head, 0)? {
        FAT_MAGIC => false,
        magic if magic == FAT_MAGIC + 1 => true,
        _ => return None,
    };
    // A Java class has the same magic; there its version stands here, and that is 45 or more.
    let count = (be32(head, 4)? as usize).checked_sub(1).filter(|last| *last < SLICES)? + 1;
    let slice = |n: usize| {
        let at = 8 + n * if wide { 32 } else { 20 };
        let (start, length) = if wide {
            (be64(head, at + 8)?, be64(head, at + 16)?)
        } else {
            (u64::from(be32(head, at + 8)?), u64::from(be32(head, at + 12)?))
        };
        let (cpu, model) = (be32(head, at)?, be32(head, at + 4)? & !CPU_SUBTYPE_MASK);
        let name = get_arch_name_from_types(cpu, model);
        let name = name.map_or_else(|| format!("cpu-{cpu}-{model}"), str::to_owned);
        Some(Slice { at: start, length, name: Some(name) })
    };
    Some((0..count).map_while(slice).collect())
}

fn probe(probe: &Probe<'_>) -> bool {
    slices(probe.head).is_some_and(|slices| !slices.is_empty())
        || Commands::parse(probe.head).is_some_and(|commands| commands.may_hold_texts())
}

fn map(source: &dyn Source, context: &mut Context<'_>) -> Volume {
    let mut volume = Volume::new(READER.doc.id);
    let view = volume.add_view("resources", 50);
    let mut lister = Lister { source, volume, view, folder: None, left: source.len() };
    let head = read_exact(source, 0, source.len().min(EDGE)).unwrap_or_default();
    let whole = || vec![Slice { at: 0, length: source.len(), name: None }];
    for slice in slices(&head).unwrap_or_else(whole) {
        if let Err(spent) = lister.slice(&slice, context) {
            note_spent(&mut lister.volume, spent);
            break;
        }
    }
    lister.volume
}

/// Entries as they are found.
struct Lister<'a> {
    source: &'a dyn Source,
    volume: Volume,
    view: ViewId,
    /// The slice that is read, once it has an entry.
    folder: Option<NodeId>,
    /// Bytes of texts that can still be listed, if no two share any.
    left: u64,
}

impl Lister<'_> {
    fn slice(&mut self, slice: &Slice, context: &mut Context<'_>) -> Result<(), Spent> {
        self.folder = None;
        let room = self.source.len().saturating_sub(slice.at);
        if slice.length > room {
            let name = slice.name.as_deref().unwrap_or_default();
            let message = format!(
                "slice {name}: {} bytes at {}, of which {room} are there",
                slice.length, slice.at
            );
            self.defect(slice.at, message);
        }
        let length = slice.length.min(room);
        let Ok(header) = read_exact(self.source, slice.at, length.min(HEADER)) else {
            return Ok(());
        };
        // What lies in a slice that is no program is another's.
        let Some(size) = Commands::size(&header) else { return Ok(()) };
        let size = size.min(COMMANDS).min(length);
        context.budget.structure(size)?;
        let head = read_exact(self.source, slice.at, size).unwrap_or_default();
        let Some(commands) = Commands::parse(&head) else { return Ok(()) };
        if let Some(broken) = &commands.broken {
            self.defect(slice.at + broken.at, broken.message.clone());
        }
        for section in &commands.sections {
            let name = &section.name;
            let at = slice.at + section.at;
            if section.end().is_none_or(|end| end > length) {
                let name = name.escape_ascii();
                let message =
                    format!("{name}: {} bytes at {} of {length}", section.length, section.at);
                self.defect(slice.at + section.named_at, message);
            } else if commands.is_encrypted(section) {
                let message = format!("{} is encrypted", name.escape_ascii());
                let range = Some(at..at + section.length);
                self.volume.unread(GapKind::Encrypted, Owner::Volume, range, message);
            } else {
                self.text(slice, name, at, section.length, context)?;
            }
        }
        if let Some((at, size)) = commands.signature {
            let room = length.saturating_sub(at).min(size);
            match signature::entitlements(self.source, slice.at.saturating_add(at), room) {
                Ok(Some(blob)) => {
                    self.text(slice, b"entitlements", blob.start, blob.end - blob.start, context)?;
                }
                Ok(None) => {}
                Err(broken) => self.defect(broken.at, broken.message),
            }
        }
        Ok(())
    }

    /// Lists a text without the zeros behind it.
    fn text(
        &mut self,
        slice: &Slice,
        name: &[u8],
        at: u64,
        length: u64,
        context: &mut Context<'_>,
    ) -> Result<(), Spent> {
        let edge = length.min(EDGE);
        context.budget.structure(2 * edge)?;
        let (Ok(first), Ok(last)) =
            (read_exact(self.source, at, edge), read_exact(self.source, at + length - edge, edge))
        else {
            return Ok(());
        };
        let (declared, unit) = match *first.as_slice() {
            [0xff, 0xfe, ..] => (Declared::Text("utf-16le"), 2),
            [0xfe, 0xff, ..] => (Declared::Text("utf-16be"), 2),
            [b'b', b'p', b'l', b'i', b's', b't', b'0', ..] => (Declared::Nothing, u64::MAX),
            _ => (Declared::Text("utf-8"), 1),
        };
        let zeros = last.iter().rev().take_while(|byte| **byte == 0).count() as u64;
        let length = length - zeros / unit * unit;
        let Some(left) = self.left.checked_sub(length) else {
            let message = format!("{} shares its bytes with another section", name.escape_ascii());
            self.defect(at, message);
            return Ok(());
        };
        self.left = left;
        if length == 0 {
            return Ok(());
        }
        context.budget.entry()?;
        if let (None, Some(folder)) = (self.folder, &slice.name) {
            context.budget.entry()?;
            self.folder = Some(self.node(None, folder.as_bytes(), Kind::Directory, None));
        }
        let stored = Stored { declared, ..Stored::plain(at, length) };
        self.node(self.folder, name, Kind::Resource, Some(stored));
        Ok(())
    }

    fn defect(&mut self, at: u64, message: String) {
        // What is said of a place behind the end is said of the end.
        let at = at.min(self.source.len().saturating_sub(1));
        self.volume.defect(RULE, Owner::Volume, Some(at..at + 1), message);
    }

    fn node(
        &mut self,
        parent: Option<NodeId>,
        name: &[u8],
        kind: Kind,
        stored: Option<Stored>,
    ) -> NodeId {
        let content = stored.map(|stored| self.volume.add_content(stored));
        let view = self.view;
        self.volume.add_node(NewNode { view, parent, name, kind, content, facts: Vec::new() })
    }
}
