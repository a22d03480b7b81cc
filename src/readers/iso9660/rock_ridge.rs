//! The Rock Ridge tree: the directories of the primary tree in their logical order, with relocated
//! ones in the place they belong to.
//!
//! IEEE P1282 (RRIP 1.12): 4.1.5 (CL, PL, RE). The entries themselves are read in [`super::susp`].

use std::collections::HashMap;

use super::image::Image;
use super::record::{ASSOCIATED, Record, group_end, scan};
use super::susp::{Attributes, Telling};
use super::tree::Tree;
use crate::model::fact::{Fact, Value, field};
use crate::model::{ContentId, Declared, GapKind, Kind, NewNode, NodeId, Owner, ViewId};
use crate::readers::Spent;

/// A directory in its logical place.
struct Logical {
    /// Index in the primary tree.
    physical: usize,
    node: Option<NodeId>,
    /// The system use entries that its facts tell.
    told: Vec<u8>,
    /// Index of the logical directory above.
    parent: usize,
}

/// The bytes of a directory and where they lie.
#[derive(Clone, Copy)]
struct Bytes<'b> {
    at: u64,
    bytes: &'b [u8],
}

/// A directory that says that it belongs elsewhere.
struct Moved {
    physical: usize,
    /// Index of the logical directory in which it lies.
    parent: usize,
}

/// The Rock Ridge view while it is being read.
struct Walk<'t> {
    tree: &'t Tree,
    view: ViewId,
    logical: Vec<Logical>,
    /// Primary directories that have a place, and which logical directory each is.
    placed: HashMap<usize, usize>,
    moved: Vec<Moved>,
}

/// Reads the Rock Ridge view over a primary tree.
pub(super) fn read(image: &mut Image<'_>, tree: &Tree, view: ViewId) -> Result<(), Spent> {
    if tree.directories.is_empty() {
        return Ok(());
    }
    let root = Logical { physical: 0, node: None, told: Vec::new(), parent: 0 };
    let mut walk = Walk {
        tree,
        view,
        logical: vec![root],
        placed: HashMap::from([(0, 0)]),
        moved: Vec::new(),
    };
    let mut index = 0;
    let mut late = 0;
    loop {
        if index < walk.logical.len() {
            walk.directory(image, index)?;
            index += 1;
        } else if let Some(&Moved { physical, parent }) = walk.moved.get(late) {
            // Nobody took it to its place: it stays where it lies.
            late += 1;
            if !walk.placed.contains_key(&physical) {
                walk.enter(image, physical, parent, None)?;
            }
        } else {
            return Ok(());
        }
    }
}

