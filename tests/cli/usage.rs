//! Mistakes of the caller: one clear line, exit code 2.

use super::support::{Scratch, binary, premaster, run, words};

#[test]
fn mistakes_in_the_arguments() {
    for (line, wanted) in [
        ("", "Usage:"),
        ("frobnicate", "frobnicate"),
        ("check", "ARTIFACT"),
        ("check testdata/clean --against", "--against"),
        ("check testdata/clean --intent testdata/story/intent.toml", "--intent needs --against"),
        ("check testdata/clean --format xml", "unknown format \"xml\""),
        ("check testdata/clean --format json=", "names no file"),
        ("check testdata/clean --threads 0", "--threads"),
        ("check testdata/clean --memory 3xy", "unknown unit"),
        ("check testdata/clean --memory 1", "at least 1MiB"),
        ("check testdata/clean --encoding klingon", "unknown encoding"),
        ("check testdata/clean --encoding iso-2022-jp", "cannot be judged"),
        ("check testdata/clean --undeclared maybe", "block, report"),
        ("check testdata/clean --fail-on panic", "error, warning, note"),
        ("check testdata/clean --arch arm46", "; did you mean arm64?"),
        ("check testdata/clean --color purple", "auto, always, never"),
        ("diff testdata/clean", "NEW"),
        ("approve", "ARTIFACT"),
        ("completions tcsh", "possible values"),
    ] {
        let ran = words(line).exits(2);
        assert!(ran.err.contains(wanted), "{line}: no {wanted:?} in\n{}", ran.err);
        assert_eq!(ran.out, "", "{line}");
    }
}

#[test]
fn mistakes_that_a_line_tells() {
    let clean = "testdata/clean";
    for (line, wanted) in [
        ("check no/such", "cannot open no/such: No such file"),
        ("check testdata/story/intent.toml/x", "testdata/story/intent.toml/x: Not a directory"),
        ("check testdata/clean --against no/such", "cannot open no/such"),
        ("check testdata/clean --config no/such.toml", "no/such.toml: No such file"),
        ("check testdata/clean --config testdata", "testdata: Is a directory"),
        ("check testdata/clean --against testdata/clean --intent no/such", "no/such: No such file"),
        ("check testdata/clean --format human --format json", "only one --format"),
        (
            "check testdata/clean --format json=no/such/out.json",
            "cannot write no/such/out.json: No",
        ),
        ("diff testdata/clean no/such", "cannot open no/such"),
        ("ls no/such", "cannot open no/such"),
        ("ls no/such!/x", "cannot open no/such!/x"),
        ("ls testdata/clean!/none", "testdata/clean: no entry none"),
        ("ls testdata/story/fixed.iso --view jolie", "iso, joliet, rr; did you mean joliet?"),
        ("ls testdata/story/fixed.iso!/READM.TXT", "no entry READM.TXT; did you mean README.TXT?"),
        ("cat testdata/story/fixed.iso!/PPD/INKPCOLR.PPD", "; did you mean INKPCOLOR.PPD?"),
        ("ls testdata/story/fixed.iso --view fat", "no view \"fat\", it has hfs, iso, joliet"),
        ("cat no/such!/x", "cannot open no/such!/x: No such file"),
        ("cat testdata/clean", "name an entry, as testdata/clean!/inner/path"),
        ("cat testdata/clean!/none", "testdata/clean: no entry none"),
        ("cat testdata/story/fixed.iso!/PPD", "PPD has no content"),
        ("map testdata/clean", "testdata/clean has no structure to map"),
        ("approve testdata/clean -o no/such/m.jsonl", "cannot write no/such/m.jsonl"),
        ("explain text/no-such-thing-at-all", "no rule \"text/no-such-thing-at-all\""),
    ] {
        assert!(!line.contains("{clean}"), "{clean}");
        words(line).exits(2).complains(&[wanted]);
    }
}

#[test]
fn an_unknown_rule_comes_with_what_may_have_been_meant() {
    let meant = "did you mean text/eot-at-end or text/eot-inside? (`premaster rules` lists all)";
    words("explain text/eot").exits(2).complains(&[meant]);
    words("explain eot-at-end").exits(2).complains(&["did you mean text/eot-at-end?"]);
    words("explain text/eto-at-end").exits(2).complains(&["did you mean text/eot-at-end?"]);
}

#[test]
fn settings_that_are_wrong_name_file_and_line() {
    let scratch = Scratch::new();
    for (text, wanted) in [
        (
            "[rules]\n\"text/eot\" = \"off\"\n",
            ":2: no rule \"text/eot\"; did you mean text/eot-at-end",
        ),
        ("\n[rules]\n\"text/bell\" = \"loud\"\n", ":3: unknown variant `loud`"),
        ("[compare]\nnormalise = []\n", ":2: unknown field `normalise`"),
        (
            "[compare]\nnormalize = [\n  \"mtime\",\n  \"mtimes\",\n]\n",
            ":4: [compare] normalize: unknown \"mtimes\", expected some of mtime, atime, owner, \
             packing, order; did you mean mtime?",
        ),
        ("[rules\n", ":1: "),
        (
            "[[waiver]]\nrule = \"text/eot\"\npath = \"a\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2099-01-01\n",
            ":1: no rule \"text/eot\"",
        ),
        (
            "[[waiver]]\nrule = \"text/bell\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2099-01-01\n",
            ":1: a waiver needs",
        ),
    ] {
        let path = scratch.file("wrong.toml", text);
        let path = path.to_str().expect("UTF-8");
        let wanted = format!("{path}{wanted}");
        premaster(["check", "testdata/clean", "--config", path]).exits(2).complains(&[&wanted]);
    }
}

