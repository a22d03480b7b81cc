//! A text as units of one byte or two: what these formats are written in is ASCII, so that UTF-8,
//! eight-bit encodings and UTF-16 are walked alike.

/// The units of a text behind its byte order mark.
#[derive(Clone, Copy)]
pub(super) struct Units<'a> {
    bytes: &'a [u8],
    /// Bytes of the byte order mark.
    start: usize,
    /// Bytes of a unit.
    width: usize,
    /// Whether the high byte comes first.
    big: bool,
}

impl<'a> Units<'a> {
    pub(super) fn of(content: &'a [u8]) -> Self {
        let (start, width, big) = match content {
            [0xef, 0xbb, 0xbf, ..] => (3, 1, false),
            [0xff, 0xfe, ..] => (2, 2, false),
            [0xfe, 0xff, ..] => (2, 2, true),
            [1..=0xff, 0, 1..=0xff, 0, ..] => (0, 2, false),
            [0, 1..=0xff, 0, 1..=0xff, ..] => (0, 2, true),
            _ => (0, 1, false),
        };
        Self { bytes: content.get(start..).unwrap_or_default(), start, width, big }
    }

    /// The ASCII character at a place, 0x80 for any other; none behind the end.
    pub(super) fn get(&self, at: usize) -> Option<u8> {
        let first = at.checked_mul(self.width)?;
        if self.width == 1 {
            return self.bytes.get(first).map(|b| (*b).min(0x80));
        }
        let unit = *self.bytes.get(first..)?.first_chunk::<2>()?;
        let unit = if self.big { u16::from_be_bytes(unit) } else { u16::from_le_bytes(unit) };
        Some(u8::try_from(unit).unwrap_or(0x80).min(0x80))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() / self.width
    }

    /// The offset of a unit in the content.
    pub(super) fn offset(&self, at: usize) -> u64 {
        (self.start + at.min(self.len()) * self.width) as u64
    }

    /// Bytes of so many units.
    pub(super) fn bytes_of(&self, count: usize) -> u64 {
        (count * self.width) as u64
    }

    /// The bytes of some of them.
    pub(super) fn raw(&self, from: usize, to: usize) -> &'a [u8] {
        self.bytes.get(from * self.width..to * self.width).unwrap_or_default()
    }

    /// Whether an ASCII word stands at a place.
    pub(super) fn has(&self, at: usize, word: &[u8]) -> bool {
        word.iter().enumerate().all(|(n, b)| self.get(at + n) == Some(*b))
    }

    /// The line of a unit, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        let before = self.raw(0, at.min(self.len()));
        if self.width == 1 {
            return 1 + memchr::memchr_iter(b'\n', before).count();
        }
        let end: [u8; 2] = if self.big { [0, b'\n'] } else { [b'\n', 0] };
        1 + before.as_chunks::<2>().0.iter().filter(|unit| **unit == end).count()
    }

    /// Where the line of a unit ends: at its LF or CR, or at the end of the text.
    pub(super) fn line_end(&self, at: usize) -> usize {
        (at..self.len())
            .find(|at| matches!(self.get(*at), Some(b'\n' | b'\r')))
            .unwrap_or(self.len())
    }

    /// The units, as a person would read them: at most 40.
    pub(super) fn shown(&self, from: usize, to: usize) -> String {
        let one = |at| match self.get(at) {
            Some(b @ 0x20..0x7f) => char::from(b),
            _ => '?',
        };
        (from..to.min(from + 40)).map(one).collect()
    }
}
