//! What other systems list one by one: findings, and changes that nobody declared.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use super::sentence::{change_sentence, field_sentence, related_place, remedy};
use crate::model::locator::{escape_text, harmless, unescape};
use crate::model::outcome::Subject;
use crate::model::{
    Cause, Change, Disposition, Finding, Hunk, Locator, Outcome, Severity, fingerprint,
};
use crate::readers::directory;

/// Items of a list; the rest is counted.
pub(super) const CAP: usize = 10_000;
/// Fields of a change that are told; the rest is counted.
const FIELDS: usize = 6;
/// The rule that tells of a gap what it means.
const UNREAD: &str = "bytes/unread-content";
/// The rule of changes that nobody declared.
pub(super) const UNDECLARED: &str = "change/undeclared";
/// The rule of changes that were declared and are not there.
pub(super) const UNFULFILLED: &str = "change/unfulfilled";

/// Of a finding or a change, what every system asks for. All texts are harmless.
#[derive(Clone, Debug)]
pub(super) struct Issue<'a> {
    /// The rule, or [`UNDECLARED`] or [`UNFULFILLED`].
    pub(super) rule: &'a str,
    /// How bad.
    pub(super) severity: Severity,
    /// Whether its cause blocks.
    pub(super) blocking: bool,
    /// Whether the approved build has the same bytes at the same place; `None` if there is none.
    pub(super) unchanged: Option<bool>,
    /// Where.
    pub(super) path: &'a Locator,
    /// Offset and length in bytes.
    pub(super) bytes: Option<(u64, u64)>,
    /// Line and column in characters, from 1.
    pub(super) position: Option<(u64, u64)>,
    /// Where in its entry, in words; empty if it is about the whole.
    pub(super) place: String,
    /// One sentence.
    pub(super) message: String,
    /// What it does.
    pub(super) why: String,
    /// What to do.
    pub(super) remedy: String,
    /// Stable between runs.
    pub(super) fingerprint: String,
    /// Which cause it is of.
    pub(super) cause: usize,
    /// The finding, if it is one.
    pub(super) finding: Option<&'a Finding>,
    /// The change, if it is one.
    pub(super) change: Option<&'a Change>,
    /// The hunk of the change.
    pub(super) hunk: Option<&'a Hunk>,
}

/// The issues of all causes, in their order: those that block come first.
pub(super) fn issues(outcome: &Outcome) -> Vec<Issue<'_>> {
    let mut all = Vec::new();
    let mut seen: HashMap<String, u32> = HashMap::new();
    let unchanged = Unchanged::of(outcome);
    for (number, cause) in outcome.causes.iter().enumerate() {
        let mut findings: Vec<&Finding> =
            cause.findings.iter().filter_map(|&index| outcome.findings.get(index)).collect();
        findings.sort_by_key(|finding| (finding.existing, std::cmp::Reverse(finding.severity)));
        let of_findings = findings.into_iter().map(|finding| Issue {
            blocking: cause.blocking,
            unchanged: unchanged.has(finding),
            cause: number,
            ..of_finding(finding)
        });
        let from = all.len();
        all.extend(of_findings);
        all.extend(changes_of(outcome, cause, number, &mut seen));
        // What is worst names the cause.
        if let Some(rest) = all.get_mut(from..) {
            rest.sort_by_key(|issue| std::cmp::Reverse(issue.severity));
        }
    }
    all
}

/// The same for systems that list gaps beside them: what only tells of a gap what it means is left
/// out, unless it blocks.
pub(super) fn issues_beside_gaps(outcome: &Outcome) -> Vec<Issue<'_>> {
    let gaps = outcome.gaps.iter();
    let gaps = gaps.map(|gap| (&gap.path, gap.range.map(|range| range.0), gap.related.as_deref()));
    let gaps: HashSet<_> = gaps.collect();
    let mut all = issues(outcome);
    all.retain(|issue| {
        let related = issue.finding.and_then(|finding| finding.related.as_deref());
        let place = (issue.path, issue.bytes.map(|bytes| bytes.0), related);
        issue.blocking || issue.rule != UNREAD || !gaps.contains(&place)
    });
    all
}

fn place(offset: Option<u64>, position: Option<(u64, u64)>) -> String {
    let offset = offset.map(|offset| format!("offset {offset}"));
    let position = position.map(|(line, column)| format!("line {line}, column {column}"));
    offset.into_iter().chain(position).collect::<Vec<_>>().join(", ")
}

