//! A folder of the host: files, links, hard links, modes. Devices are listed and never opened.
//!
//! Names are kept byte for byte, case included. Two names of one inode are one content.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::{Budget, Doc, note_spent};
use crate::model::volume::NewNode;
use crate::model::{
    ContentId, Fact, FactsId, GapKind, Kind, Node, NodeId, Owner, Stored, Value, ViewId, Volume,
    field,
};

/// What the format is.
pub const DOC: Doc = Doc {
    id: "directory",
    title: "Folder of the host",
    specifications: &["POSIX.1-2024, XSH lstat, readlink"],
    limitations: &["extended attributes and access control lists are not read"],
};

/// Whether files are looked at one by one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Files {
    /// Names only: who opens each file gives its facts with [`settle`].
    Named,
    /// With size, facts and shared inodes.
    Stated,
}

/// What the host tells of a file, as small as it can be: there may be millions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HostStat {
    seconds: i64,
    device: u64,
    inode: u64,
    nanos: u32,
    uid: u32,
    gid: u32,
    mode: u16,
    shared: bool,
}

/// Siblings share all of the path but the name: comparing the whole spares taking it apart.
fn by_name(a: &walkdir::DirEntry, b: &walkdir::DirEntry) -> std::cmp::Ordering {
    a.path().as_os_str().as_encoded_bytes().cmp(b.path().as_os_str().as_encoded_bytes())
}

/// A folder that is being listed, in the order of names; nothing is opened.
#[derive(Debug)]
pub struct Listing {
    root: PathBuf,
    files: Files,
    budget: Budget,
    entries: walkdir::IntoIter,
    view: ViewId,
    /// The folders that the last entry lies in.
    above: Vec<NodeId>,
    /// Contents with several names, by device and inode.
    inodes: HashMap<(u64, u64), ContentId>,
}

impl Listing {
    /// Begins at `root`; gives the volume that [`Listing::take`] fills, too.
    pub fn new(root: &Path, files: Files) -> (Self, Volume) {
        let mut volume = Volume::new(DOC.id);
        let view = volume.add_view("directory", 50);
        let entries = WalkDir::new(root).min_depth(1).sort_by(by_name).into_iter();
        let listing = Self {
            root: root.to_path_buf(),
            files,
            budget: Budget::default(),
            entries,
            view,
            above: Vec::new(),
            inodes: HashMap::new(),
        };
        (listing, volume)
    }

    /// Lists the next `count` entries; `false` when there are no more.
    pub fn take(&mut self, count: usize, volume: &mut Volume) -> bool {
        (0..count).all(|_| self.next(volume).is_some())
    }

    fn next(&mut self, volume: &mut Volume) -> Option<()> {
        let entry = match self.entries.next()? {
            Ok(entry) => entry,
            Err(error) => {
                self.unlisted(&error, volume);
                return Some(());
            }
        };
        if let Err(spent) = self.budget.entry() {
            note_spent(volume, spent);
            return None;
        }
        self.above.truncate(entry.depth() - 1);
        let parent = self.above.last().copied();
        let name = entry.file_name().as_encoded_bytes();
        let view = self.view;
        let new =
            NewNode { view, parent, name, kind: Kind::File, content: None, facts: Vec::new() };
        let node = if self.files == Files::Named && entry.file_type().is_file() {
            let content = Some(volume.add_content(Stored::default()));
            volume.add_node(NewNode { content, ..new })
        } else {
            match entry.metadata() {
                Ok(metadata) => add(volume, &new, entry.path(), &metadata, &mut self.inodes),
                Err(error) => {
                    let node = volume.add_node(new);
                    let message = format!("cannot read its metadata: {error}");
                    volume.unread(GapKind::Unreadable, Owner::Node(node), None, message);
                    node
                }
            }
        };
        self.above.push(node);
        Some(())
    }

    /// Notes what the host does not list.
    fn unlisted(&self, error: &walkdir::Error, volume: &mut Volume) {
        let folder = self.above.get(error.depth().saturating_sub(2));
        let owner = folder.map_or(Owner::Volume, |&node| Owner::Node(node));
        let path = error.path().map(|path| path.strip_prefix(&self.root).unwrap_or(path));
        let name = path.map(|path| path.display().to_string()).unwrap_or_default();
        let why = error.io_error().map_or_else(|| "loop".to_owned(), ToString::to_string);
        let message = format!("cannot list {name:?}: {why}");
        volume.unread(GapKind::Unreadable, owner, None, message);
    }
}

