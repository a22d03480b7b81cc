//! `diff` and `intend`: a draft, used as the intent, declares exactly what differs.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::support::{Scratch, premaster, tar, words, zip};

/// Two folders in which one of each kind of change was made.
fn trees(scratch: &Scratch) -> (String, String) {
    for side in ["old", "new"] {
        let is_new = side == "new";
        let file = |name: &str, text: &str| scratch.file(format!("{side}/{name}"), text);
        file("same.txt", "the same\n");
        file("changed.txt", if is_new { "one\n2\nthree\n" } else { "one\ntwo\nthree\n" });
        file("it's.txt", if is_new { "x\n" } else { "y\n" });
        file(if is_new { "sub/after.txt" } else { "sub/before.txt" }, "moved as it is\n");
        file(if is_new { "added.txt" } else { "removed.txt" }, side);
        let script = file("run.sh", "#!/bin/sh\n");
        let many: Vec<String> = (0..200).map(|n| format!("line {n}")).collect();
        let many = many.join("\n");
        file("many.txt", &if is_new { many.replace('7', "seven") } else { many });
        #[cfg(unix)]
        {
            use std::os::unix::fs::symlink;
            let mode = if is_new { 0o755 } else { 0o644 };
            fs::set_permissions(script, fs::Permissions::from_mode(mode)).expect("set");
            let target = if is_new { "run.sh" } else { "same.txt" };
            symlink(target, scratch.path(format!("{side}/link"))).expect("linked");
        }
    }
    let path = |name: &str| scratch.path(name).to_str().expect("UTF-8").to_owned();
    (path("old"), path("new"))
}

#[track_caller]
fn ships_with_its_draft(scratch: &Scratch, old: &str, new: &str) -> String {
    premaster(["diff", old, new]).exits(1);
    premaster(["check", new, "--against", old]).exits(1);
    let draft = premaster(["intend", old, new]).exits(0).out;
    let intent = scratch.file("draft.toml", &draft);
    let intent = intent.to_str().expect("UTF-8");
    let ran = premaster(["check", new, "--against", old, "--intent", intent]);
    assert_eq!(ran.code, 0, "{draft}\n{}{}", ran.out, ran.err);
    // The draft declares the changes of this pair and of no other.
    assert_eq!(premaster(["check", old, "--against", old, "--intent", intent]).code, 1);
    draft
}

#[test]
fn a_draft_ships_the_story() {
    let scratch = Scratch::new();
    for folder in ["testdata/story", "testdata/story/shifted"] {
        let old = format!("{folder}/approved.iso");
        let draft = ships_with_its_draft(&scratch, &old, &format!("{folder}/fixed.iso"));
        assert!(draft.contains("insert = \"®\"\nencoding = \"macintosh\"\nat = 23\n"), "{draft}");
    }
}

/// Also backwards, where dates go back and have to be declared.
#[test]
fn a_draft_declares_all_that_differs_between_any_two_discs() {
    let scratch = Scratch::new();
    let names =
        ["approved", "candidate", "fixed", "dated/fixed", "shifted/approved", "shifted/fixed"];
    for old in names {
        for new in names.iter().filter(|new| **new != old) {
            let path = |name: &str| format!("testdata/story/{name}.iso");
            let (old, new) = (path(old), path(new));
            let draft = premaster(["intend", &old, &new]).exits(0).out;
            assert!(!draft.contains("# Cannot be declared"), "{old} to {new}:\n{draft}");
            let intent = scratch.file("draft.toml", &draft);
            let intent = intent.to_str().expect("UTF-8");
            let args = ["check", &new, "--against", &old, "--intent", intent, "--format", "json"];
            let json = premaster(args).json();
            let summary = &json["summary"];
            let left = (&summary["undeclared"], &summary["unfulfilled"]);
            assert_eq!(left, (&0.into(), &0.into()), "{old} to {new}:\n{draft}");
            // An intent silences no rule.
            let verdict = if new.contains("candidate") { "blocked" } else { "ship" };
            assert_eq!(json["verdict"], verdict, "{old} to {new}:\n{draft}");
        }
    }
}

