//! A text in more than one encoding: characters of UTF-8 and, elsewhere, bytes of windows-1252 or
//! ISO 8859-1.
//!
//! By chance two bytes of another encoding are UTF-8, so that a text counts only if nothing speaks for
//! a script that is written with bytes above 0x7F alone (Cyrillic, Greek, Japanese): bytes that are no
//! UTF-8 stand alone or in pairs.

use super::super::{Detector, Look};
use crate::model::{Class, Declared};
use crate::rules::parsed::{Hit, Hits, Parsed};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "several-encodings", look: Look::Parsed(find) };

/// Bytes in a row that are no UTF-8 in a text of Latin letters.
const LATIN_RUN: usize = 2;

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    if parsed.class != Class::Text || parsed.declared != Declared::Nothing {
        return;
    }
    let bytes = parsed.bytes;
    let (mut unicode, mut eight_bit) = (None, None);
    let mut at = 0;
    while let Some(run) = bytes.get(at..).and_then(|rest| rest.iter().position(|b| *b > 0x7f)) {
        let start = at + run;
        let rest = bytes.get(start..).unwrap_or_default();
        let length = rest.iter().position(|b| *b < 0x80).unwrap_or(rest.len());
        let run = rest.get(..length).unwrap_or_default();
        at = start + length;
        // What is at hand of a large text may end within a character.
        if at == bytes.len() && !parsed.is_whole() {
            break;
        }
        match std::str::from_utf8(run) {
            Ok(text) => {
                let before = start.checked_sub(1).and_then(|at| bytes.get(at)).copied();
                if unicode.is_none() && is_no_latin1(text, run, before) {
                    unicode = Some((start, length));
                }
            }
            Err(_) if length > LATIN_RUN || run.iter().any(|b| *b < 0xa0) => return,
            Err(_) => eight_bit = eight_bit.or(Some((start, length))),
        }
    }
    let (Some((unicode, first)), Some((eight_bit, second))) = (unicode, eight_bit) else { return };
    let character = bytes.get(unicode..unicode + first).unwrap_or_default();
    let character = std::str::from_utf8(character).unwrap_or_default();
    let character: String = character.chars().take(4).filter(|c| c.is_alphanumeric()).collect();
    let byte = bytes.get(eight_bit).copied().unwrap_or_default();
    let detail = format!(
        "UTF-8 at offset {unicode}{}{character}, no UTF-8 at offset {eight_bit} (0x{byte:02x})",
        if character.is_empty() { "" } else { ": " },
    );
    let (at, length) = if unicode > eight_bit { (unicode, first) } else { (eight_bit, second) };
    hits.tell(Hit::new(detail).at(at as u64, length as u64));
}

/// Whether a run of UTF-8 is nothing that windows-1252 texts hold, too: a capital letter with an accent
/// before a quote, a dash or a blank.
fn is_no_latin1(text: &str, run: &[u8], before: Option<u8>) -> bool {
    match *run {
        [0xc2 | 0xc3, second] => {
            let may_follow =
                matches!(second, 0x82 | 0x84 | 0x85 | 0x91..=0x97 | 0xa0 | 0xab | 0xbb);
            !may_follow || before.is_some_and(|b| b.is_ascii_lowercase())
        }
        [_, _] => false,
        _ => text.chars().all(|c| !c.is_control()),
    }
}
