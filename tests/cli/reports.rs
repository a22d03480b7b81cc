//! Reports for other systems: goldens of the standard outcome, what goes where, and what a hostile
//! artifact cannot do to any of them.
//!
//! `PREMASTER_BLESS=1 cargo test --test cli reports` writes the goldens. `.ci/outputs` holds the same
//! reports against the schemas that are published for them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::support::{
    Scratch, assert_harmless, binary, gzip, premaster, root, run, tar, words, zip,
};

/// Every format of `check`, with the end of its golden's name.
const FORMATS: [(&str, &str); 8] = [
    ("human", "txt"),
    ("json", "json"),
    ("jsonl", "jsonl"),
    ("sarif", "sarif"),
    ("junit", "xml"),
    ("github", "github.txt"),
    ("gitlab", "gitlab.json"),
    ("markdown", "md"),
];
const STORY: &str = "check testdata/story/candidate.iso --against testdata/story/approved.iso \
                     --intent testdata/story/intent.toml";

/// A release with a finding that is old, one that is new, one deep in a container, two that are
/// accepted, a change that nobody declared, and a container that cannot be read.
fn release(scratch: &Scratch) {
    let inner = zip(&[(b"deep/ring.txt", b"a bell\x07 rings\n")]);
    scratch.file("release/app.zip", zip(&[(b"more/inner.zip", &inner), (b"Read me", b"Hello\n")]));
    scratch.file("release/old.txt", b"line one\nring\x07 ring\n");
    scratch.file("release/waived.txt", b"esc \x1b[1mbold\n");
    scratch.file("release/said.sh", b"# premaster: allow text/bell -- a test\nprintf '\x07'\n");
    scratch.file("release/notes.txt", b"Notes\n");
    scratch.file("premaster.toml", CONFIG);
    let mut command = binary();
    command.current_dir(scratch.path("."));
    command.args(["approve", "release", "--with-findings", "-o", "approved.jsonl"]);
    run(command).exits(0);
    scratch.file("release/notes.txt", b"Notes\nand more\n\x04");
    let mut broken = gzip(b"some text that is packed\n");
    broken.truncate(20);
    scratch.file("release/broken.gz", broken);
}

const CONFIG: &str = r#"[suppress]
allow = ["*.sh"]

[[waiver]]
rule = "text/escape-sequence"
path = "waived.txt"
reason = "terminal art"
owner = "release@example.com"
expires = 9999-01-31
"#;

/// The report of a check in a folder, in one format.
fn report(folder: &Path, line: &str, format: &str) -> String {
    let mut command = binary();
    command.current_dir(folder).args(line.split_whitespace()).args(["--format", format]);
    run(command).exits(1).out
}

/// What changes with every rule and version and is told apart from what reports are about.
fn settled(report: &str) -> String {
    let version = format!("ersion\": \"{}\"", env!("CARGO_PKG_VERSION"));
    let report = report.replace(&version, "ersion\": \"0.0.0\"");
    let lines = report.lines().map(|line| match line.split_once("\"rules\": \"") {
        Some((before, _)) => format!("{before}\"rules\": \"…\",\n"),
        None => format!("{line}\n"),
    });
    lines.collect()
}

#[test]
fn the_standard_outcomes_are_told_as_ever() {
    let scratch = Scratch::new();
    release(&scratch);
    let cases = [
        ("story", root().to_path_buf(), STORY.to_owned()),
        ("release", scratch.path("."), "check release --against approved.jsonl".to_owned()),
    ];
    for (name, folder, line) in &cases {
        for (format, end) in FORMATS.into_iter().skip(3) {
            let report = settled(&report(folder, line, format));
            let golden = root().join(format!("testdata/reports/{name}.{end}"));
            if std::env::var_os("PREMASTER_BLESS").is_some() {
                fs::write(&golden, report).expect("written");
                continue;
            }
            let expected = fs::read_to_string(&golden)
                .unwrap_or_else(|error| panic!("{}: {error}", golden.display()));
            assert!(report == expected, "{} is another now:\n{report}", golden.display());
        }
    }
}