/// A finding by itself.
pub(super) fn of_finding(finding: &Finding) -> Issue<'_> {
    let more = match finding.more {
        0 => String::new(),
        more => format!(" ({more} more of the same here)"),
    };
    Issue {
        rule: &finding.rule,
        severity: finding.severity,
        blocking: false,
        unchanged: None,
        path: &finding.path,
        bytes: finding.offset.map(|offset| (offset, finding.length)),
        position: finding.line.zip(finding.column),
        place: match (&finding.related, finding.offset, finding.line) {
            (Some(related), ..) => related_place(related),
            (None, None, Some(line)) => format!("line {line}"),
            (None, offset, line) => place(offset, line.zip(finding.column)),
        },
        message: harmless(&(finding.message.clone() + &more)),
        why: harmless(finding.why.trim()),
        remedy: harmless(finding.remedy.trim()),
        fingerprint: finding.fingerprint(),
        cause: 0,
        finding: Some(finding),
        change: None,
        hunk: None,
    }
}

/// The change of a cause, and those that follow from it, where they are not as declared.
fn changes_of<'a>(
    outcome: &'a Outcome,
    cause: &'a Cause,
    number: usize,
    seen: &mut HashMap<String, u32>,
) -> Vec<Issue<'a>> {
    let own = cause.change.and_then(|index| outcome.changes.get(index)).map(|change| {
        let hunk = cause.hunk.and_then(|hunk| change.hunks.get(hunk));
        (cause.disposition.unwrap_or(change.disposition), change, hunk)
    });
    // What follows from a change that is told already is told with it.
    let is_told = own.as_ref().is_some_and(|(disposition, ..)| disposition.blocks());
    let folded = cause.folded.iter().filter_map(|&index| outcome.changes.get(index));
    let folded = folded
        .filter(|change| !is_told || change.disposition == Disposition::Unfulfilled)
        .map(|change| (change.disposition, change, None));
    let all = own.into_iter().chain(folded).filter(|(disposition, ..)| disposition.blocks());
    all.map(|(disposition, change, hunk)| {
        let unfulfilled = disposition == Disposition::Unfulfilled;
        let rule = if unfulfilled { UNFULFILLED } else { UNDECLARED };
        let mut message = change_sentence(disposition, change, hunk);
        if hunk.is_none() && !unfulfilled {
            let of_note = change.fields.iter().filter(|field| field.disposition.blocks());
            let mut fields: Vec<_> = of_note.clone().take(FIELDS).map(field_sentence).collect();
            let more = of_note.count().saturating_sub(FIELDS);
            if more > 0 {
                fields.push(format!("{more} more"));
            }
            if !fields.is_empty() {
                message = format!("{message}: {}", fields.join("; "));
            }
        }
        Issue {
            rule,
            severity: if cause.blocking { Severity::Error } else { Severity::Warning },
            blocking: cause.blocking,
            unchanged: Some(false),
            path: &change.path,
            bytes: hunk.map(|hunk| (hunk.new_offset, hunk.new_length)),
            position: hunk.and_then(|hunk| hunk.line.zip(hunk.column)),
            place: hunk
                .map(|hunk| place(Some(hunk.new_offset), hunk.line.zip(hunk.column)))
                .unwrap_or_default(),
            message: harmless(&message),
            why: String::new(),
            remedy: remedy(disposition, change).to_owned(),
            fingerprint: fingerprint_of(rule, change, hunk, seen),
            cause: number,
            finding: None,
            change: Some(change),
            hunk,
        }
    })
    .collect()
}

/// Over rule, locator, verb and what differs; never the offset, which moves with lines.
fn fingerprint_of(
    rule: &str,
    change: &Change,
    hunk: Option<&Hunk>,
    seen: &mut HashMap<String, u32>,
) -> String {
    let mut differs = Vec::new();
    match hunk {
        Some(hunk) => {
            for bytes in [&hunk.old_bytes, &hunk.new_bytes] {
                differs.extend_from_slice(bytes.as_deref().unwrap_or_default());
                differs.push(b'|');
            }
        }
        None => differs.extend(
            change.fields.iter().flat_map(|field| (field_sentence(field) + "|").into_bytes()),
        ),
    }
    let of = |occurrence: u32| {
        let path = change.path.as_str().as_bytes();
        let verb = change.verb.name().as_bytes();
        fingerprint(&[rule.as_bytes(), path, verb, &differs, &occurrence.to_le_bytes()])
    };
    let count = seen.entry(of(0)).or_default();
    let occurrence = *count;
    *count += 1;
    of(occurrence)
}

/// Which findings are in what the approved build has as well.
struct Unchanged<'a> {
    is_compared: bool,
    changed: HashSet<&'a Locator>,
}

