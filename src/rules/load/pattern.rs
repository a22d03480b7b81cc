//! What a rule looks for and where: the tables `match` and `scope` of its file.

use std::ops::RangeInclusive;

use serde::Deserialize;
use toml::Spanned;

use super::{LoadError, Place, RuleFile};
use crate::model::{Class, FORMATS, Kind, TextKind, is_told};
use crate::rules::condition::{Asks, Condition};
use crate::rules::control::{IllFormed, Oddity};
use crate::rules::detectors::{self, Look};
use crate::rules::example::from_hex;
use crate::rules::facts::FactsMatch;
use crate::rules::literals::{LONGEST, Literal, SHORTEST};
use crate::rules::name_glob::NameGlob;
use crate::rules::near::did_you_mean;
use crate::rules::program::{self, is_program};
use crate::rules::rule::{Matcher, Position, Scope};
use crate::rules::shape::{self, Shape};

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct ScopeTable {
    #[serde(default)]
    classes: Vec<String>,
    #[serde(default)]
    kinds: Vec<TextKind>,
    #[serde(default)]
    formats: Vec<String>,
    #[serde(default)]
    names: Vec<NameGlob>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct MatchTable {
    control: Option<Vec<u8>>,
    #[serde(default)]
    position: Position,
    sequence: Option<bool>,
    code_points: Option<Vec<String>>,
    ill_formed: Option<Vec<IllFormed>>,
    oddity: Option<Oddity>,
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
    #[serde(default)]
    released: bool,
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

pub(super) fn matcher(place: &Place<'_>, raw: &RuleFile) -> Result<Matcher, LoadError> {
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
        (None, None) if raw.when.as_ref().is_some_and(asks_programs) => {
            return Ok(Matcher::Program);
        }
        (None, None) if raw.when.is_some() => {
            let kinds = Kind::ALL.to_vec();
            return Ok(Matcher::Facts(FactsMatch { kinds, ..FactsMatch::default() }));
        }
        _ => {
            let message = "expected either `match` or `detector`, or `when` alone";
            return place.error(raw.id.span().start, message);
        }
    };
    if let Some(asked) = facts(place, table, at)? {
        return Ok(Matcher::Facts(asked));
    }
    if table.has_literals() {
        return literals(place, table, at);
    }
    match (&table.control, &table.code_points, &table.ill_formed, table.oddity) {
        (Some(bytes), None, None, None) => {
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
            if table.sequence.is_some() && bytes != &[0x1b] && bytes != &[0x08] {
                let message = "`sequence` is for control = [0x1b] or [0x08] alone";
                return place.error(at, message);
            }
            Ok(Matcher::Control {
                bytes: bytes.clone(),
                position: table.position,
                sequence: table.sequence,
            })
        }
        (None, Some(ranges), None, None)
            if table.position == Position::Any && table.sequence.is_none() =>
        {
            let ranges: Option<Vec<_>> = ranges.iter().map(|range| code_points(range)).collect();
            match ranges {
                Some(ranges) if !ranges.is_empty() => Ok(Matcher::CodePoints(ranges)),
                _ => place.error(
                    at,
                    "expected ranges such as \"U+0080..U+009F\" of characters that the census tells; rules/README.md \
                     names them",
                ),
            }
        }
        (None, None, Some(kinds), None)
            if table.position == Position::Any && table.sequence.is_none() =>
        {
            if kinds.is_empty() {
                return place.error(at, "expected at least one of overlong, surrogate, other");
            }
            Ok(Matcher::IllFormed(kinds.clone()))
        }
        (None, None, None, Some(oddity))
            if table.position == Position::Any && table.sequence.is_none() =>
        {
            Ok(Matcher::Oddity(oddity))
        }
        _ => place.error(
            at,
            "expected one of `control` (with `position`, `sequence`), `code-points`, `ill-formed`, `oddity`, `literals` \
             (with `line-start`)",
        ),
    }
}

/// The condition of a rule, where its hits are of entries that have facts.
pub(super) fn when(
    place: &Place<'_>,
    raw: Option<&Spanned<String>>,
    matcher: &Matcher,
) -> Result<Option<Condition>, LoadError> {
    let Some(raw) = raw else { return Ok(None) };
    let start = raw.span().start;
    if let Some((what, instead)) = unconditional(matcher) {
        let message = format!(
            "`when` is for rules about contents and facts of entries, and {what}: narrow it with \
             {instead}, or with `paths` in premaster.toml"
        );
        return place.error(start, message);
    }
    let quoted = place.text.get(start..).unwrap_or_default();
    let opening = match quoted.as_bytes() {
        [b'"', b'"', b'"', rest @ ..] | [b'\'', b'\'', b'\'', rest @ ..] => {
            3 + usize::from(rest.first() == Some(&b'\n'))
        }
        _ => 1,
    };
    match Condition::new(raw.get_ref()) {
        Ok(condition) => match unread(condition.asks(), matcher) {
            Some(message) => place.error(start, message),
            None => Ok(Some(condition)),
        },
        Err(wrong) => place.error(start + opening + wrong.at, format!("when: {}", wrong.message)),
    }
}

/// Whether a condition asks for what stands in the bytes of a program.
fn asks_programs(raw: &Spanned<String>) -> bool {
    // What is wrong with it is told where it is read for good.
    Condition::new(raw.get_ref())
        .is_ok_and(|when| when.asks().arch || when.asks().program.is_some())
}

/// Why a condition asks for more than is read for a matcher.
fn unread(asks: Asks, matcher: &Matcher) -> Option<String> {
    let fact = asks.program.or(asks.arch.then_some("arch"))?;
    let is_parsed = match matcher {
        Matcher::Program => true,
        Matcher::Detector(detector) => matches!(detector.look, Look::Parsed(_) | Look::ParsedOn(_)),
        _ => false,
    };
    if is_of_facts(matcher) {
        return Some(format!(
            "`{fact}` stands in the bytes of a program, and rules about facts read none: let \
             `when` stand alone, with cost = \"parse\""
        ));
    }
    (asks.program.is_some() && !is_parsed).then(|| {
        format!(
            "`{fact}` stands in the tables of a program, which only rules of cost \"parse\" read: \
             let `when` stand alone"
        )
    })
}

/// Why a condition cannot be asked for each hit of a matcher, and what narrows it instead.
fn unconditional(matcher: &Matcher) -> Option<(String, &'static str)> {
    let detector = match matcher {
        Matcher::Detector(detector) => detector,
        Matcher::Facts(asked) if asked.copies.is_some() => {
            return Some(("`copies` compares entries with each other".to_owned(), "`names`"));
        }
        _ => return None,
    };
    let (looks, instead) = match detector.look {
        Look::Entry(_) | Look::Facts(_) | Look::Head(_) | Look::Parsed(_) | Look::ParsedOn(_) => {
            return None;
        }
        look if look.is_of_names() => ("looks at names", "`except`"),
        look if look.is_of_structure() => ("looks at structure", "`scope`"),
        Look::Link(_) => ("looks at references", "`scope`"),
        Look::EntryOn(_) => ("asks each target", "`scope`"),
        Look::Reader => ("tells what readers find", "`severity_below`"),
        _ => ("looks at no entry by itself", "`severity_below`"),
    };
    Some((format!("detector {:?} {looks}", detector.name), instead))
}

/// Whether the examples of a rule are entries: it looks at their facts, or at all of them.
pub(super) fn is_of_facts(matcher: &Matcher) -> bool {
    match matcher {
        Matcher::Facts(_) => true,
        Matcher::Detector(detector) => {
            matches!(
                detector.look,
                Look::Facts(_) | Look::Head(_) | Look::Joined(_) | Look::Listed(_) | Look::Link(_)
            )
        }
        _ => false,
    }
}

/// `names`, `kinds`, `folders`, `mode-…`, `empty`, `released` and `copies`; none if the table has none of them.
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
        released: table.released,
        copies: table.copies,
    };
    let by_mode = asked.mode_any | asked.mode_all | asked.mode_none != 0;
    let given = [
        table.names.is_some(),
        table.kinds.is_some(),
        table.folders.is_some(),
        by_mode,
        table.empty.is_some(),
        table.released,
        table.copies.is_some(),
    ];
    if !given.contains(&true) {
        return Ok(None);
    }
    let others = [
        table.control.is_some(),
        table.code_points.is_some(),
        table.ill_formed.is_some(),
        table.oddity.is_some(),
        table.has_literals(),
    ];
    if others.contains(&true) {
        return place.error(at, "expected facts of an entry alone, or none of them");
    }
    Ok(Some(asked))
}

