//! The report that is read at 2 a.m.: the verdict first, then one block a cause, each with the
//! place, a line of bytes with a caret, one sentence of why and one of remedy. What follows from a
//! cause is folded under it.

mod block;
mod brief;
mod difference;
mod layout;

use std::fmt::Write as _;

use colored::{Color, Colorize as _};

use self::block::{Told, block};
use self::brief::brief;
use self::layout::Page;
use super::bytes::{count, plural};
use super::verdict;
use crate::model::{Cause, Disposition, Outcome, Severity, Verdict, Waived};

pub use self::difference::diff;
pub use self::layout::{COLUMNS, View};

/// Causes that are told in full; the rest is counted.
const FULL: usize = 12;
/// Blocks that each repeat what to do; a longer report says it once.
const REPEATS: usize = 3;
/// Gaps that are told.
const GAPS: usize = 10;
/// Findings accepted by waivers that are told.
const WAIVED: usize = 10;

/// The report of `check`.
pub fn check(outcome: &Outcome, waived: &[Waived], view: View) -> String {
    let (blocking, rest): (Vec<&Cause>, Vec<&Cause>) =
        outcome.causes.iter().partition(|cause| cause.blocking);
    let all = view.all;
    let mut out = Page::new(view.columns);
    out.text.push_str(&head(outcome));
    let full = if all { usize::MAX } else { FULL };
    let mut told = Told::new(blocking.len() <= REPEATS);
    for cause in blocking.iter().take(full) {
        out.text.push('\n');
        block(&mut out, outcome, cause, &mut told);
    }
    if blocking.len() > full {
        let more = blocking.len() - full;
        let _ = writeln!(
            out,
            "\n… and {more} more that {} (--all shows them)",
            plural(more, "blocks", "block")
        );
    }
    gaps(&mut out, outcome, all);
    brief(&mut out, outcome, &rest, all);
    accepted(&mut out, waived, all);
    totals(&mut out, outcome);
    out.text
}

/// The verdict and its grounds.
fn head(outcome: &Outcome) -> String {
    let name = crate::model::locator::escape_text(outcome.artifact.path.as_bytes());
    let label = match outcome.verdict {
        Verdict::Ship => " SHIP ".on_green().black().bold(),
        Verdict::Blocked => " BLOCKED ".on_red().white().bold(),
        Verdict::Incomplete => " INCOMPLETE ".on_yellow().black().bold(),
    };
    // One line, however long: it is what scripts and people search for.
    format!("{label} {}{}\n", name.bold(), verdict::sentence(outcome))
}

fn severity_color(severity: Severity) -> Color {
    match severity {
        Severity::Error => Color::Red,
        Severity::Warning => Color::Yellow,
        Severity::Note => Color::Cyan,
    }
}

fn gaps(out: &mut Page, outcome: &Outcome, all: bool) {
    if outcome.gaps.is_empty() {
        return;
    }
    out.text.push('\n');
    let shown = if all { usize::MAX } else { GAPS };
    for gap in outcome.gaps.iter().take(shown) {
        let label = format!("not inspected ({})", gap.kind.name());
        let place =
            gap.range.map(|(from, to)| format!(", bytes {from} to {to}")).unwrap_or_default();
        let message = crate::model::locator::escape_text(gap.message.as_bytes());
        let head = format!("{} {}{place}:", label.yellow().bold(), gap.path);
        let width = label.len() + 2 + (gap.path.to_string() + &place).chars().count();
        out.labelled(&colored::ColoredString::from(head), width, &message);
        if let Some(digest) = gap.digest {
            out.note("digest:", &format!("blake3:{digest}"));
        }
    }
    if outcome.gaps.len() > shown {
        let more = count(outcome.gaps.len() - shown, "more gap");
        let _ = writeln!(out, "… and {more} (--all shows them)");
    }
    if outcome.verdict == Verdict::Incomplete {
        let fix = "Make it whole and readable and check again, or accept the bytes with a waiver \
                   of `gap` and their digest.";
        out.note("fix:", fix);
    }
}

/// What waivers and comments accept.
fn accepted(out: &mut Page, waived: &[Waived], all: bool) {
    if waived.is_empty() {
        return;
    }
    out.text.push('\n');
    let shown = if all { usize::MAX } else { WAIVED };
    for waived in waived.iter().take(shown) {
        let line = waived.line.map(|line| format!(":{line}")).unwrap_or_default();
        let reason = crate::model::locator::escape_text(waived.reason.as_bytes());
        let owner = crate::model::locator::escape_text(waived.owner.as_bytes());
        let _ = writeln!(
            out,
            "{} {} in {}{line}: {reason} ({owner})",
            "waived".cyan(),
            waived.rule,
            waived.path
        );
    }
    if waived.len() > shown {
        let _ = writeln!(out, "… and {} more waived (--all shows them)", waived.len() - shown);
    }
}

fn totals(out: &mut Page, outcome: &Outcome) {
    let changes =
        |wanted| outcome.changes.iter().filter(|change| change.disposition == wanted).count();
    let entries =
        plural(usize::try_from(outcome.entries).unwrap_or(usize::MAX), "entry", "entries");
    let mut parts = vec![format!("{} {entries}", outcome.entries), size(outcome.artifact.size)];
    if outcome.approved.is_some() {
        parts.push(count(outcome.changes.len(), "change"));
        for disposition in [Disposition::Intended, Disposition::Derived, Disposition::Normalized] {
            let n = changes(disposition);
            if n > 0 {
                parts.push(format!("{n} {}", disposition.name()));
            }
        }
    }
    let _ = writeln!(out, "\n{}", parts.join(" · ").dimmed());
}

/// Bytes in the largest unit that keeps at least one digit before the point.
fn size(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes} {}", plural(bytes as usize, "byte", "bytes"));
    }
    let (mut whole, mut tenth, mut unit) = (bytes / 1024, bytes % 1024 * 10 / 1024, "KiB");
    for larger in ["MiB", "GiB"] {
        if whole >= 1024 {
            (whole, tenth, unit) = (whole / 1024, whole % 1024 * 10 / 1024, larger);
        }
    }
    format!("{whole}.{tenth} {unit}")
}
