//! One byte changed anywhere is always reported, with the file or region that it belongs to, and
//! never ships: neither against the build that it was made from nor beside an intended edit.
//!
//! Positions are spread over the whole artifact by a fixed pseudo-random sequence, and taken from
//! every region role that a reader claims, from slack and from what nobody claims.
//! `cargo test --release --test single_byte -- --ignored` goes over the fixtures byte by byte;
//! `SINGLE_BYTE_ONLY` (a part of a fixture's path) and `SINGLE_BYTE_STEP` (every n-th byte) narrow
//! it.

#![expect(clippy::print_stdout, reason = "the run over every byte prints what it finds")]

mod archive;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use premaster::config::Config;
use premaster::model::claim::{Strength, overlay};
use premaster::model::manifest::ContainerId;
use premaster::model::{Locator, Manifest, Outcome, Owner, Severity, Verdict};
use premaster::pipeline::{self, Request};
use premaster::walk::{self, Options};

use archive::{gzip, tar};

fn testdata(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(path)
}

fn request(artifact: &Path) -> Request {
    Request {
        options: Options { threads: 1, ..Options::default() },
        ..Request::of(artifact.to_path_buf().into(), Config::default())
    }
}

fn check(artifact: &Path, against: &Path, intent: Option<&Path>) -> Outcome {
    let request = Request {
        against: Some(against.to_path_buf().into()),
        intent: intent.map(Path::to_path_buf),
        ..request(artifact)
    };
    pipeline::check(&request).unwrap_or_else(|e| panic!("{}: {e}", artifact.display())).outcome
}

/// A fixed pseudo-random sequence (xorshift64).
struct Sequence(u64);

impl Sequence {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// A position in the range: as often as not one whose byte is not zero, where there is one.
    fn position(&mut self, bytes: &[u8], start: usize, end: usize) -> usize {
        let at = start + self.below(end - start);
        if self.next().is_multiple_of(2) {
            return at;
        }
        let used = |at: &usize| bytes[*at] != 0;
        (at..end.min(at + 4096)).find(used).unwrap_or(at)
    }
}

/// Where a byte belongs.
struct Region {
    start: usize,
    end: usize,
    /// Reader and role, the strongest claim first.
    role: String,
    /// Whether it is structure, which may be told anywhere in the container.
    structure: bool,
    /// The entries whose bytes they are.
    contents: BTreeSet<Locator>,
    /// Whose the claims are.
    owners: BTreeSet<Locator>,
}

/// The tiles of the artifact, each with those it belongs to.
fn regions(manifest: &Manifest, length: usize) -> Vec<Region> {
    let whole = |role: &str| Region {
        start: 0,
        end: length,
        role: role.to_owned(),
        structure: false,
        contents: BTreeSet::from([Locator::root()]),
        owners: BTreeSet::from([Locator::root()]),
    };
    let id = ContainerId(0);
    let Some(container) = manifest.container(id) else { return vec![whole("file")] };
    let claims: Vec<_> = container.volumes.iter().flat_map(|v| v.claims.iter().cloned()).collect();
    assert!(!claims.is_empty(), "a container of which nobody claims a byte");
    let transparent = manifest.is_transparent(id);
    let mut names: BTreeMap<(u16, u32), BTreeSet<Locator>> = BTreeMap::new();
    for place in manifest.places().filter(|place| place.container == id) {
        if let Some(content) = manifest.content_place(place) {
            let key = (content.volume, content.content.0);
            names.entry(key).or_default().insert(manifest.path(place));
        }
    }
    overlay(&claims, length as u64)
        .map(|tile| {
            let mut region = Region {
                start: tile.start as usize,
                end: tile.end as usize,
                role: String::new(),
                structure: false,
                contents: BTreeSet::new(),
                owners: BTreeSet::new(),
            };
            for &claim in &tile.claims {
                let claim = &claims[claim as usize];
                // What is wrapped has the locator of the wrapper.
                region.structure |= claim.role.strength == Strength::Structure || transparent;
                if region.role.is_empty() {
                    let format = container.volumes[usize::from(claim.volume)].format;
                    region.role = format!("{format} {}", claim.role.name);
                }
                region.owners.insert(manifest.owner_path(id, claim.volume, claim.owner));
                if let Owner::Content(content) = claim.owner
                    && claim.role.strength == Strength::Content
                {
                    let (volume, content) = container.canonical(claim.volume, content);
                    let of = names.get(&(volume, content.0)).cloned().unwrap_or_default();
                    region.contents.extend(of);
                }
            }
            if tile.claims.is_empty() {
                "unclaimed".clone_into(&mut region.role);
            }
            region
        })
        .collect()
}

