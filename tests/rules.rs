//! The catalogue: every example of every rule, files that must give no findings, and that the table
//! of detectors, their folder, the readers and `rules/` agree.

use std::fs;
use std::path::{Path, PathBuf};

use premaster::engine::{Case, Judge, Settings, Sight, check_example, judge_case, needs_reader};
use premaster::inspect::recognise;
use premaster::model::{
    Container, ContainerId, ContentId, ContentPlace, Declared, Finding, Kind, Manifest, NewNode,
    Severity, Stored, Volume,
};
use premaster::rules::detectors::DETECTORS;
use premaster::rules::detectors::Look;
use premaster::rules::faults::FaultKind;
use premaster::rules::parsed::Parsed;
use premaster::rules::targets::page;
use premaster::rules::{Catalogue, Fix, Matcher, Name, Targets, explain};
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
    let mut wrong = Vec::new();
    for rule in catalogue.iter().filter(|rule| !needs_reader(rule)) {
        assert!(!rule.remedy.is_empty() && !rule.why.is_empty(), "{}", rule.file);
        for (number, example) in rule.examples.iter().enumerate() {
            if let Err(why) = check_example(catalogue, rule, example, &read) {
                wrong.push(format!("{}, example {}: {why}", rule.file, number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
fn a_rule_that_removes_files_says_which() {
    let catalogue = Catalogue::built_in();
    for rule in catalogue.iter().filter(|rule| rule.fix == Some(Fix::Remove)) {
        assert!(!rule.fix_names.is_empty(), "{}", rule.file);
    }
    for (lines, is_sound) in [
        ("fix = \"remove\"\nfix-names = [\"*.tmp\"]", true),
        ("fix = \"remove\"\nfix-names = []", false),
        ("fix = \"delete\"\nfix-names = [\"*.tmp\"]", false),
        ("fix-names = [\"*.tmp\"]", false),
    ] {
        let text = format!("id = \"house/a\"\nextends = \"leftovers/backup\"\n{lines}\n");
        let loaded = catalogue.with(&[("a.toml", &text)]);
        assert_eq!(loaded.is_ok(), is_sound, "{lines}");
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

/// A tree whose files, all at the root, have these names.
fn tree(names: &[Vec<u8>]) -> Manifest {
    let mut volume = Volume::new("directory");
    let view = volume.add_view("directory", 50);
    for name in names {
        let kind = Kind::File;
        let facts = Vec::new();
        volume.add_node(NewNode { view, parent: None, name, kind, content: None, facts });
    }
    Manifest {
        containers: vec![Container::new(None, 0, vec![volume], Vec::new())],
        ..Manifest::default()
    }
}

/// Findings about names, with every target named.
fn judge_names(manifest: &Manifest) -> Vec<Finding> {
    let targets = Targets::built_in().iter().map(|target| target.name.clone()).collect();
    let settings = Settings { targets, ..Settings::default() };
    let judge = Judge::new(Catalogue::built_in(), &settings);
    judge.names(manifest, &Sight::of(manifest, &settings))
}

/// Findings of `target` about a disc with the same bad name in these views.
fn judged_in(views: &[&'static str], target: &str, globs: Option<&str>) -> Vec<String> {
    let mut volume = Volume::new("disc");
    for name in views {
        let view = volume.add_view(name, 10);
        let new = NewNode {
            view,
            parent: None,
            name: b"what?:",
            kind: Kind::File,
            content: None,
            facts: Vec::new(),
        };
        volume.add_node(new);
    }
    let container = Container::new(None, 0, vec![volume], Vec::new());
    let manifest = Manifest { containers: vec![container], ..Manifest::default() };
    let mut settings = Settings { targets: vec![target.to_owned()], ..Settings::default() };
    settings.bound.extend(globs.map(|glob| (target.to_owned(), vec![glob.to_owned()])));
    let judge = Judge::new(Catalogue::built_in(), &settings);
    let found = judge.names(&manifest, &Sight::of(&manifest, &settings));
    found.iter().map(|finding| finding.path.to_string()).collect()
}

#[test]
fn a_target_sees_its_own_views_and_all_where_it_has_none() {
    // The first of the best views is the default, which has no name.
    for (views, target, globs, expected) in [
        (&["hfs", "iso", "joliet", "rr"][..], "windows", None, &["!joliet/what?:"][..]),
        (&["hfs", "iso", "joliet", "rr"], "classic-mac", None, &["what?:"]),
        (&["rr", "iso"], "windows", None, &["!iso/what?:"]),
        (&["zip"], "windows", None, &["what?:"]),
        (&["hfs", "rr"], "windows", None, &["what?:", "!rr/what?:"]),
        (&["hfs", "rr"], "joliet", None, &["what?:", "!rr/what?:"]),
        (&["hfs", "joliet"], "hfs", None, &["what?:"]),
        (&["hfs", "joliet", "rr"], "windows", Some("!rr/**"), &["!rr/what?:"]),
    ] {
        assert_eq!(judged_in(views, target, globs), expected, "{target} in {views:?}");
    }
}

#[test]
fn a_content_is_judged_for_the_targets_that_see_a_name_of_it() {
    let mut volume = Volume::new("disc");
    let views = [volume.add_view("hfs", 10), volume.add_view("joliet", 10)];
    // The first content is in both trees, the others in one each.
    for (content, view) in [(0, 0), (0, 1), (1, 0), (2, 1)] {
        let id = match volume.contents.get(content) {
            Some(_) => ContentId(content as u32),
            None => volume.add_content(Stored::default()),
        };
        let name = format!("name-{content}");
        volume.add_node(NewNode {
            view: views[view],
            parent: None,
            name: name.as_bytes(),
            kind: Kind::File,
            content: Some(id),
            facts: Vec::new(),
        });
    }
    let disc = Container::new(None, 0, vec![volume], Vec::new());
    // The second content, in the HFS tree alone, is an archive.
    let mut volume = Volume::new("zip");
    let view = volume.add_view("zip", 50);
    let content = Some(volume.add_content(Stored::default()));
    let (kind, facts) = (Kind::File, Vec::new());
    volume.add_node(NewNode { view, parent: None, name: b"a", kind, content, facts });
    let (container, content) = (ContainerId(0), ContentId(1));
    let inside = Some(ContentPlace { container, volume: 0, content });
    let archive = Container::new(inside, 0, vec![volume], Vec::new());
    let manifest = Manifest { containers: vec![disc, archive], ..Manifest::default() };
    let both = ["classic-mac", "windows"].map(str::to_owned);
    let settings = Settings { targets: both.to_vec(), ..Settings::default() };
    let sight = Sight::of(&manifest, &settings);
    for (container, content, expected) in
        [(0, 0, &both[..]), (0, 1, &both[..1]), (0, 2, &both[1..]), (1, 0, &both[..1])]
    {
        let (container, content) = (ContainerId(container), ContentId(content));
        let place = ContentPlace { container, volume: 0, content };
        let path = manifest.content_path(place);
        assert_eq!(sight.of_content(place, &path), expected, "{content:?}");
    }
}

#[test]
fn a_flood_of_bad_names_is_counted_and_not_listed() {
    let names: Vec<_> = (0..5000).map(|n| format!("what? {n:04}").into_bytes()).collect();
    let found = judge_names(&tree(&names));
    let of = |target: &str| {
        let mine = found.iter().filter(|finding| {
            finding.rule == "names/forbidden-character" && finding.target.as_deref() == Some(target)
        });
        (mine.clone().count() as u64, mine.map(|finding| 1 + finding.more).sum::<u64>())
    };
    assert_eq!(of("windows"), (200, 5000));
    assert_eq!(of("linux"), (0, 0));
}

#[test]
fn detectors_their_folder_and_the_rules_agree() {
    let mut listed: Vec<_> =
        DETECTORS.iter().map(|detector| detector.name.replace('-', "_")).collect();
    listed.sort();
    let folder = files_below(&root().join("src/rules/detectors"), ".rs");
    let mut files: Vec<_> = folder
        .iter()
        .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
        .filter(|name| name != "mod")
        .collect();
    files.sort();
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
    let folder = root().join("testdata/clean");
    for path in files_below(&folder, "") {
        let name = path.strip_prefix(&folder).expect("below it").to_string_lossy().into_owned();
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
        let mut found = judge(&all, &case);
        // Inputs that a fuzzer kept are made to be odd, but are no reason to stop a release.
        found.retain(|one| one.severity == Severity::Error || !name.starts_with("corpus/"));
        assert!(found.is_empty(), "{name}: {found:#?}");
        seen += 1;
    }
    assert!(seen >= 60, "{seen} clean files");
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

/// Files of formats that are walked, each sound, with what they are recognised as.
fn sound_files() -> Vec<(String, &'static str, Vec<u8>)> {
    let files = files_below(&root().join("testdata/integrity"), "");
    let files = files.into_iter().filter(|file| !file.ends_with("RECIPE.sh"));
    files
        .map(|file| {
            let bytes = fs::read(&file).expect("readable");
            assert!(bytes.len() <= 4096, "{}", file.display());
            let name = file.file_name().expect("a file").to_string_lossy().into_owned();
            let size = bytes.len() as u64;
            let format = recognise(&bytes, &bytes, size, name.as_bytes()).unwrap_or_default();
            (name, format, bytes)
        })
        .collect()
}

#[test]
fn a_sound_file_has_no_faults_however_much_of_its_middle_is_not_at_hand() {
    let files = sound_files();
    assert!(files.len() >= 16, "{}", files.len());
    for (name, format, bytes) in &files {
        assert!(Parsed { format, ..Parsed::new(bytes) }.faults().is_empty(), "{name}");
        // A window is far wider than any header.
        for head in (64..bytes.len()).step_by(7) {
            let (start, tail) = bytes.split_at(head);
            let tail = &tail[tail.len() / 2..];
            if tail.len() < 32 {
                continue;
            }
            let size = bytes.len() as u64;
            let parsed = Parsed { format, tail, size, ..Parsed::new(start) };
            let told = |kind| matches!(kind, FaultKind::Trailing | FaultKind::Unread);
            let broken = parsed.faults().iter().find(|fault| !told(fault.kind));
            assert_eq!(broken, None, "{name}, the first {head} bytes");
            let unread = parsed.faults().iter().any(|fault| fault.kind == FaultKind::Unread);
            assert!(unread, "{name}: it is said that the middle was not looked at");
        }
    }
}

#[test]
fn what_is_made_to_take_long_does_not() {
    let long = |unit: &str| unit.repeat((4 << 20) / unit.len());
    let mut table = b"xref\n".to_vec();
    table.extend(long("0 0 ").into_bytes());
    table.extend(b"\nstartxref\n0\n%%EOF\n");
    // Every table of this font is all of it.
    let mut font = b"\0\x01\0\0\xff\xff\0\0\0\0\0\0".to_vec();
    for index in 0..65_535u32 {
        font.extend(
            [b"abcd", &index.to_be_bytes()[..], &[0; 4], &(4u32 << 20).to_be_bytes()].concat(),
        );
    }
    font.resize(4 << 20, 1);
    // Every string of this catalogue is the rest of it.
    let mut catalogue = [0x9504_12deu32, 0, 200_000, 28, 28, 0, 0].map(u32::to_le_bytes).concat();
    for _ in 0..200_000 {
        catalogue.extend([(2u32 << 20).to_le_bytes(), (2u32 << 20).to_le_bytes()].concat());
    }
    catalogue.resize((4 << 20) + 1, b'x');
    catalogue.push(0);
    let start = std::time::Instant::now();
    for (name, format, bytes) in [
        ("a.pdf", "pdf", table),
        ("a.ttf", "truetype", font),
        ("a.mo", "gettext-mo", catalogue),
        ("a.json", "", long("[").into_bytes()),
        ("a.json", "", (long("{\"a\":1,") + "}").into_bytes()),
        ("a.xml", "xml", long("<a>").into_bytes()),
        ("a.xml", "xml", ("<a ".to_owned() + &long("b='' ")).into_bytes()),
        ("a.toml", "", long("a.").into_bytes()),
        ("a.toml", "", ("a = ".to_owned() + &long("[")[..1 << 19]).into_bytes()),
        ("a.yml", "", long("[")[..1 << 20].to_owned().into_bytes()),
        ("a.yml", "", long("- ")[..1 << 18].to_owned().into_bytes()),
        ("a.yml", "", (long("{{a}} ")[..1 << 20].to_owned() + "\n]").into_bytes()),
        ("a.xml", "xml", ("<a>".to_owned() + &long("{{ &a; ")[..1 << 20]).into_bytes()),
        ("a.xml", "xml", ("<a b='".to_owned() + &long("&")).into_bytes()),
        ("a.po", "", long("msgid \"\"\n").into_bytes()),
        ("a.strings", "", long("\"a\" = \"b\";\n").into_bytes()),
        ("a.strings", "", long("\"a\" = \"b\"; /* */ ").into_bytes()),
        ("a.rc", "", long("MENU BEGIN \" \n").into_bytes()),
        ("a.rc", "", long("MENU /* \n").into_bytes()),
        ("a.ini", "", long("[a]\nk=1\nk=2\n").into_bytes()),
        ("a.ini", "", long("[").into_bytes()),
    ] {
        let parsed = Parsed { name: name.as_bytes(), format, ..Parsed::new(&bytes) };
        assert!(parsed.faults().len() <= 64, "{name}");
    }
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
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
    /// The judge does not show plain names to rules that hold everywhere.
    #[test]
    fn plain_names_are_no_hit_anywhere(name in "[!-,.-~]([ -~]{0,20}[!-~])?") {
        let name = Name::new(name.as_bytes());
        prop_assert!(name.is_plain());
        for detector in DETECTORS {
            if let Look::Name(find) = detector.look {
                prop_assert_eq!(find(&name), None, "{}", detector.name);
            }
        }
    }

    #[test]
    fn any_names_are_judged_within_bounds(
        names in prop::collection::vec(prop_oneof![
            prop::collection::vec(any::<u8>(), 0..40),
            "[aAéE\u{301}.~1: -]{0,12}".prop_map(String::into_bytes),
            "\\PC{0,300}".prop_map(String::into_bytes),
        ], 0..12),
    ) {
        let found = judge_names(&tree(&names));
        let mut prints = std::collections::HashSet::new();
        for finding in &found {
            prop_assert!(prints.insert(finding.fingerprint()), "{finding:?}");
            prop_assert!(!finding.message.chars().any(char::is_control), "{}", finding.message);
        }
    }

    /// A format is walked without panic and in bounds, whatever became of the file.
    #[test]
    fn faults_lie_in_the_content(
        file in 0..64usize,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
        whole in any::<bool>(),
    ) {
        let files = sound_files();
        let (name, format, bytes) = &files[file % files.len()];
        let mut bytes = bytes.clone();
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let cut = cut.index(bytes.len() + 1);
        let size = bytes.len() as u64;
        let parsed = if whole {
            Parsed { format, name: name.as_bytes(), ..Parsed::new(&bytes[..cut]) }
        } else {
            let tail = &bytes[cut / 2 + bytes.len() / 2..];
            Parsed { format, tail, size, ..Parsed::new(&bytes[..cut]) }
        };
        for fault in parsed.faults() {
            prop_assert!(fault.at <= parsed.size, "{name}: {fault:?}");
            prop_assert!(fault.at + fault.length <= parsed.size, "{name}: {fault:?}");
        }
    }

    /// The same for texts.
    #[test]
    fn faults_lie_in_the_text(
        name in prop::sample::select(vec!["a.json", "a.xml", "a.svg", "a.toml", "a.yml", "a.properties", "a.po",
            "a.strings", "a.rc", "a.ini"]),
        pieces in prop::collection::vec(prop_oneof![
            "[ -~\n]{0,8}",
            prop::sample::select(vec![
                "{\"a\": 1, ", "\"a\": [", "]", "}", "<a b='c'>", "</a>", "<?xml version='1.0'?>",
                "<![CDATA[", "&x;", "\u{feff}", "é", "- [", "a: |\n", "\\u12", "[[a]]\n", "// x\n", ",", "\t",
                "msgid \"a\"\n", "msgstr[0] \"", "\"k\" = \"v", "\";", "/*", "MENU BEGIN\n", "END", "[a]\n", "k=1\n",
            ]).prop_map(str::to_owned),
        ], 0..24),
    ) {
        let text = pieces.concat();
        let format = if name == "a.xml" { "xml" } else { "" };
        let parsed = Parsed { name: name.as_bytes(), format, ..Parsed::new(text.as_bytes()) };
        for fault in parsed.faults() {
            prop_assert!(fault.at <= text.len() as u64, "{fault:?}");
        }
    }

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
