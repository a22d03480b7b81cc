//! What the rules of a format of text do not allow. Names of such formats are given to binary ones, too,
//! whose own rules tell what is wrong with them.

use super::super::{Detector, Look};
use super::tell;
use crate::rules::faults::{FaultKind, is_binary};
use crate::rules::parsed::{Hits, Parsed};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "integrity-malformed-text", look: Look::Parsed(find) };

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    if !is_binary(parsed.format, parsed.bytes) {
        tell(parsed, FaultKind::Malformed, hits);
    }
}
