//! Completeness: the tables of the program, its folders and its test data agree.
//!
//! That rules, detectors and the defects which readers name agree is checked in `tests/rules.rs`;
//! what the fixtures hold, in `tests/readers.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use premaster::inspect;
use premaster::model::FORMATS;
use premaster::readers::{Doc, READERS, directory};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn names(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(root().join(folder)).unwrap_or_else(|e| panic!("{folder}: {e}"));
    entries.map(|e| e.expect("readable").file_name().to_string_lossy().into_owned()).collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn every_reader_describes_itself() {
    let docs = READERS.iter().map(|reader| &reader.doc).chain([&directory::DOC]);
    let mut ids = BTreeSet::new();
    for Doc { id, title, specifications, limitations } in docs {
        assert!(ids.insert(*id), "{id} is there twice");
        assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
        assert!(!title.is_empty(), "{id} has no title");
        assert!(!specifications.is_empty(), "{id} names no specification");
        assert!(!limitations.is_empty(), "{id} admits no limit");
        for text in specifications.iter().chain(*limitations) {
            assert!(text.len() > 10 && !text.contains('\n'), "{id}: {text:?}");
        }
    }
}

#[test]
fn every_reader_is_in_the_table() {
    let mut defined = BTreeSet::new();
    for path in sources(&root().join("src/readers")) {
        let text = fs::read_to_string(&path).expect("readable");
        let id = text
            .split("Doc {")
            .skip(1)
            .find_map(|rest| rest.trim_start().strip_prefix("id: \"")?.split_once('"'));
        defined.extend(id.map(|(id, _)| id.to_owned()));
    }
    let listed = READERS.iter().map(|reader| reader.doc.id.to_owned());
    let listed: BTreeSet<_> = listed.chain([directory::DOC.id.to_owned()]).collect();
    assert_eq!(defined, listed, "src/readers/mod.rs and the files beside it");
}

#[test]
fn every_reader_has_fixtures_with_a_recipe_and_a_golden() {
    let readers: BTreeSet<_> = READERS.iter().map(|reader| reader.doc.id.to_owned()).collect();
    assert_eq!(names("testdata/readers"), readers);
    for id in &readers {
        let files = names(&format!("testdata/readers/{id}"));
        assert!(files.contains("RECIPE.sh"), "{id}: how were the fixtures made?");
        let beside = |name: &str, end: &str| files.contains(&format!("{name}{end}"));
        let mut fixtures = 0;
        for name in files.iter().filter(|name| !name.starts_with("RECIPE")) {
            if let Some(of) = name.strip_suffix(".golden").or(name.strip_suffix(".sha256")) {
                assert!(files.contains(of), "{id}/{name} belongs to no fixture");
            } else {
                fixtures += 1;
                assert!(beside(name, ".golden"), "{id}/{name} has no golden");
            }
        }
        assert!(fixtures >= 3, "{id} has {fixtures} fixtures");
    }
}

#[test]
fn every_format_is_known_by_its_name() {
    let readers = READERS.iter().map(|reader| reader.doc.id);
    let texts = FORMATS.iter().copied().filter(|name| name.starts_with("text/"));
    let known: BTreeSet<_> = readers.chain(["directory"]).chain(inspect::recognised()).collect();
    let named: BTreeSet<_> = FORMATS.iter().copied().collect();
    assert!(FORMATS.is_sorted() && texts.clone().count() == 6);
    assert_eq!(named, known.into_iter().chain(texts).collect());
}

#[test]
fn every_file_says_what_it_owns() {
    let mut seen = 0;
    for folder in ["src", "tests"] {
        for path in sources(&root().join(folder)) {
            let text = fs::read_to_string(&path).expect("readable");
            assert!(text.starts_with("//! "), "{} does not say what it owns", path.display());
            let lines = text.split("#[cfg(test)]").next().unwrap_or_default().lines().count();
            assert!(lines <= 900, "{} has {lines} lines: split it by subject", path.display());
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen} files");
}