#[test]
fn no_artifact_brings_its_own_settings() {
    let scratch = Scratch::new();
    scratch.file("release/splash.txt", b"Free\x04");
    scratch.file("release/premaster.toml", "[rules]\n\"text/eot-at-end\" = \"off\"\n");
    let check = |folder: &str, arguments: &[&str]| {
        let mut command = binary();
        command.current_dir(scratch.path(folder)).arg("check").args(arguments);
        run(command)
    };
    check("", &["release"]).exits(1).says(&["text/eot-at-end"]);
    for artifact in [".", "../release"] {
        check("release", &[artifact]).exits(2).complains(&["lies in the artifact"]);
    }
    // Outside of it they hold.
    scratch.file("premaster.toml", "[rules]\n\"text/eot-at-end\" = \"off\"\n");
    check("release", &[".", "--config", "../premaster.toml"]).exits(0);
    std::fs::remove_file(scratch.path("release/premaster.toml")).expect("removed");
    check("release", &["."]).exits(0);
}

#[test]
fn an_encoding_is_for_texts_that_declare_none() {
    let scratch = Scratch::new();
    let tree = scratch.path("tree");
    // In the encoding of the Macintosh 0x85 is Ö; without it nobody knows.
    scratch.file("tree/credits.txt", b"\x85sterreich \xa8\x07\n");
    let tree = tree.to_str().expect("UTF-8");
    let ran = premaster(["check", tree, "--encoding", "macintosh", "--format", "json"]).exits(1);
    assert_eq!(ran.json()["findings"][0]["column"], 13, "{}", ran.out);
    let ran = premaster(["check", tree, "--encoding", "utf-8"]).exits(1);
    ran.says(&["text/utf8-invalid"]);
}

/// A waiver that accepts nothing is a finding in every format: it would hide the defect's return.
#[test]
fn a_waiver_that_accepts_nothing_is_a_finding() {
    let scratch = Scratch::new();
    scratch.file("tree/bell.txt", b"ring\x07 ring\n");
    let tree = scratch.path("tree").to_str().expect("UTF-8").to_owned();
    let config = |waivers: &[(&str, &str, i32)]| {
        let table = |(rule, path, year): &(&str, &str, i32)| {
            format!(
                "[[waiver]]\nrule = \"{rule}\"\npath = \"{path}\"\nreason = \"r\"\nowner = \"o\"\n\
                 expires = {year}-01-01\n"
            )
        };
        let text: String = waivers.iter().map(table).collect();
        scratch.file("waivers.toml", text).to_str().expect("UTF-8").to_owned()
    };
    let used = ("text/bell", "bell.txt", 9999);
    for (waivers, code, told) in [
        (&[used][..], 0, &[][..]),
        (
            &[used, ("text/bell", "gone/**", 9999), ("text/escape", "bell.txt", 9999)],
            0,
            &[
                "the waiver of text/bell by o for gone/** accepts nothing",
                "the waiver of text/escape by o for bell.txt accepts nothing",
            ],
        ),
        (
            &[("text/bell", "bell.txt", 2000)],
            1,
            &["the waiver of text/bell by o for bell.txt has expired"],
        ),
    ] {
        let config = config(waivers);
        let check = |more: &[&str]| {
            let args = ["check", &tree, "--config", &config];
            premaster(args.iter().chain(more))
        };
        // A bell in prose is an error: without its waiver the folder does not ship.
        let json = check(&["--format", "json"]).exits(code).json();
        let findings = json["findings"].as_array().expect("a list").iter();
        let unused: Vec<_> = findings.filter(|f| f["rule"] == "waiver/unused").collect();
        let messages: Vec<_> =
            unused.iter().map(|f| f["message"].as_str().expect("text")).collect();
        assert_eq!(messages, told);
        for finding in &unused {
            assert_eq!((&finding["path"], &finding["severity"]), (&".".into(), &"warning".into()));
        }
        let prints: std::collections::BTreeSet<_> =
            unused.iter().map(|f| f["fingerprint"].as_str()).collect();
        assert_eq!(prints.len(), told.len());
        // The lines of people are broken where they are full.
        let human = check(&["--all"]).exits(code).out;
        assert_eq!(human.matches("warning[waiver/unused] .: ").count(), told.len(), "{human}");
        let strict = check(&["--fail-on", "warning"]);
        assert_eq!(strict.code, i32::from(!told.is_empty()), "{}", strict.out);
    }
    // It stands for itself, also where the root of the artifact changed: here a byte that no file owns.
    let mut disc = std::fs::read("testdata/readers/iso9660/plain.iso").expect("readable");
    disc[100] = 7;
    let disc = scratch.file("disc.iso", disc);
    let disc = disc.to_str().expect("UTF-8");
    let config = config(&[("text/bell", "gone/**", 9999)]);
    let against = "testdata/readers/iso9660/plain.iso";
    let args = ["check", disc, "--against", against, "--config", &config, "--format", "json"];
    let json = premaster(args).exits(1).json();
    let causes = json["causes"].as_array().expect("a list");
    let told: Vec<_> = causes.iter().map(|c| (&c["blocking"], c["changes"].to_string())).collect();
    assert_eq!(told.len(), 2, "{json:#}");
    assert_eq!(told[1], (&false.into(), "[]".to_owned()));
}
