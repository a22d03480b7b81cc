//! The names of a volume, by folder: what a path leads to, whatever its case.
//!
//! One table by folder and folded name, made when the first reference of the volume is followed.

use std::borrow::Cow;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicBool, Ordering};

use unicode_normalization::UnicodeNormalization;

use crate::model::fast_map::{FastMap, FastState};
use crate::model::{Fact, Kind, Node, NodeId, Value, Volume, field};

/// Links of the file system that are followed on one path.
const HOPS: u32 = 32;
/// Segments of a path that are followed, over all links.
const SEGMENTS: u32 = 512;
/// Views whose file systems take names for equal that differ in case.
const INSENSITIVE: &[&str] = &["hfs", "iso", "joliet"];
/// Folders at the root of what is installed on a system.
const OF_SYSTEM: &[&[u8]] =
    &[b"usr", b"etc", b"opt", b"var", b"Program Files", b"System", b"Library"];
/// The page of a folder.
pub(super) const INDEX: &[&[u8]] = &[b"index.html", b"index.htm", b"index.xhtml", b"default.htm"];

/// A folder, or the root of a view.
pub(super) type Folder = Option<NodeId>;

/// What a path leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    /// An entry or a root, by its own name.
    Found(Folder),
    /// An entry whose name differs in case somewhere on the way.
    OtherCase(Folder),
    /// Nothing. `above` tells a path that goes up and then down a folder that is not there.
    Absent {
        /// See there.
        above: bool,
        /// The last folder on the way that is there.
        at: Folder,
        /// Bytes of the path that were left.
        left: usize,
    },
    /// Out of the tree.
    Leaves,
    /// A link that leads to nothing is in the way, which is told of the link.
    Unknown,
    /// A link that leads to itself is in the way.
    Loop,
}

/// How a path is to be followed.
#[derive(Clone, Copy, Debug)]
pub(super) struct How {
    /// The view.
    pub(super) view: usize,
    /// Whether its segments are those of a URL.
    pub(super) encoded: bool,
    /// Whether case is no difference whatever the view.
    pub(super) any_case: bool,
    /// Whether `..` at the root is the root, as for a kernel.
    pub(super) rooted: bool,
}

/// The names of a volume.
pub(super) struct Tree<'a> {
    volume: &'a Volume,
    /// The first entry of a folder and folded name.
    first: FastMap<(u32, u64), u32>,
    /// By entry, the next with the same key.
    next: Vec<u32>,
    /// By view, whether it is what is installed on a system.
    installed: Vec<bool>,
    /// By entry, whether a page or a list leads to it.
    reached: Vec<AtomicBool>,
}

const NONE: u32 = u32::MAX;

/// A folder as a key: roots count from the top.
fn key(view: usize, folder: Folder) -> u32 {
    folder.map_or(NONE - view as u32, |id| id.0)
}

/// A name without its case and with its characters composed.
fn folded(name: &[u8]) -> Cow<'_, [u8]> {
    if name.is_ascii() {
        let is_lower = !name.iter().any(u8::is_ascii_uppercase);
        return if is_lower { Cow::Borrowed(name) } else { name.to_ascii_lowercase().into() };
    }
    match std::str::from_utf8(name) {
        Ok(text) => text.nfc().collect::<String>().to_lowercase().into_bytes().into(),
        Err(_) => name.to_ascii_lowercase().into(),
    }
}

impl<'a> Tree<'a> {
    pub(super) fn of(volume: &'a Volume) -> Self {
        let count = volume.nodes.len();
        let mut tree = Self {
            volume,
            first: FastMap::with_capacity_and_hasher(count, FastState),
            next: vec![NONE; count],
            installed: vec![false; volume.views.len()],
            reached: (0..count).map(|_| AtomicBool::new(false)).collect(),
        };
        for (index, node) in volume.nodes.iter().enumerate().rev() {
            let view = usize::from(node.view.0);
            let name = volume.name(node);
            let key = (key(view, node.parent()), FastState.hash_one(&*folded(name)));
            let next = tree.first.insert(key, index as u32).unwrap_or(NONE);
            tree.next.get_mut(index).into_iter().for_each(|slot| *slot = next);
            let is_of_system = node.parent().is_none()
                && node.kind == Kind::Directory
                && OF_SYSTEM.contains(&name);
            if let Some(installed) = tree.installed.get_mut(view).filter(|_| is_of_system) {
                *installed = true;
            }
        }
        tree
    }

    /// Whether a view is what is installed on a system, or a part of that.
    pub(super) fn is_installed(&self, view: usize) -> bool {
        self.installed.get(view).copied().unwrap_or_default()
    }

