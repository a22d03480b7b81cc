//! A text names an encoding for itself, and its bytes are of another.

use encoding_rs::Encoding;

use super::{Charset, Detector, Entry, Look, Place, Told};
use crate::model::Declaration;

pub(super) const DETECTOR: Detector =
    Detector { name: "declared-encoding", look: Look::Entry(find) };

/// Bytes above 0x7F that are UTF-8 by chance only in texts that are short.
const BY_CHANCE: u64 = 8;

fn find(entry: &Entry<'_>) -> Option<Told> {
    if !entry.is_file_of_text() || !entry.may_declare || entry.charset == Charset::Ascii {
        return None;
    }
    if !entry.read {
        let may_differ = entry.charset != Charset::Utf8 || entry.declares_other;
        return may_differ.then(|| Told::at(Place::Declaration, ""));
    }
    let declaration = entry.declaration?;
    let is_pragma = declaration.by == PRAGMA;
    let is = match (said(declaration)?, entry.charset) {
        (Said::Utf8 | Said::Ascii, Charset::EightBit) => "not UTF-8",
        // The resource compiler takes a byte order mark first: the pragma is for bytes.
        (_, Charset::Utf16Le | Charset::Utf16Be) if is_pragma => return None,
        (Said::Utf8 | Said::Ascii | Said::Other(_), Charset::Utf16Le | Charset::Utf16Be) => {
            "UTF-16"
        }
        (Said::Ascii, Charset::Utf8) => "UTF-8",
        // HTML takes UTF-16 in a `meta` for UTF-8: who reads it there reads no UTF-16.
        (Said::Utf16, Charset::Utf8) if declaration.by != "<meta charset>" => "UTF-8",
        (Said::Utf16, Charset::EightBit) => "of eight bits",
        (Said::Other(encoding), Charset::Utf8)
            if encoding.is_single_byte() || entry.census.high > BY_CHANCE =>
        {
            "UTF-8"
        }
        _ => return None,
    };
    let Declaration { label, by, .. } = declaration;
    Some(Told::at(Place::Declaration, format!("{by} says {label}, and the bytes are {is}")))
}

/// What names the code page of a resource script.
const PRAGMA: &str = "#pragma code_page";

/// A code page by its number; one of DOS, of one byte a character, stands for all of them.
fn page(number: &str) -> Option<&'static Encoding> {
    Some(match number {
        "932" => encoding_rs::SHIFT_JIS,
        "936" => encoding_rs::GBK,
        "949" => encoding_rs::EUC_KR,
        "950" => encoding_rs::BIG5,
        "10000" => encoding_rs::MACINTOSH,
        "437" | "737" | "775" | "850" | "852" | "855" | "857" | "858" | "860" | "861" | "862"
        | "863" | "865" | "869" => encoding_rs::IBM866,
        _ => return Encoding::for_label(format!("cp{number}").as_bytes()),
    })
}

enum Said {
    Utf8,
    Utf16,
    Ascii,
    Other(&'static Encoding),
}

/// What a label means to those who read it: WHATWG labels, those of Python and Emacs, code pages.
fn said(declaration: &Declaration) -> Option<Said> {
    let label = declaration.label.to_ascii_lowercase().replace('_', "-");
    let label = ["-unix", "-dos", "-mac", "-sig"]
        .iter()
        .find_map(|end| label.strip_suffix(end))
        .unwrap_or(&label);
    if declaration.by == PRAGMA {
        return match label {
            "65001" => Some(Said::Utf8),
            "1200" => Some(Said::Utf16),
            number => page(number).map(Said::Other),
        };
    }
    if let Some(encoding) = label.strip_prefix("cp").and_then(page) {
        return Some(Said::Other(encoding));
    }
    match label {
        "us-ascii" | "ascii" | "ansi-x3.4-1968" | "iso646-us" => Some(Said::Ascii),
        "utf-16" | "utf-16le" | "utf-16be" | "utf16" | "ucs-2" | "iso-10646-ucs-2" => {
            Some(Said::Utf16)
        }
        "latin-1" => Some(Said::Other(encoding_rs::WINDOWS_1252)),
        "mac-roman" | "macroman" => Some(Said::Other(encoding_rs::MACINTOSH)),
        label => match Encoding::for_label(label.as_bytes())? {
            encoding if encoding == encoding_rs::UTF_8 => Some(Said::Utf8),
            encoding if encoding == encoding_rs::REPLACEMENT => None,
            encoding => Some(Said::Other(encoding)),
        },
    }
}
