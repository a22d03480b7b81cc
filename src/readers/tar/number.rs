//! Numeric fields: POSIX.1-2017 pax, "ustar Interchange Format", and GNU's base-256.
//!
//! Writers pad and end octal numbers in different ways. The *form* says which, so that value and form
//! together tell every byte of a field.

use std::borrow::Cow;

/// A field as read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Number {
    /// `None` for an empty field and for one that is no number.
    pub value: Option<i64>,
    /// Empty for zero-padded digits and a NUL; otherwise one letter, or `x` and the bytes in hex.
    pub form: Cow<'static, str>,
}

/// The forms with a name: letter, digits less than the field has bytes, padding, end.
const FORMS: [(&str, usize, u8, &[u8]); 8] = [
    ("", 1, b'0', b"\0"),
    ("s", 2, b'0', b" \0"),
    ("p", 1, b'0', b" "),
    ("n", 0, b'0', b""),
    ("v", 2, b' ', b" \0"),
    ("w", 1, b' ', b"\0"),
    ("q", 1, b' ', b" "),
    ("m", 2, b'0', b"\0 "),
];

/// Reads a field of 7 to 12 bytes.
pub(super) fn parse(field: &[u8]) -> Number {
    if field.iter().all(|&b| b == 0) {
        return Number { value: None, form: "e".into() };
    }
    if field.first().is_some_and(|&b| b & 0x80 != 0) {
        let value = base256(field);
        let form = if value.is_some() { "b".into() } else { hex(field) };
        return Number { value, form };
    }
    let value = octal(field);
    let form = value.and_then(|value| {
        FORMS.iter().find(|form| render(value, field.len(), form).as_deref() == Some(field))
    });
    match form {
        Some(form) => Number { value, form: form.0.into() },
        None => Number { value, form: hex(field) },
    }
}

/// A number that cannot be negative: a size, a checksum.
pub(super) fn unsigned(field: &[u8]) -> Option<u64> {
    u64::try_from(parse(field).value?).ok()
}

fn octal(field: &[u8]) -> Option<i64> {
    let start = field.iter().position(|&b| b != b' ' && b != 0)?;
    let digits = field.get(start..)?;
    let end = digits.iter().position(|b| !(b'0'..=b'7').contains(b)).unwrap_or(digits.len());
    let is_ended = digits.get(end).is_none_or(|&b| b == b' ' || b == 0);
    if end == 0 || !is_ended {
        return None;
    }
    digits
        .get(..end)?
        .iter()
        .try_fold(0i64, |value, digit| value.checked_mul(8)?.checked_add(i64::from(digit - b'0')))
}

/// Two's complement, big-endian; the top bit of the first byte only marks the form.
fn base256(field: &[u8]) -> Option<i64> {
    let (&first, rest) = field.split_first()?;
    let sign = match first {
        0x80 => 0u8,
        0xff => 0xff,
        _ => return None,
    };
    let (high, low) = rest.split_at(rest.len().saturating_sub(8));
    if high.iter().any(|&b| b != sign) {
        return None;
    }
    let mut bytes = [sign; 8];
    bytes.get_mut(8 - low.len()..)?.copy_from_slice(low);
    let value = i64::from_be_bytes(bytes);
    // A full eight bytes must not turn the sign that the first byte gives.
    ((value < 0) == (sign != 0)).then_some(value)
}

fn render(value: i64, width: usize, form: &(&str, usize, u8, &[u8])) -> Option<Vec<u8>> {
    let digits = format!("{value:o}").into_bytes();
    let padding = width.checked_sub(form.1)?.checked_sub(digits.len())?;
    Some([&vec![form.2; padding], &digits[..], form.3].concat())
}

fn hex(field: &[u8]) -> Cow<'static, str> {
    use std::fmt::Write as _;
    let mut text = String::from("x");
    for byte in field {
        let _ = write!(text, "{byte:02x}");
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_and_values() {
        let cases: [(&[u8], Option<i64>, &str); 14] = [
            (b"0000644\0", Some(0o644), ""),
            (b"000644 \0", Some(0o644), "s"),
            (b"0000644 ", Some(0o644), "p"),
            (b"00000644", Some(0o644), "n"),
            (b"   644 \0", Some(0o644), "v"),
            (b"    644\0", Some(0o644), "w"),
            (b"000644\0 ", Some(0o644), "m"),
            (b"\0\0\0\0\0\0\0\0", None, "e"),
            (b"644\0junk", Some(0o644), "x363434006a756e6b"),
            (b"0000648\0", None, "x3030303036343800"),
            (b"\x80\0\0\0\0\x01\0\0", Some(65_536), "b"),
            (b"\xff\xff\xff\xff\xff\xff\xff\xfe", Some(-2), "b"),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", Some(-1), "b"),
            (
                b"\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
                None,
                "x80ffffffffffffffffffffff",
            ),
        ];
        for (field, value, form) in cases {
            assert_eq!(parse(field), Number { value, form: form.into() }, "{field:?}");
        }
    }
}
