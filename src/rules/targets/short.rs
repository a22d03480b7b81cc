//! The second, short names that long names get on FAT and NTFS: `LONGNA~1.TXT`.
//!
//! Microsoft, FAT32 File System Specification 1.03, "The Basis-Name Generation Algorithm" and "The
//! Numeric-Tail Generation Algorithm". Only tails of one digit are computed: they are what the first
//! nine names get.

use super::check::upper;

/// Characters of a base with a tail of two: `~1`.
const BASE: usize = 6;

/// A short name in two parts, without the tail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Short {
    /// At most six characters.
    pub(crate) base: String,
    /// At most three.
    pub(crate) extension: String,
}

impl Short {
    /// The name with a tail: `LONGNA~1.TXT`.
    pub(crate) fn first(&self) -> String {
        let dot = if self.extension.is_empty() { "" } else { "." };
        format!("{}~1{dot}{}", self.base, self.extension)
    }
}

fn is_short_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "$%'-_@~`!(){}^#&".contains(c)
}

/// Whether a name needs no second one.
fn is_short(text: &str) -> bool {
    let (base, extension) = text.split_once('.').unwrap_or((text, ""));
    (1..=8).contains(&base.len())
        && extension.len() <= 3
        && extension.is_empty() != text.contains('.')
        && base.chars().chain(extension.chars()).all(is_short_character)
}

/// What the second name of a long name is made from; `None` for a short one.
pub(crate) fn alias(text: &str) -> Option<Short> {
    let (mut base, mut extension) = (String::new(), String::new());
    alias_parts(text, |c| base.push(c), |c| extension.push(c)).then_some(Short { base, extension })
}

/// Appends the same with a dot between; false for a short name.
pub(crate) fn write_alias(text: &str, out: &mut String) -> bool {
    let mut extension = [None; 3];
    let mut slots = extension.iter_mut();
    let fill = |c| slots.next().into_iter().for_each(|slot| *slot = Some(c));
    if !alias_parts(text, |c| out.push(c), fill) {
        return false;
    }
    out.push('.');
    out.extend(extension.into_iter().flatten());
    true
}

/// Gives the characters of base and extension, cut to what they can hold.
fn alias_parts(text: &str, base: impl FnMut(char), extension: impl FnMut(char)) -> bool {
    if is_short(text) {
        return false;
    }
    let text = text.trim_start_matches('.');
    let (before, behind) = text.rsplit_once('.').unwrap_or((text, ""));
    let clean = |c: char| if is_short_character(c) { upper(c) } else { '_' };
    let kept = |c: &char| !matches!(c, '.' | ' ');
    before.chars().filter(kept).take(BASE).map(clean).for_each(base);
    behind.chars().filter(kept).take(3).map(clean).for_each(extension);
    true
}

/// What a name spells that looks as such a second name; `None` for one that does not.
pub(crate) fn spelled(text: &str) -> Option<Short> {
    let (base, extension) = text.split_once('.').unwrap_or((text, ""));
    let (base, tail) = base.rsplit_once('~')?;
    let digit = matches!(tail.as_bytes(), [b'1'..=b'9']);
    (digit && base.len() <= BASE && is_short(text)).then(|| Short {
        base: base.to_ascii_uppercase(),
        extension: extension.to_ascii_uppercase(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_names_are_made_as_specified() {
        for (name, expected) in [
            ("The quick brown.fox", Some("THEQUI~1.FOX")),
            ("TextFile.Mine.txt", Some("TEXTFI~1.TXT")),
            ("a+b.html", Some("A_B~1.HTM")),
            (".profile", Some("PROFIL~1")),
            ("readme.txt", None),
            ("README", None),
        ] {
            assert_eq!(alias(name).map(|short| short.first()).as_deref(), expected, "{name}");
        }
        assert_eq!(spelled("longfi~1.txt"), alias("LongFileName.txt"));
        assert_eq!(spelled("LONGFI~12.TXT"), None);
        assert_eq!(spelled("notes~1.html"), None);
    }
}
