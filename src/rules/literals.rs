//! Byte strings that rules look for: all of them in one search, run in the one pass over a content.
//!
//! The pass knows neither class nor encoding yet. It searches for each text as it is in eight bits,
//! and notes only which rules have a hit anywhere: a bit a rule ([`Finder::rules`]). A content with
//! such a bit is read a second time by the engine, which asks [`Literals::matches`] where, and judges
//! class, scope and place as for all other rules. UTF-16 is always read a second time, so only then
//! are texts searched for in that form, and shapes tried over its characters.

use super::rule::{Matcher, Rule};
use super::search::Search;
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

/// How the characters of a content are bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// UTF-8, an eight-bit encoding, or no text.
    Narrow,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
}

impl Form {
    const ALL: [Self; 3] = [Self::Narrow, Self::Utf16Le, Self::Utf16Be];
}

impl Literal {
    /// Text if it can be, and bytes else.
    pub fn of(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) if text.is_ascii() => Self::Text(text),
            Ok(text) => Self::Bytes(text.into_bytes()),
            Err(error) => Self::Bytes(error.into_bytes()),
        }
    }

    fn bytes(&self, form: Form) -> Vec<u8> {
        match (self, form) {
            (Self::Bytes(bytes), _) => bytes.clone(),
            (Self::Text(text), Form::Narrow) => text.clone().into_bytes(),
            (Self::Text(text), Form::Utf16Le) => {
                text.encode_utf16().flat_map(u16::to_le_bytes).collect()
            }
            (Self::Text(text), Form::Utf16Be) => {
                text.encode_utf16().flat_map(u16::to_be_bytes).collect()
            }
        }
    }

    /// Whether it may stand in a rule: neither too short nor, in any of its forms, too long.
    pub fn is_sound(&self) -> bool {
        Form::ALL.iter().all(|&form| (SHORTEST..=LONGEST).contains(&self.bytes(form).len()))
    }
}

/// A pattern and the rule that it belongs to.
#[derive(Clone, Debug)]
struct Pattern {
    bytes: Vec<u8>,
    /// How the characters of what it begins are bytes.
    form: Form,
    /// Number of the rule among those with literals.
    rule: usize,
}

impl Pattern {
    /// Its first bytes.
    fn head(&self) -> &[u8] {
        let length = if self.form == Form::Narrow { 4 } else { 8 };
        self.bytes.get(..length).unwrap_or(&self.bytes)
    }
}

/// What a rule wants of a place beside its literals.
#[derive(Clone, Debug, Default)]
struct Wants {
    /// What a literal must be the beginning of.
    shape: Option<Shape>,
    /// That a line begins there.
    line_start: bool,
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
}

/// The patterns that are looked for in contents of one form.
///
/// The search is for the first bytes of them, of which there are fewer: its vectors compare no more
/// than four, and take twice the steps for more than 32 strings.
#[derive(Clone, Debug)]
struct Patterns {
    search: Search,
    /// Of each string of the search, the patterns that may begin where it stands.
    behind: Vec<Vec<Pattern>>,
    longest: usize,
}

impl Patterns {
    fn new(patterns: &[Pattern]) -> Option<Self> {
        let mut heads: Vec<&[u8]> = Vec::new();
        for head in patterns.iter().map(Pattern::head) {
            if !heads.contains(&head) {
                heads.push(head);
            }
        }
        // Of two heads that begin at one place, the search finds one.
        let may_begin = |head: &[u8], pattern: &Pattern| {
            head.starts_with(pattern.head()) || pattern.head().starts_with(head)
        };
        let behind = |head: &&[u8]| -> Vec<Pattern> {
            patterns.iter().filter(|pattern| may_begin(head, pattern)).cloned().collect()
        };
        Some(Self {
            search: Search::new(&heads)?,
            behind: heads.iter().map(behind).collect(),
            longest: patterns.iter().map(|pattern| pattern.bytes.len()).max()?,
        })
    }

