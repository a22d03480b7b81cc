//! Memory that may be written and run.

use goblin::elf::program_header::{PF_W, PF_X, PT_LOAD};
use goblin::mach::header::MH_OBJECT;
use goblin::pe::section_table::{IMAGE_SCN_MEM_EXECUTE, IMAGE_SCN_MEM_WRITE};

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};
use crate::rules::program::Image;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-writable-code", look: Look::Parsed(find) };

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    for program in parsed.programs() {
        let mut tell = |what: &str, offset: u64, size: u64| {
            // A place outside the file is another rule's matter.
            let is_there = offset.checked_add(size).is_some_and(|end| end <= program.bytes.size());
            let hit = Hit::new(what);
            hits.tell(if is_there && size > 0 {
                hit.at(program.start + offset, size)
            } else {
                hit
            });
        };
        match &program.image {
            Image::Elf(elf) => {
                for s in elf.segments.iter().filter(|s| s.p_type == PT_LOAD) {
                    if s.p_flags & (PF_W | PF_X) == PF_W | PF_X {
                        tell("a segment", s.p_offset, s.p_filesz);
                    }
                }
            }
            Image::Pe(pe) => {
                let both = IMAGE_SCN_MEM_WRITE | IMAGE_SCN_MEM_EXECUTE;
                for s in pe.sections.iter().filter(|s| s.characteristics & both == both) {
                    let name = String::from_utf8_lossy(&s.name);
                    let name = format!("section {}", name.trim_end_matches('\0'));
                    tell(&name, s.pointer_to_raw_data.into(), s.size_of_raw_data.into());
                }
            }
            // The one segment of an object holds all that is linked later, each part as it is for.
            Image::MachO(macho) if macho.kind == MH_OBJECT => {}
            Image::MachO(macho) => {
                for s in macho.segments().filter(|s| s.protection & 6 == 6) {
                    tell("a segment", s.offset, s.size);
                }
            }
        }
    }
}
