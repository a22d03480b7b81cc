//! Every reader over every fixture: golden listings, tiles without hole or overlap, truncation at
//! every byte of structure, and bytes changed at random.
//!
//! Fixtures lie in `testdata/readers/<reader id>/`, made by the format's standard tool (see the
//! `RECIPE.sh` beside them); `<fixture>.golden` is what premaster reads from it.
//! `PREMASTER_BLESS=1 cargo test --test readers` renews the goldens.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use premaster::model::claim::overlay;
use premaster::model::{Declared, Locator, Node, Owner, Strength, Volume};
use premaster::readers::{self, Probe, READERS, Reader};
use premaster::source::Source;

/// A fixture: its reader, its path, its bytes.
struct Fixture {
    reader: &'static Reader,
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Fixture {
    fn name(&self) -> &[u8] {
        self.path.file_name().expect("a file").as_encoded_bytes()
    }

    fn list(&self, bytes: &Vec<u8>) -> Volume {
        let mut volume = readers::list(self.reader, bytes as &dyn Source, self.name());
        volume.close();
        volume
    }
}

fn fixtures() -> Vec<Fixture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/readers");
    let mut all = Vec::new();
    for reader in READERS {
        let folder = root.join(reader.doc.id);
        let mut paths: Vec<_> = fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|entry| entry.expect("readable").path())
            .filter(|path| {
                let name = path.file_name().expect("a file").to_string_lossy();
                !name.ends_with(".golden")
                    && !name.ends_with(".sha256")
                    && !name.starts_with("RECIPE")
            })
            .collect();
        paths.sort();
        assert!(!paths.is_empty(), "{}: no fixture", folder.display());
        for path in paths {
            let bytes = fs::read(&path).expect("readable");
            all.push(Fixture { reader, path, bytes });
        }
    }
    all
}

fn path_of(volume: &Volume, node: &Node) -> Locator {
    let above = match node.parent().and_then(|parent| volume.node(parent)) {
        Some(parent) => path_of(volume, parent),
        None => Locator::root().view(volume.views[usize::from(node.view.0)].name),
    };
    above.child(volume.name(node), node.duplicate)
}

fn owner_of(volume: &Volume, owner: Owner) -> String {
    match owner {
        Owner::Volume => "volume".into(),
        Owner::Content(id) => format!("content {}", id.0),
        Owner::Node(id) => path_of(volume, volume.node(id).expect("given out")).to_string(),
    }
}

/// All that a reader said, as text.
fn dump(volume: &Volume, length: u64) -> String {
    let mut out = format!("format {}\n", volume.format);
    for view in &volume.views {
        let agrees = if view.layout_agrees { "agrees" } else { "DISAGREES" };
        let _ = writeln!(
            out,
            "view {} rank {}: {} layout fields, {agrees}",
            view.name, view.rank, view.layout_fields
        );
        for fact in &view.facts {
            let _ = writeln!(out, "  {} = {}", fact.field.name(), fact.value.text());
        }
    }
    for node in &volume.nodes {
        let _ = write!(out, "{} {}", node.kind.name(), path_of(volume, node));
        if let Some(id) = node.content() {
            let stored = &volume.contents[id.0 as usize];
            let _ = write!(out, " content {} {:?}", id.0, stored.codec);
            if let Some(size) = stored.size {
                let _ = write!(out, " size {size}");
            }
            for extent in stored.extents.iter() {
                if extent.is_hole() {
                    let _ = write!(out, " hole+{}", extent.length);
                } else {
                    let _ = write!(out, " {}+{}", extent.start, extent.length);
                }
            }
            if stored.declared != Declared::Nothing {
                let _ = write!(out, " {:?}", stored.declared);
            }
        }
        for fact in volume.facts_of(node) {
            let _ = write!(out, " {}={}", fact.field.name(), fact.value.text());
        }
        out.push('\n');
    }
    for partition in &volume.partitions {
        let kind = String::from_utf8_lossy(&partition.kind);
        let _ = writeln!(out, "partition {} {kind} {:?}", partition.number, partition.at);
    }
    for tile in overlay(&volume.claims, length) {
        let _ = write!(out, "tile {}..{}", tile.start, tile.end);
        for &claim in &tile.claims {
            let claim = &volume.claims[claim as usize];
            let view = volume.views[usize::from(claim.view.0)].name;
            let _ = write!(out, " [{view} {}: {}]", claim.role.name, owner_of(volume, claim.owner));
        }
        out.push('\n');
    }
    for residue in &volume.residues {
        let _ = writeln!(
            out,
            "residue {} {} #{} at {}+{} {}",
            residue.role.name,
            owner_of(volume, residue.owner),
            residue.ordinal,
            residue.at,
            residue.length,
            &residue.digest.to_string()[..16]
        );
    }
    for defect in &volume.defects {
        let owner = owner_of(volume, defect.owner);
        let _ = writeln!(out, "defect {} {owner} {:?} {}", defect.rule, defect.at, defect.message);
    }
    for unread in &volume.unread {
        let owner = owner_of(volume, unread.owner);
        let kind = unread.kind.name();
        let _ = writeln!(out, "unread {kind} {owner} {:?} {}", unread.at, unread.message);
    }
    out
}