    /// Gives each hit that begins in `bytes[from..to]` to `sink` until that says `false`.
    fn visit(
        &self,
        bytes: &[u8],
        from: usize,
        to: usize,
        mut sink: impl FnMut(Match, Form) -> bool,
    ) {
        let stop = to.saturating_add(self.longest).min(bytes.len());
        let Some(window) = bytes.get(..stop) else { return };
        let mut at = from;
        while at < to.min(stop) {
            let Some(found) = self.search.find(window, at) else { return };
            let place = found.start();
            if place >= to {
                return;
            }
            let rest = window.get(place..).unwrap_or_default();
            let behind = self.behind.get(found.pattern().as_usize()).into_iter().flatten();
            for &Pattern { ref bytes, form, rule } in
                behind.filter(|pattern| rest.starts_with(&pattern.bytes))
            {
                if !sink(Match { at: place, length: bytes.len(), rule }, form) {
                    return;
                }
            }
            at = place + 1;
        }
    }
}

/// The literals of all rules, compiled.
#[derive(Clone, Debug)]
pub struct Literals {
    narrow: Option<Patterns>,
    /// Low byte first, and high byte first.
    wide: [Option<Patterns>; 2],
    /// Ids of the rules, by number.
    ids: Vec<String>,
    /// What else the rules want, by number.
    wants: Vec<Wants>,
    /// Rules whose shape begins with no literal, by number.
    everywhere: Vec<usize>,
    /// Whether some rule looks for its literals in contents that are no texts.
    beyond_texts: bool,
    /// The bits of all rules.
    all: u64,
}

