//! Rows: what a manifest says of an entry, of a volume in one of its namespaces, or of the artifact.
//!
//! Rows are what a manifest file holds line by line and what two builds are compared by. In which
//! order they come, and what is made of them before they are needed, is [`super::rows`].

use std::borrow::Cow;

use super::census::Census;
use super::class::{Class, Declared};
use super::content::Content;
use super::digest::Digest;
use super::fact::Fact;
use super::kind::Kind;
use super::locator::{self, Locator};
use super::manifest::{Container, ContainerId, Manifest, Place};
use super::volume::Filled;

/// What a row is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RowKind {
    /// The artifact itself; always the first row.
    Artifact,
    /// The root of a view: facts, layout and residue of the volume in that namespace.
    View(VolumeRow),
    /// An entry.
    Entry(Kind),
}

/// A volume in one of its namespaces.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct VolumeRow {
    /// The reader's id.
    pub format: String,
    /// Digest over every layout field.
    pub layout: Digest,
    /// Layout fields.
    pub layout_fields: u64,
    /// Whether every layout field recomputes.
    pub layout_agrees: bool,
    /// What neither fact nor layout explains, sorted by key.
    pub residues: Vec<ResidueRow>,
    /// The room of the container, with the first view of its first volume.
    pub room: Option<Room>,
}

/// How long a container is, and how much of that belongs to nothing. Zeros have no digest here: they
/// are told by their number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Room {
    /// Bytes of the container.
    pub length: u64,
    /// Bytes that belong to no structure and no content, whatever stands in them.
    pub free: u64,
    /// The unit that writers of the format fill up with zeros at the end, if the length is a multiple.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filled: Option<Filled>,
}

impl Room {
    /// Whether what is free follows from the rest: a writer keeps the length of the container, or
    /// leaves as much free as before, or fills the last unit and no more.
    pub fn follows(self, old: Self) -> bool {
        let fills_last = self.filled.is_some_and(|filled| {
            let free = self.free.max(old.free);
            self.filled == old.filled
                && self.free.abs_diff(old.free) < filled.unit
                && (filled.beside || free < filled.unit)
        });
        self.length == old.length || self.free == old.free || fills_last
    }
}

/// Residue under the key that does not move with the layout.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ResidueRow {
    /// What the region is for.
    pub role: Cow<'static, str>,
    /// Whose it is: a locator, or `.` for the volume.
    pub owner: String,
    /// Which region of that role and owner.
    pub ordinal: u32,
    /// Offset in the container; for reports only.
    pub at: u64,
    /// Bytes.
    pub length: u64,
    /// BLAKE3 of the bytes with facts and layout masked.
    pub digest: Digest,
}

/// The content of an entry.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ContentRow {
    /// Bytes.
    pub size: u64,
    /// BLAKE3 of the bytes; `None` if they were not all read.
    pub blake3: Option<Digest>,
    /// SHA-256 of the bytes, where recorded.
    pub sha256: Option<Digest>,
    /// BLAKE3 of the stored bytes, where they are packed.
    pub stored: Option<Digest>,
    /// Text or binary.
    pub class: Class,
    /// What the bytes are.
    pub census: Census,
    /// The recognised format.
    pub format: Option<Cow<'static, str>>,
    /// The encoding that the container declares.
    pub encoding: Option<Cow<'static, str>>,
    /// BLAKE3 chaining value of each 64 KiB, see `docs/manifest.md`.
    pub chunks: Vec<Digest>,
    /// The bytes themselves, where the manifest holds them.
    pub text: Option<Vec<u8>>,
}

/// One row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Where.
    pub path: Locator,
    /// What.
    pub kind: RowKind,
    /// The facts of the entry or view.
    pub facts: Vec<Fact>,
    /// Its bytes.
    pub content: Option<ContentRow>,
    /// The main locator of the content if this row is another name of it.
    pub main: Option<Locator>,
    /// Where the entry is in the manifest it came from; `None` for a row of a manifest file.
    pub place: Option<Place>,
    /// Whether the content is a container whose members have rows of their own.
    pub opened: bool,
    /// The place of the entry among the members of its container, where their order counts.
    pub ordinal: Option<u32>,
}

