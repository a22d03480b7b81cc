//! The encodings of one byte a character that targets read texts in: those of the Encoding Standard, and
//! the code pages of DOS, which it leaves out.
//!
//! Unicode Consortium, MAPPINGS/VENDORS/MICSFT/PC/CP437.TXT and CP850.TXT.

use encoding_rs::Encoding;

/// Characters of 0x80 to 0xFF.
const IBM437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
                      └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
/// Characters of 0x80 to 0xFF.
const IBM850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐\
                      └┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

/// An encoding by its label.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum CodePage {
    /// One of the Encoding Standard, of one byte a character or more.
    Standard(&'static Encoding),
    /// One of DOS: its upper half.
    Dos(&'static str),
}

impl CodePage {
    /// The encoding of a label.
    pub(super) fn of(label: &str) -> Option<Self> {
        match label {
            "ibm437" => Some(Self::Dos(IBM437)),
            "ibm850" => Some(Self::Dos(IBM850)),
            _ => Encoding::for_label(label.as_bytes()).map(Self::Standard),
        }
    }

    /// Whether every character is one byte.
    pub(super) fn is_single_byte(self) -> bool {
        match self {
            Self::Standard(encoding) => encoding.is_single_byte(),
            Self::Dos(_) => true,
        }
    }

    /// The characters of bytes; none if some are no character.
    pub(super) fn decode(self, bytes: &[u8]) -> Option<String> {
        match self {
            Self::Standard(encoding) => {
                encoding.decode_without_bom_handling_and_without_replacement(bytes).map(Into::into)
            }
            Self::Dos(upper) => {
                let of = |&byte: &u8| match usize::from(byte).checked_sub(0x80) {
                    Some(at) => upper.chars().nth(at),
                    None => Some(char::from(byte)),
                };
                bytes.iter().map(of).collect()
            }
        }
    }

    /// Whether it has a character.
    pub(super) fn has(self, c: char) -> bool {
        match self {
            Self::Standard(encoding) => {
                let mut buffer = [0; 4];
                let (.., unmappable) = encoding.encode(c.encode_utf8(&mut buffer));
                !unmappable
            }
            Self::Dos(upper) => c.is_ascii() || upper.contains(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_pages_of_dos_have_each_character_once() {
        for (label, bytes, expected) in [
            ("ibm437", &b"caf\x82 \xa8 \xe1\xff"[..], "café ¿ ß\u{a0}"),
            ("ibm850", b"\xa9 \xb8 \xd5 \x9b", "® © ı ø"),
            ("macintosh", b"\xa8", "®"),
        ] {
            let page = CodePage::of(label).expect("a label");
            assert_eq!(page.decode(bytes).as_deref(), Some(expected), "{label}");
            assert!(expected.chars().all(|c| page.has(c)), "{label}");
            assert!(!page.has('日'), "{label}");
        }
        for upper in [IBM437, IBM850] {
            let all: std::collections::HashSet<char> = upper.chars().collect();
            assert_eq!((all.len(), upper.chars().count()), (128, 128));
        }
        assert_eq!(CodePage::of("windows-874").and_then(|page| page.decode(b"\xdb")), None);
        assert_eq!(CodePage::of("ibm999"), None);
    }
}
