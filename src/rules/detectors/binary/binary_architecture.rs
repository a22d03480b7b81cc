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
    let wanted = parsed.architectures;
    if !wanted.is_empty() && !fits(wanted) {
        hits.tell(tell(wanted));
    } else if parsed.format == "mach-o-fat" {
        // Who names several processors and ships a fat file means one slice for each.
        let lacks = |arch: &&String| !found.iter().any(|found| found == arch);
        let absent: Vec<_> = wanted.iter().filter(lacks).map(String::as_str).collect();
        if !absent.is_empty() {
            hits.tell(Hit::new(format!(
                "for {}, not for {}",
                found.join(" and "),
                absent.join(" and ")
            )));
        }
    }
    for target in &parsed.targets {
        let wanted = &target.binaries.architectures;
        let runs = target.binaries.formats.iter().any(|runs| runs == format);
        if runs && !wanted.is_empty() && !fits(wanted) {
            hits.tell(tell(wanted).on(target));
        }
    }
}
