//! Entries that a format names by path: splits the paths into nodes, makes the directories that no
//! entry records, and reports paths that mean different things to different unpackers.
//!
//! `.` and empty segments are dropped, `..` stays as a name; a path that is not the canonical
//! spelling of its node (`a/b`, or `a/b/` for a directory) is kept as the fact `raw-name`.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;

use super::{Budget, Spent};
use crate::model::locator::escape_text;
use crate::model::{ContentId, Fact, Kind, NewNode, NodeId, Owner, Value, ViewId, Volume, field};

/// Directories deep; the rest of a deeper path is one name.
const DEPTH: usize = 1024;

/// The entries of a view so far, by path.
pub(crate) struct Tree {
    view: ViewId,
    duplicate_rule: &'static str,
    /// By parent and hash of the name: the latest node of that name.
    index: HashMap<(Option<NodeId>, u64), NodeId>,
    /// Directories that only the paths below them tell of.
    implied: HashSet<NodeId>,
}

/// An entry as its archive records it.
pub(crate) struct Entry<'a> {
    /// The whole path as recorded.
    pub path: &'a [u8],
    /// What it is.
    pub kind: Kind,
    /// Its bytes.
    pub content: Option<ContentId>,
    /// Its facts, without `raw-name`.
    pub facts: Vec<Fact>,
    /// Where its path is recorded, for reports.
    pub at: Range<u64>,
}

impl Tree {
    /// An empty tree; `duplicate_rule` judges a second entry of the same path.
    pub(crate) fn new(view: ViewId, duplicate_rule: &'static str) -> Self {
        Self { view, duplicate_rule, index: HashMap::new(), implied: HashSet::new() }
    }

    /// The latest entry of a path.
    pub(crate) fn find(&self, volume: &Volume, path: &[u8]) -> Option<NodeId> {
        let mut parent = None;
        for name in segments(path) {
            parent = Some(self.child(volume, parent, name)?);
        }
        parent
    }

    /// Adds an entry with the directories above it.
    pub(crate) fn place(
        &mut self,
        volume: &mut Volume,
        budget: &mut Budget,
        mut entry: Entry<'_>,
    ) -> Result<NodeId, Spent> {
        let mut names = segments(entry.path);
        if names.is_empty() {
            // `./`, the directory that was packed, or no name at all.
            names.push(b".");
        }
        let mut canonical = names.join(&b'/');
        if entry.kind == Kind::Directory {
            canonical.push(b'/');
        }
        if canonical != entry.path {
            entry.facts.push(Fact::new(field::RAW_NAME, Value::bytes(entry.path)));
        }
        let last = names.pop().unwrap_or(b".");
        let mut parent = None;
        let mut through = None;
        for name in &names {
            let found = self.child(volume, parent, name);
            let kind = found.and_then(|id| volume.node(id)).map(|node| node.kind);
            parent = match (found, kind) {
                (Some(id), Some(Kind::Directory)) => Some(id),
                (_, kind) => {
                    through = through.or(kind.map(|kind| (kind, name.to_vec())));
                    budget.entry()?;
                    let id = volume.add_node(NewNode {
                        view: self.view,
                        parent,
                        name,
                        kind: Kind::Directory,
                        content: None,
                        facts: Vec::new(),
                    });
                    self.implied.insert(id);
                    self.index.insert(key(parent, name), id);
                    Some(id)
                }
            };
        }
        let earlier = self.child(volume, parent, last);
        let node = match earlier {
            Some(id) if entry.kind == Kind::Directory && self.implied.remove(&id) => {
                volume.set_facts(id, std::mem::take(&mut entry.facts));
                if let Some(node) = volume.nodes.get_mut(id.0 as usize) {
                    node.set_content(entry.content);
                }
                id
            }
            _ => {
                budget.entry()?;
                if earlier.is_some() {
                    let what = format!("a second entry is named {}", escape_text(entry.path));
                    let owner = Owner::Node(NodeId(volume.nodes.len() as u32));
                    volume.defect(self.duplicate_rule, owner, Some(entry.at.clone()), what);
                }
                let id = volume.add_node(NewNode {
                    view: self.view,
                    parent,
                    name: last,
                    kind: entry.kind,
                    content: entry.content,
                    facts: std::mem::take(&mut entry.facts),
                });
                self.index.insert(key(parent, last), id);
                id
            }
        };
        report(volume, node, &entry, through);
        Ok(node)
    }

