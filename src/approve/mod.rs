//! Approval bound to the bytes: the manifest of an approved build as a file.
//!
//! JSON Lines, compressed with zstd where the name ends in `.zst`: a header, rows sorted by locator,
//! a trailer with the digest of all that stands before it. `docs/manifest.md` teaches others to read
//! it.

mod facts;
mod json;
mod lines;
mod read;
mod write;

pub use read::{ManifestError, ManifestFile, is_manifest};
pub use write::{Counts, HeaderFacts, write};

/// The schema that this version writes; a newer major number is refused.
pub const SCHEMA: &str = "premaster/manifest/v1";
/// Contents up to this size are kept verbatim if they are text.
pub const TEXT_LIMIT: u64 = 64 << 10;
/// Bytes of text that a manifest keeps in all.
pub const TEXT_TOTAL: u64 = 16 << 20;