/// What blocks in a report: where and what.
type Said = BTreeSet<(Locator, String)>;

/// What blocks in a report.
fn said(outcome: &Outcome) -> Said {
    let mut all = BTreeSet::new();
    for change in outcome.changes.iter().filter(|change| change.disposition.blocks()) {
        for path in std::iter::once(&change.path).chain(&change.aliases).chain(&change.from) {
            let mut what =
                format!("{} {}", change.verb.name(), change.note.as_deref().unwrap_or(""));
            for field in change.fields.iter().filter(|field| field.disposition.blocks()) {
                let _ = write!(what, " {}", field.field);
            }
            for hunk in change.hunks.iter().filter(|hunk| hunk.disposition.blocks()) {
                let _ = write!(what, " {}", hunk.new_offset);
            }
            all.insert((path.clone(), what));
        }
    }
    for finding in outcome.findings.iter().filter(|f| f.severity >= Severity::Error) {
        for path in std::iter::once(&finding.path).chain(&finding.aliases) {
            all.insert((path.clone(), format!("{} {}", finding.rule, finding.message)));
        }
    }
    for gap in &outcome.gaps {
        all.insert((gap.path.clone(), format!("gap {}", gap.message)));
    }
    all
}

/// Dates and counts that follow from the edit or that the intent names, as the report tells them.
fn stamps(outcome: &Outcome) -> BTreeSet<(Locator, String, Option<String>)> {
    const STAMPS: [&str; 6] = [
        "effective-time",
        "mtime",
        "birthtime",
        "volume.mtime",
        "volume.birthtime",
        "volume.write-count",
    ];
    let fields = outcome.changes.iter().flat_map(|change| {
        let derived = change
            .fields
            .iter()
            .filter(|field| !field.disposition.blocks() && STAMPS.contains(&&*field.field));
        derived.map(|field| (change.path.clone(), field.field.clone(), field.new.clone()))
    });
    fields.collect()
}

/// Whether a locator is another one, or inside it.
fn is_in(path: &Locator, of: &Locator) -> bool {
    let (path, of) = (path.as_str(), of.as_str());
    of.is_empty()
        || path.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with(['!', '/']))
}

/// An artifact whose bytes are changed one at a time.
struct Case {
    name: String,
    bytes: Vec<u8>,
    intent: Option<PathBuf>,
    regions: Vec<Region>,
    /// The approved build as an artifact and as a manifest, each with what is said before a byte
    /// changes and the whole report.
    approved: Vec<(PathBuf, Said, Outcome)>,
    /// Where the changed artifact is written.
    changed: PathBuf,
    _folder: tempfile::TempDir,
}

impl Case {
    /// `artifact` against itself, or against `approved` with an intent.
    fn new(artifact: &Path, approved: &Path, intent: Option<&Path>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = artifact.file_name().expect("a file");
        let changed = folder.path().join(file);
        fs::copy(artifact, &changed).expect("a copy");
        let manifest = folder.path().join("approved.jsonl");
        pipeline::approve(&request(approved), &manifest, true, true).expect("a manifest");
        // A scan of contents lets the claims go when it knows what is loose.
        let structure = Options { threads: 1, contents: false, ..Options::default() };
        let scanned = walk::scan(artifact, &structure).expect("readable");
        let bytes = fs::read(artifact).expect("readable");
        let regions = regions(&scanned.manifest, bytes.len());
        let approved = [approved.to_path_buf(), manifest]
            .into_iter()
            .map(|against| {
                let outcome = check(&changed, &against, intent);
                let said = said(&outcome);
                (against, said, outcome)
            })
            .collect();
        let mut name =
            artifact.strip_prefix(testdata("")).unwrap_or(artifact).display().to_string();
        if intent.is_some() {
            name.push_str(" with its intent");
        }
        let intent = intent.map(Path::to_path_buf);
        Self { name, bytes, intent, regions, approved, changed, _folder: folder }
    }

    fn region(&self, at: usize) -> &Region {
        let index = self.regions.partition_point(|region| region.end <= at);
        &self.regions[index]
    }

