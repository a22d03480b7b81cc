//! The rows of a scan in ascending order of locator, one at a time.
//!
//! Nearly all rows of a build equal those of the approved one. What tells two rows apart is borrowed
//! from where it lies; a row of its own is made only of what is asked for. A locator is put together
//! once, from that of the directory above.

use std::ops::Range;

use super::class::{Class, Declared};
use super::content::Content;
use super::digest::Digest;
use super::fact::Fact;
use super::kind::Kind;
use super::locator::{self, Locator};
use super::manifest::{ContainerId, ContentPlace, Manifest, Place};
use super::row::{ContentRow, Row, RowKind};
use super::volume::{ContentId, NodeId, Volume};

/// Rows in ascending order of locator, the artifact first. Before the first call of
/// [`advance`](RowStream::advance) there is no current row.
pub trait RowStream {
    /// Goes on to the next row; `false` at the end.
    fn advance(&mut self) -> bool;

    /// What tells the current row from another.
    fn glance(&self) -> Glance<'_>;

    /// The place of the current entry among the members of its container, where their order counts.
    /// It tells no row from another: a member that comes in front moves all that follow.
    fn ordinal(&self) -> Option<u32>;

    /// The current row; `None` if it cannot be read.
    fn row(&mut self) -> Option<Row>;
}

/// What tells a row from another: two entries whose glances are equal are equal. Of a view the facts
/// do not say everything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Glance<'a> {
    /// The locator.
    pub path: &'a str,
    /// What it is about.
    pub subject: Subject,
    /// The facts of the entry or view.
    pub facts: &'a [Fact],
    /// Its bytes.
    pub content: Option<Sum>,
    /// Whether the content is a container whose members have rows of their own.
    pub opened: bool,
}

/// What a row is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// The artifact itself.
    Artifact,
    /// The root of a view.
    View,
    /// An entry.
    Entry(Kind),
}

/// What tells a content from another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sum {
    /// Bytes.
    pub size: u64,
    /// BLAKE3 of the bytes; `None` if they were not all read.
    pub blake3: Option<Digest>,
    /// BLAKE3 of the stored bytes, where they are packed.
    pub stored: Option<Digest>,
    /// Text or binary.
    pub class: Class,
}

impl Sum {
    fn of(content: &Content) -> Self {
        Self {
            size: content.size(),
            blake3: content.blake3,
            stored: content.stored(),
            class: content.class,
        }
    }
}

/// Of a volume the first entry in each directory and the next one beside each entry; [`NONE`] where
/// there is none.
struct Children {
    /// By view, the first entry at its root.
    roots: Vec<u32>,
    /// By entry, the first entry below.
    first: Vec<u32>,
    /// By entry, the next one in the same directory.
    next: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl Children {
    fn of(volume: &Volume) -> Self {
        let count = volume.nodes.len();
        let roots = vec![NONE; volume.views.len()];
        let mut this = Self { roots, first: vec![NONE; count], next: vec![NONE; count] };
        for (index, node) in volume.nodes.iter().enumerate().rev() {
            let slot = match node.parent() {
                Some(parent) => this.first.get_mut(parent.0 as usize),
                None => this.roots.get_mut(usize::from(node.view.0)),
            };
            if let (Some(slot), Some(next)) = (slot, this.next.get_mut(index)) {
                *next = std::mem::replace(slot, index as u32);
            }
        }
        this
    }

    /// What lies right below an entry, or below the root of a view.
    fn below(&self, view: usize, parent: Option<NodeId>) -> impl Iterator<Item = NodeId> {
        let first = match parent {
            Some(parent) => self.first.get(parent.0 as usize),
            None => self.roots.get(view),
        };
        let some = |&id: &u32| (id != NONE).then_some(NodeId(id));
        let next = move |id: &NodeId| self.next.get(id.0 as usize).and_then(some);
        std::iter::successors(first.and_then(some), next)
    }
}

/// A namespace of a container.
#[derive(Clone, Copy)]
struct ViewPlace {
    container: ContainerId,
    volume: u16,
    view: usize,
}

/// What stands at one place of the sorted order.
#[derive(Clone, Copy)]
enum Item {
    Artifact,
    View(ViewPlace),
    Entry(Place),
    /// All that lies below an entry or the root of a view.
    Below(ViewPlace, Option<NodeId>),
}

/// Items whose locators begin alike, up to a `/`.
#[derive(Default)]
struct Level {
    /// Bytes of the common beginning.
    prefix: usize,
    /// What follows it, one behind the other.
    names: String,
    /// The items and where their names lie, in descending order of name.
    items: Vec<(Range<usize>, Item)>,
}

impl Level {
    /// Adds an item whose name is what lies at `base` and `suffix`.
    fn push(&mut self, base: &Range<usize>, suffix: [&str; 2], item: Item) {
        let from = self.names.len();
        self.names.extend_from_within(base.clone());
        for part in suffix {
            self.names.push_str(part);
        }
        self.items.push((from..self.names.len(), item));
    }

