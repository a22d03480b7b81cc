//! Detectors of structure over real programs that were cut off, changed and mixed: no panic, no
//! endless loop, no hit outside the content.

use std::fs;
use std::path::{Path, PathBuf};

use premaster::rules::Targets;
use premaster::rules::detectors::{DETECTORS, Look};
use premaster::rules::parsed::{Hits, Note, Notes, Parsed};
use premaster::rules::program;
use premaster::source::Source;
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

/// Runs every detector; gives what each told and noted.
fn look(parsed: &Parsed<'_>) -> Vec<(&'static str, Hits, Vec<Note>)> {
    let mut all = Vec::new();
    for detector in DETECTORS {
        let mut hits = Hits::default();
        let mut notes = Notes::default();
        match detector.look {
            Look::Parsed(find) => find(parsed, &mut hits),
            Look::ParsedOn(on) => {
                for target in parsed.targets.iter().filter(|target| (on.wants)(target)) {
                    (on.find)(parsed, target, &mut hits);
                }
            }
            Look::Joined(join) => (join.note)(parsed, &mut notes),
            _ => {}
        }
        for hit in &hits.listed {
            assert!(!hit.detail.chars().any(char::is_control), "{}: {hit:?}", detector.name);
            let end = hit.range.as_ref().map_or(0, |range| range.end);
            assert!(end <= parsed.size, "{}: {hit:?} in {} bytes", detector.name, parsed.size);
        }
        all.push((detector.name, hits, notes.into_vec()));
    }
    all
}

/// Runs every detector, of a content that has `missing` bytes more than these; gives the hits.
fn judge(format: &str, bytes: &[u8], missing: u64) -> usize {
    let size = bytes.len() as u64 + missing;
    let targets = Targets::built_in().iter().collect();
    let parsed = Parsed { format, size, targets, name: b"a", ..Parsed::new(bytes) };
    look(&parsed).iter().map(|(_, hits, _)| hits.listed.len()).sum()
}

/// What detectors tell of a program that is held whole, and of one of which only the first bytes are.
fn whole_and_large(format: &str, bytes: &[u8]) -> [Vec<(&'static str, Hits, Vec<Note>)>; 2] {
    // All load commands are among them, as in the head of a real one.
    let (head, size) = (&bytes[..bytes.len().min(1400)], bytes.len() as u64);
    let targets: Vec<_> = Targets::built_in().iter().collect();
    // What is no longer at hand brings its surroundings.
    let look = |parsed: &Parsed<'_>| {
        let mut all = look(parsed);
        let hits = all.iter_mut().flat_map(|(_, hits, _)| &mut hits.listed);
        hits.for_each(|hit| hit.evidence = None);
        all
    };
    let whole = Parsed { format, size, targets: targets.clone(), name: b"a", ..Parsed::new(bytes) };
    let source = bytes.to_vec();
    let tables = program::tables(format, head, &source).expect("in memory");
    let large = Some((&source as &dyn Source, &tables));
    let large = Parsed { format, size, targets, large, name: b"a", ..Parsed::new(head) };
    let told = [look(&whole), look(&large)];
    assert!(large.failed().is_none());
    told
}

#[test]
fn what_is_too_large_to_be_held_is_told_all_the_same() {
    let mut told = 0;
    let mut changed: Vec<_> = programs();
    for (format, bytes) in programs() {
        let mut bytes = bytes;
        let last = bytes.len() - 1;
        // Signatures and checksums no longer match, nor is all of it padding.
        bytes[last] ^= 1;
        bytes[last / 2] ^= 1;
        bytes.extend([0; 100]);
        changed.push((format, bytes));
    }
    let slices: Vec<_> = changed.iter().filter(|(format, _)| *format == "mach-o").collect();
    let fat: Vec<_> = slices.iter().map(|(_, bytes)| ("mach-o-fat", fat(bytes))).collect();
    for (format, bytes) in changed.iter().chain(&fat) {
        let [whole, large] = whole_and_large(format, bytes);
        for (whole, large) in whole.iter().zip(&large) {
            assert_eq!(format!("{whole:?}"), format!("{large:?}"), "{format}");
        }
        told += whole.iter().map(|(_, hits, notes)| hits.listed.len() + notes.len()).sum::<usize>();
    }
    assert!(told > 100, "{told}");
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

/// Of a program that could not be opened again only the first bytes are there.
#[test]
fn what_needs_all_bytes_is_not_told_of_some() {
    for (format, bytes) in programs() {
        let (head, size) = (&bytes[..bytes.len() / 2], bytes.len() as u64);
        let parsed = Parsed { format, size, name: b"a", ..Parsed::new(head) };
        for (name, hits, _) in look(&parsed) {
            let needs_all = ["binary-checksum", "binary-signature", "binary-trailing-data"];
            assert!(!needs_all.contains(&name) || hits.listed.is_empty(), "{name}: {hits:?}");
        }
    }
}

#[test]
fn every_slice_of_a_fat_program_is_judged() {
    let programs = programs();
    let is_signed = |bytes: &[u8]| bytes.windows(4).any(|magic| magic == b"\xfa\xde\x0c\xc0");
    let mut signed = programs.iter().filter(|(_, bytes)| is_signed(bytes));
    let (format, bytes) = signed.rfind(|(format, _)| *format == "mach-o").expect("one");
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
        let format = if is_fat { "mach-o-fat" } else { format };
        judge(format, &bytes, 0);
        whole_and_large(format, &bytes);
    }
}
