//! Rules of the user's own: `.premaster/rules`, beside `premaster.toml`.

use std::fs;
use std::path::Path;

use super::support::{Ran, Scratch, assert_harmless, binary, root, run};

/// A rule about a word, with what it says beside.
pub(crate) fn word(id: &str, word: &str, more: &str) -> String {
    format!(
        "id = \"{id}\"\ntitle = \"The word {word}\"\nseverity = \"error\"\nconfidence = \"high\"\n\
         cost = \"literal\"\nsince = \"1.0.0\"\nwhy = \"w\"\nremedy = \"r\"\nreferences = [\"x\"]\n\
         match = {{ literals = [\"{word}\"] }}\nmessage = \"found at {{offset}}\"\n{more}\n\
         [[example]]\nhit = true\ntext = \"a {word}\"\n[[example]]\nhit = false\ntext = \"a\"\n"
    )
}

/// Runs the binary in a folder.
#[track_caller]
pub(crate) fn within(folder: &Path, line: &str) -> Ran {
    let mut command = binary();
    command.current_dir(folder).args(line.split_whitespace());
    run(command)
}

#[test]
fn rules_beside_the_settings_judge_with_the_others() {
    let scratch = Scratch::new();
    scratch
        .file("house/.premaster/rules/deep/codename.toml", word("house/codename", "Zanzibar", ""));
    scratch.file("house/build/a.txt", "hello Zanzibar\n");
    scratch.file("house/build/b.txt", "hello\n");
    let house = scratch.path("house");
    let ran = within(&house, "check build --format json").exits(1);
    let report = ran.json();
    assert_eq!(report["rules"]["own"], serde_json::json!(["house/codename"]));
    assert_eq!(report["findings"][0]["rule"], "house/codename");
    let with = report["rules"]["blake3"].clone();

    within(&house, "rules").exits(0).says(&["(.premaster/rules/deep/codename.toml)"]);
    within(&house, "explain house/codename").exits(0).says(&["\nWhy\n", "Zanzibar"]);
    for (line, file) in [("rules schema", "rule"), ("rules schema --settings", "config")] {
        let file = root().join(format!("docs/schema/{file}.json"));
        let printed = within(&house, line).exits(0).out;
        let kept = fs::read_to_string(&file).expect("a schema");
        assert!(printed == kept, "{} is not what `{line}` prints", file.display());
    }
    within(&house, "rules test").exits(0).says(&["house/codename: 2 examples, all as they say"]);
    within(&house, "approve build -o with.jsonl --with-findings").exits(0);
    let header = fs::read_to_string(house.join("with.jsonl")).expect("written");
    assert!(header.lines().next().expect("a header").contains(with.as_str().expect("a digest")));

    // A folder further down has them too, until it has settings of its own.
    scratch.file("house/sub/a.txt", "x");
    within(&house.join("sub"), "check ../build").exits(1);
    scratch.file("house/sub/premaster.toml", "");
    let ran = within(&house.join("sub"), "check ../build --format json").exits(0);
    assert_ne!(ran.json()["rules"]["blake3"], with);
}

#[test]
fn every_mistake_in_a_rule_is_told_with_its_place() {
    let scratch = Scratch::new();
    let wrong = word("house/a", "abc", "").replace("severity", "severty");
    scratch.file(".premaster/rules/a.toml", wrong);
    scratch.file(".premaster/rules/b.toml", word("text/bell", "abc", ""));
    scratch.file("build/a.txt", "x");
    let root = scratch.path("");
    for line in ["check build", "rules", "rules test", "explain text/bell"] {
        let ran = within(&root, line).exits(2);
        assert_eq!(ran.err.lines().count(), 2, "{}", ran.err);
        assert!(ran.err.contains(".premaster/rules/a.toml:3:1: unknown field `severty`"));
        assert!(ran.err.contains("; did you mean severity?"), "{}", ran.err);
        assert!(ran.err.contains(".premaster/rules/b.toml:1:6: the id \"text/bell\" is taken"));
        assert_harmless(ran.err.as_bytes());
    }
    within(&root.join("build"), "rules test x.toml").exits(2).complains(&["x.toml: No such"]);
}

