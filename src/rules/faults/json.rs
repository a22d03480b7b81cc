//! JSON: RFC 8259, read with `serde_json`; keys of an object that stand there twice; and the
//! comments and commas that some programs allow.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::Faults;
use super::text::Text;

/// Members of all objects that are compared by their keys.
const KEYS: usize = 1 << 18;

pub(super) fn walk(text: &Text<'_>, faults: &mut Faults) {
    let mut walk = Walk { text: text.whole, twice: Vec::new(), keys: 0 };
    let Err(error) = read(text.whole, &mut walk) else {
        for (at, key) in walk.twice {
            let detail = text.at(at, format_args!("key \"{key}\" stands in its object already"));
            faults.twice(text.start + at as u64, key.len() as u64 + 2, detail);
        }
        return;
    };
    // How deep documents may be nested is no matter of the format.
    let message = error.to_string();
    if message.starts_with("recursion limit") || is_lines(text.whole) {
        return;
    }
    let at = offset(text.whole, error.line(), error.column());
    let plain = plain(text.whole);
    if plain != text.whole.as_bytes()
        && let Ok(plain) = std::str::from_utf8(&plain)
        && read(plain, &mut Walk { text: plain, twice: Vec::new(), keys: 0 }).is_ok()
    {
        if allows_comments(text.name) {
            return;
        }
        return faults.extended(
            text.start + at as u64,
            1,
            format!("{message}: a comment or a trailing comma"),
        );
    }
    if error.classify() == Category::Eof {
        faults.truncated(text.start + at as u64, message);
    } else {
        text.tell(at..at + 1, message, faults);
    }
}

/// Whether the programs that read a file of this name allow comments and trailing commas.
pub(super) fn allows_comments(name: &[u8]) -> bool {
    let starts = [
        "tsconfig",
        "jsconfig",
        ".eslintrc",
        "tslint",
        ".jshintrc",
        ".jscsrc",
        ".swcrc",
        "devcontainer",
        "api-extractor",
        "language-configuration",
        "rush",
    ];
    starts.iter().any(|start| name.starts_with(start.as_bytes()))
}

fn read<'a>(text: &'a str, walk: &mut Walk<'a>) -> serde_json::Result<()> {
    let mut reader = serde_json::Deserializer::from_str(text);
    Value(walk).deserialize(&mut reader)?;
    reader.end()
}

/// Whether it is a value on each line: logs and exports of databases.
fn is_lines(text: &str) -> bool {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
    let mut count = 0;
    while let Some(value) = values.next() {
        let behind = text
            .get(values.byte_offset()..)
            .unwrap_or_default()
            .trim_start_matches([' ', '\t', '\r']);
        if value.is_err() || !behind.is_empty() && !behind.starts_with('\n') {
            return false;
        }
        count += 1;
    }
    count > 1
}

/// The offset of a line and column, both from 1, as `serde_json` counts them: columns are bytes.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start = match line.checked_sub(2) {
        None => 0,
        Some(before) => {
            memchr::memchr_iter(b'\n', text.as_bytes()).nth(before).map_or(0, |at| at + 1)
        }
    };
    (start + column.saturating_sub(1)).min(text.len())
}

/// The same without comments and without commas before a closing bracket, each byte in its place.
fn plain(text: &str) -> Vec<u8> {
    let mut out = text.as_bytes().to_vec();
    let blank = |out: &mut [u8], from: usize, to: usize| {
        out.iter_mut().take(to).skip(from).filter(|b| **b != b'\n').for_each(|b| *b = b' ');
    };
    let (mut at, mut comma) = (0, None);
    while let Some(&byte) = out.get(at) {
        let rest = text.as_bytes().get(at..).unwrap_or_default();
        let end = match byte {
            b'"' => at + string(rest),
            b'/' if rest.starts_with(b"//") => {
                at + memchr::memchr(b'\n', rest).unwrap_or(rest.len())
            }
            b'/' if rest.starts_with(b"/*") => {
                at + memchr::memmem::find(rest, b"*/").map_or(rest.len(), |end| end + 2)
            }
            _ => at + 1,
        };
        match byte {
            b'/' if end > at + 1 => blank(&mut out, at, end),
            b',' => comma = Some(at),
            b']' | b'}' => {
                if let Some(comma) = comma.take() {
                    blank(&mut out, comma, comma + 1);
                }
            }
            byte if !byte.is_ascii_whitespace() => comma = None,
            _ => {}
        }
        at = end;
    }
    out
}

/// Bytes of the string that begins with the first quote.
fn string(rest: &[u8]) -> usize {
    let mut at = 1;
    while let Some(found) = rest.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += found;
        if rest.get(at) == Some(&b'"') {
            return at + 1;
        }
        at += 2;
    }
    rest.len()
}

/// Reads a document and keeps nothing but keys that stand in their object already.
struct Walk<'a> {
    text: &'a str,
    twice: Vec<(usize, String)>,
    keys: usize,
}

impl<'de> Members<'de> for Walk<'de> {
    fn members<A: MapAccess<'de>>(&mut self, mut members: A) -> Result<(), A::Error> {
        let mut seen: HashSet<Cow<'de, str>> = HashSet::new();
        while let Some(raw) = members.next_key::<&'de RawValue>()? {
            let raw = raw.get();
            // The key lies in the text itself.
            let at = (raw.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
            let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
            let key: Cow<'de, str> = if inner.contains('\\') {
                serde_json::from_str::<String>(raw).map_or(Cow::Borrowed(inner), Cow::Owned)
            } else {
                Cow::Borrowed(inner)
            };
            self.keys += 1;
            if self.keys <= KEYS && !seen.insert(key) && self.twice.len() < super::KEPT {
                self.twice.push((at, inner.to_owned()));
            }
            members.next_value_seed(Value(self))?;
        }
        Ok(())
    }
}

/// Walks the members of objects; of other values nothing is kept.
pub(super) trait Members<'de> {
    /// A value begins, or one in a list has ended.
    fn step(&mut self) {}

    /// Walks the members of an object.
    fn members<A: MapAccess<'de>>(&mut self, members: A) -> Result<(), A::Error>;
}

/// A value that is walked.
pub(super) struct Value<'w, W>(pub(super) &'w mut W);

impl<'de, W: Members<'de>> DeserializeSeed<'de> for Value<'_, W> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.step();
        deserializer.deserialize_any(self)
    }
}

impl<'de, W: Members<'de>> Visitor<'de> for Value<'_, W> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        while values.next_element_seed(Value(&mut *self.0))?.is_some() {
            self.0.step();
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<(), A::Error> {
        self.0.members(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_some_programs_allow_is_taken_out_and_nothing_else() {
        for (text, expected) in [
            ("{\"a\": 1, // no\n}", "{\"a\": 1       \n}"),
            ("[1, 2, /* x */ ]", "[1, 2          ]"),
            ("{\"a\": \"//, ]\"}", "{\"a\": \"//, ]\"}"),
            ("{\"a\": \"\\\"//\"}", "{\"a\": \"\\\"//\"}"),
            ("[1,,2]", "[1,,2]"),
            ("[1 / 2", "[1 / 2"),
            ("[\"", "[\""),
        ] {
            assert_eq!(String::from_utf8_lossy(&plain(text)), expected, "{text}");
        }
    }
}
