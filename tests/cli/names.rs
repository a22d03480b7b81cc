//! Bytes of the artifact never reach a terminal raw: names with control characters, line feeds,
//! characters that turn the direction of writing, and bytes that are no UTF-8.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::support::{Ran, Scratch, assert_harmless, gzip, premaster, run, tar, zip};

const NAMES: &[&[u8]] = &[
    b"esc\x1b[31mred\x1b]0;title\x07.txt",
    b"two\nlines.txt",
    "right\u{202e}txt.exe".as_bytes(),
    "c1\u{9b}31m.txt".as_bytes(),
    b"latin\xe9.txt",
    b"back\\slash!.txt",
];

/// A finding in each, so that each name is in each report.
const CONTENT: &[u8] = b"Free\x1b[2J\x9b\x04";

fn artifacts(scratch: &Scratch) -> Vec<PathBuf> {
    let files: Vec<(&[u8], &[u8])> = NAMES.iter().map(|name| (*name, CONTENT)).collect();
    #[allow(unused_mut)]
    let mut made = vec![
        scratch.file("names.tar", tar(&files)),
        scratch.file("names.zip", zip(&files)),
        scratch.file("names.tar.gz", gzip(&tar(&files))),
    ];
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        for name in NAMES {
            scratch.file(Path::new("names").join(OsStr::from_bytes(name)), CONTENT);
        }
        std::os::unix::fs::symlink(OsStr::from_bytes(NAMES[0]), scratch.path("names/link"))
            .expect("linked");
        made.push(scratch.path("names"));
    }
    made
}

fn harmless(ran: &Ran) {
    assert_harmless(&ran.raw);
    assert_harmless(ran.err.as_bytes());
}

#[test]
fn no_command_prints_them_raw() {
    let scratch = Scratch::new();
    for path in artifacts(&scratch) {
        let empty = scratch.path("empty");
        std::fs::create_dir_all(&empty).expect("made");
        let with = |args: &[&str]| {
            let args = args.iter().map(|&arg| match arg {
                "A" => path.as_os_str(),
                "E" => empty.as_os_str(),
                other => OsStr::new(other),
            });
            premaster(args)
        };
        let out = scratch.path("out.jsonl");
        let out = out.to_str().expect("UTF-8");
        for args in [
            &["check", "A", "--all"][..],
            &["check", "A", "--format", "json"],
            &["check", "A", "--format", "jsonl"],
            &["check", "A", "--against", "E", "--all"],
            &["diff", "A", "E", "--all"],
            &["diff", "E", "A", "--format", "json"],
            &["ls", "A"],
            &["ls", "A", "-l", "-r", "--view", "all"],
            &["ls", "A", "-r", "--format", "jsonl"],
            &["map", "A"],
            &["map", "A", "--format", "jsonl"],
            &["intend", "E", "A"],
            &["approve", "A", "-o", out],
            &["approve", "A", "--with-findings", "-o", out],
            &["approve", "verify", out, "A"],
        ] {
            let ran = with(args);
            harmless(&ran);
            if args[0] == "ls" {
                assert!(ran.out.contains("esc\\x1b[31m") || ran.out.contains("esc\\\\x1b"));
            }
            assert_ne!(ran.code, 4, "{args:?}: {}", ran.err);
        }
        assert_harmless(&std::fs::read(out).expect("the manifest"));
        with(&["check", "A"]).exits(1);
    }
}

/// What the shell hands over comes back in messages.
#[cfg(unix)]
#[test]
fn arguments_are_escaped_too() {
    use std::os::unix::ffi::OsStrExt as _;
    for name in NAMES {
        let name = OsStr::from_bytes(name);
        for command in ["check", "ls", "cat", "map"] {
            let ran = premaster([OsStr::new(command), name]);
            assert_eq!(ran.code, 2, "{}", ran.err);
            if !ran.err.starts_with("error:") {
                harmless(&ran);
            }
        }
    }
    let scratch = Scratch::new();
    let folder = scratch.path(OsStr::from_bytes(NAMES[0]));
    std::fs::create_dir(&folder).expect("made");
    let mut command = super::support::binary();
    command.current_dir(scratch.path("")).arg("check").arg(OsStr::from_bytes(NAMES[0]));
    harmless(&run(command).exits(0));
}

#[test]
fn escaped_locators_open_what_they_name() {
    let scratch = Scratch::new();
    for path in artifacts(&scratch) {
        let ran = premaster([Path::new("ls"), &path]).exits(0);
        let lines: Vec<&str> = ran.out.lines().filter(|line| !line.ends_with("link")).collect();
        assert_eq!(lines.len(), NAMES.len(), "{}", ran.out);
        for line in lines {
            let mut argument = path.clone().into_os_string();
            argument.push("!/");
            argument.push(line);
            let ran = premaster([OsStr::new("cat"), &argument]).exits(0);
            assert_eq!(ran.raw, CONTENT, "{line}");
        }
    }
}

#[test]
fn the_folder_that_was_packed_has_no_name_and_holds_the_others() {
    let scratch = Scratch::new();
    for (name, entries, expected) in [
        ("dot.tar", &[("./", &b""[..]), ("./sub/", b""), ("./a.txt", b"one\n")][..], &["sub"][..]),
        ("plain.tar", &[("sub/", b""), ("a.txt", b"one\n")], &["sub"]),
        ("alone.tar", &[("./", b"")], &[r"\x2e"]),
    ] {
        let path = scratch.file(name, tar(entries));
        let path = path.to_str().expect("UTF-8");
        let targets = ["--target", "windows", "--target", "dos", "--target", "iso9660-1"];
        let args = ["check", path, "--format", "json"].into_iter().chain(targets);
        let report = premaster(args).json();
        let findings = report["findings"].as_array().expect("a list");
        let found = |rule: &str, path: &str| {
            findings.iter().any(|finding| finding["rule"] == rule && finding["path"] == path)
        };
        let of_names = findings.iter().filter(|finding| finding["path"] == r"\x2e");
        let of_names = of_names.filter(|finding| {
            finding["rule"].as_str().is_some_and(|rule| rule.starts_with("names/"))
        });
        assert_eq!(of_names.count(), 0, "{name}: {findings:?}");
        for path in ["sub", r"\x2e"] {
            let is_told = found("leftovers/empty-folder", path);
            assert_eq!(is_told, expected.contains(&path), "{name} {path}: {findings:?}");
        }
    }
}
