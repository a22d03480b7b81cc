//! What `premaster.toml` says of rules, and comments that suppress findings.

use super::house::{within, word};
use super::support::{Ran, Scratch, assert_harmless};

/// Rule, severity and path of each finding.
fn found(ran: &Ran) -> Vec<String> {
    let findings = ran.json()["findings"].as_array().expect("findings").clone();
    let text = |found: &serde_json::Value, key: &str| found[key].as_str().expect(key).to_owned();
    let one = |found| {
        format!("{} {} {}", text(&found, "rule"), text(&found, "severity"), text(&found, "path"))
    };
    findings.into_iter().map(one).collect()
}

#[test]
fn rules_are_set_by_id_by_glob_and_by_path() {
    let scratch = Scratch::new();
    for path in ["a.strings", "vendor/b.strings", "vendor/deep/c.strings"] {
        scratch.file(format!("build/{path}"), "x\x07y\n");
    }
    let root = scratch.path("");
    let all = |a: &str, b: &str, c: &str| {
        let one =
            |level: &str, path: &str| (level != "off").then(|| format!("text/bell {level} {path}"));
        let all =
            [one(a, "a.strings"), one(b, "vendor/b.strings"), one(c, "vendor/deep/c.strings")];
        all.into_iter().flatten().collect::<Vec<_>>()
    };
    for (settings, expected) in [
        ("", all("error", "error", "error")),
        ("[rules]\n'text/bell' = 'note'", all("note", "note", "note")),
        ("[rules]\n'text/*' = 'off'", all("off", "off", "off")),
        ("[rules]\n'text/*' = 'off'\n'text/be*' = 'note'", all("note", "note", "note")),
        (
            "[rules]\n'text/b*' = 'off'\n'text/bell' = 'warning'",
            all("warning", "warning", "warning"),
        ),
        ("[rules.'text/bell']\npaths = { 'vendor/**' = 'off' }", all("error", "off", "off")),
        (
            "[rules.'text/bell']\nseverity = 'note'\npaths = { 'vendor/**' = 'off', 'vendor/deep/**' = 'warning' }",
            all("note", "off", "warning"),
        ),
        (
            "[rules.'text/bell']\nseverity = 'off'\npaths = { 'vendor/**' = 'note' }",
            all("off", "note", "note"),
        ),
        ("[rules.'text/*']\npaths = { 'a.*' = 'warning' }", all("warning", "error", "error")),
        ("[rules.'text/bell']\nscope = { kinds = ['prose'] }", all("off", "off", "off")),
        ("[rules.'text/bell']\nwhen = 'path.contains(\"deep\")'", all("off", "off", "error")),
        ("[rules.'text/bell']\nmatch = { control = [0x02] }", all("off", "off", "off")),
    ] {
        scratch.file("premaster.toml", settings);
        assert_eq!(found(&within(&root, "check build --format json")), expected, "{settings}");
    }
    for (settings, expected) in [
        (
            "[rules]\n'text/bel' = 'off'",
            "premaster.toml:2: no rule \"text/bel\"; did you mean text/bell",
        ),
        ("[rules]\n'txt/*' = 'off'", "premaster.toml:2: no rule \"txt/*\""),
        ("[rules]\n'text/bell' = 'of'", "premaster.toml:2: unknown variant `of`"),
        ("[rules.'text/bell']\nwhen = 'sise > 1'", "no fact \"sise\"; did you mean size?"),
        ("[rules.'text/*']\nwhen = 'size > 1'", "are for one rule, not for a glob"),
        ("[rules.'text/bell']\nmatch = { control = [0x0a] }", "0x0a: expected 0x00 to 0x1f"),
        ("[rules.'names/too-long']\nwhen = 'size > 1'", "`when` is for rules about contents"),
        // Each at the line of the key that is wrong.
        (
            "[rules.'text/bell']\nseverity = 'off'\nsevrity = 'off'",
            "premaster.toml:3: unknown field",
        ),
        (
            "[rules.'text/bell']\nseverity = 'off'\nwhen = 'sise > 1'",
            "premaster.toml:3: when: no fact",
        ),
        (
            "[rules.'text/*']\nseverity = 'off'\nwhen = 'size > 1'",
            "premaster.toml:3: `scope`, `match`",
        ),
        (
            "[rules.'text/bell']\nwhen = 'size > 1'\n\n[rules.'text/bell'.scope]\nclasses = ['text']\nkinds = ['prse']",
            "premaster.toml:6: unknown variant `prse`",
        ),
        (
            "[rules.'text/bell']\nwhen = 'sise > 1'\nmatch = { control = [0x0a] }\nseverity = 'off'",
            "premaster.toml:2: ",
        ),
        ("[rules.'text/bel']\nseverity = 'off'\nwhen = 'size > 1'", "premaster.toml:1: no rule"),
    ] {
        scratch.file("premaster.toml", settings);
        within(&root, "check build").exits(2).complains(&[expected]);
    }
}

