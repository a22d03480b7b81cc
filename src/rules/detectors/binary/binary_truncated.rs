//! Parts of a program that lie behind the end of the file, or headers that make no sense.

use goblin::elf::program_header::PT_LOAD;
use goblin::elf::section_header::SHT_NOBITS;
use goblin::mach::header::MH_DSYM;
use goblin::pe::section_table::SectionTable;

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};
use crate::rules::program::Image;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-truncated", look: Look::Parsed(find) };

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    let programs = parsed.programs();
    if programs.is_empty() && parsed.is_whole() {
        hits.tell(Hit::new("its headers cannot be read"));
    }
    for program in programs {
        let end = program.start.saturating_add(program.bytes.size());
        let parts: Vec<(&str, u64)> = match &program.image {
            Image::Elf(elf) if elf.is_symbols_only() => Vec::new(),
            Image::Elf(elf) => {
                let header = &elf.header;
                let tables = [
                    ("program headers", header.e_phoff, header.e_phnum, header.e_phentsize),
                    ("section headers", header.e_shoff, header.e_shnum, header.e_shentsize),
                ];
                let table =
                    |at: u64, count, size| at.saturating_add(u64::from(count) * u64::from(size));
                let tables = tables.into_iter().map(|(what, at, count, size): (_, _, u16, u16)| {
                    (what, table(at, count, size))
                });
                let sections = elf.sections.iter().filter(|s| s.sh_type != SHT_NOBITS);
                let sections =
                    sections.map(|s| ("a section", s.sh_offset.saturating_add(s.sh_size)));
                let segments = elf.segments.iter().filter(|s| s.p_type == PT_LOAD);
                let segments =
                    segments.map(|s| ("a segment", s.p_offset.saturating_add(s.p_filesz)));
                tables.chain(segments).chain(sections).collect()
            }
            Image::Pe(pe) => {
                let sections = pe.sections.iter().filter(|s| s.size_of_raw_data > 0);
                let end = |s: &SectionTable| {
                    u64::from(s.pointer_to_raw_data) + u64::from(s.size_of_raw_data)
                };
                sections.map(|s| ("a section", end(s))).collect()
            }
            Image::MachO(macho) if macho.kind == MH_DSYM => Vec::new(),
            Image::MachO(macho) => {
                macho.segments().map(|s| ("a segment", s.offset.saturating_add(s.size))).collect()
            }
        };
        if let Some((what, needed)) = parts
            .into_iter()
            .filter(|(_, end)| *end > program.bytes.size())
            .max_by_key(|(_, end)| *end)
        {
            let missing = needed - program.bytes.size();
            let place = format!("{what} ends {missing} bytes behind the end at {end}");
            hits.tell(Hit::new(place));
        }
    }
}