    fn sort(&mut self) {
        let name = |at: &Range<usize>| self.names.get(at.clone());
        self.items.sort_by(|(a, _), (b, _)| name(b).cmp(&name(a)));
    }
}

/// The rows of a manifest in ascending order of locator.
pub struct Rows<'a> {
    manifest: &'a Manifest,
    children: Vec<Vec<Children>>,
    levels: Vec<Level>,
    /// The locator of the current row.
    path: String,
    now: Item,
    /// Whether texts in files have rows, too.
    embedded: bool,
}

impl Manifest {
    /// All rows, the artifact first, then bytewise by locator.
    pub fn rows(&self) -> Rows<'_> {
        self.rows_of(false)
    }

    /// All rows, and those of texts in files, for listings.
    pub fn listed_rows(&self) -> Rows<'_> {
        self.rows_of(true)
    }

    fn rows_of(&self, embedded: bool) -> Rows<'_> {
        let of = |container: &super::manifest::Container| {
            container.volumes.iter().map(Children::of).collect()
        };
        let mut rows = Rows {
            manifest: self,
            children: self.containers.iter().map(of).collect(),
            levels: Vec::new(),
            path: String::new(),
            now: Item::Artifact,
            embedded,
        };
        let mut top = Level::default();
        if embedded && !self.containers.is_empty() || !self.is_single() {
            rows.add_views(ContainerId(0), &(0..0), &mut top);
            top.sort();
        }
        top.items.push((0..0, Item::Artifact));
        rows.levels.push(top);
        rows
    }
}

