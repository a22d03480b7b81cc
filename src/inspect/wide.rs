//! Texts in units of two or four bytes that no byte order mark announces.
//!
//! They look binary to the census: half of their bytes or more are zero, or the high bytes of their
//! letters are control bytes. What tells them from tables and samples is that, read in the right order,
//! nearly all of their units are letters of one script and what stands between those, in every part of
//! the content. Blocks vote, so that a stray byte spoils one of them.

use std::cmp::Reverse;

use crate::model::{Census, Declared, Wide};

/// Bytes of a block that votes.
const BLOCK: usize = 64;
/// Bytes that are looked at first: of most binary files no more.
const FIRST: usize = 1 << 10;
/// Units of the shortest text that is told.
const SHORTEST: u64 = 4;
/// Bytes from which on they tell of a text without its name.
pub const SURE: u64 = 64;

/// Notes in the census that a content reads as a text of wide units, unless it is known or
/// declared what it is.
pub fn note_wide(
    census: &mut Census,
    head: &[u8],
    tail: &[u8],
    format: Option<&str>,
    declared: Declared,
) {
    if format.is_none() && declared == Declared::Nothing {
        census.wide = wide(census, head, tail);
    }
}

/// The units of a text in UTF-16 or UTF-32, as all of its bytes tell: `head` and `tail` are its first
/// and last ones, and where these are not all, the census of the whole has to be as that of the head.
fn wide(census: &Census, head: &[u8], tail: &[u8]) -> Option<Wide> {
    // Of bytes that were not counted, all are NUL; those of a text never are.
    let is_mixed = census.nul > 0 && census.nul < census.size;
    let may_be = is_mixed && (!census.utf8 || super::looks_binary(census));
    // Characters of several bytes do not come of chance: these are lines that NUL ends.
    let is_narrow = census.utf8 && census.high * 4 >= census.size;
    if !may_be || is_narrow {
        return None;
    }
    votes(head.get(..FIRST).unwrap_or(head), 4)?;
    let found = settled(head)?;
    if census.size <= head.len() as u64 {
        return Some(found);
    }
    let start = (census.size - tail.len() as u64).next_multiple_of(4);
    let skipped = usize::try_from(start + tail.len() as u64 - census.size).unwrap_or(usize::MAX);
    let last = settled(tail.get(skipped..)?)?;
    (last.bytes() == found.bytes() && is_alike(census, head)).then_some(found)
}

/// Whether the share of zeros in the head is that of the whole, within an eighth.
fn is_alike(census: &Census, head: &[u8]) -> bool {
    let zeros = memchr::memchr_iter(0, head).count() as u128;
    let (size, part) = (u128::from(census.size), head.len() as u128);
    let (here, all) = (zeros * size, u128::from(census.nul) * part);
    here.abs_diff(all) * 8 <= size * part
}

/// What a character is.
enum Sort {
    /// A blank, a line end, an ideographic comma or full stop.
    Blank,
    /// A letter of a script, by its number.
    Letter(usize),
    /// A digit.
    Digit,
    /// Punctuation, marks and pictures, which stand in every script.
    Neutral,
    /// What texts do not hold, or next to never.
    Odd,
}

const SCRIPTS: usize = 26;
const LATIN: usize = 0;
const CJK: usize = 24;

fn sort(c: u32) -> Sort {
    match c {
        0x09 | 0x0a | 0x0d | 0x20 | 0x3000..=0x3002 | 0xff0c | 0xff0e => Sort::Blank,
        0x30..=0x39 => Sort::Digit,
        0x41..=0x5a | 0x61..=0x7a | 0xc0..=0x24f | 0x1e00..=0x1eff => Sort::Letter(LATIN),
        0x370..=0x3ff | 0x1f00..=0x1fff => Sort::Letter(1),
        0x400..=0x52f => Sort::Letter(2),
        0x531..=0x58f => Sort::Letter(3),
        0x591..=0x5f4 => Sort::Letter(4),
        0x600..=0x6ff | 0x750..=0x77f | 0x8a0..=0x8ff | 0xfb50..=0xfdcf | 0xfe70..=0xfefc => {
            Sort::Letter(5)
        }
        // Scripts of India, Thai and Lao: one in each 128.
        0x900..=0xeff => Sort::Letter(6 + (c as usize >> 7) - 18),
        0xf00..=0xfff => Sort::Letter(18),
        0x1000..=0x109f => Sort::Letter(19),
        0x10a0..=0x10ff => Sort::Letter(20),
        0x1200..=0x139f => Sort::Letter(21),
        0x1780..=0x17ff => Sort::Letter(22),
        0x1800..=0x18af => Sort::Letter(23),
        // Han, kana and Hangul stand beside each other.
        0x1100..=0x11ff
        | 0x3003..=0x4dbf
        | 0x4e00..=0x9fff
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe4f
        | 0xff01..=0xffdc
        | 0x20000..=0x323af => Sort::Letter(CJK),
        0x0b
        | 0x0c
        | 0x21..=0x7e
        | 0xa0..=0xbf
        | 0x250..=0x36f
        | 0x2000..=0x2064
        | 0x20a0..=0x20c0
        | 0x2100..=0x27bf
        | 0xfe00..=0xfe0f
        | 0xfeff
        | 0x1f000..=0x1faff => Sort::Neutral,
        _ => Sort::Odd,
    }
}

