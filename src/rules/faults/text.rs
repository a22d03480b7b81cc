//! Texts of a data format: TOML, YAML and Java properties here, JSON and XML beside this.

use std::fmt::Display;

use saphyr_parser::{Event, Parser};

use super::super::lines::line_and_column;
use super::Faults;

/// A text that is UTF-8, without its byte order mark.
pub(super) struct Text<'a> {
    pub(super) whole: &'a str,
    /// The entry's own name.
    pub(super) name: &'a [u8],
    /// Where it begins in the content.
    pub(super) start: u64,
}

impl Text<'_> {
    /// What is wrong at an offset of it, told with line and column.
    pub(super) fn at(&self, at: usize, wrong: impl Display) -> String {
        let at = at.min(self.whole.len()) as u64;
        let (line, column) = line_and_column(self.whole.as_bytes(), at).unwrap_or((1, 1));
        format!("line {line}, column {column}: {wrong}")
    }
}

/// Larger TOML and YAML files are not read: a parser keeps many times the bytes of what it reads.
const LARGE: usize = 1 << 20;

/// Whether it is the source of a text: another program fills in what it marks.
pub(super) fn is_template(text: &str) -> bool {
    let marks = ["{{", "{%", "%(", "<%", "<?php", "<?=", "${", "$(", "@@", "%%"];
    marks.iter().any(|mark| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some())
        || has_autoconf(text)
}

/// `@NAME@`, as `config.status` and `CMake` fill in.
fn has_autoconf(text: &str) -> bool {
    text.split('@').skip(1).any(|word| {
        (2..40).contains(&word.len())
            && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    })
}

/// TOML 1.0.
pub(super) fn toml(text: &Text<'_>, faults: &mut Faults) {
    if text.whole.len() > LARGE {
        return faults.unread(text.whole.len() as u64, LARGE as u64);
    }
    let Err(error) = toml::de::DeTable::parse(text.whole) else { return };
    let wrong = error.message();
    if wrong.contains("recurs") || is_template(text.whole) {
        return;
    }
    let at = error.span().map_or(0, |span| span.start);
    faults.malformed(text.start + at as u64, 1, text.at(at, wrong));
}

/// YAML 1.2: its events; no alias is followed.
pub(super) fn yaml(text: &Text<'_>, faults: &mut Faults) {
    if text.whole.len() > LARGE {
        return faults.unread(text.whole.len() as u64, LARGE as u64);
    }
    let mut parser = Parser::new_from_str(text.whole);
    loop {
        match parser.next_event() {
            None | Some(Ok((Event::StreamEnd, _))) => return,
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                // How deep documents may be nested is no matter of the format.
                if error.info().contains("recursion limit") || is_template(text.whole) {
                    return;
                }
                let (line, column) = (error.marker().line(), error.marker().col() + 1);
                let lines = memchr::memchr_iter(b'\n', text.whole.as_bytes());
                let start = line.checked_sub(2).map_or(Some(0), |n| lines.map(|at| at + 1).nth(n));
                let at = start.unwrap_or(text.whole.len());
                let within = text.whole.get(at..).into_iter().flat_map(str::char_indices);
                let at = at + within.map(|(at, _)| at).nth(column - 1).unwrap_or_default();
                let detail = format!("line {line}, column {column}: {}", error.info());
                return faults.malformed(text.start + at as u64, 1, detail);
            }
        }
    }
}

/// `java.util.Properties`: `\u` without four hexadecimal digits is an exception.
pub(super) fn properties(bytes: &[u8], faults: &mut Faults) {
    let mut line_start = true;
    let mut comment = false;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\r' | b'\n' => (line_start, comment) = (true, false),
            b'#' | b'!' if line_start => (line_start, comment) = (false, true),
            b' ' | b'\t' | 0x0c => {}
            b'\\' if !comment => {
                line_start = false;
                if bytes.get(at + 1) == Some(&b'u') {
                    let digits = bytes.get(at + 2..at + 6).unwrap_or_default();
                    if digits.len() < 4 || !digits.iter().all(u8::is_ascii_hexdigit) {
                        let found = bytes.get(at..bytes.len().min(at + 6)).unwrap_or_default();
                        let found = found.escape_ascii();
                        let detail = format!("expected \\u and four digits, found \"{found}\"");
                        faults.malformed(at as u64, 2, detail);
                    }
                }
                at += 1;
            }
            _ => line_start = false,
        }
        at += 1;
    }
}
