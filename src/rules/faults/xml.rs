//! XML: Extensible Markup Language 1.0, fifth edition: what every parser must refuse, read with
//! `quick-xml`, which expands no entity. Tags and references are looked at in [`super::markup`].

use std::ops::Range;

use quick_xml::errors::IllFormedError;
use quick_xml::events::Event;
use quick_xml::{Error, Reader};

use super::markup::{self, Entities};
use super::text::Text;
use super::{Faults, plist, template};

/// Elements within elements that are followed.
const DEPTH: usize = 100_000;

pub(super) fn walk(text: &Text<'_>, faults: &mut Faults) {
    let mut state = State::new(text.name, text.whole.as_bytes());
    let mut reader = Reader::from_str(text.whole);
    configure(reader.config_mut());
    loop {
        let start = reader.buffer_position();
        let step = match reader.read_event() {
            Ok(Event::Eof) => {
                let Some((at, length)) = state.unfinished(start) else {
                    if text.name.ends_with(b".plist") {
                        plist::walk(text, faults);
                    }
                    return;
                };
                let from = usize::try_from(at).unwrap_or(usize::MAX).saturating_add(1);
                let name = length.and_then(|length| text.whole.get(from..from + length));
                Err(Wrong::cut(at, unfinished(name)))
            }
            Ok(event) => state.take(&event, start),
            Err(error) => Err(Wrong::of(&error, reader.error_position())),
        };
        if let Err(wrong) = step {
            return tell(text, &wrong, faults);
        }
    }
}

/// What is checked beside the syntax.
pub(super) fn configure(config: &mut quick_xml::reader::Config) {
    config.check_end_names = true;
    config.check_comments = true;
}

/// What is said of an element that is never closed, or of none.
pub(super) fn unfinished(name: Option<&str>) -> String {
    match name {
        Some(name) => format!("element <{name}> is never closed"),
        None => "there is no element".to_owned(),
    }
}

/// What is wrong.
pub(super) struct Wrong {
    /// Where.
    pub(super) at: Range<u64>,
    /// As a person would say it.
    pub(super) what: String,
    /// Whether it is that the text ends.
    pub(super) is_cut: bool,
    /// Whether what stands elsewhere may be the cause: a tag too many, or one too few.
    is_beside: bool,
}

impl Wrong {
    fn new(at: Range<u64>, what: impl Into<String>) -> Self {
        Self { at, what: what.into(), is_cut: false, is_beside: false }
    }

    /// The text ends too early.
    pub(super) fn cut(at: u64, what: impl Into<String>) -> Self {
        Self { is_cut: true, is_beside: true, ..Self::new(at..at + 1, what) }
    }

    /// What the parser says.
    pub(super) fn of(error: &Error, at: u64) -> Self {
        let what = error.to_string();
        let (what, is_beside) = match error {
            Error::IllFormed(IllFormedError::UnclosedReference) => (markup::BARE.to_owned(), false),
            Error::IllFormed(_) => (what, true),
            _ => (what, false),
        };
        let is_cut = what.contains("not found before end of input") || what.contains("not closed");
        Self { at: at..at + 1, what, is_cut, is_beside }
    }
}

fn tell(text: &Text<'_>, wrong: &Wrong, faults: &mut Faults) {
    let place = |at| usize::try_from(at).unwrap_or(usize::MAX).min(text.whole.len());
    let fault = place(wrong.at.start)..place(wrong.at.end);
    let bytes = text.whole.as_bytes();
    // What is no XML by its name is filled in with whole pieces of it.
    let mark = || {
        let first = || template::first(bytes).filter(|_| text.name.ends_with(b".txt"));
        template::directive(bytes).or_else(first)
    };
    if wrong.is_beside
        && let Some(mark) = mark()
    {
        return template::tell(bytes, text.start + wrong.at.start, mark, faults);
    }
    let detail = text.at(fault.start, &wrong.what);
    if wrong.is_cut {
        faults.truncated(text.start + wrong.at.start, detail);
    } else {
        text.tell(fault, detail, faults);
    }
}

/// What was read so far.
#[derive(Default)]
pub(super) struct State {
    /// Elements that are open: where each begins, and the length of its name.
    open: Vec<(u64, usize)>,
    /// Bytes of their names.
    names: usize,
    root: bool,
    entities: Entities,
    /// It may be a part of a document, 4.3.2, which needs no root element: so far none says otherwise.
    is_part: bool,
    /// It is one.
    has_parts: bool,
}

type Step = Result<(), Wrong>;

impl State {
    /// `head` are the first bytes: what begins as documents do is one. By their names alone, `.xml` may
    /// be parts of another.
    pub(super) fn new(name: &[u8], head: &[u8]) -> Self {
        let head = head.get(..head.len().min(4096)).unwrap_or_default();
        let has = |what| memchr::memmem::find(head, what).is_some();
        let is_document = has(b"<?xml ") || has(b"<!DOCTYPE");
        let is_part = name.to_ascii_lowercase().ends_with(b".xml") && !is_document;
        let entities = Entities { declared: is_part, controls: false };
        Self { entities, is_part, ..Self::default() }
    }

