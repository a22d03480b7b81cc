//! ISO 9660 beyond the goldens: no byte of structure changes unseen, every rule's examples, and
//! discs that the tools do not make.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use premaster::model::claim::{Strength, overlay};
use premaster::model::{Kind, Volume};
use premaster::readers::{self, READERS, Reader};
use premaster::source::Source;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn list(bytes: &Vec<u8>) -> Volume {
    let reader: &Reader =
        READERS.iter().copied().find(|reader| reader.doc.id == "iso9660").expect("in the table");
    let mut volume = readers::list(reader, bytes as &dyn Source, b"test.iso");
    volume.close();
    volume
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(root().join("testdata/readers/iso9660").join(name)).expect("readable")
}

/// Everything that a comparison of two volumes looks at: facts, layout and residue. Defects are not
/// part of it, and neither are the places of residues.
fn compared(volume: &Volume) -> blake3::Hash {
    let mut text = String::new();
    for view in &volume.views {
        let _ = write!(text, "{} {} {:?}", view.name, view.layout.digest(), view.facts);
    }
    for node in &volume.nodes {
        let _ = write!(
            text,
            "{:?} {:?} {:?} {:?} {:?} {:?}",
            node.parent(),
            volume.name(node),
            node.kind,
            node.view,
            node.content(),
            volume.facts_of(node)
        );
    }
    for stored in &volume.contents {
        let _ = write!(text, "{stored:?}");
    }
    for residue in &volume.residues {
        let _ = write!(
            text,
            "{:?} {} {:?} {} {}",
            residue.view, residue.role.name, residue.owner, residue.ordinal, residue.digest
        );
    }
    blake3::hash(text.as_bytes())
}

/// Whether a byte is still structure. If not, it belongs to a tile with a digest of its own.
fn is_structure(volume: &Volume, bytes: &[u8], at: u64) -> bool {
    let mut tiles = overlay(&volume.claims, bytes.len() as u64);
    let tile = tiles.find(|tile| tile.range().contains(&at)).expect("inside");
    tile.claims
        .iter()
        .any(|&claim| volume.claims[claim as usize].role.strength == Strength::Structure)
}

#[test]
fn every_changed_byte_of_structure_is_seen() {
    let mut unseen = Vec::new();
    let folder = root().join("testdata/readers/iso9660");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .expect("readable")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "iso"))
        .collect();
    paths.sort();
    for path in paths {
        let mut bytes = fs::read(&path).expect("readable");
        let volume = list(&bytes);
        let before = compared(&volume);
        for tile in overlay(&volume.claims, bytes.len() as u64) {
            let strongest = tile.claims.first().map(|&claim| volume.claims[claim as usize].role);
            if strongest.is_none_or(|role| role.strength != Strength::Structure) {
                continue;
            }
            for at in tile.start as usize..tile.end as usize {
                // In the long zero runs of a descriptor or directory, every 17th byte is enough.
                let around = &bytes[at.saturating_sub(4)..(at + 5).min(bytes.len())];
                let value = bytes[at];
                if around.iter().all(|&b| b == value) && at % 17 != 0 {
                    continue;
                }
                for flip in [0x01, 0xff] {
                    bytes[at] = value ^ flip;
                    let after = list(&bytes);
                    if compared(&after) == before && is_structure(&after, &bytes, at as u64) {
                        unseen.push(format!("{} at {at} ^ {flip:#x}", path.display()));
                    }
                }
                bytes[at] = value;
            }
        }
    }
    assert!(
        unseen.is_empty(),
        "{} changes unseen: {:#?}",
        unseen.len(),
        &unseen[..unseen.len().min(40)]
    );
}

/// The examples of every rule that this reader raises: the named defect, or none of that name.
#[test]
fn rules_have_examples_that_hold() {
    let mut seen = 0;
    for entry in fs::read_dir(root().join("rules/structure")).expect("readable") {
        let path = entry.expect("readable").path();
        let text = fs::read_to_string(&path).expect("readable");
        let rule: toml::Table = text.parse().unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let formats = rule["scope"]["formats"].as_array().expect("an array");
        if !formats.iter().any(|format| format.as_str() == Some("iso9660")) {
            continue;
        }
        let id = rule["id"].as_str().expect("a string");
        let examples = rule["example"].as_array().expect("an array");
        for hit in [true, false] {
            let any = examples.iter().any(|example| example["hit"].as_bool() == Some(hit));
            assert!(any, "{id} lacks an example with hit = {hit}");
        }
        for example in examples {
            let file = example.get("file").or(example.get("base")).expect("file or base");
            let file = file.as_str().expect("a string");
            let mut bytes = fs::read(root().join(file)).expect("readable");
            for patch in example.get("patch").and_then(toml::Value::as_array).into_iter().flatten()
            {
                let at =
                    usize::try_from(patch["at"].as_integer().expect("a number")).expect("small");
                let hex = patch["hex"].as_str().expect("a string");
                for (i, pair) in hex.as_bytes().chunks(2).enumerate() {
                    let pair = std::str::from_utf8(pair).expect("ASCII");
                    bytes[at + i] = u8::from_str_radix(pair, 16).expect("hexadecimal");
                }
            }
            let found = list(&bytes).defects.iter().any(|defect| defect.rule == id);
            assert_eq!(Some(found), example["hit"].as_bool(), "{id} on {example}");
            seen += 1;
        }
    }
    assert!(seen >= 34, "{seen} examples");
}

