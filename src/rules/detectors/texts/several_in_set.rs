//! Texts that belong together, and of which some are UTF-8 and some are not: the texts of one resource
//! fork, and resource files beside each other whose names differ by a language or a number.

use std::collections::HashMap;

use super::super::{Detector, Look};
use super::{names_encoding, utf8};
use crate::model::{Class, Declared, Locator, Manifest};
use crate::rules::parsed::{Hit, Join, Noted, Notes, Parsed, Unchanged, is_of_language};

pub(in super::super) const DETECTOR: Detector = Detector {
    name: "several-in-set",
    look: Look::Joined(Join { note, join, unchanged: Unchanged::Beside }),
};

/// Key of the texts of a resource fork, which are one set whatever their names.
const FORK: &[u8] = b"/";

/// Notes a text beyond ASCII that does not name its encoding: whether it is UTF-8, and its set.
fn note(parsed: &Parsed<'_>, notes: &mut Notes) {
    let set = match parsed.declared {
        Declared::Nothing => match pattern(parsed.name) {
            Some(set) => set,
            None => return,
        },
        Declared::Text("macintosh") => FORK.to_vec(),
        // Other texts are of a type that has its encoding.
        _ => return,
    };
    let Some(first) = parsed.bytes.iter().position(|b| *b > 0x7f) else { return };
    if parsed.class != Class::Text || names_encoding(parsed) {
        return;
    }
    let is_utf8 = utf8(parsed).is_some();
    let first = first as u64;
    notes.take([&[u8::from(is_utf8)], set.as_slice()].concat(), Some(first..first + 1));
}

/// What the names of a set have in common: the name in lower case without language, script, region and
/// number at the end of its stem.
fn pattern(name: &[u8]) -> Option<Vec<u8>> {
    let dot = memchr::memrchr(b'.', name)?;
    let (mut stem, end) = name.split_at_checked(dot)?;
    for _ in 0..3 {
        let cut = stem.iter().rposition(|b| matches!(b, b'_' | b'-' | b'.'));
        let tail = stem.get(cut.map_or(0, |at| at + 1)..).unwrap_or_default();
        let is_tag = matches!(tail.len(), 2..=4) && tail.iter().all(u8::is_ascii_alphabetic);
        if !is_tag {
            break;
        }
        stem = cut.and_then(|at| stem.get(..at)).unwrap_or_default();
    }
    let digits = stem.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let stem = stem.get(..stem.len() - digits).unwrap_or_default();
    Some([stem, end].concat().to_ascii_lowercase())
}

/// Container, volume, folder and pattern.
type Set<'a> = (u32, u16, String, &'a [u8]);

fn join(manifest: &Manifest, notes: &[Noted], tell: &mut dyn FnMut(usize, Hit)) {
    let mut sets: HashMap<Set<'_>, [Vec<usize>; 2]> = HashMap::new();
    for (index, Noted { place, note }) in notes.iter().enumerate() {
        let Some((is_utf8, set)) = note.key.split_first() else { continue };
        let folder =
            if set == FORK { String::new() } else { folder(&manifest.content_path(*place)) };
        let of = sets.entry((place.container.0, place.volume, folder, set)).or_default();
        if let Some(of) = of.get_mut(usize::from(*is_utf8)) {
            of.push(index);
        }
    }
    let mut told: Vec<(usize, Hit)> = Vec::new();
    for [others, utf8] in sets.values() {
        let (few, many, what) = if others.len() <= utf8.len() {
            (others, utf8, "these bytes are not UTF-8, and")
        } else {
            (utf8, others, "these bytes are UTF-8, and")
        };
        let Some(Noted { place, .. }) = many.first().and_then(|index| notes.get(*index)) else {
            continue;
        };
        let other = manifest.content_path(*place);
        let is = if what.contains("not") { "is" } else { "is not" };
        told.extend(few.iter().map(|index| {
            let hit = Hit::new(format!("{what} {} of the same set {is}", other.last_segment()));
            (*index, Hit { missing: Some(other.clone()), ..hit })
        }));
    }
    told.sort_by_key(|(index, _)| *index);
    for (index, hit) in told {
        tell(index, hit);
    }
}

/// What stands before the name, without a folder of one language.
fn folder(path: &Locator) -> String {
    let split = |path: &str| {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        (folder.to_owned(), name.to_owned())
    };
    let (folder, _) = split(path.as_str());
    let (above, name) = split(&folder);
    if is_of_language(name.as_bytes()) { above } else { folder }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_set_have_one_pattern() {
        for (name, expected) in [
            (&b"messages.properties"[..], Some(&b"messages.properties"[..])),
            (b"messages_de.properties", Some(b"messages.properties")),
            (b"messages_zh_Hant_TW.properties", Some(b"messages.properties")),
            (b"Text12.lng", Some(b"text.lng")),
            (b"de.lng", Some(b".lng")),
            (b"german.lng", Some(b"german.lng")),
            (b"noend", None),
        ] {
            assert_eq!(pattern(name).as_deref(), expected, "{}", name.escape_ascii());
        }
    }
}
