//! Parts of a program that share bytes of the file, or addresses.

use goblin::elf::program_header::PT_LOAD;
use goblin::elf::section_header::{SHT_NOBITS, SHT_NULL};
use goblin::mach::header::{MH_DSYM, MH_FILESET, MH_OBJECT};

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};
use crate::rules::program::Image;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-overlap", look: Look::Parsed(find) };

/// First place, how many, and what a person calls it.
type Span<'a> = (u64, u64, Part<'a>);

/// What a person calls a part; spelled out where it is told, for a section may have a long name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    Section(&'a [u8]),
    Segment(u64),
}

impl std::fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Section(name) => write!(f, "section {}", String::from_utf8_lossy(name)),
            Self::Segment(at) => write!(f, "the segment at {at:#x}"),
        }
    }
}

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    for program in parsed.programs() {
        let mut in_file: Vec<Span<'_>> = Vec::new();
        let mut in_memory: Vec<Span<'_>> = Vec::new();
        match &program.image {
            Image::Elf(elf) if elf.is_symbols_only() => {}
            Image::Elf(elf) => {
                let sections = elf.sections.iter();
                let sections = sections.filter(|s| !matches!(s.sh_type, SHT_NOBITS | SHT_NULL));
                let named = |s| Part::Section(elf.section_name(s));
                in_file.extend(sections.map(|s| (s.sh_offset, s.sh_size, named(s))));
                let segments = elf.segments.iter().filter(|s| s.p_type == PT_LOAD);
                in_memory
                    .extend(segments.map(|s| (s.p_vaddr, s.p_memsz, Part::Segment(s.p_vaddr))));
            }
            Image::Pe(pe) => {
                for s in &pe.sections {
                    let name = Part::Section(s.name.split(|b| *b == 0).next().unwrap_or(b""));
                    let (at, size) = (s.pointer_to_raw_data, s.size_of_raw_data);
                    in_file.push((at.into(), size.into(), name));
                    let size = if s.virtual_size == 0 { size } else { s.virtual_size };
                    in_memory.push((s.virtual_address.into(), size.into(), name));
                }
            }
            // Those have one segment for all sections, or none of the bytes that they tell.
            Image::MachO(macho) if matches!(macho.kind, MH_OBJECT | MH_DSYM | MH_FILESET) => {}
            Image::MachO(macho) => {
                for s in macho.segments() {
                    let name = Part::Segment(s.memory.0);
                    in_file.push((s.offset, s.size, name));
                    in_memory.push((s.memory.0, s.memory.1, name));
                }
            }
        }
        for (spans, what) in [(in_file, "bytes of the file"), (in_memory, "addresses")] {
            overlaps(spans, what, hits);
        }
    }
}

/// Tells each span that begins before the one that reaches farthest of those before it ends.
fn overlaps(mut spans: Vec<Span<'_>>, what: &str, hits: &mut Hits) {
    spans.retain(|(_, size, _)| *size > 0);
    spans.sort();
    let mut before: Option<(u64, Part<'_>)> = None;
    for (start, size, name) in spans {
        let end = start.saturating_add(size);
        if let Some((stop, other)) = before.as_ref().filter(|(stop, _)| start < *stop) {
            let shared = end.min(*stop) - start;
            hits.tell(Hit::new(format!("{other} and {name} share {shared} {what}")));
        }
        if before.as_ref().is_none_or(|(stop, _)| *stop < end) {
            before = Some((end, name));
        }
    }
}
