//! One character of a text: UTF-8 with the reason why bytes are none (the Unicode Standard 3.9,
//! table 3-7), and the control sequences that an ESC begins (ECMA-48 5.4, ECMA-35 clause 14).

use crate::rules::IllFormed;

/// Decodes the character at the start of `bytes`, which hold at least four bytes or all that are
/// left. Gives the code point, or why there is none, and how many bytes it takes: at least one.
pub(super) fn utf8(bytes: &[u8]) -> (Result<u32, IllFormed>, usize) {
    let byte = |at: usize| bytes.get(at).copied();
    let tail = |at: usize| byte(at).filter(|b| b & 0xc0 == 0x80).map(|b| u32::from(b & 0x3f));
    let lead = byte(0).unwrap_or_default();
    let (more, bits) = match lead {
        0..0x80 => return (Ok(lead.into()), 1),
        0xc0..0xe0 => (1, lead & 0x1f),
        0xe0..0xf0 => (2, lead & 0x0f),
        0xf0..0xf8 => (3, lead & 0x07),
        _ => return (Err(IllFormed::Other), 1),
    };
    let mut point = u32::from(bits);
    for at in 1..=more {
        match tail(at) {
            Some(bits) => point = point << 6 | bits,
            // What follows begins anew: a sequence that breaks off is as long as what fits.
            None => return (Err(IllFormed::Other), at),
        }
    }
    let least = [0, 0x80, 0x800, 0x1_0000].get(more).copied().unwrap_or_default();
    let verdict = match point {
        _ if point < least => Err(IllFormed::Overlong),
        0xd800..0xe000 => Err(IllFormed::Surrogate),
        0x11_0000.. => Err(IllFormed::Other),
        _ => Ok(point),
    };
    (verdict, more + 1)
}

/// Whether the characters behind an ESC make it a control sequence (`ESC [ … final`) or the choice
/// of a character set (`ESC ( B`, `ESC $ B`). `next(n)` is the n-th character behind it.
pub(super) fn begins_sequence(next: impl Fn(usize) -> Option<u8>) -> bool {
    match next(0) {
        Some(b'[') => {
            let end = (1..30).find(|&at| !matches!(next(at), Some(0x20..=0x3f)));
            end.is_some_and(|at| matches!(next(at), Some(0x40..=0x7e)))
        }
        Some(b'$') => match next(1) {
            Some(b'@' | b'A' | b'B') => true,
            Some(b'('..=b'+') => matches!(next(2), Some(b'@'..=b'_')),
            _ => false,
        },
        Some(b'('..=b'+') => matches!(next(1), Some(b'0'..=b'K')),
        Some(b'-'..=b'/') => matches!(next(1), Some(b'A'..=b'M')),
        _ => false,
    }
}

/// Whether the BS between `before` and `after` strikes over as formatted manuals do: a character over
/// itself (bold), an underscore under or over one, `+` and `o` for a bullet (grotty(1), legacy
/// output), an accent over a letter (ECMA-6, 7.2: composite graphic characters). `before` may begin with what stands ahead of the last character.
pub(super) fn strikes_over(before: &[u8], after: &[u8]) -> bool {
    let is_start = |b: &u8| b & 0xc0 != 0x80;
    let Some(last) = before.iter().rposition(is_start).and_then(|at| before.get(at..)) else {
        return false;
    };
    let next = after.get(..utf8(after).1.min(after.len())).unwrap_or_default();
    let is_seen = |c: &[u8]| c.first().is_some_and(|b| *b > b' ' && *b != 0x7f);
    is_seen(last)
        && is_seen(next)
        && (last == next
            || last == b"_"
            || next == b"_"
            || matches!((last, next), (b"+", b"o") | (b"o", b"+"))
            || matches!(
                (last, next),
                ([b'\'' | b'"' | b'`' | b'^' | b'~' | b','], [b'A'..=b'Z' | b'a'..=b'z'])
            ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_agrees_with_the_standard_library() {
        for point in (0..=0x11_0000).step_by(7).filter_map(char::from_u32) {
            let mut buffer = [0; 4];
            let text = point.encode_utf8(&mut buffer);
            assert_eq!(utf8(text.as_bytes()), (Ok(point.into()), text.len()));
        }
        for (bytes, why, length) in [
            (&b"\xc0\x80"[..], IllFormed::Overlong, 2),
            (b"\xe0\x80\x80", IllFormed::Overlong, 3),
            (b"\xf0\x8f\xbf\xbf", IllFormed::Overlong, 4),
            (b"\xed\xa0\x80", IllFormed::Surrogate, 3),
            (b"\xf4\x90\x80\x80", IllFormed::Other, 4),
            (b"\xe2\x80a", IllFormed::Other, 2),
            (b"\xe2", IllFormed::Other, 1),
            (b"\xa8", IllFormed::Other, 1),
            (b"\xff", IllFormed::Other, 1),
        ] {
            assert_eq!(utf8(bytes), (Err(why), length), "{bytes:x?}");
        }
    }

    #[test]
    fn sequences() {
        for (behind, expected) in [
            (&b"[0m"[..], true),
            (b"[01;31m", true),
            (b"[K", true),
            (b"$B", true),
            (b"(B", true),
            (b"(0", true),
            (b"$(D", true),
            (b"[", false),
            (b"[\n", false),
            (b"", false),
            (b"x", false),
            (b"]0;title", false),
        ] {
            assert_eq!(begins_sequence(|at| behind.get(at).copied()), expected, "{behind:x?}");
        }
    }
}
