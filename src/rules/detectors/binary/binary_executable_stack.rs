//! A stack whose bytes may be run.

use goblin::elf::program_header::{PF_X, PT_GNU_STACK};

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-executable-stack", look: Look::Parsed(find) };

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    for program in parsed.programs() {
        for segment in program.elf().into_iter().flat_map(|elf| &elf.segments) {
            if segment.p_type == PT_GNU_STACK && segment.p_flags & PF_X != 0 {
                hits.tell(Hit::new("PT_GNU_STACK has PF_X"));
            }
        }
    }
}
