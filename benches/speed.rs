//! The four inner loops that everything waits for: the census, the search for the literals of the
//! rules, the listing of an ISO image, the comparison of two manifests. `cargo bench`.
//!
//! What the whole program costs beside other tools is measured by `benches/peers.sh`.

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Cursor;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use premaster::approve::ManifestFile;
use premaster::compare::{Policy, compare};
use premaster::engine::{Judge, Settings};
use premaster::inspect::Sweep;
use premaster::readers::{self, READERS};
use premaster::rules::{Catalogue, Finder};

/// Bytes of a buffer of the walk.
const BUFFER: usize = 256 << 10;

/// Prose, markup, and bytes without order.
fn samples() -> [(&'static str, Vec<u8>); 3] {
    let prose = "A line of text, and a second half of it that is “quoted”.\n";
    let markup = "<li><a href=\"#top\">a &lt;&lt; 3</a> <em>b</em></li>\n<!-- <<< -->\n";
    let mut state = 1993u64;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    });
    [
        ("prose", prose.bytes().cycle().take(BUFFER).collect()),
        ("markup", markup.bytes().cycle().take(BUFFER).collect()),
        ("noise", noise.take(BUFFER).collect()),
    ]
}

fn census(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("census");
    for (name, bytes) in samples() {
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut sweep = Sweep::new();
                sweep.update(black_box(&bytes));
                sweep.finish()
            });
        });
    }
}

fn automaton(criterion: &mut Criterion) {
    let settings = Settings::default();
    let judge = Judge::new(Catalogue::built_in(), &settings);
    let literals = judge.literals().expect("a built-in rule has literals");
    let mut group = criterion.benchmark_group("automaton");
    for (name, bytes) in samples() {
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut finder = Finder::new(&literals);
                finder.update(black_box(&bytes), true);
                finder.rules()
            });
        });
    }
}

fn iso_listing(criterion: &mut Criterion) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/readers/iso9660");
    let reader = READERS.iter().find(|reader| reader.doc.id == "iso9660").expect("a reader");
    let mut group = criterion.benchmark_group("iso-listing");
    for name in ["rock-ridge.iso", "joliet.iso", "relocated-xorriso.iso"] {
        let image = std::fs::read(root.join(name)).expect("a fixture");
        group.bench_function(name, |bencher| {
            bencher.iter(|| readers::list(reader, black_box(&image), name.as_bytes()));
        });
    }
}

/// A manifest of 100,000 files, of which every thousandth has another content on the new side.
fn manifest(is_new: bool) -> Vec<u8> {
    let mut out = String::from(
        "{\"schema\":\"premaster/manifest/v1\",\"tool\":\"bench\",\"readers\":[],\"rules\":null,\
         \"targets\":[],\"folder\":true,\"format\":\"directory\",\"size\":0,\"blake3\":null}\n",
    );
    let rows = 100_000u64;
    for row in 0..rows {
        let edition = u64::from(is_new && row % 1000 == 999);
        let digest = blake3::hash(&(row + (edition << 32)).to_le_bytes()).to_hex();
        let (folder, size) = (row / 1000, 1000 + row);
        let _ = writeln!(
            out,
            "{{\"path\":\"usr/share/{folder:03}/file-{row:06}.txt\",\"kind\":\"file\",\"size\":{size},\
             \"blake3\":\"{digest}\",\"class\":\"text\",\"census\":{{\"lf\":20}},\
             \"facts\":[[\"mode\",\"0644\"]]}}"
        );
    }
    let digest = blake3::hash(out.as_bytes()).to_hex();
    let _ = writeln!(out, "{{\"rows\":{rows},\"blake3\":\"{digest}\"}}");
    out.into_bytes()
}

fn manifest_compare(criterion: &mut Criterion) {
    let (old, new) = (manifest(false), manifest(true));
    let open = |bytes: &Vec<u8>| {
        ManifestFile::read(Path::new("bench"), Box::new(Cursor::new(bytes.clone()))).expect("sound")
    };
    let mut group = criterion.benchmark_group("manifest-compare");
    group.sample_size(10);
    group.bench_function("100000-rows", |bencher| {
        bencher.iter(|| {
            let (mut old, mut new) = (open(&old), open(&new));
            let comparison = compare(&mut old, &mut new, &Policy::default());
            assert_eq!((old.error(), new.error()), (None, None));
            assert_eq!(comparison.items.len(), 100);
        });
    });
}

criterion_group!(benches, census, automaton, iso_listing, manifest_compare);
criterion_main!(benches);
