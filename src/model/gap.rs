//! Gaps: what could not be read or inspected. Never a silent pass.

use std::ops::Range;

use super::digest::Digest;
use super::finding::Related;
use super::locator::Locator;

/// Why something was not inspected.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum GapKind {
    /// A format, codec or feature that no reader knows.
    Unsupported,
    /// Encrypted.
    Encrypted,
    /// The structure is broken.
    Damaged,
    /// A budget was spent: decoded bytes, ratio, entries, depth.
    Limit,
    /// The operating system refused.
    Unreadable,
    /// Size, date or inode moved under the reading.
    ChangedWhileReading,
}

impl GapKind {
    /// The name in reports and manifests.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unsupported => "unsupported",
            Self::Encrypted => "encrypted",
            Self::Damaged => "damaged",
            Self::Limit => "limit",
            Self::Unreadable => "unreadable",
            Self::ChangedWhileReading => "changed-while-reading",
        }
    }

    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Unsupported,
        Self::Encrypted,
        Self::Damaged,
        Self::Limit,
        Self::Unreadable,
        Self::ChangedWhileReading,
    ];

    /// The kind of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Bytes or an entry that were not inspected.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Gap {
    /// Where.
    pub path: Locator,
    /// Which bytes of it, if not all.
    pub range: Option<(u64, u64)>,
    /// Where the bytes lie in the container, if they are none of the entry.
    pub related: Option<Box<Related>>,
    /// Why.
    pub kind: GapKind,
    /// What was expected and what was found.
    pub message: String,
    /// BLAKE3 of the entry, of its stored bytes if they do not decode: what a waiver names.
    pub digest: Option<Digest>,
}

impl Gap {
    /// A gap over a whole entry.
    pub fn new(path: Locator, kind: GapKind, message: impl Into<String>) -> Self {
        Self { path, range: None, related: None, kind, message: message.into(), digest: None }
    }

    /// The same, over some of its bytes.
    #[must_use]
    pub fn over(mut self, range: Range<u64>) -> Self {
        self.range = Some((range.start, range.end));
        self
    }
}
