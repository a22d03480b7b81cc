//! Detectors of what texts hold: encodings that do not agree, characters that a target lacks, and
//! identifiers that are not what they look like.

pub(super) mod confusable_identifier;
pub(super) mod lost_on_target;
pub(super) mod mixed_script;
pub(super) mod several_encodings;
pub(super) mod several_in_set;

use std::borrow::Cow;

use crate::model::Declared;
use crate::rules::parsed::Parsed;

/// Bytes at the start of a text in which it may name its encoding.
const NAMED_WITHIN: usize = 4096;

/// Whether a text names its own encoding, by whatever of the usual words: a mark, a declaration of
/// XML, HTML, CSS, a header, a cookie, a pragma. Who reads it there needs no guess.
fn names_encoding(parsed: &Parsed<'_>) -> bool {
    const WORDS: [&[u8]; 4] = [b"charset", b"encoding=", b"coding:", b"code_page"];
    let head = parsed.bytes.get(..parsed.bytes.len().min(NAMED_WITHIN)).unwrap_or_default();
    head.starts_with(b"\xef\xbb\xbf")
        || WORDS.iter().any(|word| memchr::memmem::find(head, word).is_some())
}

/// A text of Unicode, and where its characters stand in the bytes.
struct Unicode<'a> {
    text: Cow<'a, str>,
    /// Of UTF-16, some characters in their order: where they stand in the text, and in the bytes.
    known: Vec<(usize, u64)>,
}

/// Bytes of the text from one known place to the next: a text may have a million hits.
const KNOWN: usize = 4096;

impl<'a> Unicode<'a> {
    /// UTF-8, or UTF-16 by its mark or by what all of its bytes tell.
    fn of(parsed: &Parsed<'a>) -> Option<Self> {
        let Some(wide) = parsed.wide else {
            let text = Cow::Borrowed(utf8(parsed)?);
            return Some(Self { text, known: Vec::new() });
        };
        let (mark, bytes) = match (parsed.declared, parsed.bytes) {
            (Declared::Nothing, [0xff, 0xfe, rest @ ..] | [0xfe, 0xff, rest @ ..]) => (2, rest),
            (_, bytes) => (0, bytes),
        };
        let units = bytes.as_chunks::<2>().0.iter().map(|&unit| wide.unit(unit));
        // Half of a pair takes a unit, and so does what stands for it.
        let decoded = char::decode_utf16(units);
        let (mut text, mut known, mut at) = (String::new(), vec![(0, mark)], mark);
        for c in decoded.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)) {
            if text.len() / KNOWN >= known.len() {
                known.push((text.len(), at));
            }
            text.push(c);
            at += 2 * c.len_utf16() as u64;
        }
        Some(Self { text: Cow::Owned(text), known })
    }

    /// Where a part of the text stands, and how long it is there, in bytes.
    fn place(&self, at: usize, part: &str) -> (u64, u64) {
        let behind = self.known.partition_point(|(known, _)| *known <= at);
        let Some(&(from, start)) = behind.checked_sub(1).and_then(|n| self.known.get(n)) else {
            return (at as u64, part.len() as u64);
        };
        let bytes = |text: &str| 2 * text.chars().map(|c| c.len_utf16() as u64).sum::<u64>();
        (start + bytes(self.text.get(from..at).unwrap_or_default()), bytes(part))
    }
}

/// The text, if it is UTF-8; of a large one what is at hand, without a character that is cut.
fn utf8<'a>(parsed: &Parsed<'a>) -> Option<&'a str> {
    match simdutf8::compat::from_utf8(parsed.bytes) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() && !parsed.is_whole() => {
            simdutf8::basic::from_utf8(parsed.bytes.get(..error.valid_up_to())?).ok()
        }
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Wide;

    #[test]
    fn characters_of_utf16_stand_at_their_bytes() {
        let text = format!("\u{feff}{}x\u{1f600}pаss", "日é\n".repeat(5000));
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let parsed = Parsed { wide: Some(Wide::Utf16Be), ..Parsed::new(&bytes) };
        let unicode = Unicode::of(&parsed).expect("a text");
        assert_eq!(unicode.text, text.trim_start_matches('\u{feff}'));
        for part in ["pаss", "x", "日é\n日"] {
            let at = unicode.text.rfind(part).expect("there");
            let (start, length) = unicode.place(at, part);
            let found = &bytes[start as usize..(start + length) as usize];
            let expected: Vec<u8> = part.encode_utf16().flat_map(u16::to_be_bytes).collect();
            assert_eq!(found, expected, "{part}");
        }
    }
}
