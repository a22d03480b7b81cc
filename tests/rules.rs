//! The catalogue: every example of every rule, files that must give no findings, and that the table
//! of detectors, their folder, the readers and `rules/` agree.

use std::fs;
use std::path::{Path, PathBuf};

use premaster::engine::{Case, Judge, Settings, check_example, judge_case, needs_reader};
use premaster::model::{Declared, Finding, Severity};
use premaster::rules::detectors::DETECTORS;
use premaster::rules::targets::page;
use premaster::rules::{Catalogue, Matcher, Targets, explain};
use proptest::prelude::*;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            found.extend(files_below(&path, end));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn judge(judge: &Judge<'_>, case: &Case<'_>) -> Vec<Finding> {
    judge_case(judge, case).expect("memory")
}

#[test]
fn every_example_does_what_it_says() {
    let catalogue = Catalogue::built_in();
    let read = |file: &str| fs::read(root().join(file));
    for rule in catalogue.iter().filter(|rule| !needs_reader(rule)) {
        assert!(!rule.remedy.is_empty() && !rule.why.is_empty(), "{}", rule.file);
        for (number, example) in rule.examples.iter().enumerate() {
            let done = check_example(catalogue, rule, example, &read);
            assert_eq!(done, Ok(()), "{}, example {}", rule.file, number + 1);
        }
    }
}

#[test]
fn the_catalogue_is_in_order() {
    let catalogue = Catalogue::built_in();
    let mut files = files_below(&root().join("rules"), ".toml");
    files.retain(|file| !file.starts_with(root().join("rules/targets")));
    assert_eq!(catalogue.iter().len(), files.len());
    for rule in catalogue.iter() {
        assert_eq!(rule.file, format!("rules/{}.toml", rule.id), "a file is named after its rule");
        let page = explain(rule);
        assert!(page.starts_with(&rule.id) && page.contains("\nWhy\n"), "{page}");
        assert!(!page.bytes().any(|b| b < 0x20 && b != b'\n'), "{page}");
    }
}

#[test]
fn targets_are_in_order() {
    let files = files_below(&root().join("rules/targets"), ".toml");
    assert_eq!(Targets::built_in().iter().len(), files.len());
    for target in Targets::built_in().iter() {
        let name = &target.name;
        assert_eq!(target.file, format!("rules/targets/{name}.toml"), "a file is named after it");
        assert!(name.len() + 2 + target.title.len() <= 80, "the list fits a terminal: {name}");
        let page = page(target);
        assert!(page.starts_with(name) && page.contains("\nReferences\n"), "{page}");
        let long = page.lines().find(|line| line.chars().count() > 80 && line.contains("  "));
        assert_eq!(long, None, "{name}");
        assert!(!page.bytes().any(|b| b < 0x20 && b != b'\n'), "{page}");
        for text in target.references.iter().chain(target.controls.values()) {
            assert!(text.len() > 6 && !text.contains('\n'), "{name}: {text:?}");
        }
    }
}

#[test]
fn detectors_their_folder_and_the_rules_agree() {
    let mut listed: Vec<_> =
        DETECTORS.iter().map(|detector| detector.name.replace('-', "_")).collect();
    listed.sort();
    let folder = files_below(&root().join("src/rules/detectors"), ".rs");
    let files: Vec<_> = folder
        .iter()
        .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
        .filter(|name| name != "mod")
        .collect();
    assert_eq!(listed, files);
    for detector in DETECTORS {
        let used = Catalogue::built_in().iter().any(
            |rule| matches!(rule.matcher, Matcher::Detector(named) if named.name == detector.name),
        );
        // Readers bring their rules with them.
        assert!(used || detector.name == "reader", "no rule uses {}", detector.name);
    }
}

#[test]
fn every_defect_that_a_reader_names_has_its_rule() {
    let mut named = std::collections::BTreeSet::new();
    for file in files_below(&root().join("src/readers"), ".rs") {
        let text = fs::read_to_string(&file).expect("readable");
        for (_, rest) in text.match_indices("\"structure/").map(|(at, _)| text.split_at(at + 1)) {
            let id = rest.split('"').next().unwrap_or_default().to_owned();
            assert!(
                Catalogue::built_in().get(&id).is_some(),
                "{} names {id}, and rules/{id}.toml is not there",
                file.display()
            );
            named.insert(id);
        }
    }
    for rule in Catalogue::built_in().iter().filter(|rule| rule.family() == "structure") {
        assert!(named.contains(&rule.id), "no reader names {}", rule.id);
    }
}

