//! Code whose branches no processor checks.

use goblin::elf::header::{ET_DYN, ET_EXEC};

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-branches", look: Look::Parsed(find) };

/// For a processor: the property of the program, and its bits with what they tell
/// (`GNU_PROPERTY_X86_FEATURE_1_AND`, `GNU_PROPERTY_AARCH64_FEATURE_1_AND`).
type Features = (&'static str, u32, [(u32, &'static str); 2]);
const FEATURES: [Features; 3] = [
    ("x86_64", 0xc000_0002, [(1, "IBT"), (2, "SHSTK")]),
    ("x86", 0xc000_0002, [(1, "IBT"), (2, "SHSTK")]),
    ("arm64", 0xc000_0000, [(1, "BTI"), (2, "PAC")]),
];

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    for program in parsed.programs() {
        let Some(elf) = program.elf() else { continue };
        let features = FEATURES.iter().find(|(arch, ..)| program.arch == Some(arch));
        let Some((_, property, bits)) = features else { continue };
        let is_linked = matches!(elf.header.e_type, ET_EXEC | ET_DYN);
        if !is_linked || elf.dynamic.is_none() || elf.is_symbols_only() {
            continue;
        }
        let has = elf.property(*property).unwrap_or_default();
        let missing: Vec<_> =
            bits.iter().filter(|(bit, _)| has & bit == 0).map(|(_, name)| *name).collect();
        if !missing.is_empty() {
            hits.tell(Hit::new(missing.join(" and ")));
        }
    }
}
