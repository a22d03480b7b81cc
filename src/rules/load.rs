//! Rule files: TOML, every key known, every value checked; an error names file, line and what was
//! expected. Rules of a user's own folder go the same way as those that are built in.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

use serde::Deserialize;
use toml::Spanned;

use super::control::IllFormed;
use super::detectors::{self, Look};
use super::example::{Example, from_hex};
use super::facts::{FactsMatch, NameGlob};
use super::literals::{LONGEST, Literal, SHORTEST};
use super::rule::{Cost, Matcher, PLACEHOLDERS, Position, Rule, Scope};
use super::shape::Shape;
use super::targets::Targets;
use crate::model::{Class, Confidence, Digest, GapKind, Kind, Severity, TextKind};

/// Why a rule file was not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoadError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What was found and what was expected.
    pub message: String,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

impl std::error::Error for LoadError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    id: Spanned<String>,
    #[serde(default)]
    aliases: Vec<Spanned<String>>,
    title: Spanned<String>,
    severity: Severity,
    #[serde(default)]
    severity_in: BTreeMap<TextKind, Severity>,
    #[serde(default)]
    severity_on: BTreeMap<Spanned<String>, Severity>,
    #[serde(default)]
    severity_below: BTreeMap<String, Severity>,
    confidence: Confidence,
    cost: Spanned<Cost>,
    since: String,
    scope: Option<Spanned<ScopeTable>>,
    why: Spanned<String>,
    remedy: Spanned<String>,
    references: Spanned<Vec<String>>,
    #[serde(rename = "match")]
    pattern: Option<Spanned<MatchTable>>,
    detector: Option<Spanned<String>>,
    except: Option<Spanned<Vec<String>>>,
    message: Option<Spanned<String>>,
    #[serde(default)]
    example: Vec<Spanned<Example>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct ScopeTable {
    #[serde(default)]
    classes: Vec<String>,
    #[serde(default)]
    kinds: Vec<TextKind>,
    #[serde(default)]
    formats: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct MatchTable {
    control: Option<Vec<u8>>,
    #[serde(default)]
    position: Position,
    sequence: Option<bool>,
    code_points: Option<Vec<String>>,
    ill_formed: Option<Vec<IllFormed>>,
    literals: Option<Vec<String>>,
    literals_hex: Option<Vec<String>>,
    #[serde(default)]
    line_start: bool,
    regex: Option<String>,
    regex_not: Option<String>,
    names: Option<Vec<NameGlob>>,
    kinds: Option<Vec<String>>,
    folders: Option<Vec<NameGlob>>,
    mode_any: Option<String>,
    mode_all: Option<String>,
    mode_none: Option<String>,
    empty: Option<bool>,
    copies: Option<u64>,
}

impl MatchTable {
    /// Whether nothing is asked of literals, and nothing else but them.
    fn has_literals(&self) -> bool {
        self.literals.is_some()
            || self.literals_hex.is_some()
            || self.line_start
            || self.regex.is_some()
            || self.regex_not.is_some()
    }
}

/// Where errors are told.
pub(super) struct Place<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
}

impl Place<'_> {
    pub(super) fn error<T>(&self, at: usize, message: impl Into<String>) -> Result<T, LoadError> {
        let before = self.text.as_bytes().get(..at).unwrap_or(self.text.as_bytes());
        let line = 1 + memchr::memchr_iter(b'\n', before).count();
        Err(LoadError { file: self.file.to_owned(), line, message: message.into() })
    }
}

