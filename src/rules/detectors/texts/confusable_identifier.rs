//! Identifiers wholly of Cyrillic or Greek letters that look like an ASCII one of the same file.

use std::collections::HashMap;

use super::super::{Detector, Look};
use super::mixed_script::Place;
use super::utf8;
use crate::rules::identifiers::{Identifier, Letter, beyond_ascii, looks, looks_like};
use crate::rules::parsed::{Hit, Hits, Parsed};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "confusable-identifier", look: Look::Parsed(find) };

/// Letters of the shortest that is told: words of two letters look like others by chance.
const SHORTEST: usize = 3;
/// Identifiers of a file that are compared.
const COMPARED: usize = 4096;

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    let Some(text) = utf8(parsed) else { return };
    let place = Place::of(parsed);
    let is_like = |identifier: &Identifier<'_>| {
        is_whole_look_alike(identifier.name) && place.holds(text, identifier)
    };
    let found: Vec<Identifier<'_>> = beyond_ascii(text).filter(is_like).take(COMPARED).collect();
    if found.is_empty() {
        return;
    }
    // The ASCII twin of each, where it stands; few files get as far as this.
    let mut twins: HashMap<String, Option<(usize, &str)>> =
        found.iter().map(|identifier| (looks(identifier.name), None)).collect();
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    for word in text.split(|c: char| !c.is_ascii() || !is_plain(c as u8)) {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        // One that goes on beyond ASCII is another name.
        let is_whole = !text
            .get(start + word.len()..)
            .is_some_and(|rest| rest.starts_with(|c: char| !c.is_ascii() && c.is_alphanumeric()))
            && !text
                .get(..start)
                .is_some_and(|rest| rest.ends_with(|c: char| !c.is_ascii() && c.is_alphanumeric()));
        if is_whole
            && (SHORTEST..=64).contains(&word.len())
            && let Some(twin) = twins.get_mut(&looks(word))
        {
            twin.get_or_insert((start, word));
        }
    }
    for Identifier { at, name } in found {
        let Some(Some((twin_at, twin))) = twins.get(&looks(name)) else { continue };
        let detail =
            format!("\"{name}\" is no ASCII and looks like \"{twin}\" at offset {twin_at}");
        hits.tell(Hit::new(detail).at(at as u64, name.len() as u64));
    }
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
