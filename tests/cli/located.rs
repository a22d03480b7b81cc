//! Where findings, gaps and changes are told to be: in the entry if they are bytes of it, else beside
//! it, in the container.

use serde_json::{Value, json};

use super::support::{Scratch, premaster, story, tar, zip};

/// The report of an artifact, and of it against an approved one.
fn report(args: &[&str]) -> Value {
    premaster(["check"].iter().chain(args).chain(&["--format", "json"])).json()
}

fn finding<'a>(report: &'a Value, rule: &str) -> &'a Value {
    let all = report["findings"].as_array().expect("a list");
    all.iter().find(|finding| finding["rule"] == rule).unwrap_or_else(|| panic!("{all:#?}"))
}

/// The header of a member is none of its bytes, however deep it lies.
#[test]
fn a_header_lies_in_the_container() {
    let mut packed = zip(&[(b"a.txt", b"one\n"), (b"m.txt", b"two\n")]);
    // The flags in the local header of the second member say that it is encrypted.
    let second = 30 + 5 + 4;
    packed[second + 6] ^= 1;
    let scratch = Scratch::new();
    let image = scratch.file("o.tar", tar(&[("in/z.zip", &packed[..])]));
    let report = report(&[image.to_str().expect("UTF-8")]);
    let found = finding(&report, "structure/zip-local-central-mismatch");
    assert_eq!(found["path"], "in/z.zip!/m.txt");
    assert_eq!((&found["offset"], &found["length"]), (&Value::Null, &json!(0)));
    assert_eq!(found["related"], json!([{ "path": "in/z.zip", "offset": second, "length": 35 }]));
    assert_eq!(found["image_offset"], 512 + second);
    let ran = premaster(["check", image.to_str().expect("UTF-8")]);
    let told = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        told.contains("in/z.zip!/m.txt, offset 39 of in/z.zip (image offset 551"),
        "{}",
        ran.out
    );
}

/// A member that does not fit its checksum, and one that the end of the archive cuts off.
#[test]
fn a_gap_counts_in_the_entry() {
    let mut packed = zip(&[(b"a.txt", b"one\n"), (b"m.txt", b"two\n")]);
    let scratch = Scratch::new();
    // The stored size of the second member, in both headers.
    let central = packed.len() - 22 - (46 + 5);
    for at in [39 + 18, 39 + 22, central + 20, central + 24] {
        packed[at + 1] = 1;
    }
    let image = scratch.file("z.zip", packed);
    let report = report(&[image.to_str().expect("UTF-8")]);
    let gaps = report["gaps"].as_array().expect("a list");
    let cut = gaps.iter().find(|gap| gap["path"] == "m.txt" && !gap["range"].is_null());
    let cut = cut.unwrap_or_else(|| panic!("{gaps:#?}"));
    assert_eq!(cut["range"], json!({ "start": 0, "end": 260 }));
    assert_eq!(cut["related"], json!([]));
}

/// What belongs to no file has a place, a rule and a cause of its own; what else is wrong with the
/// disc stands apart.
#[test]
fn a_region_that_changed_is_told_by_a_rule() {
    let mut bytes = std::fs::read(story("fixed.iso")).expect("readable");
    let scratch = Scratch::new();
    bytes[0x100] ^= 1;
    // The size of the volume in one byte order only.
    bytes[0x8050] ^= 1;
    let image = scratch.file("r.iso", bytes);
    let path = |path: &std::path::Path| path.to_str().expect("UTF-8").to_owned();
    let (image, old, intent) =
        (path(&image), path(&story("approved.iso")), path(&story("intent.toml")));
    let told = report(&[&image, "--against", &old, "--intent", &intent]);
    let found = finding(&told, "bytes/outside-any-file-changed");
    assert_eq!(
        (&found["path"], &found["offset"], &found["length"]),
        (&json!("."), &json!(0), &json!(1024))
    );
    let changes = told["changes"].as_array().expect("a list");
    let system = changes.iter().find(|change| change["related"] != json!([])).expect("a region");
    assert_eq!(system["related"], json!([{ "path": ".", "offset": 0, "length": 1024 }]));
    let cause_of = |fingerprint: &Value| {
        let causes = told["causes"].as_array().expect("a list");
        causes
            .iter()
            .find(|cause| cause["findings"].as_array().is_some_and(|all| all.contains(fingerprint)))
            .expect("a cause")
    };
    assert_eq!(cause_of(&found["fingerprint"])["changes"], json!([system["id"]]));
    let both = finding(&told, "structure/iso-both-endian");
    assert_ne!(cause_of(&both["fingerprint"])["id"], cause_of(&found["fingerprint"])["id"]);
    // Where what nobody declared is only told, the rule says nothing.
    let told = report(&[&image, "--against", &old, "--intent", &intent, "--undeclared", "report"]);
    let all = told["findings"].as_array().expect("a list");
    assert!(all.iter().all(|finding| finding["rule"] != "bytes/outside-any-file-changed"));
}