#[test]
fn goldens() {
    let bless = std::env::var_os("PREMASTER_BLESS").is_some();
    let mut wrong = Vec::new();
    for fixture in fixtures() {
        let bytes = &fixture.bytes;
        let declared = match fixture.reader.doc.id {
            "resource-fork" => Declared::Container("resource-fork"),
            _ => Declared::Nothing,
        };
        let probe = Probe {
            head: &bytes[..bytes.len().min(64 << 10)],
            tail: &bytes[bytes.len().saturating_sub(64 << 10)..],
            length: Some(bytes.len() as u64),
            name: fixture.name(),
            declared,
        };
        assert!((fixture.reader.probe)(&probe), "{} is not recognised", fixture.path.display());
        let found = dump(&fixture.list(bytes), bytes.len() as u64);
        let golden = PathBuf::from(format!("{}.golden", fixture.path.display()));
        if bless {
            fs::write(&golden, found).expect("writable");
        } else if fs::read_to_string(&golden).ok().as_deref() != Some(&found) {
            wrong.push(golden);
        }
    }
    assert!(wrong.is_empty(), "differ, see PREMASTER_BLESS: {wrong:#?}");
}

/// What must hold whatever the bytes: the tiles cover the container once, and every id is valid.
fn check_sanity(fixture: &Fixture, bytes: &Vec<u8>, what: &str) {
    let volume = fixture.list(bytes);
    let mut at = 0;
    for tile in overlay(&volume.claims, bytes.len() as u64) {
        assert_eq!(tile.start, at, "{} {what}", fixture.path.display());
        at = tile.end;
    }
    assert_eq!(at, bytes.len() as u64);
    for node in &volume.nodes {
        assert!(node.parent().is_none_or(|id| volume.node(id).is_some()));
        assert!(node.content().is_none_or(|id| volume.contents.get(id.0 as usize).is_some()));
        assert!(usize::from(node.view.0) < volume.views.len());
    }
}

/// Runs `check` for every item, on all cores.
fn for_each<T: Sync>(items: &[T], check: impl Fn(usize, &T) + Sync) {
    let next = AtomicUsize::new(0);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(number) else { break };
                    check(number, item);
                }
            });
        }
    });
}

/// The lengths to cut a fixture to: every one around a byte of structure that is not zero, and both
/// sides of every border. In contents, unclaimed space and runs of zeros every 61st is enough, for
/// there every length reads alike; so is every 7th in what a role has beyond its first 8 KiB: the
/// nodes of a large tree are alike, and 7 divides none of their sizes.
fn lengths_worth_trying(fixture: &Fixture) -> Vec<usize> {
    const AROUND: usize = 16;
    const STEP: usize = 61;
    const STEP_OF_MORE: usize = 7;
    const ROLE: usize = 8 << 10;
    let bytes = &fixture.bytes;
    let volume = fixture.list(bytes);
    let mut wanted = vec![false; bytes.len()];
    let mut want = |from: usize, to: usize, step: usize| {
        (from..to.min(bytes.len())).filter(|at| at % step == 0).for_each(|at| wanted[at] = true);
    };
    let mut seen: HashMap<&str, usize> = HashMap::new();
    want(0, bytes.len(), STEP);
    for tile in overlay(&volume.claims, bytes.len() as u64) {
        let (start, end) = (tile.start as usize, tile.end as usize);
        want(start.saturating_sub(AROUND), start + AROUND, 1);
        let strongest = tile.claims.first().map(|&claim| &volume.claims[claim as usize]);
        if let Some(role) = strongest.map(|claim| claim.role)
            && role.strength == Strength::Structure
        {
            let seen = seen.entry(role.name).or_default();
            for at in (start..end).filter(|&at| bytes[at] != 0) {
                let step = if *seen + at - start < ROLE { 1 } else { STEP_OF_MORE };
                want(at.saturating_sub(AROUND), at + AROUND, step);
            }
            *seen += end - start;
        }
    }
    (0..bytes.len()).filter(|&length| wanted[length]).collect()
}

#[test]
fn truncation_at_every_byte() {
    let fixtures = fixtures();
    let lengths: Vec<_> = fixtures.iter().map(lengths_worth_trying).collect();
    let jobs: Vec<_> = fixtures
        .iter()
        .zip(&lengths)
        .flat_map(|(fixture, lengths)| lengths.chunks(256).map(move |some| (fixture, some)))
        .collect();
    for_each(&jobs, |_, (fixture, lengths)| {
        for &length in *lengths {
            check_sanity(fixture, &fixture.bytes[..length].to_vec(), &format!("cut at {length}"));
        }
    });
}

#[test]
fn bytes_changed_at_random() {
    for_each(&fixtures(), |number, fixture| {
        let mut state = 0x1993_0809_u64 + number as u64;
        let mut random = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % below.max(1) as u64) as usize
        };
        // Most of an image is content; hits are wanted in what is not zero.
        let used: Vec<_> = (0..fixture.bytes.len()).filter(|&i| fixture.bytes[i] != 0).collect();
        for round in 0..400 {
            let mut bytes = fixture.bytes.clone();
            let mut edits = Vec::new();
            for _ in 0..=random(8) {
                let Some(&near) = used.get(random(used.len())) else { continue };
                let at = (near + random(9)).saturating_sub(4).min(bytes.len() - 1);
                let value = [0, 0xff, 0x7f, 0x80, random(256) as u8][random(5)];
                let run = 1 + random(4);
                for byte in bytes.iter_mut().skip(at).take(run) {
                    *byte = value;
                }
                edits.push((at, run, value));
            }
            check_sanity(fixture, &bytes, &format!("round {round}: {edits:?}"));
        }
    });
}