#[test]
fn clean_files_give_no_findings() {
    let settings = Settings::default();
    let all = Judge::new(Catalogue::built_in(), &settings);
    let mut seen = 0;
    for path in files_below(&root().join("testdata/clean"), "") {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        if name.starts_with("RECIPE") {
            continue;
        }
        let bytes = fs::read(&path).expect("readable");
        assert!(bytes.len() <= 64 << 10, "{name} is too large");
        // `x.macintosh.txt`: what a container would declare is part of the name.
        let declared = if name.contains(".macintosh.") {
            Declared::Text("macintosh")
        } else {
            Declared::Nothing
        };
        let case =
            Case { name: name.as_bytes(), bytes: &bytes, declared, resource: None, approved: None };
        let found = judge(&all, &case);
        assert!(found.is_empty(), "{name}: {found:#?}");
        seen += 1;
    }
    assert!(seen >= 12, "{seen} clean files");
}

#[test]
fn settings_change_severity_and_switch_off() {
    let case = Case {
        name: b"a.txt",
        bytes: b"Free\x04",
        declared: Declared::Nothing,
        resource: None,
        approved: None,
    };
    let severity = |settings: &Settings| {
        let found = judge(&Judge::new(Catalogue::built_in(), settings), &case);
        found.first().map(|finding| finding.severity)
    };
    let mut settings = Settings::default();
    assert_eq!(severity(&settings), Some(Severity::Error));
    settings.severities.insert("text/eot-at-end".into(), Severity::Note);
    assert_eq!(severity(&settings), Some(Severity::Note));
    settings.disabled.insert("text/eot-at-end".into());
    assert_eq!(severity(&settings), None);
    settings.disabled.insert("text/eot".into());
    let unknown: Vec<_> = settings.unknown_rules(Catalogue::built_in()).collect();
    assert_eq!(unknown, ["text/eot"]);
}

#[test]
fn many_hits_are_counted() {
    let bytes = "words\u{7}\n".repeat(1000);
    let case = Case {
        name: b"a.txt",
        bytes: bytes.as_bytes(),
        declared: Declared::Text("macintosh"),
        resource: None,
        approved: None,
    };
    let settings = Settings::default();
    let found = judge(&Judge::new(Catalogue::built_in(), &settings), &case);
    let bells: Vec<_> = found.iter().filter(|f| f.rule == "text/bell").collect();
    assert_eq!(bells.iter().map(|f| 1 + f.more).sum::<u64>(), 1000);
    assert!(bells.len() <= 16);
    let prints: std::collections::HashSet<_> = bells.iter().map(|f| f.fingerprint()).collect();
    assert_eq!(prints.len(), bells.len());
}

/// Bytes in which texts, records and controls meet.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        3 => prop::collection::vec(any::<u8>(), 0..12),
        3 => "[ -~\n]{0,40}".prop_map(String::into_bytes),
        1 => prop::sample::select(vec![&b"\x04"[..], b"\x1b[0m", b"\r\n", b"\xff\xfe", b"\0\x02"])
            .prop_map(<[u8]>::to_vec),
        1 => Just("®\u{85}\u{feff}".as_bytes().to_vec()),
    ];
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn findings_lie_in_the_entry_and_are_bounded(
        bytes in content(),
        declared in prop::sample::select(vec![
            Declared::Nothing,
            Declared::Text("macintosh"),
            Declared::Text("utf-8"),
            Declared::Text("utf-16be"),
            Declared::TextRecords("macintosh"),
        ]),
        kind in prop::sample::select(vec![*b"STR ", *b"STR#", *b"vers", *b"MENU", *b"DITL", *b"CODE"]),
        name in prop::sample::select(vec![&b"a.txt"[..], b"a", b"a.ans", b"a.c"]),
    ) {
        let settings = Settings::default();
        let all = Judge::new(Catalogue::built_in(), &settings);
        let case = Case { name, bytes: &bytes, declared, resource: Some(kind), approved: None };
        let found = judge(&all, &case);
        let mut prints = std::collections::HashSet::new();
        let mut counts = std::collections::HashMap::new();
        for finding in &found {
            prop_assert!(prints.insert(finding.fingerprint()));
            let count = counts.entry(finding.rule.clone()).or_insert(0);
            *count += 1;
            prop_assert!(*count <= 16);
            let Some(offset) = finding.offset else { continue };
            prop_assert!(offset + finding.length <= bytes.len() as u64);
            let evidence = finding.evidence.as_ref().expect("a hit shows its bytes");
            let start = evidence.start as usize;
            prop_assert_eq!(&evidence.bytes[..], &bytes[start..start + evidence.bytes.len()]);
            prop_assert!(evidence.bytes.len() <= 32);
        }
        prop_assert!(found.is_sorted_by_key(|finding| finding.offset));
    }
}
