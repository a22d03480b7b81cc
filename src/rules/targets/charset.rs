//! Sets of characters, and in what the length of a name is counted.

use std::ops::RangeInclusive;

/// A set of characters: a table for ASCII, ranges for the rest.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Chars {
    ascii: u128,
    others: Vec<RangeInclusive<u32>>,
    /// As the file spells it.
    spelled: Vec<String>,
}

impl Chars {
    /// From strings that are each `U+0000`, `U+0000..U+001F`, or the characters themselves.
    pub(super) fn of(spelled: Vec<String>) -> Result<Self, String> {
        let mut set = Self::default();
        for text in &spelled {
            if text.starts_with("U+") {
                let range = range(text).ok_or_else(|| {
                    format!("{text:?}: expected U+0000 or U+0000..U+001F, or characters")
                })?;
                set.add(range);
            } else {
                text.chars().for_each(|c| set.add(u32::from(c)..=u32::from(c)));
            }
        }
        set.spelled = spelled;
        Ok(set)
    }

    fn add(&mut self, range: RangeInclusive<u32>) {
        for point in range.clone().take_while(|&point| point < 128) {
            self.ascii |= 1 << point;
        }
        if *range.end() >= 128 {
            self.others.push(range);
        }
    }

    /// Whether the character is in the set.
    pub fn has(&self, c: char) -> bool {
        let point = u32::from(c);
        if point < 128 {
            return self.ascii >> point & 1 == 1;
        }
        self.others.iter().any(|range| range.contains(&point))
    }

    /// Those of ASCII: bit n for character n.
    pub(super) fn ascii(&self) -> u128 {
        self.ascii
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.spelled.is_empty()
    }

    /// As the file spells it.
    pub fn spelled(&self) -> &[String] {
        &self.spelled
    }
}

impl serde::Serialize for Chars {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.spelled)
    }
}

fn range(text: &str) -> Option<RangeInclusive<u32>> {
    let one = |text: &str| u32::from_str_radix(text.strip_prefix("U+")?, 16).ok();
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let range = one(first)?..=one(last)?;
    (range.start() <= range.end() && *range.end() <= 0x10_ffff).then_some(range)
}

/// What a length counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Bytes, of UTF-8 where the name is Unicode.
    Bytes,
    /// Characters: of a set with one byte for each.
    Characters,
    /// 16-bit units of UTF-16.
    #[serde(rename = "utf-16")]
    Utf16,
    /// Bytes of OSTA compressed Unicode: one that tells the width, then one or two a unit
    /// (OSTA UDF 2.1.1).
    Cs0,
}

impl Unit {
    /// The length of a name.
    pub fn count(self, text: &str) -> u64 {
        let units = || text.encode_utf16().count() as u64;
        match self {
            Self::Bytes => text.len() as u64,
            Self::Characters => text.chars().count() as u64,
            Self::Utf16 => units(),
            Self::Cs0 if text.is_empty() => 0,
            Self::Cs0 if text.chars().all(|c| u32::from(c) < 256) => 1 + units(),
            Self::Cs0 => 1 + 2 * units(),
        }
    }

    /// The name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Characters => "characters",
            Self::Utf16 => "UTF-16 units",
            Self::Cs0 => "bytes of compressed Unicode",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_what_they_spell() {
        let of = |spelled: &[&str]| Chars::of(spelled.iter().map(ToString::to_string).collect());
        let set = of(&["U+0000..U+001F", ":é", "U+E000..U+F8FF"]).expect("spelled right");
        for (c, is_in) in
            [('\0', true), ('\u{1f}', true), (' ', false), (':', true), ('é', true), ('è', false)]
        {
            assert_eq!(set.has(c), is_in, "{c:?}");
        }
        assert!(set.has('\u{f000}') && !set.has('\u{f900}'));
        for wrong in ["U+", "U+0020..U+0010", "U+110000", "U+12..34"] {
            assert!(of(&[wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn each_unit_counts_its_own() {
        for (text, bytes, characters, units, cs0) in [
            ("abc", 3, 3, 3, 4),
            ("é", 2, 1, 1, 2),
            ("€", 3, 1, 1, 3),
            ("𝄞", 4, 1, 2, 5),
            ("", 0, 0, 0, 0),
        ] {
            let found =
                [Unit::Bytes, Unit::Characters, Unit::Utf16, Unit::Cs0].map(|u| u.count(text));
            assert_eq!(found, [bytes, characters, units, cs0], "{text}");
        }
    }
}