    /// Changes one byte; gives what is wrong with the report.
    fn change(&self, at: usize, value: u8, which: usize) -> Option<String> {
        let (against, before, whole) = &self.approved[which % self.approved.len()];
        let put = |value: u8| {
            use std::io::{Seek as _, SeekFrom};
            let mut file = fs::OpenOptions::new().write(true).open(&self.changed).expect("a file");
            file.seek(SeekFrom::Start(at as u64)).expect("seekable");
            file.write_all(&[value]).expect("writable");
        };
        put(value);
        let outcome = check(&self.changed, against, self.intent.as_deref());
        put(self.bytes[at]);
        let region = self.region(at);
        let what = |wrong: &str| {
            let old = self.bytes[at];
            Some(format!(
                "{}: {old:02x} -> {value:02x} at {at:#x} ({} of {:?}, {at:#x} - {:#x} = {}): {wrong}",
                self.name,
                region.role,
                region.owners.iter().map(ToString::to_string).collect::<Vec<_>>(),
                region.start,
                at - region.start,
            ))
        };
        if outcome.verdict == Verdict::Ship && whole.verdict == Verdict::Ship {
            // An edit dates its entry, the folders above and the volume, and an intent may name dates
            // of others: another such date, further on than the approved one, is told and does not
            // block.
            if self.intent.is_some() && stamps(&outcome) != stamps(whole) {
                return None;
            }
            let list: Vec<_> = outcome
                .changes
                .iter()
                .map(|c| {
                    let fields: Vec<_> = c.fields.iter().map(|f| format!("{f:?}")).collect();
                    format!("{} {} {:?} {fields:?}", c.path, c.verb.name(), c.note)
                })
                .collect();
            return what(&format!("it ships: {list:#?}"));
        }
        let after = said(&outcome);
        let new: Vec<_> = after.difference(before).collect();
        if new.is_empty() {
            return what("nothing new is said");
        }
        // A byte of an entry is told at one of its names, or inside; that of a region by whom it
        // belongs to. Structure of the container is told by any of its entries.
        let wanted = if region.contents.is_empty() { &region.owners } else { &region.contents };
        let any = region.structure || wanted.is_empty();
        let named = any || new.iter().any(|(path, _)| wanted.iter().any(|name| is_in(path, name)));
        if named { None } else { what(&format!("said elsewhere: {new:?}")) }
    }

    /// The values that a byte is changed to.
    fn values(&self, at: usize, random: u64) -> Vec<u8> {
        let old = self.bytes[at];
        let mut values = vec![old ^ 1, 0, 0xff, random as u8];
        values.retain(|&value| value != old);
        values.sort_unstable();
        values.dedup();
        values
    }

    /// Positions spread over the whole and taken from every role, with one value each.
    fn sample(&self, anywhere: usize, each: usize) -> Vec<String> {
        let mut sequence = Sequence(0x9e37_79b9_7f4a_7c15 ^ self.bytes.len() as u64);
        let mut places = Vec::new();
        for _ in 0..anywhere.min(self.bytes.len()) {
            places.push(sequence.position(&self.bytes, 0, self.bytes.len()));
        }
        let mut roles: BTreeMap<&str, Vec<&Region>> = BTreeMap::new();
        for region in &self.regions {
            roles.entry(&region.role).or_default().push(region);
        }
        for regions in roles.values() {
            for _ in 0..each {
                let region = regions[sequence.below(regions.len())];
                places.push(sequence.position(&self.bytes, region.start, region.end));
            }
        }
        let mut wrong = Vec::new();
        for at in places {
            let values = self.values(at, sequence.next());
            let value = values[sequence.below(values.len())];
            wrong.extend(self.change(at, value, sequence.below(2)));
        }
        wrong
    }

    fn every(&self, step: usize) -> Vec<String> {
        let mut sequence = Sequence(0x9e37_79b9_7f4a_7c15);
        let mut wrong = Vec::new();
        for at in (0..self.bytes.len()).step_by(step.max(1)) {
            // Of long runs of zeros a part is enough.
            let near = &self.bytes[at.saturating_sub(64)..(at + 64).min(self.bytes.len())];
            if near.iter().all(|&b| b == 0) && !sequence.next().is_multiple_of(64) {
                continue;
            }
            for value in self.values(at, sequence.next()) {
                wrong.extend(self.change(at, value, sequence.below(2)));
            }
        }
        wrong
    }
}

