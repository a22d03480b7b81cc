//! The report that is read at 2 a.m.: the verdict first, then one block a cause, each with the
//! place, a line of bytes with a caret, one sentence of why and one of remedy. What follows from a
//! cause is folded under it.

use std::fmt::Write as _;

use colored::{Color, Colorize as _};

use super::bytes::{column, count, spaced, text};
use crate::model::change::Granularity;
use crate::model::{
    Cause, Change, Disposition, Evidence, Finding, Hunk, Outcome, Severity, Verb, Verdict,
};

/// Bytes in a line.
const WIDTH: usize = 16;
/// Causes that are told in full; the rest is counted.
const FULL: usize = 12;
/// Findings that do not block, told in a line each.
const BRIEF: usize = 5;

/// The report of `check`.
pub fn check(outcome: &Outcome, all: bool) -> String {
    let mut out = head(outcome);
    let (blocking, rest): (Vec<&Cause>, Vec<&Cause>) =
        outcome.causes.iter().partition(|cause| cause.blocking);
    let full = if all { usize::MAX } else { FULL };
    for cause in blocking.iter().take(full) {
        out.push('\n');
        out.push_str(&block(outcome, cause));
    }
    if blocking.len() > full {
        let _ =
            writeln!(out, "\n… and {} more that block (--all shows them)", blocking.len() - full);
    }
    gaps(&mut out, outcome, all);
    brief(&mut out, outcome, &rest, all);
    totals(&mut out, outcome);
    out
}

/// The report of `diff`.
pub fn diff(outcome: &Outcome, all: bool) -> String {
    let mut out = String::new();
    let full = if all { usize::MAX } else { 100 };
    for cause in outcome.causes.iter().take(full) {
        out.push_str(&diff_line(outcome, cause));
    }
    if outcome.causes.len() > full {
        let _ = writeln!(out, "… and {} more (--all shows them)", outcome.causes.len() - full);
    }
    gaps(&mut out, outcome, all);
    let changes = outcome.causes.len();
    let line = match (changes, outcome.gaps.is_empty()) {
        (0, true) => "Equal.".green().to_string(),
        (0, false) => "No difference in what could be read.".yellow().to_string(),
        (n, _) => count(n, "difference"),
    };
    let folded: usize = outcome.causes.iter().map(|cause| cause.folded.len()).sum();
    let _ = match folded {
        0 => writeln!(out, "{line}"),
        n => writeln!(out, "{line}, and {} that follow from them", count(n, "change")),
    };
    out
}

fn head(outcome: &Outcome) -> String {
    let name = crate::model::locator::escape_text(outcome.artifact.path.as_bytes());
    let errors = outcome.blocking().filter(|cause| cause.severity.is_some()).count();
    let of = |wanted| outcome.blocking().filter(|cause| cause.disposition == Some(wanted)).count();
    let mut reasons = Vec::new();
    if errors > 0 {
        reasons.push(count(errors, "error"));
    }
    for disposition in [Disposition::Undeclared, Disposition::Unfulfilled] {
        let n = of(disposition);
        if n > 0 {
            reasons.push(count(n, &format!("{} change", disposition.name())));
        }
    }
    if !outcome.gaps.is_empty() {
        reasons.push(count(outcome.gaps.len(), "gap"));
    }
    match outcome.verdict {
        Verdict::Ship => {
            let against = match (&outcome.approved, &outcome.intent) {
                (Some(_), Some(_)) => ": exactly the declared change, and no errors",
                (Some(_), None) => ": equal to the approved build, and no errors",
                (None, _) => ": no errors (compared with nothing: see --against)",
            };
            format!("{} {}{against}\n", " SHIP ".on_green().black().bold(), name.bold())
        }
        Verdict::Blocked => format!(
            "{} {} must not ship: {}\n",
            " BLOCKED ".on_red().white().bold(),
            name.bold(),
            reasons.join(", ")
        ),
        Verdict::Incomplete => format!(
            "{} {} must not ship yet: {}\n",
            " INCOMPLETE ".on_yellow().black().bold(),
            name.bold(),
            reasons.join(", ")
        ),
    }
}

fn severity_color(severity: Severity) -> Color {
    match severity {
        Severity::Error => Color::Red,
        Severity::Warning => Color::Yellow,
        Severity::Note => Color::Cyan,
    }
}

