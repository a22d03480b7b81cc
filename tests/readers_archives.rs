//! zip, tar and gzip: members against the digests that the standard tools gave, a changed byte
//! anywhere in structure, and the examples of the rules whose defects these readers raise.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use premaster::model::claim::overlay;
use premaster::model::{Node, Strength, Volume};
use premaster::readers::{self, READERS, Reader};
use premaster::source::{ExtentSource, Forward, Source, decode};
use sha2::{Digest as _, Sha256};

const FORMATS: [&str; 4] = ["zip", "tar", "gzip", "ar"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn reader(id: &str) -> &'static Reader {
    READERS.iter().find(|reader| reader.doc.id == id).expect("in the table")
}

fn list(format: &str, bytes: &[u8], name: &str) -> Volume {
    let mut volume = readers::list(reader(format), &bytes.to_vec(), name.as_bytes());
    volume.close();
    volume
}

fn fixtures(format: &str) -> Vec<PathBuf> {
    let folder = root().join("testdata/readers").join(format);
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|e| ["zip", "tar", "gz", "a", "deb", "lib"].iter().any(|x| e == *x))
        })
        .collect();
    paths.sort();
    paths
}

fn file_name(path: &Path) -> String {
    path.file_name().expect("a file").to_string_lossy().into_owned()
}

fn path_of(volume: &Volume, node: &Node) -> Vec<u8> {
    let mut path = volume.name(node).to_vec();
    let mut parent = node.parent();
    while let Some(above) = parent.and_then(|id| volume.node(id)) {
        path = [volume.name(above), b"/", &path].concat();
        parent = above.parent();
    }
    path
}

#[test]
fn members_have_the_digests_that_the_standard_tools_give() {
    let mut members = 0;
    for path in FORMATS.iter().flat_map(|format| fixtures(format)) {
        let Ok(recorded) = fs::read_to_string(format!("{}.sha256", path.display())) else {
            continue;
        };
        let format = file_name(path.parent().expect("a folder"));
        let bytes = fs::read(&path).expect("readable");
        let volume = list(&format, &bytes, &file_name(&path));
        let source: Arc<dyn Source> = Arc::new(bytes);
        for line in recorded.lines() {
            let (expected, name) = line.split_once("  ").expect("digest and name");
            let node = volume.nodes.iter().find(|node| {
                name == "-" && format == "gzip" || path_of(&volume, node) == name.as_bytes()
            });
            let node = node.unwrap_or_else(|| panic!("{}: no {name}", path.display()));
            let stored = &volume.contents[node.content().expect("a content").0 as usize];
            let extents = ExtentSource::new(Arc::clone(&source), &stored.extents, None);
            let mut decoder = decode(stored.codec, Box::new(Forward::new(&extents)))
                .expecting(stored.crc32, stored.size);
            let mut data = Vec::new();
            decoder.read_to_end(&mut data).unwrap_or_else(|error| panic!("{name}: {error}"));
            let found = Sha256::digest(&data).iter().fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            });
            assert_eq!(found, expected, "{} {name}", path.display());
            let ending = decoder.ending().expect("at the end");
            let trailing = match file_name(&path).as_str() {
                "padded.gz" => (512, true),
                "trailing.gz" => (9, false),
                _ => (0, false),
            };
            assert_eq!((ending.trailing, ending.zero_padding), trailing, "{}", path.display());
            members += 1;
        }
    }
    assert!(members > 80, "{members} members");
}

/// All that a comparison of two volumes sees: facts, names, layout, residue; no offsets.
fn compared(volume: &Volume, with_layout: bool) -> String {
    let mut text = String::new();
    for view in &volume.views {
        if with_layout {
            let _ = writeln!(text, "{} {}", view.layout.digest(), view.layout_agrees);
        }
        for fact in &view.facts {
            let _ = writeln!(text, "{:?} {:?}", fact.field, fact.value);
        }
    }
    for node in &volume.nodes {
        let _ = writeln!(text, "{:?} {:?} {:?}", node.parent(), volume.name(node), node.kind);
        for fact in volume.facts_of(node) {
            let _ = writeln!(text, "{:?} {:?}", fact.field, fact.value);
        }
    }
    for residue in &volume.residues {
        let _ = writeln!(
            text,
            "{} {:?} {} {}",
            residue.role.name, residue.owner, residue.ordinal, residue.digest
        );
    }
    text
}

/// The bytes that a second look at the medium would cover: contents, reserved areas, free space. A
/// forward reader gets no second look at anything but contents.
fn scanned_elsewhere(format: &str, volume: &Volume, length: u64) -> Vec<bool> {
    let mut scanned = vec![false; length as usize];
    for tile in overlay(&volume.claims, length) {
        let strength = tile.claims.first().map(|&i| volume.claims[i as usize].role.strength);
        let is_scanned = match strength {
            Some(Strength::Structure) => false,
            Some(Strength::Content) => true,
            Some(Strength::Reserved | Strength::Slack) | None => !matches!(format, "tar" | "ar"),
        };
        scanned[tile.start as usize..tile.end as usize].fill(is_scanned);
    }
    scanned
}

