//! What a reader returns: one volume with its views, entries, contents, claims, facts and residue.
//!
//! A reader splits structure into *facts* (fields of an entry or of the volume), *layout* (extent,
//! size, count, checksum: each checked against the value recomputed) and *residue* (the bytes left
//! when both are masked). [`Volume::structure`] takes a region with its parts and does the
//! bookkeeping: the claim, the running digest of the layout, and the digest of the residue.

use std::ops::Range;

use super::claim::{CONTENT, Claim, Owner, Role, SLACK};
use super::content::{Content, Stored};
use super::digest::Digest;
use super::fact::{Fact, FactTable, Field, Value};
use super::fast_map::{FastMap, FastSet};
use super::gap::GapKind;
use super::kind::Kind;

/// An entry within its volume.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(pub u32);

/// A content within its volume.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ContentId(pub u32);

/// A view within its volume.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ViewId(pub u8);

/// A set of facts within its volume's table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct FactsId(pub u32);

/// A namespace of a volume.
#[derive(Clone, Debug)]
pub struct View {
    /// The name in locators: `rr`, `joliet`, `iso`, `hfs`.
    pub name: &'static str,
    /// Which view is the default: the highest wins. Rock Ridge 40, Joliet 30, UDF 20, ISO 10; a
    /// volume of its own kind 50; what is never the default 0.
    pub rank: u8,
    /// Facts of the volume in this namespace.
    pub facts: Vec<Fact>,
    /// Digest over every layout field, in the order in which the reader met them.
    pub layout: Layout,
    /// Layout fields met.
    pub layout_fields: u64,
    /// Whether every layout field recomputed to its recorded value.
    pub layout_agrees: bool,
}

/// A digest over layout fields as they come. Its state is two kilobytes, of which a release with a
/// thousand archives keeps only what it came to.
#[derive(Clone, Debug)]
pub enum Layout {
    /// While the volume is read.
    Open(Box<blake3::Hasher>),
    /// When it has been read.
    Closed(Digest),
}

impl Default for Layout {
    fn default() -> Self {
        Self::Open(Box::default())
    }
}

impl Layout {
    /// Takes the next field.
    fn update(&mut self, bytes: &[u8]) {
        if let Self::Open(hasher) = self {
            hasher.update(bytes);
        }
    }

    /// The digest of the fields so far.
    pub fn digest(&self) -> Digest {
        match self {
            Self::Open(hasher) => hasher.finalize().into(),
            Self::Closed(digest) => *digest,
        }
    }

    fn close(&mut self) {
        *self = Self::Closed(self.digest());
    }
}

/// A unit that writers of a format fill up with zeros at the end of a volume.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Filled {
    /// Bytes.
    pub unit: u64,
    /// Whether they leave other bytes free beside that.
    pub beside: bool,
}

/// An entry. Names lie in the volume's name table.
///
/// A disc has one an entry and namespace, so it is kept as small as it goes: ids that may be absent
/// are plain numbers here, and `Option`s only at the door.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    parent: u32,
    /// Offset of the name in the name table.
    name_start: u32,
    /// Bytes of the name.
    name_length: u32,
    /// 0 for the first entry of this name in its directory, then 1, 2, …
    pub duplicate: u32,
    content: u32,
    /// Its facts.
    pub facts: FactsId,
    /// The namespace.
    pub view: ViewId,
    /// What it is.
    pub kind: Kind,
}

/// The id that stands for none.
const NONE: u32 = u32::MAX;

impl Node {
    /// The directory or file above; `None` right below the view's root.
    pub fn parent(&self) -> Option<NodeId> {
        (self.parent != NONE).then_some(NodeId(self.parent))
    }

    /// Its bytes.
    pub fn content(&self) -> Option<ContentId> {
        (self.content != NONE).then_some(ContentId(self.content))
    }