impl<'a> Unchanged<'a> {
    fn of(outcome: &'a Outcome) -> Self {
        let names = |change: &'a Change| std::iter::once(&change.path).chain(&change.aliases);
        Self {
            is_compared: outcome.approved.is_some(),
            changed: outcome.changes.iter().flat_map(names).collect(),
        }
    }

    fn has(&self, finding: &Finding) -> Option<bool> {
        let mut places =
            std::iter::once(&finding.path).chain(&finding.aliases).chain(&finding.missing);
        let is_new = finding.of_settings || places.any(|path| self.changed.contains(path));
        self.is_compared.then_some(finding.existing || !is_new)
    }
}

/// The name of an artifact in the head of a report, harmless.
pub(super) fn shown_name(subject: &Subject) -> String {
    let path = &subject.path;
    escape_text(if subject.on_host { file_name(path) } else { path.clone() }.as_bytes())
}

/// Only the name of what the user wrote: no absolute path is in machine output.
pub(super) fn file_name(path: &str) -> String {
    let name = std::path::Path::new(path).file_name();
    name.map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
}

/// A file of the host, as other systems name files: relative, with `/`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct HostFile {
    /// Harmless text.
    pub(super) shown: String,
    /// The same, percent-encoded.
    pub(super) uri: String,
    /// Whether the locator names the file itself, and nothing in it.
    pub(super) is_whole: bool,
}

/// The file of the host that holds an entry: the artifact or, if that is a folder, the file in it.
pub(super) fn host_file(outcome: &Outcome, path: &Locator) -> HostFile {
    let artifact = &outcome.artifact;
    let base = if artifact.on_host { relative(&artifact.path) } else { String::new() };
    let (shown, uri) = (escape_text(base.as_bytes()), encoded(base.as_bytes()));
    if !is_folder(outcome) {
        return HostFile { shown, uri, is_whole: path.is_root() };
    }
    let path = path.as_str();
    let (file, inner) = path.split_at(path.find('!').unwrap_or(path.len()));
    let join = |base: &str, file: &str| match (base, file) {
        ("", "") => ".".to_owned(),
        ("", file) => file.to_owned(),
        (base, "") => base.to_owned(),
        (base, file) => format!("{base}/{file}"),
    };
    HostFile {
        shown: join(&shown, file),
        uri: join(&uri, &uri_of(file)),
        is_whole: inner.is_empty(),
    }
}

/// Whether the artifact is a folder.
pub(super) fn is_folder(outcome: &Outcome) -> bool {
    outcome.artifact.format.as_deref() == Some(directory::DOC.id)
}

/// What the user wrote, without `./` and without `/` at the end; of an absolute path the last part.
fn relative(path: &str) -> String {
    let whole = std::path::Path::new(path);
    if whole.is_absolute() {
        return file_name(path);
    }
    let parts = whole.components().filter(|part| !matches!(part, std::path::Component::CurDir));
    let parts: Vec<_> = parts.map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

/// A piece of a locator as the path of a URI: its names percent-encoded (RFC 3986 section 2.1).
/// `.` and `..` would lead elsewhere and stay escaped as in locators.
pub(super) fn uri_of(piece: &str) -> String {
    let names = piece.split('/').map(|name| match name {
        "." => "%5Cx2e".to_owned(),
        ".." => "%5Cx2e%5Cx2e".to_owned(),
        name => {
            let (plain, number) = name.split_once("\\#").unwrap_or((name, ""));
            let number = if number.is_empty() { "" } else { &format!("%23{number}") };
            encoded(&unescape(plain)).replace('/', "%2F") + number
        }
    });
    names.collect::<Vec<_>>().join("/")
}

fn encoded(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// At most so many characters, the middle left out.
pub(super) fn clipped(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    let head: String = text.chars().take(most / 2).collect();
    let tail: String = text.chars().skip(length - most / 2).collect();
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_paths_of_uris() {
        for (piece, uri) in [
            ("a/b c", "a/b%20c"),
            (r"a\x2fb\x21\x0a", "a%2Fb%21%0A"),
            ("../.", "%5Cx2e%5Cx2e/%5Cx2e"),
            (r"name\#2", "name%232"),
            ("®", "%C2%AE"),
        ] {
            assert_eq!(uri_of(piece), uri, "{piece}");
        }
    }

    #[test]
    fn what_the_user_wrote_is_relative() {
        for (path, shown) in
            [("./build/", "build"), (".", ""), ("a/../b", "a/../b"), ("/home/me/x.iso", "x.iso")]
        {
            assert_eq!(relative(path), shown);
        }
    }

    #[test]
    fn long_texts_lose_their_middle() {
        assert_eq!(clipped("abcdef", 4), "ab…ef");
        assert_eq!(clipped("®®®®", 4), "®®®®");
    }
}