    /// Bytes of the names of open elements.
    pub(super) const fn names(&self) -> usize {
        self.names
    }

    /// At the end: where an element begins that is not closed, and the length of its name, or that
    /// there was none.
    pub(super) fn unfinished(&self, end: u64) -> Option<(u64, Option<usize>)> {
        let open = self.open.last().map(|&(at, length)| (at, Some(length)));
        open.or((!self.root && !self.is_part).then_some((end, None)))
    }

    pub(super) fn take(&mut self, event: &Event<'_>, start: u64) -> Step {
        match event {
            Event::Start(element) => {
                self.element(element, start)?;
                if self.open.len() >= DEPTH {
                    let what = format!("elements are nested more than {DEPTH} deep");
                    return Err(Wrong::new(start..start + 1, what));
                }
                let length = element.name().as_ref().len();
                self.names += length;
                self.open.push((start, length));
            }
            Event::Empty(element) => self.element(element, start)?,
            Event::End(_) => self.names -= self.open.pop().map_or(0, |(_, length)| length),
            Event::Text(text) => self.text(text, start)?,
            Event::CData(_) | Event::GeneralRef(_) if self.open.is_empty() => {
                self.beside(start..start + 1)?;
            }
            Event::GeneralRef(inner) => {
                let end = start + inner.len() as u64 + 2;
                markup::reference(inner, self.entities)
                    .map_err(|what| Wrong::new(start..end, what))?;
            }
            Event::Decl(declaration) => {
                if start > 0 {
                    let what = "the XML declaration does not stand at the start";
                    return Err(Wrong::new(start..start + 1, what));
                }
                let version = declaration.version();
                self.entities.controls = version.is_ok_and(|version| version.as_ref() == "1.1");
            }
            Event::PI(instruction) => {
                markup::target(instruction).map_err(|what| Wrong::new(start..start + 1, what))?;
            }
            Event::DocType(_) => self.entities.declared = true,
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str, start: u64) -> Step {
        let bytes = text.as_bytes();
        if self.open.is_empty() && !text.trim_matches([' ', '\t', '\r', '\n']).is_empty() {
            self.beside(start..start + bytes.len() as u64)?;
        }
        let before = |at: usize| bytes.get(..at).unwrap_or_default();
        let end = memchr::memchr_iter(b'>', bytes).find(|&at| before(at).ends_with(b"]]"));
        let Some(end) = end else { return Ok(()) };
        let at = start + end as u64 - 2;
        Err(Wrong::new(at..at + 3, "]]> stands in a text, where no CDATA section is open"))
    }

    /// Text stands beside the root element.
    fn beside(&self, at: Range<u64>) -> Step {
        if self.has_parts {
            return Ok(());
        }
        let side = if self.root { "behind" } else { "before" };
        let what = format!("text stands {side} the root element");
        Err(Wrong { is_beside: true, ..Wrong::new(at, what) })
    }

    fn element(&mut self, element: &str, start: u64) -> Step {
        let end = start + element.len() as u64 + 2;
        if self.open.is_empty() && self.root && !self.is_part {
            let name = element.split([' ', '\t', '\r', '\n']).next().unwrap_or_default();
            let what = format!("<{name}> is a second root element");
            return Err(Wrong { is_beside: true, ..Wrong::new(start..end, what) });
        }
        self.has_parts |= self.open.is_empty() && self.root;
        self.root = true;
        markup::tag(element, self.entities).map_err(|(at, what)| {
            let at = start + 1 + at as u64;
            Wrong::new(at..at + 1, what)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::markup::FEW;
    use super::*;

    #[test]
    fn an_attribute_stands_there_once_whatever_their_number() {
        for (number, twice) in [
            (2, Some((1, 0))),
            (FEW, Some((FEW - 1, 0))),
            (FEW + 1, Some((FEW, 0))),
            (FEW + 1, Some((FEW, FEW - 1))),
            (FEW + 3, Some((FEW + 2, FEW))),
            (3, None),
            (FEW + 3, None),
        ] {
            let name = |n| match twice {
                Some((second, first)) if second == n => first,
                _ => n,
            };
            let attributes: Vec<_> = (0..number).map(|n| format!(" a{}=''", name(n))).collect();
            let whole = format!("<x{}/>", attributes.concat());
            let mut faults = Faults::default();
            walk(&Text { whole: &whole, name: b"a.xml", start: 0 }, &mut faults);
            let detail =
                |fault: &super::super::Fault| fault.detail.split_once(": ").map(|s| s.1.to_owned());
            let told: Vec<_> = faults.0.iter().filter_map(detail).collect();
            let expected = twice.map(|(_, n)| format!("<x> has two attributes a{n}"));
            assert_eq!(told, Vec::from_iter(expected), "{whole}");
        }
    }
}
