//! The report of `diff` and `fix`: one line a difference, and the rules that asked for it.

use std::fmt::Write as _;

use colored::Colorize as _;

use super::block::findings_of;
use super::gaps;
use super::layout::{Page, View};
use crate::model::{Cause, Outcome, Verb};
use crate::report::bytes::count;
use crate::report::sentence::{field_sentence, hunk_sentence, sentence_place};

/// Differences that are told.
const FULL: usize = 100;
/// Fields of one difference.
const FIELDS: usize = 6;

/// The report of `diff`, and of what `fix` did.
pub fn diff(outcome: &Outcome, view: View) -> String {
    let all = view.all;
    let mut out = Page::new(view.columns);
    let full = if all { usize::MAX } else { FULL };
    // The fields of what has other bytes, too, are told with the first of these.
    let is_told = |cause: &&Cause| {
        let change = cause.change.and_then(|index| outcome.changes.get(index));
        cause.hunk.is_some() || change.is_none_or(|change| change.hunks.is_empty())
    };
    let causes: Vec<&Cause> = outcome.causes.iter().filter(is_told).collect();
    for cause in causes.iter().take(full) {
        out.text.push_str(&line(outcome, cause));
    }
    if causes.len() > full {
        let _ = writeln!(out, "… and {} more (--all shows them)", causes.len() - full);
    }
    gaps(&mut out, outcome, all);
    let changes = causes.len();
    let total = match (changes, outcome.gaps.is_empty()) {
        (0, true) => "Equal.".green().to_string(),
        (0, false) => "No difference in what could be read.".yellow().to_string(),
        (n, _) => count(n, "difference"),
    };
    let folded: usize = outcome.causes.iter().map(|cause| cause.folded.len()).sum();
    let _ = match folded {
        0 => writeln!(out, "{total}"),
        1 => writeln!(out, "{total}, and 1 change that follows"),
        n => writeln!(out, "{total}, and {n} changes that follow"),
    };
    out.text
}

fn line(outcome: &Outcome, cause: &Cause) -> String {
    let Some(change) = cause.change.and_then(|index| outcome.changes.get(index)) else {
        return String::new();
    };
    let name = format!("{:8}", change.verb.name());
    let mark = match change.verb {
        Verb::Added => name.green(),
        Verb::Removed => name.red(),
        Verb::Renamed => name.cyan(),
        Verb::Modified | Verb::Metadata => name.yellow(),
        Verb::Region => name.magenta(),
    };
    let hunk = cause.hunk.and_then(|hunk| change.hunks.get(hunk));
    let mut facts: Vec<String> = Vec::new();
    if let Some(hunk) = hunk {
        let sentence = hunk_sentence(hunk, change.encoding.as_deref());
        facts.push(format!("{}: {sentence}", sentence_place(hunk)));
    } else {
        facts.extend(change.from.iter().map(|from| format!("from {from}")));
        facts.extend(change.note.clone());
    }
    if hunk.is_none() || cause.hunk == Some(0) {
        facts.extend(change.fields.iter().take(FIELDS).map(field_sentence));
        if change.fields.len() > FIELDS {
            facts.push(count(change.fields.len() - FIELDS, "more field"));
        }
    }
    let gap = if facts.is_empty() { "" } else { "  " };
    let mut rules: Vec<&str> =
        findings_of(outcome, cause).into_iter().map(|finding| finding.rule.as_str()).collect();
    rules.sort_unstable();
    rules.dedup();
    let rules = match rules.as_slice() {
        [] => String::new(),
        rules => format!("  {}", format!("[{}]", rules.join(", ")).dimmed()),
    };
    format!("{mark} {}{gap}{}{rules}\n", cause.path, facts.join("; "))
}
