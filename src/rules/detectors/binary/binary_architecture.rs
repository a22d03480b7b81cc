//! A processor that no target has.

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-architecture", look: Look::Parsed(find) };

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    let programs = parsed.programs();
    // Code for a virtual machine or a graphics card runs beside any processor.
    let found: Vec<_> = programs.iter().filter_map(|program| program.arch).collect();
    let Some(format) = programs.first().map(crate::rules::program::Program::format) else { return };
    if found.is_empty() {
        return;
    }
    let fits = |wanted: &[String]| found.iter().any(|arch| wanted.iter().any(|w| w == arch));
    let tell = |wanted: &[String]| {
        Hit::new(format!("for {}, expected {}", found.join(" and "), wanted.join(" or ")))
    };
    if !parsed.architectures.is_empty() && !fits(parsed.architectures) {
        hits.tell(tell(parsed.architectures));
    }
    for target in &parsed.targets {
        let wanted = &target.binaries.architectures;
        let runs = target.binaries.formats.iter().any(|runs| runs == format);
        if runs && !wanted.is_empty() && !fits(wanted) {
            hits.tell(tell(wanted).on(target));
        }
    }
}
