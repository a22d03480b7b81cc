//! Resource scripts of Windows (Microsoft Learn, Resource-Definition Statements): strings that their
//! line does not close, and `BEGIN` or `{` without its end. In UTF-16, UTF-8 or a code page.

use super::Faults;
use super::units::Units;

/// Statements that a file must hold to be one: shells and mail readers call their settings `.rc`, too.
const STATEMENTS: [&[u8]; 9] = [
    b"STRINGTABLE",
    b"DIALOG",
    b"DIALOGEX",
    b"MENU",
    b"MENUEX",
    b"VERSIONINFO",
    b"ACCELERATORS",
    b"TEXTINCLUDE",
    b"RCDATA",
];
/// Blocks within blocks that are followed.
const DEPTH: usize = 256;

pub(super) fn walk(content: &[u8], faults: &mut Faults) {
    let text = Units::of(content);
    let mut state = State::default();
    let mut found = Faults::default();
    let mut at = 0;
    while at < text.len() && !found.is_full() {
        let end = text.line_end(at);
        state.line(&text, at, end, &mut found);
        at = end + 1;
    }
    if !state.is_script {
        return;
    }
    if let Some(open) = state.comment {
        let line = text.line(open);
        found.truncated(text.offset(open), format!("line {line}: the comment is not closed"));
    }
    if let (Some(open), false, None) = (state.open.pop(), state.has_branches, state.comment) {
        let (line, word) = (text.line(open), text.shown(open, text.line_end(open).min(open + 5)));
        let detail = format!("line {line}: {} is never closed", word.trim_ascii_end());
        found.truncated(text.offset(open), detail);
    }
    for fault in found.0 {
        faults.tell(fault.kind, fault.at, fault.length, fault.detail);
    }
}

#[derive(Default)]
struct State {
    /// Whether some statement was met.
    is_script: bool,
    /// Whether the preprocessor chooses between lines: blocks are not counted then.
    has_branches: bool,
    /// Where the comment that is open begins.
    comment: Option<usize>,
    /// Where blocks that are open begin.
    open: Vec<usize>,
    /// Whether the line before goes on in this one.
    continued: bool,
}

impl State {
    fn line(&mut self, text: &Units<'_>, from: usize, end: usize, faults: &mut Faults) {
        let goes_on =
            end.checked_sub(1).is_some_and(|last| last >= from && text.get(last) == Some(b'\\'));
        let was_continued = std::mem::replace(&mut self.continued, goes_on);
        let first = (from..end).find(|at| !matches!(text.get(*at), Some(b' ' | b'\t')));
        if self.comment.is_none() && first.is_some_and(|at| text.get(at) == Some(b'#')) {
            let at = first.unwrap_or(from) + 1;
            self.has_branches |= [&b"else"[..], b"elif"].iter().any(|word| text.has(at, word));
            return;
        }
        let mut at = from;
        while at < end && !faults.is_full() {
            if let Some(open) = self.comment {
                let close = (at..end).find(|at| text.has(*at, b"*/") && *at > open + 1);
                let Some(close) = close else { return };
                self.comment = None;
                at = close + 2;
                continue;
            }
            match text.get(at) {
                Some(b'/') if text.has(at, b"//") => return,
                Some(b'/') if text.has(at, b"/*") => {
                    self.comment = Some(at);
                    at += 2;
                }
                Some(b'"') => {
                    let Some(close) = string_end(text, at, end) else {
                        // Who continues a line, or escapes a quote, writes for a compiler that allows it.
                        if !goes_on && !was_continued && !escapes_quote(text, from, end) {
                            let line = text.line(at);
                            let detail =
                                format!("line {line}: the string is not closed on its line");
                            faults.malformed(text.offset(at), text.bytes_of(end - at), detail);
                        }
                        return;
                    };
                    at = close;
                }
                Some(b) if b.is_ascii_alphanumeric() || b == b'_' || b == 0x80 => {
                    let is_part = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == 0x80;
                    let stop = (at..end).find(|at| !text.get(*at).is_some_and(is_part));
                    let stop = stop.unwrap_or(end);
                    self.word(text, at, stop, faults);
                    at = stop;
                }
                Some(brace @ (b'{' | b'}')) => {
                    self.block(text, at, brace == b'{', faults);
                    at += 1;
                }
                _ => at += 1,
            }
        }
    }

    fn word(&mut self, text: &Units<'_>, at: usize, stop: usize, faults: &mut Faults) {
        let is = |word: &[u8]| {
            word.len() == stop - at
                && word
                    .iter()
                    .enumerate()
                    .all(|(n, b)| text.get(at + n).is_some_and(|c| c.eq_ignore_ascii_case(b)))
        };
        if is(b"BEGIN") || is(b"END") {
            return self.block(text, at, is(b"BEGIN"), faults);
        }
        let exact = |word: &&[u8]| word.len() == stop - at && text.has(at, word);
        self.is_script |= STATEMENTS.iter().any(exact);
    }

    fn block(&mut self, text: &Units<'_>, at: usize, begins: bool, faults: &mut Faults) {
        if begins {
            if self.open.len() < DEPTH {
                self.open.push(at);
            }
        } else if self.open.pop().is_none() && !self.has_branches {
            let line = text.line(at);
            let detail = format!("line {line}: nothing is open that this END could close");
            faults.malformed(text.offset(at), text.bytes_of(1), detail);
        }
    }
}

/// Behind the quote that closes a string; two quotes are one of it.
fn string_end(text: &Units<'_>, from: usize, end: usize) -> Option<usize> {
    let mut at = from + 1;
    while at < end {
        if text.get(at) != Some(b'"') {
            at += 1;
        } else if text.get(at + 1) == Some(b'"') {
            at += 2;
        } else {
            return Some(at + 1);
        }
    }
    None
}

/// Whether a line has `\"`, which some compilers take for a quote within the string.
fn escapes_quote(text: &Units<'_>, from: usize, end: usize) -> bool {
    (from..end).any(|at| text.has(at, b"\\\""))
}
