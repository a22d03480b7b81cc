//! GitLab code quality: a list of issues, as GitLab documents the fields that it reads.
//!
//! GitLab compares the list with that of the target branch by fingerprint, so what the approved build
//! had as well is in it, too. What was not inspected is an issue: there is no other place for it.

use serde_json::{Value, json};

use super::bytes::count;
use super::issue::{CAP, Issue, clipped, host_file, issues_beside_gaps};
use crate::model::locator::harmless;
use crate::model::{Gap, Locator, Outcome, Severity, fingerprint};

/// Characters of a description.
const LONGEST: usize = 2000;
/// The name of the issue that counts the others.
const UNLISTED: &str = "premaster/not-listed";

/// The report of `check`.
pub fn check(outcome: &Outcome) -> String {
    let issues = issues_beside_gaps(outcome);
    let mut all: Vec<Value> =
        outcome.gaps.iter().take(CAP).map(|gap| of_gap(outcome, gap)).collect();
    all.extend(issues.iter().take(CAP).map(|issue| of_issue(outcome, issue)));
    let rest = issues.get(CAP..).unwrap_or_default();
    let gaps = outcome.gaps.len().saturating_sub(CAP);
    if gaps + rest.len() > 0 {
        // Not the number: it is the same issue when there are others.
        all.push(json!({
            "description":
                format!("{} not listed: a list ends at {CAP}", count(gaps + rest.len(), "more item")),
            "check_name": UNLISTED,
            "fingerprint": fingerprint(&[UNLISTED.as_bytes()]),
            "severity": match (gaps, rest.first()) {
                (0, Some(first)) => severity(first),
                _ => "critical",
            },
            "location": { "path": host_file(outcome, &Locator::root()).shown, "lines": { "begin": 1 } },
        }));
    }
    let mut out = serde_json::to_string_pretty(&all).unwrap_or_default();
    out.push('\n');
    out
}

fn severity(issue: &Issue<'_>) -> &'static str {
    match (issue.blocking, issue.severity) {
        (true, _) => "blocker",
        (false, Severity::Error) => "major",
        (false, Severity::Warning) => "minor",
        (false, Severity::Note) => "info",
    }
}

fn of_issue(outcome: &Outcome, issue: &Issue<'_>) -> Value {
    let file = host_file(outcome, issue.path);
    let line = issue.position.filter(|_| file.is_whole).map_or(1, |(line, _)| line);
    let mut text = String::new();
    if !file.is_whole {
        text = clipped(&harmless(&issue.path.to_string()), LONGEST) + ", ";
    }
    if !issue.place.is_empty() {
        text.push_str(&issue.place);
    }
    let text = text.trim_end_matches(", ");
    let gap = if text.is_empty() { "" } else { ": " };
    json!({
        "description": format!("{text}{gap}{}", clipped(&issue.message, LONGEST)),
        "check_name": issue.rule,
        "fingerprint": issue.fingerprint,
        "severity": severity(issue),
        "location": { "path": file.shown, "lines": { "begin": line } },
    })
}

fn of_gap(outcome: &Outcome, gap: &Gap) -> Value {
    let file = host_file(outcome, &gap.path);
    let rule = format!("gap/{}", gap.kind.name());
    let range = gap.range.map(|(from, to)| format!("{from}-{to}")).unwrap_or_default();
    let message = clipped(&harmless(&gap.message), LONGEST);
    let path = clipped(&harmless(&gap.path.to_string()), LONGEST);
    let fields = [rule.as_bytes(), gap.path.as_str().as_bytes(), range.as_bytes()];
    json!({
        "description": format!("{path} was not inspected: {message}"),
        "check_name": rule,
        "fingerprint": fingerprint(&fields),
        "severity": "critical",
        "location": { "path": file.shown, "lines": { "begin": 1 } },
    })
}