#[test]
fn no_byte_of_structure_changes_unseen() {
    for format in FORMATS {
        for path in fixtures(format) {
            let bytes = fs::read(&path).expect("readable");
            let name = file_name(&path);
            let volume = list(format, &bytes, &name);
            let before = [true, false].map(|with_layout| compared(&volume, with_layout));
            let scanned = scanned_elsewhere(format, &volume, bytes.len() as u64);
            for (at, is_scanned) in scanned.iter().enumerate().filter(|(_, scanned)| !**scanned) {
                assert!(!is_scanned);
                // A zero among zeros stands for its neighbours.
                let around = &bytes[at.saturating_sub(9)..(at + 9).min(bytes.len())];
                if around.iter().all(|&b| b == 0) && at % 37 != 0 {
                    continue;
                }
                for change in [0x01, bytes[at]] {
                    if change == 0 {
                        continue;
                    }
                    let mut changed = bytes.clone();
                    changed[at] ^= change;
                    // A header's checksum sees every single change. What is wanted is that each
                    // field is seen by itself, so the sum is made to fit and the layout left out.
                    let is_header = format == "tar" && header_at(&volume, &bytes, at);
                    let with_layout = !is_header || is_layout(&bytes, at);
                    if is_header && !(148..156).contains(&(at % 512)) {
                        fix_checksum(&mut changed[at / 512 * 512..][..512]);
                    }
                    let volume = list(format, &changed, &name);
                    let is_seen =
                        before[usize::from(!with_layout)] != compared(&volume, with_layout);
                    assert!(is_seen, "{}: byte {at} ^ {change:#x}", path.display());
                }
            }
        }
    }
}

#[test]
fn a_file_that_grows_moves_nothing_but_layout_elsewhere() {
    for (format, before, after) in [
        ("zip", "stored.zip", "grown.zip"),
        ("tar", "ustar.tar", "grown.tar"),
        ("tar", "sparse-0.0.tar", "sparse-grown.tar"),
    ] {
        let [before, after] = [before, after].map(|name| {
            let bytes = fs::read(root().join("testdata/readers").join(format).join(name));
            list(format, &bytes.expect("readable"), name)
        });
        assert_eq!(compared(&before, false), compared(&after, false), "{format}");
        assert_ne!(compared(&before, true), compared(&after, true), "{format}");
        let agrees = |volume: &Volume| volume.views.iter().all(|view| view.layout_agrees);
        assert!(agrees(&before) && agrees(&after));
    }
}

#[test]
fn members_of_an_archive_without_end_are_read_from_their_own_headers() {
    let path = root().join("testdata/readers/zip/plain.zip");
    let bytes = fs::read(path).expect("readable");
    let whole = list("zip", &bytes, "plain.zip");
    let cut = list("zip", &bytes[..bytes.len() - 30], "plain.zip");
    let members = |volume: &Volume| -> Vec<_> {
        let named = |node| Some((path_of(volume, node), node.content()?));
        let extents = |(name, id): (Vec<u8>, premaster::model::ContentId)| {
            (name, volume.contents[id.0 as usize].extents.clone())
        };
        volume.nodes.iter().filter_map(named).map(extents).collect()
    };
    assert_eq!(members(&whole).len(), 4);
    assert_eq!(members(&whole), members(&cut));
    assert!(!cut.unread.is_empty());
}

/// Whether a byte lies in a tar header block. Data of a long name or a pax header may fill one block
/// too, but have no magic.
fn header_at(volume: &Volume, bytes: &[u8], at: usize) -> bool {
    let start = at / 512 * 512;
    let has_magic = bytes[start..].get(257..262) == Some(b"ustar");
    volume.claims.iter().any(|claim| {
        let is_role = match claim.role.name {
            "header" => true,
            "long name" | "pax header" => has_magic,
            _ => false,
        };
        claim.start == start as u64 && claim.end - claim.start == 512 && is_role
    })
}

/// Whether a byte of a tar header tells where others lie: size, checksum, a sparse map.
fn is_layout(bytes: &[u8], at: usize) -> bool {
    let is_sparse = bytes[at / 512 * 512 + 156] == b'S' && (386..495).contains(&(at % 512));
    matches!(at % 512, 124..=135 | 148..=155) || is_sparse
}

fn fix_checksum(header: &mut [u8]) {
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|&b| u32::from(b)).sum();
    header[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
    header[154] = 0;
}