/// A rule that is not on by itself runs where a path asks for it, and only there.
#[test]
fn a_rule_may_be_asked_for_at_a_path() {
    let scratch = Scratch::new();
    for path in ["a.sh", "vendor/b.sh"] {
        scratch.file(format!("build/{path}"), "one \ntwo\n");
    }
    let root = scratch.path("");
    let rule = "[rules.'text/trailing-blank']\n";
    for (settings, expected) in [
        ("", &[][..]),
        ("paths = { 'vendor/**' = 'note' }", &["text/trailing-blank note vendor/b.sh"]),
        ("paths = { 'vendor/**' = 'off' }", &[]),
        ("severity = 'note'\npaths = { 'vendor/**' = 'off' }", &["text/trailing-blank note a.sh"]),
    ] {
        scratch.file("premaster.toml", format!("{rule}{settings}"));
        assert_eq!(found(&within(&root, "check build --format json")), expected, "{settings}");
    }
}

#[test]
fn what_is_off_at_a_path_hides_nothing_behind_a_full_list() {
    let scratch = Scratch::new();
    for number in 0..60 {
        scratch.file(format!("build/a/{number}.orig"), "x");
        scratch.file(format!("build/a/-{number}"), "x");
    }
    scratch.file("build/z/last.orig", "y");
    scratch.file("build/z/-last", "y");
    scratch.file(
        "premaster.toml",
        "[rules.'leftovers/backup']\npaths = { 'a/**' = 'off' }\n\
         [rules.'names/leading-dash']\npaths = { 'a/**' = 'off' }\n",
    );
    let all = found(&within(&scratch.path(""), "check build --format json"));
    for wanted in ["z/last.orig", "z/-last"] {
        assert!(all.iter().any(|found| found.ends_with(wanted)), "{wanted}: {all:?}");
    }
    assert!(!all.iter().any(|found| found.contains(" a/")), "{all:?}");
}

#[test]
fn a_waiver_may_call_a_rule_by_a_former_id() {
    let scratch = Scratch::new();
    scratch.file(
        ".premaster/rules/w.toml",
        word("house/new", "Zanzibar", "aliases = [\"house/old\"]"),
    );
    scratch.file("build/a.txt", "Zanzibar");
    scratch.file(
        "premaster.toml",
        "[[waiver]]\nrule = 'house/old'\npath = 'a.txt'\nreason = 'known'\nowner = 'me'\nexpires = 2999-01-01\n",
    );
    let ran = within(&scratch.path(""), "check build").exits(0);
    ran.says(&["waived house/new in a.txt: known (me)"]);
}

