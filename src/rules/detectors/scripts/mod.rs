//! Detectors of scripts: what a kernel makes of the first line, and a shell or command processor of
//! line ends and here-documents.

pub(super) mod batch_line_end;
pub(super) mod here_document;
pub(super) mod script_bom;
pub(super) mod script_build_path;
pub(super) mod script_carriage_return;
pub(super) mod script_empty;
pub(super) mod script_length;
pub(super) mod script_line_end;
pub(super) mod script_missing;
pub(super) mod script_relative;

use std::ops::Range;

use crate::model::Content;
use crate::rules::facts::{EntryFacts, FactsHit};

/// Ends of the names of texts that a shell reads.
const SHELLS: [&str; 7] = [".sh", ".bash", ".zsh", ".ksh", ".csh", ".tcsh", ".fish"];

/// A word, and where it stands in the first bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Word<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Word<'a> {
    /// The name that a path ends with.
    fn name(&self) -> &'a [u8] {
        self.text.rsplit(|b| *b == b'/').next().unwrap_or_default()
    }

    fn range(&self) -> Range<usize> {
        self.at..self.at + self.text.len()
    }

    /// A hit that is this word.
    fn hit(&self) -> FactsHit {
        FactsHit::at(self.range(), self.text.escape_ascii().to_string())
    }
}

/// The first line of a script, as a kernel reads it.
#[derive(Clone, Copy, Debug)]
struct FirstLine<'a> {
    /// The first bytes, from `#!` on.
    head: &'a [u8],
    /// What stands behind `#!`, without its line feed.
    text: &'a [u8],
}

/// The first line of a script, as far as it was kept.
fn first_line<'a>(entry: &EntryFacts<'a>) -> Option<FirstLine<'a>> {
    FirstLine::of(&entry.content?.ends()?.head)
}

impl<'a> FirstLine<'a> {
    fn of(head: &'a [u8]) -> Option<Self> {
        let line = head.strip_prefix(b"#!")?;
        Some(Self { head, text: line.split(|b| *b == b'\n').next()? })
    }

    /// Whether its end was kept.
    fn is_whole(&self) -> bool {
        self.head.len() > self.text.len() + 2
    }

    fn words(&self) -> impl Iterator<Item = Word<'a>> {
        let mut at = 2;
        let words = self.text.split(u8::is_ascii_whitespace).map(move |text| {
            let word = Word { text, at };
            at += text.len() + 1;
            word
        });
        words.filter(|word| !word.text.is_empty())
    }

    /// The path of the interpreter: up to a blank.
    fn interpreter(&self) -> Option<Word<'a>> {
        self.words().next()
    }

    /// What `env` is to look for and `busybox` to be, where one of them is the interpreter.
    fn argument(&self) -> Option<Word<'a>> {
        let mut words = self.words();
        match words.next()?.name() {
            b"busybox" => return words.next(),
            b"env" => {}
            _ => return None,
        }
        while let Some(word) = words.next() {
            match word.text {
                b"-u" | b"-C" => _ = words.next(),
                [b'-', b'S', rest @ ..] if !rest.is_empty() => {
                    return Some(Word { text: rest, at: word.at + 2 });
                }
                [b'-', ..] => {}
                text if text.contains(&b'=') => {}
                _ => return Some(word),
            }
        }
        None
    }

    /// Whether a shell reads what follows.
    fn is_shell(&self) -> bool {
        let Some(program) = self.argument().or_else(|| self.interpreter()) else { return false };
        // `bash5`, `ksh93` and `zsh-5.9` are shells, too.
        let is_version = |b: &u8| matches!(b, b'0'..=b'9' | b'.' | b'-');
        let name = program.name();
        let kept = name.iter().rposition(|b| !is_version(b)).map_or(0, |last| last + 1);
        let name = name.get(..kept).unwrap_or_default();
        let shells = SHELLS.iter().filter_map(|end| end.strip_prefix('.'));
        shells.chain(["dash", "ash", "mksh", "yash"]).any(|shell| shell.as_bytes() == name)
    }
}

