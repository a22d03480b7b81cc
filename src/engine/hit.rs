//! A hit of the second look: what it is, where it stands, and the bytes around it.

use crate::model::Evidence;
use crate::rules::Event;

/// Something that a rule may mind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub(super) event: Event,
    /// Whether only line ends and control bytes follow.
    pub(super) at_end: bool,
    /// Bytes from the start of the entry.
    pub(super) offset: u64,
    /// Bytes: a run of the same control byte is one hit.
    pub(super) length: u64,
    pub(super) line: u64,
    pub(super) column: u64,
    /// How many hits of this kind came after it and were not kept.
    pub(super) more: u64,
    pub(super) window: [u8; Evidence::LENGTH],
    /// Bytes of the window that are filled, and of those before the hit.
    pub(super) filled: usize,
    pub(super) before: usize,
}

impl Hit {
    pub(super) fn evidence(&self) -> Evidence {
        let bytes = self.window.get(..self.filled).unwrap_or_default().to_vec();
        Evidence { bytes, start: self.offset - self.before as u64 }
    }

    /// The first bytes of the hit itself.
    pub(super) fn bytes(&self) -> &[u8] {
        let rest = self.window.get(self.before..self.filled).unwrap_or_default();
        let length = usize::try_from(self.length).unwrap_or(usize::MAX);
        rest.get(..length).unwrap_or(rest)
    }
}
