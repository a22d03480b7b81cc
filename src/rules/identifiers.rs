//! Identifiers of a text in which letters may look like others, and what they look like (Unicode
//! Technical Standard #39, Unicode Security Mechanisms, 4 and 5).

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

/// Not 0 if a byte may begin, in UTF-8, a Greek or Cyrillic letter that looks like another (Scripts.txt of
/// Unicode).
fn may_begin(byte: u8) -> u8 {
    u8::from(byte.wrapping_sub(0xcd) < 8)
        | u8::from(byte == 0xe1)
        | u8::from(byte == 0xea)
        | u8::from(byte == 0xf0)
}

/// The first such byte: asked of blocks, so that the compiler makes vector code of it.
fn first_that_may(bytes: &[u8]) -> Option<usize> {
    const BLOCK: usize = 256;
    let mut blocks = bytes.chunks(BLOCK);
    let holds = |block: &[u8]| block.iter().fold(0, |any, b| any | may_begin(*b)) != 0;
    let before = blocks.position(holds)? * BLOCK;
    let at = bytes.get(before..)?.iter().position(|b| may_begin(*b) != 0)?;
    Some(before + at)
}

/// Whether a text in UTF-8 may hold a Greek or Cyrillic letter that looks like another.
pub(super) fn may_look_alike(bytes: &[u8]) -> bool {
    first_that_may(bytes).is_some()
}

/// The names that may hold such a letter.
pub(super) fn look_alikes(text: &str) -> impl Iterator<Item = Identifier<'_>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let letter = at + first_that_may(bytes.get(at..)?)?;
            let before = text.get(at..letter)?.chars().rev().take_while(|c| is_part(*c));
            let start = letter - before.map(char::len_utf8).sum::<usize>();
            // The letter of an escape (`\n`) is none of the name.
            let is_escape =
                bytes.get(start).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_')
                    && start.checked_sub(1).and_then(|at| bytes.get(at)) == Some(&b'\\');
            let start = start + usize::from(is_escape);
            let rest = text.get(letter..)?;
            let length = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
            at = letter + length.max(rest.chars().next().map_or(1, char::len_utf8));
            let name = text.get(start..letter + length)?;
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
        let found = |text| look_alikes(text).map(|i| (i.at, i.name)).collect::<Vec<_>>();
        assert_eq!(found("x = p\u{430}y_1 + y"), [(4, "p\u{430}y_1")]);
        assert_eq!(
            found("\u{a9} a\u{301}b\u{445}; \u{444}"),
            [(3, "a\u{301}b\u{445}"), (11, "\u{444}")]
        );
        assert_eq!(found("na\u{ef}ve \u{65e5}\u{3c9}\u{482}"), [(7, "\u{65e5}\u{3c9}")]);
        let far = format!("{}\u{3bf}", " a\u{ef}\u{65e5}".repeat(100));
        assert_eq!(found(&far), [(far.len() - 8, "a\u{ef}\u{65e5}\u{3bf}")]);
        assert_eq!(found("\"\\n\u{41e}\""), [(3, "\u{41e}")]);
        assert_eq!(found("plain"), []);
        assert_eq!(found(""), []);
    }

    #[test]
    fn no_text_with_a_look_alike_is_left_out() {
        for c in ('\u{80}'..=char::MAX).filter(|c| looks_like(*c).is_some()) {
            if matches!(Letter::of(c), Letter::Greek | Letter::Cyrillic) {
                assert!(
                    may_look_alike(c.encode_utf8(&mut [0; 4]).as_bytes()),
                    "U+{:04X}",
                    u32::from(c)
                );
            }
        }
        assert!(!may_look_alike("na\u{ef}ve \u{201c}quoted\u{201d} \u{65e5}\u{672c}".as_bytes()));
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
