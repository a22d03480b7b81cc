//! `targets`, `--target` and `[release]` in the settings.

use super::support::{Scratch, assert_harmless, premaster, tar, words};

#[test]
fn targets_are_listed_and_shown() {
    let ran = words("targets").exits(0).says(&["classic-mac", "iso9660-1", "windows"]);
    let lines = words("targets --format jsonl").exits(0).json_lines();
    assert_eq!(lines.len(), ran.out.lines().count());
    assert_eq!(words("targets --format json").json().as_array().map(Vec::len), Some(lines.len()));
    for line in ran.out.lines() {
        let name = line.split_whitespace().next().expect("a name");
        let shown = premaster(["targets", name]).exits(0).says(&[name, "\nNames\n"]);
        assert_harmless(&shown.raw);
        assert!(shown.out.lines().all(|line| line.trim_end() == line), "{}", shown.out);
    }
    words("targets classic-mac").says(&["MacRoman", "31 characters", "0x04", "End key"]);
    assert_eq!(words("targets dos --format json").json()[0]["names"]["base"], 8);
}

#[test]
fn the_fate_of_file_names_is_told() {
    let ran = words("targets --name LongFileName.html --name longfi~1.htm").exits(0);
    let wanted = "cut to LONGFILE.HTM\n    dos\n";
    let ran =
        ran.says(&[wanted, "refused: 12 characters before the dot", "together in one folder"]);
    assert!(ran.out.lines().all(|line| line.chars().count() <= 80), "{}", ran.out);
    words("targets windows linux --name aux.c")
        .says(&["aux.c\n  as it is\n    linux\n  refused: AUX is reserved\n    windows\n"]);
    let args = ["targets", "windows", "--name", "a", "--name", "A", "--format", "json"];
    let object = premaster(args).exits(0).json();
    assert_eq!(object["names"][0]["fates"][0]["legal"], true);
    assert_eq!(object["collisions"][0]["names"], serde_json::json!([0, 1]));
    assert_eq!(object["collisions"][0]["targets"], serde_json::json!(["windows"]));
    premaster(["targets", "--name", "-x\u{1b}[31m\u{202e}"]).exits(0).says(&["\\x1b"]);
    assert_harmless(&premaster(["targets", "--name", "-x\u{1b}[31m\u{202e}"]).raw);
    premaster(["targets", "--name", ""]).exits(2).complains(&["expected one name"]);
}

#[test]
fn an_unknown_target_is_a_mistake() {
    for line in ["check testdata/clean --target windws", "targets windws"] {
        let ran = words(line).exits(2);
        assert!(ran.err.contains("windws") && ran.err.contains("'windows'"), "{}", ran.err);
    }
    let scratch = Scratch::new();
    let artifact = scratch.file("a/b", "c");
    let artifact = artifact.parent().expect("a folder").to_str().expect("UTF-8");
    for (text, wanted) in [
        (
            "[release]\ntargets = [\n  \"windws\"]\n",
            ":3: no target \"windws\"; did you mean windows?",
        ),
        ("[release.bind]\nwindws = []\n", ":2: no target \"windws\""),
        ("[release.bind]\nlinux = []\n", ":2: [release.bind] names \"linux\""),
        ("[release.oldest]\nwindows = \"6.1\"\n", ":2: [release.oldest] names \"windows\""),
        ("[release.oldest]\njava = \"seven\"\n", ":2: [release.oldest] java: expected a version"),
    ] {
        let config = scratch.file("premaster.toml", text);
        let config = config.to_str().expect("UTF-8");
        premaster(["check", artifact, "--config", config]).exits(2).complains(&[wanted]);
    }
}

