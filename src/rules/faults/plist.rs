//! Property lists in XML (Apple, PropertyList-1.0.dtd; Core Foundation, CFPropertyList.c): keys with
//! their values, and what numbers, dates and data are written with. That the XML is well-formed is
//! settled when it comes here.

use std::collections::HashSet;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::text::Text;
use super::{Faults, KEPT};

/// Bytes of a text that are kept: of numbers, dates and keys.
const HELD: usize = 1024;
/// Elements that hold a text.
const LEAVES: [&str; 6] = ["key", "string", "integer", "real", "date", "data"];

/// A dictionary or a list that is open.
#[derive(Default)]
struct Open {
    is_dict: bool,
    /// The key that has no value yet, and where it stands.
    key: Option<(u64, String)>,
    keys: HashSet<String>,
}

/// An element with a text that is open: which, where, and its text.
type Leaf = (&'static str, u64, String);

#[derive(Default)]
struct List {
    open: Vec<Open>,
    leaf: Option<Leaf>,
    /// Keys that stand in their dictionary already.
    twice: Vec<(u64, String)>,
}

/// What is wrong, and where.
type Step = Result<(), (u64, String)>;

pub(super) fn walk(text: &Text<'_>, faults: &mut Faults) {
    let mut reader = Reader::from_str(text.whole);
    let mut list = List::default();
    loop {
        let start = reader.buffer_position();
        let step = match reader.read_event() {
            Ok(Event::Eof) | Err(_) => break,
            Ok(Event::Start(element)) => list.begin(element.name().as_ref(), start, false),
            Ok(Event::Empty(element)) => list.begin(element.name().as_ref(), start, true),
            Ok(Event::End(_)) => list.end(),
            Ok(Event::Text(piece)) => list.text(&piece, start),
            Ok(Event::GeneralRef(name)) => list.text(&format!("&{};", &*name), start),
            Ok(_) => Ok(()),
        };
        if let Err((at, wrong)) = step {
            let at = usize::try_from(at).unwrap_or(usize::MAX);
            // A mark of a template in the text of the element counts as well.
            let end = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            text.tell(at..end, text.at(at, wrong), faults);
            break;
        }
    }
    for (at, key) in list.twice {
        let place = usize::try_from(at).unwrap_or(usize::MAX);
        let detail = text.at(place, format_args!("key \"{key}\" stands in its dictionary already"));
        faults.twice(text.start + at, 5, detail);
    }
}

impl List {
    fn begin(&mut self, name: &str, at: u64, is_empty: bool) -> Step {
        if let Some((leaf, ..)) = &self.leaf {
            return Err((at, format!("<{name}> stands in <{leaf}>")));
        }
        let leaf = LEAVES.iter().find(|leaf| **leaf == name).copied();
        match name {
            "plist" if self.open.is_empty() => {}
            "key" => self.key(at)?,
            "dict" | "array" | "true" | "false" => self.value(name, at)?,
            _ if leaf.is_some() => self.value(name, at)?,
            _ => return Err((at, format!("<{name}> is no element of a property list"))),
        }
        match leaf {
            Some(leaf) => {
                self.leaf = Some((leaf, at, String::new()));
                if is_empty { self.end() } else { Ok(()) }
            }
            None if is_empty => Ok(()),
            None => {
                let is_dict = name == "dict";
                self.open.push(Open { is_dict, ..Open::default() });
                Ok(())
            }
        }
    }

    fn key(&self, at: u64) -> Step {
        match self.open.last() {
            Some(Open { is_dict: true, key: None, .. }) => Ok(()),
            Some(Open { key: Some((before, key)), .. }) => {
                Err((*before, format!("key \"{key}\" has no value")))
            }
            _ => Err((at, "a key stands outside of a dictionary".into())),
        }
    }

    fn value(&mut self, name: &str, at: u64) -> Step {
        let Some(open) = self.open.last_mut().filter(|open| open.is_dict) else { return Ok(()) };
        match open.key.take() {
            Some(_) => Ok(()),
            None => Err((at, format!("<{name}> has no key"))),
        }
    }

    fn text(&mut self, piece: &str, at: u64) -> Step {
        if let Some((_, _, text)) = &mut self.leaf {
            let room = HELD.saturating_sub(text.len());
            text.extend(piece.chars().take(room));
            return Ok(());
        }
        if piece.trim_ascii().is_empty() {
            Ok(())
        } else {
            Err((at, "text stands between the elements".into()))
        }
    }

    fn end(&mut self) -> Step {
        let Some((name, at, text)) = self.leaf.take() else {
            return match self.open.pop().and_then(|open| open.key) {
                Some((at, key)) => Err((at, format!("key \"{key}\" has no value"))),
                None => Ok(()),
            };
        };
        let value = text.trim_ascii();
        let digits = value.trim_start_matches(['+', '-']);
        let is_right = match name {
            "key" => {
                if let Some(open) = self.open.last_mut() {
                    let is_whole = text.len() < HELD;
                    if is_whole && !open.keys.insert(text.clone()) && self.twice.len() < KEPT {
                        self.twice.push((at, text.clone()));
                    }
                    open.key = Some((at, text));
                }
                return Ok(());
            }
            "integer" => {
                let hex = digits.strip_prefix("0x").or(digits.strip_prefix("0X"));
                let (of, all): (&str, fn(&u8) -> bool) = match hex {
                    Some(hex) => (hex, u8::is_ascii_hexdigit),
                    None => (digits, u8::is_ascii_digit),
                };
                !of.is_empty() && of.as_bytes().iter().all(all)
            }
            "real" => value.parse::<f64>().is_ok(),
            "date" => {
                value.ends_with('Z')
                    && value.contains('T')
                    && value.starts_with(|c: char| c.is_ascii_digit() || c == '-')
            }
            "data" => {
                value.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/= \t\r\n".contains(&b))
            }
            _ => true,
        };
        if is_right {
            return Ok(());
        }
        let shown: String = value.chars().take(24).collect();
        Err((at, format!("<{name}> holds \"{shown}\"")))
    }
}