impl Literals {
    /// Compiles the literals of the rules that have some; `None` if there are none.
    pub fn of<'a>(rules: impl IntoIterator<Item = &'a Rule>) -> Option<Self> {
        let mut all = Vec::new();
        let mut beyond_texts = false;
        for rule in rules {
            let Matcher::Literals { literals, shape, line_start } = &rule.matcher else { continue };
            beyond_texts |=
                rule.scope.classes.iter().any(|class| *class != crate::model::Class::Text);
            let wants = Wants { shape: shape.clone(), line_start: *line_start };
            all.push((rule.id.clone(), literals.as_slice(), wants));
        }
        Some(all).filter(|all| !all.is_empty()).map(|all| Self::compile(all, beyond_texts))
    }

    /// Compiles the literals of rules: of each its id, literals, and what else it wants.
    fn compile(rules: Vec<(String, &[Literal], Wants)>, beyond_texts: bool) -> Self {
        let patterns = |form: Form| {
            let mut all = Vec::new();
            for (rule, (_, literals, _)) in rules.iter().enumerate() {
                let pattern = |literal: &Literal| {
                    let own =
                        if matches!(literal, Literal::Bytes(_)) { Form::Narrow } else { form };
                    Pattern { bytes: literal.bytes(form), form: own, rule }
                };
                all.extend(literals.iter().map(pattern));
            }
            Patterns::new(&all)
        };
        let with = |any: bool| {
            let numbered = rules.iter().enumerate();
            numbered.filter(move |(_, (_, literals, _))| literals.is_empty() != any).map(|(n, _)| n)
        };
        Self {
            narrow: patterns(Form::Narrow),
            wide: [patterns(Form::Utf16Le), patterns(Form::Utf16Be)],
            beyond_texts,
            all: with(true).fold(0, |bits, rule| bits | bit(rule)),
            everywhere: with(false).collect(),
            ids: rules.iter().map(|(id, ..)| id.clone()).collect(),
            wants: rules.into_iter().map(|(.., wants)| wants).collect(),
        }
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
    /// end in `bytes`, up to [`SHAPED`] characters behind `to`. Whether a line begins there is left to whom
    /// it concerns.
    pub fn matches(&self, bytes: &[u8], from: usize, to: usize, form: Form) -> Vec<Match> {
        let mut found = Vec::new();
        let patterns = match form {
            Form::Narrow => &self.narrow,
            Form::Utf16Le => &self.wide[0],
            Form::Utf16Be => &self.wide[1],
        };
        let mut take = |hit: Match, form: Form| {
            match self.wants.get(hit.rule).and_then(|wants| wants.shape.as_ref()) {
                None => found.push(hit),
                Some(shape) => {
                    let length = shape.length_in(bytes, hit.at, form);
                    found.extend(length.map(|length| Match { length, ..hit }));
                }
            }
            true
        };
        if let Some(patterns) = patterns {
            patterns.visit(bytes, from, to, &mut take);
        }
        if form == Form::Narrow && !self.everywhere.is_empty() {
            for &rule in &self.everywhere {
                let wants = self.wants.get(rule).and_then(|wants| wants.shape.as_ref());
                let Some(shape) = wants else { continue };
                shape.each(bytes, from, to, |at, length| found.push(Match { at, length, rule }));
            }
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
        if let Some(narrow) = self.narrow.as_ref().filter(|_| may_be_text || self.beyond_texts) {
            narrow.visit(bytes, 0, bytes.len(), |hit, _| self.note(bytes, true, hit, &mut seen));
        }
        seen
    }

    /// Notes the rule of a hit in a piece, or in a content as a `whole`; says whether there is any rule
    /// left to look for.
    fn note(&self, bytes: &[u8], whole: bool, hit: Match, seen: &mut u64) -> bool {
        if *seen & bit(hit.rule) == 0 && self.may_stand(bytes, whole, hit) {
            *seen |= bit(hit.rule);
        }
        *seen != self.all
    }

    /// Whether what else the rule wants may hold at a hit. It does where that shows only beyond the
    /// borders of a piece.
    fn may_stand(&self, bytes: &[u8], whole: bool, hit: Match) -> bool {
        let Some(wants) = self.wants.get(hit.rule) else { return true };
        let before = hit.at.checked_sub(1).and_then(|at| bytes.get(at));
        let may_begin_line = || before.is_none_or(|b| !matches!(b, b'\t' | 0x20..0x7f));
        let shows = whole || before.is_some() && hit.at + SHAPED <= bytes.len();
        let fits = |shape: &Shape| !shows || shape.length(bytes, hit.at).is_some();
        (!wants.line_start || may_begin_line()) && wants.shape.as_ref().is_none_or(fits)
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
        let Some(patterns) = &literals.narrow else { return };
        let keep = patterns.longest - 1;
        let mut seen = self.rules;
        if !self.carry.is_empty() {
            let border = self.carry.len();
            let head = bytes.get(..keep.min(bytes.len())).unwrap_or_default();
            self.carry.extend_from_slice(head);
            let note = |hit, _| literals.note(&self.carry, false, hit, &mut seen);
            patterns.visit(&self.carry, 0, border, note);
        }
        patterns.visit(bytes, 0, bytes.len(), |hit, _| literals.note(bytes, false, hit, &mut seen));
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

    /// A rule a row, which wants nothing else.
    fn literals(texts: &[&[&str]]) -> Literals {
        wanting(texts, |_| Wants::default())
    }

    fn wanting(texts: &[&[&str]], wants: fn(usize) -> Wants) -> Literals {
        let text = |text: &&str| Literal::Text((*text).to_owned());
        let all: Vec<Vec<_>> = texts.iter().map(|row| row.iter().map(text).collect()).collect();
        let rules = all.iter().enumerate();
        let rules = rules.map(|(n, row)| (texts[n][0].to_owned(), row.as_slice(), wants(n)));
        Literals::compile(rules.collect(), false)
    }

    #[test]
    fn hits_that_overlap_are_all_found() {
        let literals = literals(&[&["abcd"], &["bcd"], &["abc"], &["cde"]]);
        let found = literals.matches(b"xabcdex", 0, 7, Form::Narrow);
        let places: Vec<_> = found.iter().map(|hit| (hit.at, hit.length, hit.rule)).collect();
        assert_eq!(places, [(1, 4, 0), (1, 3, 2), (2, 3, 1), (3, 3, 3)]);
        let found = literals.matches(b"xabcdex", 2, 3, Form::Narrow);
        assert!(found.iter().all(|hit| hit.at == 2));
    }

    #[test]
    fn wide_texts_hold_wide_forms_of_literals() {
        let literals = wanting(&[&["abc"], &["abd"]], |rule| Wants {
            shape: (rule == 1).then(|| Shape::new("\\babd[0-9]", None).expect("sound")),
            line_start: false,
        });
        let bytes =
            b"abc a\0b\0c\0\0a\0b\0c abd1 a\0b\0d\x001\0x\0a\0b\0d\x001\0\xe9\x01a\0b\0d\x001\0";
        let places = |form| {
            let found = literals.matches(bytes, 0, bytes.len(), form);
            found.iter().map(|hit| hit.at).collect::<Vec<_>>()
        };
        assert_eq!(places(Form::Narrow), [0, 17]);
        assert_eq!(places(Form::Utf16Le), [4, 22, 42], "a shape sees what stands before");
        assert_eq!(places(Form::Utf16Be), [10]);
    }

    #[test]
    fn what_else_a_rule_wants_is_asked_in_the_pass() {
        let literals = wanting(&[&["key"], &["<<<"]], |rule| Wants {
            shape: (rule == 0).then(|| Shape::new(r"\bkey[0-9]{3}\b", None).expect("sound")),
            line_start: rule == 1,
        });
        for (text, expected) in [
            ("key123", 1),
            ("key12 key", 0),
            ("monkey123", 0),
            ("<<<", 2),
            ("a <<<", 0),
            ("a\r<<< key999", 3),
            ("\u{feff}<<<", 2),
        ] {
            assert_eq!(literals.rules_in(text.as_bytes(), true), expected, "{text}");
        }
        // In pieces, what shows only beyond the border is left to the second look.
        let in_pieces = |pieces: &[&str]| {
            let mut finder = Finder::new(&literals);
            for piece in pieces {
                finder.update(piece.as_bytes(), true);
            }
            finder.rules()
        };
        assert_eq!(in_pieces(&["key12", "3 a", "<<<"]), 3);
        let far = " ".repeat(SHAPED);
        assert_eq!(in_pieces(&[&format!("a key12 <<<{far}"), &far]), 0);
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
                Just(&b"<<<<<<< "[..]), Just(&b"<<<"[..]), Just(&b">>>>>>> "[..]), Just(&b"a\n"[..]), Just(&b" "[..]),
            ], 0..20),
            cuts in prop::collection::vec(1usize..40, 1..8),
        ) {
            let texts: [&[&str]; 3] = [&["<<<<<<< ", ">>>>>>> "], &["<< "], &["<<<"]];
            let bytes = pieces.concat();
            let in_pieces = |literals: &Literals| {
                let mut finder = Finder::new(literals);
                let (mut rest, mut cut) = (&bytes[..], cuts.iter().cycle());
                while !rest.is_empty() {
                    let (piece, after) = rest.split_at((*cut.next().expect("endless")).min(rest.len()));
                    finder.update(piece, true);
                    rest = after;
                }
                finder.rules()
            };
            let plain = literals(&texts);
            let holds = |text: &&str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
            let hit = |rule: usize| texts[rule].iter().any(holds);
            let expected = (0..3).filter(|&rule| hit(rule)).fold(0, |bits, rule| bits | bit(rule));
            prop_assert_eq!(plain.rules_in(&bytes, true), expected);
            prop_assert_eq!(in_pieces(&plain), expected);
            // What is wanted beside shows at a border at the second look only, and is never missed.
            let picky = wanting(&texts, |rule| Wants {
                shape: (rule == 1).then(|| Shape::new(r"<< \n", None).expect("sound")),
                line_start: rule == 0,
            });
            let whole = picky.rules_in(&bytes, true);
            prop_assert_eq!(in_pieces(&picky) & whole, whole);
        }
    }
}