fn add(
    volume: &mut Volume,
    new: &NewNode<'_>,
    path: &Path,
    metadata: &Metadata,
    inodes: &mut HashMap<(u64, u64), ContentId>,
) -> NodeId {
    let kind = kind_of(metadata);
    let mut facts = host_facts(metadata);
    let mut unreadable = None;
    if kind == Kind::Symlink {
        match std::fs::read_link(path) {
            Ok(target) => {
                let target = Value::bytes(target.as_os_str().as_encoded_bytes());
                facts.push(Fact::new(field::TARGET, target));
            }
            Err(error) => unreadable = Some(format!("cannot read the link: {error}")),
        }
    }
    let content = (kind == Kind::File).then(|| {
        let mut new = || {
            let size = Some(metadata.len());
            volume.add_content(Stored { size, ..Stored::default() })
        };
        match inode_of(metadata) {
            Some(inode) => *inodes.entry(inode).or_insert_with(new),
            None => new(),
        }
    });
    let node = volume.add_node(NewNode { kind, content, facts, ..*new });
    if let Some(message) = unreadable {
        volume.unread(GapKind::Unreadable, Owner::Node(node), None, message);
    }
    node
}

#[cfg(unix)]
fn kind_of(metadata: &Metadata) -> Kind {
    use std::os::unix::fs::FileTypeExt as _;
    let kind = metadata.file_type();
    if kind.is_dir() {
        Kind::Directory
    } else if kind.is_symlink() {
        Kind::Symlink
    } else if kind.is_block_device() {
        Kind::BlockDevice
    } else if kind.is_char_device() {
        Kind::CharDevice
    } else if kind.is_fifo() {
        Kind::Fifo
    } else if kind.is_socket() {
        Kind::Socket
    } else {
        Kind::File
    }
}

#[cfg(not(unix))]
fn kind_of(metadata: &Metadata) -> Kind {
    if metadata.is_dir() {
        Kind::Directory
    } else if metadata.is_symlink() {
        Kind::Symlink
    } else {
        Kind::File
    }
}

/// Gives each file its facts, and files that are one inode one content. `stats` holds, for each
/// content, what was found when it was opened.
pub fn settle(volume: &mut Volume, stats: &[Option<HostStat>]) {
    let mut inodes: HashMap<(u64, u64), ContentId> = HashMap::new();
    // Neighbours mostly have the same facts.
    let mut last: Option<(HostStat, FactsId)> = None;
    for index in 0..volume.nodes.len() {
        let id = NodeId(index as u32);
        let Some(content) = volume.node(id).and_then(crate::model::Node::content) else { continue };
        let Some(stat) = stats.get(content.0 as usize).copied().flatten() else { continue };
        let same = last.filter(|(other, _)| other.same_facts(&stat)).map(|(_, facts)| facts);
        let facts = same.unwrap_or_else(|| FactsId(volume.facts.intern(stat.facts())));
        last = Some((stat, facts));
        if let Some(node) = volume.nodes.get_mut(index) {
            node.facts = facts;
        }
        if stat.shared {
            let first = *inodes.entry((stat.device, stat.inode)).or_insert(content);
            if let Some(node) = volume.nodes.get_mut(index) {
                node.set_content(Some(first));
            }
        }
    }
}

