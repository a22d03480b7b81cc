//! A folder that another program lists: its entries by path, their bytes one after another in one
//! source. To rules and comparison it is a folder like one of the host.

use std::ops::Range;

use super::directory::DOC;
use crate::model::fast_map::FastMap;
use crate::model::volume::NewNode;
use crate::model::{Fact, GapKind, Kind, NodeId, Owner, Stored, Value, Volume, field};

/// An entry of such a folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    /// Names from the root on, with `/` between them.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// Permission bits.
    pub mode: u16,
    /// What a link leads to.
    pub target: Option<Vec<u8>>,
    /// Where the bytes of a file lie in the source.
    pub at: Range<u64>,
    /// Why the bytes are not there.
    pub unread: Option<String>,
}

/// The volume of such a folder. Folders are those that the paths name.
pub fn read(entries: &[Listed]) -> Volume {
    let mut volume = Volume::new(DOC.id);
    let view = volume.add_view("directory", 50);
    let mut folders: FastMap<&[u8], NodeId> = FastMap::default();
    let mut sorted: Vec<&Listed> = entries.iter().collect();
    sorted.sort_by(|a, b| a.path.split(|b| *b == b'/').cmp(b.path.split(|b| *b == b'/')));
    for entry in sorted {
        let mut parent = None;
        for end in memchr::memchr_iter(b'/', &entry.path) {
            let path = entry.path.get(..end).unwrap_or_default();
            let node = *folders.entry(path).or_insert_with(|| {
                let name = last(path);
                let (kind, facts) = (Kind::Directory, Vec::new());
                volume.add_node(NewNode { view, parent, name, kind, content: None, facts })
            });
            parent = Some(node);
        }
        let Range { start, end } = entry.at;
        let content = (entry.kind == Kind::File && entry.unread.is_none())
            .then(|| volume.add_content(Stored::plain(start, end.saturating_sub(start))));
        let name = last(&entry.path);
        let mut facts = vec![Fact::new(field::MODE, Value::Mode(entry.mode))];
        facts.extend(entry.target.as_ref().map(|to| Fact::new(field::TARGET, Value::bytes(to))));
        let node =
            volume.add_node(NewNode { view, parent, name, kind: entry.kind, content, facts });
        if let Some(why) = &entry.unread {
            volume.unread(GapKind::Unreadable, Owner::Node(node), None, why);
        }
    }
    volume
}

/// The last name of a path.
fn last(path: &[u8]) -> &[u8] {
    path.get(memchr::memrchr(b'/', path).map_or(0, |at| at + 1)..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, at: Range<u64>) -> Listed {
        let (kind, mode) = (Kind::File, 0o644);
        Listed { path: path.into(), kind, mode, target: None, at, unread: None }
    }

    #[test]
    fn folders_are_made_once_and_stand_before_what_lies_in_them() {
        let link = Listed { kind: Kind::Symlink, target: Some(b"b".to_vec()), ..file("a/l", 0..0) };
        let gone = Listed { unread: Some("not here".into()), ..file("a.b", 0..0) };
        let volume = read(&[gone, file("a/b/c", 0..4), link, file("a/b/d", 4..4)]);
        let names: Vec<_> = volume.nodes.iter().map(|n| (volume.name(n), n.kind)).collect();
        let expected: [(&[u8], Kind); 6] = [
            (b"a", Kind::Directory),
            (b"b", Kind::Directory),
            (b"c", Kind::File),
            (b"d", Kind::File),
            (b"l", Kind::Symlink),
            (b"a.b", Kind::File),
        ];
        assert_eq!(names, expected);
        assert_eq!(volume.contents.len(), 2);
        assert_eq!(volume.unread.len(), 1);
    }
}
