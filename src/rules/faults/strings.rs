//! Apple's `.strings`: `"key" = "value";` with comments of C (Apple, Internationalization and
//! Localization Guide, Localizing Strings; Core Foundation, CFOldStylePList.c), in UTF-8 or UTF-16.

use std::collections::HashSet;

use super::Faults;
use super::units::Units;

/// Keys that are compared.
const KEYS: usize = 1 << 18;

pub(super) fn walk(content: &[u8], faults: &mut Faults) {
    let text = Units::of(content);
    if !is_table(&text) {
        return;
    }
    let mut seen = HashSet::new();
    let mut at = 0;
    loop {
        at = match skip(&text, at) {
            Ok(at) => at,
            Err(open) => return cut(&text, open, "comment", faults),
        };
        if at >= text.len() || faults.is_full() {
            return;
        }
        let key = at;
        let behind = match token(&text, at) {
            Ok(behind) if behind > at => behind,
            Ok(_) => return wrong(&text, at, "a key", faults),
            Err(open) => return cut(&text, open, "string", faults),
        };
        if seen.len() < KEYS && !seen.insert(text.raw(key, behind)) {
            let line = text.line(key);
            let name = text.shown(key, behind);
            let detail = format!("line {line}: key {name} stands in this file already");
            faults.twice(text.offset(key), text.bytes_of(behind - key), detail);
        }
        at = match entry(&text, behind, faults) {
            Some(at) => at,
            None => return,
        };
    }
}

/// What follows a key: `= value ;`, or `;` where the key is its own value.
fn entry(text: &Units<'_>, from: usize, faults: &mut Faults) -> Option<usize> {
    let mut skipped = |at| match skip(text, at) {
        Ok(at) => Some(at),
        Err(open) => {
            cut(text, open, "comment", faults);
            None
        }
    };
    let mut at = skipped(from)?;
    if text.get(at) == Some(b';') {
        return Some(at + 1);
    }
    if text.get(at) != Some(b'=') {
        wrong(text, at, "= behind a key", faults);
        return None;
    }
    let value = skipped(at + 1)?;
    match token(text, value) {
        Ok(behind) if behind > value => at = behind,
        Ok(_) => {
            wrong(text, value, "a value behind =", faults);
            return None;
        }
        Err(open) => {
            cut(text, open, "string", faults);
            return None;
        }
    }
    let at = match skip(text, at) {
        Ok(at) => at,
        Err(open) => {
            cut(text, open, "comment", faults);
            return None;
        }
    };
    if text.get(at) != Some(b';') {
        wrong(text, at, "; behind a value", faults);
        return None;
    }
    Some(at + 1)
}

/// Whether some string stands before `=` and another behind it: other files have this end, too.
fn is_table(text: &Units<'_>) -> bool {
    let is_blank = |at: &usize| matches!(text.get(*at), Some(b' ' | b'\t'));
    let mut from = 0;
    while let Some(equals) = (from..text.len()).find(|at| text.get(*at) == Some(b'=')) {
        let behind = (equals + 1..text.len()).take(16).find(|at| !is_blank(at));
        let before = (equals.saturating_sub(16)..equals).rev().find(|at| !is_blank(at));
        let is_quote = |at: usize| text.get(at) == Some(b'"');
        if behind.is_some_and(is_quote) && before.is_some_and(is_quote) {
            return true;
        }
        from = equals + 1;
    }
    false
}

/// Passes over blanks and comments; where a comment is not closed, tells where it begins.
pub(super) fn skip(text: &Units<'_>, mut at: usize) -> Result<usize, usize> {
    loop {
        match text.get(at) {
            Some(b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c) => at += 1,
            Some(b'/') if text.has(at, b"//") => at = text.line_end(at),
            Some(b'/') if text.has(at, b"/*") => {
                let end = (at + 2..text.len()).find(|end| text.has(*end, b"*/"));
                at = end.ok_or(at)? + 2;
            }
            _ => return Ok(at),
        }
    }
}

/// The end of a string, or of a word; where a string is not closed, tells where it begins.
pub(super) fn token(text: &Units<'_>, from: usize) -> Result<usize, usize> {
    let Some(quote @ (b'"' | b'\'')) = text.get(from) else {
        let is_part = |b: u8| b.is_ascii_alphanumeric() || b"_$/:.-\x80".contains(&b);
        let is_word = |at: &usize| text.get(*at).is_some_and(is_part);
        return Ok((from..text.len()).find(|at| !is_word(at)).unwrap_or(text.len()));
    };
    let mut at = from + 1;
    loop {
        match text.get(at) {
            Some(b'\\') => at += 2,
            Some(b) if b == quote => return Ok(at + 1),
            Some(_) => at += 1,
            None => return Err(from),
        }
    }
}

pub(super) fn cut(text: &Units<'_>, open: usize, what: &str, faults: &mut Faults) {
    let line = text.line(open);
    faults.truncated(text.offset(open), format!("line {line}: the {what} is not closed"));
}

pub(super) fn wrong(text: &Units<'_>, at: usize, expected: &str, faults: &mut Faults) {
    let line = text.line(at);
    if at >= text.len() {
        return faults.truncated(text.offset(at), format!("line {line}: expected {expected}"));
    }
    let found = text.shown(at, text.line_end(at).max(at + 1).min(at + 16));
    let detail = format!("line {line}: expected {expected}, found {found}");
    faults.malformed(text.offset(at), text.bytes_of(1), detail);
}
