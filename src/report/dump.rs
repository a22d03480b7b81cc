//! A line of bytes with a caret under the hit.

use std::fmt::Write as _;

use super::bytes::column;
use crate::model::{Finding, Hunk};

/// Bytes in a line.
const WIDTH: usize = 16;

/// A line of bytes, and the line of carets beneath it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Line {
    /// Offset of the first byte.
    pub(super) at: u64,
    /// Each byte, and whether it is of the hit.
    pub(super) bytes: Vec<(u8, bool)>,
    /// The bytes as characters.
    pub(super) text: String,
    /// Blanks before the carets.
    pub(super) indent: usize,
    /// As wide as the hit.
    pub(super) carets: String,
}

impl Line {
    /// Blanks between the last byte and the characters.
    pub(super) fn pad(&self) -> usize {
        WIDTH.saturating_sub(self.bytes.len()) * 3
    }

    /// Both lines, without colors.
    pub(super) fn plain(&self) -> String {
        let mut out = format!("{:08x}  ", self.at);
        for (byte, _) in &self.bytes {
            let _ = write!(out, "{byte:02x} ");
        }
        let pad = self.pad();
        let _ = write!(
            out,
            "{:pad$} {}\n{:indent$}{}",
            "",
            self.text,
            "",
            self.carets,
            indent = self.indent
        );
        out
    }
}

/// The bytes around a finding.
pub(super) fn finding(finding: &Finding, encoding: Option<&str>) -> Option<Line> {
    let evidence = finding.evidence.as_ref()?;
    let at = finding.place().map_or(evidence.start, |(_, offset)| offset);
    let hit = usize::try_from(at.saturating_sub(evidence.start)).unwrap_or_default();
    Some(line(&evidence.bytes, evidence.start, hit, finding.length.max(1), encoding))
}

/// The bytes around a changed run, if there are any.
pub(super) fn hunk(hunk: &Hunk, encoding: Option<&str>) -> Option<Line> {
    let mut bytes = hunk.before.clone();
    bytes.extend_from_slice(hunk.new_bytes.as_ref()?);
    bytes.extend_from_slice(&hunk.after);
    let start = hunk.new_offset.saturating_sub(hunk.before.len() as u64);
    (!bytes.is_empty()).then(|| line(&bytes, start, hunk.before.len(), hunk.new_length, encoding))
}

fn line(bytes: &[u8], start: u64, hit: usize, length: u64, encoding: Option<&str>) -> Line {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let hit = hit.min(bytes.len());
    // The hit stands in the line with as much before it as fits, and something behind it.
    let behind = length.clamp(1, WIDTH - 4);
    let from = (hit + behind + 2).min(bytes.len()).saturating_sub(WIDTH).min(hit);
    let shown: Vec<u8> = bytes.iter().skip(from).take(WIDTH).copied().collect();
    let is_hit = |index: usize| index + from >= hit && index + from < hit.saturating_add(length);
    let marks = length.min(WIDTH - (hit - from).min(WIDTH)).max(1);
    Line {
        at: start + from as u64,
        text: column(&shown, encoding),
        bytes: shown.iter().enumerate().map(|(index, &byte)| (byte, is_hit(index))).collect(),
        indent: 10 + (hit - from) * 3,
        carets: "^".repeat(marks * 3 - 1),
    }
}