/// Reads the text of a rule file.
pub(super) fn load(file: &str, text: &str) -> Result<Rule, LoadError> {
    let place = Place { file, text };
    let raw: RuleFile = match toml::from_str(text) {
        Ok(raw) => raw,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            return place.error(at, error.message().replace('\n', " "));
        }
    };
    check_id(&place, &raw.id)?;
    for alias in &raw.aliases {
        check_id(&place, alias)?;
    }
    for filled in [&raw.title, &raw.why, &raw.remedy] {
        if filled.get_ref().trim().is_empty() {
            return place.error(filled.span().start, "expected a text, found none");
        }
    }
    if raw.title.get_ref().contains('\n') {
        return place.error(raw.title.span().start, "expected a title of one line");
    }
    if raw.references.get_ref().is_empty() {
        return place.error(raw.references.span().start, "expected at least one reference");
    }
    for target in raw.severity_on.keys() {
        if Targets::built_in().get(target.get_ref()).is_none() {
            let unknown = Targets::built_in().unknown(target.get_ref());
            return place.error(target.span().start, unknown);
        }
    }
    let matcher = matcher(&place, &raw)?;
    let scope = scope(&place, raw.scope.as_ref(), &matcher)?;
    let expected = match matcher {
        Matcher::Detector(_) => None,
        Matcher::Literals { .. } => {
            Some((Cost::Literal, "\"literal\": `literals` are looked for in the pass"))
        }
        _ => Some((Cost::Census, "\"census\": the census tells what a `match` may hit")),
    };
    if let Some((_, why)) = expected.filter(|(cost, _)| raw.cost.get_ref() != cost) {
        return place.error(raw.cost.span().start, format!("expected cost = {why}"));
    }
    let of_facts = is_of_facts(&matcher);
    let of_names = matches!(&matcher, Matcher::Detector(detector) if detector.look.is_of_names());
    if let Some(except) = raw.except.as_ref().filter(|_| !of_names) {
        return place.error(except.span().start, "`except` is for detectors of names");
    }
    check_examples(&place, &raw, of_names, of_facts)?;
    let message = match &raw.message {
        Some(message) => {
            check_message(&place, message)?;
            message.get_ref().clone()
        }
        None => "{detail}".to_owned(),
    };
    Ok(Rule {
        id: raw.id.into_inner(),
        aliases: raw.aliases.into_iter().map(Spanned::into_inner).collect(),
        title: raw.title.into_inner(),
        severity: raw.severity,
        severity_in: raw.severity_in,
        severity_below: raw.severity_below,
        severity_on: raw.severity_on.into_iter().map(|(name, s)| (name.into_inner(), s)).collect(),
        confidence: raw.confidence,
        cost: raw.cost.into_inner(),
        since: raw.since,
        scope,
        why: raw.why.into_inner(),
        remedy: one_line(raw.remedy.get_ref()),
        references: raw.references.into_inner(),
        matcher,
        except: raw.except.map(Spanned::into_inner).unwrap_or_default(),
        message,
        examples: raw.example.into_iter().map(Spanned::into_inner).collect(),
        file: file.to_owned(),
        digest: Digest::of(text.as_bytes()),
    })
}

/// Text that a file wraps as it likes.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn check_id(place: &Place<'_>, id: &Spanned<String>) -> Result<(), LoadError> {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && !part.ends_with('-')
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    match id.get_ref().split_once('/') {
        Some((family, name)) if part(family) && part(name) => Ok(()),
        _ => place.error(
            id.span().start,
            format!("expected an id such as \"text/eot-at-end\", found {:?}", id.get_ref()),
        ),
    }
}