    /// Notes that a page or a list leads to an entry.
    pub(super) fn reach(&self, id: NodeId) {
        if let Some(reached) = self.reached.get(id.0 as usize) {
            reached.store(true, Ordering::Relaxed);
        }
    }

    /// Whether a page or a list leads to it.
    pub(super) fn is_reached(&self, id: NodeId) -> bool {
        self.reached.get(id.0 as usize).is_some_and(|reached| reached.load(Ordering::Relaxed))
    }

    /// The entry of that name in a folder, and whether its name is spelled so.
    fn child(&self, view: usize, folder: Folder, name: &[u8]) -> Option<(NodeId, bool)> {
        let folded_name = folded(name);
        let at = (key(view, folder), FastState.hash_one(&*folded_name));
        let start = self.first.get(&at).copied();
        let chain = std::iter::successors(start, |id| {
            self.next.get(*id as usize).copied().filter(|next| *next != NONE)
        });
        let mut other = None;
        for id in chain.map(NodeId) {
            let Some(node) = self.volume.node(id) else { continue };
            let own = self.volume.name(node);
            if own == name {
                return Some((id, true));
            }
            if other.is_none() && folded(own) == folded_name {
                other = Some((id, false));
            }
        }
        other
    }

    /// The same of a segment as a URL spells it: decoded, as it stands, or in the encoding of old
    /// pages.
    fn segment(&self, how: How, folder: Folder, segment: &[u8]) -> Option<(NodeId, bool)> {
        if !how.encoded {
            return self.child(how.view, folder, segment);
        }
        let decoded = crate::rules::links::decode(segment);
        let found = self.child(how.view, folder, &decoded);
        if found.is_some() {
            return found;
        }
        if *decoded != *segment {
            return self.child(how.view, folder, segment);
        }
        if std::str::from_utf8(&decoded).is_err() {
            let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&decoded);
            return self.child(how.view, folder, text.as_bytes());
        }
        None
    }

    /// The page of a folder.
    pub(super) fn index(&self, view: usize, folder: Folder) -> Option<NodeId> {
        INDEX.iter().find_map(|name| self.child(view, folder, name)).map(|(id, _)| id)
    }

    /// The folder above an entry; none for a root.
    pub(super) fn above(&self, folder: Folder) -> Option<Folder> {
        Some(self.volume.node(folder?)?.parent())
    }

    /// Follows a path from a folder.
    pub(super) fn follow(&self, how: How, from: Folder, path: &[u8]) -> Way {
        let mut walker = Walker { tree: self, how, hops: HOPS, segments: SEGMENTS, other: false };
        let way = walker.walk(from, path);
        let view = self.volume.views.get(how.view).map_or("", |view| view.name);
        let minds = !how.any_case && !INSENSITIVE.contains(&view);
        match way {
            Way::Found(id) if walker.other && minds => Way::OtherCase(id),
            way => way,
        }
    }

    /// Follows a link of the file system.
    pub(super) fn follow_link(&self, view: usize, node: &Node) -> Way {
        let rooted = self.is_installed(view);
        let how = How { view, encoded: false, any_case: false, rooted };
        let Some(target) = self.target(node) else { return Way::Unknown };
        if target.starts_with(b"/") {
            return if rooted { self.follow(how, None, &target) } else { Way::Leaves };
        }
        self.follow(how, node.parent(), &target)
    }

    /// Where a link leads.
    pub(super) fn target(&self, node: &Node) -> Option<Cow<'a, [u8]>> {
        let is_target = |fact: &&Fact| fact.field == field::TARGET;
        match &self.volume.facts_of(node).iter().find(is_target)?.value {
            Value::Bytes(bytes) => Some(Cow::Borrowed(&**bytes)),
            _ => None,
        }
    }
}

/// A path under way.
struct Walker<'t, 'a> {
    tree: &'t Tree<'a>,
    how: How,
    hops: u32,
    segments: u32,
    /// Whether a name differed in case.
    other: bool,
}

