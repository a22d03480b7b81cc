//! Zeros have no digest of their own: beside a declared edit their number must still be the same, or
//! follow from the format.

use std::fs;
use std::path::Path;

use super::support::{Scratch, gzip, premaster, story, tar, words, zip};

/// A container, and the same after an edit that is declared.
struct Edit {
    name: &'static str,
    old: Vec<u8>,
    new: Vec<u8>,
}

fn edits() -> Vec<Edit> {
    let (old, new) = ("one\n".repeat(300), "one\n".repeat(301));
    let (old, new) = (old.as_bytes(), new.as_bytes());
    let archive = |text: &[u8]| tar(&[("a.txt", text), ("b.txt", b"the same\n")]);
    let padded = |text: &[u8]| {
        let mut bytes = archive(text);
        bytes.resize(bytes.len().next_multiple_of(10240), 0);
        bytes
    };
    let read = |name: &str| fs::read(story(name)).expect("readable");
    let fork = fs::read("testdata/readers/resource-fork/app.rsrc").expect("readable");
    let edited = fork.windows(5).position(|text| text == b"Hello").expect("a text");
    let mut other = fork.clone();
    other[edited] = b'h';
    let edit = |name, old, new| Edit { name, old, new };
    vec![
        edit("a.tar", archive(old), archive(new)),
        edit("padded.tar", padded(old), padded(new)),
        edit("record.tar", padded(&[b'a'; 8000]), padded(&[b'a'; 9000])),
        edit("a.txt.gz", gzip(old), gzip(new)),
        edit("a.tar.gz", gzip(&archive(old)), gzip(&archive(new))),
        edit("a.zip", zip(&[(b"a.txt", old)]), zip(&[(b"a.txt", new)])),
        edit("a.iso", read("approved.iso"), read("fixed.iso")),
        edit("a.rsrc", fork, other),
    ]
}

#[track_caller]
fn check(new: &Path, against: &Path, intent: &Path) -> super::support::Ran {
    let [new, against, intent] = [new, against, intent].map(|path| path.to_str().expect("UTF-8"));
    premaster(["check", new, "--against", against, "--intent", intent])
}

#[test]
fn zeros_behind_a_container_are_a_change_of_their_own() {
    for Edit { name, old, new } in edits() {
        let scratch = Scratch::new();
        scratch.file(format!("old/{name}"), old);
        let changed = scratch.file(format!("new/{name}"), &new);
        let (before, after) = (scratch.path("old"), scratch.path("new"));
        let manifest = scratch.path("approved.jsonl");
        let path = |path: &Path| path.to_str().expect("UTF-8").to_owned();
        premaster(["approve", &path(&before), "-o", &path(&manifest), "--with-findings"]).exits(0);
        let draft = premaster(["intend", &path(&before), &path(&after)]).exits(0).out;
        let intent = scratch.file("intent.toml", &draft);
        for against in [&before, &manifest] {
            check(&after, against, &intent).exits(0);
        }
        for zeros in [1, 511, 512, 2048, 10240, 1 << 20] {
            let mut bytes = new.clone();
            bytes.resize(bytes.len() + zeros, 0);
            fs::write(&changed, &bytes).expect("written");
            for against in [&before, &manifest] {
                let ran = check(&after, against, &intent);
                assert_eq!(ran.code, 1, "{name}, {zeros} bytes more: {}", ran.out);
                assert!(ran.out.contains(name), "{name}, {zeros} bytes more: {}", ran.out);
            }
        }
    }
}

/// The length of a fork beyond its map, in the catalog record of the file.
#[test]
fn zeros_behind_a_resource_fork_block_the_story() {
    let scratch = Scratch::new();
    let mut bytes = fs::read(story("fixed.iso")).expect("readable");
    let at = 0xc_e49c;
    assert_eq!(bytes[at..at + 2], [0x05, 0x7d], "the logical length of the fork");
    bytes[at + 1] = 0x90;
    let changed = scratch.file("fixed.iso", bytes);
    let intent = "--against testdata/story/approved.iso --intent testdata/story/intent.toml";
    words(&format!("check {} {intent}", changed.display())).exits(1).says(&[
        "FreedomOfPress/..namedfork/rsrc",
        "bytes that belong to no entry: 254 of 1404 before, 273 of 1424 now",
    ]);
}
