//! Texts of a data format: TOML, YAML and Java properties here, JSON and XML beside this.

use std::fmt::Display;
use std::ops::Range;

use saphyr_parser::{Event, Parser};

use super::super::lines::line_and_column;
use super::{Faults, template};

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

    /// Tells what is malformed, unless it stands at a mark of a template.
    pub(super) fn tell(&self, fault: Range<usize>, detail: String, faults: &mut Faults) {
        let at = self.start + fault.start as u64;
        match template::mark_at(self.whole.as_bytes(), &fault) {
            Some(mark) => template::tell(self.whole.as_bytes(), at, mark, faults),
            None => faults.malformed(at, 1, detail),
        }
    }
}

/// Larger TOML and YAML files are not read: a parser keeps many times the bytes of what it reads.
const LARGE: usize = 1 << 20;

/// TOML 1.1, of which 1.0 is a part.
pub(super) fn toml(text: &Text<'_>, faults: &mut Faults) {
    if text.whole.len() > LARGE {
        return faults.unread(text.whole.len() as u64, LARGE as u64);
    }
    let Err(error) = toml::de::DeTable::parse(text.whole) else { return };
    let wrong = error.message();
    // How deep tables may be nested is no matter of the format.
    if wrong.contains("recurs") {
        return;
    }
    let span = error.span().unwrap_or_default();
    text.tell(span.start..span.end.max(span.start + 1), text.at(span.start, wrong), faults);
}

/// YAML 1.2.
pub(super) fn yaml(text: &Text<'_>, faults: &mut Faults) {
    if text.whole.len() > LARGE {
        return faults.unread(text.whole.len() as u64, LARGE as u64);
    }
    let Some((at, wrong)) = yaml_fault(text.whole) else { return };
    if template::mark_at(text.whole.as_bytes(), &(at..at + 1)).is_none() {
        // A mark on a line of its own is a fault of the line behind it, or of the one before.
        let filled = template::filled(text.whole.as_bytes());
        let moved = std::str::from_utf8(&filled)
            .is_ok_and(|filled| yaml_fault(filled).is_none_or(|(then, _)| then > at));
        if let Some(mark) = template::first(text.whole.as_bytes()).filter(|_| moved) {
            return template::tell(text.whole.as_bytes(), text.start + at as u64, mark, faults);
        }
    }
    text.tell(at..at + 1, text.at(at, wrong), faults);
}

/// The first fault of a YAML text, by its events; no alias is followed.
fn yaml_fault(text: &str) -> Option<(usize, String)> {
    let mut parser = Parser::new_from_str(text);
    loop {
        match parser.next_event() {
            None | Some(Ok((Event::StreamEnd, _))) => return None,
            Some(Ok(_)) => {}
            // How deep documents may be nested is no matter of the format.
            Some(Err(error)) if error.info().contains("recursion limit") => return None,
            Some(Err(error)) => {
                let (line, column) = (error.marker().line(), error.marker().col() + 1);
                let lines = memchr::memchr_iter(b'\n', text.as_bytes());
                let start = line.checked_sub(2).map_or(Some(0), |n| lines.map(|at| at + 1).nth(n));
                let at = start.unwrap_or(text.len());
                let within = text.get(at..).into_iter().flat_map(str::char_indices);
                let at = at + within.map(|(at, _)| at).nth(column - 1).unwrap_or_default();
                return Some((at, error.info().to_owned()));
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
