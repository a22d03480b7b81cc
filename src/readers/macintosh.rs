//! Names and dates as the classic Mac OS writes them: shared by the readers of its formats.
//!
//! *Inside Macintosh: Text*, appendix A (the Standard Roman character set); *Inside Macintosh:
//! Operating System Utilities*, ch. 4 (dates are seconds since 1904-01-01, local time). Byte 0xDB is
//! the euro sign, as in Mac OS 8.5 and later; the older currency sign is nowhere else in the set, so
//! that the decoding is one to one.

use crate::model::Value;

/// Seconds from 1904-01-01 to 1970-01-01.
const TO_UNIX: i64 = 2_082_844_800;

/// `MacRoman` bytes as UTF-8. Two different names never become equal.
pub(crate) fn utf8(name: &[u8]) -> Vec<u8> {
    let (text, _) = encoding_rs::MACINTOSH.decode_without_bom_handling(name);
    text.into_owned().into_bytes()
}

/// A date in seconds since 1904, in the clock of the machine that wrote it.
pub(crate) fn date(seconds: u32) -> Value {
    Value::Time { seconds: i64::from(seconds) - TO_UNIX, nanos: 0, zone: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_decodes_to_a_character_of_its_own() {
        let all: std::collections::HashSet<_> = (0..=255u8).map(|byte| utf8(&[byte])).collect();
        assert_eq!(all.len(), 256);
        assert_eq!(utf8(b"\xa8 \xdb \xca"), "® € \u{a0}".as_bytes());
    }

    #[test]
    fn dates_count_from_1904_without_a_zone() {
        assert_eq!(date(0).text(), "1904-01-01T00:00:00");
        assert_eq!(date(0x7c25_b080).text(), "1970-01-01T00:00:00");
    }
}