/// What was not meant can be deleted from the draft, and blocks then.
#[test]
fn a_draft_has_every_edit_of_a_content_by_itself() {
    let scratch = Scratch::new();
    let (old, new) = ("testdata/story/approved.iso", "testdata/story/candidate.iso");
    let draft = premaster(["intend", old, new]).exits(0).out;
    let meant = "insert = \"®\"\nencoding = \"macintosh\"\nat = 23\n";
    let not_meant = "insert-hex = \"04\"\nat = 208\n";
    assert!(draft.contains(meant) && draft.contains(not_meant), "{draft}");
    let (pruned, _) = draft.rsplit_once("\n[[change]]").expect("two changes");
    assert!(pruned.contains(meant) && !pruned.contains(not_meant), "{pruned}");
    let intent = scratch.file("pruned.toml", pruned);
    let intent = intent.to_str().expect("UTF-8");
    let ran = premaster(["check", new, "--against", old, "--intent", intent]).exits(1);
    ran.says(&["text/eot-at-end", "0d 04"]);
    premaster(["check", "testdata/story/fixed.iso", "--against", old, "--intent", intent]).exits(0);
}

#[test]
fn a_draft_of_few_edits_is_exact_and_one_of_many_is_a_digest() {
    let scratch = Scratch::new();
    let lines: Vec<String> = (0..400).map(|n| format!("line {n} of the text\n")).collect();
    let old = lines.concat();
    let edited = |places: usize| {
        let edit = |(n, line): (usize, &String)| match (n % 40, n / 40 < places) {
            (7, true) if n % 3 == 0 => format!("\"{line}"),
            (7, true) if n % 3 == 1 => line.replace("line", "LI'NE"),
            (7, true) => line.replace("line ", "\t"),
            _ => line.clone(),
        };
        lines.iter().enumerate().map(edit).collect::<String>()
    };
    let path = |name: &str| scratch.path(name).to_str().expect("UTF-8").to_owned();
    scratch.file("old/a.txt", &old);
    scratch.file("old/b.bin", old.replace("of", "\0\u{80}"));
    let (with, without) = (path("with.jsonl"), path("without.jsonl"));
    premaster(["approve", &path("old"), "-o", &with]).exits(0);
    premaster(["approve", &path("old"), "-o", &without, "--no-text"]).exits(0);
    for (places, edits) in [(1, 1), (3, 3), (8, 8), (9, 1)] {
        scratch.file("new/a.txt", edited(places));
        scratch.file("new/b.bin", edited(places).replace("of", "\0\u{80}"));
        let draft = premaster(["intend", &path("old"), &path("new")]).exits(0).out;
        assert_eq!(draft.matches("[[change]]").count(), 2 * edits, "{places}:\n{draft}");
        assert_eq!(draft.matches("content = ").count(), 2 * usize::from(places > 8), "{draft}");
        let intent = scratch.file("draft.toml", &draft);
        let intent = intent.to_str().expect("UTF-8").to_owned();
        // The same intent is proved against the build, and against a manifest that kept no text.
        for old in [&path("old"), &with, &without] {
            let ran = premaster(["check", &path("new"), "--against", old, "--intent", &intent]);
            assert_eq!(ran.code, 0, "{places} against {old}:\n{draft}\n{}", ran.out);
        }
        ships_with_manifest(&scratch, &with, &path("new"));
    }
}

#[test]
fn a_draft_ships_folders() {
    let scratch = Scratch::new();
    let (old, new) = trees(&scratch);
    let draft = ships_with_its_draft(&scratch, &old, &new);
    for wanted in ["action = \"add\"", "action = \"remove\"", "to = 'sub/after.txt'", "[\"mode\"]"]
    {
        assert!(draft.contains(wanted), "no {wanted} in\n{draft}");
    }
    // Against the manifest of the old folder too.
    let manifest = scratch.path("old.jsonl");
    let manifest = manifest.to_str().expect("UTF-8");
    premaster(["approve", &old, "-o", manifest]).exits(0);
    ships_with_manifest(&scratch, manifest, &new);
    // One byte more, and the draft does not hold.
    scratch.file("new/changed.txt", "one\n2\nthree\n\n");
    let intent = scratch.file("draft.toml", draft);
    let intent = intent.to_str().expect("UTF-8");
    premaster(["check", &new, "--against", &old, "--intent", intent]).exits(1);
}