impl Walker<'_, '_> {
    fn walk(&mut self, from: Folder, path: &[u8]) -> Way {
        let mut at = from;
        let mut climbed = false;
        let mut left = path.len() + 1;
        for segment in path.split(|b| *b == b'/') {
            let rest = left;
            left -= segment.len() + 1;
            match segment {
                b"" | b"." => continue,
                b".." => {
                    match self.tree.above(at) {
                        Some(above) => at = above,
                        None if self.how.rooted => {}
                        None => return Way::Leaves,
                    }
                    climbed = true;
                    continue;
                }
                _ => {}
            }
            match self.segments.checked_sub(1) {
                Some(left) => self.segments = left,
                None => return Way::Unknown,
            }
            let Some((id, same)) = self.tree.segment(self.how, at, segment) else {
                return Way::Absent { above: climbed && left > 0, at, left: rest - 1 };
            };
            self.other |= !same;
            at = Some(id);
            let Some(node) = self.tree.volume.node(id) else { return Way::Unknown };
            if node.kind == Kind::Symlink {
                match self.link(node) {
                    Way::Found(id) => at = id,
                    Way::Loop => return Way::Loop,
                    _ => return Way::Unknown,
                }
            }
        }
        Way::Found(at)
    }

    fn link(&mut self, node: &Node) -> Way {
        let Some(target) = self.tree.target(node) else { return Way::Unknown };
        let Some(left) = self.hops.checked_sub(1) else { return Way::Loop };
        self.hops = left;
        let outer = self.how;
        self.how = How { encoded: false, rooted: self.tree.is_installed(outer.view), ..outer };
        let way = match target.starts_with(b"/") {
            true if self.how.rooted => self.walk(None, &target),
            true => Way::Leaves,
            false => self.walk(node.parent(), &target),
        };
        self.how = outer;
        way
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NewNode;

    /// A tree of paths; `a -> b` is a link.
    fn volume(paths: &[&str]) -> Volume {
        let mut volume = Volume::new("test");
        let view = volume.add_view("archive", 50);
        let mut folders: Vec<(String, NodeId)> = Vec::new();
        for path in paths {
            let (path, target) = path.split_once(" -> ").unwrap_or((path, ""));
            let mut parent = None;
            let mut so_far = String::new();
            let names: Vec<_> = path.split('/').collect();
            for (number, name) in names.iter().enumerate() {
                so_far = format!("{so_far}/{name}");
                if let Some((_, id)) = folders.iter().find(|(known, _)| *known == so_far) {
                    parent = Some(*id);
                    continue;
                }
                let is_last = number + 1 == names.len();
                let kind = match (is_last, target) {
                    (false, _) => Kind::Directory,
                    (true, "") => Kind::File,
                    _ => Kind::Symlink,
                };
                let link = (kind == Kind::Symlink)
                    .then(|| Fact::new(field::TARGET, Value::bytes(target.as_bytes())));
                let facts = link.into_iter().collect();
                let name = name.as_bytes();
                let id =
                    volume.add_node(NewNode { view, parent, name, kind, content: None, facts });
                parent = Some(id);
                folders.push((so_far.clone(), id));
            }
        }
        volume.close();
        volume
    }

    #[test]
    fn paths_are_followed() {
        let volume = volume(&[
            "a/b c.html",
            "a/B.png",
            "a/e\u{301}.txt",
            "d/l -> ../a",
            "d/up -> ../../x",
            "loop -> loop",
            "two -> one/x",
            "one -> two",
            "abs -> /a",
        ]);
        let tree = Tree::of(&volume);
        let a = tree.child(0, None, b"a").map(|(id, _)| id);
        let find = |name: &[u8]| tree.child(0, a, name).map(|(id, _)| id);
        let absent = |above, at, left| Way::Absent { above, at, left };
        for (from, path, expected) in [
            (None, "a/b%20c.html", Way::Found(find(b"b c.html"))),
            (a, "./../a//b c.html", Way::Found(find(b"b c.html"))),
            (a, "b.PNG", Way::OtherCase(find(b"B.png"))),
            (a, "\u{e9}.txt", Way::OtherCase(find("e\u{301}.txt".as_bytes()))),
            (a, "../x/y", absent(true, None, 3)),
            (a, "../x", absent(false, None, 1)),
            (a, "x/y", absent(false, a, 3)),
            (a, "b%20c.html/x", absent(false, find(b"b c.html"), 1)),
            (a, "../..", Way::Leaves),
            (a, "..", Way::Found(None)),
            (None, "d/l/B.png", Way::Found(find(b"B.png"))),
            (None, "d/up", Way::Unknown),
            (None, "loop", Way::Loop),
            (None, "one", Way::Loop),
            (None, "abs/B.png", Way::Unknown),
        ] {
            let how = How { view: 0, encoded: true, any_case: false, rooted: false };
            assert_eq!(tree.follow(how, from, path.as_bytes()), expected, "{path}");
        }
        let how = How { view: 0, encoded: true, any_case: true, rooted: true };
        assert_eq!(tree.follow(how, a, b"../../A/b.png"), Way::Found(find(b"B.png")));
    }
}