    /// Gives it bytes, or takes them away.
    pub fn set_content(&mut self, content: Option<ContentId>) {
        self.content = content.map_or(NONE, |content| content.0);
    }
}

/// An entry as a reader hands it over.
#[derive(Debug)]
pub struct NewNode<'a> {
    /// The namespace.
    pub view: ViewId,
    /// The directory or file above.
    pub parent: Option<NodeId>,
    /// The name as recorded, one path segment.
    pub name: &'a [u8],
    /// What it is.
    pub kind: Kind,
    /// Its bytes.
    pub content: Option<ContentId>,
    /// Its facts.
    pub facts: Vec<Fact>,
}

/// What masks a part of a structure out of its residue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mask {
    /// The bytes are told by a fact or a name of an entry, or are a constant that was checked.
    Fact,
    /// A layout field; `agrees` says whether it recomputes.
    Layout {
        /// Whether the recorded value is the one that follows from the rest of the volume.
        agrees: bool,
    },
}

/// A field in a structure, in bytes from the structure's start.
#[derive(Clone, Debug)]
pub struct Part {
    /// Which bytes.
    pub at: Range<usize>,
    /// What they are.
    pub mask: Mask,
}

impl Part {
    /// Bytes that a fact tells.
    pub const fn fact(at: Range<usize>) -> Self {
        Self { at, mask: Mask::Fact }
    }

    /// A layout field.
    pub const fn layout(at: Range<usize>, agrees: bool) -> Self {
        Self { at, mask: Mask::Layout { agrees } }
    }
}

/// A region that the reader understands.
#[derive(Debug)]
pub struct Structure<'a> {
    /// The namespace.
    pub view: ViewId,
    /// What it is for.
    pub role: &'static Role,
    /// Whose it is.
    pub owner: Owner,
    /// Offset in the container, bytes.
    pub at: u64,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Its fields, in any order.
    pub parts: &'a [Part],
}

/// Bytes that are neither fact nor layout, if any of them is not zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Residue {
    /// The namespace.
    pub view: ViewId,
    /// What the region is for.
    pub role: &'static Role,
    /// Whose it is.
    pub owner: Owner,
    /// Which region of that role and owner, from 0.
    pub ordinal: u32,
    /// Offset in the container; for reports only, never compared.
    pub at: u64,
    /// Bytes of the region.
    pub length: u64,
    /// BLAKE3 of the region with facts and layout masked by zeros.
    pub digest: Digest,
}

/// A structure that contradicts itself or its specification.
#[derive(Clone, Debug)]
pub struct Defect {
    /// The rule that judges it: a file below `rules/`.
    pub rule: &'static str,
    /// Whose it is.
    pub owner: Owner,
    /// Which bytes of the container.
    pub at: Option<Range<u64>>,
    /// What was found and what was expected.
    pub message: String,
}

/// What the reader could not read.
#[derive(Clone, Debug)]
pub struct Unread {
    /// Whose it is.
    pub owner: Owner,
    /// Which bytes of the container, if they are known.
    pub at: Option<Range<u64>>,
    /// Why.
    pub kind: GapKind,
    /// What was found and what was expected.
    pub message: String,
}

/// A part of the container with volumes of its own.
#[derive(Clone, Debug)]
pub struct Partition {
    /// From 1, in the order of the map.
    pub number: u32,
    /// Which bytes of the container.
    pub at: Range<u64>,
    /// What the map says it is, raw bytes, for example `Apple_HFS`.
    pub kind: Vec<u8>,
}

