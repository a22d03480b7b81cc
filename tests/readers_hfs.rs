//! The classic Mac readers: the examples of their rules, what other tools list of the same images,
//! and the two maps of a hybrid disc.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

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
    volume.number_duplicates();
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
    match node.parent.and_then(|parent| volume.node(parent)) {
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
