//! Identifiers in which letters of one script stand for those of another.
//!
//! Texts in Japanese, Chinese and Korean hold Latin letters, Russian comments hold names of functions,
//! formulas hold Greek letters. Told is a name in which all letters of the one script look like those
//! of the other, and no Greek letter at the edge of a word, where formulas have them.

use std::sync::OnceLock;

use super::super::{Detector, Look};
use super::Unicode;
use crate::model::TextKind;
use crate::rules::identifiers::{Identifier, Letter, look_alikes, looks_like, may_look_alike};
use crate::rules::parsed::{Hit, Hits, Parsed};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "mixed-script", look: Look::Parsed(find) };

/// Characters of the shortest that is told: tables of keys and sounds hold pairs of any two.
const SHORTEST: usize = 3;
/// Bytes around a name in which what makes it a key stands: a line may be the whole file.
const REACH: usize = 256;
/// Letters that a message names.
const NAMED: usize = 4;

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    let Some((place, unicode)) = names_in(parsed) else { return };
    let text = &*unicode.text;
    for identifier in look_alikes(text) {
        if let Some(detail) = mixed(identifier.name)
            && place.holds(text, &identifier)
        {
            let (at, length) = unicode.place(identifier.at, identifier.name);
            hits.tell(Hit::new(detail).at(at, length));
        }
    }
}

/// A text with names that letters may make look like others, and where in it they stand.
pub(super) fn names_in<'a>(parsed: &Parsed<'a>) -> Option<(Place, Unicode<'a>)> {
    let place = Place::of(parsed);
    // In UTF-16 it takes a look at the letters themselves.
    let may_hold = || parsed.wide.is_some() || may_look_alike(parsed.bytes);
    if place == Place::Nowhere || !may_hold() {
        return None;
    }
    Some((place, Unicode::of(parsed)?))
}

/// Where in a text names are read by programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// Anywhere: it is a program.
    Anywhere,
    /// Before `=`, or `:`: settings and tables of texts.
    Keys,
    /// Nowhere: it is for people.
    Nowhere,
}

impl Place {
    pub(super) fn of(parsed: &Parsed<'_>) -> Self {
        const KEYED: [&str; 12] = [
            ".properties",
            ".strings",
            ".desktop",
            ".ini",
            ".inf",
            ".toml",
            ".lng",
            ".json",
            ".arb",
            ".conf",
            ".yaml",
            ".yml",
        ];
        let name = parsed.name.to_ascii_lowercase();
        match parsed.kind {
            TextKind::Source => Self::Anywhere,
            _ if name.ends_with(b".sql") => Self::Anywhere,
            _ if KEYED.iter().any(|end| name.ends_with(end.as_bytes())) => Self::Keys,
            _ => Self::Nowhere,
        }
    }

    /// Whether a name stands there.
    pub(super) fn holds(self, text: &str, identifier: &Identifier<'_>) -> bool {
        let start = identifier.at;
        let bytes = text.as_bytes();
        match self {
            Self::Anywhere => true,
            Self::Nowhere => false,
            Self::Keys => {
                // In JSON a key may follow a value on its line.
                let is_edge = |b: &u8| matches!(b, b'\n' | b',' | b'{');
                let is_end = |b: &u8| matches!(b, b'=' | b':');
                let from = start.saturating_sub(REACH);
                let before = bytes.get(from..start).unwrap_or_default();
                let before = match before.iter().rposition(is_edge) {
                    Some(edge) => before.get(edge + 1..).unwrap_or_default(),
                    None if from == 0 => before,
                    None => return false,
                };
                let behind = bytes.get(start + identifier.name.len()..).unwrap_or_default();
                let mut behind = behind.iter().take(REACH).take_while(|b| !is_edge(b));
                !before.iter().any(|b| is_end(b) || matches!(b, b'#' | b';' | b'/'))
                    && behind.any(is_end)
            }
        }
    }
}

