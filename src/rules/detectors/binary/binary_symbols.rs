//! Symbols that only a debugger reads.

use goblin::elf::header::{ET_DYN, ET_EXEC};
use goblin::elf::section_header::SHT_NOBITS;
use goblin::mach::header::{MH_BUNDLE, MH_DYLIB, MH_EXECUTE};

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};
use crate::rules::program::Pe;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-symbols", look: Look::Parsed(find) };

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    for program in parsed.programs() {
        if let Some((symbols, count)) = program.pe().and_then(Pe::symbols) {
            let size = symbols.end.min(program.bytes.size()).saturating_sub(symbols.start);
            hits.tell(Hit::new(format!("a table of {count} symbols")).at(symbols.start, size));
        }
        if let Some(macho) = program.macho()
            && matches!(macho.kind, MH_EXECUTE | MH_DYLIB | MH_BUNDLE)
        {
            let has_debug = macho.segments().any(|segment| segment.is_debug);
            if has_debug {
                hits.tell(Hit::new("a segment __DWARF"));
            } else if macho.has_symbols() {
                let count = macho.local_symbols();
                hits.tell(Hit::new(format!("{count} local symbols")));
            }
        }
    }
    for elf in parsed.programs().iter().filter_map(|program| program.elf()) {
        // An object is nothing but symbols, and so is what was taken out of a program.
        let is_linked = matches!(elf.header.e_type, ET_EXEC | ET_DYN);
        if !is_linked || elf.is_symbols_only() {
            continue;
        }
        for name in [&b".debug_info"[..], b".symtab"] {
            if let Some(section) = elf.section(name).filter(|s| s.sh_type != SHT_NOBITS) {
                let detail =
                    format!("{} of {} bytes", String::from_utf8_lossy(name), section.sh_size);
                hits.tell(Hit::new(detail));
                break;
            }
        }
    }
}