/// Characters of some blocks by what they are.
#[derive(Clone, Copy, Default)]
struct Tally {
    units: u64,
    odd: u64,
    /// U+0000: it ends the strings of tables.
    zeros: u64,
    blanks: u64,
    digits: u64,
    letters: [u64; SCRIPTS],
    /// Units of Han whose two bytes are printable ASCII.
    ascii_pairs: u64,
    /// Which high bytes there are.
    high: [u64; 4],
}

impl Tally {
    fn of(units: impl Iterator<Item = u32>) -> Self {
        let mut tally = Self::default();
        for unit in units {
            tally.units += 1;
            tally.zeros += u64::from(unit == 0);
            match sort(unit) {
                Sort::Blank => tally.blanks += 1,
                Sort::Digit => tally.digits += 1,
                Sort::Odd => tally.odd += 1,
                Sort::Neutral => {}
                Sort::Letter(script) => {
                    if let Some(letters) = tally.letters.get_mut(script) {
                        *letters += 1;
                    }
                    let graphic = |byte: u32| (0x20..0x7f).contains(&byte);
                    let is_pair = graphic(unit >> 8) && graphic(unit & 0xff);
                    // The high byte of kana is one of them always.
                    tally.ascii_pairs += u64::from(script == CJK && unit >= 0x3400 && is_pair);
                }
            }
            let high = unit >> 8 & 0xff;
            if let Some(bits) = tally.high.get_mut(high as usize / 64) {
                *bits |= 1 << (high % 64);
            }
        }
        tally
    }

    /// Whether nearly all are of one script, of Latin, or of none.
    fn is_coherent(&self) -> bool {
        let foreign = self.letters.iter().skip(1);
        let rest = foreign.clone().sum::<u64>() - foreign.max().copied().unwrap_or_default();
        // One in sixteen, and one in what is shorter.
        let few = (self.units / 16).max(u64::from(self.units >= 8));
        self.odd <= few && rest <= few && self.units > 0
    }

    /// The number of different high bytes: in the wrong order, those are the low ones.
    fn spread(&self) -> u32 {
        self.high.iter().map(|bits| bits.count_ones()).sum()
    }

    fn add(&mut self, other: &Self) {
        self.units += other.units;
        self.odd += other.odd;
        self.zeros += other.zeros;
        self.blanks += other.blanks;
        self.digits += other.digits;
        self.ascii_pairs += other.ascii_pairs;
        for (sum, more) in self.letters.iter_mut().zip(other.letters) {
            *sum += more;
        }
    }

    /// Whether it reads as a language does: mostly letters, with something between words or sentences.
    fn is_language(&self) -> bool {
        let letters: u64 = self.letters.iter().sum();
        self.units >= SHORTEST
            && self.blanks * 128 >= self.units
            && letters * 8 >= self.units
            && (letters + self.digits) * 5 >= self.units * 2
            && self.ascii_pairs * 2 <= letters
            && self.zeros <= 1 + self.units / 1024
    }
}

/// How the blocks of some bytes can be read.
#[derive(Default)]
struct Votes {
    blocks: u64,
    /// In the order of [`Wide::ALL`].
    by_form: [u64; 4],
    tally: [Tally; 2],
}

