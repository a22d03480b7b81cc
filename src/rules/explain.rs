//! A rule as a page of plain text.

use std::fmt::Write as _;

use super::detectors::WaiverState;
use super::example::{Example, ExampleEntry};
use super::facts::FactsMatch;
use super::literals::Literal;
use super::name_glob::NameGlob;
use super::rule::{Matcher, Position, Rule};
use crate::model::locator::escape_text;

const WIDTH: usize = 88;

/// All that a rule's file tells, for a person to read.
pub fn explain(rule: &Rule) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}\n{}\n", rule.id, rule.title);
    let mut severity = rule.severity.name().to_owned();
    for (kind, here) in &rule.severity_in {
        let _ = write!(severity, ", {} in {}", here.name(), kind.name());
    }
    for (target, here) in &rule.severity_on {
        let _ = write!(severity, ", {} on {target}", here.name());
    }
    for (folder, here) in &rule.severity_below {
        let _ = write!(severity, ", at most {} below {folder}/", here.name());
    }
    field(&mut out, "severity", &severity);
    field(&mut out, "confidence", rule.confidence.name());
    field(&mut out, "looks at", &scope(rule));
    field(&mut out, "looks for", &pattern(rule));
    if let Some(when) = &rule.when {
        field(&mut out, "when", &escape_text(when.text().as_bytes()));
    }
    field(&mut out, "cost", rule.cost.name());
    field(&mut out, "since", &rule.since);
    if rule.opt_in {
        field(&mut out, "runs", "only where the configuration gives it a severity");
    }
    if rule.own {
        field(&mut out, "from", &escape_text(rule.file.as_bytes()));
    }
    if let Some(parent) = &rule.extends {
        field(&mut out, "extends", parent);
    }
    if !rule.aliases.is_empty() {
        field(&mut out, "formerly", &rule.aliases.join(", "));
    }
    section(&mut out, "Why", &rule.why);
    section(&mut out, "What to do", &rule.remedy);
    if let Some(fix) = rule.fix_told() {
        let _ = writeln!(out, "  `premaster fix` {fix}.");
    }
    let _ = writeln!(out, "\nExamples");
    for example in &rule.examples {
        let _ = writeln!(out, "  {}  {}", if example.hit { "hit " } else { "miss" }, case(example));
    }
    let _ = writeln!(out, "\nReferences");
    for reference in &rule.references {
        let _ = writeln!(out, "  {reference}");
    }
    out
}

fn field(out: &mut String, name: &str, value: &str) {
    let _ = writeln!(out, "  {name:<11} {value}");
}

