//! The shape that a literal must be the beginning of: a regular expression over bytes, tried only
//! where the literal stands, and over no more than a window behind it.

use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};

use super::literals::SHAPED;

/// Bytes that a compiled expression may take.
const MEMORY: usize = 1 << 20;

/// An expression, and one that takes hits out again.
#[derive(Clone, Debug)]
pub struct Shape {
    text: String,
    regex: Regex,
    not: Option<Regex>,
}

/// Compiles an expression over bytes, within bounds.
pub(super) fn compile(text: &str) -> Result<Regex, String> {
    let config = Regex::config()
        .utf8_empty(false)
        .nfa_size_limit(Some(MEMORY))
        .onepass_size_limit(Some(MEMORY))
        .hybrid_cache_capacity(MEMORY);
    Regex::builder()
        .configure(config)
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .build(text)
        .map_err(|error| format!("{text:?}: {error}").replace('\n', " "))
}

impl Shape {
    /// Compiles `regex`, which begins with the literal, and `not`, which no hit may contain.
    pub fn new(regex: &str, not: Option<&str>) -> Result<Self, String> {
        Ok(Self {
            text: regex.to_owned(),
            regex: compile(regex)?,
            not: not.map(compile).transpose()?,
        })
    }

    /// As it is written in the rule file.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Bytes of the hit that begins at `at`, if one does.
    pub fn length(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let end = at.saturating_add(SHAPED).min(bytes.len());
        // What stands before is seen by `\b`.
        let window = bytes.get(..end).filter(|window| at <= window.len())?;
        let input = Input::new(window).range(at..end).anchored(Anchored::Yes);
        let found = self.regex.find(input)?;
        let text = bytes.get(found.range())?;
        let refused = self.not.as_ref().is_some_and(|not| not.is_match(text));
        (!refused && !text.is_empty()).then_some(found.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_begins_where_the_literal_stands() {
        let shape = Shape::new(r"\bAK[0-9]{4}\b", Some("0000")).expect("sound");
        for (text, expected) in [
            ("AK1234", Some(6)),
            ("AK1234 x", Some(6)),
            ("AK12345", None),
            ("AK123", None),
            ("AK0000", None),
            (" AK1234", None),
        ] {
            assert_eq!(shape.length(text.as_bytes(), 0), expected, "{text}");
        }
        assert_eq!(shape.length(b"xAK1234", 1), None, "what stands before is seen");
        assert_eq!(shape.length(b"\xffAK1234\xff", 1), Some(6), "bytes, not characters");
        assert_eq!(shape.length(b"AK1234", 99), None);
    }

    #[test]
    fn an_expression_has_bounds() {
        let long = Shape::new("A[B]*", None).expect("sound");
        let bytes = [b"A".as_slice(), &[b'B'; 9999]].concat();
        assert_eq!(long.length(&bytes, 0), Some(SHAPED));
        assert!(Shape::new("(", None).is_err());
        assert!(Shape::new("(?:(?:A{1000}){1000}){1000}", None).is_err());
    }
}
