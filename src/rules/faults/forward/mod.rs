//! JSON and XML that are too large to be held: read forward, and no more is kept than a token, the
//! names of what is open, and keys. Elsewhere in this folder texts are walked in memory; what is told
//! of both is the same but for lines and columns.

mod json;
mod xml;

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;

pub(super) use self::json::walk as json;
pub(super) use self::xml::walk as xml;

use super::{FaultKind, Faults, template};
use crate::source::Source;

/// Larger contents are not read.
pub(super) const MOST: u64 = 128 << 20;
/// Bytes of the longest token: a string, a tag, a text between tags.
const TOKEN: u64 = 4 << 20;
/// Bytes of what is kept from token to token.
const HELD: usize = 1 << 20;
/// Bytes before and behind a fault in which a mark of a template is looked for.
const NEAR: u64 = 2 << 10;

/// A content that can be read again.
#[derive(Clone, Copy)]
pub struct Reopen<'a> {
    /// From its start to its end, once.
    pub forward: &'a dyn Fn() -> io::Result<Box<dyn Read + Send>>,
    /// By position; what is packed is unpacked into a spool for that.
    pub source: &'a dyn Fn() -> io::Result<Arc<dyn Source>>,
}

/// How a format is walked, with the entry's own name and its first bytes; the error is that of reading.
pub(super) type Walk = fn(&mut Metered<'_>, (&[u8], &[u8]), &mut Faults) -> io::Result<()>;

/// Reads a content whose first bytes are `head`.
pub(super) fn read(
    walk: Walk,
    name: &[u8],
    head: &[u8],
    reopen: Reopen<'_>,
    faults: &mut Faults,
) -> io::Result<()> {
    let mark: &[u8] = if head.starts_with(b"\xef\xbb\xbf") { b"\xef\xbb\xbf" } else { b"" };
    if let Err(error) = std::str::from_utf8(head)
        && error.error_len().is_some()
    {
        faults.not_utf8(error.valid_up_to() as u64);
        return Ok(());
    }
    let mut data = (reopen.forward)()?;
    io::copy(&mut (&mut data).take(mark.len() as u64), &mut io::sink())?;
    let meter = Meter { at: Cell::new(mark.len() as u64), ..Meter::default() };
    let mut metered =
        Metered { data: BufReader::with_capacity(64 << 10, &mut *data), meter: &meter };
    walk(&mut metered, (name, head), faults)?;
    at_mark(reopen, faults)
}

/// Whether the last fault, with which reading ended, stands at a mark of a template.
fn at_mark(reopen: Reopen<'_>, faults: &mut Faults) -> io::Result<()> {
    let Some(fault) = faults.0.pop_if(|fault| fault.kind == FaultKind::Malformed) else {
        return Ok(());
    };
    let start = fault.at.saturating_sub(NEAR);
    let mut data = (reopen.forward)()?;
    io::copy(&mut (&mut data).take(start), &mut io::sink())?;
    let mut near = Vec::new();
    data.take(2 * NEAR).read_to_end(&mut near)?;
    let at = usize::try_from(fault.at - start).unwrap_or_default();
    match template::mark_at(&near, &(at..at + 1)) {
        Some(mark) => template::tell(&near, fault.at, mark, faults),
        None => faults.0.push(fault),
    }
    Ok(())
}

/// How far a reader is, and in which token.
#[derive(Debug, Default)]
pub(super) struct Meter {
    /// Offset in the content of the next byte.
    at: Cell<u64>,
    /// Where the token began.
    token: Cell<u64>,
    /// One past the last line feed that was read.
    line: Cell<u64>,
    /// The byte that was read last.
    last: Cell<u8>,
    /// Whether a token was longer than [`TOKEN`].
    spent: Cell<bool>,
}

impl Meter {
    /// A token begins.
    fn step(&self) {
        self.token.set(self.at.get());
    }

    /// What is said when a token is too long; else the error.
    fn refuse(&self, error: io::Error, faults: &mut Faults) -> io::Result<()> {
        if !self.spent.get() {
            return Err(error);
        }
        let at = self.token.get();
        let detail =
            format!("from offset {at} on, for more than {} MiB are one piece", TOKEN >> 20);
        faults.tell(FaultKind::Unread, at, 0, detail);
        Ok(())
    }
}

/// The bytes of a content, counted.
pub(super) struct Metered<'a> {
    data: BufReader<&'a mut dyn Read>,
    meter: &'a Meter,
}

impl BufRead for Metered<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.meter.at.get() - self.meter.token.get() > TOKEN {
            self.meter.spent.set(true);
            return Err(io::Error::other("a token is too long"));
        }
        self.data.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.data.consume(amount);
        self.meter.at.set(self.meter.at.get() + amount as u64);
    }
}

