//! Detectors of structure over real programs that were cut off, changed and mixed: no panic, no
//! endless loop, no hit outside the content.

use std::fs;
use std::path::{Path, PathBuf};

use premaster::rules::Targets;
use premaster::rules::detectors::{DETECTORS, Look};
use premaster::rules::parsed::{Hits, Notes, Parsed};
use proptest::prelude::*;

/// The programs, each with its format.
fn programs() -> Vec<(&'static str, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/binary");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("a file").path())
        .collect();
    paths.sort();
    let formats = [(&b"\x7fELF"[..], "elf"), (b"MZ", "pe"), (b"\xcf\xfa\xed\xfe", "mach-o")];
    let mut found = Vec::new();
    for path in paths {
        let bytes = fs::read(&path).expect("readable");
        let format = formats.iter().find(|(magic, _)| bytes.starts_with(magic));
        found.extend(format.map(|(_, format)| (*format, bytes)));
    }
    assert!(found.len() >= 15, "{} programs", found.len());
    found
}

/// A fat file of two slices that are the same program.
fn fat(slice: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 4096];
    let size = slice.len() as u32;
    let words = [0xcafe_babe, 2, 0x0100_000c, 0, 4096, size, 12, 0x0100_0007, 0, 4096, size, 12];
    for (at, word) in words.into_iter().enumerate() {
        bytes[at * 4..at * 4 + 4].copy_from_slice(&u32::to_be_bytes(word));
    }
    bytes.extend_from_slice(slice);
    bytes
}

/// Runs every detector, of a content that has `missing` bytes more than these; gives the hits.
fn judge(format: &str, bytes: &[u8], missing: u64) -> usize {
    let size = bytes.len() as u64 + missing;
    let targets = Targets::built_in().iter().collect();
    let parsed = Parsed { format, size, targets, name: b"a", ..Parsed::new(bytes) };
    let mut all = 0;
    for detector in DETECTORS {
        let mut hits = Hits::default();
        let mut notes = Notes::default();
        match detector.look {
            Look::Parsed(find) => find(&parsed, &mut hits),
            Look::ParsedOn(on) => {
                for target in parsed.targets.iter().filter(|target| (on.wants)(target)) {
                    (on.find)(&parsed, target, &mut hits);
                }
            }
            Look::Joined(join) => (join.note)(&parsed, &mut notes),
            _ => {}
        }
        for hit in &hits.listed {
            assert!(!hit.detail.chars().any(char::is_control), "{}: {hit:?}", detector.name);
            let end = hit.range.as_ref().map_or(0, |range| range.end);
            assert!(end <= size, "{}: {hit:?} in {size} bytes", detector.name);
        }
        all += hits.listed.len();
    }
    all
}

#[test]
fn programs_may_end_anywhere() {
    for (format, bytes) in programs() {
        for end in (0..bytes.len()).filter(|end| *end < 1100 || end % 61 == 0) {
            judge(format, &bytes[..end], 0);
            judge(format, &bytes[..end], (bytes.len() - end) as u64);
        }
    }
}

#[test]
fn every_slice_of_a_fat_program_is_judged() {
    let programs = programs();
    let (format, bytes) = programs.iter().rfind(|(format, _)| *format == "mach-o").expect("one");
    let mut changed = bytes.clone();
    changed[600] ^= 1;
    let more = judge(format, &changed, 0) - judge(format, bytes, 0);
    assert_eq!(more, 1, "the signature does not match");
    let more = judge("mach-o-fat", &fat(&changed), 0) - judge("mach-o-fat", &fat(bytes), 0);
    assert_eq!(more, 2, "nor does that of either slice");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn changed_programs_are_judged_within_bounds(
        pick in any::<prop::sample::Index>(),
        edits in prop::collection::vec(
            (any::<prop::sample::Index>(), prop_oneof![
                any::<u8>().prop_map(|byte| vec![byte]),
                Just(vec![0xff; 4]),
                Just(vec![0xff; 8]),
                Just(vec![0, 0, 0, 0x80]),
            ], any::<bool>()),
            1..12,
        ),
        end in prop::option::weighted(0.2, any::<prop::sample::Index>()),
        is_fat in any::<bool>(),
    ) {
        let programs = programs();
        let (format, bytes) = pick.get(&programs);
        let is_fat = is_fat && *format == "mach-o";
        let mut bytes = if is_fat { fat(bytes) } else { bytes.clone() };
        for (place, new, in_head) in edits {
            // Headers and tables are what is read.
            let within = if in_head { bytes.len().min(1024) } else { bytes.len() };
            let at = place.index(within);
            let room = bytes.len() - at;
            bytes[at..at + new.len().min(room)].copy_from_slice(&new[..new.len().min(room)]);
        }
        if let Some(end) = end {
            bytes.truncate(end.index(bytes.len()));
        }
        judge(if is_fat { "mach-o-fat" } else { format }, &bytes, 0);
    }
}
