//! `fix`: what is certain is done, what is not is left, and what was done is checked again.

use std::fs;
use std::path::Path;

use super::support::{Scratch, gzip, premaster};

/// What `fix --diff` tells of the folder.
const LINES: &[&str] = &[
    "removed  .DS_Store  [leftovers/finder-file]",
    "modified README.txt  offset 4: 1 byte taken out: 04  [text/eot-at-end]",
    "modified both.sh  offset 9: 1 byte taken out: 0d  [scripts/carriage-return]",
    "modified both.sh  offset 15: 1 byte taken out: 0d  [scripts/carriage-return]",
    "modified both.sh  offset 17: 1 byte taken out: 1a  [text/sub-at-end]",
    "modified mixed.txt  offset 15: 1 byte inserted: 0d  [text/mixed-line-ends]",
    "modified page.json  offset 0: 3 bytes taken out: ef bb bf  [text/mark-refused]",
    "modified run.sh  offset 9: 1 byte taken out: 0d  [scripts/carriage-return]",
    "modified run.sh  offset 15: 1 byte taken out: 0d  [scripts/carriage-return]",
    "modified units.txt  offset 10: 2 bytes inserted: 0d 00  [text/mixed-line-ends]",
    "modified units.txt  offset 18: 2 bytes taken out: 04 00  [text/eot-at-end]",
    "modified wide.txt  offset 10: 2 bytes taken out: 04 00  [text/eot-at-end]",
    "12 differences",
];

/// What `fix --diff` tells of leftovers.
const REMOVED: &[&str] = &[
    "left     ._App  a person decides: leftovers/finder-file removes only .DS_Store",
    "left     __MACOSX  it is a folder: only files are edited or removed",
    "left     __MACOSX/._logo  a person decides: leftovers/finder-file removes only .DS_Store",
    "left     img/desktop.ini  a person decides: leftovers/explorer-file removes only Thumbs.db, \
     ehthumbs.db",
    "left     odd/.DS_Store  a person decides: text/eot-at-end finds an error in it",
    "removed  .DS_Store  [leftovers/finder-file]",
    "removed  img/ehthumbs.db  [leftovers/explorer-file]",
    "removed  img/thumbs.db  [leftovers/explorer-file]",
    "3 differences",
];

fn folder() -> Scratch {
    let scratch = Scratch::new();
    scratch.file("a/README.txt", b"Free\x04");
    scratch.file("a/mixed.txt", b"one\r\ntwo\r\nthree\nfour\r\n");
    scratch.file("a/wide.txt", b"\xff\xfea\0\r\0\n\0b\0\x04\0");
    scratch.file("a/run.sh", b"#!/bin/sh\r\necho\r\n");
    scratch.file("a/page.json", b"\xef\xbb\xbf{}\n");
    scratch.file("a/.DS_Store", b"\0\0\0\x01Bud1");
    scratch.file("a/packed.txt.gz", gzip(b"packed\x04"));
    scratch.file("a/sound.txt", b"sound\n");
    scratch
}

fn read(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| {
            let entry = entry.expect("an entry");
            let name = entry.file_name().into_string().expect("UTF-8");
            (name, fs::read(entry.path()).expect("readable"))
        })
        .collect();
    all.sort();
    all
}

#[test]
fn what_is_certain_is_done_and_what_is_packed_is_left() {
    let scratch = folder();
    let path = scratch.path("a");
    let name = path.to_str().expect("UTF-8");
    let before = read(&path);
    let shown = premaster(["fix", name, "--diff"]).exits(1).says(&[
        "README.txt",
        "1 byte taken out: 04",
        "removed  .DS_Store",
        "left     packed.txt.gz!/packed.txt  it is packed: fix what it is packed from",
    ]);
    assert_eq!(read(&path), before, "--diff writes nothing");
    // What is left blocks still, and nothing else does.
    let ran = premaster(["fix", name]).exits(1).says(&[" BLOCKED ", "1 error", "packed.txt.gz!/"]);
    let changes = |out: &str| out.lines().filter(|line| line.starts_with("modified")).count();
    assert_eq!(changes(&ran.out), changes(&shown.out), "{}", ran.out);
    let after = read(&path);
    let of = |wanted: &str| after.iter().find(|(name, _)| name == wanted).map(|(_, b)| &b[..]);
    assert_eq!(of("README.txt"), Some(&b"Free"[..]));
    assert_eq!(of("mixed.txt"), Some(&b"one\r\ntwo\r\nthree\r\nfour\r\n"[..]));
    assert_eq!(of("wide.txt"), Some(&b"\xff\xfea\0\r\0\n\0b\0"[..]));
    assert_eq!(of("run.sh"), Some(&b"#!/bin/sh\necho\n"[..]));
    assert_eq!(of("page.json"), Some(&b"{}\n"[..]));
    assert_eq!(of(".DS_Store"), None);
    assert_eq!(of("sound.txt"), Some(&b"sound\n"[..]));
    fs::remove_file(scratch.path("a/packed.txt.gz")).expect("removed");
    premaster(["fix", name, "--diff"]).exits(0).says(&["Equal."]);
    premaster(["fix", name]).exits(0).says(&[" SHIP "]);
}

#[test]
fn each_line_tells_which_rules_it_answers() {
    let scratch = folder();
    scratch.file("a/both.sh", b"#!/bin/sh\r\necho\r\n\x1a");
    scratch.file("a/units.txt", b"\xff\xfea\0\r\0\n\0b\0\n\0c\0\r\0\n\0\x04\0");
    let path = scratch.path("a");
    let name = path.to_str().expect("UTF-8");
    let shown = premaster(["fix", name, "--diff"]).exits(1);
    let lines: Vec<&str> = shown.out.lines().filter(|line| !line.starts_with("left")).collect();
    assert_eq!(lines, LINES, "{}", shown.out);
}

