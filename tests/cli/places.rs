//! Where reports go: files that are written whole or not at all, links, what is open already, and who
//! is told what could not be written.

use std::fs;
use std::path::Path;

use super::support::{Ran, Scratch, binary, finish, root, run, story};

/// Runs a check in a folder.
fn check(folder: &Path, artifact: &Path, formats: &[&str]) -> Ran {
    let mut command = binary();
    command.current_dir(folder).arg("check").arg(artifact);
    for format in formats {
        command.args(["--format", format]);
    }
    run(command)
}

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    names
}

/// Whether all of a report is there.
fn is_whole(path: &Path) -> bool {
    let text = fs::read(path).expect("readable");
    serde_json::from_slice::<serde_json::Value>(&text).is_ok()
}

#[test]
fn a_file_that_cannot_be_made_is_told_by_its_name() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("folder")).expect("made");
    let clean = root().join("testdata/clean");
    for (place, said) in [
        ("folder", "Is a directory (os error 21)"),
        ("folder/", "Not a directory (os error 20)"),
        ("absent/report", "No such file or directory (os error 2)"),
    ] {
        let ran = check(&scratch.path(""), &clean, &[&format!("sarif={place}")]).exits(2);
        assert_eq!(ran.err, format!("premaster: cannot write {place}: {said}\n"));
    }
    assert_eq!(names(&scratch.path("")), ["folder"]);
    assert!(names(&scratch.path("folder")).is_empty());
}

/// A file that would grow too long, as on a full disk: the old report stays.
#[cfg(target_os = "linux")]
#[test]
fn a_report_is_written_whole_or_not_at_all() {
    let scratch = Scratch::new();
    let old = scratch.file("out/report.json", "old");
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "sh"]);
    command.arg(env!("CARGO_BIN_EXE_premaster")).arg("check").arg(story("candidate.iso"));
    command.arg("--format").arg(format!("json={}", old.display()));
    let ran = run(command).exits(4);
    let said = format!("premaster: cannot write {}: File too large (os error 27)\n", old.display());
    assert_eq!(ran.err, said);
    assert_eq!(fs::read(&old).expect("readable"), b"old");
    assert_eq!(names(&scratch.path("out")), ["report.json"]);
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link() {
    use std::os::unix::fs::symlink;
    let scratch = Scratch::new();
    scratch.file("real/there.json", "old");
    for (link, target) in
        [("there", "real/there.json"), ("again", "there"), ("new", "real/new.json")]
    {
        symlink(target, scratch.path(link)).expect("linked");
    }
    let clean = root().join("testdata/clean");
    for (link, target) in [("again", "there.json"), ("new", "new.json")] {
        check(&scratch.path(""), &clean, &[&format!("json={link}")]).exits(0);
        assert!(scratch.path(link).is_symlink(), "{link}");
        assert!(is_whole(&scratch.path("real").join(target)), "{link}");
    }
    assert!(scratch.path("there").is_symlink());
    assert_eq!(names(&scratch.path("real")), ["new.json", "there.json"]);
}

#[cfg(unix)]
#[test]
fn a_manifest_replaces_no_link_and_no_device() {
    use std::os::unix::fs::symlink;
    let scratch = Scratch::new();
    let old = scratch.file("real.jsonl", "old");
    symlink("real.jsonl", scratch.path("link")).expect("linked");
    symlink("/dev/null", scratch.path("null")).expect("linked");
    let approve = |name: &str| {
        let mut command = binary();
        command.args(["approve", "testdata/clean", "-o"]).arg(scratch.path(name));
        run(command)
    };
    approve("link").exits(0);
    assert_ne!(fs::read(&old).expect("readable"), b"old");
    approve("null").exits(2).complains(&["cannot write", "null: it is no file"]);
    assert!(scratch.path("link").is_symlink() && scratch.path("null").is_symlink());
    assert_eq!(names(&scratch.path("")), ["link", "null", "real.jsonl"]);
}

/// What is open is written to, behind what it holds; standard output is standard output by any name.
#[cfg(target_os = "linux")]
#[test]
fn what_is_open_is_not_replaced() {
    use std::os::unix::fs::symlink;
    let scratch = Scratch::new();
    symlink("/proc/self/fd/1", scratch.path("out")).expect("linked");
    symlink("/proc/self/fd/2", scratch.path("err")).expect("linked");
    let clean = root().join("testdata/clean");
    let ran = check(&scratch.path(""), &clean, &["json=out"]).exits(0);
    assert_eq!(ran.json()["verdict"], "ship");
    let ran = check(&scratch.path(""), &clean, &["json=err"]).exits(0).says(&["SHIP"]);
    let json: serde_json::Value = serde_json::from_str(&ran.err).expect("JSON");
    assert_eq!(json["verdict"], "ship");
    let ran = check(&scratch.path(""), &clean, &["human", "json=out"]).exits(2);
    assert!(ran.err.contains("only one --format can go to standard output"), "{}", ran.err);
    assert!(scratch.path("out").is_symlink() && scratch.path("err").is_symlink());
    let log = scratch.file("log", "before\n");
    let mut command = binary();
    command.args(["check", "testdata/clean", "--format"]);
    command.arg(format!("json={}", scratch.path("err").display()));
    let append = fs::File::options().append(true).open(&log).expect("opens");
    let mut child =
        command.stderr(append).stdout(std::process::Stdio::null()).spawn().expect("runs");
    assert_eq!(finish(&mut child), 0);
    assert!(fs::read_to_string(&log).expect("readable").starts_with("before\n{"));
}

#[test]
fn two_reports_in_one_place_are_refused() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("folder")).expect("made");
    #[cfg(unix)]
    std::os::unix::fs::symlink("folder", scratch.path("link")).expect("linked");
    let clean = root().join("testdata/clean");
    let absolute = scratch.path("q").display().to_string();
    let mut cases = vec![("q", "q"), ("q", "./q"), ("folder/../q", "q"), ("q", absolute.as_str())];
    if cfg!(unix) {
        cases.push(("folder/q", "link/q"));
    }
    for (one, other) in cases {
        let formats = [format!("json={one}"), format!("sarif={other}")];
        let ran =
            check(&scratch.path(""), &clean, &formats.each_ref().map(String::as_str)).exits(2);
        let said = format!("two reports cannot both be written to {other}");
        assert!(ran.err.contains(&said), "{}", ran.err);
    }
    assert!(!scratch.path("q").exists());
}

#[test]
fn who_stops_reading_loses_no_file() {
    let scratch = Scratch::new();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = binary();
    command.arg("check").arg(story("candidate.iso")).args(["--format", "human"]);
    for format in ["json", "sarif"] {
        command.arg("--format").arg(format!("{format}={}", scratch.path(format).display()));
    }
    let mut child =
        command.stdout(writer).stderr(std::process::Stdio::null()).spawn().expect("runs");
    assert_eq!(finish(&mut child), 4);
    assert!(is_whole(&scratch.path("json")) && is_whole(&scratch.path("sarif")));
}
