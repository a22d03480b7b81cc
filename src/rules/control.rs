//! What a text can hold that rules mind, and the names of control characters (ISO/IEC 646, ECMA-48
//! clause 8.3, and the key that sends each from a terminal).

use std::fmt::Write as _;

use crate::model::Groups;
use crate::model::locator::escape_text;

/// Why bytes are no UTF-8 (the Unicode Standard 3.9, D92 and table 3-7).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IllFormed {
    /// A character in more bytes than it needs.
    Overlong,
    /// Half of a UTF-16 pair, U+D800 to U+DFFF.
    Surrogate,
    /// Any other: a byte that begins nothing, a sequence that breaks off, above U+10FFFF.
    Other,
}

/// What is odd in a text and is more than one character, or less.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Oddity {
    /// A control that turns the direction of writing and that its line does not close.
    UnclosedBidi,
    /// Variation selectors behind a variation selector.
    SelectorRun,
    /// Half of a pair of UTF-16 without the other.
    LoneSurrogate,
    /// One byte behind the last unit of UTF-16.
    OddByte,
    /// Blanks before a line end.
    TrailingBlank,
    /// What UTF-8 becomes when it is read as windows-1252 or ISO 8859-1.
    #[serde(rename = "windows1252-mojibake")]
    Windows1252Mojibake,
    /// What UTF-8 becomes when it is read as `MacRoman`.
    MacintoshMojibake,
}

impl Oddity {
    /// Whether it is told of whole Unicode texts only.
    pub(crate) const fn needs_unicode(self) -> bool {
        !matches!(self, Self::TrailingBlank)
    }

    /// The group of characters that the census tells where it may be; none for what a second look is
    /// made for anyway.
    pub(crate) const fn told(self) -> Groups {
        match self {
            Self::UnclosedBidi => Groups::BIDI,
            Self::SelectorRun => Groups::SELECTOR,
            Self::Windows1252Mojibake | Self::MacintoshMojibake => Groups::MOJIBAKE,
            Self::LoneSurrogate | Self::OddByte | Self::TrailingBlank => Groups::NONE,
        }
    }

    /// What a text with it looks for, for people.
    pub(crate) const fn sought(self) -> &'static str {
        match self {
            Self::UnclosedBidi => "bidi controls that their line does not close",
            Self::SelectorRun => "variation selectors in a row",
            Self::LoneSurrogate => "halves of UTF-16 pairs",
            Self::OddByte => "one byte behind the last unit of UTF-16",
            Self::TrailingBlank => "blanks before a line end",
            Self::Windows1252Mojibake => "UTF-8 that was read as windows-1252",
            Self::MacintoshMojibake => "UTF-8 that was read as MacRoman",
        }
    }
}

/// One thing in a text that a rule may mind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// 0x00 to 0x1F or 0x7F.
    Control {
        /// Which.
        byte: u8,
        /// For ESC: whether a whole control sequence begins with it; for BS: whether it strikes over
        /// as in a formatted manual.
        sequence: bool,
    },
    /// A character of a Unicode text.
    CodePoint(u32),
    /// Bytes that are no UTF-8.
    IllFormed(IllFormed),
    /// What is odd, and its first code point, or byte.
    Oddity(Oddity, u32),
    /// A byte string of a rule, by the rule's number among those with literals.
    Literal(usize),
}

static C0: [&str; 32] = [
    "NUL (^@)",
    "SOH (^A)",
    "STX (^B)",
    "ETX (^C)",
    "EOT (^D)",
    "ENQ (^E)",
    "ACK (^F)",
    "BEL (^G)",
    "BS (^H)",
    "TAB (^I)",
    "LF (^J)",
    "VT (^K)",
    "FF (^L)",
    "CR (^M)",
    "SO (^N)",
    "SI (^O)",
    "DLE (^P)",
    "DC1/XON (^Q)",
    "DC2 (^R)",
    "DC3/XOFF (^S)",
    "DC4 (^T)",
    "NAK (^U)",
    "SYN (^V)",
    "ETB (^W)",
    "CAN (^X)",
    "EM (^Y)",
    "SUB (^Z)",
    "ESC (^[)",
    "FS (^\\)",
    "GS (^])",
    "RS (^^)",
    "US (^_)",
];

static C1: [&str; 32] = [
    "PAD", "HOP", "BPH", "NBH", "IND", "NEL", "SSA", "ESA", "HTS", "HTJ", "VTS", "PLD", "PLU",
    "RI", "SS2", "SS3", "DCS", "PU1", "PU2", "STS", "CCH", "MW", "SPA", "EPA", "SOS", "SGCI",
    "SCI", "CSI", "ST", "OSC", "PM", "APC",
];

/// The name of an event in a message; `bytes` are those of the hit.
pub fn name_of(event: Event, bytes: &[u8]) -> String {
    match event {
        Event::Control { byte: 0x7f, .. } => "DEL (^?)".to_owned(),
        Event::Control { byte, .. } => C0
            .get(usize::from(byte))
            .map_or_else(|| format!("0x{byte:02x}"), |name| (*name).to_owned()),
        Event::CodePoint(c)
        | Event::Oddity(Oddity::UnclosedBidi | Oddity::SelectorRun | Oddity::LoneSurrogate, c) => {
            let name = point_name(c);
            format!("U+{c:04X}{}{name}", if name.is_empty() { "" } else { " " })
        }
        Event::Oddity(Oddity::Windows1252Mojibake | Oddity::MacintoshMojibake, _) => {
            // The hit is whole characters; in UTF-16 its bytes are shown as they are.
            match std::str::from_utf8(bytes) {
                Ok(text) if !bytes.contains(&0) => format!("\"{}\"", escape_text(text.as_bytes())),
                _ => hex(bytes),
            }
        }
        Event::Literal(_) => format!("\"{}\"", escape_text(bytes)),
        Event::IllFormed(_) | Event::Oddity(..) => hex(bytes),
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (i, byte) in bytes.iter().enumerate() {
        let _ = write!(text, "{}0x{byte:02x}", if i > 0 { " " } else { "" });
    }
    text
}

/// The short name of a code point that has one (Unicode Standard, code charts).
fn point_name(point: u32) -> &'static str {
    match point {
        0x80..=0x9f => C1.get(point as usize - 0x80).copied().unwrap_or_default(),
        0xa0 => "NBSP",
        0xad => "SHY",
        0x34f => "CGJ",
        0x61c => "ALM",
        0x180e => "MVS",
        0x200b => "ZWSP",
        0x200c => "ZWNJ",
        0x200d => "ZWJ",
        0x200e => "LRM",
        0x200f => "RLM",
        0x2028 => "LINE SEPARATOR",
        0x2029 => "PARAGRAPH SEPARATOR",
        0x202a => "LRE",
        0x202b => "RLE",
        0x202c => "PDF",
        0x202d => "LRO",
        0x202e => "RLO",
        0x2060 => "WJ",
        0x2066 => "LRI",
        0x2067 => "RLI",
        0x2068 => "FSI",
        0x2069 => "PDI",
        0xfeff => "BYTE ORDER MARK",
        0xfffd => "REPLACEMENT CHARACTER",
        _ => "",
    }
}