impl Votes {
    /// The blocks that the best form wins, with those of the other order: a stray byte swaps them.
    fn most(&self) -> (u64, Wide) {
        let [le16, be16, le32, be32] = self.by_form;
        let narrow = (le16 + be16, if le16 >= be16 { Wide::Utf16Le } else { Wide::Utf16Be });
        let wide = (le32.max(be32), if le32 >= be32 { Wide::Utf32Le } else { Wide::Utf32Be });
        if narrow.0 >= wide.0 { narrow } else { wide }
    }

    /// The form that all blocks but `spoilt` are of.
    fn settle(&self, spoilt: u64) -> Option<Wide> {
        let (won, form) = self.most();
        let [narrow, wide] = &self.tally;
        let tally = if form.bytes() == 2 { narrow } else { wide };
        let most = won * 2 > self.blocks && won + spoilt >= self.blocks;
        (most && tally.is_language()).then_some(form)
    }
}

/// The form in which bytes are a text. A stray byte spoils a block or two; a table before or behind its
/// strings is more.
fn settled(bytes: &[u8]) -> Option<Wide> {
    let spoilt = 2 + (bytes.len() / BLOCK / 64) as u64;
    votes(bytes, spoilt)?.settle(spoilt)
}

/// What a block may be: the form that it votes for, that in which it is read, and from which byte on.
/// Behind a stray byte every unit begins at an odd place, which makes the bytes look as if in the other
/// order.
const READINGS: [(usize, Wide, usize); 6] = [
    (0, Wide::Utf16Le, 0),
    (1, Wide::Utf16Be, 0),
    (1, Wide::Utf16Le, 1),
    (0, Wide::Utf16Be, 1),
    (2, Wide::Utf32Le, 0),
    (3, Wide::Utf32Be, 0),
];

/// What the blocks say; `None` as soon as more than `spoilt` of them are of no form.
fn votes(bytes: &[u8], spoilt: u64) -> Option<Votes> {
    let mut votes = Votes::default();
    let mut none = 0;
    for block in bytes.chunks(BLOCK).filter(|block| block.len() >= 8 || bytes.len() < BLOCK) {
        votes.blocks += 1;
        let readings = READINGS.map(|(vote, form, from)| {
            (vote, form, from, tally(block.get(from..).unwrap_or_default(), form))
        });
        let best = readings
            .iter()
            .filter(|(.., tally)| tally.is_coherent())
            .min_by_key(|(_, _, from, tally)| (Reverse(tally.blanks), tally.spread(), *from));
        let Some((vote, form, _, tally)) = best else {
            none += 1;
            if none > spoilt {
                return None;
            }
            continue;
        };
        if let Some(count) = votes.by_form.get_mut(*vote) {
            *count += 1;
        }
        let [narrow, wide] = &mut votes.tally;
        if form.bytes() == 2 { narrow.add(tally) } else { wide.add(tally) }
    }
    (votes.blocks > 0).then_some(votes)
}