#[test]
fn comments_suppress_where_the_settings_let_them() {
    let scratch = Scratch::new();
    let root = scratch.path("");
    let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7bq0\n";
    scratch.file(
        "build/src/a.py",
        "x = 1 # \x07 premaster: allow\n# premaster: allow text/bell -- \x1b[1mknown\ny = '\x07'\n",
    );
    scratch.file("build/doc/b.py", "# premaster: allow text/bell -- known\ny = '\x07'\n");
    scratch
        .file("build/src/c.pem", format!("# premaster: allow secrets/private-key -- known\n{key}"));
    scratch.file(
        "build/src/d.py",
        "# premaster: allow text/bell\n# premaster: allow text/bel -- w\nx = 1\n",
    );
    scratch.file("premaster.toml", "");
    let before = within(&root, "check build --all-findings --format json");
    scratch.file("premaster.toml", "[suppress]\nallow = ['src/**']\n");
    let ran = within(&root, "check build --format json");
    let gone: Vec<_> = found(&before).into_iter().filter(|f| !found(&ran).contains(f)).collect();
    assert_eq!(gone.len(), 0, "src/a.py has another one: {gone:?}");
    let report = ran.json();
    let waived = report["waived"].as_array().expect("waived");
    assert_eq!(waived.len(), 1, "{waived:?}");
    assert_eq!((&waived[0]["rule"], &waived[0]["line"]), (&"text/bell".into(), &3.into()));
    assert!(waived[0]["reason"].as_str().is_some_and(|reason| reason.ends_with("known")));
    let unused: Vec<_> = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter(|found| found["rule"] == "waiver/unused-suppression")
        .map(|found| {
            format!(
                "{}:{}: {}",
                found["path"].as_str().unwrap_or(""),
                found["line"],
                found["message"].as_str().unwrap_or("")
            )
        })
        .collect();
    for (wanted, message) in [
        ("src/c.pem:1: ", "no comment silences secrets/private-key"),
        ("src/d.py:1: ", "gives no reason"),
        ("src/d.py:2: ", "no rule \"text/bel\"; did you mean text/bell"),
    ] {
        assert!(
            unused.iter().any(|told| told.starts_with(wanted) && told.contains(message)),
            "{unused:?}"
        );
    }
    assert_eq!(unused.len(), 3, "{unused:?}");
    let human = within(&root, "check build");
    assert_harmless(human.out.as_bytes());
    let words = human.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("warning[waiver/unused-suppression] src/c.pem: line 1: "), "{words}");
    human.says(&["waived text/bell in src/a.py:3:"]);
}

#[test]
fn an_expression_is_found_with_and_without_a_literal() {
    let scratch = Scratch::new();
    let rule = |regex: &str, cost: &str| {
        let text =
            word("house/r", "me@a.example", "").replace("\"literal\"", &format!("\"{cost}\""));
        text.replace("literals = [\"me@a.example\"]", &format!("regex = '{regex}'"))
    };
    scratch.file("build/a.txt", format!("{}\nyou and me@b.example\n", "x ".repeat(70_000)));
    scratch.file("build/b.txt", "you@b.example.org, 16 bit: ®\n");
    let root = scratch.path("");
    for (regex, cost, expected) in [
        ("me@[a-z]+[.]example\\b", "literal", &["house/r error a.txt"][..]),
        ("[a-z]+@[ab][.]example\\b", "parse", &["house/r error a.txt", "house/r error b.txt"]),
        ("[a-z]+@[ab][.]example(?m:$)", "parse", &["house/r error a.txt"]),
    ] {
        scratch.file(".premaster/rules/r.toml", rule(regex, cost));
        let ran = within(&root, "check build --format json");
        assert_eq!(found(&ran), expected, "{regex}");
        let first = &ran.json()["findings"][0];
        assert_eq!((&first["line"], &first["column"]), (&2.into(), &9.into()), "{regex}");
        within(&root, "rules test").exits(0);
    }
    for (regex, cost, expected) in [
        (
            "[a-z]+@",
            "literal",
            "r.toml:5:8: expected cost = \"parse\": an expression that begins with no",
        ),
        ("x*", "parse", "r.toml:10:9: \"x*\": it matches what is empty"),
        ("(", "parse", "r.toml:10:9: \"(\": "),
        ("abcd$", "literal", "use (?m:$)"),
    ] {
        scratch.file(".premaster/rules/r.toml", rule(regex, cost));
        within(&root, "check build").exits(2).complains(&[expected]);
    }
}
