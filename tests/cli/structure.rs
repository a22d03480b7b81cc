//! Rules of cost `parse`: every content that has the format, wherever it lies, once; nothing that an
//! approved manifest has.

use std::fs;

use super::support::{Ran, Scratch, gzip, premaster, root, tar, zip};

const RULE: &str = "binary/executable-stack";

/// Locators of the findings of a rule, each with its aliases.
fn hits(ran: &Ran, rule: &str) -> Vec<String> {
    let report = ran.json();
    let findings = report["findings"].as_array().expect("findings").iter();
    let mine = findings.filter(|finding| finding["rule"] == rule);
    mine.map(|finding| finding["path"].as_str().expect("a path").to_owned()).collect()
}

fn program() -> Vec<u8> {
    fs::read(root().join("testdata/binary/execstack.elf")).expect("a fixture")
}

#[test]
fn programs_are_found_wherever_they_lie() {
    let program = program();
    let packed = gzip(&tar(&[("in/deep", program.as_slice())]));
    let inner = zip(&[(b"bin/run", &program), (b"pack.tar.gz", &packed)]);
    let scratch = Scratch::new();
    scratch.file("tree/plain", &program);
    scratch.file("tree/a.zip", &inner);
    scratch.file("tree/text", "no program\n");
    let all = ["a.zip!/bin/run", "a.zip!/pack.tar.gz!/in/deep", "plain"];
    for threads in ["1", "4"] {
        let tree = scratch.path("tree");
        let ran = premaster([
            "check".as_ref(),
            tree.as_os_str(),
            "--format=json".as_ref(),
            "--threads".as_ref(),
            threads.as_ref(),
            "--memory=1M".as_ref(),
        ]);
        assert_eq!(hits(&ran.exits(0), RULE), all, "{threads} threads");
    }
    let alone = scratch.file("alone", &program);
    let check = |more: &[&str]| {
        let mut args = vec!["check".into(), alone.clone().into_os_string(), "--format=json".into()];
        args.extend(more.iter().map(Into::into));
        hits(&premaster(args).exits(0), RULE)
    };
    assert_eq!(check(&[]), ["."]);
    assert!(check(&["--cost", "literal"]).is_empty());
}

#[test]
fn against_a_manifest_only_what_is_new_is_parsed() {
    let scratch = Scratch::new();
    scratch.file("tree/old", program());
    let (tree, manifest) = (scratch.path("tree"), scratch.path("approved.jsonl"));
    let (tree, manifest) = (tree.as_os_str(), manifest.as_os_str());
    premaster(["approve".as_ref(), tree, "-o".as_ref(), manifest]).exits(0);
    let mut changed = program();
    changed.push(b'\n');
    scratch.file("tree/new", changed);
    let args = ["check".as_ref(), tree, "--against".as_ref(), manifest, "--format=json".as_ref()];
    assert_eq!(hits(&premaster(args).exits(1), RULE), ["new"]);
    let all = premaster(args.into_iter().chain(["--all-findings".as_ref()])).exits(1);
    assert_eq!(hits(&all, RULE), ["new", "old"]);
}
