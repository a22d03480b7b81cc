//! Rules about texts as a whole, on the way through `check`: what the census settles alone, what is
//! read again, what targets mind, what the configuration asks for.

use std::fs;

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
    scratch.file("a/units.txt", b"\xff\xfeo\0\n\0t\0");
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
    let folder = scratch.path("a");
    premaster(["fix", folder.to_str().expect("UTF-8"), config[0], config[1]]).says(&[
        "modified plain.txt  offset 7: 1 byte inserted: 0a",
        "modified units.txt  offset 8: 2 bytes inserted: 0a 00",
    ]);
    assert_eq!(fs::read(folder.join("units.txt")).expect("there"), b"\xff\xfeo\0\n\0t\0\n\0");
}

#[test]
fn texts_of_wide_units_are_judged_without_a_byte_order_mark() {
    let units = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let swapped = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    let scratch = Scratch::new();
    scratch.file("a/ru.txt", units("Привет мир, это текст\r\nвторая\r\n\u{4}"));
    scratch.file("a/ja.strings", swapped("\"a\" = \"日本語の文章\u{7}です。\";\n"));
    scratch.file("a/el", units(&"Καλημέρα κόσμε, αυτό είναι κείμενο\n".repeat(9)));
    let wide = "Привет мир, это текст\n".chars().flat_map(|c| u32::from(c).to_be_bytes());
    scratch.file("a/wide.txt", wide.collect::<Vec<u8>>());
    // Numbers of two bytes are no text, whatever the name.
    scratch
        .file("a/table.txt", (0..600u16).flat_map(|n| (n * 5).to_le_bytes()).collect::<Vec<_>>());
    let expected = [
        of("text/utf16-without-mark", "", "el", None),
        of("text/utf16-without-mark", "", "ja.strings", None),
        of("text/bell", "", "ja.strings", Some(26)),
        of("text/utf16-without-mark", "", "ru.txt", None),
        of("text/eot-at-end", "", "ru.txt", Some(62)),
        of("text/looks-binary", "", "table.txt", None),
        of("text/utf32", "", "wide.txt", None),
    ];
    let mut found = found(&scratch, &[]);
    found.retain(|(rule, ..)| rule.starts_with("text/"));
    assert_eq!(found, expected);
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
fn what_dos_shows_of_a_text_is_told_in_both_of_its_code_pages() {
    let scratch = Scratch::new();
    scratch.file("a/A.TXT", "\u{feff}Free®\r\n");
    scratch.file("a/B.TXT", "cœur ©\r\n");
    let artifact = scratch.path("a");
    let args = ["--target", "dos", "--format", "json"];
    let artifact = artifact.to_str().expect("UTF-8");
    let json = premaster([&["check", artifact][..], &args].concat()).json();
    let findings = json["findings"].as_array().expect("findings").iter();
    let told: Vec<_> = findings.map(|f| f["message"].as_str().expect("a text")).collect();
    for expected in [
        "shown as ∩╗┐",
        "┬« in ibm437 and ibm850, here ® in utf-8",
        "┼ô in ibm437 and ibm850, here œ in utf-8",
        "ibm437 and ibm850 have no U+0153 œ",
    ] {
        assert!(told.iter().any(|message| message.contains(expected)), "{expected}: {told:?}");
    }
}

#[test]
fn what_costs_more_is_left_out() {
    let scratch = Scratch::new();
    scratch.file("a/a.py", "# coding: latin-1\nx = 'é'\n");
    let rule = of("encoding/declared-differs", "", "a.py", Some(10));
    assert_eq!(found(&scratch, &[]), [rule]);
    assert_eq!(found(&scratch, &["--cost", "literal"]), []);
}

#[test]
fn bad_bytes_do_not_switch_their_own_check_off() {
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let filled = |text: &[u8], with: u8, times: usize| [text, &*vec![with; times]].concat();
    let page = b"<!doctype html><title>x</title>\n";
    let program = b"%!PS-Adobe-3.0\nshowpage\n%%EOF\n";
    let line = b"A line of text.\n".repeat(90);
    let mut cases: Vec<(&str, Vec<u8>, &str, u64)> = vec![
        ("a.txt", filled(b"Hello, world\n", 4, 4), "text/eot-at-end", 13),
        ("a", filled(b"Hello, world\n", 4, 4), "text/eot-at-end", 13),
        ("AUTOEXEC.BAT", filled(b"@ECHO OFF\r\n", 0x1a, 117), "text/sub-at-end", 11),
        ("large.txt", filled(&line, 0x1a, 20_000), "text/sub-at-end", 1440),
        ("a.html", filled(page, 4, 9), "text/eot-at-end", 32),
        ("a.ps", filled(program, 4, 9), "text/eot-at-end", 30),
        ("a.txt", filled(&line, 0, 512), "text/nul", 1440),
        ("a", wide("\u{feff}\x04Hello world\r\n"), "text/eot-inside", 2),
        ("a.txt", wide("\u{feff}A\x04"), "text/eot-at-end", 4),
    ];
    let bidi = [b"/* \xff\xff\xff */\nint x; /*", "\u{202e} } */\n".as_bytes()].concat();
    cases.push(("a.c", bidi, "text/bidi-unclosed", 19));
    cases.push(("a.txt", b"GET /..\xc0\xafetc\n".to_vec(), "text/utf8-overlong", 7));
    for (name, bytes, rule, at) in cases {
        let scratch = Scratch::new();
        scratch.file(format!("a/{name}"), &bytes);
        let found = found(&scratch, &[]);
        assert!(found.contains(&of(rule, "", name, Some(at))), "{name} {rule}: {found:?}");
    }
}

#[test]
fn an_encoding_that_is_named_is_the_one_that_is_read() {
    let text = "Hello world, a text\r\nmore\r\n\x04";
    let (japanese, _, _) = encoding_rs::SHIFT_JIS.encode("日本語\x07 ｱ");
    for (bytes, encoding, rule, at, column) in [
        (
            text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            "utf-16le",
            "text/eot-at-end",
            54,
            1,
        ),
        (
            text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            "utf-16be",
            "text/eot-at-end",
            54,
            1,
        ),
        (text.as_bytes().to_vec(), "utf-16be", "text/eot-at-end", 27, 1),
        (japanese.to_vec(), "shift_jis", "text/bell", 6, 4),
    ] {
        let scratch = Scratch::new();
        let file = scratch.file("a", &bytes);
        let file = file.to_str().expect("UTF-8");
        let json = premaster(["check", file, "--encoding", encoding, "--format", "json"]).json();
        let findings = json["findings"].as_array().expect("findings");
        let found = findings.iter().find(|found| found["rule"] == rule).expect("found");
        assert_eq!((found["offset"].as_u64(), found["column"].as_u64()), (Some(at), Some(column)));
    }
    let scratch = Scratch::new();
    let text = "<?xml version=\"1.0\" encoding=\"Shift_JIS\"?><a>日本語\x07</a>";
    let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(text);
    scratch.file("a/a.xml", &bytes);
    let json = premaster(["check", scratch.path("a").to_str().expect("UTF-8"), "--format", "json"]);
    let found = json.json()["findings"].as_array().expect("findings").clone();
    let bell = found.iter().find(|found| found["rule"] == "text/bell").expect("found");
    assert_eq!(bell["column"].as_u64(), Some(text.find('\x07').map_or(0, |at| at as u64 - 6 + 1)));
}
