//! Identifiers of a text that are not ASCII alone, and what they look like (Unicode Technical Standard
//! #39, Unicode Security Mechanisms, 4 and 5).

use unicode_normalization::char::is_combining_mark;
use unicode_script::{Script, UnicodeScript};
use unicode_security::skeleton;

/// Bytes of the longest that is looked at: what is longer is no name.
const LONGEST: usize = 128;

/// A name in a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Identifier<'a> {
    /// Where it begins in the text.
    pub(super) at: usize,
    /// Letters, digits, marks and underscores.
    pub(super) name: &'a str,
}

/// Whether a text may hold a Greek or Cyrillic letter that looks like another: asked of blocks, so that
/// the compiler makes vector code of it. They begin, in UTF-8, with these bytes (Scripts.txt of Unicode).
pub(super) fn may_look_alike(text: &str) -> bool {
    const BLOCK: usize = 256;
    let begins = |b: u8| {
        u8::from(b.wrapping_sub(0xcd) < 8)
            | u8::from(b == 0xe1)
            | u8::from(b == 0xea)
            | u8::from(b == 0xf0)
    };
    text.as_bytes().chunks(BLOCK).any(|block| block.iter().fold(0, |any, &b| any | begins(b)) != 0)
}

/// The first byte beyond ASCII. Most texts are full of others, which are passed over in blocks.
fn first_high(bytes: &[u8]) -> Option<usize> {
    const BLOCK: usize = 64;
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let is_high = |block: &&[u8; BLOCK]| block.iter().fold(0, |any, b| any | b) > 0x7f;
    let plain = blocks.iter().position(|block| is_high(&block)).unwrap_or(blocks.len());
    let from = plain * BLOCK;
    let near = blocks.get(plain).map_or(rest, <[u8; BLOCK]>::as_slice);
    near.iter().position(|b| *b > 0x7f).map(|at| from + at)
}

/// The names that hold characters beyond ASCII.
pub(super) fn beyond_ascii(text: &str) -> impl Iterator<Item = Identifier<'_>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let high = at + first_high(bytes.get(at..)?)?;
            let is_plain = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
            let before = bytes.get(at..high)?.iter().rev().take_while(|b| is_plain(b)).count();
            // The letter of an escape (`\n`) is none of the name.
            let is_escape = before > 0
                && high.checked_sub(before + 1).and_then(|at| bytes.get(at)) == Some(&b'\\');
            let start = high - before + usize::from(is_escape);
            let rest = text.get(high..)?;
            let length = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
            at = high + length.max(rest.chars().next().map_or(1, char::len_utf8));
            let name = text.get(start..high + length)?;
            if length > 0 && name.len() <= LONGEST {
                return Some(Identifier { at: start, name });
            }
        }
    })
}

/// Whether an identifier may go on with a character (Unicode Standard Annex #31, near enough).
fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || is_combining_mark(c)
}

/// The scripts that are looked at. Characters of no script (digits, marks) are of each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Letter {
    Latin,
    Cyrillic,
    Greek,
    Common,
    Other,
}

impl Letter {
    pub(super) fn of(c: char) -> Self {
        match c.script() {
            Script::Latin => Self::Latin,
            Script::Cyrillic => Self::Cyrillic,
            Script::Greek => Self::Greek,
            Script::Common | Script::Inherited => Self::Common,
            _ => Self::Other,
        }
    }

    /// The name for people.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Latin => "Latin",
            Self::Cyrillic => "Cyrillic",
            Self::Greek => "Greek",
            Self::Common | Self::Other => "other",
        }
    }
}

/// The ASCII letter that a character looks like.
pub(super) fn looks_like(c: char) -> Option<char> {
    let mut buffer = [0; 4];
    let mut like = skeleton(c.encode_utf8(&mut buffer));
    let first = like.next().filter(char::is_ascii_alphabetic)?;
    like.next().is_none().then_some(first)
}

/// What a name looks like: two names with the same are not told apart.
pub(super) fn looks(name: &str) -> String {
    skeleton(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_where_they_stand() {
        let found = |text| beyond_ascii(text).map(|i| (i.at, i.name)).collect::<Vec<_>>();
        assert_eq!(found("x = p\u{430}y_1 + y"), [(4, "p\u{430}y_1")]);
        assert_eq!(found("\u{a9} a\u{301}b; \u{444}"), [(3, "a\u{301}b"), (9, "\u{444}")]);
        assert_eq!(found("\"\\n\u{41e}\""), [(3, "\u{41e}")]);
        assert_eq!(found("plain"), []);
        assert_eq!(found(""), []);
    }

    #[test]
    fn the_first_byte_beyond_ascii_is_found_wherever_it_stands() {
        for size in [0, 1, 63, 64, 65, 127, 128, 200] {
            let mut bytes = vec![b'a'; size];
            assert_eq!(first_high(&bytes), None, "{size}");
            for at in (0..size).rev() {
                bytes[at] = 0x80 | at as u8;
                assert_eq!(first_high(&bytes), Some(at), "{size}");
            }
        }
    }

    #[test]
    fn no_text_with_a_look_alike_is_left_out() {
        for c in ('\u{80}'..=char::MAX).filter(|c| looks_like(*c).is_some()) {
            if matches!(Letter::of(c), Letter::Greek | Letter::Cyrillic) {
                assert!(may_look_alike(c.encode_utf8(&mut [0; 4])), "U+{:04X}", u32::from(c));
            }
        }
        assert!(!may_look_alike("na\u{ef}ve \u{201c}quoted\u{201d} \u{65e5}\u{672c}"));
    }

    #[test]
    fn what_letters_look_like() {
        for (c, expected) in [
            ('\u{430}', Some('a')),
            ('\u{420}', Some('P')),
            ('\u{3bf}', Some('o')),
            ('\u{436}', None),
            ('\u{394}', None),
            ('x', Some('x')),
        ] {
            assert_eq!(looks_like(c), expected, "{c}");
        }
    }
}
