//! Property lists as `NeXTSTEP` wrote them: `{ key = value; }`, `( value, value )`, `<data>` and strings, with
//! comments of C (Core Foundation, CFOldStylePList.c; `GNUstep` Base, NSPropertyList.m), in UTF-8 or UTF-16.
//! What one of the two takes is right.

use std::collections::HashSet;

use super::Faults;
use super::strings::{cut, skip, token, wrong};
use super::units::Units;

/// Keys that are compared.
const KEYS: usize = 1 << 16;

/// What is open.
enum Open<'a> {
    Dictionary(HashSet<&'a [u8]>),
    Array,
}

pub(super) fn walk(content: &[u8], faults: &mut Faults) {
    let text = Units::of(content);
    let mut walk = Walk { text, open: Vec::new(), keys: 0, faults };
    // What is cut or wrong is told where that is found; nothing behind it can be read.
    let _ = walk.value(0).and_then(|mut at| {
        while !walk.open.is_empty() {
            at = walk.next(at)?;
        }
        let at = walk.skip(at)?;
        if at < text.len() {
            walk.wrong(at, "nothing behind the list")?;
        }
        Some(at)
    });
}

/// Whether a content begins as such a list does, and not as JSON.
pub(super) fn begins(content: &[u8]) -> bool {
    let text = Units::of(content);
    let Ok(at) = skip(&text, 0) else { return false };
    if text.get(at) == Some(b'(') {
        return true;
    }
    let key = skip(&text, at + 1).ok().filter(|_| text.get(at) == Some(b'{'));
    let Some((key, Ok(end))) = key.map(|key| (key, word(&text, key))) else { return false };
    let behind = skip(&text, end).ok().and_then(|at| text.get(at));
    end > key && behind == Some(b'=')
}

/// The end of a string, or of a word: of bare characters `GNUstep` takes more than Core Foundation. Where a
/// string is not closed, tells where it begins.
fn word(text: &Units<'_>, from: usize) -> Result<usize, usize> {
    if matches!(text.get(from), Some(b'"' | b'\'')) {
        return token(text, from);
    }
    let is_part = |b: u8| !b.is_ascii_whitespace() && !b"{}()<>;,=\"'".contains(&b);
    let is_word = |at: &usize| text.get(*at).is_some_and(is_part);
    Ok((from..text.len()).find(|at| !is_word(at)).unwrap_or(text.len()))
}

struct Walk<'a, 'f> {
    text: Units<'a>,
    open: Vec<Open<'a>>,
    keys: usize,
    faults: &'f mut Faults,
}

impl Walk<'_, '_> {
    /// Reads what begins here: a string or data whole, of a list what opens it.
    fn value(&mut self, from: usize) -> Option<usize> {
        let at = self.skip(from)?;
        match self.text.get(at) {
            Some(b'{') => self.open.push(Open::Dictionary(HashSet::new())),
            Some(b'(') => self.open.push(Open::Array),
            Some(b'<') => {
                let end = (at..self.text.len()).find(|at| self.text.get(*at) == Some(b'>'));
                if end.is_none() {
                    cut(&self.text, at, "data", self.faults);
                }
                return end.map(|end| end + 1);
            }
            _ => return self.token(at, "a value"),
        }
        Some(at + 1)
    }

    /// Reads one entry of the innermost list, or its end.
    fn next(&mut self, from: usize) -> Option<usize> {
        let at = self.skip(from)?;
        let is = |b| self.text.get(at) == Some(b);
        match self.open.last_mut()? {
            Open::Dictionary(_) if is(b'}') => self.close(at),
            Open::Array if is(b')') => self.close(at),
            Open::Array => {
                let depth = self.open.len();
                let behind = self.value(at)?;
                if self.open.len() > depth { Some(behind) } else { self.behind(behind) }
            }
            Open::Dictionary(_) => {
                let end = self.token(at, "a key")?;
                self.key(at, end);
                let equals = self.skip(end)?;
                if self.text.get(equals) != Some(b'=') {
                    // A key by itself is its own value.
                    return self.behind(equals);
                }
                let depth = self.open.len();
                let behind = self.value(equals + 1)?;
                if self.open.len() > depth { Some(behind) } else { self.behind(behind) }
            }
        }
    }