#[test]
fn nothing_in_the_artifact_is_a_rule() {
    let scratch = Scratch::new();
    let mute = "id = \"text/bell\"\nextends = \"text/bell\"\noverrides = true\nseverity = \"note\"\n\
                severity_in = {}\n";
    scratch.file("build/.premaster/rules/mute.toml", mute);
    scratch.file("build/premaster.toml", "");
    scratch.file("build/a.strings", "a\x07b\n");
    let build = scratch.path("build");
    within(&scratch.path(""), "check build").exits(1);
    // What somebody may have meant to count does not, and that is not passed over in silence.
    within(&build, "check .").exits(2).complains(&["premaster.toml lies in the artifact"]);
    fs::remove_file(build.join("premaster.toml")).expect("removed");
    within(&build, "check .").exits(2).complains(&[".premaster/rules lies in the artifact"]);
    fs::create_dir(build.join("deeper")).expect("made");
    within(&build.join("deeper"), "check ..").exits(2).complains(&["lies in the artifact"]);
    within(&build.join("deeper"), "check ../a.strings").exits(0);
    scratch.file("build/premaster.toml", "");
    within(&build, "check . --config premaster.toml").exits(2).complains(&["lies in the artifact"]);
    let link = scratch.path(".premaster");
    fs::create_dir_all(&link).expect("made");
    std::os::unix::fs::symlink("../build/.premaster/rules", link.join("rules")).expect("linked");
    within(&scratch.path(""), "check build").exits(2).complains(&["lies in the artifact"]);
}

/// A rule that is a condition alone.
fn condition(when: &str, examples: &str) -> String {
    format!(
        "id = \"house/c\"\ntitle = \"t\"\nseverity = \"error\"\nconfidence = \"high\"\n\
         cost = \"census\"\nsince = \"1.0.0\"\nwhy = \"w\"\nremedy = \"r\"\nreferences = [\"x\"]\n\
         when = '{when}'\nmessage = \"{{name}} must not be\"\n{examples}"
    )
}

#[test]
fn a_condition_asks_facts_of_the_entry_and_of_the_approved_build() {
    let scratch = Scratch::new();
    scratch.file("old/a.txt", "same");
    scratch.file("old/b.txt", "one");
    for (name, text) in
        [("a.txt", "same"), ("b.txt", "two"), ("c/d.md", "new"), ("e.bin", "\0\x01\x02")]
    {
        scratch.file(format!("new/{name}"), text);
    }
    let examples = "[[example]]\nhit = true\nchange = \"added\"\nentries = [{ path = \"x\", text = \"a\" }]\n\
                    [[example]]\nhit = false\nentries = [{ path = \"y\", text = \"\" }]\n";
    let paths = |ran: &Ran| {
        let found = ran.json()["findings"].as_array().expect("findings").clone();
        let of = found.into_iter().filter(|found| found["rule"] == "house/c");
        of.map(|found| found["path"].as_str().expect("a path").to_owned()).collect::<Vec<_>>()
    };
    let root = scratch.path("");
    for (when, expected) in [
        ("change == \"added\" && class == \"text\"", &["c/d.md"][..]),
        ("change == \"modified\"", &["b.txt"]),
        ("change == \"unchanged\" && kind == \"file\"", &["a.txt"]),
        ("kind == \"directory\" && change != null", &["c"]),
        ("path.glob(\"c/**\") || name.endsWith(\".bin\")", &["c/d.md", "e.bin"]),
        ("size > 3 && encoding == \"ascii\"", &["a.txt"]),
    ] {
        scratch.file(".premaster/rules/c.toml", condition(when, examples));
        let ran = within(&root, "check new --against old --undeclared report --format json");
        assert_eq!(paths(&ran), expected, "{when}");
    }
    let without = within(&root, "check new --format json");
    scratch.file(".premaster/rules/c.toml", condition("change == null && size == 3", examples));
    assert_eq!(paths(&without), ["a.txt"], "size needs no approved build");
    assert_eq!(paths(&within(&root, "check new --format json")), ["b.txt", "c/d.md", "e.bin"]);

    scratch.file(".premaster/rules/c.toml", condition("change == \"added\"", examples));
    within(&root, "rules test").exits(0).says(&["house/c: 2 examples, all as they say"]);
    within(&root, "explain house/c").exits(0).says(&["when        change == \"added\""]);
    scratch.file(".premaster/rules/c.toml", condition("size > 0 && chnage != null", examples));
    let place = ".premaster/rules/c.toml:10:21: when: no fact \"chnage\"; did you mean change?";
    within(&root, "check new").exits(2).complains(&[place]);
}

#[test]
fn a_condition_that_cannot_be_asked_is_refused_with_what_narrows_instead() {
    let scratch = Scratch::new();
    scratch.file("build/a.txt", "x");
    for (id, what) in [
        ("names/too-long", "detector \"name-length\" looks at names: narrow it with `except`"),
        (
            "binary/missing-library",
            "detector \"binary-missing-library\" looks at structure: narrow it with `scope`",
        ),
        (
            "links/missing-page",
            "detector \"link-missing-page\" looks at references: narrow it with `scope`",
        ),
        (
            "structure/apm-overlap",
            "detector \"reader\" tells what readers find: narrow it with `severity_below`",
        ),
        (
            "text/mark-on-target",
            "detector \"mark-on-target\" asks each target: narrow it with `scope`",
        ),
    ] {
        let rule = format!("id = \"house/d\"\nextends = \"{id}\"\nwhen = \"size > 3\"\n");
        scratch.file(".premaster/rules/d.toml", rule);
        let said = format!(
            ".premaster/rules/d.toml:3:8: `when` is for rules about contents and facts of entries, \
             and {what}, or with `paths` in premaster.toml"
        );
        for line in ["rules test", "check build", "rules"] {
            within(&scratch.path(""), line).exits(2).complains(&[&said]);
        }
    }
}

