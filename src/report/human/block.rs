//! A cause in full: what, where, the bytes with a caret, why, and what to do.

use std::collections::HashSet;
use std::fmt::Write as _;

use colored::{Color, Colorize as _};

use super::layout::Page;
use super::severity_color;
use crate::model::change::Granularity;
use crate::model::{Cause, Change, Disposition, Finding, Outcome, Severity, Verb};
use crate::report::dump::{self, Line};
use crate::report::sentence::{
    change_sentence, field_sentence, finding_place, first_sentence, hunk_place, remedy,
};

/// Names and fields that are listed.
const LISTED: usize = 3;

/// What was told already, so that a long report says each *why* and *fix* once.
pub(super) struct Told<'a> {
    said: HashSet<&'a str>,
    /// Whether to repeat nevertheless: a short report stays whole.
    repeats: bool,
}

impl<'a> Told<'a> {
    pub(super) fn new(repeats: bool) -> Self {
        Self { said: HashSet::new(), repeats }
    }

    fn is_new(&mut self, sentence: &'a str) -> bool {
        let is_new = self.said.insert(sentence);
        !sentence.is_empty() && (is_new || self.repeats)
    }
}

/// The findings of a cause, the worst first.
pub(super) fn findings_of<'a>(outcome: &'a Outcome, cause: &Cause) -> Vec<&'a Finding> {
    let mut findings: Vec<&Finding> =
        cause.findings.iter().filter_map(|&index| outcome.findings.get(index)).collect();
    findings.sort_by_key(|finding| (finding.existing, std::cmp::Reverse(finding.severity)));
    findings
}

/// Tells a cause in full.
pub(super) fn block<'a>(out: &mut Page, outcome: &'a Outcome, cause: &Cause, told: &mut Told<'a>) {
    let findings = findings_of(outcome, cause);
    let change = cause.change.and_then(|index| outcome.changes.get(index));
    let hunk = change.zip(cause.hunk).and_then(|(change, hunk)| change.hunks.get(hunk));
    let encoding = change.and_then(|change| change.encoding.as_deref());
    // The cause is named after what is worst about it: an error, else the change that blocks.
    let first = findings.first().copied().filter(|finding| {
        finding.severity == Severity::Error || !cause.disposition.is_some_and(Disposition::blocks)
    });
    match (first, change) {
        (Some(finding), _) => {
            let label = format!("{}[{}]:", finding.severity.name(), finding.rule);
            let width = label.len();
            let label = label.color(severity_color(finding.severity)).bold();
            out.labelled(&label, width, &finding.message);
        }
        (None, Some(change)) => {
            let disposition = cause.disposition.unwrap_or(change.disposition);
            let label = format!("{} change:", disposition.name());
            let sentence = change_sentence(disposition, change, hunk);
            out.labelled(&label.red().bold(), label.len(), &sentence);
        }
        (None, None) => {}
    }
    let place = first.map_or_else(|| hunk.map(hunk_place).unwrap_or_default(), finding_place);
    let placed = out.placed(6, &cause.path.to_string(), &place, 6);
    let _ = writeln!(out, "  {} {placed}", "-->".blue().bold());
    let line = match (first.filter(|finding| finding.evidence.is_some()), hunk) {
        (Some(finding), _) => {
            dump::finding(finding, encoding).map(|line| (line, severity_color(finding.severity)))
        }
        (None, Some(hunk)) => dump::hunk(hunk, encoding).map(|line| (line, Color::Red)),
        (None, None) => None,
    };
    if let Some((line, color)) = line {
        show_bytes(out, &line, color);
    }
    if let (Some(change), Some(_)) = (change, first) {
        let disposition = cause.disposition.unwrap_or(change.disposition);
        let sentence = change_sentence(disposition, change, hunk);
        let there = hunk.filter(|hunk| hunk.granularity == Granularity::Chunk);
        let there = there.map(|hunk| format!("{}: ", hunk_place(hunk))).unwrap_or_default();
        out.note("change:", &format!("{there}{sentence} ({})", disposition.name()));
    }
    // What is said of several targets is told once.
    let is_told = |finding: &&&Finding| {
        first
            .is_some_and(|first| (&first.rule, &first.message) == (&finding.rule, &finding.message))
    };
    for finding in findings.iter().filter(|finding| !is_told(finding)) {
        let label = format!("{}:", finding.severity.name());
        out.note(&label, &format!("{} [{}]", finding.message, finding.rule));
    }
    if let Some(finding) = first {
        if finding.more > 0 {
            out.note("more:", &format!("{} more of the same here", finding.more));
        }
        let targets = findings.iter().filter(is_told).filter_map(|twin| twin.target.as_deref());
        let targets: Vec<&str> = targets.collect();
        if !targets.is_empty() {
            let label = if targets.len() > 1 { "targets:" } else { "target:" };
            out.note(label, &targets.join(", "));
        }
    }
    if let Some(change) = change {
        fields(out, cause, change, first.is_some());
        names(out, change);
    }
    let (why, fix) = match (first, change) {
        (Some(finding), _) => (first_sentence(&finding.why), first_sentence(&finding.remedy)),
        (None, Some(change)) => {
            ("", remedy(cause.disposition.unwrap_or(change.disposition), change))
        }
        (None, None) => ("", ""),
    };
    for (label, sentence) in [("why:", why), ("fix:", fix)] {
        if told.is_new(sentence) {
            out.note(label, sentence);
        }
    }
    folded(out, outcome, cause);
}

