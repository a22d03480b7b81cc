//! Data behind the last part of a program.

use std::ops::Range;

use goblin::elf::section_header::SHT_NOBITS;
use goblin::mach::header::MH_OBJECT;

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};
use crate::rules::program::{self, Bytes, Image, PADDING};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-trailing-data", look: Look::Parsed(find) };

/// What is put behind a module of the kernel to sign it.
const MODULE_SIGNATURE: &[u8] = b"~Module signature appended~\n";

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    if !parsed.is_at_hand() {
        return;
    }
    if parsed.format == "mach-o-fat" {
        let ends = program::slices(parsed.bytes).into_iter();
        let end = ends.map(|(start, size)| start.saturating_add(size)).max();
        tell(parsed.program_bytes(), 0, end.unwrap_or_default()..parsed.size, hits);
    }
    for program in parsed.programs() {
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
        tell(program.bytes, program.start, end.unwrap_or_default()..program.stop(), hits);
    }
}

/// Tells what lies behind the last part of what begins at an offset of the content.
fn tell(bytes: Bytes<'_>, start: u64, behind: Range<u64>, hits: &mut Hits) {
    let Range { start: end, end: stop } = behind;
    if end == 0 || end >= stop {
        return;
    }
    let last = stop.saturating_sub(PADDING).max(end)..stop;
    let last = bytes.get(last.start, last.end - last.start).unwrap_or_default();
    let is_padding = stop - end <= PADDING && last.iter().all(|b| *b == 0);
    if !is_padding && !last.ends_with(MODULE_SIGNATURE) {
        let detail = format!("{} bytes", stop - end);
        hits.tell(Hit::new(detail).at(start + end, stop - end));
    }
}