/// All that a reader found.
#[derive(Clone, Debug)]
pub struct Volume {
    /// The reader's id.
    pub format: &'static str,
    /// Where the volume starts in its container, bytes; claims and extents count from the container.
    pub base: u64,
    /// One payload whose name is not part of a locator: a compressed single file.
    pub wrapper: bool,
    /// Whether the order of the entries is content: the first is meant to be read first.
    pub ordered: bool,
    /// What a wrapper says of its payload, for where the payload is a container and has no row.
    pub payload: Vec<Fact>,
    /// What writers fill up with zeros at its end.
    pub filled: Option<Filled>,
    /// Namespaces.
    pub views: Vec<View>,
    /// Entries; a parent stands before its children.
    pub nodes: Vec<Node>,
    names: Vec<u8>,
    /// Fact sets of the entries.
    pub facts: FactTable,
    /// Where the bytes of the entries lie.
    pub contents: Vec<Stored>,
    /// Who says what about which bytes.
    pub claims: Vec<Claim>,
    /// What neither fact nor layout explains.
    pub residues: Vec<Residue>,
    /// What contradicts itself.
    pub defects: Vec<Defect>,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// Parts with volumes of their own.
    pub partitions: Vec<Partition>,
    ordinals: FastMap<(ViewId, &'static str, Owner), u32>,
    /// Reused from one region to the next.
    scratch: Vec<u8>,
}

impl Volume {
    /// An empty volume of a format.
    pub fn new(format: &'static str) -> Self {
        Self {
            format,
            base: 0,
            wrapper: false,
            ordered: false,
            payload: Vec::new(),
            filled: None,
            views: Vec::new(),
            nodes: Vec::new(),
            names: Vec::new(),
            facts: FactTable::default(),
            contents: Vec::new(),
            claims: Vec::new(),
            residues: Vec::new(),
            defects: Vec::new(),
            unread: Vec::new(),
            partitions: Vec::new(),
            ordinals: FastMap::default(),
            scratch: Vec::new(),
        }
    }

    /// Whether an entry is the directory itself that was packed (`./`): an archive of paths records it
    /// beside what lies in it. In a file system `.` is a name like another.
    pub fn is_packed_folder(&self, node: &Node) -> bool {
        matches!(self.format, "tar" | "zip")
            && node.kind == Kind::Directory
            && node.parent().is_none()
            && self.name(node) == b"."
    }

    /// Adds a namespace; see [`View::rank`].
    pub fn add_view(&mut self, name: &'static str, rank: u8) -> ViewId {
        self.views.push(View {
            name,
            rank,
            facts: Vec::new(),
            layout: Layout::default(),
            layout_fields: 0,
            layout_agrees: true,
        });
        ViewId((self.views.len() - 1) as u8)
    }

    /// Adds a fact of the volume itself.
    pub fn add_fact(&mut self, view: ViewId, field: Field, value: Value) {
        if let Some(view) = self.views.get_mut(usize::from(view.0)) {
            view.facts.push(Fact::new(field, value));
        }
    }

    /// Adds an entry. Duplicates of a name are numbered by [`Volume::close`].
    pub fn add_node(&mut self, new: NewNode<'_>) -> NodeId {
        let node = Node {
            parent: new.parent.map_or(NONE, |parent| parent.0),
            name_start: self.names.len() as u32,
            name_length: new.name.len() as u32,
            duplicate: 0,
            content: new.content.map_or(NONE, |content| content.0),
            facts: FactsId(self.facts.intern(new.facts)),
            view: new.view,
            kind: new.kind,
        };
        self.names.extend_from_slice(new.name);
        self.nodes.push(node);
        NodeId((self.nodes.len() - 1) as u32)
    }

    /// The entry of an id that this volume gave out.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)
    }

    /// The name of an entry, one path segment, as recorded.
    pub fn name(&self, node: &Node) -> &[u8] {
        let start = node.name_start as usize;
        self.names.get(start..start + node.name_length as usize).unwrap_or_default()
    }

    /// The facts of an entry.
    pub fn facts_of(&self, node: &Node) -> &[Fact] {
        self.facts.get(node.facts.0)
    }

    /// Replaces the facts of an entry.
    pub fn set_facts(&mut self, id: NodeId, facts: Vec<Fact>) {
        let facts = FactsId(self.facts.intern(facts));
        if let Some(node) = self.nodes.get_mut(id.0 as usize) {
            node.facts = facts;
        }
    }