#[test]
fn a_condition_narrows_what_a_match_finds() {
    let scratch = Scratch::new();
    let rule = word("house/w", "Zanzibar", "when = \"path.startsWith('doc/') && mode != '0100'\"");
    scratch.file(
        ".premaster/rules/w.toml",
        rule.replace("text = \"a Zan", "name = \"doc/x\"\ntext = \"a Zan"),
    );
    scratch.file("new/doc/a.txt", "Zanzibar");
    scratch.file("new/src/a.txt", "Zanzibar");
    let ran = within(&scratch.path(""), "check new").exits(1);
    assert!(ran.out.contains("doc/a.txt") && !ran.out.contains("src/a.txt"), "{}", ran.out);
    within(&scratch.path(""), "rules test").exits(0);
}

#[test]
fn a_condition_asks_what_a_program_is_for() {
    let scratch = Scratch::new();
    for name in ["plain.elf", "x86.elf", "plain.exe", "x86.exe", "fat.dylib", "newer.dylib"] {
        let mut program = std::fs::read(root().join("testdata/binary").join(name)).expect("there");
        program.extend_from_slice(b"Zanzibar\0");
        scratch.file(format!("new/{name}"), program);
    }
    scratch.file("new/a.txt", "Zanzibar\n");
    let said = |when: &str| {
        let more = format!("scope = {{ classes = [\"binary\", \"text\"] }}\nwhen = \"{when}\"");
        scratch.file(".premaster/rules/w.toml", word("house/w", "Zanzibar", &more));
        let report = within(&scratch.path(""), "check new --cost literal --format json").json();
        let all = report["findings"].as_array().expect("a list").iter();
        let all = all.filter(|finding| finding["rule"] == "house/w");
        all.map(|finding| finding["path"].as_str().expect("text").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(said("'x86_64' in arch"), ["fat.dylib", "newer.dylib", "plain.elf", "plain.exe"]);
    assert_eq!(said("'x86' in arch"), ["x86.elf", "x86.exe"]);
    assert_eq!(said("'arm64' in arch"), ["fat.dylib"]);
    assert_eq!(said("arch.size() == 0"), ["a.txt"]);
    // Rules about facts read no bytes.
    let setting = "[rules.'permissions/setuid']\nwhen = \"'arm64' in arch\"\n";
    scratch.file("premaster.toml", setting);
    within(&scratch.path(""), "check new").exits(2).complains(&["rules about facts read none"]);
}

/// A rule that is its condition, about programs.
fn of_programs(when: &str) -> String {
    format!(
        "id = \"house/p\"\ntitle = \"A program\"\nseverity = \"error\"\nconfidence = \"high\"\n\
         cost = \"parse\"\nsince = \"1.0.0\"\nwhy = \"w\"\nremedy = \"r\"\nreferences = [\"x\"]\n\
         when = \"{when}\"\n[[example]]\nhit = true\nhex = \"00\"\n[[example]]\nhit = false\nhex = \"00\"\n"
    )
}

#[test]
fn a_condition_asks_what_the_tables_of_a_program_say() {
    let scratch = Scratch::new();
    let programs = [
        "plain.elf",
        "x86.elf",
        "fixed-address.elf",
        "rpath-origin.so",
        "rpath-home.so",
        "same-id.elf",
        "libinner.so.1",
        "linked.debug",
        "linked.elf",
        "symbols.elf",
        "plain.exe",
        "x86.exe",
        "needs.exe",
        "symbols.exe",
        "fixed.exe",
        "signed.exe",
        "needs.macho",
        "newer.dylib",
        "signed.dylib",
        "fat.dylib",
        "symbols.dylib",
    ];
    for name in programs {
        let program = std::fs::read(root().join("testdata/binary").join(name)).expect("there");
        scratch.file(format!("new/{name}"), program);
    }
    scratch.file("new/a.txt", "no program\n");
    let said = |when: &str| {
        scratch.file(".premaster/rules/p.toml", of_programs(when));
        let report = within(&scratch.path(""), "check new --format json").json();
        let all = report["findings"].as_array().expect("a list").iter();
        let all = all.filter(|finding| finding["rule"] == "house/p");
        all.map(|finding| finding["path"].as_str().expect("text").to_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    // As readelf, objdump, llvm-readobj and llvm-objdump show them.
    for (when, expected) in [
        ("program == 'object' || program == null", ""),
        ("program == 'symbols'", "linked.debug"),
        (
            "program == 'shared-library'",
            "fat.dylib libinner.so.1 newer.dylib rpath-home.so rpath-origin.so signed.dylib symbols.dylib",
        ),
        (
            "program == 'executable' && format != 'elf'",
            "fixed.exe needs.exe needs.macho plain.exe signed.exe symbols.exe x86.exe",
        ),
        ("bits == 32", "x86.elf x86.exe"),
        ("'libinner.so.1' in needed", "fixed-address.elf rpath-home.so rpath-origin.so"),
        (
            "'vcruntime140.dll' in needed || '@rpath/libnamed.dylib' in needed",
            "needs.exe needs.macho",
        ),
        ("soname == 'libinner.so.1'", "libinner.so.1"),
        ("soname.endsWith('.dylib')", "fat.dylib newer.dylib signed.dylib symbols.dylib"),
        ("interpreter == '/lib/ld-linux.so.2'", "x86.elf"),
        ("interpreter != null && format == 'mach-o'", "needs.macho"),
        ("'$ORIGIN/../lib' in rpath && '/usr/lib/mine' in rpath", "rpath-origin.so"),
        ("rpath.size() == 1", "needs.macho rpath-home.so"),
        ("build_id == '0123456789abcdef'", "linked.debug linked.elf same-id.elf symbols.elf"),
        ("pie == false", "fixed-address.elf fixed.exe"),
        ("pie && format == 'mach-o'", "needs.macho"),
        ("pie == null && program == 'executable'", ""),
        ("!stripped", "linked.debug symbols.dylib symbols.elf symbols.exe"),
        ("debug_info", "linked.debug symbols.elf"),
        ("debug_info == null", "fixed.exe needs.exe plain.exe signed.exe symbols.exe x86.exe"),
        ("signed", "fat.dylib signed.dylib signed.exe"),
        // Each slice of a fat file is asked by itself, but for its processors.
        ("'arm64' in arch && signed == false", "fat.dylib"),
        ("arch.size() == 2", "fat.dylib"),
        ("mode.endsWith('4') && name == 'plain.elf' && bits > 0", "plain.elf"),
    ] {
        assert_eq!(said(when), expected, "{when}");
    }
    within(&scratch.path(""), "check new --cost literal").exits(0);
    within(&scratch.path(""), "explain house/p").exits(0).says(&["programs", "bits > 0"]);
    let rule = of_programs("pie == false").replacen("hex = \"00\"", "file = \"new/fixed.exe\"", 1);
    let rule = rule.replace("hex = \"00\"", "file = \"new/plain.exe\"");
    scratch.file(".premaster/rules/p.toml", rule);
    within(&scratch.path(""), "rules test").exits(0);
    within(&scratch.path(""), "check new").exits(1).says(&["pe executable for x86_64"]);

    // A rule about structure is narrowed so, too.
    fs::remove_file(scratch.path(".premaster/rules/p.toml")).expect("written");
    let ids = || {
        let report = within(&scratch.path(""), "check new --format json").json();
        let all = report["findings"].as_array().expect("a list").iter();
        let all = all.filter(|finding| finding["rule"] == "binary/not-stripped");
        all.map(|finding| finding["path"].as_str().expect("text").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(), ["symbols.dylib", "symbols.elf", "symbols.exe"]);
    scratch.file(
        "premaster.toml",
        "[rules.'binary/not-stripped']\nwhen = \"program != 'executable'\"\n",
    );
    assert_eq!(ids(), ["symbols.dylib"]);

    // What rules of other costs read tells nothing of tables.
    for (rule, why) in [
        (
            "permissions/setuid",
            "`pie` stands in the bytes of a program, and rules about facts read none",
        ),
        (
            "text/bell",
            "`pie` stands in the tables of a program, which only rules of cost \"parse\" read",
        ),
        ("binary/missing-library", "looks at structure: narrow it with `scope`"),
    ] {
        scratch.file("premaster.toml", format!("[rules.'{rule}']\nwhen = \"pie\"\n"));
        within(&scratch.path(""), "check new").exits(2).complains(&[why]);
    }
    fs::remove_file(scratch.path("premaster.toml")).expect("written");
    for (old, new, why) in [
        ("cost = \"parse\"", "cost = \"census\"", "expected cost = \"parse\""),
        (
            "when =",
            "scope = { formats = [\"zip\"] }\nwhen =",
            "expected elf, pe, mach-o, mach-o-fat",
        ),
    ] {
        scratch.file(".premaster/rules/p.toml", of_programs("pie").replace(old, new));
        within(&scratch.path(""), "check new").exits(2).complains(&[why]);
    }
}
