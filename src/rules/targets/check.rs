//! What a target makes of one name: what it refuses, how it writes it, and which names it takes for
//! one. Every answer follows from the data of [`Names`].

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_normalization::UnicodeNormalization as _;

use super::target::{Case, Limit, NameEncoding, Names, Normalization};
use crate::rules::name::{LONGEST_PATH, Name};

/// Why a name, or its path, is longer than `limit`.
fn over(limit: Option<Limit>, text: &str, what: &str) -> Option<String> {
    let Limit { limit, unit } = limit?;
    // A character of ASCII is one of every unit, and compressed Unicode puts a byte before them.
    if text.is_ascii() && text.len() < limit as usize {
        return None;
    }
    let count = unit.count(text);
    (count > u64::from(limit)).then(|| format!("{count} {}{what}, at most {limit}", unit.name()))
}

impl Names {
    /// Why a name is too long.
    pub(crate) fn too_long(&self, name: &Name<'_>) -> Option<String> {
        let text = self.written(name);
        if let Some(why) = over(self.length, &text, "") {
            return Some(why);
        }
        let (base, extension) = split(&text);
        for (part, most, place) in
            [(base, self.base, "before the dot"), (extension, self.extension, "behind the dot")]
        {
            let count = || part.chars().count() as u64;
            if let Some(most) =
                most.filter(|&most| part.len() > most as usize && count() > most.into())
            {
                return Some(format!("{} characters {place}, at most {most}", count()));
            }
        }
        None
    }

    /// Why a path is too long.
    pub(crate) fn path_too_long(&self, name: &Name<'_>) -> Option<String> {
        let limit = self.path?.limit;
        if name.path.len() > LONGEST_PATH {
            return Some(format!("more than {LONGEST_PATH} bytes in the path, at most {limit}"));
        }
        over(self.path, &String::from_utf8_lossy(name.path), " in the path")
    }

    /// Why a folder lies too deep; of the folders in it nothing is said.
    pub(crate) fn too_deep(&self, name: &Name<'_>) -> Option<String> {
        let depth = self.depth.filter(|&depth| name.is_folder && name.levels == depth)?;
        Some(format!("the folder is at level {}, the root being 1; at most {depth}", depth + 1))
    }

    /// Which characters a name cannot have.
    pub(crate) fn wrong_character(&self, name: &Name<'_>) -> Option<String> {
        if name.text.is_none() && self.encoding != NameEncoding::Bytes {
            return Some(format!(
                "bytes that are no UTF-8 have no form in {}",
                self.encoding.name()
            ));
        }
        if self.has_plain_characters(name) {
            return self.too_many_dots(name);
        }
        let text = self.written(name);
        let text = match self.encoding {
            // Composed, as the set has them.
            NameEncoding::Macintosh if !text.is_ascii() => Cow::Owned(text.nfc().collect()),
            _ => text,
        };
        let mut seen: Vec<char> = Vec::new();
        for c in text.chars().filter(|&c| !self.may_have(c)) {
            if seen.len() < 4 && !seen.contains(&c) {
                seen.push(c);
            }
        }
        if !seen.is_empty() {
            let mut told = String::new();
            for c in seen {
                let comma = if told.is_empty() { "" } else { ", " };
                let shown = if c.is_ascii_graphic() { format!("{c} ") } else { String::new() };
                let _ = write!(told, "{comma}{shown}(U+{:04X})", u32::from(c));
            }
            return Some(told);
        }
        self.too_many_dots(name)
    }

    /// Whether a name is of ASCII and of no character that needs a closer look.
    fn has_plain_characters(&self, name: &Name<'_>) -> bool {
        let mut may = if self.allowed.is_empty() { u128::MAX } else { self.allowed.ascii() };
        may &= !self.forbidden.ascii();
        if self.case == Case::Upper && !name.native {
            // A lower-case letter will be the upper-case one, which stands 32 before it.
            const UPPER: u128 = ((1 << 26) - 1) << b'A';
            may |= (may & UPPER) << 32;
        }
        if self.dots.is_some() {
            may |= 1 << b'.';
        }
        name.bytes.iter().all(|&b| b < 128 && may >> b & 1 == 1)
    }

