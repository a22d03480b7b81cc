//! Rules about texts as a whole, on the way through `check`: what the census settles alone, what is
//! read again, what targets mind, what the configuration asks for.

use serde_json::Value;

use super::support::{Scratch, premaster};

/// Findings of a check: rule, target, path, offset.
fn found(scratch: &Scratch, args: &[&str]) -> Vec<(String, String, String, Option<u64>)> {
    let artifact = scratch.path("a");
    let artifact = artifact.to_str().expect("UTF-8");
    let ran = premaster([&["check", artifact, "--format", "json"], args].concat());
    let json = ran.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = json["findings"].as_array().expect("findings");
    findings
        .iter()
        .map(|f| (text(&f["rule"]), text(&f["target"]), text(&f["path"]), f["offset"].as_u64()))
        .collect()
}

fn of(
    rule: &str,
    target: &str,
    path: &str,
    at: Option<u64>,
) -> (String, String, String, Option<u64>) {
    (rule.to_owned(), target.to_owned(), path.to_owned(), at)
}

#[test]
fn what_the_census_settles_is_told_of_texts_and_of_what_looks_binary() {
    let scratch = Scratch::new();
    scratch.file("a/wide.txt", b"a\0b\0c\0d\0e\0f\0\n\0");
    scratch.file("a/wide.bin", b"a\0b\0c\0d\0e\0f\0\n\0");
    scratch.file("a/noise.txt", [0; 64]);
    scratch.file("a/plain.txt", b"one\ntwo");
    let expected = [
        of("integrity/all-zero", "", "noise.txt", None),
        of("text/looks-binary", "", "noise.txt", None),
        of("text/utf16-without-mark", "", "wide.txt", None),
    ];
    assert_eq!(found(&scratch, &[]), expected);
    let config =
        scratch.file("premaster.toml", "[rules]\n\"text/last-line-without-end\" = \"warning\"\n");
    let config = ["--config", config.to_str().expect("UTF-8")];
    let asked = of("text/last-line-without-end", "", "plain.txt", Some(7));
    assert!(found(&scratch, &config).contains(&asked));
}

#[test]
fn a_target_minds_the_texts_that_it_sees_and_likes_share_a_finding() {
    let scratch = Scratch::new();
    scratch.file("a/mac.txt", "Free®\n");
    let one = |target, rule| {
        found(&scratch, &["--target", target]).contains(&of(rule, target, "mac.txt", Some(4)))
    };
    assert!(one("classic-mac", "encoding/other-meaning-on-target"));
    assert!(!one("linux", "encoding/other-meaning-on-target"));
    let ends = found(&scratch, &["--target", "windows", "--target", "win9x", "--target", "linux"]);
    let ends: Vec<_> = ends.into_iter().filter(|f| f.0 == "text/line-end-on-target").collect();
    // The first of the two that mind it most.
    assert_eq!(ends, [of("text/line-end-on-target", "win9x", "mac.txt", Some(6))]);
}

#[test]
fn what_costs_more_is_left_out() {
    let scratch = Scratch::new();
    scratch.file("a/a.py", "# coding: latin-1\nx = 'é'\n");
    let rule = of("encoding/declared-differs", "", "a.py", Some(10));
    assert_eq!(found(&scratch, &[]), [rule]);
    assert_eq!(found(&scratch, &["--cost", "literal"]), []);
}