fn matcher(place: &Place<'_>, raw: &RuleFile) -> Result<Matcher, LoadError> {
    let (table, at) = match (&raw.pattern, &raw.detector) {
        (Some(table), None) => (table.get_ref(), table.span().start),
        (None, Some(name)) => {
            if let Some(detector) = detectors::named(name.get_ref()) {
                return Ok(Matcher::Detector(detector));
            }
            let known: Vec<_> = detectors::DETECTORS.iter().map(|row| row.name).collect();
            let known = known.join(", ");
            let found = name.get_ref();
            return place.error(
                name.span().start,
                format!("no detector {found:?}; expected one of {known}"),
            );
        }
        _ => return place.error(raw.id.span().start, "expected either `match` or `detector`"),
    };
    if let Some(asked) = facts(place, table, at)? {
        return Ok(Matcher::Facts(asked));
    }
    if table.has_literals() {
        return literals(place, table, at);
    }
    match (&table.control, &table.code_points, &table.ill_formed) {
        (Some(bytes), None, None) => {
            let wrong =
                |b: &&u8| !(**b < 0x20 || **b == 0x7f) || matches!(**b, b'\t' | b'\n' | b'\r');
            if let Some(byte) = bytes.iter().find(wrong) {
                let message =
                    format!("0x{byte:02x}: expected 0x00 to 0x1f without TAB, LF and CR, or 0x7f");
                return place.error(at, message);
            }
            if bytes.is_empty() {
                return place.error(at, "expected at least one control byte");
            }
            if table.sequence.is_some() && bytes != &[0x1b] {
                return place.error(at, "`sequence` is for control = [0x1b] alone");
            }
            Ok(Matcher::Control {
                bytes: bytes.clone(),
                position: table.position,
                sequence: table.sequence,
            })
        }
        (None, Some(ranges), None)
            if table.position == Position::Any && table.sequence.is_none() =>
        {
            let ranges: Option<Vec<_>> = ranges.iter().map(|range| code_points(range)).collect();
            match ranges {
                Some(ranges) if !ranges.is_empty() => Ok(Matcher::CodePoints(ranges)),
                _ => place.error(
                    at,
                    "expected ranges such as \"U+0080..U+009F\" within those that the census tells: U+0080..U+009F, \
                     U+061C, U+200B..U+200F, U+202A..U+202E, U+2060..U+206F, U+FEFF, U+FFFE",
                ),
            }
        }
        (None, None, Some(kinds))
            if table.position == Position::Any && table.sequence.is_none() =>
        {
            if kinds.is_empty() {
                return place.error(at, "expected at least one of overlong, surrogate, other");
            }
            Ok(Matcher::IllFormed(kinds.clone()))
        }
        _ => place.error(
            at,
            "expected one of `control` (with `position`, `sequence`), `code-points`, `ill-formed`, `literals` (with \
             `line-start`)",
        ),
    }
}

/// Whether the examples of a rule are entries: it looks at their facts, or at all of them.
fn is_of_facts(matcher: &Matcher) -> bool {
    match matcher {
        Matcher::Facts(_) => true,
        Matcher::Detector(detector) => matches!(detector.look, Look::Facts(_) | Look::Joined(_)),
        _ => false,
    }
}

/// `names`, `kinds`, `folders`, `mode-…`, `empty` and `copies`; none if the table has none of them.
fn facts(
    place: &Place<'_>,
    table: &MatchTable,
    at: usize,
) -> Result<Option<FactsMatch>, LoadError> {
    let mode = |text: &Option<String>| match text {
        None => Ok(0),
        Some(text) => match u16::from_str_radix(text, 8) {
            Ok(bits) if bits > 0 && bits <= 0o7777 => Ok(bits),
            _ => place.error(at, format!("{text:?}: expected octal mode bits such as \"0111\"")),
        },
    };
    let mut kinds = Vec::new();
    for name in table.kinds.iter().flatten() {
        match Kind::named(name) {
            Some(kind) => kinds.push(kind),
            None => return place.error(at, format!("no kind of entry {name:?}")),
        }
    }
    if kinds.is_empty() {
        kinds = vec![Kind::File];
    }
    let asked = FactsMatch {
        names: table.names.clone().unwrap_or_default(),
        kinds,
        folders: table.folders.clone().unwrap_or_default(),
        mode_any: mode(&table.mode_any)?,
        mode_all: mode(&table.mode_all)?,
        mode_none: mode(&table.mode_none)?,
        empty: table.empty.unwrap_or_default(),
        copies: table.copies,
    };
    let by_mode = asked.mode_any | asked.mode_all | asked.mode_none != 0;
    let given = [
        table.names.is_some(),
        table.kinds.is_some(),
        table.folders.is_some(),
        by_mode,
        table.empty.is_some(),
        table.copies.is_some(),
    ];
    if !given.contains(&true) {
        return Ok(None);
    }
    let others = [
        table.control.is_some(),
        table.code_points.is_some(),
        table.ill_formed.is_some(),
        table.has_literals(),
    ];
    if others.contains(&true) {
        return place.error(at, "expected facts of an entry alone, or none of them");
    }
    Ok(Some(asked))
}

