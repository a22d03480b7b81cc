//! What must hold on the founding case.

use super::support::{Scratch, premaster, story, words};

const SPLASH: &str = "!hfs/FreedomOfPress/..namedfork/rsrc!/TEXT/128";
const AGAINST: &str = "--against testdata/story/approved.iso";
const INTENT: &str = "--against testdata/story/approved.iso --intent testdata/story/intent.toml";

#[test]
fn the_declared_change_ships() {
    words(&format!("check testdata/story/fixed.iso {INTENT}")).exits(0).says(&[
        " SHIP ",
        "exactly the declared change",
        "a8 \"®\"",
    ]);
}

#[test]
fn the_control_d_blocks_with_place_and_bytes() {
    let ran = words(&format!("check testdata/story/candidate.iso {INTENT}")).exits(1).says(&[
        " BLOCKED  testdata/story/candidate.iso must not ship: 1 error\n",
        "error[text/eot-at-end]: EOT (^D) (0x04)",
        SPLASH,
        "offset 209, line 8, column 1 (image offset 89141, 0x15c35)",
        "6f 3a 0d 04  Registered to:..",
        "why: ",
        "fix: Delete the byte",
    ]);
    // The caret stands under the byte.
    let lines: Vec<&str> = ran.out.lines().collect();
    let hex = lines.iter().position(|line| line.contains("0d 04  Reg")).expect("a line of bytes");
    assert_eq!(lines[hex].find("04  Reg"), lines[hex + 1].find("^^"), "{}", ran.out);
    assert!(lines.len() <= 40, "{}", ran.out);
    let json = words(&format!("check testdata/story/candidate.iso {INTENT} --format json"));
    let json = json.exits(1).json();
    let causes = json["causes"].as_array().expect("a list");
    let errors = causes.iter().filter(|cause| cause["severity"] == "error").count();
    let blocking = causes.iter().filter(|cause| cause["blocking"] == true).count();
    assert_eq!((errors, blocking), (1, 1), "{causes:#?}");
    assert_eq!(json["verdict"], "blocked");
}

#[test]
fn what_nobody_declared_blocks() {
    let ran = words(&format!("check testdata/story/fixed.iso {AGAINST}"));
    ran.exits(1).says(&["1 undeclared change", "undeclared change: 1 byte inserted: a8 \"®\""]);
    let ran = words(&format!("check testdata/story/fixed.iso {AGAINST} --undeclared report"));
    let ran = ran.exits(0).says(&["3 changes that nobody declared are let pass\n", "undeclared "]);
    assert!(!ran.out.contains("equal to"), "{}", ran.out);
}

#[test]
fn what_was_declared_and_is_absent_blocks() {
    let ran = words(&format!("check testdata/story/approved.iso {INTENT}"));
    ran.exits(1).says(&["1 unfulfilled change", "declared change 1 is absent", "fix: Make the"]);
}

#[test]
fn an_artifact_against_itself_has_no_change() {
    for name in ["approved.iso", "candidate.iso", "fixed.iso"] {
        let path = story(name);
        let path = path.to_str().expect("UTF-8");
        premaster(["diff", path, path]).exits(0).says(&["Equal.\n"]);
        let code = i32::from(name == "candidate.iso");
        let ran = premaster(["check", path, "--against", path, "--format", "json"]).exits(code);
        assert_eq!(ran.json()["changes"], serde_json::json!([]));
    }
}

#[test]
fn discs_made_again_ship_with_their_intents() {
    let folder = "testdata/story/shifted";
    let line = format!(
        "check {folder}/fixed.iso --against {folder}/approved.iso --intent {folder}/intent.toml"
    );
    words(&line).exits(0);
    let folder = "testdata/story/dated";
    let line = format!("check {folder}/fixed.iso {AGAINST} --intent {folder}/intent.toml");
    words(&line).exits(0);
}

