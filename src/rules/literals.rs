//! Byte strings that rules look for: all of them in one search, run in the one pass over a content.
//!
//! The pass knows neither class nor encoding yet, so it searches for each text as UTF-8 and as UTF-16
//! of both orders, and notes only which rules have a hit anywhere: a bit a rule ([`Finder::rules`]).
//! A content with such a bit is read a second time by the engine, which asks [`Literals::matches`]
//! where, and judges class, scope and place as for all other rules.

use std::collections::HashSet;

use aho_corasick::{AhoCorasick, Input, MatchKind, packed};

use super::rule::{Matcher, Rule};
use super::shape::Shape;

/// Bytes of the shortest literal: shorter ones are everywhere and would make every pass slow.
pub const SHORTEST: usize = 3;
/// Bytes of the longest: what stands behind a place in the buffer of a second look.
pub const LONGEST: usize = 64;
/// Bytes that the shape of a literal may cover.
pub const SHAPED: usize = 256;

/// A byte string of a rule.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Literal {
    /// Text, in whatever encoding the content has.
    Text(String),
    /// Bytes as they are.
    Bytes(Vec<u8>),
}

/// In which texts a pattern is a hit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Form {
    /// In bytes of any encoding.
    Bytes,
    /// In UTF-8 and in eight-bit encodings, and in what is no text.
    Narrow,
    /// In UTF-16, low byte first.
    Utf16Le,
    /// In UTF-16, high byte first.
    Utf16Be,
}

impl Literal {
    fn forms(&self) -> Vec<(Form, Vec<u8>)> {
        match self {
            Self::Bytes(bytes) => vec![(Form::Bytes, bytes.clone())],
            Self::Text(text) => vec![
                (Form::Narrow, text.clone().into_bytes()),
                (Form::Utf16Le, text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
                (Form::Utf16Be, text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
            ],
        }
    }

    /// Whether it may stand in a rule: neither too short nor, in any of its forms, too long.
    pub fn is_sound(&self) -> bool {
        self.forms().iter().all(|(_, bytes)| (SHORTEST..=LONGEST).contains(&bytes.len()))
    }
}

/// A pattern and the rule that it belongs to.
#[derive(Clone, Debug)]
struct Pattern {
    bytes: Vec<u8>,
    form: Form,
    /// Number of the rule among those with literals.
    rule: usize,
}

/// A hit in a buffer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Match {
    /// Offset in the buffer.
    pub at: usize,
    /// Bytes.
    pub length: usize,
    /// Number of the rule among those with literals.
    pub rule: usize,
    /// In which texts it counts.
    pub form: Form,
}

/// Finds the first place where some pattern begins.
#[derive(Clone, Debug)]
enum Search {
    /// Compares the first bytes of all patterns with vectors. Markup is full of `<` and images are
    /// full of NUL, where the automaton would stop at each.
    Packed(packed::Searcher),
    /// For more patterns than fit the vectors, and where there are none.
    Automaton(AhoCorasick),
}

impl Search {
    fn new(patterns: &[&Vec<u8>]) -> Option<Self> {
        let kind = packed::MatchKind::LeftmostFirst;
        let mut builder = packed::Config::new().match_kind(kind).builder();
        if let Some(search) = builder.extend(patterns).build() {
            return Some(Self::Packed(search));
        }
        let kind = MatchKind::LeftmostFirst;
        AhoCorasick::builder().match_kind(kind).build(patterns).ok().map(Self::Automaton)
    }

    fn find(&self, bytes: &[u8], from: usize) -> Option<usize> {
        let input = Input::new(bytes).range(from..);
        let found = match self {
            Self::Packed(search) => search.find_in(bytes, input.get_span()),
            Self::Automaton(search) => search.find(input),
        };
        found.map(|found| found.start())
    }
}

/// The literals of all rules, compiled.
#[derive(Clone, Debug)]
pub struct Literals {
    search: Option<Search>,
    patterns: Vec<Pattern>,
    /// Ids of the rules, by number.
    ids: Vec<String>,
    /// What a literal of the rule must be the beginning of, by number.
    shapes: Vec<Option<Shape>>,
    /// Rules whose shape begins with no literal, by number.
    everywhere: Vec<usize>,
    longest: usize,
    /// Whether some rule looks for its literals in contents that are no texts.
    beyond_texts: bool,
    /// The bits of all rules.
    all: u64,
}

impl Literals {
    /// Compiles the literals of the rules that have some; `None` if there are none.
    pub fn of<'a>(rules: impl IntoIterator<Item = &'a Rule>) -> Option<Self> {
        let mut patterns = Vec::new();
        let mut ids = Vec::new();
        let mut shapes = Vec::new();
        let mut everywhere = Vec::new();
        let mut beyond_texts = false;
        for rule in rules {
            let Matcher::Literals { literals, shape, .. } = &rule.matcher else { continue };
            if literals.is_empty() {
                everywhere.push(ids.len());
            }
            let forms = literals.iter().flat_map(Literal::forms);
            // Shapes are of bytes.
            for (form, bytes) in forms.filter(|(f, _)| shape.is_none() || *f <= Form::Narrow) {
                patterns.push(Pattern { bytes, form, rule: ids.len() });
            }
            beyond_texts |=
                rule.scope.classes.iter().any(|class| *class != crate::model::Class::Text);
            ids.push(rule.id.clone());
            shapes.push(shape.clone());
        }
        let any = !ids.is_empty();
        any.then(|| Self { shapes, everywhere, ..Self::compile(patterns, ids, beyond_texts) })
    }

