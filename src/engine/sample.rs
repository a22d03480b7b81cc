//! The entries that an example spells out, as a manifest.

use std::collections::BTreeMap;

use crate::inspect::{self, Facts, Sweep};
use crate::model::{
    Container, Content, Declared, Digest, Fact, Format, Kind, Manifest, More, NewNode, NodeId,
    Stored, Value, Volume, field,
};
use crate::rules::{Example, ExampleEntry};

/// The day of examples: 2026-01-01T00:00:00Z.
pub(super) const NOW: i64 = 1_767_225_600;

/// A tree of the entries that an example gives, in its view.
pub(super) fn manifest_of(example: &Example) -> Manifest {
    /// The views that an example may name; others are as those of an archive.
    const VIEWS: [&str; 5] = ["hfs", "iso", "joliet", "rr", "udf"];
    let wanted = example.view.as_deref().unwrap_or_default();
    let view = VIEWS.into_iter().find(|view| *view == wanted).unwrap_or("archive");
    let mut volume = Volume::new("example");
    let view = volume.add_view(view, 50);
    let mut folders: BTreeMap<Vec<u8>, NodeId> = BTreeMap::new();
    let mut contents: Vec<Content> = Vec::new();
    for (path, entry) in entries_of(example) {
        let whole = path.strip_suffix(b"/").unwrap_or(&path);
        let mut parent = None;
        let mut at = 0;
        loop {
            let end = whole.iter().skip(at).position(|&b| b == b'/').map(|n| at + n);
            let name = whole.get(at..end.unwrap_or(whole.len())).unwrap_or_default();
            let so_far = whole.get(..end.unwrap_or(whole.len())).unwrap_or_default();
            let is_folder = end.is_some() || whole.len() < path.len();
            let known = folders.get(so_far).copied().filter(|_| is_folder);
            let own = entry.as_ref().filter(|_| end.is_none());
            let kind = match own {
                _ if is_folder => Kind::Directory,
                Some(ExampleEntry { target: Some(_), .. }) => Kind::Symlink,
                _ => Kind::File,
            };
            let node = known.unwrap_or_else(|| {
                let content = own.and_then(ExampleEntry::bytes).map(|bytes| {
                    contents.push(content_of(name, &bytes));
                    volume.add_content(Stored::plain(0, bytes.len() as u64))
                });
                let facts = own.map(facts_of).unwrap_or_default();
                volume.add_node(NewNode { view, parent, name, kind, content, facts })
            });
            if is_folder {
                folders.insert(so_far.to_vec(), node);
            }
            let Some(end) = end else { break };
            (parent, at) = (Some(node), end + 1);
        }
    }
    Manifest {
        containers: vec![Container::new(None, 0, vec![volume], vec![contents])],
        ..Manifest::default()
    }
}

/// Paths, each with what else is said of it.
fn entries_of(example: &Example) -> Vec<(Vec<u8>, Option<ExampleEntry>)> {
    let entries = example.entries.iter().cloned();
    let mut all: Vec<_> =
        entries.map(|entry| (entry.path.clone().into_bytes(), Some(entry))).collect();
    all.extend(example.paths().into_iter().map(|path| (path, None)));
    if all.is_empty() {
        let path = example.name.clone().unwrap_or_else(|| "example".to_owned());
        let (text, hex) = (example.text.clone(), example.hex.clone());
        let entry = ExampleEntry { path: path.clone(), text, hex, ..ExampleEntry::default() };
        all.push((path.into_bytes(), Some(entry)));
    }
    all
}

fn facts_of(entry: &ExampleEntry) -> Vec<Fact> {
    let printed = |field, text: &Option<String>| {
        text.clone().map(|text| Fact::new(field, Value::printed(field, text)))
    };
    let mode = printed(field::MODE, &entry.mode);
    let date = printed(field::MTIME, &entry.modified);
    let owner = entry.owner.map(|owner| Fact::number(field::UID, owner));
    let group = entry.group.map(|group| Fact::number(field::GID, group));
    let target = entry.target.as_ref();
    let target = target.map(|to| Fact::new(field::TARGET, Value::bytes(to.as_bytes())));
    [mode, date, owner, group, target].into_iter().flatten().collect()
}

/// What the pass would find.
pub(super) fn content_of(name: &[u8], bytes: &[u8]) -> Content {
    let mut sweep = Sweep::new();
    sweep.update(bytes);
    let mut census = sweep.finish();
    let format = inspect::recognise(bytes, bytes, census.size, name);
    let declared = Declared::Nothing;
    inspect::note_wide(&mut census, bytes, bytes, format, declared);
    let facts = Facts { census: &census, declared, name, format, approved: None };
    Content {
        blake3: Some(Digest::of(bytes)),
        class: inspect::settle(&facts),
        census,
        format: format.and_then(Format::of),
        more: More { ends: inspect::kept_ends(bytes, bytes, format, name), ..More::default() }
            .boxed(),
        ..Content::default()
    }
}
