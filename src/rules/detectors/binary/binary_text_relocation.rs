//! Code that the loader must change before it runs.

use goblin::elf::dynamic::{DF_TEXTREL, DT_FLAGS, DT_TEXTREL};

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-text-relocation", look: Look::Parsed(find) };

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    for elf in parsed.programs().iter().filter_map(|program| program.elf()) {
        let by_flag = elf.tag(DT_FLAGS).is_some_and(|flags| flags & DF_TEXTREL != 0);
        if by_flag || elf.tag(DT_TEXTREL).is_some() {
            hits.tell(Hit::new("DT_TEXTREL"));
        }
    }
}
