//! The classic Mac readers: the examples of their rules, what other tools list of the same images,
//! and the two maps of a hybrid disc.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where its own files are not as they should be"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use premaster::model::{Declared, Kind, Node, Volume};
use premaster::readers::{self, Probe, READERS, Reader};
use premaster::source::Source;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn reader(id: &str) -> &'static Reader {
    READERS.iter().find(|reader| reader.doc.id == id).expect("in the table")
}

fn list(id: &str, bytes: &Vec<u8>) -> Volume {
    let mut volume = readers::list(reader(id), bytes as &dyn Source, b"test.rsrc");
    volume.close();
    volume
}

fn fixture(path: &str) -> Vec<u8> {
    fs::read(root().join("testdata/readers").join(path)).expect("a fixture")
}

fn patched(mut bytes: Vec<u8>, patch: &[(usize, &[u8])]) -> Vec<u8> {
    for &(at, with) in patch {
        bytes[at..at + with.len()].copy_from_slice(with);
    }
    bytes
}

fn defects(volume: &Volume) -> BTreeSet<&'static str> {
    volume.defects.iter().map(|defect| defect.rule).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn path_of(volume: &Volume, node: &Node) -> String {
    let name = String::from_utf8_lossy(volume.name(node)).into_owned();
    match node.parent().and_then(|parent| volume.node(parent)) {
        Some(parent) => format!("{}:{name}", path_of(volume, parent)),
        None => name,
    }
}

#[test]
fn every_example_of_a_rule_hits_or_misses_as_it_says() {
    let mut rules = 0;
    for entry in fs::read_dir(root().join("rules/structure")).expect("a folder") {
        let path = entry.expect("readable").path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(id) = [("hfs-", "hfs"), ("apm-", "apm"), ("resource-", "resource-fork")]
            .iter()
            .find_map(|(prefix, id)| name.starts_with(prefix).then_some(*id))
        else {
            continue;
        };
        let text = fs::read_to_string(&path).expect("readable");
        let rule: toml::Table = text.parse().expect("TOML");
        let wanted = rule["id"].as_str().unwrap();
        assert_eq!(format!("structure/{}", path.file_stem().unwrap().display()), wanted);
        for example in rule["example"].as_array().unwrap() {
            let hit = example["hit"].as_bool().unwrap();
            let base = example.get("base").or(example.get("file")).unwrap().as_str().unwrap();
            let mut bytes = fs::read(root().join(base)).expect("a fixture");
            for patch in example.get("patch").and_then(|p| p.as_array()).into_iter().flatten() {
                let at = usize::try_from(patch["at"].as_integer().unwrap()).unwrap();
                bytes = patched(bytes, &[(at, &unhex(patch["hex"].as_str().unwrap()))]);
            }
            let found = defects(&list(id, &bytes));
            assert_eq!(found.contains(wanted), hit, "{name}: {found:?}");
        }
        rules += 1;
    }
    assert_eq!(rules, 24);
}

/// Everything that a comparison of two images sees of the structure: facts, names, layout, residue.
fn seen(volume: &Volume) -> String {
    let views: Vec<_> = volume
        .views
        .iter()
        .map(|view| (&view.facts, view.layout.digest(), view.layout_agrees))
        .collect();
    let nodes: Vec<_> = volume
        .nodes
        .iter()
        .map(|node| {
            let name = volume.name(node).to_vec();
            (node.parent(), name, node.duplicate, node.kind, volume.facts_of(node).to_vec())
        })
        .collect();
    let residues: Vec<_> =
        volume.residues.iter().map(|r| (r.role.name, r.owner, r.ordinal, r.digest)).collect();
    let partitions: Vec<_> =
        volume.partitions.iter().map(|p| (p.number, p.at.clone(), &p.kind)).collect();
    format!("{views:?} {nodes:?} {residues:?} {partitions:?}")
}

/// Changes each byte of structure and looks for a change in what is seen.
fn assert_every_byte_counts(id: &str, path: &str) {
    use premaster::model::Strength;
    use premaster::model::claim::overlay;
    let bytes = fixture(path);
    let volume = list(id, &bytes);
    let before = seen(&volume);
    let mut silent = Vec::new();
    for tile in overlay(&volume.claims, bytes.len() as u64) {
        let strongest = tile.claims.first().map(|&claim| &volume.claims[claim as usize]);
        if strongest.is_none_or(|claim| claim.role.strength != Strength::Structure) {
            continue;
        }
        for at in tile.start as usize..tile.end as usize {
            // Deep inside long runs of zeros one byte in 16 is enough.
            let around = &bytes[at.saturating_sub(8)..(at + 8).min(bytes.len())];
            if around.iter().all(|&byte| byte == 0) && at % 16 != 0 {
                continue;
            }
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            if seen(&list(id, &changed)) == before {
                silent.push(at);
            }
        }
    }
    assert!(silent.is_empty(), "{path}: changes that nobody sees at {silent:?}");
}