#[test]
fn sarif_tells_what_is_new_what_is_accepted_and_what_was_not_read() {
    let scratch = Scratch::new();
    release(&scratch);
    let line = "check release --against approved.jsonl";
    let text = report(&scratch.path("."), line, "sarif");
    let log: Value = serde_json::from_str(&text).expect("JSON");
    let run = &log["runs"][0];
    let results = run["results"].as_array().expect("results");
    let of = |rule: &str, path: &str| {
        let is_it = |result: &&Value| {
            result["ruleId"] == rule
                && result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == path
        };
        results.iter().find(is_it).unwrap_or_else(|| panic!("no {rule} at {path} in {text}"))
    };
    let eot = of("text/eot-at-end", "notes.txt");
    assert_eq!((&eot["baselineState"], &eot["level"]), (&"new".into(), &"error".into()));
    let place = &eot["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "release/notes.txt");
    let region = &place["region"];
    assert_eq!((&region["byteOffset"], &region["startLine"]), (&15.into(), &3.into()));
    assert_eq!(of("text/bell", "old.txt")["baselineState"], "unchanged");
    assert_eq!(of("text/bell", "old.txt")["suppressions"], Value::Array(Vec::new()));
    for (path, rule, kind) in
        [("waived.txt", "text/escape-sequence", "external"), ("said.sh", "text/bell", "inSource")]
    {
        assert_eq!(of(rule, path)["suppressions"][0]["kind"], kind);
    }
    of("change/undeclared", "notes.txt");
    // The nested one lies in an artifact that lies in an artifact.
    let deep = of("text/bell", "app.zip!/more/inner.zip!/deep/ring.txt");
    let mut index = deep["locations"][0]["physicalLocation"]["artifactLocation"]["index"].clone();
    let mut uris = Vec::new();
    while let Some(artifact) = index.as_u64().map(|index| &run["artifacts"][index as usize]) {
        uris.push(artifact["location"]["uri"].as_str().expect("text").to_owned());
        index = artifact["parentIndex"].clone();
    }
    assert_eq!(uris, ["/deep/ring.txt", "/more/inner.zip", "release/app.zip"]);
    // Every rule that a result names is described, at the place that it says.
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("a number") as usize;
        let rule = &run["tool"]["driver"]["rules"][index];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["help"]["markdown"].as_str().is_some_and(|text| text.len() > 20), "{rule}");
    }
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["exitCode"], 1);
    let notes = invocation["toolExecutionNotifications"].as_array().expect("a list");
    assert!(notes.iter().any(|note| note.to_string().contains("broken.gz")), "{notes:?}");
}

#[test]
fn several_reports_go_to_their_places() {
    let scratch = Scratch::new();
    let place = |format: &str| format!("{format}={}", scratch.path(format).display());
    let mut args: Vec<String> = STORY.split_whitespace().map(str::to_owned).collect();
    for (format, _) in FORMATS {
        args.extend(["--format".to_owned(), place(format)]);
    }
    args.extend(["--color", "always"].map(str::to_owned));
    let shown = premaster(&args).exits(1).says(&["BLOCKED"]);
    assert!(shown.out.contains("\x1b["), "colors are for the terminal");
    for (format, _) in FORMATS {
        let bytes = fs::read(scratch.path(format)).expect("written");
        assert_harmless(&bytes);
        let one = report(root(), STORY, format);
        assert_eq!(String::from_utf8(bytes).expect("UTF-8"), one, "{format}");
    }
    let twice = [args.as_slice(), &["--format".to_owned(), place("json")]].concat();
    premaster(&twice).exits(2).complains(&["two reports cannot both be written to"]);
    // Nothing is left beside them.
    assert_eq!(fs::read_dir(scratch.path(".")).expect("a folder").count(), FORMATS.len());
}

