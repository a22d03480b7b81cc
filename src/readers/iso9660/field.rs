//! Fields of ISO 9660: numbers recorded in both byte orders, dates, padded and UCS-2 text.
//!
//! ECMA-119 7.2.3 and 7.3.3 (both-byte orders), 8.4.26.1 (17-byte date), 9.1.5 (7-byte date); Joliet
//! Specification 1.0 (character sets).

use crate::model::fact::{Value, seconds_of};
use crate::source::{be16, be32, le16, le32};

/// A number that is recorded little-endian and then big-endian.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Both {
    /// The little-endian value, which most systems read.
    pub(super) value: u32,
    /// The big-endian value.
    pub(super) big: u32,
}

impl Both {
    /// Whether the two byte orders say the same.
    pub(super) const fn agrees(self) -> bool {
        self.value == self.big
    }
}

/// Two bytes in each order.
pub(super) fn both16(bytes: &[u8], at: usize) -> Option<Both> {
    Some(Both { value: le16(bytes, at)?.into(), big: be16(bytes, at + 2)?.into() })
}

/// Four bytes in each order.
pub(super) fn both32(bytes: &[u8], at: usize) -> Option<Both> {
    Some(Both { value: le32(bytes, at)?, big: be32(bytes, at + 4)? })
}

/// A 7-byte date in its recorded zone; the bytes themselves where there is no such date, `None` where
/// all are zero, which stands for "not recorded".
pub(super) fn short_date(bytes: &[u8]) -> Option<Value> {
    if bytes.iter().all(|&b| b == 0) {
        return None;
    }
    let time = || {
        let &[year, month, day, hour, minute, second, zone] = bytes else { return None };
        let seconds = seconds_of(
            1900 + i64::from(year),
            month.into(),
            day.into(),
            hour.into(),
            minute.into(),
            second.into(),
        )?;
        Some(Value::Time { seconds, nanos: 0, zone: Some(zone_of(zone)?) })
    };
    Some(time().unwrap_or_else(|| Value::bytes(bytes)))
}

/// A 17-byte date in its recorded zone; the bytes themselves where there is no such date, `None`
/// where it is "not specified": sixteen digits zero and a zone of zero.
pub(super) fn long_date(bytes: &[u8]) -> Option<Value> {
    if bytes == b"0000000000000000\0" {
        return None;
    }
    let digits = |at: usize, count: usize| -> Option<u32> {
        bytes
            .get(at..at + count)?
            .iter()
            .try_fold(0, |sum, &b| b.is_ascii_digit().then(|| sum * 10 + u32::from(b - b'0')))
    };
    let time = || {
        let seconds = seconds_of(
            digits(0, 4)?.into(),
            digits(4, 2)?.into(),
            digits(6, 2)?.into(),
            digits(8, 2)?.into(),
            digits(10, 2)?.into(),
            digits(12, 2)?.into(),
        )?;
        let nanos = digits(14, 2)? * 10_000_000;
        Some(Value::Time { seconds, nanos, zone: Some(zone_of(*bytes.get(16)?)?) })
    };
    Some(time().unwrap_or_else(|| Value::bytes(bytes)))
}

/// Minutes east of UTC of a zone in quarters of an hour, -48 to 52.
fn zone_of(byte: u8) -> Option<i16> {
    let quarters = i16::from(byte.cast_signed());
    (-48..=52).contains(&quarters).then_some(quarters * 15)
}

/// Text of a fixed width without its padding; `None` for spaces only.
///
/// No two fields of one width give the same value: spaces at the end are dropped, or else zeros
/// down to one, and a field that mixes both is kept whole.
pub(super) fn padded_text(bytes: &[u8]) -> Option<Value> {
    if bytes.iter().all(|&b| b == b' ') {
        return None;
    }
    if bytes.last() == Some(&0) {
        let end = bytes.iter().rposition(|&b| b != 0).map_or(0, |at| at + 1);
        return Some(Value::bytes(bytes.get(..=end).unwrap_or(bytes)));
    }
    let end = bytes.iter().rposition(|&b| b != b' ').map_or(0, |at| at + 1);
    match bytes.get(..end) {
        Some(text) if text.last() != Some(&0) => Some(Value::bytes(text)),
        _ => Some(Value::bytes(bytes)),
    }
}

/// UTF-16 big-endian as UTF-8. A surrogate without its partner becomes the three bytes that its
/// number would have (so nothing is lost), an odd last byte stands as it is.
pub(super) fn from_ucs2(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let pairs = bytes.chunks_exact(2);
    let odd = pairs.remainder();
    let units = pairs.filter_map(|pair| be16(pair, 0));
    for unit in char::decode_utf16(units) {
        match unit {
            Ok(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Err(lone) => {
                let unit = lone.unpaired_surrogate();
                out.push(0xe0 | (unit >> 12) as u8);
                out.push(0x80 | (unit >> 6 & 0x3f) as u8);
                out.push(0x80 | (unit & 0x3f) as u8);
            }
        }
    }
    out.extend_from_slice(odd);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_keep_their_zone_and_bad_ones_their_bytes() {
        let text = |bytes: &[u8]| short_date(bytes).map(|value| value.text());
        assert_eq!(text(&[93, 8, 9, 17, 4, 0, 0]).as_deref(), Some("1993-08-09T17:04:00Z"));
        assert_eq!(text(&[93, 8, 9, 17, 4, 0, 0xe4]).as_deref(), Some("1993-08-09T17:04:00-07:00"));
        assert_eq!(text(&[0; 7]), None);
        assert_eq!(
            short_date(&[93, 2, 31, 0, 0, 0, 0]),
            Some(Value::bytes(&[93, 2, 31, 0, 0, 0, 0]))
        );
        assert_eq!(
            short_date(&[93, 2, 1, 0, 0, 0, 53]),
            Some(Value::bytes(&[93, 2, 1, 0, 0, 0, 53]))
        );
        let long = long_date(b"1993080917040025\x08").map(|value| value.text());
        assert_eq!(long.as_deref(), Some("1993-08-09T17:04:00.25+02:00"));
        assert_eq!(long_date(b"0000000000000000\0"), None);
        assert_eq!(long_date(&[0; 17]), Some(Value::bytes(&[0; 17])));
    }

    #[test]
    fn padding_of_text_is_injective() {
        let fields: [&[u8]; 8] =
            [b"A   ", b"A\0\0\0", b"A\0\0 ", b"A\0  ", b"A \0\0", b"\0\0\0\0", b"   \0", b"A\0 \0"];
        let values: std::collections::HashSet<_> =
            fields.iter().map(|field| padded_text(field).map(|value| value.text())).collect();
        assert_eq!(values.len(), fields.len());
        assert_eq!(padded_text(b"    "), None);
    }

    #[test]
    fn lone_surrogates_survive() {
        assert_eq!(from_ucs2(&[0, 0xae]), "®".as_bytes());
        assert_eq!(from_ucs2(&[0xd8, 0x3d, 0xde, 0x00]), "😀".as_bytes());
        assert_eq!(from_ucs2(&[0xd8, 0x3d, 0, b'a']), b"\xed\xa0\xbda");
        assert_eq!(from_ucs2(&[0, b'a', 7]), b"a\x07");
    }
}