/// A cause in full.
fn block(outcome: &Outcome, cause: &Cause) -> String {
    let mut out = String::new();
    let findings: Vec<&Finding> =
        cause.findings.iter().filter_map(|&index| outcome.findings.get(index)).collect();
    let change = cause.change.and_then(|index| outcome.changes.get(index));
    let hunk = change.zip(cause.hunk).and_then(|(change, hunk)| change.hunks.get(hunk));
    let title = match (findings.first(), change) {
        (Some(finding), _) => {
            let label = format!("{}[{}]", finding.severity.name(), finding.rule);
            format!("{}: {}", label.color(severity_color(finding.severity)).bold(), finding.message)
        }
        (None, Some(change)) => change_title(cause, change, hunk),
        (None, None) => String::new(),
    };
    let _ = writeln!(out, "{title}");
    let place = findings
        .first()
        .map_or_else(|| hunk.map(hunk_place).unwrap_or_default(), |finding| finding_place(finding));
    let _ = writeln!(out, "  {} {}{place}", "-->".blue().bold(), cause.path);
    match (findings.first().and_then(|f| f.evidence.as_ref().map(|e| (f, e))), hunk) {
        (Some((finding, evidence)), _) => {
            let encoding = change.and_then(|change| change.encoding.as_deref());
            let at = finding.offset.unwrap_or(evidence.start);
            dump(&mut out, evidence, at, finding.length.max(1), encoding, finding.severity);
        }
        (None, Some(hunk)) => {
            let encoding = change.and_then(|change| change.encoding.as_deref());
            hunk_dump(&mut out, hunk, encoding);
        }
        (None, None) => {}
    }
    let note = |out: &mut String, label: &str, text: &str| {
        for (index, line) in wrap(text, 88).iter().enumerate() {
            let label = if index == 0 { format!("{label:>9}") } else { " ".repeat(9) };
            let _ = writeln!(out, "  {} {line}", label.blue().bold());
        }
    };
    if let (Some(change), false) = (change, findings.is_empty()) {
        note(&mut out, "change:", &change_sentence(cause, change, hunk));
    }
    for finding in findings.iter().skip(1) {
        let label = format!("{}:", finding.severity.name());
        note(&mut out, &label, &format!("{} [{}]", finding.message, finding.rule));
    }
    if let Some(finding) = findings.first() {
        if finding.more > 0 {
            note(&mut out, "more:", &format!("{} more of the same", finding.more));
        }
        if let Some(target) = &finding.target {
            note(&mut out, "target:", target);
        }
        if !finding.why.is_empty() {
            note(&mut out, "why:", first_sentence(&finding.why));
        }
        note(&mut out, "fix:", first_sentence(&finding.remedy));
    }
    if let Some(change) = change {
        let lines: Vec<String> = change
            .fields
            .iter()
            .filter(|field| cause.hunk.is_none() && field.disposition.blocks())
            .map(|field| {
                let side = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".into());
                format!("{}: {} is now {}", field.field, side(&field.old), side(&field.new))
            })
            .collect();
        for line in lines {
            note(&mut out, "field:", &line);
        }
        if let Some(text) = change.note.as_deref().filter(|_| cause.hunk.is_none()) {
            note(&mut out, "note:", text);
        }
        if findings.is_empty() {
            note(&mut out, "fix:", &remedy(cause, change));
        }
        names(&mut out, change);
    }
    folded(&mut out, outcome, cause);
    out
}

fn change_title(cause: &Cause, change: &Change, hunk: Option<&Hunk>) -> String {
    let disposition = cause.disposition.unwrap_or(change.disposition);
    let label = format!("{} change", disposition.name());
    format!("{}: {}", label.red().bold(), change_sentence(cause, change, hunk))
}

fn change_sentence(cause: &Cause, change: &Change, hunk: Option<&Hunk>) -> String {
    let disposition = cause.disposition.unwrap_or(change.disposition);
    let suffix = match disposition {
        Disposition::Undeclared => ", declared by nobody",
        _ => "",
    };
    if disposition == Disposition::Unfulfilled {
        return change.note.clone().unwrap_or_else(|| "it was declared and is not there".into());
    }
    if let Some(hunk) = hunk {
        return format!("{}{suffix}", hunk_sentence(hunk, change.encoding.as_deref()));
    }
    let what = match change.verb {
        Verb::Added => "an entry that the approved build has not".to_owned(),
        Verb::Removed => "an entry of the approved build is gone".to_owned(),
        Verb::Renamed => match &change.from {
            Some(from) => format!("an entry was renamed from {from}"),
            None => "an entry was renamed".to_owned(),
        },
        Verb::Modified if change.fields.is_empty() => "its bytes differ".to_owned(),
        Verb::Modified | Verb::Metadata => {
            let names: Vec<&str> = change
                .fields
                .iter()
                .filter(|field| field.disposition.blocks())
                .map(|field| field.field.as_str())
                .collect();
            if names.is_empty() {
                "facts of it differ".to_owned()
            } else {
                format!("its {} differs", names.join(", "))
            }
        }
        Verb::Region => "bytes outside all files differ".to_owned(),
    };
    format!("{what}{suffix}")
}