/// Where the bytes `from` stand in the directory at `start`, once.
fn place(bytes: &[u8], start: usize, from: &[u8]) -> usize {
    let directory = &bytes[start..start + 2048];
    start + directory.windows(from.len()).position(|window| window == from).expect("is there")
}

fn names(volume: &Volume) -> Vec<String> {
    let name = |node| String::from_utf8_lossy(volume.name(node)).into_owned();
    volume.nodes.iter().map(name).collect()
}

/// `DOCS/DEEP` of the plain fixture, which holds A.BIN;1 and B.BIN;1.
const DEEP: usize = 0xc800;

#[test]
fn the_parts_of_a_large_file_are_one_content() {
    let mut bytes = fixture("plain.iso");
    let first = place(&bytes, DEEP, b"A.BIN;1") - 33;
    let second = place(&bytes, DEEP, b"B.BIN;1");
    bytes[first + 25] |= 0x80;
    bytes[second] = b'A';
    let volume = list(&bytes);
    let node = volume.nodes.iter().find(|node| volume.name(node) == b"A.BIN").expect("listed");
    assert_eq!(names(&volume).iter().filter(|name| name.contains("BIN")).count(), 1);
    let stored = &volume.contents[node.content().expect("content").0 as usize];
    let extents: Vec<_> = stored.extents.iter().map(|e| (e.start, e.length)).collect();
    assert_eq!(extents, [(57_344, 5), (59_392, 5)]);
    assert_eq!(stored.size, Some(10));
    assert!(volume.defects.is_empty(), "{:?}", volume.defects);
}

#[test]
fn versions_stay_where_there_are_several() {
    let mut bytes = fixture("plain.iso");
    let second = place(&bytes, DEEP, b"B.BIN;1");
    bytes[second..second + 7].copy_from_slice(b"A.BIN;2");
    let found = names(&list(&bytes));
    assert!(found.contains(&"A.BIN;1".into()) && found.contains(&"A.BIN;2".into()), "{found:?}");
}

#[test]
fn interleaved_files_and_other_volumes_are_gaps() {
    let mut bytes = fixture("plain.iso");
    let first = place(&bytes, DEEP, b"A.BIN;1") - 33;
    let second = place(&bytes, DEEP, b"B.BIN;1") - 33;
    bytes[first + 26] = 1;
    bytes[second + 28..second + 32].copy_from_slice(&[2, 0, 0, 2]);
    let volume = list(&bytes);
    let messages: Vec<_> = volume.unread.iter().map(|unread| unread.message.as_str()).collect();
    assert!(messages.iter().any(|message| message.starts_with("interleaved")), "{messages:?}");
    assert!(messages.iter().any(|message| message.starts_with("recorded on volume 2")));
}

/// The trees as the standard tools list them: `LISTING` was written by the recipe with
/// `isoinfo -f` (plain, Rock Ridge and Joliet names).
#[test]
fn paths_are_those_that_isoinfo_lists() {
    let listing = String::from_utf8(fixture("RECIPE.listing")).expect("UTF-8");
    let mut expected: std::collections::BTreeMap<(&str, &str), Vec<&str>> =
        std::collections::BTreeMap::default();
    for line in listing.lines() {
        let mut fields = line.splitn(3, ' ');
        let key = (fields.next().expect("image"), fields.next().expect("view"));
        expected.entry(key).or_default().push(fields.next().expect("path"));
    }
    assert!(expected.len() >= 15, "{}", expected.len());
    for ((image, view), mut paths) in expected {
        let volume = list(&fixture(image));
        let mut found: Vec<String> = Vec::new();
        for node in volume.nodes.iter().filter(|node| node.kind != Kind::Fork) {
            if volume.views[usize::from(node.view.0)].name != view {
                continue;
            }
            // isoinfo prints the identifiers with their version.
            let name_of = |node: &premaster::model::Node| {
                let name = String::from_utf8_lossy(volume.name(node)).into_owned();
                let mut facts = volume.facts_of(node).iter();
                match facts.find(|fact| fact.field.name() == "file-version") {
                    Some(version) if view != "rr" => format!("{name};{}", version.value.text()),
                    _ => name,
                }
            };
            let mut path = name_of(node);
            let mut above = node.parent();
            while let Some(parent) = above.and_then(|id| volume.node(id)) {
                path = format!("{}/{path}", name_of(parent));
                above = parent.parent();
            }
            found.push(format!("/{path}"));
        }
        found.sort();
        paths.sort_unstable();
        assert_eq!(found, paths, "{image} {view}");
    }
}