impl Read for Metered<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let there = self.fill_buf()?;
        let read = there.len().min(out.len());
        let (Some(from), Some(to)) = (there.get(..read), out.get_mut(..read)) else {
            return Ok(0);
        };
        to.copy_from_slice(from);
        let meter = self.meter;
        // Mostly it is one byte.
        if let Some(feed) = to.iter().rposition(|byte| *byte == b'\n') {
            meter.line.set(meter.at.get() + feed as u64 + 1);
        }
        if let Some(last) = to.last() {
            meter.last.set(*last);
        }
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{TextWalk, of_text, text_walk};
    use super::*;
    use crate::rules::faults::window::Window;

    /// The faults that both ways find: what sort, where, how long.
    fn both(name: &str, text: &[u8]) -> [Vec<(FaultKind, u64, u64)>; 2] {
        let (_, end) = name.rsplit_once('.').expect("a name with an end");
        let told = |faults: Faults| {
            faults.0.into_iter().map(|fault| (fault.kind, fault.at, fault.length)).collect()
        };
        let mut held = Faults::default();
        let window = Window::new(text, b"", text.len() as u64);
        of_text(name.as_bytes(), (end.as_bytes(), ""), &window, None, &mut held);
        let mut forward = Faults::default();
        let Some(TextWalk::Large(_, walk)) = text_walk(end.as_bytes(), "", text) else {
            panic!("{name} is not read forward");
        };
        let open =
            || -> io::Result<Box<dyn Read + Send>> { Ok(Box::new(io::Cursor::new(text.to_vec()))) };
        let source = || -> io::Result<Arc<dyn Source>> { Ok(Arc::new(text.to_vec())) };
        let reopen = Reopen { forward: &open, source: &source };
        read(walk, name.as_bytes(), text, reopen, &mut forward).expect("memory");
        [told(held), told(forward)]
    }

    #[test]
    fn what_is_read_forward_has_the_faults_that_it_has_in_memory() {
        for (name, text) in [
            ("a.json", "{}"),
            ("a.json", " [1, -2.5e3, \"x\\u00e9\", true, null, {}]\n"),
            ("a.json", "{\"a\": 1, \"b\": {\"a\": 2}, \"a\": 3}"),
            ("a.json", "\u{feff}{\"a\": 1,\n \"\\u0061\" : 3, \"é\": [], \"é\": {}}"),
            ("a.json", "{\"a\": 1"),
            ("a.json", "{\"a\": \"1"),
            ("a.json", "[1, 2"),
            ("a.json", "[1, 2\n"),
            ("a.json", ""),
            ("a.json", "[1 2]"),
            ("a.json", "[1,\n x]"),
            ("a.json", "[1]]"),
            ("a.json", "[1] [2]"),
            ("a.json", "12 13"),
            ("a.json", "{\"a\"\n1}"),
            ("a.json", "[\"a\nb\"]"),
            ("a.json", "{\"a\": 1}\n{\"a\": 2, \"a\": 3}\r\n\n"),
            ("a.json", "1\n2\n3"),
            ("a.json", "[{{ value }}]"),
            ("tsconfig.json", "{\"a\": 1, // no\n}"),
            ("a.svg", "<svg a='1'><g/>text &amp; <!-- - --></svg>\n"),
            ("a.svg", "<?xml version='1.0'?><svg><g></svg>"),
            ("a.svg", "<svg><g>"),
            ("a.svg", "<svg><g a='1' a='2'/></svg>"),
            ("a.svg", "<svg/><svg/>"),
            ("a.xml", "<a/><a/>"),
            ("a.xml", "<a>&b; & c</a>"),
            ("a.svg", "<svg>]]></svg>"),
            ("a.svg", "<svg a='b & c'/>"),
            ("a.svg", "<svg a={{b}}/>"),
            ("a.svg", "<svg a=\"{{b}}\" c=d/>"),
            ("a.svg", "<svg/>text"),
            ("a.svg", "text<svg/>"),
            ("a.svg", "<svg>&nbsp;</svg>"),
            ("a.svg", "<svg"),
            ("a.svg", "<svg><!-- "),
            ("a.svg", "\u{feff}<svg>é</svgé>"),
            ("a.svg", " \n"),
            ("a.svg", "\n<?xml version='1.0'?><svg/>"),
        ] {
            let [held, forward] = both(name, text.as_bytes());
            assert_eq!(forward, held, "{name}: {text:?}");
        }
        // Of what is no UTF-8, rules about encodings tell; here it is said that it was not looked at.
        for (name, text) in [("a.json", &b"[\"\xe9\"]"[..]), ("a.svg", b"<svg>\xe9</svg>")] {
            let found = both(name, text).map(|faults| faults.first().map(|(kind, ..)| *kind));
            assert_eq!(found, [Some(FaultKind::Unread); 2], "{name}");
        }
    }

    #[test]
    fn one_token_may_not_be_larger_than_what_is_held() {
        for (name, before, after) in [
            ("a.json", "[\"", "\"]"),
            ("a.json", "[0.", "]"),
            ("a.json", "{\"", "\": 1}"),
            ("a.json", "[", "1]"),
            ("a.svg", "<svg>", "</svg>"),
            ("a.svg", "<svg a='", "'/>"),
            ("a.svg", "<!--", "--><svg/>"),
        ] {
            let fill = if before == "[" { " " } else { "1" };
            for (length, expected) in
                [(TOKEN / 2, None), (TOKEN + (64 << 10), Some(FaultKind::Unread))]
            {
                let text = format!("{before}{}{after}", fill.repeat(length as usize));
                let [_, forward] = both(name, text.as_bytes());
                let found = forward.first().map(|(kind, ..)| *kind);
                assert_eq!(found, expected, "{name}: {before} {length}");
            }
        }
        let deep = format!("{}{}", "<a>".repeat(90_000), "</a>".repeat(90_000));
        assert_eq!(both("a.svg", deep.as_bytes()), [vec![], vec![]]);
        let long = "x".repeat(1000);
        let deep = format!("<{long}>").repeat(1200);
        assert_eq!(both("a.svg", deep.as_bytes())[1][0].0, FaultKind::Unread);
    }
}