fn hunk_sentence(hunk: &Hunk, encoding: Option<&str>) -> String {
    if hunk.granularity == Granularity::Chunk {
        return format!(
            "somewhere in {} bytes from offset {} on bytes differ (the approved manifest holds digests only)",
            hunk.new_length.max(hunk.old_length),
            hunk.new_offset
        );
    }
    let side = |bytes: &Option<Vec<u8>>, length: u64| {
        let bytes = bytes.as_deref().unwrap_or_default();
        let shown = bytes.get(..bytes.len().min(8)).unwrap_or_default();
        let dots = if length > shown.len() as u64 { "…" } else { "" };
        let quoted = text(shown, encoding).filter(|text| !text.contains('\\'));
        match quoted {
            Some(text) if length <= 8 => format!("{} \"{text}\"", spaced(shown)),
            _ => format!("{}{dots}", spaced(shown)),
        }
    };
    let bytes = |n: u64| count(usize::try_from(n).unwrap_or(usize::MAX), "byte");
    match (hunk.old_length, hunk.new_length) {
        (0, n) => format!("{} inserted: {}", bytes(n), side(&hunk.new_bytes, n)),
        (n, 0) => format!("{} taken out: {}", bytes(n), side(&hunk.old_bytes, n)),
        (o, n) => format!(
            "{} became {}: {} is now {}",
            bytes(o),
            bytes(n),
            side(&hunk.old_bytes, o),
            side(&hunk.new_bytes, n)
        ),
    }
}

fn position(line: Option<u64>, column: Option<u64>) -> String {
    match (line, column) {
        (Some(line), Some(column)) => format!(", line {line}, column {column}"),
        _ => String::new(),
    }
}

fn finding_place(finding: &Finding) -> String {
    let Some(offset) = finding.offset else { return String::new() };
    let image = finding
        .image_offset
        .filter(|at| *at != offset)
        .map(|at| format!(" (image offset 0x{at:x})"))
        .unwrap_or_default();
    format!(", offset {offset}{}{image}", position(finding.line, finding.column))
}

fn hunk_place(hunk: &Hunk) -> String {
    format!(", offset {}{}", hunk.new_offset, position(hunk.line, hunk.column))
}

/// A line of bytes with a caret under the hit.
fn dump(
    out: &mut String,
    evidence: &Evidence,
    at: u64,
    length: u64,
    encoding: Option<&str>,
    severity: Severity,
) {
    let hit = usize::try_from(at.saturating_sub(evidence.start)).unwrap_or_default();
    line_of_bytes(
        out,
        &evidence.bytes,
        evidence.start,
        hit,
        length,
        encoding,
        severity_color(severity),
    );
}

fn hunk_dump(out: &mut String, hunk: &Hunk, encoding: Option<&str>) {
    let Some(new) = &hunk.new_bytes else { return };
    let mut bytes = hunk.before.clone();
    bytes.extend_from_slice(new);
    bytes.extend_from_slice(&hunk.after);
    let start = hunk.new_offset - hunk.before.len() as u64;
    if bytes.is_empty() {
        return;
    }
    line_of_bytes(out, &bytes, start, hunk.before.len(), hunk.new_length, encoding, Color::Red);
}

fn line_of_bytes(
    out: &mut String,
    bytes: &[u8],
    start: u64,
    hit: usize,
    length: u64,
    encoding: Option<&str>,
    color: Color,
) {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    // The hit stands in the line with as much before it as fits, and something behind it.
    let behind = length.clamp(1, WIDTH - 4);
    let from = (hit + behind + 2).min(bytes.len()).saturating_sub(WIDTH).min(hit);
    let shown: Vec<u8> = bytes.iter().skip(from).take(WIDTH).copied().collect();
    let at = start + from as u64;
    let pad = WIDTH.saturating_sub(shown.len()) * 3;
    let mut digits = String::new();
    for (index, byte) in shown.iter().enumerate() {
        let is_hit = index + from >= hit && index + from < hit.saturating_add(length);
        let pair = format!("{byte:02x}");
        let pair = if is_hit { pair.color(color).bold().to_string() } else { pair };
        digits.push_str(&pair);
        digits.push(' ');
    }
    let text = column(&shown, encoding);
    let bar = "|".blue().bold();
    let _ = writeln!(out, "   {bar} {at:08x}  {digits}{:pad$} {text}", "");
    let marks = length.min(WIDTH - hit.saturating_sub(from).min(WIDTH)).max(1);
    let carets = "^".repeat(marks * 3 - 1);
    let indent = " ".repeat(10 + (hit - from) * 3);
    let _ = writeln!(out, "   {bar} {indent}{}", carets.color(color).bold());
}

