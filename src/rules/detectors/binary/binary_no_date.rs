//! No date of linking, and nothing that says why.

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-no-date", look: Look::Parsed(find) };

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    for program in parsed.programs() {
        let Some(pe) = program.pe() else { continue };
        if pe.coff.time_date_stamp == 0 && !pe.is_reproducible() {
            hits.tell(Hit::new("").at(program.start + pe.date_at() as u64, 4));
        }
    }
}
