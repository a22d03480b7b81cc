//! Protections that linkers give for the asking.

use goblin::elf::header::{ET_DYN, ET_EXEC};
use goblin::elf::program_header::PT_GNU_RELRO;
use goblin::mach::header::{MH_EXECUTE, MH_PIE};
use goblin::pe::dll_characteristic::{
    IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE, IMAGE_DLLCHARACTERISTICS_GUARD_CF,
    IMAGE_DLLCHARACTERISTICS_NO_SEH, IMAGE_DLLCHARACTERISTICS_NX_COMPAT,
};
use goblin::pe::subsystem::{IMAGE_SUBSYSTEM_WINDOWS_CUI, IMAGE_SUBSYSTEM_WINDOWS_GUI};

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};
use crate::rules::program::Image;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-hardening", look: Look::Parsed(find) };

/// `IMAGE_DLLCHARACTERISTICS_GUARD_CF` and its neighbours, with their names.
const WINDOWS: [(u16, &str); 3] = [
    (IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE, "ASLR (/DYNAMICBASE)"),
    (IMAGE_DLLCHARACTERISTICS_NX_COMPAT, "DEP (/NXCOMPAT)"),
    (IMAGE_DLLCHARACTERISTICS_GUARD_CF, "control flow guard (/guard:cf)"),
];

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    for program in parsed.programs() {
        let mut missing: Vec<&str> = Vec::new();
        match &program.image {
            Image::Elf(elf) => {
                let is_linked = matches!(elf.header.e_type, ET_EXEC | ET_DYN);
                // Code without a dynamic section may be firmware, which nothing loads elsewhere.
                if !is_linked || elf.is_symbols_only() || elf.dynamic.is_none() {
                    continue;
                }
                if elf.header.e_type == ET_EXEC {
                    missing.push("a position that changes (-pie)");
                }
                if !elf.segments.iter().any(|s| s.p_type == PT_GNU_RELRO) {
                    missing.push("read-only relocations (-z relro)");
                }
            }
            Image::Pe(pe) => {
                let fields = &pe.optional.windows_fields;
                if !matches!(
                    fields.subsystem,
                    IMAGE_SUBSYSTEM_WINDOWS_GUI | IMAGE_SUBSYSTEM_WINDOWS_CUI
                ) {
                    continue;
                }
                let has = |bit: u16| fields.dll_characteristics & bit != 0;
                let is_x86 = program.arch == Some("x86") && !pe.is_managed();
                if is_x86 && !has(IMAGE_DLLCHARACTERISTICS_NO_SEH) && !pe.has_safe_handlers() {
                    missing.push("a list of exception handlers (/SAFESEH)");
                }
                missing.extend(WINDOWS.iter().filter(|(bit, _)| !has(*bit)).map(|(_, name)| *name));
            }
            Image::MachO(macho) => {
                if macho.kind == MH_EXECUTE && macho.flags & MH_PIE == 0 {
                    missing.push("a position that changes (MH_PIE)");
                }
            }
        }
        if !missing.is_empty() {
            hits.tell(Hit::new(missing.join(", ")));
        }
    }
}
