//! The roles of what the two trees hold.

use crate::model::Role;

/// A record of the extents tree.
pub(super) static EXTENTS_RECORD: Role = Role::structure("extents record");
/// A file or directory record of the catalog tree.
pub(super) static CATALOG_RECORD: Role = Role::structure("catalog record");
/// A thread record of the catalog tree.
pub(super) static THREAD_RECORD: Role = Role::structure("thread record");
