//! Rows: a manifest as a sorted sequence, one row an entry or view.
//!
//! Rows are what a manifest file holds line by line and what two builds are compared by, so that a
//! comparison merges two streams and holds neither.

use std::borrow::Cow;

use super::census::Census;
use super::class::{Class, Declared};
use super::content::Content;
use super::digest::Digest;
use super::fact::Fact;
use super::locator::{self, Locator};
use super::manifest::{ContainerId, ContentPlace, Manifest, Place};
use super::volume::{Kind, NodeId};

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
}

impl ContentRow {
    /// The row of a scanned content.
    pub fn of(content: &Content, declared: Declared) -> Self {
        Self {
            size: content.size,
            blake3: content.blake3,
            sha256: content.sha256.as_deref().copied(),
            stored: content.stored.as_deref().copied(),
            class: content.class,
            census: content.census,
            format: content.format.map(Cow::Borrowed),
            encoding: match declared {
                Declared::Text(name) | Declared::TextRecords(name) => Some(Cow::Borrowed(name)),
                _ => None,
            },
            chunks: content.chunks.to_vec(),
            text: None,
        }
    }
}

/// What stands at one place of the sorted order.
enum Item {
    Entry(Place),
    View {
        container: ContainerId,
        volume: u16,
        view: usize,
    },
    Children {
        container: ContainerId,
        volume: u16,
        view: usize,
        parent: Option<NodeId>,
        path: Locator,
    },
}

/// Per volume, its nodes sorted by view and parent, so that the children of a directory are a slice.
type ChildIndex = Vec<Vec<Vec<u32>>>;

/// The rows of a manifest in ascending order of locator.
pub struct Rows<'a> {
    manifest: &'a Manifest,
    children: ChildIndex,
    stack: Vec<Item>,
    artifact: bool,
}

impl Manifest {
    /// All rows, the artifact first, then bytewise by locator.
    pub fn rows(&self) -> Rows<'_> {
        let children = self
            .containers
            .iter()
            .map(|container| {
                container
                    .volumes
                    .iter()
                    .map(|volume| {
                        let mut order: Vec<u32> = (0..volume.nodes.len() as u32).collect();
                        order.sort_by_key(|&i| {
                            volume.node(NodeId(i)).map(|node| (node.view, node.parent(), i))
                        });
                        order
                    })
                    .collect()
            })
            .collect();
        let mut rows = Rows { manifest: self, children, stack: Vec::new(), artifact: true };
        if !self.containers.is_empty() {
            let mut items = Vec::new();
            rows.add_views(ContainerId(0), &mut items);
            rows.push_sorted(items);
        }
        rows
    }
}