fn remedy(cause: &Cause, change: &Change) -> String {
    match cause.disposition.unwrap_or(change.disposition) {
        Disposition::Unfulfilled => {
            "make the declared change, or correct the intent; what was declared must be there".into()
        }
        _ if change.verb == Verb::Region => {
            "find what wrote there and build again from the approved inputs; structure cannot be declared".into()
        }
        _ => "take it out, or declare it in the intent if it is meant (`premaster intend` drafts one)".into(),
    }
}

fn names(out: &mut String, change: &Change) {
    if change.aliases.is_empty() {
        return;
    }
    let shown: Vec<String> = change.aliases.iter().take(3).map(ToString::to_string).collect();
    let more = change.aliases.len().saturating_sub(3);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let _ = writeln!(out, "  {} {}{more}", "   names:".blue().bold(), shown.join(", "));
}

/// What follows from a cause, in one line a kind.
fn folded(out: &mut String, outcome: &Outcome, cause: &Cause) {
    let changes: Vec<&Change> =
        cause.folded.iter().filter_map(|&index| outcome.changes.get(index)).collect();
    if changes.is_empty() {
        return;
    }
    let mut lines: Vec<String> = Vec::new();
    let unfulfilled = changes.iter().filter(|c| c.disposition == Disposition::Unfulfilled);
    lines.extend(unfulfilled.filter_map(|change| change.note.clone()));
    let rest: Vec<&&Change> =
        changes.iter().filter(|c| c.disposition != Disposition::Unfulfilled).collect();
    for verb in
        [Verb::Added, Verb::Removed, Verb::Renamed, Verb::Modified, Verb::Metadata, Verb::Region]
    {
        let of: Vec<&&&Change> = rest.iter().filter(|change| change.verb == verb).collect();
        let Some(first) = of.first() else { continue };
        lines.push(match (verb, of.len()) {
            (Verb::Region, _) => first.note.clone().unwrap_or_default(),
            (verb, 1) => format!("{}: {}", verb.name(), first.path),
            (verb, n) => format!("{}: {} and {}", verb.name(), first.path, count(n - 1, "other")),
        });
    }
    for line in lines {
        let _ = writeln!(out, "  {} {line}", " follows:".blue().bold());
    }
}

fn gaps(out: &mut String, outcome: &Outcome, all: bool) {
    if outcome.gaps.is_empty() {
        return;
    }
    out.push('\n');
    let shown = if all { usize::MAX } else { 10 };
    for gap in outcome.gaps.iter().take(shown) {
        let label = format!("not inspected ({})", gap.kind.name());
        let place =
            gap.range.map(|(from, to)| format!(", bytes {from} to {to}")).unwrap_or_default();
        let message = crate::model::locator::escape_text(gap.message.as_bytes());
        let _ = writeln!(out, "{} {}{place}: {message}", label.yellow().bold(), gap.path);
    }
    if outcome.gaps.len() > shown {
        let _ = writeln!(out, "… and {} more gaps (--all shows them)", outcome.gaps.len() - shown);
    }
}

