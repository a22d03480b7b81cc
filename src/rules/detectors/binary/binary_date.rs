//! A date of linking that cannot be.

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-date", look: Look::Parsed(find) };

/// 1990-01-01: there was no PE.
const FIRST: i64 = 631_152_000;
/// Clocks differ, and so do time zones.
const DAY: i64 = 86_400;

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    for program in parsed.programs() {
        let Some(pe) = program.pe() else { continue };
        let date = i64::from(pe.coff.time_date_stamp);
        // Early reproducible builds of .NET have a hash there, told by nothing but its first bit.
        let is_hash = pe.is_reproducible() || (pe.is_managed() && date > i64::from(i32::MAX));
        if date == 0 || is_hash || (FIRST..=parsed.now.saturating_add(DAY)).contains(&date) {
            continue;
        }
        let what = if date < FIRST { "before there was PE" } else { "in the future" };
        let detail = format!("{date} seconds after 1970, {what}");
        hits.tell(Hit::new(detail).at(program.start + pe.date_at() as u64, 4));
    }
}