impl HostStat {
    /// What the metadata of an open file tell.
    #[cfg(unix)]
    pub fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self {
            seconds: metadata.mtime(),
            device: metadata.dev(),
            inode: metadata.ino(),
            nanos: u32::try_from(metadata.mtime_nsec()).unwrap_or_default(),
            uid: metadata.uid(),
            gid: metadata.gid(),
            mode: (metadata.mode() & 0o7777) as u16,
            shared: metadata.nlink() > 1,
        }
    }

    /// What the metadata of an open file tell.
    #[cfg(not(unix))]
    pub fn of(metadata: &Metadata) -> Self {
        let since =
            metadata.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        let (seconds, nanos) =
            since.map_or((0, 0), |at| (at.as_secs().cast_signed(), at.subsec_nanos()));
        let (device, inode, uid, gid, mode, shared) = (0, 0, 0, 0, 0, false);
        Self { seconds, device, inode, nanos, uid, gid, mode, shared }
    }

    /// Whether [`HostStat::facts`] of both are the same.
    fn same_facts(&self, other: &Self) -> bool {
        let facts = |of: &Self| (of.mode, of.seconds, of.nanos, of.uid, of.gid);
        facts(self) == facts(other)
    }

    /// The facts of the host: only some of them belong to the release, which `compare` decides.
    fn facts(self) -> Vec<Fact> {
        vec![
            Fact::new(field::MODE, Value::Mode(self.mode)),
            Fact::new(field::MTIME, Value::utc(self.seconds, self.nanos)),
            Fact::number(field::UID, self.uid),
            Fact::number(field::GID, self.gid),
        ]
    }
}

/// The facts of the host: only some of them belong to the release, which `compare` decides.
#[cfg(unix)]
fn host_facts(metadata: &Metadata) -> Vec<Fact> {
    use std::os::unix::fs::MetadataExt as _;
    let mut facts = HostStat::of(metadata).facts();
    if matches!(kind_of(metadata), Kind::BlockDevice | Kind::CharDevice) {
        facts.push(Fact::number(field::DEVICE, metadata.rdev().cast_signed()));
    }
    facts
}

#[cfg(not(unix))]
fn host_facts(metadata: &Metadata) -> Vec<Fact> {
    let since =
        metadata.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    since
        .map(|at| {
            Fact::new(field::MTIME, Value::utc(at.as_secs().cast_signed(), at.subsec_nanos()))
        })
        .into_iter()
        .collect()
}

/// Device and inode of a file that has several names.
#[cfg(unix)]
fn inode_of(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.nlink() > 1).then(|| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn inode_of(_: &Metadata) -> Option<(u64, u64)> {
    None
}

/// The host path of an entry that was listed below `root`.
pub fn host_path(root: &Path, volume: &Volume, node: &Node) -> PathBuf {
    let mut segments = vec![volume.name(node)];
    let mut at = node.parent();
    while let Some(parent) = at.and_then(|id| volume.node(id)) {
        segments.push(volume.name(parent));
        at = parent.parent();
    }
    let mut path = root.to_path_buf();
    path.extend(segments.iter().rev().map(|segment| os_name(segment)));
    path
}

#[cfg(unix)]
fn os_name(bytes: &[u8]) -> &OsStr {
    std::os::unix::ffi::OsStrExt::from_bytes(bytes)
}

#[cfg(not(unix))]
fn os_name(bytes: &[u8]) -> &OsStr {
    OsStr::new(std::str::from_utf8(bytes).unwrap_or_default())
}

#[cfg(all(test, unix))]
#[expect(clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    #[test]
    fn links_modes_and_case_are_kept_and_two_names_are_one_content() {
        let root = tempfile::tempdir().expect("temporary folder");
        let at = |name: &str| root.path().join(name);
        fs::create_dir(at("Dir")).expect("made");
        fs::write(at("Dir/a"), "text").expect("made");
        fs::hard_link(at("Dir/a"), at("b")).expect("made");
        fs::write(at("README"), "x").expect("made");
        fs::write(at("readme"), "y").expect("made");
        fs::set_permissions(at("README"), fs::Permissions::from_mode(0o4755)).expect("set");
        symlink("Dir/a", at("link")).expect("made");
        let (mut listing, mut volume) = Listing::new(root.path(), Files::Stated);
        while listing.take(2, &mut volume) {}
        let names: Vec<_> = volume.nodes.iter().map(|n| (volume.name(n), n.kind)).collect();
        let expected: [(&[u8], Kind); 6] = [
            (b"Dir", Kind::Directory),
            (b"a", Kind::File),
            (b"README", Kind::File),
            (b"b", Kind::File),
            (b"link", Kind::Symlink),
            (b"readme", Kind::File),
        ];
        assert_eq!(names, expected);
        assert_eq!(volume.nodes[1].content(), volume.nodes[3].content());
        assert_eq!(volume.facts_of(&volume.nodes[2])[0].value.text(), "4755");
        let path = host_path(root.path(), &volume, &volume.nodes[1]);
        assert_eq!(fs::read(path).expect("there"), b"text");
    }
}