    /// Adds a content and nothing else: for bytes that are already claimed or lie in no container.
    pub fn add_content(&mut self, stored: Stored) -> ContentId {
        self.contents.push(stored);
        ContentId((self.contents.len() - 1) as u32)
    }

    /// Adds a content and claims its extents, and what is left of the last block of `block` bytes
    /// as slack.
    pub fn add_claimed_content(&mut self, view: ViewId, stored: Stored, block: u64) -> ContentId {
        let id = ContentId(self.contents.len() as u32);
        for extent in stored.extents.iter() {
            if extent.is_hole() {
                continue;
            }
            let end = extent.start.saturating_add(extent.length);
            self.claim(view, extent.start..end, &CONTENT, Owner::Content(id));
            let rest = end.checked_rem(block).unwrap_or(0);
            if rest != 0 {
                self.claim(view, end..end.saturating_add(block - rest), &SLACK, Owner::Content(id));
            }
        }
        self.contents.push(stored);
        id
    }

    /// What is known of its contents until a pass tells: the sizes that the format records.
    pub fn unread_contents(&self) -> Vec<Content> {
        let size = |stored: &Stored| stored.size.unwrap_or_default();
        self.contents.iter().map(|stored| Content::unread(size(stored))).collect()
    }

    /// Claims a range without saying more about it than its role.
    pub fn claim(&mut self, view: ViewId, range: Range<u64>, role: &'static Role, owner: Owner) {
        if range.start < range.end {
            let Range { start, end } = range;
            self.claims.push(Claim { start, end, role, owner, view, volume: 0 });
        }
    }

    /// Claims a region, feeds its layout fields to the view's layout digest and keeps the digest of
    /// what is left, unless that is all zero.
    pub fn structure(&mut self, region: &Structure<'_>) {
        let range = region.at..region.at.saturating_add(region.bytes.len() as u64);
        self.claim(region.view, range, region.role, region.owner);
        self.account(region);
    }

    /// Like [`Volume::structure`] for a part of a region that is claimed already: one record of a
    /// directory, one node of a tree.
    pub fn account(&mut self, region: &Structure<'_>) {
        let mut left = std::mem::take(&mut self.scratch);
        left.clear();
        left.extend_from_slice(region.bytes);
        for part in region.parts {
            let Some(bytes) = region.bytes.get(part.at.clone()) else { continue };
            if let Mask::Layout { agrees } = part.mask
                && let Some(view) = self.views.get_mut(usize::from(region.view.0))
            {
                view.layout.update(bytes);
                view.layout_fields += 1;
                view.layout_agrees &= agrees;
            }
            if let Some(left) = left.get_mut(part.at.clone()) {
                left.fill(0);
            }
        }
        self.add_residue(region.view, region.role, region.owner, region.at, &left);
        self.scratch = left;
    }

    /// Keeps the digest of bytes that nothing explains, unless they are all zero.
    pub fn add_residue(
        &mut self,
        view: ViewId,
        role: &'static Role,
        owner: Owner,
        at: u64,
        bytes: &[u8],
    ) {
        if bytes.iter().all(|&b| b == 0) {
            return;
        }
        let ordinal = self.ordinals.entry((view, role.name, owner)).or_default();
        self.residues.push(Residue {
            view,
            role,
            owner,
            ordinal: *ordinal,
            at,
            length: bytes.len() as u64,
            digest: Digest::of(bytes),
        });
        *ordinal += 1;
    }

    /// Says that a layout field that was accounted for earlier does not recompute after all.
    pub fn distrust_layout(&mut self, view: ViewId) {
        if let Some(view) = self.views.get_mut(usize::from(view.0)) {
            view.layout_agrees = false;
        }
    }

