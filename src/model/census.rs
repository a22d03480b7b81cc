//! The census: what one sweep over all bytes of a content counts. All text rules read it.

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
    /// Whether U+0080 to U+009F, U+FFFE, or a bidi or zero-width character occurs in valid UTF-8.
    pub invisible: bool,
    /// The first bytes, zero-padded.
    pub head: [u8; 8],
    /// The last bytes, right-aligned and zero-padded.
    pub tail: [u8; 4],
}

impl Census {
    /// Control bytes that have no business in a plain text: all but TAB, LF, VT, FF, CR; and DEL.
    pub const fn stray(&self) -> u64 {
        self.nul + self.control + self.del
    }
}
