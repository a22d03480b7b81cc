//! Annotations of GitHub Actions: workflow commands, one a line.
//!
//! GitHub shows ten errors, ten warnings and ten notices of a step and drops the rest in silence, so
//! the tenth says how many there are. A cause is one annotation, at the file of the repository that
//! holds it; lines only where the finding is in that file itself and in nothing packed in it.

use std::fmt::Write as _;

use super::issue::{Issue, clipped, host_file, issues_beside_gaps, shown_name};
use super::verdict;
use crate::model::locator::{escape_text, harmless};
use crate::model::{Gap, Outcome, Severity};

/// Annotations of one kind that a step shows.
const SHOWN: usize = 10;
/// Issues of a cause that are told beside its first; the rest is counted.
const OTHERS: usize = 3;
/// Characters of a text: the whole must stay readable.
const LONGEST: usize = 1000;

/// The report of `check`.
pub fn check(outcome: &Outcome) -> String {
    let issues = issues_beside_gaps(outcome);
    let mut kinds: [(&str, Vec<String>); 3] =
        [("error", Vec::new()), ("warning", Vec::new()), ("notice", Vec::new())];
    let mut add = |kind: usize, line: String| {
        if let Some((_, lines)) = kinds.get_mut(kind) {
            lines.push(line);
        }
    };
    for of_cause in issues.chunk_by(|a, b| a.cause == b.cause) {
        let Some(first) = of_cause.first() else { continue };
        let kind = match (first.blocking, first.severity) {
            (true, _) => 0,
            (false, Severity::Error | Severity::Warning) => 1,
            (false, Severity::Note) => 2,
        };
        add(kind, annotation(outcome, first, of_cause.get(1..).unwrap_or_default()));
    }
    for gap in &outcome.gaps {
        add(0, of_gap(outcome, gap));
    }
    let mut out = String::new();
    for (kind, lines) in kinds {
        let shown = if lines.len() > SHOWN { SHOWN - 1 } else { SHOWN };
        for line in lines.iter().take(shown) {
            let _ = writeln!(out, "::{kind} {line}");
        }
        if let Some(more) = lines.len().checked_sub(shown).filter(|more| *more > 0) {
            let text = format!("{more} more: GitHub shows {SHOWN} annotations of a kind");
            let _ = writeln!(out, "::{kind} title=premaster::{}", data(&text));
        }
    }
    let name = shown_name(&outcome.artifact);
    let _ = writeln!(out, "premaster: {name}{}", harmless(&verdict::sentence(outcome)));
    out
}

fn annotation(outcome: &Outcome, issue: &Issue<'_>, others: &[Issue<'_>]) -> String {
    let file = host_file(outcome, issue.path);
    let mut line = format!("file={}", property(&file.shown));
    if let Some((row, column)) = issue.position.filter(|_| file.is_whole) {
        let _ = write!(line, ",line={row},col={column}");
    }
    let _ = write!(line, ",title={}", property(&format!("premaster {}", issue.rule)));
    let mut text = String::new();
    if !file.is_whole {
        text.push_str(&harmless(&clipped(&issue.path.to_string(), LONGEST)));
        text.push_str(", ");
    }
    if !issue.place.is_empty() && issue.position.is_none() || !file.is_whole {
        text.push_str(&issue.place);
    }
    let text = text.trim_end_matches(", ");
    let gap = if text.is_empty() { "" } else { ": " };
    let mut text = format!("{text}{gap}{}", clipped(&issue.message, LONGEST));
    for other in others.iter().take(OTHERS) {
        let _ = write!(text, "\n{}: {}", other.rule, clipped(&other.message, LONGEST));
    }
    if let Some(more) = others.len().checked_sub(OTHERS).filter(|more| *more > 0) {
        let _ = write!(text, "\n… and {more} more here");
    }
    if !issue.remedy.is_empty() {
        let _ = write!(text, "\n{}", issue.remedy);
    }
    format!("{line}::{}", data(&text))
}

fn of_gap(outcome: &Outcome, gap: &Gap) -> String {
    let file = host_file(outcome, &gap.path);
    let path = clipped(&gap.path.to_string(), LONGEST);
    let message = clipped(&escape_text(gap.message.as_bytes()), LONGEST);
    let text = format!("{path}: {message}");
    let title = format!("premaster not inspected ({})", gap.kind.name());
    format!("file={},title={}::{}", property(&file.shown), property(&title), data(&text))
}

/// What stands behind the last `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(&clipped(text, LONGEST)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_escaped() {
        assert_eq!(data("50%\r\n::error::x"), "50%25%0D%0A::error::x");
        assert_eq!(property("a:b,c\n"), "a%3Ab%2Cc%0A");
    }
}
