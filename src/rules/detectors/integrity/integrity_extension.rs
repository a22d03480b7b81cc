//! A content of one format under the name of another.

use super::super::{Detector, Look};
use crate::rules::faults::named::Named;
use crate::rules::parsed::{Hit, Hits, Parsed};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "integrity-extension", look: Look::Parsed(find) };

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    if let Some(Named { end, found: Some(format), .. }) = Named::of(parsed) {
        hits.tell(Hit::new(format!("named .{end}, the content is {format}")));
    }
}
