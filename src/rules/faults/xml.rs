//! XML: Extensible Markup Language 1.0, fifth edition: what every parser must refuse, read with
//! `quick-xml`, which expands no entity.

use std::collections::HashSet;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::Faults;
use super::text::{Text, is_template};

/// Elements within elements that are followed.
const DEPTH: usize = 100_000;
/// Attributes of an element that are compared by name: so many one by one, and behind them so many by
/// their hash.
const FEW: usize = 16;
const ATTRIBUTES: usize = 4096;

pub(super) fn walk(text: &Text<'_>, faults: &mut Faults) {
    let mut state = State::default();
    let mut reader = Reader::from_str(text.whole);
    reader.config_mut().check_end_names = true;
    loop {
        let start = reader.buffer_position();
        let step = match reader.read_event() {
            Ok(Event::Eof) => {
                if let Some((at, name)) = state.unfinished(start) {
                    let from = usize::try_from(at).unwrap_or(usize::MAX).saturating_add(1);
                    let name = name.and_then(|length| text.whole.get(from..from + length));
                    tell(text, at, &unfinished(name), true, faults);
                }
                return;
            }
            Ok(event) => state.take(&event, start),
            Err(error) => Err((reader.error_position(), error.to_string())),
        };
        if let Err((at, wrong)) = step {
            return tell(text, at, &wrong, is_cut(&wrong), faults);
        }
    }
}

/// What is said of an element that is never closed, or of none.
pub(super) fn unfinished(name: Option<&str>) -> String {
    match name {
        Some(name) => format!("element <{name}> is never closed"),
        None => "there is no element".to_owned(),
    }
}

/// Whether what is wrong is that the text ends.
pub(super) fn is_cut(wrong: &str) -> bool {
    wrong.contains("not found before end of input") || wrong.contains("not closed")
}

fn tell(text: &Text<'_>, at: u64, wrong: &str, cut: bool, faults: &mut Faults) {
    if is_template(text.whole) {
        return;
    }
    let detail = text.at(usize::try_from(at).unwrap_or(usize::MAX), wrong);
    if cut {
        faults.truncated(text.start + at, detail);
    } else {
        faults.malformed(text.start + at, 1, detail);
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
    /// A document type may declare entities, elsewhere too.
    doctype: bool,
}

/// What is wrong, and where.
type Step = Result<(), (u64, String)>;

impl State {
    /// Bytes of the names of open elements.
    pub(super) const fn names(&self) -> usize {
        self.names
    }

    /// At the end: where an element begins that is not closed, and the length of its name, or that
    /// there was none.
    pub(super) fn unfinished(&self, end: u64) -> Option<(u64, Option<usize>)> {
        let open = self.open.last().map(|&(at, length)| (at, Some(length)));
        open.or((!self.root).then_some((end, None)))
    }

    pub(super) fn take(&mut self, event: &Event<'_>, start: u64) -> Step {
        match event {
            Event::Start(element) => {
                self.element(element, start)?;
                if self.open.len() >= DEPTH {
                    return Err((start, format!("elements are nested more than {DEPTH} deep")));
                }
                let length = element.name().as_ref().len();
                self.names += length;
                self.open.push((start, length));
            }
            Event::Empty(element) => self.element(element, start)?,
            Event::End(_) => self.names -= self.open.pop().map_or(0, |(_, length)| length),
            Event::Text(_) | Event::CData(_) if self.open.is_empty() => {
                let blank = match event {
                    Event::Text(text) => text.trim().is_empty(),
                    _ => false,
                };
                if !blank {
                    let side = if self.root { "behind" } else { "before" };
                    return Err((start, format!("text stands {side} the root element")));
                }
            }
            Event::GeneralRef(reference) => {
                self.reference(reference, start)?;
            }
            Event::Decl(_) if start > 0 => {
                return Err((start, "the XML declaration does not stand at the start".into()));
            }
            Event::DocType(_) => self.doctype = true,
            _ => {}
        }
        Ok(())
    }

    fn element(&mut self, element: &BytesStart<'_>, start: u64) -> Step {
        let name = element.name();
        let name = name.as_ref();
        if self.open.is_empty() && self.root {
            return Err((start, format!("<{name}> is a second root element")));
        }
        self.root = true;
        let (mut few, mut many) = ([""; FEW], HashSet::new());
        for (n, attribute) in element.attributes().with_checks(false).enumerate() {
            let attribute = attribute.map_err(|error| (start, format!("in <{name}>: {error}")))?;
            let key = attribute.key.0;
            let is_second = few.iter().take(n).any(|seen| *seen == key)
                || n >= FEW && many.len() < ATTRIBUTES && !many.insert(key);
            if is_second {
                return Err((start, format!("<{name}> has two attributes {key}")));
            }
            if let Some(place) = few.get_mut(n) {
                *place = key;
            }
        }
        Ok(())
    }

    /// Without a document type there are five entities, and characters by number.
    fn reference(&self, name: &str, start: u64) -> Step {
        let known = matches!(name, "amp" | "lt" | "gt" | "apos" | "quot");
        if known || name.starts_with('#') || self.doctype {
            return Ok(());
        }
        Err((start, format!("entity &{name}; is not declared")))
    }
}

#[cfg(test)]
mod tests {
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
            let attributes: String = (0..number).map(|n| format!(" a{}=''", name(n))).collect();
            let whole = format!("<x{attributes}/>");
            let mut faults = Faults::default();
            walk(&Text { whole: &whole, name: b"a.xml", start: 0 }, &mut faults);
            let told: Vec<_> = faults.0.iter().map(|fault| fault.detail.as_str()).collect();
            let expected =
                twice.map(|(_, n)| format!("line 1, column 1: <x> has two attributes a{n}"));
            assert_eq!(told, Vec::from_iter(expected.as_deref()), "{whole}");
        }
    }
}