    fn too_many_dots(&self, name: &Name<'_>) -> Option<String> {
        let dots = if name.is_folder { self.folder_dots.or(self.dots) } else { self.dots };
        let most = dots?;
        let count = memchr::memchr_iter(b'.', name.bytes).count();
        let plural = if count == 1 { "" } else { "s" };
        (count > most as usize).then(|| format!("{count} dot{plural}, at most {most}"))
    }

    fn may_have(&self, c: char) -> bool {
        let is_told_elsewhere = c == '.' && self.dots.is_some();
        let allowed = self.allowed.is_empty() || is_told_elsewhere || self.allowed.has(c);
        let encoded = match self.encoding {
            NameEncoding::Bytes | NameEncoding::Unicode => true,
            NameEncoding::Ucs2 => u32::from(c) < 0x1_0000,
            NameEncoding::Macintosh => {
                c.is_ascii() || !encoding_rs::MACINTOSH.encode(c.encode_utf8(&mut [0; 4])).2
            }
        };
        allowed && encoded && !self.forbidden.has(c)
    }

    /// Which reserved name a name is.
    pub(crate) fn is_reserved(&self, name: &Name<'_>) -> Option<&str> {
        // Nothing reserved is longer than a few characters, and most names are.
        let text = name.text?;
        let stem = match text.split_once('.') {
            Some((stem, _)) if self.reserved_with_extension => stem.trim_end_matches(' '),
            _ => text,
        };
        let same = |reserved: &&String| {
            reserved.len() == stem.len() && reserved.eq_ignore_ascii_case(stem)
        };
        self.reserved.iter().find(same).map(String::as_str)
    }

    /// Which reserved beginning a name has.
    pub(crate) fn reserved_beginning(&self, name: &Name<'_>) -> Option<&str> {
        let starts = |start: &&String| name.bytes.starts_with(start.as_bytes());
        self.reserved_start.iter().find(starts).map(String::as_str)
    }

    /// Which character a name cannot begin with.
    pub(crate) fn wrong_start(&self, name: &Name<'_>) -> Option<char> {
        name.text?.chars().next().filter(|&c| self.forbidden_start.has(c))
    }

    /// Which character a name cannot end with: the target drops it.
    pub(crate) fn wrong_end(&self, name: &Name<'_>) -> Option<char> {
        name.text?.chars().next_back().filter(|&c| self.forbidden_end.has(c))
    }

    /// The names that a name's folder may hold, if it is none of them.
    pub(crate) fn not_expected(&self, name: &Name<'_>) -> Option<&[String]> {
        let folder = name.folder?;
        let within = self
            .within
            .iter()
            .find(|within| within.folder.as_bytes().eq_ignore_ascii_case(folder))?;
        let fits = |pattern: &String| {
            pattern.len() == name.bytes.len()
                && pattern.bytes().zip(name.bytes).all(|(wanted, found)| match wanted {
                    b'#' => found.is_ascii_digit(),
                    wanted => wanted.eq_ignore_ascii_case(found),
                })
        };
        (!within.patterns.iter().any(fits)).then_some(&within.patterns)
    }