/// `testdata/story/intents/README.md` tells what each means.
#[test]
fn intents_say_the_same_in_other_ways_or_are_wrong() {
    for (name, codes) in [
        ("insert-hex", &[0][..]),
        ("insert-anywhere", &[0]),
        ("replace", &[0]),
        ("content", &[0]),
        ("patch", &[0]),
        ("glob", &[0]),
        ("modify", &[0]),
        ("wrong-offset", &[1]),
        ("wrong-encoding", &[1]),
        ("absent-path", &[1]),
        ("glob-without-match", &[1]),
        ("unfulfilled", &[1]),
        ("two-places", &[1, 2]),
        ("other-base", &[1, 2]),
        ("unknown-key", &[2]),
        ("two-edits-in-one", &[2]),
        ("malformed", &[2]),
    ] {
        let intent = format!("testdata/story/intents/{name}.toml");
        let ran = words(&format!("check testdata/story/fixed.iso {AGAINST} --intent {intent}"));
        assert!(codes.contains(&ran.code), "{name}: {}\n{}{}", ran.code, ran.out, ran.err);
        if codes == [2] {
            let ran = ran.complains(&[&format!("{intent}:")]);
            let rest = ran.err.split_once(&format!("{intent}:")).expect("the file").1;
            assert!(rest.starts_with(|c: char| c.is_ascii_digit()), "no line: {}", ran.err);
        }
        let ran = words(&format!("check testdata/story/candidate.iso {AGAINST} --intent {intent}"));
        assert_ne!(ran.code, 0, "{name} lets the Control-D pass");
    }
}

/// What `sha256sum` printed of the approved disc, in `testdata/story/SHA256SUMS`.
#[test]
fn the_base_may_be_a_sha256_sum() {
    let scratch = Scratch::new();
    let path = |name: &str| scratch.path(name).to_str().expect("UTF-8").to_owned();
    let sums = std::fs::read_to_string(story("SHA256SUMS")).expect("readable");
    let right = sums.lines().find_map(|line| line.strip_suffix("  approved.iso")).expect("listed");
    let wrong = right.replace('a', "b");
    let text = std::fs::read_to_string(story("intent.toml")).expect("readable");
    let intent = |base: &str| {
        let lines = text.lines().map(|line| {
            let is_base = line.starts_with("base = ");
            if is_base { format!("base = \"{base}\"\n") } else { format!("{line}\n") }
        });
        let file = scratch.file("intent.toml", lines.collect::<String>());
        file.to_str().expect("UTF-8").to_owned()
    };
    let approved = "testdata/story/approved.iso";
    let manifest = path("approved.jsonl.zst");
    premaster(["approve", approved, "-o", &manifest]).exits(0);
    let fixed = "testdata/story/fixed.iso";
    let check = |new: &str, old: &str, base: &str| {
        premaster(["check", new, "--against", old, "--intent", &intent(base)])
    };
    for old in [approved, &manifest] {
        check(fixed, old, &format!("sha256:{right}")).exits(0);
        let told = format!("but {old} is sha256:{right}: it was written against another build");
        check(fixed, old, &format!("sha256:{wrong}")).exits(2).complains(&[&told]);
    }
    // A file that is no container, and an archive that is read forward.
    for name in ["a.txt", "a.tar"] {
        let bytes = super::support::tar(&[(b"a", b"a")]);
        let bytes = if name == "a.txt" { b"a\n".to_vec() } else { bytes };
        let file = scratch.file(name, bytes);
        let file = file.to_str().expect("UTF-8");
        let ran = check(file, file, &format!("sha256:{wrong}")).exits(2);
        ran.complains(&[&format!("but {file} is sha256:")]);
    }
    let ran = check("testdata/clean", "testdata/clean", &format!("sha256:{right}")).exits(2);
    ran.complains(&["testdata/clean is a folder: give its base as blake3"]);
}

/// One byte beside the intended edit, in every kind of place: an HFS and an ISO directory, a path
/// table, a descriptor, the slack of a file, padding.
#[test]
fn one_more_byte_blocks() {
    let scratch = Scratch::new();
    let fixed = std::fs::read(story("fixed.iso")).expect("readable");
    for at in [100, 0x412, 0x8028, 0xa002, 0xa0ff, 0xe012, 0x148f8, 0x15fff, 0x1_8000, 903_000] {
        let mut bytes = fixed.clone();
        bytes[at] ^= 1;
        let path = scratch.file("image.iso", &bytes);
        let (approved, intent) = (story("approved.iso"), story("intent.toml"));
        let args = [
            "check".as_ref(),
            path.as_os_str(),
            "--against".as_ref(),
            approved.as_os_str(),
            "--intent".as_ref(),
            intent.as_os_str(),
        ];
        let ran = premaster(args);
        assert_eq!(ran.code, 1, "byte {at:#x}:\n{}{}", ran.out, ran.err);
    }
}
