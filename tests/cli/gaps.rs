//! What cannot be read is never a silent pass.

use std::fs;
use std::path::Path;

use super::support::{Scratch, premaster, root, run, story, words, zip};

#[cfg(unix)]
fn make_fifo(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status().expect("mkfifo starts");
    assert!(made.success());
}

#[cfg(unix)]
#[test]
fn what_is_neither_file_nor_folder_is_refused_at_once() {
    let scratch = Scratch::new();
    let fifo = scratch.path("fifo");
    make_fifo(&fifo);
    let fifo = fifo.to_str().expect("UTF-8");
    let told = "it is a FIFO, neither file nor folder";
    premaster(["check", fifo]).exits(2).complains(&[fifo, told]);
    premaster(["check", "testdata/clean", "--against", fifo]).exits(2).complains(&[fifo, told]);
    premaster(["diff", fifo, "testdata/clean"]).exits(2).complains(&[fifo, told]);
    premaster(["ls", fifo]).exits(2).complains(&[fifo, told]);
    premaster(["approve", fifo]).exits(2).complains(&[fifo, told]);
    for device in ["/dev/null", "/dev/zero"] {
        words(&format!("check {device}")).exits(2).complains(&["a character device"]);
    }
    let dangling = scratch.path("dangling");
    std::os::unix::fs::symlink("nowhere", &dangling).expect("linked");
    let dangling = dangling.to_str().expect("UTF-8");
    premaster(["check", dangling]).exits(2).complains(&[dangling, "No such file"]);
}

/// Inside a folder they are entries without content, and are not opened.
#[cfg(unix)]
#[test]
fn a_fifo_in_a_folder_is_not_opened() {
    let scratch = Scratch::new();
    scratch.file("tree/a", "a");
    make_fifo(&scratch.path("tree/fifo"));
    std::os::unix::fs::symlink("nowhere", scratch.path("tree/dangling")).expect("linked");
    let tree = scratch.path("tree");
    premaster([Path::new("check"), &tree]).exits(0);
    premaster([Path::new("ls"), &tree, Path::new("-l")]).exits(0).says(&["p 0", "-> nowhere"]);
}

/// As a user who may not read everything; root may, so it becomes nobody.
#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_a_gap() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;
    let scratch = Scratch::new();
    let set = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("set");
    };
    set(&scratch.path(""), 0o755);
    let binary = scratch.path("premaster");
    fs::copy(env!("CARGO_BIN_EXE_premaster"), &binary).expect("copied");
    set(&binary, 0o755);
    scratch.file("tree/open.txt", "fine\n");
    let closed = scratch.file("tree/closed.txt", "secret\n");
    set(&closed, 0);
    let is_root = fs::read(&closed).is_ok();
    let check = |args: &[&str]| {
        let mut command = std::process::Command::new(&binary);
        command.current_dir(scratch.path("")).args(args);
        if is_root {
            command.uid(65534).gid(65534);
        }
        run(command)
    };
    let ran = check(&["check", "tree"]).exits(3);
    ran.says(&[" INCOMPLETE ", "1 gap", "not inspected (unreadable) closed.txt", "Permission"]);
    let json = check(&["check", "tree", "--format", "json"]).exits(3).json();
    assert_eq!(json["verdict"], "incomplete");
    assert_eq!(json["gaps"][0]["path"], "closed.txt");
    assert_eq!(json["gaps"][0]["kind"], "unreadable");
    check(&["diff", "tree", "tree"]).exits(3);
    check(&["ls", "tree", "--digest", "blake3"]).exits(3);
    assert_eq!(check(&["cat", "tree!/closed.txt"]).exits(3).out, "");
    check(&["check", "tree/closed.txt"]).exits(3).complains(&["closed.txt: Permission denied"]);
    // A finding is still told, and wins.
    scratch.file("tree/bad.txt", b"Free\x04");
    check(&["check", "tree"]).exits(1).says(&["1 error, 1 gap", "closed.txt"]);
    set(&closed, 0o600);
    fs::remove_file(scratch.path("tree/bad.txt")).expect("removed");
    // The folder itself.
    set(&scratch.path("tree"), 0);
    check(&["check", "tree"]).exits(3).complains(&["cannot open tree: Permission denied"]);
    set(&scratch.path("tree"), 0o755);
}

