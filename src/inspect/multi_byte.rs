//! Encodings of one byte or more a character, as far as columns need them: how many bytes make one.
//! Lead and trail bytes are those of the WHATWG Encoding Standard, sections 10 to 13. No trail byte is
//! a control byte, so a stray one is never taken for a part of a character.

use encoding_rs::Encoding;

/// An encoding of one byte or more a character.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MultiByte {
    /// `Shift_JIS` with the extensions of Windows.
    ShiftJis,
    /// EUC-JP.
    EucJp,
    /// GBK and, as its characters of two bytes are the same, GB 18030.
    Gb18030,
    /// Big5 with HKSCS.
    Big5,
    /// EUC-KR as windows-949 has it.
    EucKr,
}

impl MultiByte {
    /// By a WHATWG label.
    pub fn of(label: &str) -> Option<Self> {
        let encoding = Encoding::for_label(label.as_bytes())?;
        [
            (encoding_rs::SHIFT_JIS, Self::ShiftJis),
            (encoding_rs::EUC_JP, Self::EucJp),
            (encoding_rs::GBK, Self::Gb18030),
            (encoding_rs::GB18030, Self::Gb18030),
            (encoding_rs::BIG5, Self::Big5),
            (encoding_rs::EUC_KR, Self::EucKr),
        ]
        .into_iter()
        .find_map(|(of, found)| (of == encoding).then_some(found))
    }

    /// Bytes of the character that `bytes` begin with, at least one; a byte that begins none is one by
    /// itself.
    pub fn length(self, bytes: &[u8]) -> usize {
        match (self, bytes) {
            (Self::ShiftJis, [0x81..=0x9f | 0xe0..=0xfc, 0x40..=0x7e | 0x80..=0xfc, ..])
            | (Self::EucJp, [0x8e, 0xa1..=0xdf, ..] | [0xa1..=0xfe, 0xa1..=0xfe, ..])
            | (Self::Gb18030, [0x81..=0xfe, 0x40..=0x7e | 0x80..=0xfe, ..])
            | (Self::Big5, [0x81..=0xfe, 0x40..=0x7e | 0xa1..=0xfe, ..])
            | (Self::EucKr, [0x81..=0xfe, 0x41..=0xfe, ..]) => 2,
            (Self::EucJp, [0x8f, 0xa1..=0xfe, 0xa1..=0xfe, ..]) => 3,
            (Self::Gb18030, [0x81..=0xfe, 0x30..=0x39, 0x81..=0xfe, 0x30..=0x39, ..]) => 4,
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_as_long_as_they_are_encoded() {
        let text = "aあ漢字ｱ、한국어é中文龍€𠀋\u{3000}z";
        for (encoding, of) in [
            (encoding_rs::SHIFT_JIS, MultiByte::ShiftJis),
            (encoding_rs::EUC_JP, MultiByte::EucJp),
            (encoding_rs::GBK, MultiByte::Gb18030),
            (encoding_rs::GB18030, MultiByte::Gb18030),
            (encoding_rs::BIG5, MultiByte::Big5),
            (encoding_rs::EUC_KR, MultiByte::EucKr),
        ] {
            assert_eq!(MultiByte::of(encoding.name()), Some(of));
            let mut encoded = 0;
            for character in text.chars() {
                let text = character.to_string();
                let (bytes, _, failed) = encoding.encode(&text);
                if !failed {
                    encoded += 1;
                    let bytes = [&bytes, &b"\x04\x04\x04"[..]].concat();
                    assert_eq!(of.length(&bytes), bytes.len() - 3, "{character} {of:?}");
                }
            }
            assert!(encoded > 6, "{of:?}: {encoded}");
            assert_eq!(of.length(b"\x81\x04"), 1);
        }
        assert_eq!(MultiByte::of("macintosh"), None);
    }
}
