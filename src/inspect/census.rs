//! The census: one sweep over all bytes of a content, in whatever chunks they come.
//!
//! It is fed from the buffer that is hashed, keeps less than 200 bytes, and gives the same counts
//! however the content is cut. Byte counts are always exact; the two costlier looks (UTF-8, and
//! which control bytes) are given up for good once the content is plainly binary, which is asked
//! at fixed offsets only.

use crate::model::{Census, Groups};

use super::lanes;
use super::utf8::Utf8;

/// First offset at which the sweep asks whether the content is plainly binary.
const FIRST_LOOK: u64 = 4 << 10;
/// Distance of the later ones.
const LATER_LOOKS: u64 = 64 << 10;
/// A content is plainly binary if more than one byte in so many is NUL, a control byte or DEL.
/// Compressed and random bytes have one in nine.
const STRAY_SHARE: u64 = 16;

/// A census under way.
#[derive(Clone, Debug)]
pub struct Sweep {
    census: Census,
    utf8: Utf8,
    /// Whether the costlier looks go on.
    may_be_text: bool,
    /// The last byte so far was a CR.
    after_cr: bool,
}

impl Default for Sweep {
    fn default() -> Self {
        Self::new()
    }
}

impl Sweep {
    /// A census of nothing yet.
    pub fn new() -> Self {
        Self {
            census: Census { controls_exact: true, utf8: true, ..Census::default() },
            utf8: Utf8::default(),
            may_be_text: true,
            after_cr: false,
        }
    }