impl Rows<'_> {
    /// Which container a content is, if its entries have rows.
    fn listed(&self, content: ContentPlace) -> Option<ContainerId> {
        let of = if self.embedded { Manifest::inside } else { Manifest::opened };
        of(self.manifest, content)
    }

    fn volume(&self, of: ViewPlace) -> Option<&Volume> {
        self.manifest.container(of.container)?.volumes.get(usize::from(of.volume))
    }

    /// The views of the container whose name lies at `base`. What lies in the artifact's default view
    /// is spread out, as its locators have no prefix.
    fn add_views(&self, id: ContainerId, base: &Range<usize>, level: &mut Level) {
        let Some(container) = self.manifest.container(id) else { return };
        let transparent = self.manifest.is_transparent(id);
        for (v, volume) in container.volumes.iter().enumerate() {
            for view in 0..volume.views.len() {
                let of = ViewPlace { container: id, volume: v as u16, view };
                let name = self.manifest.view_name(id, of.volume, view);
                level.push(base, ["!", name], Item::View(of));
                if transparent {
                    continue;
                }
                if level.prefix == 0 && base.is_empty() && name.is_empty() {
                    self.add_below(of, None, level);
                } else {
                    let view = level.items.last().map_or(0..0, |(name, _)| name.clone());
                    level.push(&view, ["/", ""], Item::Below(of, None));
                }
            }
        }
        if transparent {
            let payload = ContentPlace { container: id, volume: 0, content: ContentId(0) };
            if let Some(inner) = self.listed(payload) {
                self.add_views(inner, base, level);
            }
        }
    }

    /// What lies right below an entry or the root of a view, with the views of what is a container.
    fn add_below(&self, of: ViewPlace, parent: Option<NodeId>, level: &mut Level) {
        let children = self.children.get(of.container.0 as usize);
        let children = children.and_then(|volumes| volumes.get(usize::from(of.volume)));
        let (Some(volume), Some(children)) = (self.volume(of), children) else { return };
        let below = |parent| {
            let is_here = move |id: &NodeId| {
                volume.node(*id).is_some_and(|node| usize::from(node.view.0) == of.view)
            };
            children.below(of.view, parent).filter(is_here)
        };
        for id in below(parent) {
            let Some(node) = volume.node(id) else { continue };
            let place = Place { container: of.container, volume: of.volume, node: id };
            let from = level.names.len();
            locator::name_into(&mut level.names, volume.name(node), node.duplicate);
            if level.prefix == 0 && level.names.get(from..) == Some(".") {
                level.names.truncate(from);
                level.names.push_str(locator::DOT);
            }
            let name = from..level.names.len();
            level.items.push((name.clone(), Item::Entry(place)));
            if let Some(content) = self.manifest.content_place(place)
                && let Some(inner) = self.listed(content)
                && self.manifest.main_place(content) == Some(place)
            {
                self.add_views(inner, &name, level);
            }
            if below(Some(id)).next().is_some() {
                level.push(&name, ["/", ""], Item::Below(of, Some(id)));
            }
        }
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
            path: Locator::parse(&self.path),
            kind: RowKind::Entry(node.kind),
            facts: volume.facts_of(node).to_vec(),
            content: content
                .and_then(|c| self.manifest.content(c))
                .map(|content| ContentRow::of(content, declared)),
            main: main.map(|main| self.manifest.path(main)),
            place: Some(place),
            opened: content.and_then(|c| self.manifest.opened(c)).is_some(),
            ordinal: ordinal(volume, place.node),
        })
    }

    fn view_row(&self, of: ViewPlace) -> Option<Row> {
        let volume = self.volume(of)?;
        let mut facts = volume.views.get(of.view)?.facts.clone();
        if self.manifest.is_transparent(of.container) {
            facts.extend_from_slice(&volume.payload);
        }
        Some(Row {
            path: Locator::parse(&self.path),
            kind: RowKind::View(self.manifest.volume_row(of.container, of.volume, of.view)?),
            facts,
            content: None,
            main: None,
            place: None,
            opened: false,
            ordinal: None,
        })
    }

    fn artifact_row(&self) -> Row {
        Row {
            path: Locator::root(),
            kind: RowKind::Artifact,
            facts: Vec::new(),
            content: Some(ContentRow::of(&self.manifest.artifact, Declared::Nothing)),
            main: None,
            place: None,
            opened: !self.manifest.is_single(),
            ordinal: None,
        }
    }
}

/// The place of an entry, where the order counts. A folder that only the names of others imply has
/// none.
fn ordinal(volume: &Volume, id: NodeId) -> Option<u32> {
    let node = volume.node(id).filter(|_| volume.ordered)?;
    let is_recorded = node.content().is_some() || !volume.facts_of(node).is_empty();
    is_recorded.then_some(id.0)
}

