//! Characters of a Unicode text that rules mind, judged by what stands beside them: a joiner is part
//! of the writing of Persian and of emoji, a tag part of a flag, one variation selector part of its
//! character; pairs that are left of UTF-8 which was read as another encoding.

use encoding_rs::{MACINTOSH, WINDOWS_1252};

use crate::model::is_told;
use crate::rules::{Event, Oddity};

/// What stands before the character looked at.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Points {
    /// The character before; 0 at the start.
    before: u32,
    /// It is one of two or more selectors, and told.
    in_run: bool,
    /// Characters that are told already, as part of a pair.
    paired: u8,
}

/// What to do with a character.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Seen {
    /// Nothing.
    Plain,
    /// Told by itself.
    Told(Event),
    /// The first of so many that are told together.
    Together(Event, usize),
    /// It turns the direction until it is closed.
    Opens,
    /// It closes the last embedding or override.
    Pops,
    /// It closes the last isolate.
    PopsIsolate,
}

/// Whether a control that turns the direction is an isolate (Unicode Standard Annex #9 2.2).
pub(super) const fn is_isolate(point: u32) -> bool {
    matches!(point, 0x2066..=0x2068)
}

impl Points {
    /// Takes an ASCII character.
    pub(super) fn ascii(&mut self, byte: u8) {
        *self = Self { before: byte.into(), ..Self::default() };
    }

    /// Whether the character before is ASCII, or there is none.
    pub(super) fn is_behind_ascii(self) -> bool {
        self.before < 0x80
    }

    /// Takes any other. `next(n)` is the n-th character behind it.
    pub(super) fn see(&mut self, point: u32, next: impl Fn(usize) -> Option<u32>) -> Seen {
        let before = std::mem::replace(&mut self.before, point);
        let was_run = std::mem::take(&mut self.in_run);
        if self.paired > 0 {
            self.paired -= 1;
        } else if let Some((oddity, length)) = mojibake(before, point, &next) {
            self.paired = length as u8 - 1;
            return Seen::Together(Event::Oddity(oddity, point), length);
        }
        if !is_told(point) {
            return Seen::Plain;
        }
        let told = Seen::Told(Event::CodePoint(point));
        match point {
            0x202a | 0x202b | 0x202d | 0x202e | 0x2066..=0x2068 => Seen::Opens,
            0x202c => Seen::Pops,
            0x2069 => Seen::PopsIsolate,
            0xfe00..=0xfe0f | 0xe0100..=0xe01ef => {
                if !is_selector(before) {
                    return Seen::Plain;
                }
                self.in_run = true;
                let run = Event::Oddity(Oddity::SelectorRun, point);
                if was_run { Seen::Plain } else { Seen::Told(run) }
            }
            // The flags of England, Scotland and Wales are a flag with tags behind it; of other rows of
            // tags the first is told.
            0xe0020..=0xe007f if matches!(before, 0x1_f3f4 | 0xe0020..=0xe007f) => Seen::Plain,
            0x61c | 0x200c..=0x200f if written_with(before) => Seen::Plain,
            0x61c | 0x200c..=0x200f if next(0).is_some_and(written_with) => Seen::Plain,
            // Thai, Lao, Burmese, Khmer and Japanese part words and lines with it, and no blank.
            0x200b if without_blanks(before) || next(0).is_some_and(without_blanks) => Seen::Plain,
            // Fillers are letters of Hangul; U+180E is of Mongolian.
            0x115f..=0x1160 | 0x3164 | 0xffa0 if is_hangul(before) => Seen::Plain,
            0x115f..=0x1160 | 0x3164 | 0xffa0 if next(0).is_some_and(is_hangul) => Seen::Plain,
            0x180e if matches!(before, 0x1800..=0x18af) => Seen::Plain,
            _ => told,
        }
    }
}

const fn is_selector(point: u32) -> bool {
    matches!(point, 0xfe00..=0xfe0f | 0xe0100..=0xe01ef)
}

const fn is_hangul(point: u32) -> bool {
    matches!(point, 0x1100..=0x11ff | 0x3130..=0x318f | 0xa960..=0xa97f | 0xac00..=0xd7ff | 0xffa0..=0xffdc)
}

