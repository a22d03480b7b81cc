//! Which groups of characters that rules may mind a UTF-8 text holds: asked of blocks of bytes that are
//! not all ASCII, of each byte with its neighbours, so that the compiler makes vector code of it and a
//! text full of ordinary marks costs little more than one without.
//!
//! It may say yes too often, never no: the second look decodes.

#![expect(
    clippy::inline_always,
    reason = "what is dispatched takes its instruction set by inlining"
)]
#![expect(
    clippy::needless_bitwise_bool,
    reason = "lazy operators are branches, and no vector code"
)]

use pulp::{Simd, WithSimd};

use super::lanes::dispatch;
use crate::model::Groups;

/// Bytes of a block.
const BLOCK: usize = 64;
/// Bytes that are passed over at once if they are ASCII.
const RUN: usize = 512;
/// Bytes before the one looked at, of which the character before it may consist.
const BEFORE: usize = 4;
/// Bytes behind it.
const BEHIND: usize = 2;
/// Bytes that are carried to the next block: the last of them still want what stands behind them.
const CARRY: usize = BEFORE + BEHIND;

/// A look at whole UTF-8 sequences under way, however they are cut.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Teller {
    told: Groups,
    /// The last bytes.
    carry: [u8; CARRY],
}

impl Teller {
    /// Takes the next whole sequences.
    pub(super) fn update(&mut self, valid: &[u8]) {
        *self = dispatch(Blocks { teller: *self, valid });
    }

    /// Passes ASCII over.
    pub(super) fn ascii(&mut self) {
        self.carry = [0; CARRY];
    }

    /// What was seen.
    pub(super) fn told(self) -> Groups {
        self.told
    }
}

struct Blocks<'a> {
    teller: Teller,
    valid: &'a [u8],
}

impl WithSimd for Blocks<'_> {
    type Output = Teller;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Teller {
        let Self { mut teller, valid } = self;
        let mut found = 0;
        for run in valid.chunks(RUN) {
            let before = teller.carry.iter().fold(0, |all, &b| all | b);
            if run.iter().fold(before, |all, &b| all | b) < 0x80 {
                continue;
            }
            for block in run.chunks(BLOCK) {
                let before = teller.carry.iter().fold(0, |all, &b| all | b);
                if block.iter().fold(before, |all, &b| all | b) < 0x80 {
                    continue;
                }
                let mut window = [0u8; CARRY + BLOCK];
                window[..CARRY].copy_from_slice(&teller.carry);
                window[CARRY..CARRY + block.len()].copy_from_slice(block);
                // At the end of the last block zeros stand for what follows: the carry brings those
                // bytes again.
                found |= look_at(&window);
                teller.carry.copy_from_slice(&window[block.len()..block.len() + CARRY]);
            }
        }
        teller.told.0 |= found;
        teller
    }
}

/// The groups that begin in a block, of which the last bytes wait for what stands behind them.
#[inline(always)]
fn look_at(window: &[u8; CARRY + BLOCK]) -> u8 {
    let from =
        |at: usize| window.get(at..).and_then(|rest| rest.first_chunk()).unwrap_or(&[0; BLOCK]);
    let near: [&[u8; BLOCK]; 7] = [from(0), from(1), from(2), from(3), from(4), from(5), from(6)];
    let [p4, p3, p2, p1, a, b, c] = near;
    let mut lanes = [0u8; BLOCK];
    for at in 0..BLOCK {
        lanes[at] = look([p4[at], p3[at], p2[at], p1[at], a[at], b[at], c[at]]);
    }
    lanes.iter().fold(0, |all, &lane| all | lane)
}

