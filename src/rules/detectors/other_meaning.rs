//! Bytes that are other characters on a named target than in the text, or than on another target.

use std::fmt::Write as _;

use super::{Charset, Detector, Entry, Look, Place, Told};
use crate::model::{Class, Declared};
use crate::rules::Target;
use crate::rules::code_pages::CodePage;

pub(super) const DETECTOR: Detector = Detector { name: "other-meaning", look: Look::EntryOn(find) };

fn find(entry: &Entry<'_>, target: &Target, targets: &[&Target]) -> Option<Told> {
    let is_text = entry.class == Class::Text
        && !entry.looks_binary
        && !matches!(entry.declared, Declared::TextRecords(_));
    // All that is not ASCII may be the byte order mark, which has a rule of its own.
    let is_plain = entry.read && entry.high.is_empty();
    // What names its own encoding is read in that.
    if !is_text || is_plain || entry.charset.is_wide() || entry.declaration.is_some() {
        return None;
    }
    let label = match entry.charset {
        Charset::Utf8 if entry.label.is_none() => "utf-8",
        Charset::EightBit | Charset::Utf8 => entry.label.unwrap_or_default(),
        _ => return None,
    };
    let reads = |target: &Target, label: &str| {
        target.text.encodings.is_empty()
            || target.text.encodings.iter().any(|read| same(read, label))
    };
    if !label.is_empty() {
        if reads(target, label) {
            return None;
        }
        let detail = format!("{}, here {}", shown(entry.high, target), spelled(entry.high, label));
        return Some(Told::at(Place::FirstHigh, detail));
    }
    // Nobody tells what the bytes are. They are wrong where only Unicode is read, and on one of two
    // targets that read them as different characters.
    let legacy = |target: &&&Target| target.text.encodings.iter().any(|read| !is_unicode(read));
    if targets.iter().any(|other| !other.text.encodings.is_empty() && !legacy(&other)) {
        let is_wrong = !target.text.encodings.is_empty() && !legacy(&&target);
        return is_wrong.then(|| Told::at(Place::FirstHigh, shown(entry.high, target)));
    }
    let mut reading = targets.iter().filter(legacy);
    let first = reading.next().filter(|first| first.name == target.name)?;
    let differing: Vec<_> = reading.filter(|other| page(other) != page(first)).collect();
    if differing.is_empty() {
        return None;
    }
    let mut detail = format!("{} on {}", shown(entry.high, first), first.name);
    for other in differing {
        detail = format!("{detail}, {} on {}", shown(entry.high, other), other.name);
    }
    Some(Told::at(Place::FirstHigh, detail))
}

fn is_unicode(label: &str) -> bool {
    matches!(label, "utf-8" | "utf-16le" | "utf-16be" | "us-ascii")
}

fn same(read: &str, label: &str) -> bool {
    read == label
        || read != "us-ascii" && CodePage::of(read).is_some_and(|e| CodePage::of(label) == Some(e))
}

/// The encoding in which a target reads bytes that nobody tells it about.
fn page(target: &Target) -> &str {
    let encodings = &target.text.encodings;
    let legacy = encodings.iter().find(|label| !is_unicode(label)).or(encodings.first());
    legacy.map_or("", String::as_str)
}

/// What a target makes of bytes.
fn shown(bytes: &[u8], target: &Target) -> String {
    let page = page(target);
    if page == "us-ascii" {
        return "no character in us-ascii".to_owned();
    }
    // Where there are several, it is chosen when the machine is set up.
    let first = spelled(bytes, page);
    let mut all = first.clone();
    for other in target.text.encodings.iter().filter(|other| *other != page && !is_unicode(other)) {
        let shown = spelled(bytes, other);
        if shown.strip_suffix(other.as_str()) == first.strip_suffix(page) {
            let _ = write!(all, " and {other}");
        } else {
            let _ = write!(all, ", {shown}");
        }
    }
    all
}

/// Bytes as characters of an encoding; those that are not printed are told by number.
fn spelled(bytes: &[u8], label: &str) -> String {
    let Some(encoding) = CodePage::of(label) else {
        return format!("a character of {label}");
    };
    let Some(text) = encoding.decode(bytes) else {
        return format!("no character in {label}");
    };
    let mut out = String::new();
    for c in text.chars().take(4) {
        if c.is_control()
            || matches!(u32::from(c), 0xa0 | 0xad | 0x200b..=0x206f | 0xe000..=0xf8ff | 0xfeff)
        {
            let _ = write!(out, "U+{:04X}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    format!("{out} in {label}")
}
