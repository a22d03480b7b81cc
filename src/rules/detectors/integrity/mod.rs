//! Detectors of broken contents: what the one walk of each format in [`crate::rules::faults`] found,
//! and names that promise another format.

pub(super) mod integrity_checksum;
pub(super) mod integrity_content;
pub(super) mod integrity_extended;
pub(super) mod integrity_extension;
pub(super) mod integrity_leading;
pub(super) mod integrity_listed;
pub(super) mod integrity_listed_absent;
pub(super) mod integrity_malformed;
pub(super) mod integrity_malformed_text;
pub(super) mod integrity_trailing;
pub(super) mod integrity_truncated;
pub(super) mod integrity_twice;
pub(super) mod integrity_unread;
pub(super) mod integrity_zero;

use crate::rules::faults::FaultKind;
use crate::rules::parsed::{Hit, Hits, Parsed};

/// Tells the faults of one kind.
fn tell(parsed: &Parsed<'_>, kind: FaultKind, hits: &mut Hits) {
    for fault in parsed.faults().iter().filter(|fault| fault.kind == kind) {
        hits.tell(Hit::new(&*fault.detail).at(fault.at, fault.length));
    }
}
