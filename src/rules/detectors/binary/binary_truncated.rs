//! Parts of a program that lie behind the end of the file, or headers that make no sense.

use goblin::elf::program_header::PT_LOAD;
use goblin::elf::section_header::SHT_NOBITS;
use goblin::mach::header::MH_DSYM;
use goblin::pe::section_table::SectionTable;

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};
use crate::rules::program::{self, Image};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-truncated", look: Look::Parsed(find) };

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    let programs = parsed.programs();
    if parsed.format == "mach-o-fat" {
        slices(parsed, hits);
    } else if programs.is_empty() && parsed.is_whole() {
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
                let table =
                    pe.certificate_table().map(|(at, size)| ("the certificate table", at + size));
                sections.map(|s| ("a section", end(s))).chain(table).collect()
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

/// What a slice of a fat file may hold that is no program: a library of objects, code that is compiled
/// when it is loaded (with and without a header).
const NO_PROGRAMS: [&[u8]; 3] = [b"!<arch>\n", b"\xde\xc0\x17\x0b", b"BC\xc0\xde"];

/// The slices of a fat file that are not there, or not whole where that does not show in their own
/// headers.
fn slices(parsed: &Parsed<'_>, hits: &mut Hits) {
    let bytes = parsed.program_bytes();
    for (number, (start, size)) in program::slices(parsed.bytes).into_iter().enumerate() {
        let is_read = parsed.programs().iter().any(|program| program.start == start);
        let end = start.saturating_add(size);
        let head = bytes.get(start, 8).unwrap_or_default();
        if end > parsed.size && !is_read {
            let missing = end - parsed.size;
            let detail =
                format!("slice {number} ends {missing} bytes behind the end at {}", parsed.size);
            hits.tell(Hit::new(detail));
        } else if !is_read
            && parsed.is_at_hand()
            && !NO_PROGRAMS.iter().any(|magic| head.starts_with(magic))
        {
            hits.tell(Hit::new(format!("the headers of slice {number} cannot be read")));
        }
    }
}