#[test]
fn names_are_judged_for_the_targets_that_see_them() {
    let scratch = Scratch::new();
    let path = scratch.file(
        "a.tar",
        tar(&[(&b"src/aux.c"[..], &b"x\n"[..]), (b"Makefile", &b""[..]), (b"makefile", &b""[..])]),
    );
    let path = path.to_str().expect("UTF-8");
    let rules = |args: &[&str]| {
        let ran = premaster([&["check", path, "--format", "json"], args].concat());
        let report = ran.json();
        let found = report["findings"].as_array().expect("a list").clone();
        let mut told: Vec<_> = found
            .iter()
            .map(|f| format!("{} {} {}", f["target"].as_str().unwrap_or("-"), f["rule"], f["path"]))
            .collect();
        told.sort();
        (ran.code, told)
    };
    assert_eq!(rules(&[]), (0, vec![]));
    assert_eq!(rules(&["--target", "linux"]), (0, vec![]));
    let case = r#"windows "names/case-collision" "makefile""#.to_owned();
    let device = r#"windows "names/reserved" "src/aux.c""#.to_owned();
    assert_eq!(rules(&["--target", "windows"]), (1, vec![case.clone(), device]));
    // One mistake that two targets mind is one thing to a person.
    premaster(["check", path, "--target", "windows", "--target", "macos"])
        .exits(1)
        .says(&["must not ship: 2 errors", "targets: macos, windows"]);
    let config = scratch.file(
        "premaster.toml",
        "[release]\ntargets = [\"windows\"]\nbind = { windows = [\"*\"] }\n",
    );
    assert_eq!(rules(&["--config", config.to_str().expect("UTF-8")]), (1, vec![case]));
}

/// The disc of the story has an HFS tree for the Macintosh and Joliet for Windows.
#[test]
fn a_target_sees_its_own_namespace_of_a_disc() {
    let paths = |target: &str| {
        let report = premaster([
            "check",
            "testdata/story/fixed.iso",
            "--format",
            "json",
            "--target",
            target,
        ])
        .json();
        let found = report["findings"].as_array().expect("a list").clone();
        let mine = found
            .into_iter()
            .filter(|f| f["rule"].as_str().is_some_and(|r| r.starts_with("names/")));
        mine.map(|f| f["path"].as_str().expect("a path").to_owned()).collect::<Vec<_>>()
    };
    for target in ["windows", "classic-mac", "hfs", "joliet", "iso9660-1"] {
        assert_eq!(paths(target), Vec::<String>::new(), "{target}");
    }
}

#[test]
fn completions_know_the_targets() {
    for shell in ["bash", "zsh", "fish"] {
        words(&format!("completions {shell}")).exits(0).says(&[
            "targets",
            "classic-mac",
            "iso9660-1",
        ]);
    }
}

#[test]
fn the_oldest_system_is_said_in_the_settings() {
    let scratch = Scratch::new();
    let rules = |text: &str, file: &str| {
        let config = scratch.file("premaster.toml", text);
        let config = config.to_str().expect("UTF-8");
        let file = format!("testdata/binary/{file}");
        let ran = premaster(["check", &file, "--config", config, "--format", "json"]);
        let report = ran.json();
        let found = report["findings"].as_array().expect("a list").iter();
        let found = found.filter(|f| f["rule"].as_str().is_some_and(|r| r.contains("/newer-")));
        found.map(|f| f["message"].as_str().expect("a message").to_owned()).collect::<Vec<_>>()
    };
    let windows = "[release]\ntargets = [\"windows\"]\n[release.oldest]\nwindows = ";
    assert_eq!(rules(&format!("{windows}\"6.0\"\n"), "plain.exe"), [""; 0]);
    let told = rules(&format!("{windows}\"5.1\"\n"), "plain.exe");
    let wanted = "subsystem version 6.0, the oldest windows is 5.1";
    assert_eq!(told, [format!("this program does not start there: {wanted}")]);
    assert_eq!(rules("[release.oldest]\nglibc = \"2.34\"\n", "glibc.elf"), [""; 0]);
    let told = rules("[release.oldest]\nglibc = \"2.28\"\n", "glibc.elf");
    assert_eq!(told.len(), 1, "{told:?}");
    let told = rules("[release.oldest]\njava = \"11\"\n", "Plain.class");
    assert!(told.len() == 1 && told[0].contains("Java 17"), "{told:?}");
}