impl RowStream for Rows<'_> {
    fn advance(&mut self) -> bool {
        while let Some(level) = self.levels.last_mut() {
            let Some((name, item)) = level.items.pop() else {
                self.levels.pop();
                continue;
            };
            self.path.truncate(level.prefix);
            self.path.push_str(level.names.get(name).unwrap_or_default());
            if let Item::Below(of, parent) = item {
                let mut level = Level { prefix: self.path.len(), ..Level::default() };
                self.add_below(of, parent, &mut level);
                level.sort();
                self.levels.push(level);
            } else {
                self.now = item;
                return true;
            }
        }
        false
    }

    fn glance(&self) -> Glance<'_> {
        let manifest = self.manifest;
        let path = self.path.as_str();
        let nothing =
            Glance { path, subject: Subject::View, facts: &[], content: None, opened: false };
        match self.now {
            Item::Artifact => Glance {
                subject: Subject::Artifact,
                content: Some(Sum::of(&manifest.artifact)),
                opened: !manifest.is_single(),
                ..nothing
            },
            Item::Entry(place) => {
                let Some((volume, node)) = manifest.node(place) else { return nothing };
                let content = manifest.content_place(place);
                Glance {
                    path,
                    subject: Subject::Entry(node.kind),
                    facts: volume.facts_of(node),
                    content: content.and_then(|content| manifest.content(content)).map(Sum::of),
                    opened: content.is_some_and(|content| manifest.opened(content).is_some()),
                }
            }
            Item::View(of) | Item::Below(of, _) => {
                let view = self.volume(of).and_then(|volume| volume.views.get(of.view));
                Glance { facts: view.map_or(&[], |view| &view.facts), ..nothing }
            }
        }
    }

    fn ordinal(&self) -> Option<u32> {
        let Item::Entry(place) = self.now else { return None };
        ordinal(self.manifest.node(place)?.0, place.node)
    }

    fn row(&mut self) -> Option<Row> {
        match self.now {
            Item::Artifact => Some(self.artifact_row()),
            Item::Entry(place) => self.entry_row(place),
            Item::View(of) | Item::Below(of, _) => self.view_row(of),
        }
    }
}

impl Iterator for Rows<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        if self.advance() { self.row() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::super::manifest::Container;
    use super::super::volume::NewNode;
    use super::*;

    /// A volume of one view whose entries are in its root or in the directory before them.
    fn volume(names: &[(&[u8], bool)]) -> Volume {
        let mut volume = Volume::new("test");
        let view = volume.add_view("view", 10);
        let mut directory = None;
        for &(name, is_inside) in names {
            let kind = Kind::File;
            let content = Some(volume.add_content(super::super::content::Stored::plain(0, 1)));
            let parent = directory.filter(|_| is_inside);
            let node = NewNode { view, parent, name, kind, content, facts: Vec::new() };
            let id = volume.add_node(node);
            if !is_inside {
                directory = Some(id);
            }
        }
        volume
    }

    #[test]
    fn rows_ascend_and_name_every_entry_as_the_manifest_does() {
        let outer: [(&[u8], bool); 9] = [
            (b"z", false),
            (b"a", false),
            (b"x/y", true),
            (b".", true),
            (b"a!b", false),
            (b"a b", false),
            (b".", false),
            (b"\x04", true),
            (b"a", false),
        ];
        let inner: [(&[u8], bool); 3] = [(b"m", false), (b"m n", false), (b"m", true)];
        let content = |content| ContentPlace {
            container: ContainerId(0),
            volume: 0,
            content: ContentId(content),
        };
        let mut manifest = Manifest::default();
        let container = |inside, names| {
            let volume = volume(names);
            let contents = vec![volume.unread_contents()];
            Container::new(inside, 9, vec![volume], contents)
        };
        manifest.containers.push(container(None, &outer));
        for at in [1, 3] {
            let id = ContainerId(manifest.containers.len() as u32);
            manifest.within.insert(content(at), id);
            manifest.containers.push(container(Some(content(at)), &inner));
        }
        let mut rows = manifest.rows();
        let (mut paths, mut places) = (Vec::new(), 0);
        while rows.advance() {
            let row = rows.row().expect("a row");
            assert_eq!(rows.glance().path, row.path.as_str());
            if let Some(place) = row.place {
                assert_eq!(row.path, manifest.path(place));
                places += 1;
            }
            paths.push(row.path.as_str().to_owned());
        }
        assert_eq!(places, manifest.places().count());
        let expected = [
            "",
            "!",
            "\\x2e",
            "\\x2e/\\x04",
            "a",
            "a b",
            "a!",
            "a!/m",
            "a!/m n",
            "a!/m n/m",
            "a/.",
            "a/.!",
            "a/.!/m",
            "a/.!/m n",
            "a/.!/m n/m",
            "a/x\\x2fy",
            "a\\#1",
            "a\\x21b",
            "z",
        ];
        assert_eq!(paths, expected);
        assert!(paths.is_sorted());
    }
}
