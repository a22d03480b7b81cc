//! A table of library functions that stays writable.

use goblin::elf::dynamic::{DF_1_NOW, DF_BIND_NOW, DT_BIND_NOW, DT_FLAGS, DT_FLAGS_1, DT_PLTRELSZ};
use goblin::elf::program_header::PT_GNU_RELRO;

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-lazy-binding", look: Look::Parsed(find) };

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    for elf in parsed.programs().iter().filter_map(|program| program.elf()) {
        let has = |tag, bit| elf.tag(tag).is_some_and(|flags| flags & bit != 0);
        let is_bound = elf.tag(DT_BIND_NOW).is_some()
            || has(DT_FLAGS, DF_BIND_NOW)
            || has(DT_FLAGS_1, DF_1_NOW);
        let has_table = elf.tag(DT_PLTRELSZ).is_some_and(|size| size > 0);
        let is_protected = elf.segments.iter().any(|s| s.p_type == PT_GNU_RELRO);
        if has_table && is_protected && !is_bound && !elf.is_symbols_only() {
            hits.tell(Hit::new(""));
        }
    }
}
