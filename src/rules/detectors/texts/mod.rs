//! Detectors of what texts hold: encodings that do not agree, characters that a target lacks, and
//! identifiers that are not what they look like.

pub(super) mod confusable_identifier;
pub(super) mod lost_on_target;
pub(super) mod mixed_script;
pub(super) mod several_encodings;
pub(super) mod several_in_set;

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

/// The text, if it is UTF-8; of a large one what is at hand, without a character that is cut.
fn utf8<'a>(parsed: &Parsed<'a>) -> Option<&'a str> {
    match std::str::from_utf8(parsed.bytes) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() && !parsed.is_whole() => {
            std::str::from_utf8(parsed.bytes.get(..error.valid_up_to())?).ok()
        }
        Err(_) => None,
    }
}
