//! The manifest: everything that one scan of an artifact found, in memory.
//!
//! Volumes stay as their readers returned them; a container lists its volumes and the scanned
//! contents beside them. [`Manifest::rows`] gives the whole as rows sorted by locator, which is the
//! form in which manifests are written, read and compared.

use std::collections::HashMap;

use super::claim::{Claim, Owner, Role, Strength, overlay};
use super::class::Declared;
use super::content::Content;
use super::digest::Digest;
use super::fact::field;
use super::fast_map::FastMap;
use super::gap::Gap;
use super::kind::Kind;
use super::locator::Locator;
use super::volume::{ContentId, Node, NodeId, Volume};

/// A container of a manifest; 0 is the artifact itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ContainerId(pub u32);

/// An entry of a manifest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// Its container.
    pub container: ContainerId,
    /// Its volume in the container.
    pub volume: u16,
    /// Its node in the volume.
    pub node: NodeId,
}

/// The bytes behind one or more entries.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ContentPlace {
    /// Its container.
    pub container: ContainerId,
    /// Its volume in the container.
    pub volume: u16,
    /// Its content in the volume.
    pub content: ContentId,
}

/// Bytes that are not zero where nothing was expected, or that no structure explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loose {
    /// First byte in the container.
    pub start: u64,
    /// One past the last.
    pub end: u64,
    /// What the range is for: `slack`, `system area`, `unclaimed`.
    pub role: &'static Role,
    /// The volume whose claim is the strongest; 0 if there is none.
    pub volume: u16,
    /// Whose it is.
    pub owner: Owner,
    /// BLAKE3 of the bytes up to the last that is not zero.
    pub digest: Digest,
    /// Offset in the container of the first byte that is not zero.
    pub first: u64,
    /// The first bytes from `first` on, at most 16.
    pub sample: Vec<u8>,
}

/// Bytes that no structure and no content explains, before anyone looked at them.
#[derive(Clone, Copy, Debug)]
pub struct LooseTile {
    /// First byte in the container.
    pub start: u64,
    /// One past the last.
    pub end: u64,
    /// What the range is for, as the strongest claim says.
    pub role: &'static Role,
    /// The volume whose claim that is; 0 if there is none.
    pub volume: u16,
    /// Whose it is.
    pub owner: Owner,
}

/// What nobody claims.
pub static UNCLAIMED: Role = Role::reserved("unclaimed");

/// Something with entries of its own.
#[derive(Debug, Default)]
pub struct Container {
    /// The content that holds it; `None` for the artifact.
    pub inside: Option<ContentPlace>,
    /// Bytes; 0 for a folder.
    pub length: u64,
    /// Whether its entries are texts in what stays a file: they have no rows, and whether they changed
    /// is asked of the file.
    pub embedded: bool,
    /// What the readers found, in the order in which they were asked.
    pub volumes: Vec<Volume>,
    /// For each volume, what the pass over each of its contents found.
    pub contents: Vec<Vec<Content>>,
    /// Loose bytes that are not all zero.
    pub loose: Vec<Loose>,
    /// Bytes that belong to nothing: no structure, no content, no rest of a content's last block. What
    /// a decoder left over is among them. Known once the loose tiles were taken.
    pub free: u64,
    /// Per volume and view, the name in locators; empty for the default.
    pub view_names: Vec<Vec<String>>,
    /// The first of several contents with the same extents in another volume.
    same: HashMap<(u16, ContentId), (u16, ContentId)>,
    /// Per volume and content, the entry that names it best.
    main: Vec<Vec<Option<(u16, NodeId)>>>,
}

/// Everything that one scan found.
#[derive(Debug, Default)]
pub struct Manifest {
    /// The artifact's own bytes: size, digest, class. Of a folder, the identity over its rows.
    pub artifact: Content,
    /// Whether the artifact is a folder of the host.
    pub folder: bool,
    /// What the artifact is: `directory`, a reader's id, or a recognised format.
    pub format: Option<&'static str>,
    /// The containers, the artifact first if it is one.
    pub containers: Vec<Container>,
    /// Which container a content is.
    pub within: HashMap<ContentPlace, ContainerId>,
    /// What was not inspected.
    pub gaps: Vec<Gap>,
    /// Stored bytes that the decoder of a content left over, and whether all are zero.
    pub trailing: Vec<(ContentPlace, u64, bool)>,
}

impl Container {
    /// A container whose volumes have been read. `contents` holds, for each volume, what the pass
    /// found of each of its contents; until a pass did, [`Volume::unread_contents`].
    pub fn new(
        inside: Option<ContentPlace>,
        length: u64,
        mut volumes: Vec<Volume>,
        contents: Vec<Vec<Content>>,
    ) -> Self {
        for (number, volume) in volumes.iter_mut().enumerate() {
            volume.close();
            for claim in &mut volume.claims {
                claim.volume = number as u16;
            }
        }
        let mut this = Self { inside, length, volumes, contents, ..Self::default() };
        this.name_views();
        this.join_contents();
        this.choose_main();
        this
    }