/// `literals` and `literals-hex`, with `line-start`.
fn literals(place: &Place<'_>, table: &MatchTable, at: usize) -> Result<Matcher, LoadError> {
    let others = [
        table.control.is_some(),
        table.code_points.is_some(),
        table.ill_formed.is_some(),
        table.oddity.is_some(),
    ];
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
    if let Some(regex) = table.regex.as_ref().filter(|_| literals.is_empty()) {
        match shape::beginnings(regex) {
            // Without, every text in scope is read for it.
            Ok(beginnings) => literals.extend(beginnings.into_iter().map(Literal::of)),
            Err(why) => return place.error(at, why),
        }
    } else if literals.is_empty() {
        return place.error(at, "expected at least one literal, or `regex`");
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
    (range.start() <= range.end() && range.clone().all(is_told)).then_some(range)
}

pub(super) fn scope(
    place: &Place<'_>,
    raw: Option<&Spanned<ScopeTable>>,
    matcher: &Matcher,
) -> Result<Scope, LoadError> {
    let none = ScopeTable::default();
    let (table, at) = raw.map_or((&none, 0), |raw| (raw.get_ref(), raw.span().start));
    if let Some(format) = table.formats.iter().find(|name| !FORMATS.contains(&name.as_str())) {
        let hint = did_you_mean(FORMATS, format);
        return place.error(at, format!("no format {format:?}{hint}"));
    }
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
    if let Matcher::Literals { line_start, literals, .. } = matcher {
        if literals.is_empty() && classes.iter().any(|class| *class != Class::Text) {
            let message = "an expression that begins with no literal is looked for in texts only: \
                           expected classes = [\"text\"]";
            return place.error(at, message);
        }
        if *line_start && classes.iter().any(|class| *class != Class::Text) {
            return place.error(at, "`line-start` is for texts: expected classes = [\"text\"]");
        }
        if classes.iter().any(|class| !matches!(class, Class::Text | Class::Binary)) {
            return place.error(at, "`literals` are looked for in classes text and binary only");
        }
        if classes.is_empty() {
            classes = vec![Class::Text];
        }
    } else if !matches!(matcher, Matcher::Detector(_) | Matcher::Facts(_) | Matcher::Program) {
        if classes.iter().any(|class| *class != Class::Text) {
            return place.error(at, "a `match` looks at texts only: expected classes = [\"text\"]");
        }
        classes = vec![Class::Text];
    }
    let of_structure =
        matches!(matcher, Matcher::Detector(detector) if detector.look.is_of_structure());
    if !table.names.is_empty() && !of_structure {
        return place.error(at, "`names` of a scope are for detectors of structure");
    }
    let mut formats = table.formats.clone();
    if matches!(matcher, Matcher::Program) {
        if formats.iter().any(|format| !is_program(format)) {
            let known = program::FORMATS.join(", ");
            return place.error(at, format!("the condition is of programs: expected {known}"));
        }
        if formats.is_empty() {
            formats = program::FORMATS.map(str::to_owned).to_vec();
        }
    }
    Ok(Scope { classes, kinds: table.kinds.clone(), formats, names: table.names.clone() })
}
