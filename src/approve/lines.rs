//! The lines of a stream, each where it lies in the buffer, with the digest of all before it.

use std::io::{self, Read};

/// Bytes of the longest line: the chunks of a content of 64 GB.
const LINE: usize = 64 << 20;
/// Bytes that are read at a time.
const BLOCK: usize = 256 << 10;

/// A stream of lines, of which one is current.
pub(super) struct Lines {
    input: Box<dyn Read>,
    /// What was read and is not consumed; the rest is room.
    buffer: Vec<u8>,
    filled: usize,
    /// The current line.
    start: usize,
    end: usize,
    /// Up to where the buffer is in the digest.
    hashed: usize,
    hasher: blake3::Hasher,
}

impl Lines {
    pub(super) fn new(input: Box<dyn Read>) -> Self {
        let hasher = blake3::Hasher::new();
        Self { input, buffer: Vec::new(), filled: 0, start: 0, end: 0, hashed: 0, hasher }
    }

    /// Goes on to the next line; `false` at the end. A line without end is an error before it is all
    /// in memory.
    pub(super) fn advance(&mut self) -> io::Result<bool> {
        self.start = self.end;
        let mut searched = self.start;
        loop {
            let rest = self.buffer.get(searched..self.filled).unwrap_or_default();
            if let Some(at) = memchr::memchr(b'\n', rest) {
                self.end = searched + at + 1;
                return Ok(true);
            }
            if self.filled - self.start >= LINE {
                let message = format!("expected lines of at most {LINE} bytes");
                return Err(io::Error::new(io::ErrorKind::InvalidData, message));
            }
            searched = self.filled - self.start;
            let read = self.fill()?;
            if read == 0 {
                self.end = self.filled;
                return Ok(self.start < self.end);
            }
        }
    }

    /// The current line with its end.
    pub(super) fn current(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// BLAKE3 of all before the current line.
    pub(super) fn digest_before(&mut self) -> blake3::Hash {
        self.hash();
        self.hasher.finalize()
    }

    fn hash(&mut self) {
        self.hasher.update(self.buffer.get(self.hashed..self.start).unwrap_or_default());
        self.hashed = self.start;
    }

    /// Moves what begins with the current line to the front and reads behind it.
    fn fill(&mut self) -> io::Result<usize> {
        self.hash();
        self.buffer.copy_within(self.start..self.filled, 0);
        self.filled -= self.start;
        (self.start, self.end, self.hashed) = (0, 0, 0);
        if self.buffer.len() - self.filled < BLOCK {
            let length = self.buffer.len().max(BLOCK).saturating_mul(2).min(LINE + BLOCK);
            self.buffer.resize(length, 0);
        }
        let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
        loop {
            match self.input.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => {
                    let read = read?;
                    self.filled += read;
                    return Ok(read);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_any_length_come_whole_and_are_digested() {
        let mut text = Vec::new();
        for length in [0, 1, BLOCK - 1, 3 * BLOCK, 7, BLOCK, 0] {
            text.extend(std::iter::repeat_n(b'x', length));
            text.push(b'\n');
        }
        text.extend(b"no end");
        let mut lines = Lines::new(Box::new(io::Cursor::new(text.clone())));
        let mut seen = Vec::new();
        while lines.advance().expect("memory") {
            assert!(seen.len() % 2 == 0 || lines.digest_before() == blake3::hash(&seen));
            seen.extend_from_slice(lines.current());
        }
        assert!(seen == text);
        assert_eq!(lines.digest_before(), blake3::hash(&text));
    }

    #[test]
    fn a_line_without_end_is_an_error() {
        let mut lines = Lines::new(Box::new(io::repeat(b'x')));
        assert!(lines.advance().is_err());
        assert!(lines.buffer.len() <= LINE + BLOCK);
    }
}