/// Machine output has no absolute path, and what is told of the artifact has its name.
#[test]
fn an_artifact_is_named_and_its_folders_are_not() {
    let scratch = Scratch::new();
    scratch.file("build/good/a.txt", "fine\n");
    scratch.file("build/bad/a.txt", b"fine\n\x04");
    let folder = scratch.path("build").display().to_string();
    for (name, code) in [("good", 0), ("bad", 1)] {
        for (format, _) in FORMATS.into_iter().skip(1) {
            let path = format!("{folder}/{name}");
            let ran = premaster(["check", &path, "--format", format]).exits(code);
            assert!(!ran.out.contains(&folder), "{format}: {}", ran.out);
            let is_named = ran.out.contains(name) || format == "gitlab" && code == 0;
            assert!(is_named, "{format}: {}", ran.out);
        }
    }
    let good = premaster(["check", &format!("{folder}/good"), "--format", "junit"]).exits(0);
    assert_eq!(good.out.matches(">good: no errors").count(), 2, "{}", good.out);
}

#[test]
fn a_gap_is_told_once() {
    let scratch = Scratch::new();
    let mut broken = gzip(b"some text that is packed\n");
    broken.truncate(20);
    scratch.file("tree/broken.gz", broken);
    let tree = scratch.path("tree").display().to_string();
    let told = |format: &str, more: &[&str], mark: &str| {
        let ran = premaster([&["check", &tree, "--format", format], more].concat());
        (ran.out.lines().filter(|line| line.contains(mark)).count(), ran.out)
    };
    for (format, mark) in [
        ("gitlab", "\"fingerprint\""),
        ("junit", "<testcase "),
        ("github", "::"),
        ("markdown", "broken.gz"),
    ] {
        let (count, out) = told(format, &[], mark);
        assert_eq!(count, 1, "{format}: {out}");
        // What blocks is told besides.
        let (count, out) = told(format, &["--fail-on", "warning"], mark);
        assert_eq!(count, 2, "{format}: {out}");
    }
}

#[test]
fn a_region_of_a_text_ends_where_the_hit_ends() {
    let scratch = Scratch::new();
    scratch.file("tree/bell.txt", "ring\x07\x07 ring\n");
    scratch.file("tree/blank.txt", "é a\u{200b}b and more\n");
    let wide: Vec<u8> =
        "\u{feff}ring\x07 ring\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    scratch.file("tree/wide.txt", wide);
    let tree = scratch.path("tree").display().to_string();
    let log = premaster(["check", &tree, "--format", "sarif"]).exits(1).json();
    let results = log["runs"][0]["results"].as_array().expect("results");
    let columns = |name: &str| {
        let of = results.iter().map(|result| &result["locations"][0]);
        let is_it = |place: &&Value| place["logicalLocations"][0]["fullyQualifiedName"] == name;
        let region = &of.clone().find(is_it).expect("a result")["physicalLocation"]["region"];
        let of = |key: &str| region[key].as_u64();
        (of("startColumn"), of("endLine"), of("endColumn"))
    };
    assert_eq!(columns("bell.txt"), (Some(5), Some(1), Some(7)));
    assert_eq!(columns("blank.txt"), (Some(4), Some(1), Some(5)));
    // Where bytes are not surely characters, the line ends it.
    assert_eq!(columns("wide.txt"), (Some(5), None, None));
}

#[test]
fn a_format_that_a_command_lacks_is_refused() {
    for (line, wanted) in [
        ("check testdata/clean --format sarf", "did you mean sarif?"),
        ("check testdata/clean --format xml", "there are human, json, jsonl, sarif, junit"),
        ("diff testdata/clean testdata/clean --format sarif", "only `check` has the format sarif"),
        ("ls testdata/clean --format junit=x", "only `check` has the format junit"),
        ("map testdata/story/fixed.iso --format markdown", "only `check` has the format markdown"),
        ("rules --format github", "only `check` has the format github"),
        ("targets --format gitlab", "here are human, json, jsonl"),
        ("ls testdata/clean --format jsnl", "did you mean json"),
    ] {
        let ran = words(line).exits(2);
        assert!(ran.err.contains(wanted), "{line}: no {wanted:?} in\n{}", ran.err);
        assert_eq!(ran.out, "", "{line}");
    }
    words("ls testdata/clean --format json --format jsonl").exits(2).complains(&["only one"]);
}

