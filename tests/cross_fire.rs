//! All rules over all that the repository has to judge: every example of every rule and every fixture,
//! each checked by itself as an artifact. What fires beyond what it was made for is listed in
//! `testdata/cross-fire.txt`; `PREMASTER_BLESS=1 cargo test --test cross_fire` renews it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use premaster::config::{Config, Level, RuleSetting};
use premaster::engine::{Case, Judge, Settings, judge_case};
use premaster::model::{Class, Declared, Finding, Severity, Value, field};
use premaster::pipeline::{self, Request};
use premaster::rules::detectors::Look;
use premaster::rules::{Catalogue, Example, ExampleEntry, Matcher, Rule};
use premaster::walk::Options;

/// The day of examples: 2026-01-01T00:00:00Z.
const NOW: i64 = 1_767_225_600;
/// Folders that are one artifact each.
const WHOLE: [&str; 4] = ["clean", "links/sound", "links/broken", "story/source"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> io::Result<Vec<u8>> {
    fs::read(root().join(file))
}

/// What the list says of itself.
const HEAD: &str = "\
# What fires when all rules look at one thing alone, beyond what that was made for: at an example of a rule
# (its id and number) every other rule, and `-` the rule itself if it is to hit and has no such artifact to
# hit in; at a fixture every rule. What is not listed fires as it says: an example its own rule or none, a
# fixture none. Made by `PREMASTER_BLESS=1 cargo test --test cross_fire`, and read as code.
";

/// What is judged by itself.
enum Subject {
    /// The n-th example of a rule.
    Example(&'static Rule, usize),
    /// A file or folder of the repository.
    Fixture(PathBuf),
}

fn subjects() -> Vec<Subject> {
    let mut all = Vec::new();
    for rule in Catalogue::built_in().iter() {
        let numbers = 0..rule.examples.len();
        all.extend(numbers.map(|number| Subject::Example(rule, number)));
    }
    fixtures(&root().join("testdata"), &mut all);
    all
}

/// Artifacts of a folder, in order.
fn fixtures(folder: &Path, all: &mut Vec<Subject>) {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let beside = [".golden", ".sha256", ".txt", ".md", ".toml", ".sh"];
        let is_beside = beside.iter().any(|end| name.ends_with(end));
        if WHOLE.iter().any(|whole| path.ends_with(whole)) {
            all.push(Subject::Fixture(path));
        } else if path.is_dir() {
            if !["reports", "schemas"].contains(&name.as_str()) {
                fixtures(&path, all);
            }
        } else if !is_beside && !name.starts_with("RECIPE") {
            all.push(Subject::Fixture(path));
        }
    }
}

/// One thread's settings: the slow part of a check of a few bytes is to start others.
fn options() -> Options {
    Options { threads: 1, ..Options::default() }
}

/// The rules that say something.
fn fired(findings: &[Finding]) -> BTreeSet<String> {
    findings.iter().map(|finding| finding.rule.clone()).collect()
}

fn check(request: &Request) -> BTreeSet<String> {
    let request = Request { options: options(), now: NOW, ..request.clone() };
    let checked = pipeline::check(&request);
    fired(&checked.unwrap_or_else(|error| panic!("{request:?}: {error}")).outcome.findings)
}

/// All rules over an example; none where what it shows cannot lie in an artifact that stands alone.
fn judge(rule: &Rule, example: &Example) -> Option<BTreeSet<String>> {
    let Example { waiver, change, view, .. } = example;
    let is_of_bytes = matches!(&rule.matcher, Matcher::Detector(detector)
        if matches!(detector.look, Look::Bytes(_) | Look::Gap(_)));
    if is_of_bytes || waiver.is_some() || change.is_some() || view.is_some() {
        return None;
    }
    if example.declared.is_some() || example.resource.is_some() || example.approved.is_some() {
        return Some(judge_declared(example));
    }
    let mut oldest = example.facts.clone();
    let named = oldest.remove("arch").unwrap_or_default();
    let mut config = Config { oldest, ..Config::default() };
    if rule.opt_in {
        config.rules.push(RuleSetting {
            id: rule.id.clone(),
            level: Some(match rule.severity {
                Severity::Note => Level::Note,
                Severity::Warning => Level::Warning,
                Severity::Error => Level::Error,
            }),
            ..RuleSetting::default()
        });
    }
    let mut file = tempfile::Builder::new().suffix(".tar").tempfile().expect("a temporary file");
    file.write_all(&tar(example)).expect("writable");
    let request = Request {
        targets: example.targets.clone(),
        architectures: named.split_whitespace().map(str::to_owned).collect(),
        ..Request::of(file.path().to_path_buf().into(), config)
    };
    let mut fired = check(&request);
    if !example.paths().is_empty() {
        // Of an example about names nothing else is known.
        fired.remove("integrity/empty-file");
    }
    Some(fired)
}

/// All rules over a content of which a container would say something.
fn judge_declared(example: &Example) -> BTreeSet<String> {
    let bytes = example.bytes().expect("it has some");
    let resource = example.resource.as_ref();
    let declared = match example.declared.as_deref() {
        _ if resource.is_some() => Declared::TextRecords("macintosh"),
        Some("utf-8") => Declared::Text("utf-8"),
        Some("macintosh") => Declared::Text("macintosh"),
        Some(_) => Declared::Binary,
        None => Declared::Nothing,
    };
    let case = Case {
        name: example.name.as_deref().unwrap_or("example").as_bytes(),
        bytes: &bytes,
        declared,
        resource: resource.map(|kind| kind.as_bytes().try_into().expect("four bytes")),
        approved: example.approved.as_deref().and_then(Class::named),
    };
    let settings = Settings { targets: example.targets.clone(), ..Settings::default() };
    let judge = Judge::new(Catalogue::built_in(), &settings);
    fired(&judge_case(&judge, &case).expect("memory"))
}

/// What an example tells of, as entries.
fn entries(example: &Example) -> Vec<(Vec<u8>, Vec<u8>, ExampleEntry)> {
    let own = example.entries.iter().map(|entry| {
        let data = entry.file.as_ref().map(|file| read(file).expect("its file"));
        let data = data.or_else(|| entry.bytes()).unwrap_or_default();
        (entry.path.clone().into_bytes(), data, entry.clone())
    });
    let named = example.paths().into_iter().map(|path| (path, Vec::new(), ExampleEntry::default()));
    let mut all: Vec<_> = own.chain(named).collect();
    if all.is_empty() {
        let file = example.file.as_ref().or(example.base.as_ref());
        let file = file.and_then(|file| Path::new(file).file_name()?.to_str());
        let name = example.name.as_deref().or(file).unwrap_or("example").as_bytes().to_vec();
        let content = example.content(&read).expect("its file").unwrap_or_default();
        all.push((name, content, ExampleEntry::default()));
    }
    all
}

/// A tar archive of entries with all that is told of them.
fn tar(example: &Example) -> Vec<u8> {
    let mut out = Vec::new();
    for (path, data, entry) in entries(example) {
        let is_program = [&b"#!"[..], b"\xef\xbb\xbf#!", b"\xff\xfe#\0!", b"\x7fELF"]
            .iter()
            .any(|it| data.starts_with(it));
        let (kind, mode) = match (&entry.target, path.ends_with(b"/")) {
            (Some(_), _) => (b'2', "777"),
            (None, true) => (b'5', "755"),
            (None, false) => (b'0', if is_program { "755" } else { "644" }),
        };
        let modified =
            entry.modified.as_ref().map(|text| Value::printed(field::MTIME, text.clone()));
        let date = match modified {
            Some(Value::Time { seconds, .. }) => seconds,
            _ => NOW - 1000,
        };
        let mode = entry.mode.as_deref().unwrap_or(mode);
        if path.len() > 100 {
            out.extend(header(b"././@LongLink", path.len(), b'L', &[]));
            padded(&mut out, &path);
        }
        let name = &path[..path.len().min(100)];
        let target = entry.target.clone().unwrap_or_default();
        out.extend(header(
            name,
            data.len(),
            kind,
            &[
                (100, format!("{mode:0>7}")),
                (108, format!("{:07o}", entry.owner.unwrap_or(0))),
                (116, format!("{:07o}", entry.group.unwrap_or(0))),
                (136, format!("{date:011o}")),
                (157, target),
            ],
        ));
        padded(&mut out, &data);
    }
    out.extend([0; 1024]);
    out
}

fn padded(out: &mut Vec<u8>, data: &[u8]) {
    out.extend_from_slice(data);
    out.resize(out.len().next_multiple_of(512), 0);
}

fn header(name: &[u8], size: usize, kind: u8, fields: &[(usize, String)]) -> [u8; 512] {
    let mut block = [0; 512];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name);
    put(124, format!("{size:011o}").as_bytes());
    put(148, b"        ");
    put(156, &[kind]);
    put(257, b"ustar  ");
    for (at, text) in fields {
        put(*at, text.as_bytes());
    }
    let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// What a subject is called in the list, what it should fire, and what fires.
fn told(subject: &Subject) -> (String, BTreeSet<String>, BTreeSet<String>) {
    match subject {
        Subject::Example(rule, number) => {
            let example = &rule.examples[*number];
            let own = example.hit.then(|| rule.id.clone()).into_iter().collect();
            let name = format!("{} {}", rule.id, number + 1);
            let fired = judge(rule, example);
            (name, BTreeSet::clone(&own), fired.unwrap_or(own))
        }
        Subject::Fixture(path) => {
            let name = path.strip_prefix(root()).expect("of the repository");
            let request = Request::of(path.clone().into(), Config::default());
            (name.to_string_lossy().into_owned(), BTreeSet::new(), check(&request))
        }
    }
}

#[test]
fn what_fires_is_what_is_expected() {
    let subjects = subjects();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut lines = Vec::new();
        while let Some(subject) = subjects.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (name, expected, fired) = told(subject);
            let missing = expected.difference(&fired).map(|rule| format!("-{rule}"));
            let more = fired.difference(&expected).cloned();
            let differing: Vec<_> = missing.chain(more).collect();
            if !differing.is_empty() {
                lines.push(format!("{name}: {}\n", differing.join(" ")));
            }
        }
        lines
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut lines: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    lines.sort();
    let file = root().join("testdata/cross-fire.txt");
    let text = HEAD.to_owned() + &lines.concat();
    if std::env::var_os("PREMASTER_BLESS").is_some() {
        fs::write(&file, text).expect("writable");
        return;
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    let (old, new): (BTreeSet<_>, BTreeSet<_>) =
        (expected.lines().collect(), text.lines().collect());
    let mut differences = String::new();
    for (sign, lines) in [('-', old.difference(&new)), ('+', new.difference(&old))] {
        for line in lines {
            let _ = writeln!(differences, "{sign} {line}");
        }
    }
    assert!(
        differences.is_empty(),
        "{} differs (PREMASTER_BLESS=1 renews it):\n{differences}",
        file.display()
    );
}
