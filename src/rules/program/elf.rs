//! ELF (System V ABI, chapters 4 and 5): headers, segments, sections and the dynamic section.

use std::ops::Range;

use goblin::container::{Container, Ctx, Endian};
use goblin::elf::dynamic::{DT_NEEDED, DT_RPATH, DT_RUNPATH, DT_SONAME, Dynamic};
use goblin::elf::header::{EI_CLASS, ELFCLASS64, Header};
use goblin::elf::program_header::{PT_DYNAMIC, PT_INTERP, PT_NOTE, ProgramHeader};
use goblin::elf::section_header::{
    SHT_DYNSYM, SHT_GNU_VERNEED, SHT_NOBITS, SHT_NOTE, SectionHeader,
};
use goblin::elf::sym::Symtab;
use goblin::elf::sym::sym32::SIZEOF_SYM as SIZEOF_SYM_32;
use goblin::elf::sym::sym64::SIZEOF_SYM as SIZEOF_SYM_64;
use goblin::elf::symver::VerneedSection;

use super::tables::Bytes;
use super::text_at;
use crate::source::{be32, le32};

/// Strings of one kind that the dynamic section names; real ones are tens.
const TEXTS: usize = 1024;

/// Symbols that are looked at; a large library has tens of thousands.
const SYMBOLS: usize = 1 << 18;

/// An ELF file.
#[derive(Debug)]
pub struct Elf<'a> {
    /// Of the file.
    pub header: Header,
    /// What is loaded; none of an object.
    pub segments: Vec<ProgramHeader>,
    /// What linkers and debuggers see; none if they were taken out or lie outside the bytes.
    pub sections: Vec<SectionHeader>,
    /// What the loader reads; none of a static program.
    pub dynamic: Option<Dynamic>,
    /// Whether addresses have 64 bits.
    pub is_64: bool,
    /// Whether the least significant byte is the first.
    pub little_endian: bool,
    bytes: Bytes<'a>,
    ctx: Ctx,
}

impl<'a> Elf<'a> {
    /// Reads the headers; none if they are broken.
    pub(super) fn read(bytes: Bytes<'a>) -> Option<Self> {
        let header = goblin::elf::Elf::parse_header(bytes.run(0)?).ok()?;
        let is_64 = header.e_ident[EI_CLASS] == ELFCLASS64;
        let endian = header.endianness().ok()?;
        let ctx = Ctx::new(if is_64 { Container::Big } else { Container::Little }, endian);
        let segments = bytes.run(header.e_phoff).and_then(|table| {
            ProgramHeader::parse(table, 0, usize::from(header.e_phnum), ctx).ok()
        });
        let segments = segments.unwrap_or_default();
        // At offset 0 are no sections.
        let sections = bytes.run(header.e_shoff).filter(|_| header.e_shoff > 0);
        let sections = sections.and_then(|table| {
            SectionHeader::parse_from(table, 0, usize::from(header.e_shnum), ctx).ok()
        });
        let sections = sections.unwrap_or_default();
        let dynamic = dynamic(bytes, &segments, ctx);
        let little_endian = endian == Endian::Little;
        Some(Self { header, segments, sections, dynamic, is_64, little_endian, bytes, ctx })
    }

    /// Where its tables lie, as far as that is known.
    pub(super) fn tables(&self) -> Vec<Range<u64>> {
        let header = &self.header;
        let table = |at, count: u16, size: u16| (at, u64::from(count) * u64::from(size));
        let headers = [
            table(header.e_phoff, header.e_phnum, header.e_phentsize),
            table(header.e_shoff, header.e_shnum.max(1), header.e_shentsize),
        ];
        let segments = self
            .segments
            .iter()
            .filter(|segment| matches!(segment.p_type, PT_DYNAMIC | PT_INTERP | PT_NOTE));
        let segments = segments.map(|segment| (segment.p_offset, segment.p_filesz));
        let names = self.sections.get(usize::from(header.e_shstrndx));
        let sections = self.sections.iter().filter(|section| {
            matches!(section.sh_type, SHT_NOTE | SHT_DYNSYM | SHT_GNU_VERNEED)
                || self.section_name(section) == b".comment"
        });
        let sections = sections.chain(names).map(|section| (section.sh_offset, section.sh_size));
        let strings = self.dynamic.iter().map(|dynamic| &dynamic.info);
        let strings = strings.map(|info| (info.strtab as u64, info.strsz as u64));
        let all = headers.into_iter().chain(segments).chain(sections).chain(strings);
        all.map(|(at, size)| at..at.saturating_add(size)).collect()
    }

