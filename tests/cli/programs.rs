//! Texts inside programs: judged as texts, while the program stays one file.

use std::fs;

use serde_json::Value;

use crate::support::{Ran, Scratch, premaster, root, zip};

fn program(name: &str) -> Vec<u8> {
    fs::read(root().join("testdata/readers").join(name)).expect("a fixture")
}

/// Rule, path and state of the findings of a rule family about texts.
fn texts(ran: &Ran) -> Vec<(String, String, String)> {
    let report = ran.json();
    let findings = report["findings"].as_array().expect("findings").clone();
    let word = |f: &Value, key: &str| f[key].as_str().unwrap_or_default().to_owned();
    let told = |f: &Value| (word(f, "rule"), word(f, "path"), word(f, "state"));
    let of_texts = findings.iter().filter(|f| word(f, "rule").starts_with("text/"));
    of_texts.map(told).collect()
}

fn eot(path: &str, state: &str) -> Vec<(String, String, String)> {
    vec![("text/eot-at-end".to_owned(), path.to_owned(), state.to_owned())]
}

#[test]
fn a_stray_byte_in_a_string_of_a_program_is_found_wherever_the_program_lies() {
    let scratch = Scratch::new();
    let bad = program("pe-resources/bad.exe");
    scratch.file("tree/bin/app.exe", &bad);
    scratch.file("tree/app.zip", zip(&[(b"app.exe", &bad)]));
    let check = |path: &str| {
        let path = scratch.path(path);
        premaster(["check".as_ref(), path.as_os_str(), "--format".as_ref(), "json".as_ref()])
    };
    let both = [
        eot("app.zip!/app.exe!/STRING/101/1033", "new"),
        eot("bin/app.exe!/STRING/101/1033", "new"),
    ];
    assert_eq!(texts(&check("tree").exits(1)), both.concat());
    assert_eq!(texts(&check("tree/bin/app.exe").exits(1)), eot("STRING/101/1033", "new"));
    // It is still a program, and judged as one.
    let report = check("tree/bin/app.exe").json();
    assert_eq!(report["artifact"]["format"], "pe");
    let rules = report["findings"].as_array().expect("findings").iter();
    assert!(rules.clone().any(|f| f["rule"] == "binary/not-hardened" && f["path"] == "."));
    scratch.file("good.exe", program("pe-resources/texts.exe"));
    let good = check("good.exe").exits(0);
    assert_eq!(texts(&good), []);
    let text = "MANIFEST/1/1033";
    let inner = scratch.path("good.exe").display().to_string() + "!/" + text;
    premaster(["cat", &inner]).exits(0).says(&["name=\"FreedomOfPress\""]);
}

#[test]
fn a_program_is_compared_as_one_file_and_its_texts_are_as_new_as_it_is() {
    let scratch = Scratch::new();
    scratch.file("tree/app.exe", program("pe-resources/bad.exe"));
    let (tree, manifest) = (scratch.path("tree"), scratch.path("approved.jsonl"));
    let approve = ["approve".as_ref(), tree.as_os_str(), "-o".as_ref(), manifest.as_os_str()];
    premaster(approve.into_iter().chain(["--with-findings".as_ref()])).exits(0);
    let rows = fs::read_to_string(&manifest).expect("a manifest");
    assert!(rows.contains("\"app.exe\"") && !rows.contains("STRING"), "{rows}");
    let check = || {
        let (tree, manifest) = (tree.as_os_str(), manifest.as_os_str());
        let args = ["check".as_ref(), tree, "--against".as_ref(), manifest];
        premaster(args.into_iter().chain(["--format".as_ref(), "json".as_ref()]))
    };
    assert_eq!(texts(&check().exits(0)), eot("app.exe!/STRING/101/1033", "existing"));
    // One byte of its code is another.
    let mut other = program("pe-resources/bad.exe");
    let at = other.iter().position(|byte| *byte == 0xc3).expect("a return");
    other[at] = 0x90;
    scratch.file("tree/app.exe", other);
    let ran = check().exits(1);
    assert_eq!(texts(&ran), eot("app.exe!/STRING/101/1033", "new"));
    let changes = ran.json()["changes"].clone();
    let paths: Vec<_> = changes.as_array().expect("changes").iter().map(|c| &c["path"]).collect();
    assert_eq!(paths, ["app.exe"]);
}

#[test]
fn a_stray_byte_in_a_property_list_of_a_program_for_the_mac_is_found_in_each_slice() {
    let scratch = Scratch::new();
    for name in ["bad.macho", "fat.macho", "signed.macho", "thin.macho"] {
        scratch.file(format!("tree/{name}"), program(&format!("macho-resources/{name}")));
    }
    let check = |path: &str| {
        let path = scratch.path(path);
        premaster(["check".as_ref(), path.as_os_str(), "--format".as_ref(), "json".as_ref()])
    };
    let both = [
        eot("bad.macho!/__TEXT,__info_plist", "new"),
        eot("fat.macho!/arm64/__TEXT,__info_plist", "new"),
    ];
    assert_eq!(texts(&check("tree").exits(1)), both.concat());
    let ran = check("tree/fat.macho").exits(1);
    assert_eq!(texts(&ran), eot("arm64/__TEXT,__info_plist", "new"));
    assert_eq!(ran.json()["artifact"]["format"], "mach-o-fat");
    // What is signed is a text, too, and the lists that end as they should tell nothing.
    for name in ["signed.macho", "thin.macho"] {
        assert_eq!(texts(&check(&format!("tree/{name}"))), []);
    }
    let inner = scratch.path("tree/signed.macho").display().to_string() + "!/entitlements";
    premaster(["cat", &inner]).exits(0).says(&["<key>com.apple.security.app-sandbox</key>"]);
}
