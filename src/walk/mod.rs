//! The walk: drives the readers over an artifact and everything nested in it, one pass a content.
//!
//! Work is a queue of tasks over all cores: a batch of files, a container to map, a run of an image
//! to sweep, a batch of packed contents. Contents are read in the order in which they lie on the
//! medium. What is found goes straight into the slots of its container, so that nothing is held
//! twice.

mod image;
mod open;
mod pass;
mod scan;
mod stream;
mod tree_hash;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use open::Artifact;

use crate::rules::Literals;
use crate::source::Permits;

/// How to walk.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads; 0 for as many as there are cores.
    pub threads: usize,
    /// Bytes of the pool that large buffers come from.
    pub memory: u64,
    /// Whether contents are read; otherwise only the structure is.
    pub contents: bool,
    /// Whether to compute SHA-256 beside BLAKE3.
    pub sha256: bool,
    /// Whether to go into containers inside the artifact.
    pub nested: bool,
    /// Byte strings of rules that the pass looks for.
    pub literals: Option<Arc<Literals>>,
    /// What may be spent.
    pub limits: Limits,
}

/// Limits that count work.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Containers inside one another.
    pub depth: u32,
    /// Bytes that packed contents may decode to, in all: this, and two hundred times the artifact.
    /// Single files of a release unpack to less, and a bomb of a few bytes costs seconds.
    pub decoded: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            threads: 0,
            memory: 48 << 20,
            contents: true,
            sha256: false,
            nested: true,
            literals: None,
            limits: Limits { depth: 16, decoded: 1 << 30 },
        }
    }
}

/// The artifact cannot be opened at all.
#[derive(Debug)]
pub struct OpenError {
    /// As the user wrote it.
    pub path: PathBuf,
    /// Why.
    pub cause: std::io::Error,
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cannot open {}: {}", self.path.display(), self.cause)
    }
}

impl std::error::Error for OpenError {}

/// Reads a whole artifact: a folder, or a file and all that is nested in it.
pub fn scan(path: &Path, options: &Options) -> Result<Artifact, OpenError> {
    let failed = |cause| OpenError { path: path.to_path_buf(), cause };
    let metadata = std::fs::metadata(path).map_err(failed)?;
    let permits = Permits::new(options.memory);
    scan::run(path, &metadata, options, &Arc::clone(&permits))
        .map(|manifest| Artifact::new(path, permits, manifest))
        .map_err(failed)
}
