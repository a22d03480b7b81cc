//! The shape that a literal must be the beginning of: a regular expression over bytes, tried only
//! where the literal stands, and over no more than a window behind it.

use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::Look;
use regex_syntax::hir::literal::Extractor;

use super::literals::{Form, LONGEST, SHAPED, SHORTEST};

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

/// Byte strings one of which begins whatever the expression matches; none if there is no such, or
/// some are too short to be looked for.
pub(super) fn beginnings(text: &str) -> Result<Vec<Vec<u8>>, String> {
    let config = syntax::Config::new().unicode(false).utf8(false);
    let hir = syntax::parse_with(text, &config)
        .map_err(|error| format!("{text:?}: {error}").replace('\n', " "))?;
    if hir.properties().look_set().contains(Look::End) {
        return Err(format!(
            "{text:?}: the end of a text is not told: use (?m:$), the end of a line"
        ));
    }
    if hir.properties().minimum_len().unwrap_or_default() == 0 {
        return Err(format!("{text:?}: it matches what is empty, which is everywhere"));
    }
    // A digit or a letter more would make a pattern of each.
    let mut found = Extractor::new().limit_class(3).limit_total(64).extract(&hir);
    // Twice as many bytes in UTF-16.
    found.keep_first_bytes(LONGEST / 2);
    found.dedup();
    let all = found.literals().unwrap_or_default();
    let sound = all.iter().all(|literal| literal.len() >= SHORTEST);
    let all = all.iter().filter(|_| sound).map(|literal| literal.as_bytes().to_vec());
    Ok(all.collect())
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

    /// Gives every hit that begins in `bytes[from..to]`, none in another: its place and its length.
    ///
    /// The search goes by windows of twice what a hit may cover, so that a text against which the
    /// expression runs far and in vain costs no more than its length times that.
    pub fn each(&self, bytes: &[u8], from: usize, to: usize, mut sink: impl FnMut(usize, usize)) {
        let mut at = from;
        while at < to {
            let end = at.saturating_add(2 * SHAPED).min(bytes.len());
            if at > end {
                return;
            }
            let found = self.regex.find(Input::new(bytes).range(at..end));
            // Whatever begins in the first half of the window lies in it as a whole.
            let Some(found) = found.filter(|found| found.start() < at + SHAPED) else {
                at += SHAPED;
                continue;
            };
            at = found.start();
            if at >= to {
                return;
            }
            match self.length(bytes, at) {
                Some(length) => {
                    sink(at, length);
                    at += length;
                }
                None => at += 1,
            }
        }
    }

    /// Bytes of the hit that begins at `at`, if one does, in a text of that form. In UTF-16 a character
    /// is a byte to the expression, 0xFF where it is not ASCII.
    pub fn length_in(&self, bytes: &[u8], at: usize, form: Form) -> Option<usize> {
        let order = match form {
            Form::Narrow => return self.length(bytes, at),
            Form::Utf16Le => u16::from_le_bytes,
            Form::Utf16Be => u16::from_be_bytes,
        };
        let before = usize::from(at >= 2);
        let (units, _) = bytes.get(at - 2 * before..)?.as_chunks::<2>();
        let narrow = |&unit: &[u8; 2]| match order(unit) {
            ascii @ 0..0x80 => ascii as u8,
            _ => 0xff,
        };
        let narrow: Vec<u8> = units.iter().take(before + SHAPED + 1).map(narrow).collect();
        self.length(&narrow, before).map(|length| 2 * length)
    }

    /// Bytes of the hit that begins at `at`, if one does.
    pub fn length(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let end = at.saturating_add(SHAPED).min(bytes.len());
        // What stands before and behind is seen by `\b`.
        let input = Some(Input::new(bytes)).filter(|_| at <= end)?;
        let input = input.range(at..end).anchored(Anchored::Yes);
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
    fn an_expression_alone_finds_every_hit_however_it_is_cut() {
        let shape = Shape::new(r"[a-z]+@[a-z]+\.example", None).expect("sound");
        let mut text = b"x ".repeat(300);
        text.extend_from_slice(b"me@a.example, you@b.example ");
        text.extend_from_slice(&[b'z'; 999]);
        text.extend_from_slice(b"@c.example\n");
        let mut whole = Vec::new();
        shape.each(&text, 0, text.len(), |at, length| whole.push((at, length)));
        let last = (text.len() - 1 - 10 - 246, 256);
        assert_eq!(whole, [(600, 12), (614, 13), last], "what is longer is met where it fits");
        for cut in [1, 255, 599, 601, 613, 700] {
            let mut parts = Vec::new();
            for (from, to) in [(0, cut), (cut, text.len())] {
                shape.each(&text, from, to, |at, length| parts.push((at, length)));
            }
            parts.retain(|&(at, _)| whole.iter().any(|&(start, _)| start == at));
            assert!(parts.len() >= 2, "{cut}: {parts:?}");
        }
        for (regex, expected) in [
            ("AKIA[0-9]{4}", &["AKIA"][..]),
            (r"\b(foo|bar)x", &["foox", "barx"]),
            ("(?i)ab1", &["AB1", "Ab1", "aB1", "ab1"]),
            ("[a-z]+@example", &[]),
            ("ab[0-9a-z]", &[]),
        ] {
            let found = beginnings(regex).expect("sound");
            let expected: Vec<_> = expected.iter().map(|text| text.as_bytes().to_vec()).collect();
            assert_eq!(found, expected, "{regex}");
        }
        for wrong in ["a*", r"abc\z", "abc$", "("] {
            assert!(beginnings(wrong).is_err(), "{wrong}");
        }
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
