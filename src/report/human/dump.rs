//! A line of bytes with a caret under the hit.

use std::fmt::Write as _;

use colored::{Color, Colorize as _};

use crate::model::{Evidence, Finding, Hunk};
use crate::report::bytes::column;

use super::severity_color;

/// Bytes in a line.
const WIDTH: usize = 16;

/// The bytes around a finding.
pub(super) fn dump(
    out: &mut String,
    evidence: &Evidence,
    finding: &Finding,
    encoding: Option<&str>,
) {
    let at = finding.offset.unwrap_or(evidence.start);
    let hit = usize::try_from(at.saturating_sub(evidence.start)).unwrap_or_default();
    let color = severity_color(finding.severity);
    let length = finding.length.max(1);
    line_of_bytes(out, &evidence.bytes, evidence.start, hit, length, encoding, color);
}

/// The bytes around a changed run.
pub(super) fn hunk_dump(out: &mut String, hunk: &Hunk, encoding: Option<&str>) {
    let Some(new) = &hunk.new_bytes else { return };
    let mut bytes = hunk.before.clone();
    bytes.extend_from_slice(new);
    bytes.extend_from_slice(&hunk.after);
    let start = hunk.new_offset.saturating_sub(hunk.before.len() as u64);
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
    let hit = hit.min(bytes.len());
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
