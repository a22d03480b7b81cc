//! `approve`, `approve verify`, and `--against` a manifest.

use std::fs;

use super::support::{Scratch, binary, premaster, run, story, words};

fn approve(scratch: &Scratch, name: &str) -> String {
    let path = scratch.path(name).to_str().expect("UTF-8").to_owned();
    let approved = story("approved.iso");
    let ran = premaster(["approve", approved.to_str().expect("UTF-8"), "-o", &path]).exits(0);
    assert!(ran.out.starts_with(&format!("approved {path}: ")), "{}", ran.out);
    path
}

#[test]
fn a_manifest_stands_for_the_build() {
    let scratch = Scratch::new();
    for name in ["approved.jsonl", "approved.jsonl.zst"] {
        let manifest = approve(&scratch, name);
        let with = |artifact: &str, intent: bool| {
            let artifact = story(artifact).to_str().expect("UTF-8").to_owned();
            let mut args = vec!["check".to_owned(), artifact, "--against".into(), manifest.clone()];
            if intent {
                args.extend(["--intent".into(), "testdata/story/intent.toml".into()]);
            }
            premaster(args)
        };
        with("approved.iso", false).exits(0).says(&["equal to the approved build"]);
        with("fixed.iso", true).exits(0).says(&["exactly the declared change"]);
        with("fixed.iso", false).exits(1).says(&["1 byte inserted: a8"]);
        with("approved.iso", true).exits(1).says(&["1 unfulfilled change"]);
        with("candidate.iso", true).exits(1).says(&[
            "error[text/eot-at-end]",
            "0d 04",
            "offset 209",
        ]);
    }
}

#[test]
fn one_changed_byte_voids_an_approval() {
    let scratch = Scratch::new();
    let manifest = approve(&scratch, "approved.jsonl");
    let verify = |path: &str| premaster(["approve", "verify", &manifest, path]);
    verify("testdata/story/approved.iso").exits(0).says(&["Equal.\n"]);
    verify("testdata/story/fixed.iso").exits(1).says(&["1 difference"]);
    let whole = fs::read(story("approved.iso")).expect("readable");
    for at in [0, 0x9000, 0x15900, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x20;
        let path = scratch.file("one.iso", &bytes);
        let ran = verify(path.to_str().expect("UTF-8"));
        assert_eq!(ran.code, 1, "byte {at}: {}{}", ran.out, ran.err);
    }
    verify("no/such").exits(2).complains(&["cannot open no/such"]);
    premaster(["approve", "verify", "no/such", "testdata/clean"]).exits(2);
}

#[test]
fn what_has_errors_is_not_approved_in_silence() {
    let scratch = Scratch::new();
    let path = scratch.path("out.jsonl");
    let path = path.to_str().expect("UTF-8");
    let ran = words(&format!("approve testdata/story/candidate.iso -o {path}")).exits(1);
    ran.complains(&["has 1 error and was not approved", "--with-findings"]);
    assert!(!scratch.path("out.jsonl").exists());
    words(&format!("approve testdata/story/candidate.iso -o {path} --with-findings")).exits(0);
    // What was approved as it is, is told and does not block; unless it is asked to.
    let line = format!("check testdata/story/candidate.iso --against {path}");
    let ran = words(&line).exits(0);
    ran.says(&["no new errors", "in content that was approved as it is (--all-findings)"]);
    words(&format!("{line} --all-findings")).exits(1).says(&["text/eot-at-end"]);
}

#[test]
fn manifests_that_are_damaged_name_file_and_line() {
    let scratch = Scratch::new();
    let whole = approve(&scratch, "approved.jsonl");
    let text = fs::read_to_string(&whole).expect("readable");
    let packed = fs::read(approve(&scratch, "approved.jsonl.zst")).expect("readable");
    let lines = text.lines().count();
    let third = text.lines().take(3).collect::<Vec<_>>().join("\n") + "\n";
    let middle = text.len() / 2;
    let at = text[..middle].matches('\n').count() + 1;
    let bytes = |text: String| text.into_bytes();
    for (name, content, wanted) in [
        ("cut.jsonl", bytes(text[..middle].to_owned()), format!(":{at}: the line is cut off")),
        ("few.jsonl", bytes(third), ":3: the manifest ends without its trailer".into()),
        ("head.jsonl", bytes(text[..20].to_owned()), ":1: expected the header".into()),
        ("none.jsonl", Vec::new(), ":1: ".into()),
        ("edited.jsonl", bytes(text.replacen("0444", "0644", 1)), format!(":{lines}: the trailer")),
        (
            "newer.jsonl",
            bytes(text.replacen("manifest/v1", "manifest/v2", 1)),
            ":1: its schema".into(),
        ),
        ("wrong.jsonl", bytes(text.replacen("\n{", "\n[", 1)), ":2: ".into()),
        ("cut.jsonl.zst", packed[..packed.len() / 2].to_vec(), ":".into()),
        ("magic.jsonl.zst", packed[..5].to_vec(), ":1: ".into()),
        ("short.jsonl.zst", packed[..packed.len() - 3].to_vec(), ":".into()),
    ] {
        assert_ne!(content, text.as_bytes(), "{name} is as it was");
        let path = scratch.file(name, content);
        let path = path.to_str().expect("UTF-8");
        for line in [
            format!("check testdata/story/approved.iso --against {path}"),
            format!("diff {path} testdata/story/approved.iso"),
            format!("approve verify {path} testdata/story/approved.iso"),
            format!("intend {path} testdata/story/approved.iso"),
        ] {
            let ran = words(&line).exits(2).complains(&[&format!("{path}{wanted}")]);
            assert!(!ran.err.contains("at line 1"), "{}", ran.err);
        }
    }
}

