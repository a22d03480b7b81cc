//! Data behind the last part of a program.

use goblin::elf::section_header::SHT_NOBITS;
use goblin::mach::header::MH_OBJECT;

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};
use crate::rules::program::{Image, PADDING};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-trailing-data", look: Look::Parsed(find) };

/// What is put behind a module of the kernel to sign it.
const MODULE_SIGNATURE: &[u8] = b"~Module signature appended~\n";

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    for program in parsed.programs().iter().filter(|_| parsed.is_at_hand()) {
        let stop = program.stop();
        let end = match &program.image {
            Image::Elf(elf) => {
                let table = elf.header.e_shoff.saturating_add(
                    u64::from(elf.header.e_shnum) * u64::from(elf.header.e_shentsize),
                );
                let sections = elf.sections.iter().filter(|s| s.sh_type != SHT_NOBITS);
                let sections = sections.map(|s| s.sh_offset.saturating_add(s.sh_size));
                let segments = elf.segments.iter().map(|s| s.p_offset.saturating_add(s.p_filesz));
                sections.chain(segments).chain([table]).max()
            }
            Image::Pe(pe) => Some(pe.end()),
            // The last segment of a linked file holds all that is behind the code.
            Image::MachO(macho) if macho.kind == MH_OBJECT => continue,
            Image::MachO(macho) => macho.segments().map(|s| s.offset.saturating_add(s.size)).max(),
        };
        let Some(end) = end.filter(|end| *end > 0 && *end < stop) else { continue };
        let last = stop.saturating_sub(PADDING).max(end)..stop;
        let last = program.bytes.get(last.start, last.end - last.start).unwrap_or_default();
        let is_padding = stop - end <= PADDING && last.iter().all(|b| *b == 0);
        if !is_padding && !last.ends_with(MODULE_SIGNATURE) {
            let detail = format!("{} bytes", stop - end);
            hits.tell(Hit::new(detail).at(program.start + end, stop - end));
        }
    }
}
