//! `rules`, `explain`, `completions` and the help.

use super::support::{Scratch, assert_harmless, binary, premaster, run, words};

#[test]
fn the_catalogue_is_listed() {
    let ran = words("rules").exits(0).says(&["text/eot-at-end", "bytes/outside-any-file-changed"]);
    assert_eq!(words("rules list").exits(0).raw, ran.raw);
    let lines = words("rules --format jsonl").exits(0).json_lines();
    assert_eq!(lines.len(), ran.out.lines().count());
    for (line, object) in ran.out.lines().zip(&lines) {
        assert!(line.starts_with(object["id"].as_str().expect("an id")), "{line}");
    }
}

#[test]
fn every_rule_is_explained() {
    for object in words("rules --format jsonl").json_lines() {
        let id = object["id"].as_str().expect("an id");
        let ran = premaster(["explain", id]).exits(0);
        assert_harmless(&ran.raw);
        let ran = ran.says(&[id, "\nWhy\n", "\nWhat to do\n", "\nExamples\n", "\nReferences\n"]);
        assert!(ran.out.lines().all(|line| line.trim_end() == line), "{}", ran.out);
    }
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let ran = words(&format!("completions {shell}")).exits(0);
        let ran = ran.says(&["premaster", "check", "against", "intent", "approve"]);
        assert!(ran.err.is_empty(), "{}", ran.err);
    }
}

#[test]
fn help_fits_and_names_the_exit_codes() {
    for line in ["--help", "check --help", "ls --help", "approve --help", "rules --help"] {
        let ran = words(line).exits(0);
        let long = ran.out.lines().find(|line| line.chars().count() > 100);
        assert_eq!(long, None, "{line}");
    }
    words("--version").exits(0).says(&[concat!("premaster ", env!("CARGO_PKG_VERSION"), "\n")]);
    words("check --help").says(&["--against <APPROVED>", "Exit 0: yes. 1: no. 3:"]);
}

#[test]
fn a_rule_of_ones_own_is_tried_before_it_is_used() {
    let scratch = Scratch::new();
    let rule = "id = \"house/no-zero-width\"\ntitle = \"A zero-width space\"\nseverity = \"error\"\nconfidence = \"high\"\n\
                cost = \"census\"\nsince = \"1.0.0\"\nwhy = \"w\"\nremedy = \"r\"\nreferences = [\"x\"]\n\
                match = { code-points = [\"U+200B\"] }\nmessage = \"{name} at {offset}\"\n\
                [[example]]\nhit = true\ntext = \"a\\u200b\"\nat = [1]\n\
                [[example]]\nhit = false\ntext = \"a\"\n";
    let good = scratch.file("good.toml", rule);
    let good = good.to_str().expect("UTF-8");
    premaster(["rules", "test", good]).exits(0).says(&["house/no-zero-width", "2 examples"]);
    let wrong = scratch.file(
        "wrong.toml",
        rule.replace("hit = false\ntext = \"a\"", "hit = false\ntext = \"\\u200b\""),
    );
    let wrong = wrong.to_str().expect("UTF-8");
    premaster(["rules", "test", good, wrong])
        .exits(1)
        .says(&["example 2: expected no hit, it hits at [0]", "1 of 2 examples wrong"]);
    let broken = scratch.file("broken.toml", rule.replace("severity", "severty"));
    let broken = broken.to_str().expect("UTF-8");
    premaster(["rules", "test", broken]).exits(2).complains(&[&format!("{broken}:3:1: ")]);
    premaster(["rules", "test", "no/such.toml"]).exits(2).complains(&["no/such.toml: No such"]);
    words("rules test rules/text/eot-at-end.toml rules/bytes/unread-content.toml").exits(0);
    // What is built in brings examples about files of its repository, which others do not have.
    let own = scratch.file(
        ".premaster/rules/own.toml",
        "id = \"house/path\"\nextends = \"binary/build-path\"\nseverity = \"error\"\n",
    );
    let own = own.to_str().expect("UTF-8");
    let mut command = binary();
    command.current_dir(scratch.path("")).args(["rules", "test"]);
    run(command).exits(0).says(&["house/path: not run", "7 of binary/build-path"]);
    premaster(["rules", "test", own]).exits(0).says(&["house/path: 7 examples, all as they say"]);
}