/// `literals` and `literals-hex`, with `line-start`.
fn literals(place: &Place<'_>, table: &MatchTable, at: usize) -> Result<Matcher, LoadError> {
    let others = [table.control.is_some(), table.code_points.is_some(), table.ill_formed.is_some()];
    if others.contains(&true) || table.position != Position::Any || table.sequence.is_some() {
        return place.error(at, "expected `literals` and `line-start` alone, or none of them");
    }
    let mut literals: Vec<_> =
        table.literals.iter().flatten().cloned().map(Literal::Text).collect();
    for hex in table.literals_hex.iter().flatten() {
        let Some(bytes) = from_hex(hex) else {
            return place.error(at, format!("{hex:?} is not hex: expected pairs of digits"));
        };
        literals.push(Literal::Bytes(bytes));
    }
    if literals.is_empty() {
        return place.error(at, "expected at least one literal");
    }
    if let Some(wrong) = literals.iter().find(|literal| !literal.is_sound()) {
        let text = LONGEST / 2;
        let message = format!(
            "{wrong:?}: expected {SHORTEST} to {text} characters, or {SHORTEST} to {LONGEST} bytes in hex"
        );
        return place.error(at, message);
    }
    let shape = match (&table.regex, &table.regex_not) {
        (None, None) => None,
        (None, Some(_)) => return place.error(at, "`regex-not` needs `regex`"),
        (Some(regex), not) => match Shape::new(regex, not.as_deref()) {
            Ok(shape) => Some(shape),
            Err(why) => return place.error(at, why),
        },
    };
    Ok(Matcher::Literals { literals, line_start: table.line_start, shape })
}

/// `U+0085` or `U+0080..U+009F`, within what the census looks for: a rule outside would never be
/// given a second look.
fn code_points(text: &str) -> Option<RangeInclusive<u32>> {
    let one = |text: &str| u32::from_str_radix(text.strip_prefix("U+")?, 16).ok();
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let range = one(first)?..=one(last)?;
    let told = [
        0x80..=0x9f,
        0x61c..=0x61c,
        0x200b..=0x200f,
        0x202a..=0x202e,
        0x2060..=0x206f,
        0xfeff..=0xfeff,
        0xfffe..=0xfffe,
    ];
    let within =
        |all: &RangeInclusive<u32>| all.contains(range.start()) && all.contains(range.end());
    (range.start() <= range.end() && told.iter().any(within)).then_some(range)
}

fn scope(
    place: &Place<'_>,
    raw: Option<&Spanned<ScopeTable>>,
    matcher: &Matcher,
) -> Result<Scope, LoadError> {
    let none = ScopeTable::default();
    let (table, at) = raw.map_or((&none, 0), |raw| (raw.get_ref(), raw.span().start));
    let mut classes = Vec::new();
    for name in &table.classes {
        match Class::named(name) {
            Some(class) => classes.push(class),
            None => {
                return place.error(
                    at,
                    format!("no class {name:?}; expected text, binary, container or empty"),
                );
            }
        }
    }
    if let Matcher::Literals { line_start, .. } = matcher {
        if *line_start && classes.iter().any(|class| *class != Class::Text) {
            return place.error(at, "`line-start` is for texts: expected classes = [\"text\"]");
        }
        if classes.iter().any(|class| !matches!(class, Class::Text | Class::Binary)) {
            return place.error(at, "`literals` are looked for in classes text and binary only");
        }
        if classes.is_empty() {
            classes = vec![Class::Text];
        }
    } else if !matches!(matcher, Matcher::Detector(_) | Matcher::Facts(_)) {
        if classes.iter().any(|class| *class != Class::Text) {
            return place.error(at, "a `match` looks at texts only: expected classes = [\"text\"]");
        }
        classes = vec![Class::Text];
    }
    Ok(Scope { classes, kinds: table.kinds.clone(), formats: table.formats.clone() })
}