const fn without_blanks(point: u32) -> bool {
    matches!(point, 0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x3000..=0x9fff | 0xf900..=0xfaff | 0xff00..=0xffef)
}

/// Whether joiners and marks are written beside a character: of a script that has them, or emoji.
const fn written_with(point: u32) -> bool {
    matches!(point, 0x0590..=0x1cff | 0x200c..=0x200f | 0x202a..=0x202e | 0x2066..=0x2069
        | 0x2190..=0x27bf | 0x2b00..=0x2bff | 0xa840..=0xabff | 0xfb1d..=0xfdff | 0xfe0f | 0xfe70..=0xfefc
        | 0x1_0800..=0x1_1fff | 0x1_e800..=0x1_eeff | 0x1_f000..=0x1_faff)
}

/// The byte that stands for a character in windows-1252, whose holes are those of ISO 8859-1.
fn windows_1252(point: u32) -> Option<u8> {
    encoded(WINDOWS_1252, point)
}

fn encoded(encoding: &'static encoding_rs::Encoding, point: u32) -> Option<u8> {
    let c = char::from_u32(point)?;
    let mut buffer = [0; 4];
    let (bytes, _, unmappable) = encoding.encode(c.encode_utf8(&mut buffer));
    match *bytes {
        [byte] if !unmappable => Some(byte),
        _ => None,
    }
}

fn is_letter(point: u32) -> bool {
    char::from_u32(point).is_some_and(char::is_alphabetic)
}

