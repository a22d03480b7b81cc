//! What does not block: a line a kind.

use std::fmt::Write as _;

use colored::Colorize as _;

use super::block::folded;
use super::layout::Page;
use super::severity_color;
use crate::model::{Cause, Disposition, Finding, Outcome, Severity, Verb, Verdict};
use crate::report::bytes::count;
use crate::report::sentence::{change_sentence, field_sentence, hunk_sentence, sentence_place};

/// Kinds of findings and changes that are told.
const SHOWN: usize = 5;
/// The same beneath a list of what blocks.
const BENEATH: usize = 3;

/// The causes that do not block.
pub(super) fn brief(out: &mut Page, outcome: &Outcome, rest: &[&Cause], all: bool) {
    let shown = match outcome.verdict {
        _ if all => usize::MAX,
        Verdict::Blocked => BENEATH,
        _ => SHOWN,
    };
    let mut text = out.like();
    intended(&mut text, outcome, rest, if all { usize::MAX } else { SHOWN });
    undeclared(&mut text, outcome, rest, shown);
    findings(&mut text, outcome, rest, shown, all);
    let existing = outcome.findings.iter().filter(|finding| finding.existing).count();
    if existing > 0 {
        let what = count(existing, "finding");
        let _ = writeln!(text, "{what} in content that was approved as it is (--all-findings)");
    }
    if !text.text.is_empty() {
        out.text.push('\n');
        out.text.push_str(&text.text);
    }
}

fn intended(out: &mut Page, outcome: &Outcome, rest: &[&Cause], shown: usize) {
    let intended: Vec<_> = rest
        .iter()
        .filter(|cause| cause.disposition == Some(Disposition::Intended))
        .filter_map(|cause| cause.change.and_then(|i| outcome.changes.get(i)).map(|c| (cause, c)))
        .collect();
    for (cause, change) in intended.iter().take(shown) {
        let hunk = cause.hunk.and_then(|hunk| change.hunks.get(hunk));
        let what = match hunk {
            Some(hunk) => {
                let sentence = hunk_sentence(hunk, change.encoding.as_deref());
                format!("{}: {sentence}", sentence_place(hunk))
            }
            None => change.verb.name().to_owned(),
        };
        let broad = change.note.as_deref().map(|note| format!(" ({note})")).unwrap_or_default();
        line(out, &"intended".green().bold(), "intended", cause, &format!("{what}{broad}"));
        folded(out, outcome, cause);
    }
    if intended.len() > shown {
        let _ = writeln!(out, "… and {}", count(intended.len() - shown, "more intended change"));
    }
}

/// Changes that `--undeclared report` lets pass.
fn undeclared(out: &mut Page, outcome: &Outcome, rest: &[&Cause], shown: usize) {
    let told: Vec<_> = rest
        .iter()
        .filter(|cause| cause.disposition.is_some_and(Disposition::blocks))
        .filter_map(|cause| cause.change.and_then(|i| outcome.changes.get(i)).map(|c| (cause, c)))
        .collect();
    for (cause, change) in told.iter().take(shown) {
        let hunk = cause.hunk.and_then(|hunk| change.hunks.get(hunk));
        let place = hunk.map(|hunk| sentence_place(hunk) + ": ").unwrap_or_default();
        let name = cause.disposition.map_or("", Disposition::name);
        let fields: Vec<_> = change.fields.iter().map(field_sentence).collect();
        let sentence = match hunk {
            None if !fields.is_empty() && change.verb != Verb::Renamed => fields.join("; "),
            _ => change_sentence(cause.disposition.unwrap_or(change.disposition), change, hunk),
        };
        line(out, &name.yellow().bold(), name, cause, &format!("{place}{sentence}"));
    }
    if told.len() > shown {
        let more = count(told.len() - shown, "more change");
        let _ = writeln!(out, "… and {more} that nobody declared (--all shows them)");
    }
}

/// Findings that do not block. Those of one rule are one line: a tree of legacy texts says the same
/// of many files.
fn findings(out: &mut Page, outcome: &Outcome, rest: &[&Cause], shown: usize, all: bool) {
    let mut kinds: Vec<(&Finding, &Cause, usize)> = Vec::new();
    for cause in rest {
        let of_cause = cause.findings.iter().filter_map(|&index| outcome.findings.get(index));
        for finding in of_cause {
            // The gaps themselves stand above.
            if finding.existing || finding.rule == "bytes/unread-content" {
                continue;
            }
            match kinds.iter_mut().find(|(known, ..)| known.rule == finding.rule && !all) {
                Some((.., more)) => *more += 1,
                None => kinds.push((finding, cause, 0)),
            }
        }
    }
    // Beneath what blocks, notes are counted.
    let notes = |kind: &(&Finding, &Cause, usize)| {
        outcome.verdict == Verdict::Blocked && !all && kind.0.severity == Severity::Note
    };
    let (notes, kinds): (Vec<_>, Vec<_>) = kinds.into_iter().partition(notes);
    for (finding, cause, more) in kinds.iter().take(shown) {
        let plain = format!("{}[{}]", finding.severity.name(), finding.rule);
        let label = plain.color(severity_color(finding.severity));
        let here = match finding.more {
            0 => String::new(),
            n => format!(" (and {n} more here)"),
        };
        let elsewhere = match more {
            0 => String::new(),
            n => format!(" (and {n} more)"),
        };
        // Where there is an offset, the message tells it.
        let line_alone = finding.line.filter(|_| finding.offset.is_none());
        let place = line_alone.map(|line| format!("line {line}: ")).unwrap_or_default();
        line(out, &label, &plain, cause, &format!("{place}{}{here}{elsewhere}", finding.message));
    }
    if kinds.len() > shown {
        let more: usize = kinds.iter().skip(shown).map(|(.., more)| more + 1).sum();
        let _ = writeln!(out, "… and {} (--all shows them)", count(more, "more finding"));
    }
    let total: usize = notes.iter().map(|(.., more)| more + 1).sum();
    if let [(first, ..), rest @ ..] = notes.as_slice() {
        let also = match rest {
            [] => String::new(),
            rest => format!(" and {}", count(rest.len(), "more rule")),
        };
        let _ =
            writeln!(out, "{} of {}{also} (--all shows them)", count(total, "note"), first.rule);
    }
}

/// `label path: sentence`, the path unbroken.
fn line(
    out: &mut Page,
    label: &colored::ColoredString,
    plain: &str,
    cause: &Cause,
    sentence: &str,
) {
    let head = format!("{label} {}:", cause.path);
    let width = plain.len() + 2 + cause.path.to_string().chars().count();
    out.labelled(&colored::ColoredString::from(head), width, sentence);
}
