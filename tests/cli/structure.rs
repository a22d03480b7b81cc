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
fn an_entry_is_compared_with_the_list_of_checksums_beside_it() {
    const LISTED: &str = "integrity/listed-digest-mismatch";
    const ABSENT: &str = "integrity/listed-file-absent";
    let scratch = Scratch::new();
    // What `printf x | sha256sum` and `sha512sum` print.
    let sha256 = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
    let sha512 = "a4abd4448c49562d828115d13a1fccea927f52b4d5459297f8b43e42da89238b\
                  c13626e43dcb38ddb082488927ec904fb42057443983e88585179d50551afe62";
    scratch.file("tree/dist/SHA256SUMS", format!("{sha256}  a\n{sha256} *sub/b\n{sha256}  c\n"));
    scratch.file("tree/dist/a.sha512", format!("{sha512}\n"));
    for name in ["tree/dist/a", "tree/dist/sub/b"] {
        scratch.file(name, "x");
    }
    let (tree, manifest) = (scratch.path("tree"), scratch.path("approved.jsonl"));
    let (tree, manifest) = (tree.as_os_str(), manifest.as_os_str());
    let check = ["check".as_ref(), tree, "--format=json".as_ref()];
    let ran = premaster(check).exits(0);
    assert_eq!((hits(&ran, LISTED), hits(&ran, ABSENT)), (vec![], vec!["dist/SHA256SUMS".into()]));
    premaster(["approve".as_ref(), tree, "-o".as_ref(), manifest]).exits(0);
    // Both lists are as they were, and what they tell no longer holds.
    scratch.file("tree/dist/a", "y");
    let ran = premaster(check.into_iter().chain(["--against".as_ref(), manifest])).exits(1);
    assert_eq!(hits(&ran, LISTED), ["dist/a", "dist/a"]);
    scratch.file("tree/dist/sub/b", "z");
    let ran = premaster(check).exits(1);
    assert_eq!(hits(&ran, LISTED), ["dist/a", "dist/a", "dist/sub/b"]);
    // What is wrong since before is not hashed again, unless that is asked for.
    let approve = ["approve".as_ref(), tree, "-o".as_ref(), manifest, "--with-findings".as_ref()];
    premaster(approve).exits(0);
    scratch.file("tree/dist/a", "x");
    let against = || check.into_iter().chain(["--against".as_ref(), manifest]);
    assert_eq!(hits(&premaster(against()).exits(1), LISTED), Vec::<String>::new());
    let ran = premaster(against().chain(["--all-findings".as_ref()])).exits(1);
    assert_eq!(hits(&ran, LISTED), ["dist/sub/b"]);
    scratch.file("tree/dist/SHA256SUMS", format!("{sha256}  ./sub/b\n"));
    assert_eq!(hits(&premaster(against()).exits(1), LISTED), ["dist/sub/b"]);
}

#[test]
fn a_long_list_is_read_to_its_end_and_told_up_to_a_limit() {
    let scratch = Scratch::new();
    scratch.file("tree/there", "x");
    let tree = scratch.path("tree");
    let absent = |list: String| {
        scratch.file("tree/MD5SUMS", list);
        let args = ["check".as_ref(), tree.as_os_str(), "--format=json".as_ref()];
        let report = premaster(args).exits(0).json();
        let findings = report["findings"].as_array().expect("findings").iter();
        let mine = findings.filter(|finding| finding["rule"] == "integrity/listed-file-absent");
        let counts: Vec<u64> =
            mine.map(|finding| 1 + finding["more"].as_u64().unwrap_or_default()).collect();
        (counts.len(), counts.iter().sum::<u64>())
    };
    let (there, gone) = ("9dd4e461268c8034f5c8564e155c67a6  there\n", "00  gone\n");
    let gone = format!("{}{gone}", "00".repeat(15));
    assert_eq!(absent(there.repeat(5000) + &gone), (1, 1));
    assert_eq!(absent(gone.repeat(5000)), (1024, 5000));
}

/// A program that is too large to be held: in a folder, packed, and alone.
#[test]
fn large_programs_are_examined() {
    let mut program = fs::read(root().join("testdata/binary/symbols.elf")).expect("a fixture");
    // The table of its sections stands at the end, as it does in real ones.
    let word = |at: usize| u64::from_le_bytes(program[at..at + 8].try_into().expect("eight"));
    let table = program[word(40) as usize..].to_vec();
    program.resize(9 << 20, 0);
    program[40..48].copy_from_slice(&(9u64 << 20).to_le_bytes());
    program.extend(table);
    // Across the border of two stretches, where it is read forward.
    let (path, far) = (b"/home/ann/src/far.c\0", (1 << 20) - 7);
    program[far..far + path.len()].copy_from_slice(path);
    let scratch = Scratch::new();
    scratch.file("tree/a.elf", &program);
    scratch.file("tree/b.zip", zip(&[(b"b.elf", &program)]));
    scratch.file("alone.elf", &program);
    for (artifact, paths) in [("tree", &["a.elf", "b.zip!/b.elf"][..]), ("alone.elf", &["."])] {
        let path = scratch.path(artifact);
        let ran = premaster(["check".as_ref(), path.as_os_str(), "--format=json".as_ref()]);
        for rule in ["binary/build-path", "binary/not-stripped"] {
            assert_eq!(hits(&ran, rule), paths, "{rule}");
        }
        assert_eq!(hits(&ran, "binary/unexamined"), Vec::<String>::new());
        let report = ran.json();
        let findings = report["findings"].as_array().expect("findings").iter();
        for finding in findings.filter(|finding| finding["rule"] == "binary/build-path") {
            assert_eq!(finding["offset"], far);
            let text = finding["evidence"]["text"].as_str().expect("evidence");
            assert!(text.contains("/home/ann/src"), "{text}");
        }
    }
}

