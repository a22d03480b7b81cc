//! What a text can hold that rules mind, and the names of control characters (ISO/IEC 646, ECMA-48
//! clause 8.3, and the key that sends each from a terminal).

use std::fmt::Write as _;

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

/// One thing in a text that a rule may mind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// 0x00 to 0x1F or 0x7F.
    Control {
        /// Which.
        byte: u8,
        /// For ESC: whether a whole control sequence begins with it.
        sequence: bool,
    },
    /// A character of a Unicode text.
    CodePoint(u32),
    /// Bytes that are no UTF-8.
    IllFormed(IllFormed),
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
        Event::CodePoint(c) => {
            let c1 = c.checked_sub(0x80).and_then(|n| C1.get(n as usize));
            format!("U+{c:04X}{}", c1.map(|name| format!(" {name}")).unwrap_or_default())
        }
        Event::Literal(_) => format!("\"{}\"", escape_text(bytes)),
        Event::IllFormed(_) => {
            let mut text = String::new();
            for (i, byte) in bytes.iter().enumerate() {
                let _ = write!(text, "{}0x{byte:02x}", if i > 0 { " " } else { "" });
            }
            text
        }
    }
}