/// Names as no host folder can hold them, each with a finding in it.
fn hostile() -> Vec<Vec<u8>> {
    let long = "x".repeat(0xfff0) + "<b>";
    [
        "esc\x1b[31m\x1b]0;title\x07",
        "::error file=a::b",
        "a ::set-output name=x::y",
        "##vso[task.setvariable variable=x]y",
        "##[error]x",
        "##teamcity[buildStatus]",
        "line\n::error::x\r\n##[group]y",
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "]]><!--&amp;",
        "[x](javascript:alert) ![y](http://evil.example/z) `*_~|",
        "@everyone #1 www.evil.example",
        "bidi\u{202e}txt.exe\u{2066}",
        "\u{feff}\u{200b}\u{fffe}\u{ffff}\u{85}\u{2028}",
        "percent%0A%25,:;",
        "..",
        &long,
    ]
    .into_iter()
    .map(|name| name.as_bytes().to_vec())
    .chain([b"\xff\xfe\x00raw".to_vec()])
    .collect()
}

#[test]
fn hostile_names_and_contents_are_escaped_in_every_format() {
    let names = hostile();
    let contents: Vec<Vec<u8>> = names
        .iter()
        .map(|name| [name.get(..200.min(name.len())).expect("short"), b"\x07\x04"].concat())
        .collect();
    let pairs = names.iter().zip(&contents);
    let files: Vec<(&[u8], &[u8])> = pairs.map(|(name, text)| (&name[..], &text[..])).collect();
    let scratch = Scratch::new();
    // The artifact itself has such a name as far as a host takes it, and so have those who accept.
    let outer = "a ::error::<b>@x##[group] ]]>.zip";
    scratch.file(outer, zip(&files));
    scratch.file("base.tar", tar(&[("gone\x1b<i>::error", &b"text\n"[..])]));
    scratch.file(
        "premaster.toml",
        "[[waiver]]\nrule = \"text/bell\"\npath = \"*\"\nreason = \"\\u001b[1m <b>\\n::error::x ##[a]\"\n\
         owner = \"]]> @all\"\nexpires = 9999-01-01\n",
    );
    for against in [&[][..], &["--against", "base.tar"]] {
        for (format, _) in FORMATS {
            let mut command = binary();
            command.current_dir(scratch.path(".")).args(["check", outer, "--all"]);
            command.args(against).args(["--format", format]);
            let ran = run(command).exits(1);
            assert_harmless(&ran.raw);
            inert(format, &ran.out);
            assert_eq!(ran.err, "", "{format}");
        }
    }
    for line in ["ls", "ls --long", "diff base.tar", "ls --format jsonl"] {
        let mut command = binary();
        command.current_dir(scratch.path(".")).args(line.split_whitespace()).arg(outer);
        let ran = run(command);
        assert_harmless(&ran.raw);
        inert(line, &ran.out);
    }
}

