//! A checksum in the header of a PE that its bytes do not have.

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-checksum", look: Look::Parsed(find) };

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    for program in parsed.programs().iter().filter(|program| program.is_whole()) {
        let Some(pe) = program.pe() else { continue };
        let told = pe.optional.windows_fields.check_sum;
        // Zero is no checksum: only drivers and system libraries need one.
        let (Some(computed), Some(parts)) = (pe.checksum(), pe.signed()) else { continue };
        if told != 0 && told != computed {
            let detail = format!("{told:#010x}, computed {computed:#010x}");
            hits.tell(Hit::new(detail).at(parts.checksum.start as u64, 4));
        }
    }
}
