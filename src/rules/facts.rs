//! What rules may ask of an entry beside its bytes: its name, what it is, its mode, owner and date.
//!
//! Such a rule is a `match` over [`FactsMatch`], or a detector where a comparison says more than a
//! table can. The engine fills [`EntryFacts`] from what the readers told; nothing is read for it.

use std::fmt::Debug;
use std::ops::Range;

use super::name_glob::NameGlob;
use super::targets::Target;
use crate::model::{Content, Kind};

/// An entry as rules about facts see it. What its format does not record is absent, never guessed.
#[derive(Clone, Copy, Debug)]
pub struct EntryFacts<'a> {
    /// Its own name, raw.
    pub name: &'a [u8],
    /// The name of the folder that it lies in; none at the root.
    pub folder: Option<&'a [u8]>,
    /// What it is; a hard link is the file that it names.
    pub kind: Kind,
    /// Whether it is a folder with nothing in it.
    pub empty: bool,
    /// Permission, set-id and sticky bits.
    pub mode: Option<u16>,
    /// Those of them that are of the release: in a folder of the host its umask made the others.
    pub mode_known: u16,
    /// Numeric user.
    pub owner: Option<i64>,
    /// Numeric group.
    pub group: Option<i64>,
    /// Last modification, in seconds since 1970 by the recorded clock.
    pub modified: Option<i64>,
    /// What the pass found of its bytes.
    pub content: Option<&'a Content>,
    /// What the entries around it have in common.
    pub around: &'a Around,
    /// The system that it is a part of, where the artifact holds a whole one.
    pub system: Option<&'a dyn System>,
}

/// A whole system: what its programs are called, and where they are.
pub trait System: Debug {
    /// Whether a path from the root leads to something, links followed.
    fn has(&self, path: &[u8]) -> bool;
    /// Whether a folder of programs holds one of that name.
    fn has_program(&self, name: &[u8]) -> bool;
}

/// What a detector says of an entry, and of which of its first bytes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FactsHit {
    /// What is wrong, for the message.
    pub detail: String,
    /// Where in the bytes that were kept; none if it stands behind them.
    pub at: Option<Range<usize>>,
    /// The target that minds, if not all do.
    pub target: Option<&'static str>,
}

impl FactsHit {
    /// A hit that is about the entry as a whole.
    pub fn whole(detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..Self::default() }
    }

    /// One at a place.
    pub fn at(at: Range<usize>, detail: impl Into<String>) -> Self {
        Self { at: Some(at), ..Self::whole(detail) }
    }
}

/// Seconds in a day, as long as which dates without a zone may differ.
const DAY: i64 = 86_400;
/// 1980-01-01, where the dates of FAT and zip begin.
const DOS_EPOCH: i64 = 315_532_800;

/// Whether a date is the first that its format can hold, in any zone.
pub fn is_first(seconds: i64) -> bool {
    (-DAY..=DAY).contains(&seconds) || (DOS_EPOCH - DAY..=DOS_EPOCH + DAY).contains(&seconds)
}

/// What the entries of a volume have in common.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, not a state")]
#[derive(Clone, Copy, Debug, Default)]
pub struct Around {
    /// Seconds since 1970, as the caller says it is.
    pub now: i64,
    /// Whether nearly all entries belong to root.
    pub of_root: bool,
    /// The same of the group of root.
    pub of_root_group: bool,
    /// A target that is named and says which owners it allows.
    pub owners: Option<&'static Target>,
    /// Whether most dates are the first that the format can hold: then they were pinned.
    pub pinned: bool,
    /// Whether they are what a version control system holds, and no release yet.
    pub versioned: bool,
}

/// What a rule asks of an entry; what is left out is not asked.
#[derive(Clone, Debug, Default)]
pub struct FactsMatch {
    /// Any of these names.
    pub names: Vec<NameGlob>,
    /// Any of these kinds.
    pub kinds: Vec<Kind>,
    /// The name of the folder that it lies in, any of these.
    pub folders: Vec<NameGlob>,
    /// Mode: any of these bits.
    pub mode_any: u16,
    /// Mode: all of these bits.
    pub mode_all: u16,
    /// Mode: none of these bits.
    pub mode_none: u16,
    /// A folder with nothing in it.
    pub empty: bool,
    /// None of what a version control system holds, where it is at home.
    pub released: bool,
    /// A content of so many bytes that stands elsewhere once more.
    pub copies: Option<u64>,
}

impl FactsMatch {
    /// Whether all but the name is as the rule asks.
    pub fn holds(&self, entry: &EntryFacts<'_>) -> bool {
        let asked = self.mode_any | self.mode_all | self.mode_none;
        let known = asked == 0 || entry.mode.is_some() && asked & !entry.mode_known == 0;
        let mode = entry.mode.unwrap_or_default();
        self.kinds.contains(&entry.kind)
            && known
            && (self.mode_any == 0 || mode & self.mode_any != 0)
            && mode & self.mode_all == self.mode_all
            && mode & self.mode_none == 0
            && (!self.empty || entry.empty)
            && !(self.released && entry.around.versioned)
            && (self.folders.is_empty()
                || entry.folder.is_some_and(|name| self.folders.iter().any(|f| f.matches(name))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bit_that_is_not_told_is_not_judged() {
        let unreadable =
            FactsMatch { kinds: vec![Kind::File], mode_none: 0o444, ..FactsMatch::default() };
        for (mode, mode_known, expected) in [
            (Some(0o4755), 0o7777, false),
            (Some(0o0200), 0o7777, true),
            (Some(0o0000), 0o6111, false),
            (None, 0o7777, false),
        ] {
            let entry = EntryFacts {
                name: b"a",
                folder: None,
                kind: Kind::File,
                empty: false,
                mode,
                mode_known,
                owner: None,
                group: None,
                modified: None,
                content: None,
                around: &Around::default(),
                system: None,
            };
            assert_eq!(unreadable.holds(&entry), expected, "{mode:?} {mode_known:o}");
        }
    }
}