/// Asserts that no system obeys a report.
#[track_caller]
fn inert(format: &str, report: &str) {
    assert!(report.len() > 500, "{format}: {report}");
    for line in report.lines() {
        let is_own = format == "github"
            && ["::error file=", "::error title=", "::warning ", "::notice "]
                .iter()
                .any(|own| line.starts_with(own));
        assert!(is_own || !line.trim_start().starts_with("::"), "{format}: {line}");
        for mark in ["##vso[", "##[", "##teamcity["] {
            assert!(!line.contains(mark), "{format}: {line}");
        }
    }
    match format {
        "markdown" => {
            assert!(report.chars().count() <= 65_536, "{}", report.len());
            let mut rest = report;
            while let Some((_, behind)) = rest.split_once('<') {
                let tag = behind.split(['>', ' ']).next().expect("a piece").trim_start_matches('/');
                let own = ["code", "details", "summary", "p", "pre", "b", "ul", "li"];
                assert!(own.contains(&tag), "<{tag} in {report}");
                assert!(!behind.starts_with("b>alert") && !behind.starts_with("b>@"), "{report}");
                rest = behind;
            }
            for mark in ["](", "://", "@everyone", " @", "www.evil", "\n#1", "`"] {
                assert!(!report.contains(mark), "{mark:?} in {report}");
            }
        }
        "junit" => {
            let mut reader = quick_xml::Reader::from_str(report);
            reader.config_mut().check_end_names = true;
            let own = ["testsuites", "testsuite", "testcase", "failure", "error", "skipped"];
            loop {
                match reader.read_event().unwrap_or_else(|error| panic!("{error}: {report}")) {
                    quick_xml::events::Event::Eof => break,
                    quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag) => {
                        let name = tag.name().as_ref().to_owned();
                        assert!(own.contains(&name.as_str()) || name == "system-out", "<{name}");
                    }
                    quick_xml::events::Event::CData(_) | quick_xml::events::Event::Comment(_) => {
                        panic!("markup of the artifact: {report}")
                    }
                    _ => {}
                }
            }
            assert!(!report.contains("]]>"), "{report}");
        }
        "json" | "sarif" | "gitlab" => {
            let value: Value = serde_json::from_str(report).expect("JSON");
            assert!(!value.is_null());
        }
        "github" => {
            let lines: Vec<&str> = report.lines().filter(|line| line.starts_with("::")).collect();
            assert!(lines.len() <= 30, "{} annotations", lines.len());
        }
        _ => {}
    }
}

#[test]
fn a_comment_fits_however_much_there_is() {
    let scratch = Scratch::new();
    for number in 0..3000 {
        scratch.file(format!("tree/{}{number}.txt", "<long>".repeat(20)), b"ring\x04");
    }
    let tree = scratch.path("tree").display().to_string();
    let ran = premaster(["check", &tree, "--format", "markdown"]).exits(1);
    assert!(ran.out.chars().count() <= 65_536, "{}", ran.out.len());
    assert_eq!(ran.out.matches("<details>").count(), ran.out.matches("</details>").count());
    ran.says(&["3000 errors", " more that block."]);
    let ran = premaster(["check", &tree, "--format", "github"]).exits(1);
    assert_eq!(ran.out.lines().filter(|line| line.starts_with("::error ")).count(), 10);
    ran.says(&["2991 more: GitHub shows 10"]);
}

/// The fingerprints of findings, each with its rule.
fn prints(folder: &Path, artifact: &str) -> BTreeSet<(String, String)> {
    let mut command = binary();
    command.current_dir(folder).args(["check", artifact, "--format", "json"]);
    let json = run(command).json();
    let findings = json["findings"].as_array().expect("a list").clone();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    findings.iter().map(|f| (text(&f["rule"]), text(&f["fingerprint"]))).collect()
}

#[test]
fn findings_keep_their_fingerprint() {
    let body = "ring\x07\nA long line with esc \x1b[1mape in it\nlast\x04";
    let scratch = Scratch::new();
    scratch.file("a/tree/docs/x.txt", body);
    scratch.file("a/tree/one.c", "int a; /* \x07 */\r\nint b;\n");
    let before = prints(&scratch.path("a"), "tree");
    assert!(before.len() >= 4, "{before:?}");
    // The folder is elsewhere, has another name, and its files other dates.
    scratch.file("elsewhere/b/docs/x.txt", body);
    scratch.file("elsewhere/b/one.c", "int a; /* \x07 */\r\nint b;\n");
    let other = scratch.path("elsewhere/b/docs/x.txt");
    let file = fs::File::options().write(true).open(&other).expect("opens");
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000))
        .expect("dated");
    assert_eq!(prints(&scratch.path("."), "elsewhere/b"), before);
    // Lines move: right before the hits, far before them, between them, and behind them.
    let moved = [
        format!("new\n{body}"),
        format!("{}{body}", "a line that is new\n".repeat(100)),
        body.replace("\nA long", "\nbetween\nA long").replace("\nlast", "\nx\n\nlast"),
    ];
    for text in moved {
        scratch.file("a/tree/docs/x.txt", &text);
        scratch.file("a/tree/one.c", "// new\nint a; /* \x07 */\r\nint b;\n");
        assert_eq!(prints(&scratch.path("a"), "tree"), before, "{text:?}");
    }
}
