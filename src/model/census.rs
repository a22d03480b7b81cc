//! The census: what one sweep over all bytes of a content counts. All text rules read it.

use super::Groups;

/// Counts over the whole content. Byte values are named as in ISO/IEC 646 (ASCII).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Census {
    /// Bytes seen.
    pub size: u64,
    /// 0x00.
    pub nul: u64,
    /// 0x01 to 0x1F except TAB, LF, VT, FF, CR.
    pub control: u64,
    /// 0x7F.
    pub del: u64,
    /// 0x80 to 0xFF.
    pub high: u64,
    /// 0x0A.
    pub lf: u64,
    /// 0x0D.
    pub cr: u64,
    /// 0x0D 0x0A pairs.
    pub crlf: u64,
    /// Which of 0x00 to 0x1F occur: bit n for byte n. Exact while [`Census::controls_exact`].
    pub controls: u32,
    /// Whether `controls` was followed to the end; it is given up in what is plainly binary.
    pub controls_exact: bool,
    /// Whether the bytes are valid UTF-8 from end to end; for what is plainly binary, `false`.
    pub utf8: bool,
    /// Groups of characters that rules may mind, in valid UTF-8; a group may be told that no character
    /// is of. A byte order mark at the start is none.
    pub told: Groups,
    /// The first bytes, zero-padded.
    pub head: [u8; 8],
    /// The last bytes, right-aligned and zero-padded.
    pub tail: [u8; 4],
    /// The units that its bytes read as a text in, where no byte order mark and nobody else tells.
    pub wide: Option<Wide>,
}

/// Units of more than one byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wide {
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// UTF-32, low byte first.
    Utf32Le,
    /// UTF-32, high byte first.
    Utf32Be,
}

impl Wide {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Utf16Le, Self::Utf16Be, Self::Utf32Le, Self::Utf32Be];

    /// Bytes of a unit.
    pub const fn bytes(self) -> u8 {
        match self {
            Self::Utf16Le | Self::Utf16Be => 2,
            Self::Utf32Le | Self::Utf32Be => 4,
        }
    }

    /// A unit of two bytes; those of UTF-32 have none.
    pub const fn unit(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Utf16Le | Self::Utf32Le => u16::from_le_bytes(bytes),
            Self::Utf16Be | Self::Utf32Be => u16::from_be_bytes(bytes),
        }
    }

    /// The order of the bytes, for people.
    pub const fn order(self) -> &'static str {
        match self {
            Self::Utf16Le | Self::Utf32Le => "low byte first",
            Self::Utf16Be | Self::Utf32Be => "high byte first",
        }
    }
}

impl Census {
    /// Of bytes that were not counted: as if all were NUL, so that nothing takes them for text.
    pub fn not_taken(size: u64) -> Self {
        Self { size, nul: size, ..Self::default() }
    }

    /// How lines end, in texts of bytes: in UTF-16 the same counts mean nothing.
    pub const fn line_ends(&self) -> LineEnds {
        let (lf, cr) = (self.lf.saturating_sub(self.crlf), self.cr.saturating_sub(self.crlf));
        LineEnds { lf, crlf: self.crlf, cr }
    }

    /// Control bytes that have no business in a plain text: all but TAB, LF, VT, FF, CR; and DEL.
    pub const fn stray(&self) -> u64 {
        self.nul + self.control + self.del
    }

    /// Whether what is stray are end-of-file markers alone, EOT and SUB: some old programs fill the
    /// last block of a text with them, and no binary format holds no other control byte.
    pub const fn strays_only_in_markers(&self) -> bool {
        const BLANKS: u32 = 1 << b'\t' | 1 << b'\n' | 1 << 0x0b | 1 << 0x0c | 1 << b'\r';
        const MARKERS: u32 = 1 << 0x04 | 1 << 0x1a;
        let others = self.controls & !(BLANKS | MARKERS) != 0 || self.del > 0;
        self.controls_exact && self.controls & MARKERS != 0 && !others
    }
}

/// How a line ends.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Deserialize, serde::Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum LineEnd {
    /// LF alone.
    Lf,
    /// CR LF.
    Crlf,
    /// CR alone.
    Cr,
}

impl LineEnd {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Lf, Self::Crlf, Self::Cr];

    /// The name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lf => "LF",
            Self::Crlf => "CR LF",
            Self::Cr => "CR",
        }
    }
}

/// How many lines of a text end in which way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LineEnds {
    /// LF alone.
    pub lf: u64,
    /// CR LF.
    pub crlf: u64,
    /// CR alone.
    pub cr: u64,
}

impl LineEnds {
    /// How many end so.
    pub const fn of(&self, end: LineEnd) -> u64 {
        match end {
            LineEnd::Lf => self.lf,
            LineEnd::Crlf => self.crlf,
            LineEnd::Cr => self.cr,
        }
    }

    /// All of them.
    pub const fn all(&self) -> u64 {
        self.lf + self.crlf + self.cr
    }
}