    fn compile(patterns: Vec<Pattern>, ids: Vec<String>, beyond_texts: bool) -> Self {
        let mut seen = HashSet::new();
        let distinct = patterns.iter().map(|p| &p.bytes).filter(|bytes| seen.insert(*bytes));
        // What a leftmost search passes over is found by comparing all patterns at each place that it
        // stops at.
        let distinct: Vec<_> = distinct.collect();
        let search = Some(distinct).filter(|all| !all.is_empty()).and_then(|all| Search::new(&all));
        let longest = patterns.iter().map(|pattern| pattern.bytes.len()).max().unwrap_or(1);
        let all = patterns.iter().fold(0, |bits, pattern| bits | bit(pattern.rule));
        let shapes = Vec::new();
        let everywhere = Vec::new();
        Self { search, patterns, ids, shapes, everywhere, longest, beyond_texts, all }
    }

    /// The id of a rule by its number.
    pub fn id(&self, rule: usize) -> &str {
        self.ids.get(rule).map_or("", String::as_str)
    }

    /// Whether some rule looks into contents that are no texts.
    pub fn beyond_texts(&self) -> bool {
        self.beyond_texts
    }

    /// Hits that begin in `bytes[from..to]`, in the order of their offsets, each in its shape. They
    /// end in `bytes`, up to [`SHAPED`] bytes behind `to`.
    pub fn matches(&self, bytes: &[u8], from: usize, to: usize) -> Vec<Match> {
        let mut found = Vec::new();
        self.visit(bytes, from, to, |hit| {
            match self.shapes.get(hit.rule).and_then(Option::as_ref) {
                None => found.push(hit),
                Some(shape) => {
                    let length = shape.length(bytes, hit.at);
                    found.extend(length.map(|length| Match { length, ..hit }));
                }
            }
            true
        });
        for &rule in &self.everywhere {
            let Some(shape) = self.shapes.get(rule).and_then(Option::as_ref) else { continue };
            let form = Form::Narrow;
            shape.each(bytes, from, to, |at, length| found.push(Match { at, length, rule, form }));
        }
        if !self.everywhere.is_empty() {
            found.sort();
        }
        found
    }

    /// Whether some rule looks for what no search of literals finds.
    pub fn is_everywhere(&self) -> bool {
        !self.everywhere.is_empty()
    }

    /// Which rules have a hit in a content that is at hand as a whole, as [`Finder::rules`] tells it.
    pub fn rules_in(&self, bytes: &[u8], may_be_text: bool) -> u64 {
        let mut seen = 0;
        if may_be_text || self.beyond_texts {
            self.visit(bytes, 0, bytes.len(), |hit| self.note(hit, &mut seen));
        }
        seen
    }

    /// Notes the rule of a hit; whether there is any rule left to look for.
    fn note(&self, hit: Match, seen: &mut u64) -> bool {
        *seen |= bit(hit.rule);
        *seen != self.all
    }

    /// Gives each hit that begins in `bytes[from..to]` to `sink` until that says `false`.
    fn visit(&self, bytes: &[u8], from: usize, to: usize, mut sink: impl FnMut(Match) -> bool) {
        let stop = to.saturating_add(self.longest).min(bytes.len());
        let (Some(window), Some(search)) = (bytes.get(..stop), &self.search) else { return };
        let mut at = from;
        while at < to.min(stop) {
            let Some(place) = search.find(window, at) else { return };
            if place >= to {
                return;
            }
            let rest = window.get(place..).unwrap_or_default();
            for pattern in self.patterns.iter().filter(|p| rest.starts_with(&p.bytes)) {
                let Pattern { bytes, form, rule } = pattern;
                let hit = Match { at: place, length: bytes.len(), rule: *rule, form: *form };
                if !sink(hit) {
                    return;
                }
            }
            at = place + 1;
        }
    }
}

