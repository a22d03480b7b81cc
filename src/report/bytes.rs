//! Bytes of the artifact as text that is safe everywhere: hexadecimal, and escaped characters.

use crate::model::locator::is_command;

/// Hexadecimal digits in pairs.
pub(super) fn spaced(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(" ")
}

/// One character a byte: printable characters of the encoding, a dot for the rest.
pub(super) fn column(bytes: &[u8], encoding: Option<&str>) -> String {
    let single = encoding
        .and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes()))
        .filter(|encoding| encoding.is_single_byte());
    let mut text: String = bytes
        .iter()
        .map(|&byte| match (byte, single) {
            (0x20..=0x7e, _) => char::from(byte),
            (0x80.., Some(encoding)) => {
                let byte = [byte];
                let text = encoding.decode_without_bom_handling(&byte).0;
                let shown = |c: &char| c.is_alphanumeric() || "®©™§¶•".contains(*c);
                text.chars().next().filter(shown).unwrap_or('.')
            }
            _ => '.',
        })
        .collect();
    // A build log obeys it wherever it stands.
    let command = |text: &str| {
        text.match_indices("##").map(|(at, _)| at).find(|&at| is_command(&text[at..], false))
    };
    while let Some(at) = command(&text) {
        text.replace_range(at..=at, ".");
    }
    text
}

/// Text in its encoding with everything that a terminal could obey escaped; `None` if it is none.
pub(super) fn text(bytes: &[u8], encoding: Option<&str>) -> Option<String> {
    let encoding = encoding_rs::Encoding::for_label(encoding.unwrap_or("utf-8").as_bytes())?;
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    Some(crate::model::locator::escape_text(text.as_bytes()))
}

/// `1 file`, `2 files`.
pub(super) fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// The form of a word that fits a number.
pub(super) fn plural<'a>(n: usize, one: &'a str, many: &'a str) -> &'a str {
    if n == 1 { one } else { many }
}