fn tally(block: &[u8], form: Wide) -> Tally {
    let two = |order: fn([u8; 2]) -> u16| {
        let units = block.as_chunks::<2>().0.iter().map(|&unit| order(unit));
        // Half of a pair at the edge of a block is whole in the content.
        Tally::of(char::decode_utf16(units).map(|c| c.map_or(0xfffd, u32::from)))
    };
    let four = |order: fn([u8; 4]) -> u32| {
        Tally::of(block.as_chunks::<4>().0.iter().map(|&unit| order(unit)))
    };
    match form {
        Wide::Utf16Le => two(u16::from_le_bytes),
        Wide::Utf16Be => two(u16::from_be_bytes),
        Wide::Utf32Le => four(u32::from_le_bytes),
        Wide::Utf32Be => four(u32::from_be_bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Sweep;
    use super::*;

    fn of(bytes: &[u8]) -> Option<Wide> {
        let mut sweep = Sweep::new();
        sweep.update(bytes);
        let head = &bytes[..bytes.len().min(4 << 10)];
        wide(&sweep.finish(), head, &bytes[bytes.len() - bytes.len().min(2 << 10)..])
    }

    fn encode(text: &str, form: Wide) -> Vec<u8> {
        let units = text.encode_utf16();
        match form {
            Wide::Utf16Le => units.flat_map(u16::to_le_bytes).collect(),
            Wide::Utf16Be => units.flat_map(u16::to_be_bytes).collect(),
            Wide::Utf32Le => text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
            Wide::Utf32Be => text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect(),
        }
    }

    #[test]
    fn what_was_not_counted_is_not_looked_at() {
        let bytes = encode(&TEXTS[0].repeat(9), Wide::Utf16Le);
        assert_eq!(of(&bytes), Some(Wide::Utf16Le));
        let mut census = Census::not_taken(bytes.len() as u64);
        note_wide(&mut census, &bytes, &bytes, None, Declared::Nothing);
        assert_eq!(census.wide, None);
    }

    const TEXTS: [&str; 10] = [
        "Hello to everybody, and welcome.\r\n",
        "Grüße an alle Leser dieser Datei\n",
        "Привет мир, это текст\r\nвторая строка\r\n",
        "Καλημέρα κόσμε, αυτό είναι κείμενο\n",
        "これは日本語の文章です。改行もあります。\n",
        "这是一个中文文件，里面有几行文字。\n",
        "안녕하세요, 이것은 한국어 문장입니다.\n",
        "שלום לכולם, זהו קובץ טקסט\n",
        "यह एक हिन्दी पाठ है, दो पंक्तियाँ\n",
        "\"title\" = \"Freedom of Press 🎉\";\n",
    ];

    #[test]
    fn texts_of_every_script_are_told_in_every_form() {
        for text in TEXTS {
            for form in Wide::ALL {
                for times in [1, 3, 40, 1000] {
                    let bytes = encode(&text.repeat(times), form);
                    assert_eq!(of(&bytes), Some(form), "{text} {form:?} {times}");
                }
            }
        }
    }

    #[test]
    fn a_stray_byte_anywhere_leaves_a_text_one() {
        for text in TEXTS {
            let bytes = encode(&text.repeat(30), Wide::Utf16Le);
            for at in [0, 1, 2, 99, 1000, bytes.len() / 2, bytes.len() - 1, bytes.len()] {
                for stray in [0, 4, 0x1a, b'x'] {
                    let mut bytes = bytes.clone();
                    bytes.insert(at, stray);
                    let found = of(&bytes).map(Wide::bytes);
                    assert_eq!(found, Some(2), "{text} {stray} at {at}");
                }
            }
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_none() {
        let noise: Vec<u8> =
            (0..9000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let numbers = |step: u16| (0..4000u16).flat_map(move |i| (i * step).to_le_bytes());
        let wave = (0..4000).map(|i: i32| (f64::from(i) / 9.0).sin() * 90.0);
        let wave: Vec<u8> = wave.flat_map(|v| (v as i16).to_le_bytes()).collect();
        let table: Vec<u8> = (0..2000u32).flat_map(|i| (i * 37 % 120 + 32).to_le_bytes()).collect();
        let strings = encode(&"Name\0Value\0".repeat(300), Wide::Utf16Le);
        // As ICU keeps the texts of a language: numbers, then strings of which NUL ends each.
        let names = "Ελλάδα \0Βέλγιο και όλα τα άλλα κράτη\0Κάτω Χώρες και νησιά\0";
        let resource = [numbers(3).take(700).collect(), encode(&names.repeat(90), Wide::Utf16Le)];
        let ascii = [&b"Some words of plain text.\n".repeat(90)[..], &[0; 600]].concat();
        let lines =
            "срб\n\0ак.срб\n\0обр.срб\n\0од.срб\n\0орг.срб\n\0пр.срб\n\0упр.срб\n".as_bytes();
        let half = [encode(&TEXTS[0].repeat(200), Wide::Utf16Le), noise.repeat(9)].concat();
        for (what, bytes) in [
            ("noise", noise),
            ("zeros", vec![0; 4096]),
            ("ascending", numbers(1).collect()),
            ("stepping", numbers(7).collect()),
            ("a wave", wave),
            ("numbers of 32 bits", table),
            ("strings that NUL ends", strings),
            ("ASCII with padding", ascii),
            ("strings behind numbers", resource.concat()),
            ("a text before something else", half),
            ("lines of UTF-8 with NUL between", lines.to_vec()),
            ("two units", b"a\0 \0".to_vec()),
        ] {
            assert_eq!(of(&bytes), None, "{what}");
        }
    }

    #[test]
    fn no_bytes_bring_it_down() {
        for length in 0..200 {
            for byte in [0, 1, 0x20, 0x30, 0xd8, 0xff] {
                let _ = of(&vec![byte; length]);
            }
        }
    }
}
