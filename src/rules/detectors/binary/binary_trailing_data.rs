//! Data behind the last part of a program.

use goblin::elf::section_header::SHT_NOBITS;
use goblin::mach::header::MH_OBJECT;

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};
use crate::rules::program::Image;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-trailing-data", look: Look::Parsed(find) };

/// What is put behind a module of the kernel to sign it.
const MODULE_SIGNATURE: &[u8] = b"~Module signature appended~\n";
/// Padding that some linkers and strippers leave.
const PADDING: u64 = 4096;

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    for program in parsed.programs().iter().filter(|program| program.is_whole()) {
        let (end, stop) = match &program.image {
            Image::Elf(elf) => {
                let table = elf.header.e_shoff.saturating_add(
                    u64::from(elf.header.e_shnum) * u64::from(elf.header.e_shentsize),
                );
                let sections = elf.sections.iter().filter(|s| s.sh_type != SHT_NOBITS);
                let sections = sections.map(|s| s.sh_offset.saturating_add(s.sh_size));
                let segments = elf.segments.iter().map(|s| s.p_offset.saturating_add(s.p_filesz));
                (sections.chain(segments).chain([table]).max(), program.size)
            }
            Image::Pe(pe) => {
                let stop = pe.signed().map_or(program.size, |parts| parts.table.start as u64);
                (Some(pe.end()), stop)
            }
            // The last segment of a linked file holds all that is behind the code.
            Image::MachO(macho) if macho.kind == MH_OBJECT => continue,
            Image::MachO(macho) => {
                (macho.segments().map(|s| s.offset.saturating_add(s.size)).max(), program.size)
            }
        };
        let Some(end) = end.filter(|end| *end > 0 && *end < stop) else { continue };
        let range = usize::try_from(end).ok().zip(usize::try_from(stop).ok());
        let data = range.and_then(|(end, stop)| program.bytes.get(end..stop)).unwrap_or_default();
        let is_padding = stop - end <= PADDING && data.iter().all(|b| *b == 0);
        if !is_padding && !data.ends_with(MODULE_SIGNATURE) {
            let detail = format!("{} bytes", stop - end);
            hits.tell(Hit::new(detail).at(program.start + end, stop - end));
        }
    }
}
