//! `--format`: documented fields, several reports at once, the same bytes whatever the threads.

use std::fs;

use serde_json::Value;

use super::support::{Scratch, binary, premaster, root, run, words};

const CHECK: &str = "check testdata/story/candidate.iso --against testdata/story/approved.iso \
                     --intent testdata/story/intent.toml";

#[track_caller]
fn has(value: &Value, keys: &[&str]) {
    for key in keys {
        assert!(value.get(key).is_some(), "no {key} in {value:#}");
    }
}

#[track_caller]
fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("{key} is no list in {value:#}"))
}

const CAUSE: &[&str] = &["id", "path", "blocking", "changes", "findings", "folded"];
const FINDING: &[&str] = &[
    "rule",
    "severity",
    "confidence",
    "state",
    "target",
    "path",
    "aliases",
    "offset",
    "length",
    "line",
    "column",
    "message",
    "evidence",
    "image_offset",
    "related",
    "fingerprint",
    "why",
    "remedy",
];
const CHANGE: &[&str] = &["path", "verb", "fields", "hunks", "disposition", "causes"];
const HUNK: &[&str] =
    &["old_offset", "old_hex", "new_offset", "new_hex", "count", "granularity", "disposition"];
const GAP: &[&str] = &["path", "range", "kind", "message"];