#[test]
fn no_changed_byte_of_an_hfs_structure_goes_unseen() {
    assert_every_byte_counts("hfs", "hfs/plain.img");
}

#[test]
fn no_changed_byte_of_a_hybrid_half_goes_unseen() {
    assert_every_byte_counts("hfs", "hfs/hybrid.iso");
}

#[test]
fn no_changed_byte_of_a_partition_map_goes_unseen() {
    assert_every_byte_counts("apm", "apm/disk.img");
    assert_every_byte_counts("apm", "apm/sectors.iso");
    assert_every_byte_counts("apm", "apm/blocks.iso");
}

#[test]
fn no_changed_byte_of_a_resource_map_goes_unseen() {
    for name in ["app", "clipping", "empty", "packed", "testfile"] {
        assert_every_byte_counts("resource-fork", &format!("resource-fork/{name}.rsrc"));
    }
}

/// The bytes of the entry at a path of names joined by colons.
fn bytes_of(volume: &Volume, bytes: &[u8], path: &str) -> Vec<u8> {
    let node = volume.nodes.iter().find(|node| path_of(volume, node) == path).expect(path);
    let stored = &volume.contents[node.content().expect("a content").0 as usize];
    let range = |start: u64, length: u64| start as usize..(start + length) as usize;
    stored.extents.iter().flat_map(|e| bytes[range(e.start, e.length)].to_vec()).collect()
}

/// The lines of `hls -laiR` as rows of path, kind, ID, type, creator and the sizes of both forks.
fn listed_by_hls(path: &str) -> BTreeSet<String> {
    let bytes = fixture(path);
    let (text, _) = encoding_rs::MACINTOSH.decode_without_bom_handling(&bytes);
    let mut folder = String::new();
    let mut rows = BTreeSet::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix(':').and_then(|line| line.strip_suffix(':')) {
            folder = format!("{name}:");
            continue;
        }
        let mut words = line.split_whitespace();
        let (id, kind) = (words.next().unwrap(), words.next().unwrap());
        // The name stands behind a date of fixed form.
        let name = &line[line.find("Aug  9  1993 ").expect("a date") + 13..];
        if kind == "d" {
            rows.insert(format!("{folder}{name} d {id}"));
        } else {
            let (types, resource, data) =
                (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
            rows.insert(format!("{folder}{name} {kind} {id} {types} {resource} {data}"));
        }
    }
    rows
}

fn listed_by_us(volume: &Volume) -> BTreeSet<String> {
    let size = |node: &Node| {
        node.content().map_or(0, |id| volume.contents[id.0 as usize].size.expect("a size"))
    };
    let mut rows = BTreeSet::new();
    for (at, node) in volume.nodes.iter().enumerate() {
        let path = path_of(volume, node);
        let fact = |name: &str| {
            let facts = volume.facts_of(node);
            facts.iter().find(|fact| fact.field.name() == name).map(|fact| fact.value.text())
        };
        match node.kind {
            Kind::Directory => {
                rows.insert(format!("{path} d {}", fact("serial").unwrap()));
            }
            Kind::File => {
                let fork = volume.nodes.get(at + 2).filter(|fork| {
                    fork.kind == Kind::Fork
                        && path_of(volume, fork).starts_with(&format!("{path}:"))
                });
                let locked = fact("attributes").is_some();
                rows.insert(format!(
                    "{path} {} {} {}/{} {} {}",
                    if locked { "F" } else { "f" },
                    fact("serial").unwrap(),
                    fact("mac.type").unwrap(),
                    fact("mac.creator").unwrap(),
                    fork.map_or(0, size),
                    size(node)
                ));
            }
            _ => {}
        }
    }
    rows
}

#[test]
fn entries_are_those_that_hls_lists() {
    for (image, listing) in [
        ("plain.img", "RECIPE.plain.hls"),
        ("many.img", "RECIPE.many.hls"),
        ("hybrid.iso", "RECIPE.hybrid.hls"),
    ] {
        let volume = list("hfs", &fixture(&format!("hfs/{image}")));
        assert_eq!(listed_by_us(&volume), listed_by_hls(&format!("hfs/{listing}")), "{image}");
    }
}