fn fixtures() -> Vec<PathBuf> {
    let mut all = Vec::new();
    for folder in ["apm", "dos-eps", "gzip", "hfs", "iso9660", "resource-fork", "tar", "zip"] {
        for entry in fs::read_dir(testdata("readers").join(folder)).expect("a folder") {
            let path = entry.expect("readable").path();
            let name = path.file_name().expect("a file").to_string_lossy().into_owned();
            let beside = [".golden", ".sha256"].iter().any(|suffix| name.ends_with(suffix));
            if !beside && !name.starts_with("RECIPE") {
                all.push(path);
            }
        }
    }
    all.sort();
    all
}

fn assert_none(wrong: &[String]) {
    let shown: Vec<_> = wrong.iter().take(40).cloned().collect();
    assert!(wrong.is_empty(), "{} in all:\n{}", wrong.len(), shown.join("\n"));
}

/// Containers in containers: an archive with a zip, a compressed file, a disc and a compressed
/// archive.
fn nested() -> Vec<u8> {
    let read = |name: &str| fs::read(testdata("readers").join(name)).expect("readable");
    let (zip, gz) = (read("zip/plain.zip"), read("gzip/named.gz"));
    let (disc, fork) = (read("iso9660/rock-ridge.iso"), read("resource-fork/app.rsrc"));
    let inner = gzip(&tar(&[("inner.zip", &zip), ("app.rsrc", &fork)]));
    tar(&[
        ("a/plain.zip", &zip),
        ("a/named.gz", &gz),
        ("disc.iso", &disc),
        ("inner.tar.gz", &inner),
        ("note.txt", b"a plain note\n"),
    ])
}

fn story(approved: &str, fixed: &str, intent: &str) -> Case {
    let path = |name: &str| testdata("story").join(name);
    Case::new(&path(fixed), &path(approved), Some(&path(intent)))
}

#[test]
fn a_byte_of_a_disc_is_named() {
    for name in ["story/approved.iso", "story/shifted/fixed.iso"] {
        let path = testdata(name);
        assert_none(&Case::new(&path, &path, None).sample(60, 12));
    }
}

#[test]
fn a_byte_beside_the_intended_edit_blocks() {
    assert_none(&story("approved.iso", "fixed.iso", "intent.toml").sample(80, 24));
}

#[test]
fn a_byte_beside_an_edit_that_moved_everything_blocks() {
    let case = story("shifted/approved.iso", "shifted/fixed.iso", "shifted/intent.toml");
    assert_none(&case.sample(80, 24));
}

#[test]
fn a_byte_of_every_fixture_is_named() {
    for path in fixtures() {
        assert_none(&Case::new(&path, &path, None).sample(6, 3));
    }
}

#[test]
fn a_field_set_to_zero_beside_the_edit_blocks() {
    let case = story("approved.iso", "fixed.iso", "intent.toml");
    // Next search of HFS, flags of `..` in the primary root, flags of a Rock Ridge record.
    for at in [0x411, 0xe0a1, 0xe2f2] {
        assert_ne!(case.bytes[at], 0, "{at:#x}");
        assert_eq!(case.change(at, 0, 0), None);
    }
}

#[test]
fn a_byte_of_nested_containers_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in [("all.tar", nested()), ("all.tar.gz", gzip(&nested()))] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("writable");
        assert_none(&Case::new(&path, &path, None).sample(60, 20));
    }
}

#[test]
fn nothing_differs_from_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut paths = fixtures();
    paths.extend(
        ["approved", "fixed", "candidate", "dated/fixed", "shifted/fixed"]
            .map(|name| testdata("story").join(format!("{name}.iso"))),
    );
    let nested_path = folder.path().join("all.tar");
    fs::write(&nested_path, nested()).expect("writable");
    paths.push(nested_path);
    for path in paths {
        let plain = pipeline::check(&request(&path)).expect("readable").outcome;
        let outcome = check(&path, &path, None);
        assert_eq!(outcome.changes, [], "{}", path.display());
        assert_eq!(outcome.verdict, plain.verdict, "{}", path.display());
        for (name, texts) in [("a.jsonl", true), ("b.jsonl", false), ("c.jsonl.zst", true)] {
            let manifest = folder.path().join(name);
            pipeline::approve(&request(&path), &manifest, true, texts).expect("a manifest");
            let outcome = check(&path, &manifest, None);
            assert_eq!(outcome.changes, [], "{} against {name}", path.display());
        }
    }
}