/// The bit of a rule. Rules beyond 64 share bits: their contents are read again to no avail at
/// worst, because the second look is exact.
fn bit(rule: usize) -> u64 {
    1 << (rule % 64)
}

/// A search under way through one content, in whatever pieces it comes.
#[derive(Clone, Debug)]
pub struct Finder<'a> {
    literals: &'a Literals,
    rules: u64,
    /// The last bytes of what was taken, one less than the longest pattern.
    carry: Vec<u8>,
}

impl<'a> Finder<'a> {
    /// A search that has seen nothing yet.
    pub fn new(literals: &'a Literals) -> Self {
        Self { literals, rules: 0, carry: Vec::new() }
    }

    /// Takes the next bytes. `may_be_text` is `false` once the content is plainly binary: then
    /// nothing is searched unless a rule looks beyond texts.
    pub fn update(&mut self, bytes: &[u8], may_be_text: bool) {
        let literals = self.literals;
        if self.rules == literals.all || !(may_be_text || literals.beyond_texts) {
            return;
        }
        let keep = literals.longest - 1;
        let mut seen = self.rules;
        let mut note = |hit: Match| literals.note(hit, &mut seen);
        if !self.carry.is_empty() {
            let border = self.carry.len();
            let head = bytes.get(..keep.min(bytes.len())).unwrap_or_default();
            self.carry.extend_from_slice(head);
            literals.visit(&self.carry, 0, border, &mut note);
        }
        literals.visit(bytes, 0, bytes.len(), &mut note);
        self.rules = seen;
        if bytes.len() >= keep {
            self.carry.clear();
            self.carry.extend_from_slice(bytes.get(bytes.len() - keep..).unwrap_or_default());
        } else {
            // The carry holds all of these bytes already, unless it was empty.
            if self.carry.is_empty() {
                self.carry.extend_from_slice(bytes);
            }
            let surplus = self.carry.len().saturating_sub(keep);
            self.carry.drain(..surplus);
        }
    }

    /// Which rules have a hit: bit n for rule n.
    pub fn rules(&self) -> u64 {
        self.rules
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn literals(texts: &[&[&str]]) -> Literals {
        let patterns: Vec<_> = texts
            .iter()
            .enumerate()
            .flat_map(|(rule, texts)| {
                let all = texts.iter().flat_map(|text| Literal::Text((*text).to_owned()).forms());
                all.map(move |(form, bytes)| Pattern { bytes, form, rule })
            })
            .collect();
        let ids = texts.iter().map(|texts| texts[0].to_owned()).collect();
        Literals::compile(patterns, ids, false)
    }

    #[test]
    fn hits_that_overlap_are_all_found() {
        let literals = literals(&[&["abcd"], &["bcd"], &["abc"], &["cde"]]);
        let found = literals.matches(b"xabcdex", 0, 7);
        let places: Vec<_> = found.iter().map(|hit| (hit.at, hit.length, hit.rule)).collect();
        assert_eq!(places, [(1, 4, 0), (1, 3, 2), (2, 3, 1), (3, 3, 3)]);
        assert!(literals.matches(b"xabcdex", 2, 3).iter().all(|hit| hit.at == 2));
    }

    #[test]
    fn lengths_are_bounded() {
        assert!(!Literal::Text("ab".into()).is_sound());
        assert!(Literal::Text("abc".into()).is_sound());
        assert!(Literal::Bytes(vec![0; LONGEST]).is_sound());
        assert!(!Literal::Text("x".repeat(LONGEST / 2 + 1)).is_sound());
    }

    proptest! {
        #[test]
        fn cutting_changes_nothing(
            pieces in prop::collection::vec(prop_oneof![
                Just(&b"<<<<<<< "[..]), Just(&b"<<<"[..]), Just(&b">>>>>>> "[..]), Just(&b"<\0<\0<\0"[..]), Just(&b"a\n"[..]), Just(&b" "[..]),
            ], 0..20),
            cuts in prop::collection::vec(1usize..40, 1..8),
        ) {
            let literals = literals(&[&["<<<<<<< ", ">>>>>>> "], &["<< "], &["<<<"]]);
            let bytes = pieces.concat();
            let mut expected = 0;
            for pattern in &literals.patterns {
                if bytes.windows(pattern.bytes.len()).any(|window| window == pattern.bytes) {
                    expected |= bit(pattern.rule);
                }
            }
            let mut finder = Finder::new(&literals);
            let (mut rest, mut cut) = (&bytes[..], cuts.iter().cycle());
            while !rest.is_empty() {
                let (piece, after) = rest.split_at((*cut.next().expect("endless")).min(rest.len()));
                finder.update(piece, true);
                rest = after;
            }
            prop_assert_eq!(finder.rules(), expected);
        }
    }
}