#[test]
fn what_version_control_keeps_is_left() {
    let scratch = Scratch::new();
    let kept = [
        "a/.git/refs/heads/Thumbs.db",
        "a/.git/description",
        "a/.hg/store/a.txt",
        "a/.svn/a.txt",
        "a/.bzr/a.txt",
        "a/src/_darcs/a.txt",
        "a/src/CVS/Entries",
    ];
    for path in kept {
        scratch.file(path, b"kept\x04");
    }
    scratch.file("a/src/.github/a.txt", b"not kept\x04");
    let name = scratch.path("a");
    let ran = premaster(["fix", name.to_str().expect("UTF-8"), "--diff"]).exits(1);
    let (left, done): (Vec<&str>, _) = ran.out.lines().partition(|line| line.starts_with("left"));
    let folders = [".bzr", ".git", ".hg", ".svn", "src/CVS", "src/_darcs"];
    let told =
        folders.map(|folder| format!("left     {folder}  a version control system keeps it"));
    assert_eq!(left, told, "once for each folder");
    assert_eq!(done.len(), 2, "{}", ran.out);
    premaster(["fix", name.to_str().expect("UTF-8")]).says(&["modified src/.github/a.txt"]);
    for path in kept {
        assert_eq!(fs::read(scratch.path(path)).expect("there"), b"kept\x04", "{path}");
    }
    let inside = scratch.path("a/.git/refs");
    premaster(["fix", inside.to_str().expect("UTF-8")]).exits(2).complains(&["nothing is edited"]);
}

#[test]
fn only_what_nobody_can_miss_is_removed() {
    let scratch = Scratch::new();
    let mut swap = b"b0VIM 9.0".to_vec();
    swap.resize(1024, 0);
    for (path, bytes) in [
        (".DS_Store", &b"\0\0\0\x01Bud1"[..]),
        ("img/thumbs.db", b"\xd0\xcf\x11\xe0"),
        ("img/ehthumbs.db", b"\xd0\xcf\x11\xe0"),
        ("App", b"data"),
        ("._App", b"\0\x05\x16\x07 the fork"),
        (".splash.txt.swp", &swap),
        ("__MACOSX/._logo", b"\0\x05\x16\x07"),
        ("img/desktop.ini", b"[.ShellClassInfo]\r\nIconFile=a.ico\r\n"),
        ("odd/.DS_Store", b"what somebody wrote\x04"),
        ("main.c.rej", b"--- main.c\n+++ main.c\n"),
        ("main.c.orig", b"int main(void);\n"),
        ("site.bak", b"an earlier state\n"),
        ("notes~", b"the text before the last change\n"),
        ("#notes#", b"what was not saved\n"),
    ] {
        scratch.file(Path::new("a").join(path), bytes);
    }
    let path = scratch.path("a");
    let name = path.to_str().expect("UTF-8");
    let ran = premaster(["fix", name, "--diff"]).exits(1);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines, REMOVED, "{}", ran.out);
    premaster(["fix", name]).exits(1).says(&["error[text/swap-file]"]);
    for gone in [".DS_Store", "img/thumbs.db", "img/ehthumbs.db"] {
        fs::metadata(path.join(gone)).expect_err(gone);
    }
    let ran = premaster(["fix", name, "--diff"]).exits(0);
    let last = ran.out.lines().last();
    assert_eq!(last, Some("Nothing is changed: what is left is for a person."), "{}", ran.out);
}

#[test]
fn an_image_is_not_edited() {
    let image = "testdata/story/candidate.iso";
    let before = fs::read(image).expect("readable");
    premaster(["fix", image]).exits(2).complains(&[image, "is no folder"]);
    assert_eq!(fs::read(image).expect("readable"), before);
}

#[cfg(unix)]
#[test]
fn owners_and_modes_stay_and_a_file_of_two_names_is_left() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let scratch = Scratch::new();
    let script = scratch.file("a/run.sh", b"#!/bin/sh\r\necho\r\n");
    // Who may not give files away has those of his own kept.
    let _ = std::os::unix::fs::chown(&script, Some(4711), Some(4712));
    fs::set_permissions(&script, fs::Permissions::from_mode(0o6750)).expect("set");
    let of = |path: &Path| fs::metadata(path).map(|found| (found.uid(), found.gid(), found.mode()));
    let before = of(&script).expect("there");
    let one = scratch.file("a/one.txt", b"one\x04");
    fs::hard_link(&one, scratch.path("a/two.txt")).expect("linked");
    let name = scratch.path("a");
    let name = name.to_str().expect("UTF-8");
    premaster(["fix", name]).exits(1).says(&["left     one.txt  it has several names"]);
    assert_eq!(of(&script).expect("there"), before);
    assert_eq!(fs::read(&script).expect("there"), b"#!/bin/sh\necho\n");
    assert_eq!(fs::read(&one).expect("there"), b"one\x04");
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
#[test]
fn extended_attributes_stay() {
    use rustix::fs::{XattrFlags, getxattr, setxattr};
    let scratch = Scratch::new();
    let text = scratch.file("a/one.txt", b"one\x04");
    let attributes = [("user.origin", &b"the \0 editor"[..]), ("user.empty", b"")];
    for (name, value) in attributes {
        setxattr(&text, name, value, XattrFlags::empty()).expect("a file system with attributes");
    }
    premaster(["fix", scratch.path("a").to_str().expect("UTF-8")]).exits(0);
    assert_eq!(fs::read(&text).expect("there"), b"one");
    for (name, value) in attributes {
        let mut room = [0; 64];
        let size = getxattr(&text, name, &mut room[..]).expect("kept");
        assert_eq!(&room[..size], value, "{name}");
    }
}