    fn child(&self, volume: &Volume, parent: Option<NodeId>, name: &[u8]) -> Option<NodeId> {
        let id = *self.index.get(&key(parent, name))?;
        // Two names of one hash: the later has taken the place, the earlier is not found again.
        volume.node(id).is_some_and(|node| volume.name(node) == name).then_some(id)
    }
}

/// Says what in a path leads elsewhere than its spelling.
fn report(volume: &mut Volume, node: NodeId, entry: &Entry<'_>, through: Option<(Kind, Vec<u8>)>) {
    let owner = Owner::Node(node);
    let path = escape_text(entry.path);
    let mut defect = |rule, what: String| {
        volume.defect(rule, owner, Some(entry.at.clone()), what);
    };
    let is_drive = matches!(entry.path, [drive, b':', ..] if drive.is_ascii_alphabetic());
    if entry.path.starts_with(b"/") || is_drive {
        defect("structure/archive-absolute-path", format!("the path {path} is absolute"));
    }
    if entry.path.split(|&b| b == b'/').any(|name| name == b"..") {
        let what = format!("the path {path} leads out of its directory by ..");
        defect("structure/archive-parent-segment", what);
    }
    if entry.path.contains(&0) {
        let what = format!("the path {path} holds a NUL byte, where some unpackers end it");
        defect("structure/archive-nul-in-name", what);
    }
    if let Some((kind, name)) = through {
        let (kind, name) = (kind.name(), escape_text(&name));
        let what = format!("the path {path} goes through {name}, which is a {kind}");
        defect("structure/archive-path-through-file", what);
    }
}

fn key(parent: Option<NodeId>, name: &[u8]) -> (Option<NodeId>, u64) {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    (parent, hasher.finish())
}

/// The names of a path, at most [`DEPTH`].
fn segments(path: &[u8]) -> Vec<&[u8]> {
    let mut names = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let cut = if names.len() + 1 < DEPTH { memchr::memchr(b'/', rest) } else { None };
        let (name, after) = match cut {
            Some(cut) => (rest.get(..cut), rest.get(cut + 1..)),
            None => (Some(rest), None),
        };
        if let Some(name) = name.filter(|name| !matches!(*name, b"" | b".")) {
            names.push(name);
        }
        rest = after.unwrap_or_default();
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(paths: &[(&[u8], Kind)]) -> Volume {
        let mut volume = Volume::new("zip");
        let view = volume.add_view("zip", 50);
        let mut tree = Tree::new(view, "structure/zip-duplicate-name");
        let mut budget = Budget::default();
        for &(path, kind) in paths {
            let entry = Entry { path, kind, content: None, facts: Vec::new(), at: 0..1 };
            tree.place(&mut volume, &mut budget, entry).expect("within the budget");
        }
        volume
    }

    #[test]
    fn directories_are_made_once_and_take_their_facts_later() {
        let volume =
            placed(&[(b"a/b/c", Kind::File), (b"a/", Kind::Directory), (b"./a/d", Kind::File)]);
        let names: Vec<_> = volume.nodes.iter().map(|node| volume.name(node)).collect();
        assert_eq!(names, [&b"a"[..], b"b", b"c", b"d"]);
        assert!(volume.defects.is_empty());
        let raw = volume.facts_of(volume.nodes.last().expect("four nodes"));
        assert_eq!(raw, [Fact::new(field::RAW_NAME, Value::bytes(b"./a/d"))]);
    }

    #[test]
    fn paths_that_lead_elsewhere_are_told() {
        type Paths<'a> = &'a [(&'a [u8], Kind)];
        let cases: [(Paths<'_>, &str); 6] = [
            (&[(b"/etc/passwd", Kind::File)], "structure/archive-absolute-path"),
            (&[(b"C:/boot.ini", Kind::File)], "structure/archive-absolute-path"),
            (&[(b"a/../../b", Kind::File)], "structure/archive-parent-segment"),
            (&[(b"a\0.txt", Kind::File)], "structure/archive-nul-in-name"),
            (&[(b"a", Kind::Symlink), (b"a/b", Kind::File)], "structure/archive-path-through-file"),
            (&[(b"a", Kind::File), (b"a", Kind::File)], "structure/zip-duplicate-name"),
        ];
        for (paths, rule) in cases {
            let volume = placed(paths);
            let rules: Vec<_> = volume.defects.iter().map(|defect| defect.rule).collect();
            assert_eq!(rules, [rule]);
        }
    }

    #[test]
    fn depth_is_bounded() {
        let volume = placed(&[(&b"a/".repeat(30_000), Kind::Directory)]);
        assert_eq!(volume.nodes.len(), DEPTH);
    }
}