    /// Whether its one payload's name is no part of a locator.
    pub fn is_wrapper(&self) -> bool {
        matches!(self.volumes.as_slice(), [volume] if volume.wrapper)
    }

    /// The view with the highest rank is the default and has no name; a name that is taken gets the
    /// number of its volume's partition, or the next free number.
    fn name_views(&mut self) {
        let best = self
            .volumes
            .iter()
            .enumerate()
            .flat_map(|(v, volume)| {
                volume.views.iter().enumerate().map(move |(i, view)| (view.rank, v, i))
            })
            .max_by_key(|&(rank, v, i)| (rank, std::cmp::Reverse((v, i))))
            .filter(|&(rank, ..)| rank > 0);
        let partitions: Vec<_> =
            self.volumes.iter().flat_map(|volume| volume.partitions.clone()).collect();
        let mut taken: Vec<String> = Vec::new();
        self.view_names = Vec::new();
        for (v, volume) in self.volumes.iter().enumerate() {
            let mut names = Vec::new();
            for (i, view) in volume.views.iter().enumerate() {
                let is_default = best.is_some_and(|(_, bv, bi)| (bv, bi) == (v, i));
                let mut name = if is_default { String::new() } else { view.name.to_owned() };
                if taken.contains(&name) {
                    let partition = partitions.iter().find(|p| p.at.start == volume.base);
                    name = match partition {
                        Some(partition) => format!("p{}", partition.number),
                        None => view.name.to_owned(),
                    };
                    let base = name.clone();
                    let mut number = 2;
                    while taken.contains(&name) {
                        name = format!("{base}-{number}");
                        number += 1;
                    }
                }
                taken.push(name.clone());
                names.push(name);
            }
            self.view_names.push(names);
        }
    }

    fn join_contents(&mut self) {
        if self.volumes.len() < 2 {
            return;
        }
        let mut first: FastMap<(u64, u64), (u16, ContentId)> = FastMap::default();
        for (v, volume) in self.volumes.iter().enumerate() {
            for (c, stored) in volume.contents.iter().enumerate() {
                // Only whole, plain runs: two readers rarely agree on anything more complicated.
                let Some((start, end)) = stored.contiguous().filter(|(s, e)| s < e) else {
                    continue;
                };
                let here = (v as u16, ContentId(c as u32));
                let there = *first.entry((start, end)).or_insert(here);
                if there != here && there.0 != here.0 {
                    self.same.insert(here, there);
                }
            }
        }
        // What one of the volumes declares holds for the shared bytes.
        for (&(v, c), &(first_v, first_c)) in &self.same {
            let declared = |v: u16, c: ContentId| {
                Some(self.volumes.get(usize::from(v))?.contents.get(c.0 as usize)?.declared)
            };
            if let (Some(said), Some(Declared::Nothing)) =
                (declared(v, c), declared(first_v, first_c))
                && let Some(volume) = self.volumes.get_mut(usize::from(first_v))
                && let Some(stored) = volume.contents.get_mut(first_c.0 as usize)
            {
                stored.declared = said;
            }
        }
    }

    /// The first of the contents that share their extents.
    pub fn canonical(&self, volume: u16, content: ContentId) -> (u16, ContentId) {
        self.same.get(&(volume, content)).copied().unwrap_or((volume, content))
    }

    /// The main entry of a content: HFS if it has type TEXT or a resource fork, then by the rank of
    /// the view, then the first.
    fn choose_main(&mut self) {
        let mut main: Vec<Vec<Option<(u32, u16, NodeId)>>> =
            self.volumes.iter().map(|v| vec![None; v.contents.len()]).collect();
        for (v, volume) in self.volumes.iter().enumerate() {
            let mut forked = vec![false; volume.nodes.len()];
            for node in &volume.nodes {
                if node.kind == Kind::Fork
                    && let Some(flag) = node.parent().and_then(|p| forked.get_mut(p.0 as usize))
                {
                    *flag = true;
                }
            }
            for (n, node) in volume.nodes.iter().enumerate() {
                let Some(content) = node.content() else { continue };
                let rank = volume.views.get(usize::from(node.view.0)).map_or(0, |view| view.rank);
                let is_text = volume.facts_of(node).iter().any(|fact| {
                    fact.field == field::MAC_TYPE
                        && matches!(fact.value.text().as_str(), "TEXT" | "ttro")
                });
                let forked = forked.get(n).copied().unwrap_or_default();
                let score = u32::from(rank) + if is_text || forked { 1000 } else { 0 };
                let (cv, cc) = self.canonical(v as u16, content);
                let slot = main.get_mut(usize::from(cv)).and_then(|m| m.get_mut(cc.0 as usize));
                if let Some(slot) = slot
                    && slot.is_none_or(|(best, ..)| score > best)
                {
                    *slot = Some((score, v as u16, NodeId(n as u32)));
                }
            }
        }
        let strip = |slot: Option<(u32, u16, NodeId)>| slot.map(|(_, v, n)| (v, n));
        self.main = main.into_iter().map(|row| row.into_iter().map(strip).collect()).collect();
    }

