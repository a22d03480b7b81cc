//! Folders that are not on the host, such as what a version control system holds.

use std::sync::Arc;

use super::{Artifact, Options, scan};
use crate::readers::listed::{self, Listed};
use crate::source::{Permits, Source};

/// A folder that is not on the host.
#[derive(Clone)]
pub struct Tree {
    /// What reports call it.
    pub name: String,
    /// Its entries, in any order.
    pub entries: Vec<Listed>,
    /// The bytes of its files.
    pub bytes: Arc<dyn Source>,
}

impl std::fmt::Debug for Tree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tree")
            .field("name", &self.name)
            .field("entries", &self.entries)
            .finish_non_exhaustive()
    }
}

impl Tree {
    /// Reads all of it, and what is nested in its files.
    pub fn scan(&self, options: &Options) -> Artifact {
        options.begin(self.name.as_bytes());
        let permits = Permits::new(options.memory);
        let volume = listed::read(&self.entries);
        let manifest = scan::run_listed(volume, &self.bytes, options, &permits);
        Artifact::listed(self, options, permits, manifest)
    }
}
