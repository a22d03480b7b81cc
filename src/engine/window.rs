//! A buffer that moves over an entry from its first byte to its last, with what stands around the
//! place looked at.

use std::io::{self, Read};

use super::hit::Hit;
use crate::model::Evidence;
use crate::rules::Event;
use crate::rules::literals::SHAPED;

/// Bytes that are in the buffer behind the one looked at, except at the end of the entry: enough for
/// evidence, for a character, for a control sequence and for the shape of a literal, in UTF-16 too.
const AHEAD: usize = 2 * SHAPED;
const BUFFER: usize = 64 << 10;

/// The part of the buffer that may be looked at.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) bytes: &'a [u8],
    /// Offset of its first byte in the entry.
    pub(super) start: u64,
    /// Where what was not yet looked at begins.
    pub(super) from: usize,
    /// Where to stop for now; up to [`AHEAD`] bytes stand behind it.
    pub(super) limit: usize,
}

impl View<'_> {
    pub(super) fn offset(&self, at: usize) -> u64 {
        self.start + at as u64
    }

    pub(super) fn hit(
        &self,
        at: usize,
        event: Event,
        length: usize,
        (line, column): (u64, u64),
    ) -> Hit {
        let before = at.min(Evidence::BEFORE);
        let around = self.bytes.get(at - before..).unwrap_or_default();
        let around = around.get(..Evidence::LENGTH).unwrap_or(around);
        let mut window = [0; Evidence::LENGTH];
        window.iter_mut().zip(around).for_each(|(to, from)| *to = *from);
        Hit {
            event,
            at_end: false,
            offset: self.offset(at),
            length: length as u64,
            line,
            column,
            more: 0,
            window,
            filled: around.len(),
            before,
        }
    }
}

/// The buffer, and where it is.
pub(super) struct Window<'a> {
    data: &'a mut dyn Read,
    buffer: Vec<u8>,
    filled: usize,
    start: u64,
    ended: bool,
}

impl<'a> Window<'a> {
    /// A window before the first byte, whose offset in the entry is `start`.
    pub(super) fn new(data: &'a mut dyn Read, start: u64) -> Self {
        Self { data, buffer: vec![0; BUFFER], filled: 0, start, ended: false }
    }

    /// Moves on to what was not looked at: it begins at `at` in the last view. `None` at the end.
    pub(super) fn next(&mut self, at: usize) -> io::Result<Option<View<'_>>> {
        if self.ended {
            return Ok(None);
        }
        let passed = at.saturating_sub(Evidence::BEFORE).min(self.filled);
        self.buffer.copy_within(passed..self.filled, 0);
        self.filled -= passed;
        self.start += passed as u64;
        self.fill()?;
        let limit = if self.ended { self.filled } else { self.filled - AHEAD };
        let bytes = self.buffer.get(..self.filled).unwrap_or_default();
        Ok(Some(View { bytes, start: self.start, from: at - passed, limit }))
    }

    /// Fills the buffer, unless the data end.
    fn fill(&mut self) -> io::Result<()> {
        while let Some(rest) = self.buffer.get_mut(self.filled..).filter(|rest| !rest.is_empty()) {
            match self.data.read(rest) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(n) => self.filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