    /// The name as the target writes it, before anything is cut or dropped. In the target's own
    /// namespace it is written already.
    pub(crate) fn written<'a>(&self, name: &Name<'a>) -> Cow<'a, str> {
        let text = match name.text {
            Some(text) => Cow::Borrowed(text),
            None => String::from_utf8_lossy(name.bytes),
        };
        if name.native {
            return text;
        }
        let text = match self.normalization {
            Normalization::HfsPlus if !text.is_ascii() => Cow::Owned(decomposed(&text)),
            _ => text,
        };
        match self.case {
            Case::Upper if text.chars().any(|c| upper(c) != c) => {
                Cow::Owned(text.chars().map(upper).collect())
            }
            _ => text,
        }
    }

    /// Appends the form in which the target compares a name with others; false if it compares bytes,
    /// so that nothing but the same name is the same.
    pub(crate) fn compared(&self, name: &Name<'_>, out: &mut String) -> bool {
        let exact = self.case == Case::Sensitive
            && self.normalization == Normalization::None
            && self.forbidden_end.is_empty();
        let Some(text) = name.text.filter(|_| !exact) else { return false };
        let start = out.len();
        let folds = self.case != Case::Sensitive;
        let fold = |c: char| if folds { upper(c) } else { c };
        if text.is_ascii() {
            out.push_str(text);
            if let Some(text) = out.get_mut(start..).filter(|_| folds) {
                text.make_ascii_uppercase();
            }
        } else {
            match self.normalization {
                Normalization::None => out.extend(text.chars().map(fold)),
                // Apple File System has all of form D: the sign for Kelvin is a K.
                Normalization::Preserved => out.extend(text.nfd().map(fold)),
                Normalization::HfsPlus => {
                    let counts = |c: &char| !is_ignored_by_hfs_plus(*c);
                    out.extend(decomposed(text).chars().filter(counts).map(fold));
                }
            }
        }
        let kept = out.get(start..).map_or(0, |text| self.without_end(text).len());
        out.truncate(start + kept);
        true
    }

    /// A name without the characters that the target drops at its end.
    pub(crate) fn without_end<'a>(&self, text: &'a str) -> &'a str {
        text.trim_end_matches(|c| self.forbidden_end.has(c))
    }

    /// A name cut to what the target can hold; only where it cuts.
    pub(crate) fn cut_to_fit<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !self.cut {
            return Cow::Borrowed(text);
        }
        let head = |text: &'a str, most: Option<u32>| match most
            .and_then(|most| text.char_indices().nth(most as usize))
        {
            Some((end, _)) => text.get(..end).unwrap_or(text),
            None => text,
        };
        if self.base.is_some() || self.extension.is_some() {
            let (base, extension) = split(text);
            let (short, end) = (head(base, self.base), head(extension, self.extension));
            if short.len() == base.len() && end.len() == extension.len() {
                return Cow::Borrowed(text);
            }
            let dot = if text.len() > base.len() { "." } else { "" };
            return Cow::Owned(format!("{short}{dot}{end}"));
        }
        let Some(Limit { limit, unit }) = self.length else { return Cow::Borrowed(text) };
        let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
        let fits = |&end: &usize| unit.count(text.get(..end).unwrap_or_default()) <= limit.into();
        let kept = ends.take_while(fits).last().unwrap_or(0);
        Cow::Borrowed(text.get(..kept).unwrap_or(text))
    }
}

/// Base and extension: before and behind the last dot.
fn split(text: &str) -> (&str, &str) {
    text.rsplit_once('.').unwrap_or((text, ""))
}

/// A character in upper case, where that is one character, and none of ASCII for one that is not:
/// the tables of file systems (NTFS `$UpCase`, HFS Plus) fold one to one and leave ſ and ı alone.
pub(crate) fn upper(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_uppercase();
    }
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) if !one.is_ascii() => one,
        _ => c,
    }
}

