//! Colors, and outputs that fail.

use super::support::{assert_harmless, binary, run, words};

const CHECK: &str = "check testdata/story/candidate.iso --against testdata/story/approved.iso \
                     --intent testdata/story/intent.toml";

#[test]
fn colors_only_where_they_are_wanted() {
    let plain = words(CHECK).exits(1);
    assert_harmless(&plain.raw);
    let colored = words(&format!("{CHECK} --color always")).exits(1);
    assert!(colored.out.contains("\x1b[1;31m"), "{}", colored.out);
    // Only colors, and the same text beneath.
    let mut text = String::new();
    let mut rest = colored.out.as_str();
    while let Some((before, behind)) = rest.split_once("\x1b[") {
        text.push_str(before);
        let (code, behind) = behind.split_once('m').expect("a color ends with m");
        assert!(code.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'), "{code}");
        rest = behind;
    }
    text.push_str(rest);
    assert_eq!(text, plain.out);
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb"), ("CLICOLOR_FORCE", "1")] {
        let mut command = binary();
        command.args(CHECK.split_whitespace()).env(name, value);
        assert_harmless(&run(command).raw);
    }
    let mut command = binary();
    command.args(CHECK.split_whitespace()).args(["--color", "never"]);
    assert_harmless(&run(command).raw);
}

#[test]
fn no_line_is_longer_than_eighty_columns_but_for_locators() {
    for line in [CHECK, "check testdata/story/fixed.iso --all", "check testdata/readers --all"] {
        for line in words(line).out.lines() {
            let unbroken = line.split(' ').any(|word| word.chars().count() > 20);
            assert!(line.chars().count() <= 80 || unbroken, "{line}");
            assert_eq!(line.trim_end(), line, "no blanks at the end");
        }
    }
}

/// Commands and whether they print more than a pipe could swallow unseen.
const ALL: &[&str] = &[
    CHECK,
    "check testdata/clean --format json",
    "check testdata/clean --format jsonl",
    "check testdata/clean --format sarif",
    "check testdata/clean --format junit",
    "check testdata/clean --format github",
    "check testdata/clean --format gitlab",
    "check testdata/clean --format markdown",
    "diff testdata/story/approved.iso testdata/story/fixed.iso",
    "ls testdata/story/fixed.iso",
    "cat testdata/story/fixed.iso!/README.TXT",
    "map testdata/story/fixed.iso",
    "intend testdata/story/approved.iso testdata/story/fixed.iso",
    "rules",
    "explain text/eot-at-end",
    "completions bash",
    "--help",
    "--version",
];

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    for line in ALL {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("/dev/full");
        broken(line, full.into());
    }
}

/// A file that cannot be filled is told like standard output, and the name with it.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_a_file_is_told() {
    for format in ["human", "json", "jsonl", "sarif", "junit", "github", "gitlab", "markdown"] {
        let format = format!("{format}=/dev/full");
        let ran = super::support::premaster(["check", "testdata/clean", "--format", &format]);
        assert_eq!(ran.code, 4, "{format}: {}", ran.err);
        assert_eq!(
            ran.err,
            "premaster: cannot write /dev/full: No space left on device (os error 28)\n"
        );
    }
}

#[test]
fn a_closed_pipe_is_told() {
    for line in ALL {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        broken(line, writer.into());
    }
}

#[track_caller]
fn broken(line: &str, out: std::process::Stdio) {
    let mut child = binary()
        .args(line.split_whitespace())
        .stdout(out)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("starts");
    let code = super::support::finish(&mut child);
    let mut err = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().expect("piped"), &mut err)
        .expect("UTF-8");
    assert_eq!(code, 4, "{line}: {err}");
    assert!(err.starts_with("premaster: cannot write the output: "), "{line}: {err}");
    assert_eq!(err.lines().count(), 1, "{line}: {err}");
}