/// Entries that vanish, and contents that are longer than they say.
#[cfg(target_os = "linux")]
#[test]
fn what_changes_under_the_reading_is_a_gap() {
    let json = words("check /proc/self/fdinfo --format json").exits(3).json();
    assert_eq!(json["verdict"], "incomplete");
    let kinds: Vec<_> =
        json["gaps"].as_array().expect("a list").iter().map(|gap| &gap["kind"]).collect();
    assert!(kinds.iter().any(|kind| *kind == "changed-while-reading"), "{kinds:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_fails_to_be_read_is_no_pass() {
    words("check /proc/self/mem").exits(3).complains(&["cannot open /proc/self/mem"]);
}

#[test]
fn a_truncated_image_never_ships() {
    let scratch = Scratch::new();
    let whole = fs::read(story("fixed.iso")).expect("readable");
    for length in [
        0, 1, 511, 2048, 32_768, 32_769, 34_816, 50_000, 83_000, 100_000, 300_000, 900_000,
        902_143, 902_145, 903_000, 903_167,
    ] {
        let path = scratch.file("image.iso", &whole[..length]);
        let ran = premaster([Path::new("check"), &path]);
        assert!([1, 3].contains(&ran.code), "{length}: {}\n{}{}", ran.code, ran.out, ran.err);
    }
}

/// One past the two zero blocks that end `ustar.tar`.
const TAR_END: usize = 9216;

#[test]
fn a_truncated_archive_never_ships() {
    let scratch = Scratch::new();
    for name in ["zip/plain.zip", "tar/ustar.tar", "gzip/notes.txt.gz"] {
        let whole = fs::read(super::support::root().join("testdata/readers").join(name));
        let whole = whole.expect("readable");
        let end = whole.len();
        let lengths = [0, 1, 7, 300, end / 5, end / 2 - 1, end * 2 / 3 + 1, end - 1];
        // What follows the end of a tar is padding. Cut off between two members it has lost some,
        // and nothing but the end that is not there tells.
        let is_tar = name.starts_with("tar");
        let lengths: Vec<usize> = if is_tar {
            (0..TAR_END).step_by(512).chain([1, 7, 300, 1100]).collect()
        } else {
            lengths.to_vec()
        };
        for length in lengths {
            let name = Path::new(name).file_name().expect("a name");
            let path = scratch.file(name, &whole[..length.min(whole.len() - 1)]);
            let ran = premaster([Path::new("check"), &path]);
            let fits = [1, 3].contains(&ran.code);
            assert!(fits, "{name:?} {length}: {}\n{}{}", ran.code, ran.out, ran.err);
            if is_tar && length % 512 == 0 && length > 0 {
                let packed = scratch.file("packed.tar.gz", super::support::gzip(&whole[..length]));
                let ran = premaster([Path::new("check"), &packed]);
                let fits = [1, 3].contains(&ran.code);
                assert!(fits, "packed {length}: {}\n{}{}", ran.code, ran.out, ran.err);
            }
        }
        if is_tar {
            let path = scratch.file("whole.tar", &whole[..TAR_END]);
            premaster([Path::new("check"), &path]).exits(0);
        }
    }
}

/// Gzip of as many MiB of zeros.
fn zeros(mib: usize) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let one = vec![0; 1 << 20];
    (0..mib).for_each(|_| encoder.write_all(&one).expect("memory"));
    encoder.finish().expect("memory")
}

#[test]
fn what_unpacks_to_more_than_allowed_is_a_gap_until_more_is_allowed() {
    let scratch = Scratch::new();
    let packed = scratch.file("tree/zeros.gz", zeros(3));
    let settings = |size: &str| {
        let text = format!("[compare]\n\n[limits]\ndecoded = \"{size}\"\n");
        scratch.file("settings.toml", text).to_str().expect("UTF-8").to_owned()
    };
    let tree = scratch.path("tree");
    for artifact in [&packed, &tree] {
        let artifact = artifact.to_str().expect("UTF-8");
        for (size, option, code) in
            [("1MiB", "", 3), ("1MiB", "4MiB", 0), ("1TiB", "", 0), ("1TiB", "2MiB", 3)]
        {
            let config = settings(size);
            let mut args = vec!["check", artifact, "--config", &config];
            if !option.is_empty() {
                args.extend(["--max-decoded", option]);
            }
            let ran = premaster(&args);
            assert_eq!(ran.code, code, "{args:?} with {size}: {}{}", ran.out, ran.err);
            if code == 3 {
                let json = premaster(args.iter().chain(&["--format", "json"])).json();
                assert_eq!(json["gaps"][0]["kind"], "limit");
                let message = json["gaps"][0]["message"].as_str().expect("text");
                assert!(message.contains("(--max-decoded SIZE sets another)"), "{message}");
            }
        }
    }
    for (size, wanted) in [
        ("1", "\"1\": expected at least 1MiB"),
        ("1 MiB", "\"1 MiB\" is no size"),
        ("1pb", "unknown unit \"pb\""),
    ] {
        let config = settings(size);
        let ran = premaster(["check", "testdata/clean", "--config", &config]).exits(2);
        ran.complains(&[&format!("{config}:4: [limits] decoded: {wanted}")]);
    }
}