    /// The entry that names a content best.
    pub fn main_of(&self, volume: u16, content: ContentId) -> Option<(u16, NodeId)> {
        let (volume, content) = self.canonical(volume, content);
        *self.main.get(usize::from(volume))?.get(content.0 as usize)?
    }

    /// What the pass over a content found.
    pub fn content(&self, volume: u16, content: ContentId) -> Option<&Content> {
        let (volume, content) = self.canonical(volume, content);
        self.contents.get(usize::from(volume))?.get(content.0 as usize)
    }

    /// Tiles that no structure and no content explains. The claims go with that: a disc has
    /// hundreds of thousands, and nothing but a map of the image asks for them afterwards.
    pub fn take_loose_tiles(&mut self) -> Vec<LooseTile> {
        let mut claims: Vec<Claim> = Vec::new();
        for volume in &mut self.volumes {
            let mut of = std::mem::take(&mut volume.claims);
            if claims.is_empty() { claims = of } else { claims.append(&mut of) }
        }
        let mut free = 0;
        let tiles = overlay(&claims, self.length)
            .filter_map(|tile| {
                let strongest = tile.claims.first().and_then(|&i| claims.get(i as usize));
                let (role, volume, owner) = match strongest {
                    Some(claim) if claim.role.strength >= Strength::Content => return None,
                    Some(claim) => (claim.role, claim.volume, claim.owner),
                    None => (&UNCLAIMED, 0, Owner::Volume),
                };
                if role.strength != Strength::Slack {
                    free += tile.end - tile.start;
                }
                Some(LooseTile { start: tile.start, end: tile.end, role, volume, owner })
            })
            .collect();
        self.free = free;
        tiles
    }
}

impl Manifest {
    /// The ids of all containers.
    pub fn container_ids(&self) -> impl Iterator<Item = ContainerId> + use<> {
        (0..self.containers.len()).map(|id| ContainerId(id as u32))
    }

    /// A container of this manifest.
    pub fn container(&self, id: ContainerId) -> Option<&Container> {
        self.containers.get(id.0 as usize)
    }

    /// The container that a content is.
    pub fn inside(&self, place: ContentPlace) -> Option<ContainerId> {
        self.within.get(&place).copied()
    }

    /// Which container a content is, if it is compared by its members.
    pub fn opened(&self, place: ContentPlace) -> Option<ContainerId> {
        self.inside(place).filter(|&id| self.container(id).is_some_and(|of| !of.embedded))
    }

    /// Whether the artifact is a file that no reader takes apart.
    pub fn is_single(&self) -> bool {
        self.containers.first().is_none_or(|first| first.embedded && first.inside.is_none())
    }

    /// The entry whose row tells whether an entry changed: of a text in a file, the file.
    pub fn compared(&self, place: Place) -> Option<Place> {
        let container = self.container(place.container)?;
        if !container.embedded {
            return Some(place);
        }
        self.compared(self.main_place(container.inside?)?)
    }

    /// A node and its volume.
    pub fn node(&self, place: Place) -> Option<(&Volume, &Node)> {
        let volume = self.container(place.container)?.volumes.get(usize::from(place.volume))?;
        Some((volume, volume.node(place.node)?))
    }

    /// The locator of the container itself: that of its content's main entry.
    pub fn container_path(&self, id: ContainerId) -> Locator {
        let Some(inside) = self.container(id).and_then(|c| c.inside) else {
            return Locator::root();
        };
        let Some(outer) = self.container(inside.container) else { return Locator::root() };
        // A wrapper lends its own locator to what it wraps.
        if outer.is_wrapper() {
            return self.container_path(inside.container);
        }
        match outer.main_of(inside.volume, inside.content) {
            Some((volume, node)) => self.path(Place { container: inside.container, volume, node }),
            None => self.container_path(inside.container),
        }
    }

    /// Whether a container is a wrapper whose payload is a container itself.
    pub fn is_transparent(&self, id: ContainerId) -> bool {
        self.container(id).is_some_and(Container::is_wrapper)
            && self
                .inside(ContentPlace { container: id, volume: 0, content: ContentId(0) })
                .is_some()
    }