/// What does not block, a line each.
fn brief(out: &mut String, outcome: &Outcome, rest: &[&Cause], all: bool) {
    let shown = if all { usize::MAX } else { BRIEF };
    let intended: Vec<&&Cause> =
        rest.iter().filter(|cause| cause.disposition == Some(Disposition::Intended)).collect();
    if !rest.is_empty() {
        out.push('\n');
    }
    for cause in intended.iter().take(shown.max(BRIEF)) {
        let Some(change) = cause.change.and_then(|index| outcome.changes.get(index)) else {
            continue;
        };
        let hunk = cause.hunk.and_then(|hunk| change.hunks.get(hunk));
        let what = match hunk {
            Some(hunk) => {
                let sentence = hunk_sentence(hunk, change.encoding.as_deref());
                format!("{sentence}{}", hunk_place(hunk))
            }
            None => change.verb.name().to_owned(),
        };
        let broad = change.note.as_deref().map(|note| format!(" ({note})")).unwrap_or_default();
        let _ = writeln!(out, "{} {}: {what}{broad}", "intended".green().bold(), cause.path);
        folded(out, outcome, cause);
    }
    if intended.len() > shown.max(BRIEF) {
        let _ = writeln!(out, "… and {} more intended changes", intended.len() - shown.max(BRIEF));
    }
    let told: Vec<(&&Cause, &Finding)> = rest
        .iter()
        .flat_map(|cause| {
            cause.findings.iter().filter_map(|&i| outcome.findings.get(i)).map(move |f| (cause, f))
        })
        .filter(|(_, finding)| !finding.existing && finding.rule != "bytes/unread-content")
        .collect();
    for (cause, finding) in told.iter().take(shown) {
        let label = format!("{}[{}]", finding.severity.name(), finding.rule);
        let label = label.color(severity_color(finding.severity));
        let more =
            if finding.more > 0 { format!(" (and {} more)", finding.more) } else { String::new() };
        let _ = writeln!(
            out,
            "{label} {}{}: {}{more}",
            cause.path,
            finding_place(finding),
            finding.message
        );
    }
    if told.len() > shown {
        let more = told.len() - shown;
        let _ = writeln!(out, "… and {more} more that do not block (--all shows them)");
    }
    let other = rest.iter().filter(|cause| {
        matches!(cause.disposition, Some(Disposition::Undeclared | Disposition::Unfulfilled))
    });
    let other = other.count();
    if other > 0 {
        let _ = writeln!(out, "{} reported, not blocking", count(other, "undeclared change"));
    }
    let existing = outcome.findings.iter().filter(|finding| finding.existing).count();
    if existing > 0 {
        let _ = writeln!(
            out,
            "{} in unchanged content of the approved build",
            count(existing, "finding")
        );
    }
}

fn totals(out: &mut String, outcome: &Outcome) {
    let changes =
        |wanted| outcome.changes.iter().filter(|change| change.disposition == wanted).count();
    let mut parts = vec![
        match outcome.entries {
            1 => "1 entry".to_owned(),
            n => format!("{n} entries"),
        },
        size(outcome.bytes),
    ];
    if outcome.approved.is_some() {
        let derived = changes(Disposition::Derived);
        let normalized = changes(Disposition::Normalized);
        parts.push(count(outcome.changes.len(), "change"));
        if derived > 0 {
            parts.push(format!("{derived} derived"));
        }
        if normalized > 0 {
            parts.push(format!("{normalized} normalized"));
        }
    }
    let _ = writeln!(out, "\n{}", parts.join(" · ").dimmed());
}

/// Bytes in the largest unit that keeps at least one digit before the point.
fn size(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..0x400 => return format!("{bytes} bytes"),
        0x400..0x10_0000 => (0x400, "KiB"),
        0x10_0000..0x4000_0000 => (0x10_0000, "MiB"),
        _ => (0x4000_0000, "GiB"),
    };
    let tenths = (u128::from(bytes) * 10 + unit / 2) / unit;
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

fn diff_line(outcome: &Outcome, cause: &Cause) -> String {
    let mut out = String::new();
    let Some(change) = cause.change.and_then(|index| outcome.changes.get(index)) else {
        return out;
    };
    let mark = match change.verb {
        Verb::Added => "added".green(),
        Verb::Removed => "removed".red(),
        Verb::Renamed => "renamed".cyan(),
        Verb::Modified => "modified".yellow(),
        Verb::Metadata => "metadata".yellow(),
        Verb::Region => "region".magenta(),
    };
    let hunk = cause.hunk.and_then(|hunk| change.hunks.get(hunk));
    let mut facts: Vec<String> = Vec::new();
    if let Some(hunk) = hunk {
        facts.push(format!(
            "{}: {}",
            hunk_place(hunk).trim_start_matches(", "),
            hunk_sentence(hunk, change.encoding.as_deref())
        ));
    } else {
        facts.extend(change.from.iter().map(|from| format!("from {from}")));
        facts.extend(change.note.clone());
    }
    if hunk.is_none_or(|_| cause.hunk == Some(0)) {
        facts.extend(change.fields.iter().take(6).map(|field| {
            let side = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".into());
            format!("{}: {} → {}", field.field, side(&field.old), side(&field.new))
        }));
    }
    let _ = writeln!(
        out,
        "{mark:>8} {}{}",
        cause.path,
        if facts.is_empty() { String::new() } else { format!("  {}", facts.join("; ")) }
    );
    out
}

fn first_sentence(text: &str) -> &str {
    let text = text.trim();
    let end = text.find(". ").or_else(|| text.find(".\n")).map_or(text.len(), |at| at + 1);
    text.get(..end).unwrap_or(text)
}

/// Words in lines of at most `width` characters.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}
