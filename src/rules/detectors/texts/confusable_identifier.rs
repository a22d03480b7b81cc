//! Identifiers wholly of Cyrillic or Greek letters that look like an ASCII one of the same file.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use super::super::{Detector, Look};
use super::mixed_script::names_in;
use crate::rules::identifiers::{Identifier, Letter, look_alikes, looks, looks_like};
use crate::rules::parsed::{Hit, Hits, Parsed};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "confusable-identifier", look: Look::Parsed(find) };

/// Letters of the shortest that is told: words of two letters look like others by chance.
const SHORTEST: usize = 3;
/// Identifiers of a file that are compared.
const COMPARED: usize = 4096;

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    let Some((place, unicode)) = names_in(parsed) else { return };
    let text = &*unicode.text;
    let is_like = |identifier: &Identifier<'_>| {
        is_whole_look_alike(identifier.name) && place.holds(text, identifier)
    };
    let found: Vec<Identifier<'_>> = look_alikes(text).filter(is_like).take(COMPARED).collect();
    if found.is_empty() {
        return;
    }
    // The ASCII twin of each, where it stands.
    let mut twins: HashMap<String, Option<(usize, &str)>> =
        found.iter().map(|identifier| (looks(identifier.name), None)).collect();
    let mut look = String::new();
    for word in text.split(|c: char| !c.is_ascii() || !is_plain(c as u8)) {
        if !(SHORTEST..=64).contains(&word.len()) {
            continue;
        }
        look.clear();
        word.bytes().for_each(|byte| look.push_str(looks_of_ascii(byte)));
        let Some(twin @ None) = twins.get_mut(look.as_str()) else { continue };
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        if is_whole(text, start..start + word.len()) {
            *twin = Some((start, word));
        }
    }
    for Identifier { at, name } in found {
        let Some(Some((twin_at, twin))) = twins.get(&looks(name)) else { continue };
        let (twin_at, _) = unicode.place(*twin_at, twin);
        let detail =
            format!("\"{name}\" is no ASCII and looks like \"{twin}\" at offset {twin_at}");
        let (at, length) = unicode.place(at, name);
        hits.tell(Hit::new(detail).at(at, length));
    }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether no name that goes on beyond ASCII holds the word at `range`.
fn is_whole(text: &str, range: Range<usize>) -> bool {
    let goes_on = |c: char| !c.is_ascii() && c.is_alphanumeric();
    let (before, behind) = (text.get(..range.start), text.get(range.end..));
    !before.is_some_and(|before| before.ends_with(goes_on))
        && !behind.is_some_and(|behind| behind.starts_with(goes_on))
}

/// What a byte of an ASCII name looks like. Names may be a million, and none of them needs to be
/// normalized.
fn looks_of_ascii(byte: u8) -> &'static str {
    static LOOKS: LazyLock<Vec<String>> = LazyLock::new(|| {
        (0..0x80).map(|byte| looks(char::from(byte).encode_utf8(&mut [0]))).collect()
    });
    LOOKS.get(usize::from(byte)).map_or("", String::as_str)
}

/// Whether all letters are of one other script and look like ASCII ones.
fn is_whole_look_alike(name: &str) -> bool {
    let mut script = None;
    let mut letters = 0;
    for c in name.chars().filter(|c| !matches!(c, '_' | '0'..='9')) {
        let of = Letter::of(c);
        let is_same = *script.get_or_insert(of) == of;
        if !is_same || !matches!(of, Letter::Cyrillic | Letter::Greek) || looks_like(c).is_none() {
            return false;
        }
        letters += 1;
    }
    letters >= SHORTEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ascii_name_looks_like_its_bytes_together() {
        let all: String = (0..0x80u8).filter(|b| is_plain(*b)).map(char::from).collect();
        for name in [all.as_str(), "modern_l1I0O", "m"] {
            let look: String = name.bytes().map(looks_of_ascii).collect();
            assert_eq!(look, looks(name), "{name}");
        }
    }
}
