//! ELF (System V ABI, chapters 4 and 5): headers, segments, sections and the dynamic section.

use goblin::container::{Container, Ctx, Endian};
use goblin::elf::dynamic::{DT_NEEDED, DT_RPATH, DT_RUNPATH, Dynamic};
use goblin::elf::header::{EI_CLASS, ELFCLASS64, Header};
use goblin::elf::program_header::{PT_NOTE, ProgramHeader};
use goblin::elf::section_header::{SHT_DYNSYM, SHT_NOBITS, SHT_NOTE, SectionHeader};
use goblin::elf::sym::Symtab;
use goblin::elf::sym::sym32::SIZEOF_SYM as SIZEOF_SYM_32;
use goblin::elf::sym::sym64::SIZEOF_SYM as SIZEOF_SYM_64;
use goblin::elf::symver::VerneedSection;

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
    bytes: &'a [u8],
    ctx: Ctx,
}

impl<'a> Elf<'a> {
    /// Reads the headers; none if they are broken.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let header = goblin::elf::Elf::parse_header(bytes).ok()?;
        let is_64 = header.e_ident[EI_CLASS] == ELFCLASS64;
        let endian = header.endianness().ok()?;
        let ctx = Ctx::new(if is_64 { Container::Big } else { Container::Little }, endian);
        let at = |offset: u64| usize::try_from(offset).ok();
        let segments =
            ProgramHeader::parse(bytes, at(header.e_phoff)?, usize::from(header.e_phnum), ctx)
                .unwrap_or_default();
        let sections =
            SectionHeader::parse(bytes, at(header.e_shoff)?, usize::from(header.e_shnum), ctx)
                .unwrap_or_default();
        let dynamic = Dynamic::parse(bytes, &segments, ctx).ok().flatten();
        let little_endian = endian == Endian::Little;
        Some(Self { header, segments, sections, dynamic, is_64, little_endian, bytes, ctx })
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
        let (start, size) = (usize::try_from(offset).ok()?, usize::try_from(size).ok()?);
        self.bytes.get(start..start.checked_add(size)?)
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

    /// Where it is to look for them: the lists of folders.
    pub fn search_paths(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        self.dynamic_texts(&[DT_RPATH, DT_RUNPATH])
    }

    /// The value of a tag of the dynamic section.
    pub fn tag(&self, tag: u64) -> Option<u64> {
        let all = self.dynamic.iter().flat_map(|dynamic| &dynamic.dyns);
        all.filter(|one| one.d_tag == tag).map(|one| one.d_val).next()
    }

    /// Versions of symbols that libraries must have: library and version.
    pub fn versions(&self) -> Vec<(&'a [u8], &'a [u8])> {
        let Ok(Some(section)) = VerneedSection::parse(self.bytes, &self.sections, self.ctx) else {
            return Vec::new();
        };
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
            let count = usize::try_from(section.sh_size).ok()? / size;
            let at = usize::try_from(section.sh_offset).ok()?;
            Symtab::parse(self.bytes, at, count.min(SYMBOLS), self.ctx).ok()
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