    /// Closes the innermost list, and passes over what stands behind it in the one around.
    fn close(&mut self, at: usize) -> Option<usize> {
        self.open.pop();
        if self.open.is_empty() { Some(at + 1) } else { self.behind(at + 1) }
    }

    /// What parts two entries. It may stand behind the last, and of it `GNUstep` wants none.
    fn behind(&mut self, from: usize) -> Option<usize> {
        let at = self.skip(from)?;
        let (mark, end, name) = match self.open.last()? {
            Open::Dictionary(_) => (b';', b'}', "; behind a value"),
            Open::Array => (b',', b')', ", or ) behind a value"),
        };
        match self.text.get(at) {
            Some(b) if b == mark => Some(at + 1),
            Some(b) if b == end => Some(at),
            _ => self.wrong(at, name),
        }
    }

    fn key(&mut self, from: usize, to: usize) {
        let key = self.text.raw(from, to);
        let Some(Open::Dictionary(seen)) = self.open.last_mut() else { return };
        self.keys += 1;
        if self.keys <= KEYS && !seen.insert(key) {
            let (line, name) = (self.text.line(from), self.text.shown(from, to));
            let detail = format!("line {line}: key {name} stands in this dictionary already");
            let length = self.text.bytes_of(to - from);
            self.faults.twice(self.text.offset(from), length, detail);
        }
    }

    fn token(&mut self, at: usize, expected: &str) -> Option<usize> {
        match word(&self.text, at) {
            Ok(end) if end > at => Some(end),
            Ok(_) => self.wrong(at, expected),
            Err(open) => {
                cut(&self.text, open, "string", self.faults);
                None
            }
        }
    }

    fn skip(&mut self, at: usize) -> Option<usize> {
        let skipped = skip(&self.text, at);
        skipped.map_err(|open| cut(&self.text, open, "comment", self.faults)).ok()
    }

    fn wrong(&mut self, at: usize, expected: &str) -> Option<usize> {
        wrong(&self.text, at, expected, self.faults);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::faults::FaultKind;

    #[test]
    fn lists_are_walked_as_core_foundation_and_gnustep_do() {
        for (text, expected) in [
            ("{ a = 1; b = (x, \"y z\", <0fbd 77>,); }", &[][..]),
            ("/* of Xcode */\n{ a = { b = ( { c = d } ); }; e; } // end", &[]),
            ("(one, (two), ())\n", &[]),
            ("{}", &[]),
            ("{ a = 1 b = 2; }", &[FaultKind::Malformed]),
            ("{ a = ; }", &[FaultKind::Malformed]),
            ("{ = 1; }", &[FaultKind::Malformed]),
            ("( a b )", &[FaultKind::Malformed]),
            ("{ a = 1; } }", &[FaultKind::Malformed]),
            ("{ a = (1; }", &[FaultKind::Malformed]),
            ("{ a = \"x; }", &[FaultKind::Truncated]),
            ("{ a = { b = 1;", &[FaultKind::Truncated]),
            ("{ a = <0f", &[FaultKind::Truncated]),
            ("{ a = 1; /* b", &[FaultKind::Truncated]),
            ("{ a = 1; b = { a = 2; }; a = 3; }", &[FaultKind::Twice]),
        ] {
            let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            for content in [text.as_bytes().to_vec(), [&b"\xff\xfe"[..], &utf16].concat()] {
                let mut faults = Faults::default();
                walk(&content, &mut faults);
                let kinds: Vec<_> = faults.0.iter().map(|fault| fault.kind).collect();
                assert_eq!(kinds, expected, "{text}");
            }
        }
        for (text, expected) in
            [("{ a = 1; }", true), ("{\"a\" : 1}", false), ("// x\n(a)", true), ("words", false)]
        {
            assert_eq!(begins(text.as_bytes()), expected, "{text}");
        }
    }
}