/// The bytes with a caret under the hit.
fn show_bytes(out: &mut Page, line: &Line, color: Color) {
    let mut digits = String::new();
    for &(byte, is_hit) in &line.bytes {
        let pair = format!("{byte:02x}");
        let pair = if is_hit { pair.color(color).bold().to_string() } else { pair };
        digits.push_str(&pair);
        digits.push(' ');
    }
    let bar = "|".blue().bold();
    let pad = line.pad();
    let _ = writeln!(out, "   {bar} {:08x}  {digits}{:pad$} {}", line.at, "", line.text);
    let indent = " ".repeat(line.indent);
    let _ = writeln!(out, "   {bar} {indent}{}", line.carets.color(color).bold());
}

/// The facts that differ, and what a person needs besides.
fn fields(out: &mut Page, cause: &Cause, change: &Change, has_finding: bool) {
    if cause.hunk.is_some() {
        return;
    }
    let lines: Vec<String> = change
        .fields
        .iter()
        .filter(|field| field.disposition.blocks())
        .map(field_sentence)
        .collect();
    for line in lines.iter().take(LISTED * 2) {
        out.note("field:", line);
    }
    if lines.len() > LISTED * 2 {
        out.note("field:", &format!("and {} more", lines.len() - LISTED * 2));
    }
    // Of an unfulfilled change the note is the title.
    let is_told = cause.disposition == Some(Disposition::Unfulfilled) && !has_finding;
    if let Some(text) = change.note.as_deref().filter(|_| !is_told) {
        out.note("note:", text);
    }
}

fn names(out: &mut Page, change: &Change) {
    if change.aliases.is_empty() {
        return;
    }
    let shown: Vec<String> = change.aliases.iter().take(LISTED).map(ToString::to_string).collect();
    let more = change.aliases.len().saturating_sub(LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let _ = writeln!(out, "{} {}{more}", "      names:".blue().bold(), shown.join(", "));
}

/// What follows from a cause, in one line a kind.
pub(super) fn folded(out: &mut Page, outcome: &Outcome, cause: &Cause) {
    let changes: Vec<&Change> =
        cause.folded.iter().filter_map(|&index| outcome.changes.get(index)).collect();
    let (unfulfilled, rest): (Vec<&Change>, Vec<&Change>) =
        changes.into_iter().partition(|change| change.disposition == Disposition::Unfulfilled);
    for text in unfulfilled.iter().filter_map(|change| change.note.as_deref()) {
        out.note("intent:", text);
    }
    for verb in
        [Verb::Added, Verb::Removed, Verb::Renamed, Verb::Modified, Verb::Metadata, Verb::Region]
    {
        let of: Vec<&Change> = rest.iter().copied().filter(|change| change.verb == verb).collect();
        let Some(first) = of.first() else { continue };
        match (verb, of.len(), first.note.as_deref()) {
            (Verb::Region, _, Some(text)) => out.note("follows:", text),
            (_, 1, _) => out.note("follows:", &format!("{}: {}", verb.name(), first.path)),
            (_, n, _) => {
                let text = format!("{}: {} and {} more", verb.name(), first.path, n - 1);
                out.note("follows:", &text);
            }
        }
    }
}