    /// Takes the next bytes of the content.
    pub fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let at = self.census.size;
            let next_look = match at {
                0..FIRST_LOOK => FIRST_LOOK,
                _ => (at / LATER_LOOKS + 1) * LATER_LOOKS,
            };
            let room = if self.may_be_text { next_look - at } else { u64::MAX };
            let length = bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
            let (piece, rest) = bytes.split_at(length);
            self.take(piece);
            if self.may_be_text && self.census.size == next_look {
                self.may_be_text = self.census.stray() <= self.census.size / STRAY_SHARE
                    || self.census.strays_only_in_markers();
            }
            bytes = rest;
        }
    }

    /// Whether what was taken may still be a text. Once it is plainly binary, it stays so.
    pub fn may_be_text(&self) -> bool {
        self.may_be_text
    }

    /// The counts over all that was taken.
    pub fn finish(self) -> Census {
        let mut census = self.census;
        if self.utf8.is_open() && census.utf8 {
            census.utf8 = false;
        }
        census.controls_exact = self.may_be_text;
        if !self.may_be_text {
            census.utf8 = false;
            census.controls = 0;
        }
        census.told = if census.utf8 { self.utf8.told() } else { Groups::NONE };
        census
    }

    /// Takes bytes between two looks.
    fn take(&mut self, piece: &[u8]) {
        let counts = lanes::count(piece);
        let census = &mut self.census;
        let at = census.size;
        census.size += piece.len() as u64;
        census.nul += counts.nul;
        census.control += counts.control;
        census.del += counts.del;
        census.high += counts.high;
        census.lf += counts.lf;
        census.cr += counts.cr;
        if self.after_cr && piece.first() == Some(&b'\n') {
            census.crlf += 1;
        }
        if counts.cr > 0 {
            census.crlf += lanes::count_crlf(piece);
        }
        self.after_cr = piece.last() == Some(&b'\r');
        let head = usize::try_from(at).unwrap_or(usize::MAX).min(census.head.len());
        for (to, from) in census.head.iter_mut().skip(head).zip(piece) {
            *to = *from;
        }
        let length = census.tail.len();
        let new = piece.len().min(length);
        census.tail.copy_within(new.., 0);
        census.tail[length - new..].copy_from_slice(&piece[piece.len() - new..]);
        if !self.may_be_text {
            return;
        }
        census.controls |= u32::from(counts.nul > 0)
            | u32::from(counts.lf > 0) << b'\n'
            | u32::from(counts.cr > 0) << b'\r';
        if counts.control > 0 {
            census.controls |= lanes::controls(piece);
        } else {
            let rare: &[u8] = if counts.vertical { &[b'\t', 0x0b, 0x0c] } else { b"\t" };
            for &byte in rare {
                if census.controls & 1 << byte == 0 && memchr::memchr(byte, piece).is_some() {
                    census.controls |= 1 << byte;
                }
            }
        }
        if census.utf8 && (counts.high > 0 || self.utf8.is_open()) {
            census.utf8 = self.utf8.update(piece, at);
        } else {
            self.utf8.ascii();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn census(bytes: &[u8]) -> Census {
        let mut sweep = Sweep::new();
        sweep.update(bytes);
        sweep.finish()
    }

    #[test]
    fn a_sweep_stays_small() {
        assert!(size_of::<Sweep>() < 200, "{}", size_of::<Sweep>());
    }

    #[test]
    fn counts_are_those_of_a_plain_loop() {
        let bytes: Vec<u8> =
            (0..70_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let counted = census(&bytes);
        let count = |f: fn(u8) -> bool| bytes.iter().filter(|&&b| f(b)).count() as u64;
        assert_eq!(counted.nul, count(|b| b == 0));
        assert_eq!(counted.control, count(|b| (1..0x20).contains(&b) && !(9..=13).contains(&b)));
        assert_eq!(counted.del, count(|b| b == 0x7f));
        assert_eq!(counted.high, count(|b| b >= 0x80));
        assert_eq!(counted.lf, count(|b| b == 10));
        assert_eq!(counted.cr, count(|b| b == 13));
        let crlf = bytes.windows(2).filter(|pair| pair == b"\r\n").count();
        assert_eq!(counted.crlf, crlf as u64);
    }

    #[test]
    fn one_stray_byte_far_in_is_seen() {
        let mut bytes = vec![b'a'; 300_000];
        bytes[299_000] = 4;
        let counted = census(&bytes);
        assert_eq!((counted.control, counted.controls, counted.controls_exact), (1, 1 << 4, true));
        assert!(counted.utf8);
    }

    #[test]
    fn utf8_and_what_nobody_sees() {
        for (text, utf8, told) in [
            (&b"plain"[..], true, false),
            ("®".as_bytes(), true, false),
            (b"ab\xa8c", false, false),
            (b"ab\xc2", false, false),
            (b"\xe2\x80", false, false),
            (b"\xc0\x80", false, false),
            (b"\xed\xa0\x80", false, false),
            ("\u{feff}a".as_bytes(), true, false),
            ("a\u{feff}".as_bytes(), true, true),
            ("\u{85}".as_bytes(), true, true),
            ("\u{202e}".as_bytes(), true, true),
            ("\u{61c}".as_bytes(), true, true),
        ] {
            let counted = census(text);
            assert_eq!((counted.utf8, counted.told != Groups::NONE), (utf8, told), "{text:x?}");
        }
    }

    #[test]
    fn plainly_binary_gives_up_the_costly_looks() {
        let counted = census(&[0; 5000]);
        assert!(!counted.controls_exact && !counted.utf8);
        assert!(census(&[0; 4095]).controls_exact);
    }

    /// Bytes of the kinds that borders can split, and long runs.
    fn content() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            4 => Just(b"\r\n".to_vec()),
            4 => Just("é€𝄞\u{200b}".as_bytes().to_vec()),
            4 => prop::collection::vec(any::<u8>(), 0..4),
            4 => Just(b"words and words\n".to_vec()),
            1 => Just(vec![0; 700]),
            1 => Just(vec![b'x'; 5000]),
            1 => Just(b"\t\x0b\x0c".to_vec()),
        ];
        prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn cutting_changes_nothing(bytes in content(), cuts in prop::collection::vec(1usize..3000, 1..8)) {
            let whole = census(&bytes);
            let mut sweep = Sweep::new();
            let (mut rest, mut cut) = (&bytes[..], cuts.iter().cycle());
            while !rest.is_empty() {
                let (piece, after) = rest.split_at((*cut.next().expect("endless")).min(rest.len()));
                sweep.update(piece);
                rest = after;
            }
            prop_assert_eq!(sweep.finish(), whole);
            prop_assert_eq!(whole.utf8, whole.controls_exact && std::str::from_utf8(&bytes).is_ok());
        }

        #[test]
        fn byte_by_byte(bytes in content()) {
            let bytes = &bytes[..bytes.len().min(9000)];
            let mut sweep = Sweep::new();
            for byte in bytes {
                sweep.update(std::slice::from_ref(byte));
            }
            prop_assert_eq!(sweep.finish(), census(bytes));
        }
    }
}