#[test]
fn a_folder_is_approved_too() {
    let scratch = Scratch::new();
    scratch.file("release/a.txt", "a\n");
    scratch.file("release/b/c.txt", "c\n");
    let path = |name: &str| scratch.path(name).to_str().expect("UTF-8").to_owned();
    premaster(["approve", &path("release")]).exits(0);
    let manifest = path("release.premaster.jsonl");
    premaster(["approve", "verify", &manifest, &path("release")]).exits(0);
    // The header names the reader that lists folders, where one was listed.
    let readers = |manifest: &str| {
        let text = fs::read_to_string(manifest).expect("readable");
        let header: serde_json::Value =
            serde_json::from_str(text.lines().next().expect("a header")).expect("JSON");
        header["readers"].as_array().expect("a list").clone()
    };
    assert!(readers(&manifest).contains(&"directory/1".into()));
    let of_image = readers(&approve(&scratch, "image.jsonl"));
    assert!(of_image.contains(&"iso9660/1".into()) && !of_image.contains(&"directory/1".into()));
    scratch.file("release/b/c.txt", "d\n");
    let ran = premaster(["approve", "verify", &manifest, &path("release")]).exits(1);
    ran.says(&["b/c.txt", "63 \"c\" is now 64 \"d\""]);
    premaster(["check", &path("release"), "--against", &manifest]).exits(1);
}

/// A manifest in the folder that it records would be an added file at the next check.
#[cfg(unix)]
#[test]
fn a_manifest_is_not_written_into_what_it_records() {
    let scratch = Scratch::new();
    scratch.file("release/sub/a.txt", "a\n");
    scratch.file("one.txt", "a\n");
    let link = |target: &str, name: &str| {
        std::os::unix::fs::symlink(target, scratch.path(name)).expect("linked");
    };
    link("release", "link");
    link("release/sub", "inside");
    link("one.txt", "one");
    let before = || {
        let names = walkdir::WalkDir::new(scratch.path("")).sort_by_file_name().into_iter();
        names.map(|entry| entry.expect("readable").into_path()).collect::<Vec<_>>()
    };
    let clean = before();
    for (folder, line, path) in [
        ("release", ".", "..premaster.jsonl"),
        ("release", "../release", ""),
        ("release/sub", "..", "...premaster.jsonl"),
        ("release", ". -o m.jsonl", "m.jsonl"),
        ("", "release -o release/m.jsonl", "release/m.jsonl"),
        ("", "release -o link/sub/m.jsonl", "link/sub/m.jsonl"),
        ("", "release -o inside/m.jsonl", "inside/m.jsonl"),
        ("", "link -o release/m.jsonl.zst", "release/m.jsonl.zst"),
        ("", "release -o release", "release"),
        ("", "one.txt -o one.txt", "one.txt"),
        ("", "one -o one.txt", "one.txt"),
        ("", "one -o one", "one"),
    ] {
        let mut command = binary();
        command.current_dir(scratch.path(folder)).arg("approve").args(line.split(' '));
        let ran = run(command);
        if path.is_empty() {
            // Beside it, though the working directory lies in it.
            ran.exits(0);
            fs::remove_file(scratch.path("release.premaster.jsonl")).expect("written");
        } else {
            let wanted = format!("premaster: {path} would be written ");
            ran.exits(2).complains(&[&wanted, "give a place outside of it with -o"]);
        }
        assert_eq!(before(), clean, "{line}");
    }
    // A name that only begins like the folder's lies outside.
    let (release, out) = (scratch.path("release"), scratch.path("release.jsonl"));
    premaster(["approve".as_ref(), release.as_os_str(), "-o".as_ref(), out.as_os_str()]).exits(0);
}