/// What is mixed in a name.
fn mixed(name: &str) -> Option<String> {
    let letters: Vec<(char, Letter)> = name.chars().map(|c| (c, Letter::of(c))).collect();
    if letters.len() < SHORTEST {
        return None;
    }
    let of = |script| letters.iter().filter(move |(_, letter)| *letter == script).map(|(c, _)| *c);
    let other = match (of(Letter::Cyrillic).next(), of(Letter::Greek).next()) {
        (Some(_), None) => Letter::Cyrillic,
        (None, Some(_)) => Letter::Greek,
        _ => return None,
    };
    if of(Letter::Latin).next().is_none() || of(Letter::Other).next().is_some() {
        return None;
    }
    let is_latin = |at: Option<usize>| {
        at.and_then(|at| letters.get(at)).is_some_and(|(_, letter)| *letter == Letter::Latin)
    };
    let inside = |at: usize| is_latin(at.checked_sub(1)) && is_latin(Some(at + 1));
    let may_be_formula = other == Letter::Greek
        && letters
            .iter()
            .enumerate()
            .any(|(at, (c, letter))| *letter == other && c.is_lowercase() && !inside(at));
    let (few, by) = if of(other).all(|c| looks_like(c).is_some()) && !may_be_formula {
        (other, Letter::Latin)
    } else if other == Letter::Cyrillic && is_typo(&letters) {
        (Letter::Latin, other)
    } else {
        return None;
    };
    let mut named: Vec<char> = Vec::new();
    for c in of(few) {
        if named.len() < NAMED && !named.contains(&c) {
            named.push(c);
        }
    }
    let points: Vec<String> = named.iter().map(|c| format!("U+{:04X}", u32::from(*c))).collect();
    Some(format!(
        "\"{name}\" has {} letters ({}) among {} ones, which look the same",
        few.name(),
        points.join(", "),
        by.name()
    ))
}

/// Whether single Latin letters stand in a Cyrillic word, each of which looks like one of its own.
fn is_typo(letters: &[(char, Letter)]) -> bool {
    static LIKE: OnceLock<Vec<char>> = OnceLock::new();
    let like = LIKE.get_or_init(|| {
        let basic = ('\u{410}'..='\u{44f}').chain(['\u{406}', '\u{456}']);
        basic.filter_map(looks_like).collect()
    });
    let is_like = |c: char| looks_like(c).is_some_and(|letter| like.contains(&letter));
    let latin = letters.iter().filter(|(_, letter)| *letter == Letter::Latin);
    let pairs =
        letters.windows(2).any(|pair| matches!(pair, [(_, Letter::Latin), (_, Letter::Latin)]));
    !pairs
        && letters.len() > 3
        && latin.clone().count() * 3 <= letters.len()
        && latin.clone().all(|(c, _)| is_like(*c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_by_what_is_near() {
        let far = " ".repeat(REACH + 1);
        for (text, expected) in [
            ("{\"\u{430}\": 1}", true),
            ("{\"x\": 1, \"\u{430}\": 1}", true),
            ("x = 1\n \u{430} = 1", true),
            ("[\"\u{430}\", 1], \"x\": 1", false),
            ("x = \u{430}", false),
            ("; \u{430} = 1", false),
            (&format!("{far}\u{430} = 1"), false),
            (&format!("\u{430}{far}= 1"), false),
        ] {
            let identifier = look_alikes(text).next().expect("a name");
            assert_eq!(Place::Keys.holds(text, &identifier), expected, "{text}");
        }
    }

    #[test]
    fn what_is_written_so_is_not_mixed() {
        for name in [
            "SQL\u{437}\u{430}\u{43f}\u{440}\u{43e}\u{441}",
            "\u{394}x",
            "\u{3b1}_max",
            "d\u{3bd}",
            "\u{65e5}\u{672c}go",
            "caf\u{e9}",
            "HTTP\u{441}\u{435}\u{440}\u{432}\u{435}\u{440}",
            "k\u{3a9}",
        ] {
            assert_eq!(mixed(name), None, "{name}");
        }
        for name in [
            "p\u{430}ypal",
            "\u{421}ount",
            "p\u{3bf}rt",
            "\u{41f}p\u{438}\u{432}\u{435}\u{442}",
            "\u{391}dmin",
        ] {
            assert!(mixed(name).is_some(), "{name}");
        }
    }
}