#[test]
fn a_copied_folder_is_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let copies = ["one", "two"].map(|name| folder.path().join(name));
    for copy in &copies {
        fs::create_dir_all(copy.join("inner")).expect("a folder");
        for path in fixtures() {
            let name = path.file_name().expect("a file");
            fs::copy(&path, copy.join("inner").join(name)).expect("a copy");
        }
    }
    let [one, two] = copies;
    let outcome = check(&two, &one, None);
    assert_eq!(outcome.changes, []);
    let file = two.join("inner/plain.zip");
    let mut bytes = fs::read(&file).expect("readable");
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    fs::write(&file, bytes).expect("writable");
    let outcome = check(&two, &one, None);
    assert_ne!(outcome.verdict, Verdict::Ship);
    let named = |path: &Locator| path.as_str().starts_with("inner/plain.zip");
    assert!(outcome.changes.iter().all(|change| named(&change.path)), "{:?}", outcome.changes);
    assert!(!outcome.changes.is_empty());
}

#[test]
fn the_story_holds() {
    let path = |name: &str| testdata("story").join(name);
    let run = |new: &str, old: &str, intent: Option<&str>| {
        check(&path(new), &path(old), intent.map(path).as_deref())
    };
    let candidate = run("candidate.iso", "approved.iso", Some("intent.toml"));
    assert_eq!(candidate.verdict, Verdict::Blocked);
    assert_eq!(candidate.blocking().count(), 1);
    assert_eq!(run("fixed.iso", "approved.iso", None).verdict, Verdict::Blocked);
    assert_eq!(run("approved.iso", "approved.iso", Some("intent.toml")).verdict, Verdict::Blocked);
    for (new, old, intent) in [
        ("fixed.iso", "approved.iso", "intent.toml"),
        ("dated/fixed.iso", "approved.iso", "dated/intent.toml"),
        ("shifted/fixed.iso", "shifted/approved.iso", "shifted/intent.toml"),
    ] {
        let outcome = run(new, old, Some(intent));
        assert_eq!(outcome.verdict, Verdict::Ship, "{new}: {:#?}", said(&outcome));
    }
}

#[test]
fn the_intents_of_the_story_do_as_their_table_says() {
    let path = |name: &str| testdata("story").join(name);
    for (names, expected) in [
        (
            &["insert-hex", "insert-anywhere", "replace", "content", "patch", "glob", "modify"][..],
            Some(Verdict::Ship),
        ),
        (
            &["wrong-offset", "wrong-encoding", "absent-path", "glob-without-match", "unfulfilled"],
            Some(Verdict::Blocked),
        ),
        (&["unknown-key", "two-edits-in-one", "malformed", "other-base"], None),
    ] {
        for name in names {
            for (artifact, is_fixed) in [("fixed.iso", true), ("candidate.iso", false)] {
                let request = Request {
                    against: Some(path("approved.iso").into()),
                    intent: Some(path(&format!("intents/{name}.toml"))),
                    ..request(&path(artifact))
                };
                let verdict = pipeline::check(&request).map(|checked| checked.outcome.verdict);
                let wanted = if is_fixed { expected } else { expected.and(Some(Verdict::Blocked)) };
                assert_eq!(verdict.ok(), wanted, "{name} with {artifact}");
            }
        }
    }
}

#[test]
#[ignore = "goes over every byte: minutes in release mode"]
fn every_byte() {
    let only = std::env::var("SINGLE_BYTE_ONLY").unwrap_or_default();
    let step = std::env::var("SINGLE_BYTE_STEP").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    let mut cases = Vec::new();
    let wanted = |name: &str| name.contains(&only);
    for path in fixtures() {
        if wanted(&path.to_string_lossy()) {
            cases.push(Case::new(&path, &path, None));
        }
    }
    if wanted("story/fixed.iso") {
        cases.push(story("approved.iso", "fixed.iso", "intent.toml"));
    }
    if wanted("story/dated/fixed.iso") {
        cases.push(story("approved.iso", "dated/fixed.iso", "dated/intent.toml"));
    }
    if wanted("story/shifted/fixed.iso") {
        cases.push(story("shifted/approved.iso", "shifted/fixed.iso", "shifted/intent.toml"));
    }
    let mut wrong = Vec::new();
    for case in cases {
        let found = case.every(step);
        println!("{}: {} wrong", case.name, found.len());
        for line in &found {
            println!("  {line}");
        }
        wrong.extend(found);
    }
    assert_none(&wrong);
}
