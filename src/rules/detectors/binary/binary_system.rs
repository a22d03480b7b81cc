//! A version of the system that a target does not have.

use goblin::pe::subsystem::{IMAGE_SUBSYSTEM_WINDOWS_CUI, IMAGE_SUBSYSTEM_WINDOWS_GUI};

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-system", look: Look::Parsed(find) };

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    for pe in parsed.programs().iter().filter_map(|program| program.pe()) {
        let fields = &pe.optional.windows_fields;
        // Programs that a boot loader or firmware runs have versions of their own.
        if !matches!(fields.subsystem, IMAGE_SUBSYSTEM_WINDOWS_GUI | IMAGE_SUBSYSTEM_WINDOWS_CUI) {
            continue;
        }
        let asks = (fields.major_subsystem_version, fields.minor_subsystem_version);
        let asks = (u32::from(asks.0), u32::from(asks.1));
        for target in &parsed.targets {
            let Some(most) = &target.binaries.subsystem else { continue };
            if super::version(most).is_some_and(|most| asks > most) {
                let (name, (major, minor)) = (&target.name, asks);
                let detail =
                    format!("subsystem version {major}.{minor}, {name} has {most} at most");
                hits.tell(Hit::new(detail).on(target));
            }
        }
    }
}