#[test]
fn json_holds_the_documented_fields() {
    let json = words(&format!("{CHECK} --format json")).exits(1).json();
    assert_eq!(json["schema"], "premaster/report/v1");
    assert_eq!(json["verdict"], "blocked");
    has(&json, &["artifact", "approved", "intent", "summary", "causes", "findings", "changes"]);
    has(&json, &["gaps", "waived"]);
    for subject in ["artifact", "approved"] {
        has(&json[subject], &["path", "format", "size", "blake3"]);
    }
    assert_eq!(json["artifact"]["path"], "candidate.iso");
    assert_eq!(json["intent"]["summary"], "® on the splash screen");
    has(&json["summary"], &["error", "warning", "note", "undeclared", "derived", "intended"]);
    has(&json["summary"], &["unfulfilled", "normalized", "entries", "bytes"]);
    for cause in list(&json, "causes") {
        has(cause, CAUSE);
    }
    for finding in list(&json, "findings") {
        has(finding, FINDING);
    }
    for change in list(&json, "changes") {
        has(change, CHANGE);
        for hunk in list(change, "hunks") {
            has(hunk, HUNK);
        }
    }
    let eot = list(&json, "findings").iter().find(|f| f["rule"] == "text/eot-at-end");
    let eot = eot.expect("the finding");
    assert_eq!((&eot["offset"], &eot["image_offset"]), (&Value::from(209), &Value::from(89141)));
    assert!(eot["evidence"]["hex"].as_str().expect("hex").ends_with("0d04"), "{eot:#}");
    assert!(eot["fingerprint"].as_str().expect("text").starts_with("pm1:"));
    // The order is that of the locators, then of the offsets.
    let places: Vec<_> = list(&json, "findings")
        .iter()
        .map(|f| {
            (
                f["path"].as_str().map(|path| path.trim_start_matches('.').to_owned()),
                f["offset"].as_u64(),
            )
        })
        .collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn a_gap_has_its_fields() {
    let scratch = Scratch::new();
    let path = scratch
        .file("cut.zip", fs::read(root().join("testdata/readers/zip/aes.zip")).expect("readable"));
    let ran = premaster(["check", path.to_str().expect("UTF-8"), "--format", "json"]);
    let json = ran.json();
    assert!(!list(&json, "gaps").is_empty(), "{json:#}");
    for gap in list(&json, "gaps") {
        has(gap, GAP);
    }
}

#[test]
fn jsonl_is_the_same_one_object_a_line() {
    let json = words(&format!("{CHECK} --format json")).json();
    let lines = words(&format!("{CHECK} --format jsonl")).exits(1).json_lines();
    assert_eq!(lines[0]["type"], "report");
    assert_eq!(lines[0]["verdict"], "blocked");
    for (kind, key) in
        [("cause", "causes"), ("finding", "findings"), ("change", "changes"), ("gap", "gaps")]
    {
        let of: Vec<&Value> = lines.iter().filter(|line| line["type"] == kind).collect();
        assert_eq!(of.len(), list(&json, key).len(), "{kind}");
        for (line, object) in of.iter().zip(list(&json, key)) {
            let mut line = (*line).clone();
            line.as_object_mut().expect("an object").remove("type");
            assert_eq!(&line, object);
        }
    }
}

#[test]
fn reports_go_to_files_beside_standard_output() {
    let scratch = Scratch::new();
    let (json, lines) = (scratch.path("out.json"), scratch.path("out.jsonl"));
    let mut args: Vec<String> = CHECK.split_whitespace().map(str::to_owned).collect();
    args.extend(["--format".into(), format!("json={}", json.display())]);
    args.extend(["--format".into(), format!("jsonl={}", lines.display())]);
    // Human on standard output, also where nobody asks for it.
    let ran = premaster(&args).exits(1).says(&[" BLOCKED "]);
    let written = fs::read(&json).expect("written");
    assert_eq!(written, words(&format!("{CHECK} --format json")).raw);
    assert_eq!(fs::read(&lines).expect("written"), words(&format!("{CHECK} --format jsonl")).raw);
    args.extend(["--format".into(), "human".into()]);
    assert_eq!(premaster(&args).exits(1).raw, ran.raw);
    // No color goes to a file.
    let text = scratch.path("out.txt");
    args.extend(["--color".into(), "always".into()]);
    args.extend(["--format".into(), format!("human={}", text.display())]);
    assert!(premaster(&args).exits(1).raw.contains(&0x1b));
    assert_eq!(fs::read(&text).expect("written"), ran.raw);
}

#[test]
fn the_same_bytes_with_any_threads_and_from_any_folder() {
    let folder = root().join("testdata/story");
    for format in ["json", "jsonl", "human"] {
        let here = |threads: &str| {
            let mut command = binary();
            command.current_dir(&folder).args(["check", "candidate.iso", "--against"]);
            command.args(["approved.iso", "--intent", "intent.toml", "--threads", threads]);
            command.args(["--format", format]);
            run(command).exits(1).raw
        };
        let one = here("1");
        for _ in 0..3 {
            assert!(here("2") == one, "{format}");
        }
        if format != "human" {
            // Machine output holds names only: no folder of this machine.
            let there = words(&format!("{CHECK} --format {format}")).exits(1).raw;
            assert!(there == one, "{format}");
            let text = String::from_utf8(there).expect("UTF-8");
            assert!(!text.contains(root().to_str().expect("UTF-8")), "{text}");
        }
    }
    let tree =
        |threads: &str| words(&format!("check testdata/readers --threads {threads} --all")).raw;
    let one = tree("1");
    assert!(tree("2") == one);
    assert!(tree("4") == one);
}

/// As `json` the same objects are one list, which may be empty.
#[test]
fn listings_are_one_list() {
    let scratch = Scratch::new();
    let empty = scratch.path("none");
    fs::create_dir(&empty).expect("writable");
    let empty = format!("ls {}", empty.display());
    for command in ["ls testdata/story/fixed.iso", "map testdata/story/fixed.iso", "rules", &empty]
    {
        let lines = words(&format!("{command} --format jsonl")).exits(0).json_lines();
        let list = words(&format!("{command} --format json")).exits(0).json();
        assert_eq!(list, Value::Array(lines), "{command}");
    }
}

#[test]
fn listings_are_one_object_a_line() {
    let lines = words("ls testdata/story/fixed.iso --format jsonl").exits(0).json_lines();
    let keys = ["path", "kind", "size", "mode", "mtime", "target", "sha256", "blake3", "format"];
    for line in &lines {
        has(line, &keys);
        has(line, &["view", "mac"]);
        assert_eq!((&line["sha256"], &line["blake3"]), (&Value::Null, &Value::Null));
    }
    let app = lines.iter().find(|line| line["path"] == "!hfs/FreedomOfPress").expect("listed");
    assert_eq!(app["mac"]["type"], "APPL");
    assert_eq!(app["mac"]["creator"], "FOP3");
    assert_eq!(app["mtime_zone"], "unknown");
    let ppd = lines.iter().find(|line| line["path"] == "PPD/INKPCOLOR.PPD").expect("listed");
    assert_eq!((&ppd["mode"], &ppd["size"]), (&Value::from("0444"), &Value::from(853)));
    let lines = words("ls testdata/story/fixed.iso --digest blake3,sha256 --format jsonl");
    let lines = lines.exits(0).json_lines();
    let ppd = lines.iter().find(|line| line["path"] == "PPD/INKPCOLOR.PPD").expect("listed");
    let bytes = words("cat testdata/story/fixed.iso!/PPD/INKPCOLOR.PPD").exits(0).raw;
    assert_eq!(ppd["blake3"], blake3::hash(&bytes).to_hex().as_str());
    assert_eq!(ppd["sha256"].as_str().map(str::len), Some(64));
}
