//! Text or binary: settled after the pass from what is declared, what was approved, validated magic
//! and the census of the whole content. A stray byte, wherever it stands, does not make a text
//! binary, so it cannot switch its own check off.

use crate::model::{Census, Class, Declared, Wide};

use super::wide::SURE;
use super::{format, kind};

/// Bytes of a text that any number of end-of-file markers may follow.
const FILLED: u64 = 4;

/// What is known of a content when its class is settled.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Of all its bytes.
    pub census: &'a Census,
    /// What the container or the configuration says.
    pub declared: Declared,
    /// The entry's own name.
    pub name: &'a [u8],
    /// What its bytes were recognised as by [`recognise`](super::recognise); any other name is the
    /// id of the reader that opened it.
    pub format: Option<&'a str>,
    /// The class in the approved build.
    pub approved: Option<Class>,
}

/// Settles the class.
pub fn settle(facts: &Facts<'_>) -> Class {
    if facts.census.size == 0 {
        return Class::Empty;
    }
    match facts.declared {
        Declared::Text(_) | Declared::TextRecords(_) => return Class::Text,
        Declared::Container(_) => return Class::Container,
        Declared::Binary => return Class::Binary,
        Declared::Structure => return Class::Structure,
        Declared::Opaque if facts.census.stray() > 0 => return Class::Binary,
        Declared::Opaque | Declared::Nothing => {}
    }
    if facts.approved == Some(Class::Text) {
        return Class::Text;
    }
    if let Some(format) = facts.format {
        match format::is_text(format) {
            Some(false) => return Class::Binary,
            Some(true) if !is_plainly_binary(facts.census) => return Class::Text,
            Some(true) => {}
            None => return Class::Container,
        }
    }
    let has_name = kind::is_text_name(facts.name);
    // A few units may be numbers.
    let is_guess = facts.census.wide.is_some() && marked(facts.census).is_none();
    if is_guess && facts.census.size < SURE && !has_name {
        return Class::Binary;
    }
    let named_text = has_name && !is_plainly_binary(facts.census);
    if named_text || !looks_binary(facts.census) { Class::Text } else { Class::Binary }
}

/// Whether nobody would take the bytes for text, whatever the name says: more than one in eight is NUL,
/// or another stray control byte or DEL, of which a few more may be in what is short. UTF-16 with a byte
/// order mark is text, and so is what is filled up with end-of-file markers, or with NUL.
fn is_plainly_binary(census: &Census) -> bool {
    let share = census.size / 8;
    let is_padded = census.stray() == census.nul
        && (census.high == 0 || census.utf8)
        && census.nul * 8 < census.size * 3;
    (census.stray() > share.max(8) || census.nul > share.max(2))
        && utf16(census).is_none()
        && !census.strays_only_in_markers()
        && !is_padded
}

/// Whether the census alone says that the bytes are no text. A few stray bytes are no proof: two
/// in any content, one in 64 in a larger one, one in eight where all else is UTF-8.
pub fn looks_binary(census: &Census) -> bool {
    let is_filled = census.strays_only_in_markers() && census.size - census.stray() >= FILLED;
    if census.size == 0 || utf16(census).is_some() || is_filled {
        return false;
    }
    // Bytes that are UTF-8 from end to end are hardly anything but text, however many escapes and
    // other controls stand among them; NUL is no part of that.
    let (stray, share) = if census.utf8 { (census.stray(), 8) } else { (census.stray(), 64) };
    if stray > (census.size / share).max(2)
        || census.nul > (census.size / 64).max(2)
        || stray * 3 > census.size
    {
        return true;
    }
    if census.high == 0 || census.utf8 {
        return false;
    }
    // Eight-bit text, or a few bytes that are not UTF-8 in one that is: in other scripts nearly all
    // bytes are high. Samples and pixels that happen to hold no control byte have no lines.
    let has_lines = (census.lf + census.cr).saturating_mul(1024) >= census.size;
    census.size >= 1024 && !has_lines && census.high > census.size / 2
}

/// Whether what the census took for binary is a text to those who know that texts are UTF-16: some half
/// of its bytes are zero, as where most characters are of Latin scripts.
pub fn is_utf16_to_who_knows(census: &Census) -> bool {
    let half = census.size * 3..census.size * 5;
    census.size >= 4 && half.contains(&(census.nul * 8)) && !has_many_controls(census)
}

/// Whether more than a few bytes are control bytes that are no NUL.
fn has_many_controls(census: &Census) -> bool {
    census.control + census.del > (census.size / 16).max(8)
}

/// The byte order of UTF-16 text: a mark tells it, or all of its bytes do.
pub(super) fn utf16(census: &Census) -> Option<Wide> {
    match census.wide {
        Some(Wide::Utf32Le | Wide::Utf32Be) => None,
        told => marked(census).or(told),
    }
}

