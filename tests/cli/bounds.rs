//! Several bytes changed so that the structure still fits together, beside an intended edit: what no
//! part of the image recomputes does not follow from it.

use std::path::Path;

use super::support::{Ran, Scratch, gzip, premaster, root, story, tar};

/// What bytes to put at which offset.
type Changes<'a> = &'a [(usize, &'a [u8])];

/// Checks the old bytes with some put into them.
fn check(new: &Path, changes: Changes<'_>, old: &Path, intent: &Path) -> Ran {
    let scratch = Scratch::new();
    let mut bytes = std::fs::read(new).expect("readable");
    for (at, put) in changes {
        bytes[*at..at + put.len()].copy_from_slice(put);
    }
    let written = scratch.file(new.file_name().expect("a file"), bytes);
    let path = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    let (new, old, intent) = (path(&written), path(old), path(intent));
    premaster(["check", &new, "--against", &old, "--intent", &intent])
}

#[test]
fn a_bound_of_the_founding_disc_follows_from_nothing() {
    // The table of Joliet for big-endian systems moves from sector 26 to 27.
    let fixed = std::fs::read(story("fixed.iso")).expect("readable");
    let table = &fixed[26 * 2048..26 * 2048 + 112];
    let moved: Changes<'_> = &[(0x8897, &[27]), (27 * 2048, table), (26 * 2048, &[0; 112])];
    let cases: [(Changes<'_>, &str); 6] = [
        (&[], ""),
        (&[(0x8050, &[0x3c, 0, 0, 0]), (0x8054, &[0, 0, 0, 0x3c])], "volume.size"),
        (&[(0x412, &[7, 0]), (0xdc012, &[7, 0])], "volume.size"),
        (&[(0x421, &[0xff])], "volume.unused-ids"),
        (&[(0x8090, &[20])], "volume.optional-path-tables"),
        (moved, "volume.path-tables"),
    ];
    for (changes, said) in cases {
        let ran =
            check(&story("fixed.iso"), changes, &story("approved.iso"), &story("intent.toml"));
        let code = i32::from(!changes.is_empty());
        ran.exits(code).says(&[said, if code == 0 { "SHIP" } else { "BLOCKED" }]);
    }
}

#[test]
fn a_bound_of_a_partition_follows_from_nothing() {
    let disc = root().join("testdata/readers/apm/blocks.iso");
    let scratch = Scratch::new();
    let intent =
        "summary = 's'\n[[change]]\npath = 'hello.txt'\nreplace = { from = 'h', to = 'H' }\n";
    let intent = scratch.file("intent.toml", intent);
    let bytes = std::fs::read(&disc).expect("readable");
    let at = bytes.windows(6).position(|at| at == b"hello\n").expect("a file");
    let edit = (at, &b"H"[..]);
    let cases: [(Changes<'_>, &str); 4] = [
        (&[edit], ""),
        (&[edit, (0x257, &[2])], "to 1 before the end"),
        (&[edit, (0x60b, &[0x81]), (0x60f, &[0x27]), (0x657, &[0x27])], "partition.start"),
        (&[edit, (0x60f, &[20]), (0x657, &[20])], "partition.end"),
    ];
    for (changes, said) in cases {
        let ran = check(&disc, changes, &disc, &intent);
        ran.exits(i32::from(changes.len() > 1)).says(&[said]);
    }
}

/// The header of a gzip file around an archive: its date and its name belong to no entry.
#[test]
fn the_header_around_an_archive_is_compared() {
    let scratch = Scratch::new();
    let intent = "summary = 's'\n[[change]]\npath = 'a.txt'\nreplace = { from = 'h', to = 'H' }\n";
    let intent = scratch.file("intent.toml", intent);
    let packed = |text: &[u8], date: u32, name: &[u8]| {
        let mut bytes = gzip(&tar(&[(b"a.txt", text)]));
        bytes[4..8].copy_from_slice(&date.to_le_bytes());
        if !name.is_empty() {
            bytes[3] |= 8;
            bytes.splice(10..10, [name, b"\0"].concat());
        }
        bytes
    };
    let old = scratch.file("old.tar.gz", packed(b"hello\n", 1_000_000, b"a.tar"));
    let cases: [(u32, &[u8], i32, &str); 4] = [
        (1_000_000, b"a.tar", 0, "SHIP"),
        (1_000_001, b"a.tar", 0, "SHIP"),
        (999_999, b"a.tar", 1, "mtime: 1970-01-12T13:46:40Z is now 1970-01-12T13:46:39Z"),
        (1_000_000, b"b.tar", 1, "raw-name: a.tar is now b.tar"),
    ];
    for (date, name, code, said) in cases {
        let new = scratch.file("new.tar.gz", packed(b"Hello\n", date, name));
        let path = |path: &Path| path.to_str().expect("UTF-8").to_owned();
        let args = ["check", &path(&new), "--against", &path(&old), "--intent", &path(&intent)];
        premaster(args).exits(code).says(&[said]);
        let draft = premaster(["intend", &path(&old), &path(&new)]).exits(0).out;
        let field = said.split(':').next().filter(|_| code == 1).unwrap_or("a.txt");
        assert!(draft.contains(field), "{draft}");
    }
}

/// A checksum says the same with another byte behind its end.
#[test]
fn how_a_checksum_is_spelt_is_compared() {
    let scratch = Scratch::new();
    let intent = "summary = 's'\n[[change]]\npath = 'a.txt'\nreplace = { from = 'h', to = 'H' }\n";
    let intent = scratch.file("intent.toml", intent);
    let old = scratch.file("old.tar", tar(&[(b"a.txt", b"hello\n"), (b"b.txt", b"b\n")]));
    let new = tar(&[(b"a.txt", b"Hello\n"), (b"b.txt", b"b\n")]);
    let new = scratch.file("new.tar", new);
    let cases: [(Changes<'_>, i32); 3] =
        [(&[], 0), (&[(1024 + 155, &[4])], 1), (&[(1024 + 154, b" \0")], 1)];
    for (changes, code) in cases {
        check(&new, changes, &old, &intent).exits(code);
    }
}

/// Bytes outside all files: where the region lies, how long it is and whose it is.
#[test]
fn a_changed_region_is_told_with_its_own_place() {
    let cases = [
        (0x5_0000, "in blocks without an owner, 714752 bytes at 104448 (view !hfs)"),
        (0x200, "in system area, 1024 bytes at 0 (view !iso)"),
    ];
    for (at, said) in cases {
        let changes: Changes<'_> = &[(at, &[1])];
        let ran =
            check(&story("fixed.iso"), changes, &story("approved.iso"), &story("intent.toml"));
        let told: Vec<&str> = ran.out.split_whitespace().collect();
        assert!(told.join(" ").contains(said), "{}", ran.out);
    }
}

/// Of two declared edits one was made: the other is what blocks.
#[test]
fn an_edit_that_is_absent_is_named_beside_one_that_was_made() {
    let scratch = Scratch::new();
    scratch.file("old/a.txt", "aaaa bbbb\n");
    scratch.file("new/a.txt", "aXaaa bbbb\n");
    let edit =
        |text: &str, at: u32| format!("[[change]]\npath = 'a.txt'\ninsert = '{text}'\nat = {at}\n");
    let intent = format!("summary = 's'\n{}{}", edit("X", 1), edit("Y", 7));
    let intent = scratch.file("intent.toml", intent);
    let path = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    let (new, old) = (path(&scratch.path("new")), path(&scratch.path("old")));
    let args = ["check", &new, "--against", &old, "--intent", &path(&intent)];
    let ran = premaster(args).exits(1).says(&[
        "1 unfulfilled change",
        "declared change 2 does not fit: it was not inserted at 7",
        "intended a.txt: offset 1",
    ]);
    assert!(!ran.out.contains("Take it out"), "{}", ran.out);
}
