//! Markdown for a comment on a pull request: the verdict, then a folded block a cause.
//!
//! GitHub takes 65,536 characters; what does not fit is counted. Blocks are HTML without a blank line
//! in them, in which no Markdown is read (`CommonMark` 0.31 section 4.6). Whatever comes from the
//! artifact is escaped for HTML and for Markdown both, and names nobody (`@`) and no issue (`#`).

use std::fmt::Write as _;

use super::bytes::{count, plural};
use super::dump;
use super::issue::{Issue, clipped, issues_beside_gaps, shown_name};
use super::sentence::first_sentence;
use super::verdict;
use crate::model::locator::harmless;
use crate::model::{Disposition, Gap, Outcome, Verdict, Waived};

/// Bytes of the whole: no more characters than GitHub takes, and room for a line around it.
const MOST: usize = 65_000;
/// Bytes that are kept for what stands behind the blocks.
const REST: usize = 4_000;
/// Characters of a name, and of a sentence.
const LONGEST: usize = 300;
/// Issues of a cause that are told beside its first; the rest is counted.
const OTHERS: usize = 5;
/// Lines of a folded list.
const LISTED: usize = 50;

/// The report of `check`.
pub fn check(outcome: &Outcome, waived: &[Waived]) -> String {
    let issues = issues_beside_gaps(outcome);
    let causes: Vec<&[Issue<'_>]> = issues.chunk_by(|a, b| a.cause == b.cause).collect();
    let (blocking, others): (Vec<&[Issue<'_>]>, Vec<_>) =
        causes.into_iter().partition(|of| of.first().is_some_and(|issue| issue.blocking));
    let mut out = head(outcome);
    let full = blocks(&mut out, &blocking, "that blocks", "that block", block);
    list(&mut out, "not inspected", &outcome.gaps.iter().map(of_gap).collect::<Vec<_>>());
    let brief = |of: &[Issue<'_>]| of.first().map(line).unwrap_or_default();
    list(&mut out, "not blocking", &others.into_iter().map(brief).collect::<Vec<_>>());
    list(&mut out, "accepted", &waived.iter().map(of_waived).collect::<Vec<_>>());
    if full {
        totals(&mut out, outcome);
    }
    out
}

fn head(outcome: &Outcome) -> String {
    let mark = match outcome.verdict {
        Verdict::Ship => "✅ SHIP",
        Verdict::Blocked => "❌ BLOCKED",
        Verdict::Incomplete => "⚠️ INCOMPLETE",
    };
    let name = shown_name(&outcome.artifact);
    let said = text(&verdict::sentence(outcome));
    format!("### premaster: {mark}\n\n{}{said}\n", code(&name))
}

/// Writes what fits; says how many do not. Whether all fitted.
fn blocks<T>(
    out: &mut String,
    items: &[T],
    one: &str,
    many: &str,
    of: impl Fn(&T) -> String,
) -> bool {
    for (number, item) in items.iter().enumerate() {
        let block = of(item);
        if out.len() + block.len() > MOST - REST {
            let more = items.len() - number;
            let _ = writeln!(out, "\n… and {more} more {}.", plural(more, one, many));
            return false;
        }
        out.push_str(&block);
    }
    true
}

fn block(issues: &&[Issue<'_>]) -> String {
    let Some(first) = issues.first() else { return String::new() };
    let mut out = format!(
        "\n<details><summary>{} {}: {}</summary>\n",
        code(first.rule),
        code(&clipped(&first.path.to_string(), LONGEST)),
        text(&clipped(&first.message, LONGEST)),
    );
    if !first.place.is_empty() {
        let _ = writeln!(out, "<p>{}</p>", text(&first.place));
    }
    let line = match (first.finding, first.hunk, first.change) {
        (Some(finding), ..) => dump::finding(finding, None),
        (_, Some(hunk), Some(change)) => dump::hunk(hunk, change.encoding.as_deref()),
        _ => None,
    };
    if let Some(line) = line {
        let _ = writeln!(out, "<pre>{}</pre>", escaped(&line.plain()));
    }
    let others = issues.get(1..).unwrap_or_default();
    for other in others.iter().take(OTHERS) {
        let said = text(&clipped(&other.message, LONGEST));
        let _ = writeln!(out, "<p>{}: {said}</p>", code(other.rule));
    }
    if let Some(more) = others.len().checked_sub(OTHERS).filter(|more| *more > 0) {
        let _ = writeln!(out, "<p>… and {more} more here</p>");
    }
    for (label, said) in [("Why", &first.why), ("Fix", &first.remedy)] {
        if !said.is_empty() {
            let said = clipped(&first_sentence(said).replace('\n', " "), LONGEST);
            let _ = writeln!(out, "<p><b>{label}:</b> {}</p>", text(&said));
        }
    }
    out.push_str("</details>\n");
    out
}

/// A folded list of lines, as far as it fits.
fn list(out: &mut String, what: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let all = lines.len();
    let mut block = format!("\n<details><summary>{all} {what}</summary>\n<ul>\n");
    for (number, line) in lines.iter().enumerate() {
        let is_full = out.len() + block.len() + line.len() > MOST - 500;
        if number == LISTED || is_full {
            let _ = writeln!(block, "<li>… and {} more</li>", all - number);
            break;
        }
        let _ = writeln!(block, "<li>{line}</li>");
    }
    block.push_str("</ul>\n</details>\n");
    if out.len() + block.len() <= MOST - 200 {
        out.push_str(&block);
    }
}

fn line(issue: &Issue<'_>) -> String {
    let place = if issue.place.is_empty() { String::new() } else { format!(", {}", issue.place) };
    let path = code(&clipped(&issue.path.to_string(), LONGEST));
    let said = text(&clipped(&issue.message, LONGEST));
    format!("{} {path}{}: {said}", code(issue.rule), text(&place))
}

fn of_gap(gap: &Gap) -> String {
    let path = code(&clipped(&gap.path.to_string(), LONGEST));
    format!("{path} ({}): {}", gap.kind.name(), text(&clipped(&gap.message, LONGEST)))
}

fn of_waived(waived: &Waived) -> String {
    let path = code(&clipped(&waived.path.to_string(), LONGEST));
    let reason = text(&clipped(&waived.reason.replace('\n', " "), LONGEST));
    format!("{} {path}: {reason} ({})", code(&waived.rule), text(&clipped(&waived.owner, 100)))
}

fn totals(out: &mut String, outcome: &Outcome) {
    let number = |wanted: Disposition| {
        outcome.changes.iter().filter(|change| change.disposition == wanted).count()
    };
    let entries =
        plural(usize::try_from(outcome.entries).unwrap_or(usize::MAX), "entry", "entries");
    let mut parts = vec![format!("{} {entries}", outcome.entries)];
    if outcome.approved.is_some() {
        parts.push(count(outcome.changes.len(), "change"));
        for disposition in [Disposition::Intended, Disposition::Derived, Disposition::Normalized] {
            let n = number(disposition);
            if n > 0 {
                parts.push(format!("{n} {}", disposition.name()));
            }
        }
    }
    let _ = writeln!(out, "\n{}", parts.join(" · "));
}

/// A name, as code.
fn code(name: &str) -> String {
    format!("<code>{}</code>", escaped(&harmless(name).replace('\n', " ")))
}

/// A sentence. What would name somebody or something of the repository is code.
fn text(sentence: &str) -> String {
    let text = escaped(&harmless(sentence).replace('\n', " "));
    text.replace("&#64;", "<code>&#64;</code>").replace("&#35;", "<code>&#35;</code>")
}

/// Characters that HTML or Markdown would read as more than themselves, as references; also what
/// makes addresses links.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '&' | '<' | '>' | '"' | '\'' | '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#'
            | '|' | '~' | '@' | '$' | '^' | '=' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            ':' if chars.peek().is_some_and(|next| *next != ' ') => out.push_str("&#58;"),
            '.' if out.ends_with(['w', 'W']) => out.push_str("&#46;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_read_as_markup() {
        let hostile = "<img src=x>`*_[a](http://x.y) @all #1 www.x.y ![](z) | a\n# b";
        for told in [code(hostile), text(hostile)] {
            let bare = told.replace("<code>", "").replace("</code>", "");
            for mark in ["<", "`", "*", "_", "[", "://", "@", "www.", "\n", "|", "# "] {
                assert!(!bare.contains(mark), "{mark:?} in {told}");
            }
        }
        assert!(text("a @b").contains("<code>&#64;</code>b"));
        assert_eq!(text("offset 3: it is"), "offset 3: it is");
    }
}
