//! Texts in Windows programs: string tables, version information, dialogs, menus, messages and
//! manifests, each an entry by type, name and language, as `STRING/101/1033`.
//!
//! The program stays the file that it is: it is compared as a whole, and judged as a program. Only
//! its texts are read here, where they lie, so that rules on text see them.

mod directory;
mod texts;

use crate::model::fast_map::FastMap;
use crate::model::{Declared, Kind, NewNode, NodeId, Owner, Stored, ViewId, Volume};
use crate::readers::{Context, Doc, Form, Probe, Reader, Spent, note_spent};
use crate::source::{Source, le16, le32, read_exact};

use self::directory::{Leaf, leaves};
use self::texts::Text;

/// The reader of texts in Windows programs.
pub(super) const READER: Reader = Reader {
    doc: Doc {
        id: "pe-resources",
        title: "Texts in the resources of a Windows program",
        specifications: &[
            "Microsoft, PE Format: \"The .rsrc Section\"",
            "Microsoft, Menus and Other Resources: VS_VERSIONINFO, MENUHEADER, MENUEX_TEMPLATE_HEADER, \
             DLGTEMPLATE, DLGTEMPLATEEX, MESSAGE_RESOURCE_DATA; STRINGTABLE resource",
        ],
        limitations: &[
            "Resources that hold no text are not listed.",
            "What is packed in the file (UPX and the like) is not unpacked.",
            "Of a resource at most 1 MiB is read.",
        ],
    },
    probe,
    form: Form::Embedded(map),
};

/// Bytes of a resource that is taken apart.
const LARGEST: u64 = 1 << 20;
/// Data directory of the resources.
const RESOURCES: usize = 2;
/// Sections that are looked at; more than a loader takes.
const SECTIONS: usize = 96;

/// A run of the file that is loaded to an address.
#[derive(Clone, Copy)]
struct Section {
    address: u64,
    /// Bytes in the file.
    length: u64,
    /// Where they lie in the file.
    at: u64,
}

/// Where the resources lie, and how addresses become offsets.
struct Program {
    sections: Vec<Section>,
    /// The address of the resources.
    resources: u64,
}

impl Program {
    /// Reads the headers, as far as they lie in `head`.
    fn parse(head: &[u8]) -> Option<Self> {
        if !head.starts_with(b"MZ") {
            return None;
        }
        let coff = usize::try_from(le32(head, 0x3c)?).ok()?;
        let headers = head.get(coff..)?;
        if !headers.starts_with(b"PE\0\0") {
            return None;
        }
        let count = usize::from(le16(headers, 6)?).min(SECTIONS);
        let optional = headers.get(24..)?;
        let directories = match le16(optional, 0)? {
            0x10b => 96,
            0x20b => 112,
            _ => return None,
        };
        let has = le32(optional, directories - 4)? as usize > RESOURCES;
        let resources = u64::from(le32(optional, directories + 8 * RESOURCES)?);
        let table = optional.get(usize::from(le16(headers, 20)?)..)?;
        let section = |n: usize| {
            let of = table.get(40 * n..40 * n + 40)?;
            let long = |at| le32(of, at).map(u64::from);
            Some(Section { address: long(12)?, length: long(16)?, at: long(20)? })
        };
        let sections = (0..count).map_while(section).collect();
        (has && resources > 0).then_some(Self { sections, resources })
    }

    /// Where the bytes at an address lie in the file, and how many follow them in their section.
    fn offset(&self, address: u64) -> Option<(u64, u64)> {
        self.sections.iter().find_map(|section| {
            let into = address.checked_sub(section.address)?;
            let left = section.length.checked_sub(into).filter(|left| *left > 0)?;
            Some((section.at.checked_add(into)?, left))
        })
    }
}

fn probe(probe: &Probe<'_>) -> bool {
    Program::parse(probe.head).is_some_and(|program| program.offset(program.resources).is_some())
}

fn map(source: &dyn Source, context: &mut Context<'_>) -> Volume {
    let mut volume = Volume::new(READER.doc.id);
    let view = volume.add_view("resources", 50);
    let head = read_exact(source, 0, source.len().min(64 << 10)).unwrap_or_default();
    let Some(program) = Program::parse(&head) else { return volume };
    let Some((base, room)) = program.offset(program.resources) else { return volume };
    let room = room.min(source.len().saturating_sub(base));
    let mut found = Vec::new();
    if let Err(broken) = leaves(source, base, room, &mut found) {
        let at = Some(base + broken.at..base + broken.at + 1);
        volume.defect("structure/pe-resources", Owner::Volume, at, broken.message);
    }
    let mut lister = Lister { volume, view, folders: FastMap::default() };
    for leaf in found {
        let Some((at, left)) = program.offset(u64::from(leaf.address)) else { continue };
        let size = u64::from(leaf.size);
        if size > left.min(source.len().saturating_sub(at)) {
            let message =
                format!("{}: {size} bytes at {at}, of which {left} are there", leaf.path());
            lister.volume.defect(
                "structure/pe-resources",
                Owner::Volume,
                Some(at..at + 1),
                message,
            );
            continue;
        }
        let done = lister.texts(source, &leaf, at, size, context);
        if let Err(spent) = done {
            note_spent(&mut lister.volume, spent);
            break;
        }
    }
    lister.volume
}

/// Entries as they are found.
struct Lister {
    volume: Volume,
    view: ViewId,
    folders: FastMap<String, NodeId>,
}

impl Lister {
    /// Lists the texts of a resource.
    fn texts(
        &mut self,
        source: &dyn Source,
        leaf: &Leaf,
        at: u64,
        size: u64,
        context: &mut Context<'_>,
    ) -> Result<(), Spent> {
        let read = size.min(LARGEST);
        context.budget.structure(read)?;
        let Ok(bytes) = read_exact(source, at, read) else { return Ok(()) };
        for text in texts::of(leaf.kind, leaf.number, &bytes) {
            context.budget.entry()?;
            self.add(leaf, at, size, &text);
        }
        Ok(())
    }

    fn add(&mut self, leaf: &Leaf, at: u64, size: u64, text: &Text) {
        // A resource that is one text is it to its end.
        let length = if text.whole { size } else { text.length as u64 };
        if length == 0 {
            return;
        }
        let mut path = leaf.path_of(text);
        let name = path.pop().unwrap_or_default();
        let mut parent = None;
        let mut spelled = String::new();
        for folder in path {
            spelled.push('/');
            spelled.push_str(&folder);
            let known = self.folders.get(&spelled).copied();
            let folder = known.unwrap_or_else(|| self.node(parent, &folder, Kind::Directory, None));
            self.folders.insert(spelled.clone(), folder);
            parent = Some(folder);
        }
        let stored = Stored {
            declared: Declared::Text(text.encoding),
            ..Stored::plain(at + text.at as u64, length)
        };
        self.node(parent, &name, Kind::Resource, Some(stored));
    }

    fn node(
        &mut self,
        parent: Option<NodeId>,
        name: &str,
        kind: Kind,
        stored: Option<Stored>,
    ) -> NodeId {
        let content = stored.map(|stored| self.volume.add_content(stored));
        let (view, name) = (self.view, name.as_bytes());
        self.volume.add_node(NewNode { view, parent, name, kind, content, facts: Vec::new() })
    }
}
