//! The intent contract: what a person declared, held against what changed.
//!
//! Every change becomes *intended*, *derived* (what the intended edit must move), *normalized* or
//! *undeclared*; what was declared and is not there is *unfulfilled*. Nothing is believed: an insert
//! or a replacement is applied to the old bytes and must give the new ones, or is undone on the new
//! ones and must give the approved digest.

mod boot_table;
mod draft;
mod edit;
mod file;
mod patch;
mod prove;
mod reconcile;

pub use draft::draft;
pub use file::{Checksum, Declared, Edit, Intent, IntentError, Where};
pub use reconcile::{Bytes, Reconciled, reconcile};
