//! Records of pax extended headers: POSIX.1-2017 pax, "pax Header Block"; the keys of GNU tar
//! (`GNU.sparse.*`) and star (`SCHILY.xattr.*`).

use std::ops::Range;

/// A record `length key=value\n`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// Where it stands in the header's data.
    pub at: Range<usize>,
    /// Before the first `=`.
    pub key: Vec<u8>,
    /// After it, without the newline.
    pub value: Vec<u8>,
    /// Whether the length is written with the fewest digits.
    pub is_plain: bool,
}

/// The records, and the offset of the first byte that is no part of one.
pub(super) fn parse(data: &[u8]) -> (Vec<Record>, usize) {
    let mut records = Vec::new();
    let mut at = 0;
    while let Some(record) = next(data, at) {
        at = record.at.end;
        records.push(record);
    }
    (records, at)
}

fn next(data: &[u8], at: usize) -> Option<Record> {
    let rest = data.get(at..)?;
    let space = rest.iter().take(12).position(|&b| b == b' ')?;
    let digits = std::str::from_utf8(rest.get(..space)?).ok()?;
    let length: usize = digits.parse().ok()?;
    let body = rest.get(space + 1..length)?;
    let (&last, body) = body.split_last()?;
    let equals = memchr::memchr(b'=', body).filter(|_| last == b'\n')?;
    Some(Record {
        at: at..at + length,
        key: body.get(..equals)?.to_vec(),
        value: body.get(equals + 1..)?.to_vec(),
        is_plain: digits == length.to_string(),
    })
}

/// A decimal number without sign or leading zeros.
pub(super) fn decimal(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    let value: u64 = text.parse().ok()?;
    (value.to_string() == text).then_some(value)
}

/// Seconds and nanoseconds, where the text is the only spelling of that time.
pub(super) fn time(text: &[u8]) -> Option<(i64, u32)> {
    let text = std::str::from_utf8(text).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = whole.parse().ok()?;
    let mut nanos = 0u32;
    for digit in 0..9 {
        let byte = fraction.as_bytes().get(digit).copied().unwrap_or(b'0');
        nanos = nanos * 10 + u32::from(byte.checked_sub(b'0').filter(|&n| n < 10)?);
    }
    let is_plain = whole == seconds.to_string()
        && fraction.len() <= 9
        && !fraction.ends_with('0')
        && text.contains('.') != fraction.is_empty()
        && (seconds >= 0 || nanos == 0);
    is_plain.then_some((seconds, nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_end_where_they_say() {
        let (records, end) = parse(b"11 path=a/b\n");
        assert!(records.is_empty() && end == 0);
        let (records, end) = parse(b"12 path=a/b\n8 a=\n=\n\n\0\0");
        let told: Vec<_> = records.iter().map(|r| (r.key.as_slice(), r.value.as_slice())).collect();
        assert_eq!(told, [(&b"path"[..], &b"a/b"[..]), (b"a", b"\n=\n")]);
        assert_eq!(end, 20);
        assert!(parse(b"99999999999 a=b\n").0.is_empty());
    }

    #[test]
    fn times_have_one_spelling() {
        assert_eq!(time(b"1700000000.25"), Some((1_700_000_000, 250_000_000)));
        assert_eq!(time(b"-3"), Some((-3, 0)));
        for other in ["1.", "1.50", "01", "+1", "-1.5", "1.0123456789", "1.x", "", "1e3"] {
            assert_eq!(time(other.as_bytes()), None, "{other}");
        }
    }
}