    /// The name of a section.
    pub fn section_name(&self, section: &SectionHeader) -> &'a [u8] {
        let names = self.sections.get(usize::from(self.header.e_shstrndx));
        let names = names.and_then(|names| self.slice(names.sh_offset, names.sh_size));
        names.and_then(|names| text_at(names, section.sh_name)).unwrap_or_default()
    }

    /// The section of a name.
    pub fn section(&self, name: &[u8]) -> Option<&SectionHeader> {
        self.sections.iter().find(|section| self.section_name(section) == name)
    }

    /// Bytes of the file.
    pub fn slice(&self, offset: u64, size: u64) -> Option<&'a [u8]> {
        self.bytes.get(offset, size)
    }

    /// A string that the dynamic section names.
    fn dynamic_text(&self, at: u64) -> Option<&'a [u8]> {
        let info = &self.dynamic.as_ref()?.info;
        let strings = self.slice(info.strtab as u64, info.strsz as u64)?;
        text_at(strings, usize::try_from(at).ok()?)
    }

    fn dynamic_texts(&self, tags: &'static [u64]) -> impl Iterator<Item = &'a [u8]> + '_ {
        let all = self.dynamic.iter().flat_map(|dynamic| &dynamic.dyns);
        let all = all.filter(|one| tags.contains(&one.d_tag)).take(TEXTS);
        all.filter_map(|one| self.dynamic_text(one.d_val))
    }

    /// Libraries that the loader is to find.
    pub fn needed(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        self.dynamic_texts(&[DT_NEEDED])
    }

    /// Where it is to look for them.
    pub fn search_paths(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        let lists = self.dynamic_texts(&[DT_RPATH, DT_RUNPATH]);
        lists.flat_map(|list| list.split(|byte| *byte == b':'))
    }

    /// The name by which others need it, of a library.
    pub fn soname(&self) -> Option<&'a [u8]> {
        self.dynamic_texts(&[DT_SONAME]).next()
    }

    /// What loads it.
    pub fn interpreter(&self) -> Option<&'a [u8]> {
        let segment = self.segments.iter().find(|segment| segment.p_type == PT_INTERP)?;
        text_at(self.slice(segment.p_offset, segment.p_filesz)?, 0)
    }

    /// The value of a tag of the dynamic section.
    pub fn tag(&self, tag: u64) -> Option<u64> {
        let all = self.dynamic.iter().flat_map(|dynamic| &dynamic.dyns);
        all.filter(|one| one.d_tag == tag).map(|one| one.d_val).next()
    }

    /// Versions of symbols that libraries must have: library and version.
    pub fn versions(&self) -> Vec<(&'a [u8], &'a [u8])> {
        let section = self.sections.iter().find(|section| section.sh_type == SHT_GNU_VERNEED);
        let section = section.and_then(|section| {
            let table = self.slice(section.sh_offset, section.sh_size)?;
            let here = SectionHeader { sh_offset: 0, ..section.clone() };
            VerneedSection::parse(table, &[here], self.ctx).ok().flatten()
        });
        let Some(section) = section else { return Vec::new() };
        let mut found = Vec::new();
        // The lists link by offsets; a file that links in a circle is cut short.
        for library in section.iter().take(256) {
            let Some(name) = self.dynamic_text(library.vn_file as u64) else { continue };
            let versions = library.iter().take(1024);
            let versions =
                versions.filter_map(|version| self.dynamic_text(version.vna_name as u64));
            found.extend(versions.map(|version| (name, version)));
        }
        found
    }

    /// Names that it takes from libraries; of very many, the first.
    pub fn imports(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        let section = self.sections.iter().find(|section| section.sh_type == SHT_DYNSYM);
        let table = section.and_then(|section| {
            let size = if self.is_64 { SIZEOF_SYM_64 } else { SIZEOF_SYM_32 };
            let table = self.slice(section.sh_offset, section.sh_size)?;
            Symtab::parse(table, 0, (table.len() / size).min(SYMBOLS), self.ctx).ok()
        });
        let symbols = table.into_iter().flat_map(|table| table.iter());
        let taken = symbols.filter(|symbol| symbol.st_shndx == 0 && symbol.st_name != 0);
        taken.filter_map(|symbol| self.dynamic_text(symbol.st_name as u64))
    }

    /// Whether it is the debugging symbols that were taken out of another file: its code is not there.
    pub fn is_symbols_only(&self) -> bool {
        let is_empty = |section: &SectionHeader| section.sh_type == SHT_NOBITS;
        self.section(b".text").is_some_and(is_empty)
            || self.section(b".dynstr").is_some_and(is_empty)
    }

    /// The build id: a number that tells this link from others.
    pub fn build_id(&self) -> Option<&'a [u8]> {
        self.note(3).filter(|id| !id.is_empty())
    }

    /// The file that holds its symbols: the name, the CRC-32 of that file, and where the name stands (GDB
    /// manual, Separate Debug Files: `.gnu_debuglink`).
    pub fn debug_link(&self) -> Option<(&'a [u8], u32, u64)> {
        let section = self.section(b".gnu_debuglink")?;
        let bytes = self.slice(section.sh_offset, section.sh_size)?;
        let name = text_at(bytes, 0).filter(|name| !name.is_empty())?;
        let at = (name.len() + 1).next_multiple_of(4);
        let crc = if self.little_endian { le32(bytes, at) } else { be32(bytes, at) };
        Some((name, crc?, section.sh_offset))
    }

    /// The word of a property of the program, as the linker found it in all parts.
    pub fn property(&self, kind: u32) -> Option<u32> {
        let word = |bytes, at| if self.little_endian { le32(bytes, at) } else { be32(bytes, at) };
        let align = if self.is_64 { 8 } else { 4 };
        let mut properties = self.note(5)?;
        loop {
            let (found, size) = (word(properties, 0)?, word(properties, 4)? as usize);
            if found == kind {
                return word(properties, 8);
            }
            properties = properties.get(8..)?.get(size.checked_next_multiple_of(align)?..)?;
        }
    }

    /// What the first of GNU's notes of a kind says.
    fn note(&self, kind: u32) -> Option<&'a [u8]> {
        let segments = self.segments.iter().filter(|segment| segment.p_type == PT_NOTE);
        let segments = segments.map(|segment| (segment.p_offset, segment.p_filesz));
        let sections = self.sections.iter().filter(|section| section.sh_type == SHT_NOTE);
        let sections = sections.map(|section| (section.sh_offset, section.sh_size));
        segments.chain(sections).take(64).find_map(|(offset, size)| {
            let mut notes = self.slice(offset, size)?;
            loop {
                let word = |at| if self.little_endian { le32(notes, at) } else { be32(notes, at) };
                let (name, description) = (word(0)? as usize, word(4)? as usize);
                let body = notes.get(12..)?;
                let start = name.checked_next_multiple_of(4)?;
                let found = body.get(start..start.checked_add(description)?)?;
                if word(8)? == kind && body.starts_with(b"GNU\0") {
                    return Some(found);
                }
                let end = start.checked_add(description)?.checked_next_multiple_of(4)?;
                notes = body.get(end..)?;
            }
        })
    }
}

/// The dynamic section, which the first segment of its kind holds.
fn dynamic(bytes: Bytes<'_>, segments: &[ProgramHeader], ctx: Ctx) -> Option<Dynamic> {
    let segment = segments.iter().find(|segment| segment.p_type == PT_DYNAMIC)?;
    let table = bytes.get(segment.p_offset, segment.p_filesz)?;
    let mut here = segments.to_vec();
    let dynamic = here.iter_mut().filter(|segment| segment.p_type == PT_DYNAMIC);
    dynamic.for_each(|segment| segment.p_offset = 0);
    Dynamic::parse(table, &here, ctx).ok().flatten()
}