    /// Adds a contradiction.
    pub fn defect(
        &mut self,
        rule: &'static str,
        owner: Owner,
        at: Option<Range<u64>>,
        message: impl Into<String>,
    ) {
        self.defects.push(Defect { rule, owner, at, message: message.into() });
    }

    /// Adds something that could not be read.
    pub fn unread(
        &mut self,
        kind: GapKind,
        owner: Owner,
        at: Option<Range<u64>>,
        message: impl Into<String>,
    ) {
        self.unread.push(Unread { owner, at, kind, message: message.into() });
    }

    /// Ends the reading: entries of the same name in the same directory are numbered, and what only a
    /// reader needs is let go.
    pub fn close(&mut self) {
        self.number_duplicates();
        self.facts.close();
        self.views.iter_mut().for_each(|view| view.layout.close());
        self.ordinals = FastMap::default();
        self.scratch = Vec::new();
    }

    /// Numbers entries of the same name in the same directory: the second gets 1, and so on.
    fn number_duplicates(&mut self) {
        // Readers add the entries of a folder one behind the other, mostly in order: then nothing
        // has to be sorted. Only folders of which that does not hold are looked at again.
        let mut seen: FastSet<(ViewId, Option<NodeId>)> = FastSet::default();
        let mut doubtful: FastSet<(ViewId, Option<NodeId>)> = FastSet::default();
        let mut before: Option<&Node> = None;
        for node in &self.nodes {
            let key = (node.view, node.parent());
            match before.filter(|before| (before.view, before.parent()) == key) {
                Some(before) if self.name(before) < self.name(node) => {}
                Some(_) => {
                    doubtful.insert(key);
                }
                // Files and folders may take turns below it: a second run is doubtful.
                None if !seen.insert(key) => {
                    doubtful.insert(key);
                }
                None => {}
            }
            before = Some(node);
        }
        let key = |volume: &Self, i: u32| {
            volume.nodes.get(i as usize).map(|node| (node.view, node.parent()))
        };
        let mut order: Vec<u32> = (0..self.nodes.len() as u32)
            .filter(|&i| key(self, i).is_some_and(|key| doubtful.contains(&key)))
            .collect();
        order.sort_by(|&a, &b| {
            let name = |i: u32| self.nodes.get(i as usize).map(|node| self.name(node));
            key(self, a).cmp(&key(self, b)).then_with(|| name(a).cmp(&name(b)).then(a.cmp(&b)))
        });
        let mut number = 0;
        for pair in order.windows(2) {
            let &[before, here] = pair else { continue };
            let name = |i: u32| self.nodes.get(i as usize).map(|node| self.name(node));
            let same = key(self, before) == key(self, here) && name(before) == name(here);
            number = if same { number + 1 } else { 0 };
            if number > 0
                && let Some(node) = self.nodes.get_mut(here as usize)
            {
                node.duplicate = number;
            }
        }
    }

    /// Moves every offset by `base`: a volume in a partition that was read on its own.
    pub fn shift(&mut self, base: u64) {
        self.base += base;
        for claim in &mut self.claims {
            claim.start = claim.start.saturating_add(base);
            claim.end = claim.end.saturating_add(base);
        }
        for extent in self.contents.iter_mut().flat_map(|stored| &mut *stored.extents) {
            if !extent.is_hole() {
                extent.start = extent.start.saturating_add(base);
            }
        }
        let moved = |at: &mut Range<u64>| {
            *at = at.start.saturating_add(base)..at.end.saturating_add(base);
        };
        self.residues.iter_mut().for_each(|residue| residue.at = residue.at.saturating_add(base));
        self.defects.iter_mut().filter_map(|defect| defect.at.as_mut()).for_each(moved);
        self.unread.iter_mut().filter_map(|unread| unread.at.as_mut()).for_each(moved);
        self.partitions.iter_mut().for_each(|partition| moved(&mut partition.at));
    }
}
