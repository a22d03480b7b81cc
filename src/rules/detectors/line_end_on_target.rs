//! Lines that end in a way that a named target does not read.

use super::{Detector, Entry, Look, Place, Told};
use crate::model::{Class, Declared, LineEnd, TextKind};
use crate::rules::Target;

pub(super) const DETECTOR: Detector =
    Detector { name: "line-end-on-target", look: Look::EntryOn(find) };

/// Names of texts whose lines end as their format prescribes, whatever the platform: RFC 4180, 5545,
/// 6350 and 5322, and what Windows and DOS read.
const PRESCRIBED: [&str; 14] = [
    ".csv", ".ics", ".vcf", ".eml", ".mbox", ".bat", ".cmd", ".reg", ".inf", ".rc", ".ps1", ".rtf",
    ".ans", ".nfo",
];

fn find(entry: &Entry<'_>, target: &Target, _: &[&Target]) -> Option<Told> {
    let wanted = target.text.line_end?;
    let read_by_people_or_programs_there =
        matches!(entry.kind, TextKind::Resource | TextKind::Prose | TextKind::Data);
    let is_text = entry.class == Class::Text
        && !entry.looks_binary
        && !matches!(entry.declared, Declared::TextRecords(_));
    if !is_text || !read_by_people_or_programs_there || entry.ends_with(&PRESCRIBED) {
        return None;
    }
    let wrong = |end: &LineEnd| *end != wanted && entry.ends.of(*end) > 0;
    let odd = LineEnd::ALL.into_iter().filter(wrong).max_by_key(|end| entry.ends.of(*end))?;
    let count = entry.ends.of(odd);
    let verb = if count == 1 { "line ends" } else { "lines end" };
    let detail =
        format!("{count} {verb} with {}, there they end with {}", odd.name(), wanted.name());
    Some(Told::at(Place::FirstEnd(odd), detail))
}
