//! How an entry was written: what differs between writers, not between the entries of one.

use std::ops::Range;

use super::Ahead;
use super::header::{GID, GROUP, Header, MAJOR, MINOR, MODE, MTIME, NAME, UID, USER};
use super::told::Told;
use crate::model::locator::escape_text;

/// Every field of a header but its date, in words.
pub(super) fn plain_words(header: &Header, what: &str) -> String {
    let number = |at| number_word(header, at);
    let (path, prefix) = header.path();
    format!(
        "{what} {} ({prefix}) mode {} uid {} gid {} user {} group {} device {},{} {}",
        escape_text(&path),
        header.number(MODE).value.map_or("-".into(), |mode| format!("{mode:o}")),
        number(UID),
        number(GID),
        escape_text(header.text(USER)),
        escape_text(header.text(GROUP)),
        number(MAJOR),
        number(MINOR),
        header.style()
    )
}

pub(super) fn number_word(header: &Header, at: Range<usize>) -> String {
    header.number(at).value.map_or("-".into(), |value| value.to_string())
}

impl Told<'_> {
    /// How the entry was written: its header, and those ahead of it.
    pub(super) fn style(&self, path: &[u8]) -> String {
        let mut style = self.header.style();
        for (word, ahead) in [("L", &self.before.long_name), ("K", &self.before.long_link)] {
            let Some(ahead) = ahead else { continue };
            let header = &ahead.header;
            let words = plain_words(header, word);
            let expected =
                "././@LongLink (0) mode 644 uid 0 gid 0 user root group root device -,- gnu";
            let time = number_word(header, MTIME);
            if words != format!("{word} {expected}") || time != "0" {
                style = format!("{style} [{words} mtime {time}]");
            }
        }
        if let Some(ahead) = &self.before.pax {
            style = format!("{style} {}", self.pax_style(ahead, path));
        }
        style
    }

    /// Who wrote the pax header, and what it has otherwise than that writer's.
    fn pax_style(&self, ahead: &Ahead, path: &[u8]) -> String {
        let writer = pax_writer(&ahead.header, path);
        let mut style = format!("pax={}", writer.unwrap_or("other"));
        let (mode, is_same) = match writer {
            Some("libarchive") => (None, true),
            Some("python") => (Some(0), false),
            _ => (Some(0o644), false),
        };
        for (name, at) in [("mode", MODE), ("uid", UID), ("gid", GID), ("mtime", MTIME)] {
            let own = self.header.number(at.clone()).value;
            let expected = match name {
                _ if is_same => own,
                "mode" => mode,
                "mtime" if writer != Some("python") => own,
                _ => Some(0),
            };
            if ahead.header.number(at.clone()).value != expected {
                style = format!("{style} pax.{name}={}", number_word(&ahead.header, at));
            }
        }
        for (name, at) in [("user", USER), ("group", GROUP)] {
            let expected = if is_same { self.header.text(at.clone()) } else { b"" };
            let found = ahead.header.text(at);
            if found != expected {
                style = format!("{style} pax.{name}={}", escape_text(found));
            }
        }
        let devices = [MAJOR, MINOR].map(|at| ahead.header.number(at).value.unwrap_or_default());
        if devices != [0, 0] {
            style = format!("{style} pax.device={devices:?}");
        }
        let own = ahead.header.style();
        if own != self.header.style() {
            style = format!("{style} ({own})");
        }
        style
    }
}

/// Which writer names its pax headers so for an entry of that path.
pub(super) fn pax_writer(header: &Header, path: &[u8]) -> Option<&'static str> {
    let (name, prefix) = header.path();
    if name == b"././@PaxHeader" && prefix == 0 {
        return Some("python");
    }
    let trimmed = path.strip_suffix(b"/").unwrap_or(path);
    let cut = trimmed.iter().rposition(|&b| b == b'/').map_or(0, |at| at + 1);
    let (folder, base) = trimmed.split_at(cut);
    let is = |folder: &[u8], middle: &[u8]| {
        let expected = [folder, middle, base].concat();
        prefix == 0 && expected.get(..expected.len().min(NAME.len())) == Some(&name[..])
    };
    let gnu = if folder.is_empty() { b"./" } else { folder };
    if is(gnu, b"PaxHeaders/") {
        Some("gnu")
    } else if is(folder, b"PaxHeader/") {
        Some("libarchive")
    } else {
        None
    }
}
