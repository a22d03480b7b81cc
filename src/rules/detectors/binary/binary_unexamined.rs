//! A program of which not all tables or signatures were looked at.

use super::super::{Detector, Look};
use super::binary_signature;
use crate::rules::parsed::{Hit, Hits, Parsed};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-unexamined", look: Look::Parsed(find) };

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    if parsed.large.is_some_and(|(_, tables)| tables.cut) {
        let detail = format!("of {} bytes has tables of more than 8 MiB", parsed.size);
        hits.tell(Hit::new(detail));
    }
    if binary_signature::is_unknown(parsed) {
        hits.tell(Hit::new("has a signature of a kind that is not known"));
    }
}
