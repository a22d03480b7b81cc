//! A content that is nothing of what its name says.

use super::super::{Detector, Look};
use crate::rules::faults::named::{Named, what_is_there};
use crate::rules::parsed::{Hit, Hits, Parsed};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "integrity-content", look: Look::Parsed(find) };

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    if let Some(Named { end, row, found: None }) = Named::of(parsed) {
        let (expected, found) = (row.expected(), what_is_there(parsed.bytes, parsed.size));
        let detail = format!("named .{end}, expected {expected}, found {found}");
        hits.tell(Hit::new(detail).at(0, parsed.size.min(16)));
    }
}