/// The same by a byte order mark, whole units, and plausible first characters: a stray one among them
/// proves nothing.
fn marked(census: &Census) -> Option<Wide> {
    let (told, order): (_, fn([u8; 2]) -> u16) = match census.head {
        [0xff, 0xfe, ..] => (Wide::Utf16Le, u16::from_le_bytes),
        [0xfe, 0xff, ..] => (Wide::Utf16Be, u16::from_be_bytes),
        _ => return None,
    };
    // An odd byte at the end is what a stray byte leaves behind, and is looked for by the rules.
    let seen = usize::try_from(census.size).unwrap_or(usize::MAX).min(census.head.len());
    let (units, _) = census.head.get(2..seen)?.as_chunks::<2>();
    let is_odd = |&unit: &u16| match unit {
        0 | 0xfffe | 0xffff => true,
        unit => unit < 0x20 && !matches!(unit, 9..=13),
    };
    let odd = units.iter().map(|&unit| order(unit)).filter(is_odd).count();
    let plausible = match units {
        [] | [[0, 0]] => odd == 0,
        // Another, and it is UTF-32.
        [[0, 0], ..] => odd == 1,
        _ => odd <= 1 || is_utf16_to_who_knows(census),
    };
    (plausible && census.nul <= census.size / 2 + 2).then_some(told)
}

#[cfg(test)]
mod tests {
    use super::super::Sweep;
    use super::*;

    fn census(bytes: &[u8]) -> Census {
        let mut sweep = Sweep::new();
        sweep.update(bytes);
        sweep.finish()
    }

    fn class(name: &[u8], bytes: &[u8]) -> Class {
        let census = census(bytes);
        let format = super::super::recognise(bytes, bytes, bytes.len() as u64, name);
        settle(&Facts {
            census: &census,
            declared: Declared::Nothing,
            name,
            format,
            approved: None,
        })
    }

    #[test]
    fn one_stray_byte_anywhere_leaves_a_text_a_text() {
        for size in [1usize, 2, 5, 100, 5_000, 70_000] {
            for stray in [0u8, 4, 0x1a, 0x7f] {
                for at in [0, size / 2, size] {
                    let mut bytes = b"A line of text, and more of it.\n".repeat(size / 32 + 1);
                    bytes.truncate(size.max(2));
                    bytes.insert(at, stray);
                    assert_eq!(class(b"unknown", &bytes), Class::Text, "{size} {stray} {at}");
                }
            }
        }
    }

    #[test]
    fn one_damaged_character_leaves_a_text_in_any_script_a_text() {
        for text in ["日本語のテキスト。\n", "Русский текст\n", "καφές\n"]
        {
            let mut bytes = text.repeat(300).into_bytes();
            bytes.insert(7, 0xff);
            assert_eq!(class(b"unknown", &bytes), Class::Text);
        }
    }

    #[test]
    fn classes() {
        let noise: Vec<u8> =
            (0..4096u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let filled = |with, times| [b"@ECHO OFF\r\n", &*vec![with; times]].concat();
        for (name, bytes, expected) in [
            (&b"x"[..], &b""[..], Class::Empty),
            (b"x", b"\x04", Class::Binary),
            (b"x.txt", b"\x04", Class::Text),
            (b"x.txt", &[4; 9], Class::Text),
            (b"x", b"Hello\n\x04\x04\x04\x04", Class::Text),
            (b"x", &filled(0x1a, 100), Class::Text),
            (b"x", &filled(0x1a, 100_000), Class::Text),
            (b"x.txt", &filled(7, 100), Class::Binary),
            (b"x.txt", &[&b"A line of text.\n".repeat(90)[..], &[0; 512]].concat(), Class::Text),
            (b"x.txt", &[&b"A line of text.\n".repeat(900)[..], &[0; 5120]].concat(), Class::Text),
            (b"x.txt", b"a\0b\0c\0d\0e\0f\0g\0h\0i\0", Class::Binary),
            (b"x.txt", b"Hi\x07\x07\x07\x07", Class::Text),
            (b"x", &noise, Class::Binary),
            (b"x.txt", &noise, Class::Text),
            (b"x", "日本語のテキスト".as_bytes(), Class::Text),
            (b"x", b"caf\xe9 au lait\n", Class::Text),
            (b"x", b"\xff\xfea\0b\0\n\0", Class::Text),
            (b"x", b"\xff\xfe\x04\0H\0e\0l\0l\0o\0", Class::Text),
            (b"x", b"\xff\xfeA\0\x04\0", Class::Text),
            (b"x", b"\xff\xfe\x04\0\x04\0\x04\0H\0e\0l\0l\0o\0", Class::Text),
            (b"x", b"\xff\xfe\0\0", Class::Binary),
            (b"x", b"\xff\xfe\0\0\x10\x04\0\0\x11\x04\0\0\x12\x04\0\0", Class::Binary),
            (b"x", b"\xff\xfe\0\0a\0\0\0", Class::Binary),
            (b"x", b"a\0b\0c\0d\0e\0", Class::Binary),
            (b"x", b"P5\n8 8\n255\nabcdefgh", Class::Binary),
            (b"x.txt", &[0; 64], Class::Binary),
        ] {
            assert_eq!(
                class(name, bytes),
                expected,
                "{} {}",
                name.escape_ascii(),
                bytes.escape_ascii()
            );
        }
    }

    #[test]
    fn what_was_approved_as_text_stays_text_and_is_known_to_look_binary() {
        let census = census(&[0; 64]);
        let facts = Facts {
            census: &census,
            declared: Declared::Nothing,
            name: b"x",
            format: None,
            approved: Some(Class::Text),
        };
        assert_eq!(settle(&facts), Class::Text);
        assert!(looks_binary(&census));
    }
}