/// Characters that HFS Plus passes over when it compares names (Apple Technical Note TN1150,
/// `FastUnicodeCompare`): joiners, and marks and controls of direction.
const fn is_ignored_by_hfs_plus(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

/// Decomposed as HFS Plus does (Apple Technical Note TN1150, Unicode Subtleties).
fn decomposed(text: &str) -> String {
    let stays =
        |c: char| matches!(u32::from(c), 0x2000..=0x2fff | 0xf900..=0xfaff | 0x2f800..=0x2faff);
    let mut out = String::with_capacity(text.len() + 8);
    for part in text.split_inclusive(stays) {
        let last = part.chars().next_back().filter(|&c| stays(c));
        let before = part.get(..part.len() - last.map_or(0, char::len_utf8)).unwrap_or_default();
        out.extend(before.nfd());
        out.extend(last);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Targets;

    /// What the target of a name says against a file name.
    fn said(target: &str, name: &str) -> String {
        let names = &Targets::built_in().get(target).expect(target).names;
        let name = Name::new(name.as_bytes());
        let start = names.wrong_start(&name).map(|c| format!("starts {c:?}"));
        let end = names.wrong_end(&name).map(|c| format!("ends {c:?}"));
        let reserved = names.is_reserved(&name).map(|word| format!("is {word}"));
        let all = [names.too_long(&name), names.wrong_character(&name), reserved, start, end];
        all.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn each_target_refuses_what_its_specification_does() {
        for (target, name, expected) in [
            ("dos", "AUTOEXEC.BAT", ""),
            ("dos", "readme.txt", ""),
            ("dos", "index.html", "4 characters behind the dot, at most 3"),
            ("dos", "longfilename", "12 characters before the dot, at most 8"),
            ("dos", "a.b.c", "2 dots, at most 1"),
            ("dos", "a+b.txt", "+ (U+002B)"),
            ("windows", "a+b [1].tar.gz", ""),
            ("windows", "what?", "? (U+003F)"),
            ("windows", "a\u{1}b", "(U+0001)"),
            ("windows", "aux.h", "is AUX"),
            ("windows", "nul", "is NUL"),
            ("windows", "COM¹.txt", "is COM¹"),
            ("windows", "auxiliary.h", ""),
            ("windows", "com10", ""),
            ("windows", "etc.", "ends '.'"),
            ("classic-mac", "Read Me", ""),
            ("classic-mac", "Volume:File", ": (U+003A)"),
            ("classic-mac", "Registered ®", ""),
            ("classic-mac", "日本", "(U+65E5), (U+672C)"),
            ("classic-mac", "A name of more than 31 characters", "33 characters, at most 31"),
            ("classic-mac", "Cafe\u{301}", ""),
            ("iso9660-1", "README.TXT", ""),
            ("iso9660-1", "readme.txt", ""),
            ("iso9660-1", "READ-ME.TXT", "- (U+002D)"),
            ("joliet", "a;b", "; (U+003B)"),
            ("joliet", "𝄞", "(U+1D11E)"),
            ("linux", "aux?.txt ", ""),
            ("posix-portable", "-rf", "starts '-'"),
            ("posix-portable", "résumé", "(U+00E9)"),
        ] {
            assert_eq!(said(target, name), expected, "{name} on {target}");
        }
    }

    #[test]
    fn lengths_are_counted_in_the_units_of_the_target() {
        let longest =
            |target: &str, c: &str| (1..600).rev().find(|&n| said(target, &c.repeat(n)).is_empty());
        for (target, c, expected) in [
            ("ext4", "a", 255),
            ("ext4", "é", 127),
            ("ntfs", "é", 255),
            ("ntfs", "𝄞", 127),
            ("joliet", "é", 64),
            ("hfs", "®", 31),
            ("hfs-plus", "é", 127),
            ("hfs-plus", "®", 255),
            ("udf", "é", 254),
            ("udf", "€", 127),
            ("posix-portable", "a", 14),
            ("iso9660-4", "A", 207),
        ] {
            assert_eq!(longest(target, c), Some(expected), "{c} on {target}");
        }
    }

    #[test]
    fn names_are_compared_as_the_target_does() {
        let key = |target: &str, name: &str| {
            let mut key = String::new();
            let names = &Targets::built_in().get(target).expect(target).names;
            names.compared(&Name::new(name.as_bytes()), &mut key).then_some(key)
        };
        for (target, a, b, same) in [
            ("windows", "Readme", "README", true),
            ("windows", "straße", "STRASSE", false),
            ("windows", "a.", "A", true),
            ("windows", "é", "e\u{301}", false),
            ("windows", "ſ", "s", false),
            ("macos", "é", "E\u{301}", true),
            ("hfs-plus", "\u{212b}", "\u{c5}", false),
            ("classic-mac", "a", "A", true),
        ] {
            assert_eq!(key(target, a) == key(target, b), same, "{a} {b} on {target}");
        }
        assert_eq!(key("linux", "a"), None);
    }
}