#[test]
fn a_fragmented_fork_reads_in_its_order() {
    let bytes = fixture("hfs/many.img");
    let volume = list("hfs", &bytes);
    let numbers: Vec<_> = (1..=1600).map(|n| n.to_string()).collect();
    let numbers = numbers.join("\n");
    assert_eq!(bytes_of(&volume, &bytes, "Fragmented"), &numbers.as_bytes()[..4096]);
    let plain = fixture("hfs/plain.img");
    let volume = list("hfs", &plain);
    assert_eq!(bytes_of(&volume, &plain, "Documents:Read/Me"), b"Hello\rworld\r");
    assert_eq!(bytes_of(&volume, &plain, "FreedomOfPress"), b"not text \x01\x02\x03");
    let fork = bytes_of(&volume, &plain, "FreedomOfPress:..namedfork:rsrc");
    let resources = list("resource-fork", &fork);
    assert_eq!(bytes_of(&resources, &fork, "TEXT:128"), b"Freedom of Press 1.0\r");
    assert_eq!(bytes_of(&resources, &fork, "STR :128"), b"\x05Hello");
    assert!(resources.defects.is_empty() && resources.unread.is_empty());
}

#[test]
fn one_bad_byte_hides_no_volume() {
    let whole = fixture("hfs/plain.img");
    let files = listed_by_us(&list("hfs", &whole));
    // Signature, bitmap start, name, catalog size; depth of the catalog, kind and height of a leaf.
    for at in [1024, 1038, 1060, 1170, 8207, 8712, 8713] {
        let bytes = patched(whole.clone(), &[(at, &[0x55])]);
        let probe = Probe {
            head: &bytes[..64 << 10],
            tail: &bytes[bytes.len() - (64 << 10)..],
            length: Some(bytes.len() as u64),
            name: b"plain.img",
            declared: Declared::Nothing,
        };
        assert!((reader("hfs").probe)(&probe), "byte {at}");
        let volume = list("hfs", &bytes);
        assert!(!volume.defects.is_empty(), "byte {at}");
        assert_eq!(listed_by_us(&volume), files, "byte {at}");
    }
}

#[test]
fn circles_end() {
    let whole = fixture("hfs/plain.img");
    // The first record of the root points at the root itself.
    let volume = list("hfs", &patched(whole.clone(), &[(9783, &[3])]));
    assert_eq!(listed_by_us(&volume), listed_by_us(&list("hfs", &whole)));
    assert!(defects(&volume).contains("structure/hfs-btree-links"));
    // A directory stands in itself: it is listed below the root, with what it holds.
    let volume = list("hfs", &patched(whole, &[(9235, &[17])]));
    assert!(defects(&volume).contains("structure/hfs-orphan-entry"));
    let files = listed_by_us(&volume);
    assert!(files.contains("Inner d 17") && files.contains("Inner:data f 19 ttro/ttxt 0 12"));
}

#[test]
fn an_hfs_plus_wrapper_is_a_gap() {
    let bytes = patched(fixture("hfs/plain.img"), &[(1024 + 124, b"H+\0\x10\0\x20")]);
    let volume = list("hfs", &bytes);
    assert!(volume.nodes.is_empty());
    assert_eq!(volume.unread.len(), 1);
    assert_eq!(volume.unread[0].at, Some(2048 + 16 * 512..2048 + 48 * 512));
}

#[test]
fn leaves_that_the_index_lost_are_read_through_their_links() {
    // The root says that its third node is number 9, which is free.
    let whole = fixture("hfs/plain.img");
    let bytes = patched(whole.clone(), &[(9867, &[9])]);
    let volume = list("hfs", &bytes);
    assert_eq!(listed_by_us(&volume), listed_by_us(&list("hfs", &whole)));
    assert!(defects(&volume).contains("structure/hfs-btree-links"));
}

#[test]
fn maps_in_blocks_and_in_sectors_are_read_together() {
    // Both maps of the same layout, as Apple's discs have them; the tools at hand write one of them.
    let mut bytes = fixture("apm/sectors.iso");
    let blocks = fixture("apm/blocks.iso");
    bytes[512..2048].copy_from_slice(&blocks[512..2048]);
    let volume = list("apm", &bytes);
    assert!(volume.defects.is_empty(), "{:?}", volume.defects);
    let kinds: Vec<_> = volume.partitions.iter().map(|p| (p.number, p.at.clone())).collect();
    assert_eq!(kinds, [(2, 32768..65536), (3, 65536..86016)]);
    let claims = volume.claims.iter().filter(|claim| claim.role.name == "partition map entry");
    assert_eq!(claims.count(), 6);
}