/// A folder may unpack to as much as its files could one by one.
#[test]
fn the_budget_of_a_folder_grows_with_its_files() {
    let scratch = Scratch::new();
    let packed = zeros(400);
    for name in ["a", "b", "c"] {
        scratch.file(format!("tree/{name}.gz"), &packed);
    }
    let tree = scratch.path("tree");
    premaster([Path::new("check"), &tree]).exits(0);
}

#[test]
fn a_package_of_which_a_part_stays_closed_does_not_ship() {
    let package = root().join("testdata/readers/ar/packed.deb");
    let scratch = Scratch::new();
    scratch.file("tree/pool/splash.deb", fs::read(&package).expect("there"));
    for (artifact, above) in [(package, ""), (scratch.path("tree"), "pool/splash.deb!/")] {
        let args = ["check".as_ref(), artifact.as_os_str(), "--format=json".as_ref()];
        let json = premaster(args).exits(3).json();
        let told: Vec<_> = json["gaps"].as_array().expect("a list").iter().collect();
        for (gap, part) in told.iter().zip(["control.tar.xz", "data.tar.xz"]) {
            assert_eq!(gap["path"], format!("{above}{part}"));
            assert_eq!(gap["kind"], "unsupported");
            assert_eq!(gap["message"], "no reader opens this part of a package: xz");
        }
        assert_eq!(told.len(), 2, "{told:?}");
    }
}

/// The only member of an archive is encrypted, or does not decode: it has bytes all the same.
#[test]
fn a_member_that_stays_closed_is_a_gap_with_a_digest() {
    let scratch = Scratch::new();
    let path = |name: &str| scratch.path(name).to_str().expect("UTF-8").to_owned();
    let make = |name: &str, text: &[u8], at: usize, value: u8| {
        let mut bytes = zip(&[(b"m.txt", text)]);
        // The same field of the local and of the central header.
        let central = bytes.len() - 22 - 46 - 5;
        bytes[at] = value;
        bytes[central + at + 2] = value;
        scratch.file(name, bytes);
    };
    for (at, value, kind) in [(6, 1, "encrypted"), (8, 14, "unsupported"), (14, 0, "damaged")] {
        make("old.zip", b"the old text\n", at, value);
        make("new.zip", b"the new text\n", at, value);
        let (old, new) = (path("old.zip"), path("new.zip"));
        let json = premaster(["check", &old, "--format", "json"]).exits(3).json();
        assert_eq!((&json["gaps"][0]["kind"], &json["gaps"][1]), (&kind.into(), &().into()));
        let findings = json["findings"].as_array().expect("a list");
        let other: Vec<_> = findings.iter().map(|found| &found["rule"]).collect();
        assert!(other.iter().all(|rule| **rule == "bytes/unread-content"), "{kind}: {other:?}");
        let digest = json["gaps"][0]["blake3"].as_str().expect("a digest").to_owned();
        premaster(["check", &old]).exits(3).says(&[&format!("digest: blake3:{digest}")]);
        if kind != "damaged" {
            premaster(["cat", &format!("{old}!/m.txt")]).exits(3);
        }
        // It accepts these bytes and no others.
        let waiver = format!(
            "[[waiver]]\nrule = 'gap'\npath = 'm.txt'\ndigest = 'blake3:{digest}'\n\
             reason = 'known'\nowner = 'me'\nexpires = 2999-01-01\n"
        );
        scratch.file("premaster.toml", waiver);
        let config = path("premaster.toml");
        premaster(["check", &old, "--config", &config]).exits(0);
        premaster(["check", &new, "--config", &config]).exits(3);
        premaster(["check", &new, "--against", &old]).exits(1).says(&["m.txt", "undeclared"]);
    }
}

/// The blocks that end an archive, and nothing before them.
#[test]
fn an_empty_archive_is_whole() {
    let scratch = Scratch::new();
    for (name, length, code) in [("a.tar", 1024, 0), ("a.TAR", 10_240, 0), ("a.tar", 1000, 3)] {
        let path = scratch.file(name, vec![0; length]);
        premaster([Path::new("check"), &path]).exits(code);
    }
}