fn check_message(place: &Place<'_>, message: &Spanned<String>) -> Result<(), LoadError> {
    let mut rest = message.get_ref().as_str();
    while let Some((_, after)) = rest.split_once('{') {
        let name = after.split_once('}').map(|(name, _)| name);
        match name {
            Some(name) if PLACEHOLDERS.contains(&name) => rest = &after[name.len() + 1..],
            _ => {
                let known = PLACEHOLDERS.join("}, {");
                return place.error(
                    message.span().start,
                    format!("expected one of {{{known}}} after \"{{\""),
                );
            }
        }
    }
    Ok(())
}

fn check_examples(
    place: &Place<'_>,
    raw: &RuleFile,
    of_names: bool,
    of_facts: bool,
) -> Result<(), LoadError> {
    for hit in [true, false] {
        if !raw.example.iter().any(|example| example.get_ref().hit == hit) {
            let which = if hit { "hit = true" } else { "hit = false" };
            return place.error(raw.id.span().start, format!("expected an example with {which}"));
        }
    }
    let is_reader = raw.detector.as_ref().is_some_and(|name| {
        detectors::named(name.get_ref())
            .is_some_and(|detector| matches!(detector.look, Look::Reader))
    });
    for example in &raw.example {
        let (at, example) = (example.span().start, example.get_ref());
        let hexes = [&example.hex, &example.old].into_iter().flatten();
        let hexes = hexes.chain(example.patch.iter().map(|patch| &patch.hex));
        for hex in hexes {
            if from_hex(hex).is_none() {
                return place.error(at, format!("{hex:?} is not hex: expected pairs of digits"));
            }
        }
        if let Some(target) =
            example.targets.iter().find(|name| Targets::built_in().get(name).is_none())
        {
            return place.error(at, Targets::built_in().unknown(target));
        }
        if let Some(class) = &example.approved
            && Class::named(class).is_none()
        {
            return place.error(at, format!("no class {class:?}"));
        }
        if let Some(gap) = &example.gap
            && GapKind::named(gap).is_none()
        {
            return place.error(at, format!("no kind of gap {gap:?}"));
        }
        let own = [
            example.text.is_some(),
            example.hex.is_some(),
            example.gap.is_some(),
            example.waiver.is_some(),
        ];
        let own = own.into_iter().filter(|&given| given).count();
        let entries = example.entries.iter();
        if let Some(entry) = entries.clone().find(|e| e.text.is_some() && e.hex.is_some()) {
            return place.error(at, format!("{:?} has both `text` and `hex`", entry.path));
        }
        if of_facts {
            let given = [own > 0, !example.names.is_empty(), !example.entries.is_empty()];
            if given.into_iter().filter(|&given| given).count() != 1 {
                return place.error(at, "expected one of `names`, `entries`, `text`, `hex`");
            }
            continue;
        }
        if !example.entries.is_empty() {
            return place.error(at, "expected no `entries`: they are for rules about facts");
        }
        if of_names == (example.names.is_empty() && example.names_hex.is_empty()) {
            let expected = if of_names { "an example with `names`" } else { "no `names`" };
            return place.error(at, format!("expected {expected}: they are for rules about names"));
        }
        if let Some(hex) = example.names_hex.iter().find(|hex| from_hex(hex).is_none()) {
            return place.error(at, format!("{hex:?} is not hex: expected pairs of digits"));
        }
        let from_file = usize::from(example.file.is_some()) + usize::from(example.base.is_some());
        if is_reader && (from_file != 1 || own > 0) {
            return place.error(at, "expected an example with either `file` or `base`");
        }
        if !is_reader && own + from_file != usize::from(!of_names) {
            return place.error(
                at,
                "expected an example with one of `text`, `hex`, `gap`, `waiver`, `file`, `base`",
            );
        }
        if example.base.is_none() && !example.patch.is_empty() {
            return place.error(at, "`patch` needs `base`");
        }
        if !example.at.is_empty() && !example.hit {
            return place.error(at, "`at` needs hit = true");
        }
    }
    Ok(())
}
