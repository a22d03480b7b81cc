//! A checksum in the header of a PE that its bytes do not have.

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};
use crate::rules::program::{Program, Words};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-checksum", look: Look::Parsed(find) };

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    for pe in parsed.programs().iter().filter_map(Program::pe) {
        let told = pe.optional.windows_fields.check_sum;
        // Zero is no checksum: only drivers and system libraries need one.
        if told == 0 {
            continue;
        }
        let mut words = Words::default();
        if !parsed.stretches(&mut |stretch| words.update(stretch.own().1)) {
            continue;
        }
        let (Some(computed), Some(parts)) = (pe.checksum(&words), pe.signed()) else { continue };
        if told != computed {
            let detail = format!("{told:#010x}, computed {computed:#010x}");
            hits.tell(Hit::new(detail).at(parts.checksum.start, 4));
        }
    }
}