/// Whether the name is one of a shell's script.
fn is_named_shell(name: &[u8]) -> bool {
    ends_with(name, &SHELLS)
        || matches!(name, b".profile" | b".bashrc" | b".bash_profile" | b".zshrc" | b".kshrc")
}

/// Whether a name ends so, in any case.
fn ends_with(name: &[u8], ends: &[&str]) -> bool {
    ends.iter().any(|end| {
        let cut = name.len().checked_sub(end.len());
        cut.and_then(|cut| name.get(cut..)).is_some_and(|e| e.eq_ignore_ascii_case(end.as_bytes()))
    })
}

/// Whether someone will run it: it has an execution bit, or its format records none.
fn is_run(entry: &EntryFacts<'_>) -> bool {
    entry.mode.is_none() || is_executable(entry)
}

/// Whether it has an execution bit: without one that says so nobody runs it.
fn is_executable(entry: &EntryFacts<'_>) -> bool {
    entry.mode.is_some_and(|mode| mode & 0o111 != 0)
}

/// So many lines, with the verb for what they do.
fn lines(count: u64) -> String {
    if count == 1 { "1 line ends".to_owned() } else { format!("{count} lines end") }
}

/// The first bytes of an entry that were kept.
fn head<'a>(entry: &EntryFacts<'a>) -> &'a [u8] {
    entry.content.and_then(Content::ends).map_or(b"", |ends| &ends.head)
}

/// Where in the first bytes, if it is there, a line ends with CR LF, or with LF alone.
fn first_end(head: &[u8], both: bool) -> Option<Range<usize>> {
    let unit = match head {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => 2,
        _ => 1,
    };
    let byte = |at: usize| match head.get(at..at + unit) {
        Some([byte] | [0, byte] | [byte, 0]) => *byte,
        _ => 0xff,
    };
    let ends = (0..head.len()).step_by(unit).filter(|&at| byte(at) == b'\n');
    let mut ends = ends.filter_map(|at| {
        let before = at.checked_sub(unit).filter(|&before| byte(before) == b'\r');
        if both { Some(before?..at + unit) } else { before.is_none().then_some(at..at + unit) }
    });
    ends.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_is_found_behind_what_starts_it() {
        for (line, shell, argument) in [
            ("#!/bin/sh", true, None),
            ("#! /bin/bash5 -e", true, None),
            ("#!/usr/bin/env -S bash -e", true, Some("bash")),
            ("#!/usr/bin/env -Sksh93 -e", true, Some("ksh93")),
            ("#!/usr/bin/env -u A B=c zsh-5.9", true, Some("zsh-5.9")),
            ("#!/usr/bin/env python3", false, Some("python3")),
            ("#!/bin/busybox sh", true, Some("sh")),
            ("#!/bin/busybox awk", false, Some("awk")),
            ("#!/bin/csh", true, None),
            ("#!/usr/bin/perl", false, None),
            ("#!", false, None),
            ("#!/bin/5", false, None),
        ] {
            let line = FirstLine::of(line.as_bytes()).expect("a script");
            assert_eq!(line.is_shell(), shell, "{line:?}");
            let found = line.argument().map(|word| word.text);
            assert_eq!(found, argument.map(str::as_bytes), "{line:?}");
            assert!(line.words().all(|word| line.head.get(word.range()) == Some(word.text)));
        }
        assert!(FirstLine::of(b"# !/bin/sh").is_none());
    }

    #[test]
    fn the_first_end_is_found_in_narrow_and_wide_texts() {
        for (head, both, alone) in [
            (&b"a\nb\r\n"[..], Some(3..5), Some(1..2)),
            (b"a\rb\n", None, Some(3..4)),
            (b"\xff\xfea\0\r\0\n\0\n\0", Some(4..8), Some(8..10)),
            (b"\xfe\xff\0a\0\n", None, Some(4..6)),
            (b"", None, None),
        ] {
            assert_eq!(first_end(head, true), both, "{head:?}");
            assert_eq!(first_end(head, false), alone, "{head:?}");
        }
    }
}
