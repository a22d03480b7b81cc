//! Compare: two builds, row by row.
//!
//! Both sides are streams of rows sorted by locator, from a scan or from a manifest; the merge holds
//! one row of each and keeps only what differs. What follows from what is decided in `intent`.

pub mod hunks;
mod merge;
mod order;
mod position;
mod renames;
mod unaccounted;

pub use merge::{Comparison, Item, ItemKind, Policy, compare, release_mode};
pub use position::position;

/// A difference that configuration may declare to be noise, by name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Normalizer {
    /// Dates of modification, creation, backup and recording.
    Mtime,
    /// Dates of the last access.
    Atime,
    /// Users and groups.
    Owner,
    /// Other packed bytes that decode to the same content.
    Packing,
    /// Another order of the members of an archive.
    Order,
}

impl Normalizer {
    /// Every normalizer.
    pub const ALL: [Self; 5] = [Self::Mtime, Self::Atime, Self::Owner, Self::Packing, Self::Order];

    /// The name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mtime => "mtime",
            Self::Atime => "atime",
            Self::Owner => "owner",
            Self::Packing => "packing",
            Self::Order => "order",
        }
    }

    /// The normalizer of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|normalizer| normalizer.name() == name)
    }
}