#[inline(always)]
fn look([p4, p3, p2, p1, a, b, c]: [u8; BEFORE + 1 + BEHIND]) -> u8 {
    let to = |group: Groups, is: bool| if is { group.0 } else { 0 };
    let row = |first: u8, last: u8, x: u8| x.wrapping_sub(first) <= last - first;
    let e280 = (a == 0xe2) & (b == 0x80);
    let e281 = (a == 0xe2) & (b == 0x81);

    let blank = (a == 0xc2) & ((b == 0xa0) | (b == 0xad));
    let noncharacter = (a == 0xef)
        & (((b == 0xb7) & row(0x90, 0xaf, c)) | ((b == 0xbf) & (c > 0xbd)))
        // The last two of a plane, of whose four bytes the first is not looked at.
        | ((a & 0xcf == 0x8f) & (b == 0xbf) & (c > 0xbd));
    let never = ((a == 0xc2) & (b < 0xa0)) | noncharacter;

    // Joiners and marks belong beside letters of scripts that have them and emoji, blanks without width
    // beside those of scripts without blanks: U+05C0 to U+1CFF, U+1F000 to U+1FAFF, U+FE0F; of the other,
    // U+0E00 to U+0EFF, U+1000 to U+107F, U+1780 to U+17FF, U+3000 to U+9FFF.
    let selector = (p3 == 0xef) & (p2 == 0xb8) & (p1 == 0x8f);
    let emoji = (p4 == 0xf0) & (p3 == 0x9f) & (p2 < 0xac);
    let joins =
        row(0xd7, 0xdf, p2) | (p3 == 0xe0) | ((p3 == 0xe1) & (p2 < 0xb4)) | selector | emoji;
    let joiner = (e280 & row(0x8c, 0x8f, c)) | ((a == 0xd8) & (b == 0x9c));
    let parts = ((p3 == 0xe0) & row(0xb8, 0xbb, p2))
        | ((p3 == 0xe1) & (row(0x80, 0x81, p2) | row(0x9e, 0x9f, p2)))
        | row(0xe3, 0xe9, p3);
    let filler = ((a == 0xcd) & (b == 0x8f))
        | ((a == 0xe1) & (b == 0x85) & row(0x9f, 0xa0, c))
        | ((a == 0xe1) & (b == 0xa0) & (c == 0x8e))
        | ((a == 0xe3) & (b == 0x85) & (c == 0xa4))
        | ((a == 0xef) & (b == 0xbe) & (c == 0xa0))
        | (e281 & (row(0xa0, 0xa5, c) | row(0xaa, 0xaf, c)));
    let unseen = (joiner & !joins) | (e280 & (c == 0x8b) & !parts) | filler;

    let bidi = (e280 & row(0xaa, 0xae, c)) | (e281 & row(0xa6, 0xa9, c));
    let private =
        (a == 0xee) | ((a == 0xef) & (b < 0xa4)) | (a == 0xf4) | ((a == 0xf3) & (b > 0xaf));
    let strange = (e280 & row(0xa8, 0xa9, c))
        | ((a == 0xef) & (((b == 0xbb) & (c == 0xbf)) | ((b == 0xbf) & (c == 0xbd))));
    // All but the two usual selectors, and those behind a selector.
    let selector = ((a == 0xef) & (b == 0xb8) & (c < 0x8e))
        | ((a & 0xfe == 0x8e) & (b == 0xef) & (c == 0xb8))
        | ((a == 0xf3) & (b < 0xb0));
    // Â or Ã before what is not ASCII, â and ï before what is left of more bytes; √ and ‚Ä of MacRoman.
    // Ð and Ñ before what is no letter of Latin-1, ð before Ÿ or its control byte; dashes of MacRoman
    // before what is not ASCII.
    let cyrillic = ((a == 0xc3) & (b & 0xfe == 0x90) & (c > 0xc1) & (c != 0xc3))
        | ((p3 == 0xe2) & (p2 == 0x80) & ((p1 == 0x93) | (p1 == 0x94)) & (a > 0x7f));
    let picture = (a == 0xc3) & (b == 0xb0) & ((c == 0xc5) | (c == 0xc2));
    let mojibake = ((a == 0xc3) & (b & 0xfe == 0x82) & (c > 0xc1))
        | ((a == 0xc3) & (b == 0xa2) & (c == 0xe2))
        | ((a == 0xc3) & (b == 0xaf) & (c == 0xc2))
        | ((a == 0xe2) & (b == 0x88) & (c == 0x9a))
        | ((a == 0x9a) & (b == 0xc3) & (c == 0x84))
        | cyrillic
        | picture;

    to(Groups::BLANK, blank)
        | to(Groups::NEVER, never)
        | to(Groups::UNSEEN, unseen)
        | to(Groups::BIDI, bidi)
        | to(Groups::PRIVATE, private)
        | to(Groups::STRANGE, strange)
        | to(Groups::SELECTOR, selector)
        | to(Groups::MOJIBAKE, mojibake)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Groups {
        let mut teller = Teller::default();
        teller.update(text.as_bytes());
        teller.told()
    }

    #[test]
    fn every_character_that_rules_mind_is_told_by_its_group() {
        for c in (0xa0..=0x10_ffff).filter_map(char::from_u32) {
            let expected = match u32::from(c) {
                0xfe0e | 0xfe0f => Groups::NONE,
                0x221a => Groups::MOJIBAKE,
                point => Groups::of(point),
            };
            let mut text = [0; 4];
            let found = told(c.encode_utf8(&mut text));
            // Of the highest planes the rest is told, too.
            let is = found == expected || u32::from(c) > 0xb_ffff && found & expected == expected;
            assert!(is, "U+{:04X}: {found:?}, not {expected:?}", u32::from(c));
        }
    }

    #[test]
    fn what_stands_beside_counts() {
        for (text, expected) in [
            ("cafÃ©", Groups::MOJIBAKE),
            ("donâ€™t", Groups::MOJIBAKE),
            ("ï»¿x", Groups::MOJIBAKE),
            ("caf√©", Groups::MOJIBAKE),
            ("Ð¿Ñ€Ð¸", Groups::MOJIBAKE),
            ("ðŸ˜€", Groups::MOJIBAKE),
            ("–ü—Ä–∏", Groups::MOJIBAKE),
            ("don‚Äôt", Groups::MOJIBAKE),
            ("\u{fe0f}\u{fe0f}", Groups::SELECTOR),
            ("❤\u{fe0f}", Groups::NONE),
            ("naïve café, Ωμέγα, 日本語，😀 “quoted” – dash", Groups::NONE),
            ("IRMÃO Â âge 刚才，", Groups::NONE),
            (
                "می\u{200c}خواهم ไทย\u{200b}ไทย 👨\u{200d}👩\u{200d}👧 🏳\u{fe0f}\u{200d}🌈",
                Groups::NONE,
            ),
            ("क\u{94d}\u{200d}ष", Groups::NONE),
            ("é\u{200d}a", Groups::UNSEEN),
            ("日本\u{200d}", Groups::UNSEEN),
            ("\u{2190}\u{200b}", Groups::UNSEEN),
            ("a\u{a0}\u{202e}b", Groups(1 | 1 << 3)),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn cutting_and_place_change_nothing() {
        for text in ["cafÃ©", "می\u{200c}خ", "👨\u{200d}👩", "\u{fe0e}\u{fe0f}", "a\u{200b}"]
        {
            for before in 0..2 * BLOCK {
                let text = format!("{}{text}{}", ".".repeat(before), ".".repeat(BLOCK));
                let mut teller = Teller::default();
                text.chars().for_each(|c| teller.update(c.encode_utf8(&mut [0; 4]).as_bytes()));
                let expected = told(text.trim_matches('.'));
                assert_eq!((told(&text), teller.told()), (expected, expected), "{before}: {text}");
            }
        }
    }
}