impl ContentRow {
    /// The row of a scanned content.
    pub fn of(content: &Content, declared: Declared) -> Self {
        Self {
            size: content.size(),
            blake3: content.blake3,
            sha256: content.sha256(),
            stored: content.stored(),
            class: content.class,
            census: content.census,
            format: content.format().map(Cow::Borrowed),
            encoding: match declared {
                Declared::Text(name) | Declared::TextRecords(name) => Some(Cow::Borrowed(name)),
                _ => None,
            },
            chunks: content.chunks().to_vec(),
            text: None,
        }
    }
}

impl Manifest {
    /// A volume in one of its namespaces.
    pub(super) fn volume_row(&self, id: ContainerId, v: u16, view: usize) -> Option<VolumeRow> {
        let container = self.container(id)?;
        let volume = container.volumes.get(usize::from(v))?;
        let of = volume.views.get(view)?;
        let owner = |owner| self.owner_path(id, v, owner).to_string();
        let mut residues: Vec<_> = volume
            .residues
            .iter()
            .filter(|residue| usize::from(residue.view.0) == view)
            .map(|residue| ResidueRow {
                role: Cow::Borrowed(residue.role.name),
                owner: owner(residue.owner),
                ordinal: residue.ordinal,
                at: residue.at,
                length: residue.length,
                digest: residue.digest,
            })
            .collect();
        // A defect is a change whatever the layout says. Their messages hold offsets, which move, so
        // only their number counts.
        if view == 0 {
            let mut defects =
                std::collections::BTreeMap::<(&'static str, String), (u64, u64)>::new();
            for defect in &volume.defects {
                let at = defect.at.as_ref().map_or(0, |at| at.start);
                let key = (defect.rule, owner(defect.owner));
                defects.entry(key).or_insert((at, 0)).1 += 1;
            }
            for ((rule, owner), (at, count)) in defects {
                residues.push(ResidueRow {
                    role: Cow::Borrowed(rule),
                    owner,
                    ordinal: 0,
                    at,
                    length: count,
                    digest: Digest::of(&count.to_le_bytes()),
                });
            }
        }
        // Loose bytes of the container stand with the first view of the volume that says whose they
        // are; what nobody claims, with that of the first.
        if view == 0 {
            let mut seen = std::collections::HashMap::<(&str, String), u32>::new();
            for loose in container.loose.iter().filter(|loose| loose.volume == v) {
                let owner = self.owner_path(id, loose.volume, loose.owner).to_string();
                let ordinal = seen.entry((loose.role.name, owner.clone())).or_default();
                residues.push(ResidueRow {
                    role: Cow::Borrowed(loose.role.name),
                    owner,
                    ordinal: *ordinal,
                    at: loose.start,
                    length: loose.end - loose.start,
                    digest: loose.digest,
                });
                *ordinal += 1;
            }
        }
        residues.sort();
        let room = (v == 0 && view == 0).then(|| {
            let Container { length, free, .. } = *container;
            let mut filled = container.volumes.iter().filter_map(|volume| volume.filled);
            Room { length, free, filled: filled.find(|filled| length.is_multiple_of(filled.unit)) }
        });
        Some(VolumeRow {
            room,
            format: volume.format.to_owned(),
            layout: of.layout.digest(),
            layout_fields: of.layout_fields,
            layout_agrees: of.layout_agrees,
            residues,
        })
    }
}

impl Row {
    /// The fact of a field.
    pub fn fact(&self, field: super::fact::Field) -> Option<&super::fact::Value> {
        self.facts.iter().find(|fact| fact.field == field).map(|fact| &fact.value)
    }

    /// The last segment as recorded, if it does not print as it stands.
    pub fn raw_name(&self) -> Option<Vec<u8>> {
        let segment = self.path.last_segment();
        let raw = locator::unescape(segment);
        (raw != segment.as_bytes()).then_some(raw)
    }
}