#[track_caller]
fn ships_with_manifest(scratch: &Scratch, manifest: &str, new: &str) {
    let draft = premaster(["intend", manifest, new]).exits(0).out;
    let intent = scratch.file("manifest.toml", &draft);
    let intent = intent.to_str().expect("UTF-8");
    let ran = premaster(["check", new, "--against", manifest, "--intent", intent]);
    assert_eq!(ran.code, 0, "{draft}\n{}{}", ran.out, ran.err);
}

#[test]
fn a_draft_ships_archives() {
    let scratch = Scratch::new();
    let old: [(&[u8], &[u8]); 3] = [(b"a.txt", b"one\n"), (b"b.txt", b"two\n"), (b"c", b"c")];
    let new: [(&[u8], &[u8]); 3] = [(b"a.txt", b"one!\n"), (b"b.txt", b"two\n"), (b"c", b"c")];
    for (name, old, new) in [("x.tar", tar(&old), tar(&new)), ("x.zip", zip(&old), zip(&new))] {
        let path = |side: &str, bytes: Vec<u8>| {
            scratch.file(format!("{side}/{name}"), bytes).to_str().expect("UTF-8").to_owned()
        };
        let (old, new) = (path("old", old), path("new", new));
        ships_with_its_draft(&scratch, &old, &new);
    }
}

/// An added entry is declared by what it has to be, as a changed one is.
#[test]
fn an_added_file_is_declared_by_its_digest() {
    let scratch = Scratch::new();
    let old = scratch.file("old/same.txt", "same\n");
    scratch.file("new/same.txt", "same\n");
    scratch.file("new/added.txt", "a\n");
    let folder = |name: &str| scratch.path(name).to_str().expect("UTF-8").to_owned();
    assert!(old.exists());
    let right = "87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7";
    for (algorithm, hex, code) in [("sha256", right, 0), ("sha256", &right.replace('8', "9"), 1)] {
        let text = format!(
            "summary = 's'\n[[change]]\npath = 'added.txt'\ncontent = '{algorithm}:{hex}'\n"
        );
        let intent = scratch.file("intent.toml", text);
        let intent = intent.to_str().expect("UTF-8");
        let (old, new) = (folder("old"), folder("new"));
        let ran = premaster(["check", &new, "--against", &old, "--intent", intent]).exits(code);
        if code == 1 {
            ran.says(&[&format!("{algorithm}:{right}")]);
        }
    }
}

#[test]
fn diff_says_what_differs_and_no_more() {
    let scratch = Scratch::new();
    let (old, new) = trees(&scratch);
    let ran = premaster(["diff", &old, &new]).exits(1).says(&[
        "added    added.txt\n",
        "removed  removed.txt\n",
        "renamed  sub/after.txt  from sub/before.txt\n",
        "modified changed.txt  offset 4, line 2, column 1: 3 bytes became 1 byte: ",
    ]);
    assert!(!ran.out.contains("same.txt\n"), "{}", ran.out);
    premaster(["diff", &old, &old]).exits(0);
    let json = premaster(["diff", &old, &new, "--format", "json"]).exits(1).json();
    assert_eq!(json["findings"], serde_json::json!([]));
    words("diff testdata/story/approved.iso testdata/story/fixed.iso").exits(1).says(&[
        "offset 23, line 1, column 24: 1 byte inserted: a8 \"®\"\n",
        "1 difference, and 2 changes that follow\n",
    ]);
    // What has other bytes and another mode is one difference.
    let path = |side: &str| scratch.file(format!("{side}/run"), side);
    let (old, new) = (path("a"), path("b"));
    for (file, mode) in [(&old, 0o644), (&new, 0o755)] {
        fs::set_permissions(file, fs::Permissions::from_mode(mode)).expect("possible");
    }
    let ran =
        premaster(["diff".as_ref(), scratch.path("a").as_os_str(), scratch.path("b").as_os_str()]);
    let ran = ran.exits(1).says(&[
        "1 byte changed: 61 \"a\" is now 62 \"b\"; mode: 0644 is now 0755\n1 difference\n",
    ]);
    assert_eq!(ran.out.lines().count(), 2, "{}", ran.out);
}