/// Characters whose bytes in windows-1252 or `MacRoman` are one character of UTF-8, and that no language
/// writes beside each other; how many they are.
fn mojibake(
    before: u32,
    point: u32,
    next: &impl Fn(usize) -> Option<u32>,
) -> Option<(Oddity, usize)> {
    let continues = |n: usize, byte: fn(u32) -> Option<u8>| {
        next(n).filter(|&point| point > 0x7f).and_then(byte).filter(|b| b & 0xc0 == 0x80)
    };
    let macintosh: fn(u32) -> Option<u8> = |point| encoded(MACINTOSH, point);
    match point {
        // Â and Ã: U+0080 to U+00FF. Before a quote or a blank they may end a word in capitals.
        0xc2 | 0xc3 => {
            let byte = continues(0, windows_1252)?;
            let may_follow = matches!(byte, 0x82 | 0x84 | 0x85 | 0x91..=0x97 | 0xa0 | 0xab | 0xbb);
            // What follows then would be a letter of a word in small letters.
            let inside =
                is_letter(before) && char::from_u32(before).is_some_and(char::is_lowercase);
            let double = matches!(before, 0xc2 | 0xc3);
            // à is a word, and Ã is none.
            let alone = !is_letter(before) && (point == 0xc2 || byte == 0xa0);
            (!may_follow || inside || double || alone).then_some((Oddity::Windows1252Mojibake, 2))
        }
        // Ð and Ñ: Cyrillic. One alone may end a word of Icelandic or Spanish before a quote.
        0xd0 | 0xd1 => {
            continues(0, windows_1252)?;
            next(1).filter(|point| matches!(point, 0xd0 | 0xd1))?;
            continues(2, windows_1252)?;
            Some((Oddity::Windows1252Mojibake, 4))
        }
        // ð: U+10000 and above, which are emoji mostly.
        0xf0 => {
            continues(0, windows_1252).filter(|b| (0x90..=0xa0).contains(b))?;
            continues(1, windows_1252)?;
            continues(2, windows_1252)?;
            Some((Oddity::Windows1252Mojibake, 4))
        }
        // â: U+2000 to U+2FFF, of which quotes, dashes, bullets and the sign of the euro are in use.
        0xe2 => {
            continues(0, windows_1252).filter(|b| matches!(b, 0x80..=0x84 | 0x88 | 0x94..=0x97))?;
            continues(1, windows_1252)?;
            Some((Oddity::Windows1252Mojibake, 3))
        }
        // ï: U+FEFF.
        0xef => (next(0) == Some(0xbb) && next(1) == Some(0xbf))
            .then_some((Oddity::Windows1252Mojibake, 3)),
        // √: U+00C0 to U+00FF. A root of π is written, too.
        0x221a => {
            continues(0, macintosh)?;
            let is_mathematical =
                matches!(next(0), Some(0x2202 | 0x3a9 | 0x3c0 | 0x2211 | 0x220f | 0x221e | 0x222b));
            (!is_mathematical || is_letter(before) && next(1).is_some_and(is_letter))
                .then_some((Oddity::MacintoshMojibake, 2))
        }
        // Dashes by turns with other characters: Cyrillic.
        0x2013 | 0x2014 => {
            continues(0, macintosh)?;
            next(1).filter(|point| matches!(point, 0x2013 | 0x2014))?;
            continues(2, macintosh)?;
            Some((Oddity::MacintoshMojibake, 4))
        }
        // ‚Ä: U+2000 to U+203F.
        0x201a if next(0) == Some(0xc4) => {
            continues(1, macintosh)?;
            Some((Oddity::MacintoshMojibake, 3))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told of a text: the number of the character, and how many are told with it.
    fn seen(text: &str) -> Vec<(usize, usize)> {
        let chars: Vec<u32> = text.chars().map(u32::from).collect();
        let mut points = Points::default();
        let mut found = Vec::new();
        for (at, &point) in chars.iter().enumerate() {
            if let Ok(byte @ 0..0x80) = u8::try_from(point) {
                points.ascii(byte);
                continue;
            }
            match points.see(point, |n| chars.get(at + 1 + n).copied()) {
                Seen::Plain => {}
                Seen::Together(_, length) => found.push((at, length)),
                _ => found.push((at, 1)),
            }
        }
        found
    }

    #[test]
    fn what_belongs_is_not_told() {
        for text in [
            "می\u{200c}خواهم",
            "👨\u{200d}👩\u{200d}👧",
            "❤\u{fe0f} and ❤\u{fe0e}",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "ไทย\u{200b}ไทย",
            "\u{200f}שלום\u{200e}",
            "ESPAÑA MUÑÓZ «Ñ» Ð“a“ „Ñ“ blaðið það Ñandú 1990–2000 –«a»– —„b“—",
            "Примеры – «слова» — и – « — »",
            "IRMÃ… AMANHû «PLAIT» Âge Ãgua √2 √π √‾ ‚a‘ âge naïve",
            "日本語，テキスト",
        ] {
            assert_eq!(seen(text), [], "{text}");
        }
    }

    #[test]
    fn what_does_not_belong_is_told_once() {
        for (text, expected) in [
            ("a\u{200d}b", &[(1, 1)][..]),
            ("a\u{200b}b", &[(1, 1)]),
            ("\u{2202b}", &[]),
            ("a\u{e0061}", &[(1, 1)]),
            ("x\u{fe01}\u{fe02}\u{fe03}\u{e0110}y", &[(2, 1)]),
            ("cafÃ©", &[(3, 2)]),
            ("Ã¼ber", &[(0, 2)]),
            ("Â©", &[(0, 2)]),
            ("Ãƒ©", &[(0, 2)]),
            ("donâ€™t", &[(3, 3)]),
            ("10â‚¬", &[(2, 3)]),
            ("ï»¿a", &[(0, 3)]),
            ("caf√©", &[(3, 2)]),
            ("ÐŸÑ€Ð¸Ð²ÐµÑ‚, Ð¼Ð¸Ñ€", &[(0, 4), (4, 4), (8, 4), (14, 4)]),
            ("ok ðŸ˜€ done", &[(3, 4)]),
            ("Ã\u{a0} la carte", &[(0, 2), (1, 1)]),
            ("voilÃ\u{a0} !", &[(4, 2), (5, 1)]),
            ("ÃƒÂ©", &[(0, 2), (2, 2)]),
            ("–ü—Ä–∏", &[(0, 4)]),
            ("sch√∂n", &[(3, 2)]),
            ("don‚Äôt", &[(3, 3)]),
        ] {
            assert_eq!(seen(text), expected, "{text}");
        }
    }
}