/// A paragraph of lines of at most `most` columns, each behind `indent`.
pub(super) fn wrapped(out: &mut String, text: &str, indent: &str, most: usize) {
    let mut line = String::new();
    for word in text.split_whitespace() {
        let width = indent.len() + line.chars().count() + 1 + word.chars().count();
        if !line.is_empty() && width > most {
            let _ = writeln!(out, "{indent}{line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let _ = writeln!(out, "{indent}{line}");
}

fn section(out: &mut String, title: &str, text: &str) {
    let _ = writeln!(out, "\n{title}");
    for (number, paragraph) in text.trim().split("\n\n").enumerate() {
        if number > 0 {
            out.push('\n');
        }
        wrapped(out, paragraph, "  ", 2 + WIDTH);
    }
}

fn scope(rule: &Rule) -> String {
    let scope = &rule.scope;
    let mut parts: Vec<String> = scope.formats.clone();
    parts.extend(scope.names.iter().map(NameGlob::text));
    parts.extend(scope.classes.iter().map(|class| class.name().to_owned()));
    parts.extend(scope.kinds.iter().map(|kind| kind.name().to_owned()));
    if parts.is_empty() { "everything".to_owned() } else { parts.join(", ") }
}

fn pattern(rule: &Rule) -> String {
    match &rule.matcher {
        Matcher::Control { bytes, position, sequence } => {
            let bytes: Vec<_> = bytes.iter().map(|byte| format!("0x{byte:02x}")).collect();
            let position = match position {
                Position::Any => "anywhere",
                Position::End => "at the end",
                Position::Inside => "before the end",
            };
            let is_backspace = bytes.iter().any(|byte| byte == "0x08");
            let sequence = match sequence {
                Some(true) if is_backspace => ", striking over",
                Some(false) if is_backspace => ", not striking over",
                Some(true) => ", beginning a control sequence",
                Some(false) => ", beginning no control sequence",
                None => "",
            };
            format!("{} {position}{sequence}", bytes.join(" "))
        }
        Matcher::CodePoints(ranges) => {
            let one = |range: &std::ops::RangeInclusive<u32>| match (range.start(), range.end()) {
                (a, b) if a == b => format!("U+{a:04X}"),
                (a, b) => format!("U+{a:04X}..U+{b:04X}"),
            };
            ranges.iter().map(one).collect::<Vec<_>>().join(", ")
        }
        Matcher::IllFormed(kinds) => {
            let kinds: Vec<_> =
                kinds.iter().map(|kind| format!("{kind:?}").to_lowercase()).collect();
            format!("bytes that are no UTF-8 ({})", kinds.join(", "))
        }
        Matcher::Oddity(oddity) => oddity.sought().to_owned(),
        Matcher::Literals { literals, line_start, shape } => {
            let one = |literal: &Literal| match literal {
                Literal::Text(text) => format!("\"{}\"", escape_text(text.as_bytes())),
                Literal::Bytes(bytes) => {
                    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
                }
            };
            let place = if *line_start { " at the start of a line" } else { "" };
            let shape = shape.as_ref().map(|shape| format!(" in {}", shape.text()));
            let place = format!("{place}{}", shape.unwrap_or_default());
            if literals.is_empty() {
                return format!("bytes{place}");
            }
            format!("{}{place}", literals.iter().map(one).collect::<Vec<_>>().join(", "))
        }
        Matcher::Facts(asked) => facts(asked),
        Matcher::Program => "programs".to_owned(),
        Matcher::Detector(detector) => match rule.except.as_slice() {
            [] => format!("detector {}", detector.name),
            except => {
                let names: Vec<_> =
                    except.iter().map(|name| escape_text(name.as_bytes())).collect();
                format!("detector {}, but not {}", detector.name, names.join(", "))
            }
        },
    }
}

/// What a rule asks of the facts of an entry.
fn facts(asked: &FactsMatch) -> String {
    let kinds: Vec<_> = asked.kinds.iter().map(|kind| kind.name()).collect();
    let names = |globs: &[NameGlob]| {
        globs.iter().map(|glob| escape_text(glob.text().as_bytes())).collect::<Vec<_>>().join(", ")
    };
    let mut parts = vec![kinds.join(", ")];
    if !asked.names.is_empty() {
        parts.push(format!("named {}", names(&asked.names)));
    }
    if !asked.folders.is_empty() {
        parts.push(format!("in a folder named {}", names(&asked.folders)));
    }
    for (what, bits) in [
        ("with any of the mode bits", asked.mode_any),
        ("with all of the mode bits", asked.mode_all),
        ("with none of the mode bits", asked.mode_none),
    ] {
        if bits != 0 {
            parts.push(format!("{what} {bits:04o}"));
        }
    }
    if asked.empty {
        parts.push("with nothing in it".to_owned());
    }
    if asked.released {
        parts.push("outside of what a version control system holds".to_owned());
    }
    if let Some(least) = asked.copies {
        parts.push(format!("whose content of {least} bytes or more stands elsewhere once more"));
    }
    parts.join(" ")
}

fn case(example: &Example) -> String {
    if !example.entries.is_empty() {
        return entries_case(example);
    }
    let paths = example.paths();
    if !paths.is_empty() {
        return names_case(example, &paths);
    }
    let mut text = match (example.bytes(), &example.file, &example.base, &example.gap) {
        (Some(bytes), ..) => format!("\"{}\"", short(&bytes)),
        (None, Some(file), ..) => file.clone(),
        (None, None, Some(base), _) => format!("{base}, changed"),
        (None, None, None, Some(gap)) => gap.clone(),
        _ => example.waiver.map_or("", WaiverState::name).to_owned(),
    };
    if let Some(name) = &example.name {
        let _ = write!(text, " in {name}");
    }
    if !example.note.is_empty() {
        let _ = write!(text, ": {}", example.note);
    }
    text
}

/// The first bytes, escaped.
fn short(bytes: &[u8]) -> String {
    bytes.get(..48).map_or_else(|| escape_text(bytes), |head| escape_text(head) + "…")
}

/// Each entry with what the example says of it.
fn entries_case(example: &Example) -> String {
    let one = |entry: &ExampleEntry| {
        let mut text = format!("\"{}\"", short(entry.path.as_bytes()));
        for (what, fact) in [("mode", &entry.mode), ("dated", &entry.modified)] {
            if let Some(fact) = fact {
                let _ = write!(text, " {what} {fact}");
            }
        }
        if let Some(owner) = entry.owner {
            let _ = write!(text, " of user {owner}");
        }
        text
    };
    let mut shown: Vec<_> = example.entries.iter().take(3).map(one).collect();
    if let Some(more) = example.entries.len().checked_sub(3).filter(|more| *more > 0) {
        shown.push(format!("and {more} more"));
    }
    let mut text = shown.join(", ");
    if !example.note.is_empty() {
        let _ = write!(text, ": {}", example.note);
    }
    text
}

/// Paths are told as they are, save what a terminal would obey.
fn names_case(example: &Example, paths: &[Vec<u8>]) -> String {
    let shown: Vec<_> = paths.iter().map(|path| format!("\"{}\"", short(path))).collect();
    let mut text = shown.join(", ");
    if let Some(view) = &example.view {
        let _ = write!(text, " in {view}");
    }
    if !example.targets.is_empty() {
        let _ = write!(text, " on {}", example.targets.join(", "));
    }
    if !example.note.is_empty() {
        let _ = write!(text, ": {}", example.note);
    }
    text
}