impl Walk<'_> {
    fn directory(&mut self, image: &mut Image<'_>, index: usize) -> Result<(), Spent> {
        let tree = self.tree;
        let Some(physical) = self.logical.get(index).map(|logical| logical.physical) else {
            return Ok(());
        };
        let Some(directory) = tree.directories.get(physical) else { return Ok(()) };
        let bytes = &image.read_again(directory.at, directory.size.into());
        let directory = Bytes { at: directory.at, bytes };
        let (mut records, mut rest) = (Vec::new(), Vec::new());
        scan(bytes, &mut records, &mut rest);
        let parent = self.logical.get(index).and_then(|logical| logical.node);
        // Associated files stand before the file they belong to.
        let mut forks: Vec<&[Record]> = Vec::new();
        let mut at = 0;
        while let Some(first) = records.get(at) {
            let end = group_end(&records, bytes, at);
            let group = records.get(at..end).unwrap_or_default();
            let is_fork = first.flags & ASSOCIATED != 0 && !first.is_directory();
            let belongs = |fork: &&[Record]| {
                fork.first().is_some_and(|fork| fork.name(bytes) == first.name(bytes))
            };
            if !forks.first().is_some_and(belongs) {
                for fork in forks.drain(..) {
                    self.file(image, directory, fork, parent, None)?;
                }
            }
            match (at, first.name(bytes)) {
                (0, [0]) => self.own_record(image, index, directory, first)?,
                (1, [1]) => self.parent_record(image, index, directory, first)?,
                (_, [0 | 1]) => {}
                _ if is_fork => forks.push(group),
                _ => {
                    let node = self.entry(image, index, directory, group)?;
                    for fork in forks.drain(..) {
                        let name = node.map(|_| &b"associated"[..]);
                        self.file(image, directory, fork, node.or(parent), name)?;
                    }
                }
            }
            at = end;
        }
        for fork in forks {
            self.file(image, directory, fork, parent, None)?;
        }
        Ok(())
    }

    fn attributes(
        &self,
        image: &mut Image<'_>,
        directory: Bytes<'_>,
        record: &Record,
        telling: Telling<'_>,
    ) -> Result<Attributes, Spent> {
        let is_root_own = directory.at == self.tree.directories.first().map_or(0, |root| root.at)
            && record.start == 0;
        let skip = self.tree.skip.unwrap_or_default();
        // The root's own record starts with the SP entry, behind an XA record at most.
        let skip = if is_root_own && skip < 14 { 0 } else { skip };
        let start = record.start + record.system_start() + skip;
        let field = directory.bytes.get(start..record.range().end).unwrap_or_default();
        Attributes::read(image, directory.at + start as u64, field, telling)
    }

    /// The record of the directory itself: the root's facts stand here, others repeat theirs.
    fn own_record(
        &mut self,
        image: &mut Image<'_>,
        index: usize,
        directory: Bytes<'_>,
        record: &Record,
    ) -> Result<(), Spent> {
        let Some(logical) = self.logical.get(index) else { return Ok(()) };
        let owner = logical.node.map_or(Owner::Volume, Owner::Node);
        if index > 0 {
            let telling = Telling::Again(&logical.told);
            let mut again = self.attributes(image, directory, record, telling)?;
            again.account_copy(image, self.view, logical.node, ".");
            // The records of it in its children may repeat the dates of either.
            if let Some(logical) = self.logical.get_mut(index) {
                logical.told.append(&mut again.told);
            }
            return Ok(());
        }
        let mut found = self.attributes(image, directory, record, Telling::Facts)?;
        found.settle(true);
        found.account(image, self.view, owner);
        for Fact { field, value } in std::mem::take(&mut found.facts) {
            image.volume.add_fact(self.view, field, value);
        }
        if let Some(root) = self.logical.first_mut() {
            root.told = std::mem::take(&mut found.told);
        }
        Ok(())
    }

    /// The record of the directory above repeats that one's facts.
    fn parent_record(
        &mut self,
        image: &mut Image<'_>,
        index: usize,
        directory: Bytes<'_>,
        record: &Record,
    ) -> Result<(), Spent> {
        let Some(logical) = self.logical.get(index) else { return Ok(()) };
        let owner = logical.node.map_or(Owner::Volume, Owner::Node);
        let above = self.logical.get(logical.parent);
        // A relocated directory lies in another than the one it belongs to: its record may repeat
        // the facts of either.
        let lies_in = self.tree.directories.get(logical.physical).map(|physical| physical.parent);
        let mut told = above.map(|above| above.told.clone()).unwrap_or_default();
        if self.is_relocated(logical)
            && let Some(other) = lies_in.and_then(|physical| self.placed.get(&physical))
            && let Some(other) = self.logical.get(*other)
        {
            told.extend_from_slice(&other.told);
        }
        let expected = above.and_then(|above| self.tree.directories.get(above.physical));
        let expected = expected.map(|above| above.block);
        let mut again = self.attributes(image, directory, record, Telling::Again(&told))?;
        again.account_copy(image, self.view, logical.node, "..");
        if let Some(parent) = again.parent
            && Some(parent) != expected
        {
            let message = format!(
                "relocated directory names block {parent} as its parent, expected {}",
                expected.unwrap_or_default()
            );
            self.misplaced(image, owner, message);
        }
        Ok(())
    }

    /// Whether a directory lies elsewhere than it belongs.
    fn is_relocated(&self, logical: &Logical) -> bool {
        let lies_in = self.tree.directories.get(logical.physical).map(|physical| physical.parent);
        self.logical.get(logical.parent).map(|above| above.physical) != lies_in
    }

    fn misplaced(&self, image: &mut Image<'_>, owner: Owner, message: String) {
        image.volume.distrust_layout(self.view);
        image.volume.defect("structure/rock-ridge-relocation", owner, None, message);
    }

    /// Adds the entry of a group of records, unless it is a directory that belongs elsewhere.
    fn entry(
        &mut self,
        image: &mut Image<'_>,
        index: usize,
        directory: Bytes<'_>,
        group: &[Record],
    ) -> Result<Option<NodeId>, Spent> {
        let Some(first) = group.first() else { return Ok(None) };
        let parent = self.logical.get(index).and_then(|logical| logical.node);
        let found = self.attributes(image, directory, first, Telling::Facts)?;
        if first.is_directory() {
            self.child(image, index, directory, first, found.relocated)?;
            return Ok(None);
        }
        if let Some(block) = found.child {
            match self.tree.by_block.get(&block) {
                Some(&physical) if !self.placed.contains_key(&physical) => {
                    self.enter(image, physical, index, Some((directory, first)))?;
                    return Ok(None);
                }
                _ => {
                    let message = format!("no relocated directory at block {block}");
                    self.misplaced(image, Owner::Volume, message.clone());
                    image.volume.unread(GapKind::Damaged, Owner::Volume, None, message);
                }
            }
        }
        self.add_file(image, directory, group, parent, None, found).map(Some)
    }

    /// A directory's record: takes it to its place, which is here unless it says otherwise.
    fn child(
        &mut self,
        image: &mut Image<'_>,
        index: usize,
        directory: Bytes<'_>,
        record: &Record,
        relocated: bool,
    ) -> Result<(), Spent> {
        let Some(&physical) = self.tree.by_block.get(&record.extent.value) else { return Ok(()) };
        // A second record of one directory is a defect of the primary tree.
        let here = self.logical.get(index).map(|logical| logical.physical);
        let is_its_record = self.tree.directories.get(physical).is_some_and(|child| {
            Some(child.parent) == here
                && child.record.is_some_and(|known| known.start == record.start)
        });
        if !is_its_record {
            let telling = Telling::Section(&[]);
            let mut untold = self.attributes(image, directory, record, telling)?;
            untold.account(image, self.view, Owner::Volume);
        } else if relocated {
            self.moved.push(Moved { physical, parent: index });
        } else if !self.placed.contains_key(&physical) {
            self.enter(image, physical, index, None)?;
        }
        Ok(())
    }

    /// Adds a file or fork below `parent`.
    fn file(
        &mut self,
        image: &mut Image<'_>,
        directory: Bytes<'_>,
        group: &[Record],
        parent: Option<NodeId>,
        name: Option<&[u8]>,
    ) -> Result<(), Spent> {
        let Some(first) = group.first() else { return Ok(()) };
        let found = self.attributes(image, directory, first, Telling::Facts)?;
        self.add_file(image, directory, group, parent, name, found)?;
        Ok(())
    }

    fn add_file(
        &self,
        image: &mut Image<'_>,
        directory: Bytes<'_>,
        group: &[Record],
        parent: Option<NodeId>,
        name: Option<&[u8]>,
        mut found: Attributes,
    ) -> Result<NodeId, Spent> {
        let Some(first) = group.first() else { return Ok(NodeId(0)) };
        image.budget.entry()?;
        let by_mode = found.settle(false);
        let is_fork = first.flags & ASSOCIATED != 0;
        let kind = if is_fork && by_mode == Kind::File { Kind::Fork } else { by_mode };
        let placed = image.place(self.view, group);
        let content = placed
            .content
            .filter(|_| matches!(kind, Kind::File | Kind::Fork) || first.size.value > 0);
        if is_fork
            && found.facts.iter().any(|fact| fact.field == field::MAC_TYPE)
            && let Some(id) = content
            && let Some(stored) = image.volume.contents.get_mut(id.0 as usize)
        {
            // With Apple's extension the associated file is the resource fork.
            stored.declared = Declared::Container("resource-fork");
        }
        if let Some(name) = name {
            let own = found.name.replace(name.to_vec()).unwrap_or_default();
            found.facts.push(Fact::new(field::RAW_NAME, Value::Bytes(own.into())));
        }
        let node = self.add(image, &mut found, parent, kind, content, (directory, first));
        found.account(image, self.view, Owner::Node(node));
        if let Some(what) = found.unsupported {
            image.volume.unread(GapKind::Unsupported, Owner::Node(node), None, what);
        }
        for record in group.get(1..).unwrap_or_default() {
            let telling = Telling::Section(&found.told);
            let mut again = self.attributes(image, directory, record, telling)?;
            again.account(image, self.view, Owner::Node(node));
        }
        Ok(node)
    }

    /// Adds a directory in its logical place. `holder` is the record that stands there for a
    /// relocated one: it gives the name, while the facts are those of the directory's own record.
    fn enter(
        &mut self,
        image: &mut Image<'_>,
        physical: usize,
        index: usize,
        holder: Option<(Bytes<'_>, &Record)>,
    ) -> Result<(), Spent> {
        image.budget.entry()?;
        let tree = self.tree;
        let parent = self.logical.get(index).and_then(|logical| logical.node);
        let Some(directory) = tree.directories.get(physical) else { return Ok(()) };
        let (Some(record), Some(above)) =
            (directory.record, tree.directories.get(directory.parent))
        else {
            return Ok(());
        };
        let above = Bytes { at: above.at + record.start as u64, bytes: &directory.own };
        let record = record.alone();
        self.placed.insert(physical, self.logical.len());
        let mut found = self.attributes(image, above, &record, Telling::Facts)?;
        let kind = found.settle(true);
        let mut standing = None;
        if let Some((place, holder)) = holder {
            let again = self.attributes(image, place, holder, Telling::Holder(&found.told))?;
            let own = std::mem::replace(&mut found.name, again.name.clone());
            if let Some(own) = own.filter(|own| again.name.as_ref() != Some(own)) {
                found.facts.push(Fact::new(field::RAW_NAME, Value::Bytes(own.into())));
            }
            standing = Some(again);
        }
        let named = holder.unwrap_or((above, &record));
        let node = self.add(image, &mut found, parent, kind, None, named);
        found.account(image, self.view, Owner::Node(node));
        if let Some(mut again) = standing {
            again.account_copy(image, self.view, Some(node), "holder");
        }
        let told = std::mem::take(&mut found.told);
        self.logical.push(Logical { physical, node: Some(node), told, parent: index });
        Ok(())
    }

    fn add(
        &self,
        image: &mut Image<'_>,
        found: &mut Attributes,
        parent: Option<NodeId>,
        kind: Kind,
        content: Option<ContentId>,
        (directory, record): (Bytes<'_>, &Record),
    ) -> NodeId {
        let mut facts = std::mem::take(&mut found.facts);
        if !facts.iter().any(|fact| fact.field == field::MTIME) {
            let date = super::field::short_date(record.date(directory.bytes));
            facts.extend(date.map(|date| Fact::new(field::RECORDED, date)));
        }
        let name = match &found.name {
            Some(name) if !name.is_empty() => name.as_slice(),
            _ => {
                let plain = record.name(directory.bytes);
                plain.strip_suffix(b";1").unwrap_or(plain)
            }
        };
        image.volume.add_node(NewNode { view: self.view, parent, name, kind, content, facts })
    }
}
