//! A program of which not all tables were looked at.

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-unexamined", look: Look::Parsed(find) };

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    if parsed.large.is_some_and(|(_, tables)| tables.cut) {
        hits.tell(Hit::new(format!("{} bytes", parsed.size)));
    }
}
