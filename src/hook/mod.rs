//! Git: what is staged, or what commits changed, as two folders that are compared. Nothing is read
//! from the working tree, so that partial staging, filters and files that Git calls binary are seen
//! as they will be committed.

mod blobs;
mod changes;
mod git;
mod install;

use std::sync::Arc;

use crate::walk::Tree;

pub use self::changes::{Range, all_staged, range, staged};
pub use self::git::{Git, GitError};
pub use self::install::{Installed, install, uninstall};

/// What changed, as it was and as it will be.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The former side; none where everything is looked at.
    pub old: Option<Arc<Tree>>,
    /// The new side.
    pub new: Arc<Tree>,
}