impl Rows<'_> {
    fn push_sorted(&mut self, mut items: Vec<(String, Item)>) {
        items.sort_by(|(a, _), (b, _)| b.cmp(a));
        self.stack.extend(items.into_iter().map(|(_, item)| item));
    }

    /// The views of a container; those of the artifact's default view are spread out, as its
    /// children's locators have no prefix.
    fn add_views(&self, id: ContainerId, items: &mut Vec<(String, Item)>) {
        let Some(container) = self.manifest.container(id) else { return };
        let transparent = self.manifest.is_transparent(id);
        for (v, volume) in container.volumes.iter().enumerate() {
            for view in 0..volume.views.len() {
                let (v, path) = (v as u16, self.manifest.view_path(id, v as u16, view));
                let key = path.as_str().to_owned();
                items.push((key.clone(), Item::View { container: id, volume: v, view }));
                if transparent {
                    continue;
                }
                if key == "!" {
                    self.add_children(id, v, view, None, &path, items);
                } else {
                    let children =
                        Item::Children { container: id, volume: v, view, parent: None, path };
                    items.push((key + "/", children));
                }
            }
        }
        if transparent {
            let payload =
                ContentPlace { container: id, volume: 0, content: super::volume::ContentId(0) };
            if let Some(inner) = self.manifest.inside(payload) {
                self.add_views(inner, items);
            }
        }
    }

    fn add_children(
        &self,
        id: ContainerId,
        v: u16,
        view: usize,
        parent: Option<NodeId>,
        above: &Locator,
        items: &mut Vec<(String, Item)>,
    ) {
        let Some(volume) = self.manifest.container(id).and_then(|c| c.volumes.get(usize::from(v)))
        else {
            return;
        };
        let order = self.children.get(id.0 as usize).and_then(|c| c.get(usize::from(v)));
        let order = order.map_or(&[][..], Vec::as_slice);
        let key =
            |i: u32| volume.node(NodeId(i)).map(|node| (usize::from(node.view.0), node.parent()));
        let wanted = Some((view, parent));
        let from = order.partition_point(|&i| key(i) < wanted);
        let to = order.partition_point(|&i| key(i) <= wanted);
        let has_children = |i: u32| {
            let below = Some((view, Some(NodeId(i))));
            order.get(order.partition_point(|&j| key(j) < below)).is_some_and(|&j| key(j) == below)
        };
        for &i in order.get(from..to).unwrap_or_default() {
            let Some(node) = volume.node(NodeId(i)) else { continue };
            let place = Place { container: id, volume: v, node: NodeId(i) };
            let path = above.child(volume.name(node), node.duplicate);
            items.push((path.as_str().to_owned(), Item::Entry(place)));
            if let Some(content) = self.manifest.content_place(place)
                && let Some(inner) = self.manifest.inside(content)
                && self.manifest.main_place(content) == Some(place)
            {
                self.add_views(inner, items);
            }
            if has_children(i) {
                let key = format!("{}/", path.as_str());
                let parent = Some(NodeId(i));
                let children = Item::Children { container: id, volume: v, view, parent, path };
                items.push((key, children));
            }
        }
    }

    fn artifact_row(&self) -> Row {
        Row {
            path: Locator::root(),
            kind: RowKind::Artifact,
            facts: Vec::new(),
            content: Some(ContentRow::of(&self.manifest.artifact, Declared::Nothing)),
            main: None,
            place: None,
            opened: !self.manifest.containers.is_empty(),
        }
    }

    fn view_row(&self, id: ContainerId, v: u16, view: usize) -> Option<Row> {
        let container = self.manifest.container(id)?;
        let volume = container.volumes.get(usize::from(v))?;
        let of = volume.views.get(view)?;
        let path = self.manifest.view_path(id, v, view);
        let owner = |owner| owner_name(self.manifest, id, v, owner).to_string();
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
        // Loose bytes of the container stand with the first view of its first volume.
        if v == 0 && view == 0 {
            let mut seen = std::collections::HashMap::<(&str, String), u32>::new();
            for loose in &container.loose {
                let owner = owner_name(self.manifest, id, loose.volume, loose.owner).to_string();
                let ordinal = seen.entry((loose.role.name, owner.clone())).or_default();
                residues.push(ResidueRow {
                    role: Cow::Borrowed(loose.role.name),
                    owner,
                    ordinal: *ordinal,
                    at: loose.first,
                    length: loose.end - loose.start,
                    digest: loose.digest,
                });
                *ordinal += 1;
            }
        }
        residues.sort();
        Some(Row {
            path,
            kind: RowKind::View(VolumeRow {
                format: volume.format.to_owned(),
                layout: of.layout.finalize().into(),
                layout_fields: of.layout_fields,
                layout_agrees: of.layout_agrees,
                residues,
            }),
            facts: of.facts.clone(),
            content: None,
            main: None,
            place: None,
            opened: false,
        })
    }

    fn entry_row(&self, place: Place) -> Option<Row> {
        let (volume, node) = self.manifest.node(place)?;
        let content = self.manifest.content_place(place);
        let declared = node
            .content()
            .and_then(|id| volume.contents.get(id.0 as usize))
            .map_or(Declared::Nothing, |stored| stored.declared);
        let main = content.and_then(|c| self.manifest.main_place(c)).filter(|&main| main != place);
        Some(Row {
            path: self.manifest.path(place),
            kind: RowKind::Entry(node.kind),
            facts: volume.facts_of(node).to_vec(),
            content: content
                .and_then(|c| self.manifest.content(c))
                .map(|content| ContentRow::of(content, declared)),
            main: main.map(|main| self.manifest.path(main)),
            place: Some(place),
            opened: content.and_then(|c| self.manifest.inside(c)).is_some(),
        })
    }
}

/// Whose a claim is, as a locator; the volume is the root of its view.
pub fn owner_name(
    manifest: &Manifest,
    id: ContainerId,
    v: u16,
    owner: super::claim::Owner,
) -> Locator {
    use super::claim::Owner;
    match owner {
        Owner::Volume => manifest.container_path(id),
        Owner::Node(node) => manifest.path(Place { container: id, volume: v, node }),
        Owner::Content(content) => {
            manifest.container(id).and_then(|container| container.main_of(v, content)).map_or_else(
                || manifest.container_path(id),
                |(volume, node)| manifest.path(Place { container: id, volume, node }),
            )
        }
    }
}

impl Iterator for Rows<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        if std::mem::take(&mut self.artifact) {
            return Some(self.artifact_row());
        }
        loop {
            match self.stack.pop()? {
                Item::Entry(place) => return self.entry_row(place),
                Item::View { container, volume, view } => {
                    return self.view_row(container, volume, view);
                }
                Item::Children { container, volume, view, parent, path } => {
                    let mut items = Vec::new();
                    self.add_children(container, volume, view, parent, &path, &mut items);
                    self.push_sorted(items);
                }
            }
        }
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
