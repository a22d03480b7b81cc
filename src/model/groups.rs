//! Characters that rules may mind: controls, what is not seen, what turns the direction, what is no
//! character or private, what stands for a lost one. The census tells them by groups, so that only
//! texts are read again that hold what a rule on them minds.

use std::ops::{BitAnd, BitOr, BitOrAssign};

/// Groups of characters that a UTF-8 text holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Groups(pub u8);

impl Groups {
    /// None of them.
    pub const NONE: Self = Self(0);
    /// U+00A0 and U+00AD, which only some kinds of text should not hold.
    pub const BLANK: Self = Self(1);
    /// C1 controls and noncharacters.
    pub const NEVER: Self = Self(1 << 1);
    /// Joiners, marks of direction, fillers, invisible operators.
    pub const UNSEEN: Self = Self(1 << 2);
    /// Embeddings, overrides, isolates, and what ends them.
    pub const BIDI: Self = Self(1 << 3);
    /// Private use.
    pub const PRIVATE: Self = Self(1 << 4);
    /// Separators of lines and paragraphs, byte order marks inside, U+FFFD.
    pub const STRANGE: Self = Self(1 << 5);
    /// Variation selectors, tags, and what is not assigned beside them.
    pub const SELECTOR: Self = Self(1 << 6);
    /// What is left of UTF-8 that was read as another encoding: no one character.
    pub const MOJIBAKE: Self = Self(1 << 7);

    /// The group of a character; none for those that no rule minds.
    pub const fn of(point: u32) -> Self {
        match point {
            0x80..=0x9f | 0xfdd0..=0xfdef | 0xfffe | 0xffff => Self::NEVER,
            0xa0 | 0xad => Self::BLANK,
            0x34f
            | 0x61c
            | 0x115f
            | 0x1160
            | 0x180e
            | 0x200b..=0x200f
            | 0x2060..=0x2065
            | 0x206a..=0x206f
            | 0x3164
            | 0xffa0 => Self::UNSEEN,
            0x202a..=0x202e | 0x2066..=0x2069 => Self::BIDI,
            0x2028 | 0x2029 | 0xfeff | 0xfffd => Self::STRANGE,
            0xfe00..=0xfe0f => Self::SELECTOR,
            _ if point > 0xffff && point & 0xfffe == 0xfffe => Self::NEVER,
            0xe000..=0xf8ff | 0xf_0000..=0x10_ffff => Self::PRIVATE,
            0xc_0000..=0xe_ffff => Self::SELECTOR,
            _ => Self::NONE,
        }
    }

    /// Whether both hold some group.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for Groups {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Groups {
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}

impl BitAnd for Groups {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// Whether a rule may mind the character.
pub const fn is_told(point: u32) -> bool {
    Groups::of(point).0 != 0
}
