//! A program of which only the headers were looked at.

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-unexamined", look: Look::Parsed(find) };

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    if !parsed.is_whole() {
        hits.tell(Hit::new(format!("{} bytes", parsed.size)));
    }
}