#[test]
fn large_json_and_xml_are_read_forward() {
    const TWICE: &str = "integrity/duplicate-key";
    const CUT: &str = "integrity/truncated";
    const MALFORMED: &str = "integrity/malformed-xml";
    let scratch = Scratch::new();
    let rows = "{\"name\": \"Free\", \"count\": 12},\n".repeat(400_000);
    let json = format!("[{rows}{{\"a\": 1, \"a\": 2}}]\n");
    let xml = format!(
        "<?xml version='1.0'?><all>{}</all>\n<more/>",
        "<row a='1'>text</row>\n".repeat(400_000)
    );
    assert!(json.len() > 8 << 20 && xml.len() > 8 << 20);
    let packed =
        zip(&[(b"twice.json", json.as_bytes()), (b"cut.json", &json.as_bytes()[..9 << 20])]);
    scratch.file("tree/pack.zip", packed);
    scratch.file("tree/more.xml", &xml);
    scratch.file("tree/sound.json", json.replace("\"a\": 2", "\"b\": 2"));
    let alone = scratch.file("twice.json", &json);
    let check = |path: &std::path::Path| {
        premaster(["check".as_ref(), path.as_os_str(), "--format=json".as_ref()])
    };
    let ran = check(&scratch.path("tree")).exits(1);
    let unexamined = hits(&ran, "integrity/unexamined");
    let found = [TWICE, CUT, MALFORMED].map(|rule| hits(&ran, rule));
    assert_eq!(found, [["pack.zip!/twice.json"], ["pack.zip!/cut.json"], ["more.xml"]]);
    assert_eq!(unexamined, Vec::<String>::new());
    let ran = check(&alone);
    assert_eq!(hits(&ran, TWICE), ["."]);
    let offset = json.rfind("\"a\"").expect("a key");
    let report = ran.json();
    let findings = report["findings"].as_array().expect("findings").iter();
    let offsets: Vec<_> =
        findings.filter(|f| f["rule"] == TWICE).map(|f| f["offset"].as_u64()).collect();
    assert_eq!(offsets, [Some(offset as u64)]);
}

#[test]
fn the_list_of_a_debian_package_is_of_its_data() {
    const LISTED: &str = "integrity/listed-digest-mismatch";
    const ABSENT: &str = "integrity/listed-file-absent";
    let fixture = root().join("testdata/readers/ar/listed.deb");
    let ran = premaster(["check".as_ref(), fixture.as_os_str(), "--format=json".as_ref()]).exits(1);
    assert_eq!(hits(&ran, LISTED), ["data.tar.gz!/usr/share/splash/changed"]);
    assert_eq!(hits(&ran, ABSENT), ["control.tar.gz!/md5sums"]);
    let report = ran.json();
    let findings = report["findings"].as_array().expect("findings").iter();
    let messages: Vec<&str> = findings
        .filter(|finding| finding["rule"] == LISTED || finding["rule"] == ABSENT)
        .map(|finding| finding["message"].as_str().expect("a message"))
        .collect();
    assert_eq!(
        messages,
        [
            "usr/share/splash/gone is listed here and is not there",
            "its MD5 is 8a2dd92c881ec2a0008ed1142ef3ca4f, md5sums says \
             7803ffcaea43bb81a439fde13b29bc35",
        ]
    );
    // Of files that were not read nobody can say that they are absent.
    let bytes = fs::read(fixture).expect("a fixture");
    let scratch = Scratch::new();
    let cut = scratch.file("cut.deb", &bytes[..bytes.len() - 100]);
    let ran = premaster(["check".as_ref(), cut.as_os_str(), "--format=json".as_ref()]);
    assert_eq!(hits(&ran, ABSENT), Vec::<String>::new());
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

#[test]
fn programs_are_for_a_processor_that_is_named() {
    const RULE: &str = "binary/wrong-architecture";
    let scratch = Scratch::new();
    scratch.file("tree/pc", program());
    for (name, fixture) in [("old", "x86.elf"), ("mac", "signed.dylib"), ("win.exe", "plain.exe")] {
        let bytes = fs::read(root().join("testdata/binary").join(fixture)).expect("a fixture");
        scratch.file(format!("tree/{name}"), bytes);
    }
    let tree = scratch.path("tree");
    let check = |more: &[&str]| {
        let mut args = vec!["check".into(), tree.clone().into_os_string(), "--format=json".into()];
        args.extend(more.iter().map(Into::into));
        let ran = premaster(args);
        (ran.code, hits(&ran, RULE))
    };
    let told = |code, names: &[&str]| (code, names.iter().map(ToString::to_string).collect());
    assert_eq!(check(&[]), told(0, &[]), "nobody said which");
    // People call a processor by many names; several may be meant.
    for name in ["x86_64", "amd64", "X64"] {
        assert_eq!(check(&["--arch", name]), told(1, &["mac", "old"]), "{name}");
    }
    assert_eq!(check(&["--arch", "aarch64"]), told(1, &["old", "pc", "win.exe"]));
    assert_eq!(check(&["--arch", "i686", "--arch", "arm64"]), told(1, &["pc", "win.exe"]));
    assert_eq!(check(&["--arch", "amd64", "--cost", "literal"]), told(0, &[]));
    let ran = premaster(["check", "testdata/binary/x86.elf", "--arch", "amd64"]).exits(1);
    ran.says(&[RULE, "for x86, expected x86_64"]);
    let ran = premaster(["check", "testdata/binary/x86.elf", "--arch", "z80"]).exits(2);
    assert!(
        ran.err.contains("z80") && ran.err.contains("expected one of arm, arm64"),
        "{}",
        ran.err
    );
}
