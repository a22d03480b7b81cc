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
    volume.number_duplicates();
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
        let _ = write!(text, "{} {} {:?}", view.name, view.layout.finalize(), view.facts);
    }
    for node in &volume.nodes {
        let _ = write!(
            text,
            "{:?} {:?} {:?} {:?} {:?} {:?}",
            node.parent,
            volume.name(node),
            node.kind,
            node.view,
            node.content,
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
                for flip in [0x01, 0x80, 0xff] {
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