    /// The name of a view in locators.
    pub(super) fn view_name(&self, container: ContainerId, volume: u16, view: usize) -> &str {
        let Some(of) = self.container(container) else { return "" };
        let volume = usize::from(volume);
        if self.is_transparent(container) {
            return of.volumes.get(volume).and_then(|v| v.views.get(view)).map_or("", |v| v.name);
        }
        let name = of.view_names.get(volume).and_then(|names| names.get(view));
        name.map_or("", String::as_str)
    }

    /// The locator of a view's root.
    pub fn view_path(&self, container: ContainerId, volume: u16, view: usize) -> Locator {
        self.container_path(container).view(self.view_name(container, volume, view))
    }

    /// The locator of an entry.
    pub fn path(&self, place: Place) -> Locator {
        let Some((volume, node)) = self.node(place) else { return Locator::root() };
        let mut chain = vec![node];
        let mut at = node.parent();
        // A reader adds a parent before its children, so this ends; the bound is for a broken one.
        while let Some(parent) = at.and_then(|id| volume.node(id)) {
            if chain.len() > 4096 {
                break;
            }
            chain.push(parent);
            at = parent.parent();
        }
        let mut path = self.view_path(place.container, place.volume, usize::from(node.view.0));
        for node in chain.iter().rev() {
            path = path.child(volume.name(node), node.duplicate);
        }
        path
    }

    /// The content of an entry, as its first sharer names it.
    pub fn content_place(&self, place: Place) -> Option<ContentPlace> {
        let (_, node) = self.node(place)?;
        let (volume, content) =
            self.container(place.container)?.canonical(place.volume, node.content()?);
        Some(ContentPlace { container: place.container, volume, content })
    }

    /// What the pass over a content found.
    pub fn content(&self, place: ContentPlace) -> Option<&Content> {
        self.container(place.container)?.content(place.volume, place.content)
    }

    /// The contents of a container, each once: one that several volumes share is that of the first.
    pub fn contents_of(&self, id: ContainerId) -> impl Iterator<Item = ContentPlace> + '_ {
        self.container(id).into_iter().flat_map(move |container| {
            container.contents.iter().enumerate().flat_map(move |(v, contents)| {
                let own = (0..contents.len()).map(move |index| (v as u16, ContentId(index as u32)));
                let first =
                    own.filter(|&(v, content)| container.canonical(v, content) == (v, content));
                first.map(move |(volume, content)| ContentPlace { container: id, volume, content })
            })
        })
    }

    /// The main entry of a content.
    pub fn main_place(&self, place: ContentPlace) -> Option<Place> {
        let (volume, node) =
            self.container(place.container)?.main_of(place.volume, place.content)?;
        Some(Place { container: place.container, volume, node })
    }

    /// Where the bytes of a content lie.
    pub fn stored(&self, place: ContentPlace) -> Option<&super::content::Stored> {
        let volume = self.container(place.container)?.volumes.get(usize::from(place.volume))?;
        volume.contents.get(place.content.0 as usize)
    }

    /// The locator of a content: that of its main entry.
    pub fn content_path(&self, place: ContentPlace) -> Locator {
        match self.main_place(place) {
            Some(place) => self.path(place),
            None => self.container_path(place.container),
        }
    }

    /// The entry of a locator.
    pub fn find(&self, path: &Locator) -> Option<Place> {
        let last = super::locator::unescape(path.last_segment());
        self.places().find(|&place| {
            self.node(place).is_some_and(|(volume, node)| volume.name(node) == last)
                && self.path(place) == *path
        })
    }

    /// The same, by whatever name of the containers around it.
    pub fn find_by_any_name(&self, path: &Locator) -> Option<Place> {
        self.find(path).or_else(|| self.find(&self.by_main_name(path)?))
    }

    /// A locator with the main name of the container that it goes into, which it may call by one of
    /// another view: `!joliet/a.zip!/b` is `a.zip!/b`.
    pub fn by_main_name(&self, path: &Locator) -> Option<Locator> {
        let (outer, inner) = path.as_str().split_at(path.as_str().rfind('!').filter(|&at| at > 0)?);
        let place = self.find_by_any_name(&Locator::parse(outer))?;
        let container = self.inside(self.content_place(place)?)?;
        Some(Locator::parse(&format!("{}{inner}", self.container_path(container).as_str())))
    }

    /// Every entry, in the order of the readers.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        self.containers.iter().enumerate().flat_map(|(c, container)| {
            container.volumes.iter().enumerate().flat_map(move |(v, volume)| {
                (0..volume.nodes.len()).map(move |n| Place {
                    container: ContainerId(c as u32),
                    volume: v as u16,
                    node: NodeId(n as u32),
                })
            })
        })
    }
}