/// The sums would shield the fields of a tar header from bytes changed at random, so they are made to
/// fit.
#[test]
fn tar_headers_changed_at_random_never_break_the_reader() {
    let mut state = 0x0493_u64;
    let mut random = move |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below.max(1)
    };
    for path in fixtures("tar") {
        let bytes = fs::read(&path).expect("readable");
        let volume = list("tar", &bytes, "a.tar");
        let headers: Vec<_> = (0..bytes.len() / 512)
            .map(|block| block * 512)
            .filter(|&at| at + 512 <= bytes.len() && header_at(&volume, &bytes, at))
            .collect();
        for _ in 0..200 {
            let mut changed = bytes.clone();
            for _ in 0..=random(3) {
                let header = headers[random(headers.len())];
                let field = [0, 100, 108, 124, 136, 156, 157, 257, 329, 345, 386, 482][random(12)];
                for at in 0..=random(12) {
                    let value =
                        [0, b'0', b'7', b'9', 0x80, 0xff, b' ', random(256) as u8][random(8)];
                    changed[header + field + at] = value;
                }
                if random(3) == 0 {
                    changed[header + 156] = b"01234567SLKxgMVDX"[random(17)];
                }
                fix_checksum(&mut changed[header..header + 512]);
            }
            let volume = list("tar", &changed, "a.tar");
            let mut at = 0;
            for tile in overlay(&volume.claims, changed.len() as u64) {
                assert_eq!(tile.start, at);
                at = tile.end;
            }
            assert_eq!(at, changed.len() as u64);
        }
    }
}

#[derive(Debug)]
struct Rule {
    id: String,
    formats: Vec<String>,
    examples: Vec<(bool, String, Vec<u8>)>,
}

/// The rules of this folder that speak of these formats only.
fn rules() -> BTreeMap<String, Rule> {
    let mut rules = BTreeMap::new();
    for entry in fs::read_dir(root().join("rules/structure")).expect("a folder") {
        let path = entry.expect("readable").path();
        let text = fs::read_to_string(&path).expect("readable");
        let table: toml::Table = text.parse().unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let strings = |value: &toml::Value| -> Vec<String> {
            let items = value.as_array().into_iter().flatten();
            items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
        };
        let formats = table
            .get("scope")
            .and_then(|scope| scope.get("formats"))
            .map(strings)
            .unwrap_or_default();
        if formats.is_empty() || !formats.iter().all(|f| FORMATS.contains(&f.as_str())) {
            continue;
        }
        let mut examples = Vec::new();
        for example in table["example"].as_array().expect("examples") {
            let text =
                |key: &str| example.get(key).and_then(toml::Value::as_str).map(str::to_owned);
            let file = text("file").or(text("base")).expect("file or base");
            let mut bytes = fs::read(root().join(&file)).unwrap_or_else(|e| panic!("{file}: {e}"));
            for patch in example.get("patch").and_then(toml::Value::as_array).into_iter().flatten()
            {
                let at = patch["at"].as_integer().and_then(|at| usize::try_from(at).ok());
                let at = at.expect("an offset");
                let hex = patch["hex"].as_str().expect("hex");
                for (i, pair) in hex.as_bytes().chunks(2).enumerate() {
                    let pair = std::str::from_utf8(pair).expect("ASCII");
                    bytes[at + i] = u8::from_str_radix(pair, 16).expect("hex");
                }
            }
            examples.push((example["hit"].as_bool().expect("hit"), file, bytes));
        }
        let id = table["id"].as_str().expect("id").to_owned();
        assert_eq!(
            id,
            format!("structure/{}", path.file_stem().expect("a name").to_string_lossy())
        );
        rules.insert(id.clone(), Rule { id, formats, examples });
    }
    rules
}

#[test]
fn every_rule_hits_its_examples_and_spares_the_near_misses() {
    let rules = rules();
    assert!(rules.len() >= 40, "{} rules", rules.len());
    for rule in rules.values() {
        for hit in [true, false] {
            assert!(rule.examples.iter().any(|example| example.0 == hit), "{}: no {hit}", rule.id);
        }
        for (hit, file, bytes) in &rule.examples {
            let format = rule.formats.iter().find(|format| file.contains(&format!("/{format}/")));
            let format = format.unwrap_or_else(|| panic!("{}: {file} is of no format", rule.id));
            let volume = list(format, bytes, &file_name(Path::new(file)));
            let found = volume.defects.iter().any(|defect| defect.rule == rule.id);
            let defects: Vec<_> = volume.defects.iter().map(|d| (d.rule, &d.message)).collect();
            assert_eq!(found, *hit, "{} {file} {defects:#?}", rule.id);
        }
    }
}

#[test]
fn every_defect_has_its_rule() {
    let rules = rules();
    for folder in ["src/readers/zip", "src/readers/tar", "src/readers"] {
        for entry in fs::read_dir(root().join(folder)).expect("a folder") {
            let path = entry.expect("readable").path();
            let ours =
                folder != "src/readers" || path.ends_with("gzip.rs") || path.ends_with("tree.rs");
            if !ours || path.is_dir() {
                continue;
            }
            let text = fs::read_to_string(&path).expect("readable");
            for (at, _) in text.match_indices("\"structure/") {
                let id = text[at + 1..].split('"').next().expect("an end");
                assert!(rules.contains_key(id), "{}: {id}", path.display());
            }
        }
    }
}
