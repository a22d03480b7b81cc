//! Artifacts that are made to harm: bombs, nests, loops, endless names. The program itself runs over
//! each under a limit of its address space and of its time, and comes to a verdict.
//!
//! What is built here is small and plain to see; mutants of real files are the business of
//! `fuzz/whole.py`.

#![cfg(target_os = "linux")]

mod archive;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::DeflateEncoder;

use archive::{gzip, member, tar};

/// Seconds that a verdict may take; tests run without optimisation and beside others.
const PATIENCE: Duration = Duration::from_mins(1);
/// Address space of the process in KiB: its threads' stacks, the pool of 48 MiB and little more.
const MEMORY: u32 = 320 << 10;

/// Runs `check` with two threads; gives exit code and what it printed.
fn check(artifact: &Path) -> (i32, String) {
    let start = Instant::now();
    let script = format!("ulimit -v {MEMORY}; exec \"$0\" check --threads 2 --format json \"$1\"");
    let output = Command::new("sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_premaster")])
        .arg(artifact)
        .output()
        .expect("sh runs");
    let name = artifact.display();
    assert!(start.elapsed() < PATIENCE, "{name}: {:?}", start.elapsed());
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let code = output.status.code().unwrap_or_else(|| panic!("{name}: {:?}", output.status));
    assert!((0..=3).contains(&code), "{name}: exit code {code}: {errors}");
    assert!(!errors.contains("panicked"), "{name}: {errors}");
    (code, String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Checks bytes as a file of that name; it must end with one of the exit codes and name each text.
fn expect(name: &str, bytes: &[u8], codes: &[i32], told: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    fs::write(&path, bytes).expect("writable");
    let (code, report) = check(&path);
    assert!(codes.contains(&code), "{name}: exit code {code}: {}", head(&report));
    for text in told {
        assert!(report.contains(text), "{name}: {text:?} is not in {}", head(&report));
    }
}

fn head(report: &str) -> &str {
    report.get(..4000).unwrap_or(report)
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// Records of a pax header.
fn records(pairs: impl Iterator<Item = (String, String)>) -> Vec<u8> {
    let mut out = Vec::new();
    for (key, value) in pairs {
        let body = key.len() + value.len() + 3;
        let mut length = body + 1;
        while length != body + length.to_string().len() {
            length = body + length.to_string().len();
        }
        out.extend(format!("{length} {key}={value}\n").into_bytes());
    }
    out
}

/// A zip archive; each entry is a name, a member by its number.
fn zip_of(
    members: &[(u16, &[u8], &[u8])],
    entries: impl Iterator<Item = (String, usize)>,
) -> Vec<u8> {
    let mut out = Vec::new();
    let mut places = Vec::new();
    let fields = |method: u16, stored: &[u8], plain: &[u8]| {
        let mut fields = vec![20, 0, 0, 0];
        fields.extend(method.to_le_bytes());
        fields.extend([0, 0, 33, 0]);
        fields.extend(crc32fast::hash(plain).to_le_bytes());
        fields.extend((stored.len() as u32).to_le_bytes());
        fields.extend((plain.len() as u32).to_le_bytes());
        fields
    };
    for (method, stored, plain) in members {
        places.push(out.len() as u32);
        out.extend(b"PK\x03\x04");
        out.extend(fields(*method, stored, plain));
        out.extend([1, 0, 0, 0, b'm']);
        out.extend_from_slice(stored);
    }
    let directory = out.len() as u32;
    let mut count = 0u32;
    for (name, number) in entries {
        let (method, stored, plain) = members[number];
        out.extend(b"PK\x01\x02\x14\0");
        out.extend(fields(method, stored, plain));
        out.extend((name.len() as u16).to_le_bytes());
        out.extend([0; 12]);
        out.extend(places[number].to_le_bytes());
        out.extend(name.into_bytes());
        count += 1;
    }
    let size = out.len() as u32 - directory;
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend((count as u16).to_le_bytes());
    out.extend((count as u16).to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend(directory.to_le_bytes());
    out.extend([0, 0]);
    out
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let packed: Vec<_> = files.iter().map(|(_, plain)| deflate(plain)).collect();
    let members: Vec<_> = files
        .iter()
        .zip(&packed)
        .map(|((_, plain), packed)| (8, packed.as_slice(), *plain))
        .collect();
    zip_of(&members, files.iter().enumerate().map(|(n, (name, _))| ((*name).to_owned(), n)))
}

#[test]
fn a_nest_of_zips_ends_with_a_gap() {
    // As 42.zip: sixteen in sixteen in sixteen, and so on; whole it would be 68 TB.
    let mut nest = zip(&[("0.bin", &vec![0; 64 << 20])]);
    for _ in 0..5 {
        let copies: Vec<_> = (0..16).map(|n| format!("{n}.zip")).collect();
        let files: Vec<_> = copies.iter().map(|name| (name.as_str(), nest.as_slice())).collect();
        nest = zip(&files);
    }
    assert!(nest.len() < 64 << 10);
    expect("42.zip", &nest, &[1, 3], &["the budget of decoded bytes is spent"]);
}

#[test]
fn a_hundred_archives_inside_one_another_end_with_a_gap() {
    let mut tars = b"core".to_vec();
    let mut gzips = b"core".to_vec();
    for _ in 0..100 {
        tars = tar(&[("inner.tar", &tars)]);
        gzips = gzip(&gzips);
    }
    for (name, nest) in [("deep.tar", tars), ("deep.gz", gzips)] {
        expect(name, &nest, &[3], &["containers nest deeper than 16"]);
    }
}

#[test]
fn members_that_overlap_are_told_and_cost_what_they_are() {
    let plain = vec![0; 4 << 20];
    let packed = deflate(&plain);
    let names = |n: usize| (0..n).map(|n| (format!("{n:05}"), 0));
    let bomb = zip_of(&[(8, &packed, &plain)], names(60_000));
    expect("bomb.zip", &bomb, &[1, 3], &["structure/zip-overlap"]);
    let small = zip_of(&[(0, b"hello", b"hello")], names(20_000));
    expect("small.zip", &small, &[1, 3], &["structure/zip-overlap"]);
}

#[test]
fn a_hundred_thousand_claims_on_one_another_end() {
    // Each member holds all that follow it: the tiles have as many claims as there are members left.
    let mut out = Vec::new();
    let count = 20_000u32;
    let mut directory = Vec::new();
    for n in 0..count {
        let at = out.len() as u32;
        let size = (count - n - 1) * 31;
        let mut fields = vec![20, 0, 0, 0, 0, 0, 0, 0, 33, 0, 0, 0, 0, 0];
        fields.extend(size.to_le_bytes());
        fields.extend(size.to_le_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(&fields);
        out.extend([1, 0, 0, 0, b'm']);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&fields);
        directory.extend([5, 0]);
        directory.extend([0; 12]);
        directory.extend(at.to_le_bytes());
        directory.extend(format!("{n:05}").into_bytes());
    }
    let at = out.len() as u32;
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([(count as u16).to_le_bytes(), (count as u16).to_le_bytes()].concat());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend([0, 0]);
    expect("claims.zip", &out, &[1, 3], &["structure/zip-overlap"]);
}

#[test]
fn as_many_records_as_a_pax_header_holds_end() {
    let many = records((0..100_000).map(|n| (format!("{n:x}"), String::new())));
    let mut global = Vec::new();
    let mut own = Vec::new();
    for n in 0..4 {
        member(&mut global, "g", b'g', &many);
        member(&mut own, "x", b'x', &many);
        member(&mut own, format!("file-{n}"), b'0', b"text\n");
    }
    for n in 0..2000 {
        member(&mut global, format!("file-{n}"), b'0', b"text\n");
    }
    for archive in [&mut global, &mut own] {
        archive.extend([0; 1024]);
    }
    expect("global.tar", &global, &[3], &["of global pax records 256"]);
    expect("own.tar", &own, &[0], &[]);
}

#[test]
fn findings_by_the_ten_thousand_are_sorted_into_causes() {
    let name = |n: usize| format!("{}", n % 2);
    let mut out = Vec::new();
    for n in 0..30_000 {
        member(&mut out, name(n), b'0', b"text\x04");
    }
    out.extend([0; 1024]);
    expect("same.tar", &out, &[1], &["text/eot-at-end"]);
}

#[test]
fn thousands_of_small_archives_do_not_take_a_file_each() {
    let tiny = zip(&[("a.txt", b"Free\x04")]);
    let names: Vec<_> = (0..5000).map(|n| format!("{n}.zip")).collect();
    let members: Vec<_> = names.iter().map(|name| (name.as_str(), tiny.as_slice())).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("many.tar");
    fs::write(&path, tar(&members)).expect("writable");
    let script = "ulimit -n 64; exec \"$0\" check --memory 1MiB --format json \"$1\"";
    let output = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_premaster")])
        .arg(&path)
        .output()
        .expect("sh runs");
    let report = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(report.contains("\"gaps\": []") || report.contains("\"gaps\":[]"), "{}", head(&report));
}

#[test]
fn names_of_a_mebibyte_and_paths_without_end() {
    let long = records([("path".to_owned(), "d/".repeat(500_000))].into_iter());
    let mut out = Vec::new();
    member(&mut out, "x", b'x', &long);
    member(&mut out, "short", b'0', b"text\x04");
    let name = "n".repeat(1 << 20);
    member(&mut out, "x", b'x', &records([("path".to_owned(), name.clone())].into_iter()));
    member(&mut out, "short", b'0', b"text\x04");
    // A name of 64 KiB is the longest that is believed.
    member(&mut out, "L", b'L', &name.as_bytes()[..60_000]);
    member(&mut out, "short", b'0', b"text\x04");
    out.extend([0; 1024]);
    expect("names.tar", &out, &[1], &["text/eot-at-end"]);

    let mut paths = String::new();
    for n in 0..10 {
        let _ = write!(paths, "{}\0", format!("{n}/").repeat(30_000));
    }
    let entries = paths.split_terminator('\0').map(|path| (path[..60_000].to_owned(), 0));
    expect("paths.zip", &zip_of(&[(0, b"text\x04", b"text\x04")], entries), &[0, 1, 3], &[]);
}

#[test]
fn directories_that_hold_themselves_end() {
    // The extent of a directory is changed to that of the root, in every record that names it.
    let mut image =
        fs::read(root().join("testdata/readers/iso9660/rock-ridge.iso")).expect("there");
    let root_extent: [u8; 8] = image[0x8000 + 156 + 2..][..8].try_into().expect("eight");
    let block = u32::from_le_bytes(root_extent[..4].try_into().expect("four")) as usize * 2048;
    let size =
        u32::from_le_bytes(image[0x8000 + 156 + 10..][..4].try_into().expect("four")) as usize;
    let mut at = block;
    let mut changed = 0;
    while at < block + size && image[at] != 0 {
        if image[at + 25] & 2 != 0 {
            image[at + 2..at + 10].copy_from_slice(&root_extent);
            changed += 1;
        }
        at += usize::from(image[at]);
    }
    assert!(changed > 2, "there are directories");
    expect("loop.iso", &image, &[1, 3], &["structure/iso-directory-loop"]);

    let folder = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(".", folder.path().join("self")).expect("a link");
    fs::create_dir(folder.path().join("sub")).expect("a folder");
    std::os::unix::fs::symlink("..", folder.path().join("sub/up")).expect("a link");
    let (code, report) = check(folder.path());
    assert_eq!(code, 0, "{}", head(&report));
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Texts that are one line, or nothing but what some rule counts: each is looked at once.
#[test]
fn texts_of_one_line_and_of_nothing_but_marks() {
    let keys = (0..60_000).fold(String::from("[a]\n"), |mut text, key| {
        let _ = writeln!(text, "{key}=");
        text
    });
    for (name, start, again, count) in [
        ("words.json", "[", "\"\u{430}\u{441}\u{435}\",", 110_000),
        ("words.json", "[", "\"p\u{430}y\",", 110_000),
        ("blocks.rc", "STRINGTABLE ", "}", 6 << 20),
        ("sections.ini", &*keys, "[a]\n", 1 << 20),
    ] {
        let text = [start, &*again.repeat(count)].concat();
        expect(name, text.as_bytes(), &[0, 1], &[]);
    }
}

/// Tables of an archive are kept until all members are known: not as many as there are.
#[test]
fn an_archive_of_tables() {
    const SIZE: usize = 30 << 20;
    let header = |name| format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{SIZE:<10}`\n", 0, 0, 0, 644);
    let zeros = vec![0; SIZE];
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(b"!<arch>\n").expect("memory");
    for name in ["/", "//", "//", "//", "/SYM64/", "/<A>/", "/", "//"] {
        packed.write_all(header(name).as_bytes()).expect("memory");
        packed.write_all(&zeros).expect("memory");
    }
    let packed = packed.finish().expect("memory");
    expect("tables.a.gz", &packed, &[1, 3], &["structure/ar-repeated-table", "limit"]);
}
