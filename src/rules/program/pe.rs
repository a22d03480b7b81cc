//! PE (Microsoft, PE Format): headers, sections, imported libraries, certificates.

use std::ops::Range;

use goblin::pe::header::{CoffHeader, Header};
use goblin::pe::optional_header::{MAGIC_64, OptionalHeader};
use goblin::pe::section_table::SectionTable;

use super::text_at;
use crate::source::{le16, le32};

/// Libraries that are told; a program links tens of them.
const LIBRARIES: usize = 1024;

/// A PE file.
#[derive(Debug)]
pub struct Pe<'a> {
    /// What it is for.
    pub coff: CoffHeader,
    /// How it is loaded; none of an object.
    pub optional: OptionalHeader,
    /// Its sections.
    pub sections: Vec<SectionTable>,
    /// Offset of the optional header.
    optional_at: usize,
    bytes: &'a [u8],
}

/// The parts of the optional header that signing leaves out, and the certificates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signed {
    /// The checksum.
    pub checksum: Range<usize>,
    /// The entry of the certificate table among the data directories.
    pub entry: Range<usize>,
    /// The certificate table; empty where there is none.
    pub table: Range<usize>,
}

impl<'a> Pe<'a> {
    /// Reads the headers; none if they are broken.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let header = Header::parse(bytes).ok()?;
        let coff = header.coff_header;
        let optional_at = usize::try_from(header.dos_header.pe_pointer).ok()?.checked_add(24)?;
        let mut at = optional_at.checked_add(usize::from(coff.size_of_optional_header))?;
        let sections = coff.sections(bytes, &mut at).ok()?;
        Some(Self { coff, optional: header.optional_header?, sections, optional_at, bytes })
    }

    /// Where an address is in the file.
    pub fn offset_of(&self, address: u32) -> Option<usize> {
        let section = self.sections.iter().find(|section| {
            let size = section.virtual_size.max(section.size_of_raw_data);
            address.checked_sub(section.virtual_address).is_some_and(|inside| inside < size)
        })?;
        let inside = address - section.virtual_address;
        usize::try_from(section.pointer_to_raw_data.checked_add(inside)?).ok()
    }

    /// The libraries that it imports: each with the offset of its name.
    pub fn libraries(&self) -> Vec<(usize, &'a [u8])> {
        let table = self.optional.data_directories.get_import_table();
        let Some(mut at) = table.and_then(|table| self.offset_of(table.virtual_address)) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for _ in 0..LIBRARIES {
            let Some(name) = le32(self.bytes, at + 12).filter(|name| *name != 0) else { break };
            found.extend(self.offset_of(name).and_then(|at| Some((at, text_at(self.bytes, at)?))));
            at += 20;
        }
        found
    }

    /// Offset of the date of linking.
    pub fn date_at(&self) -> usize {
        self.optional_at - 16
    }

    /// Whether it is for .NET.
    pub fn is_managed(&self) -> bool {
        let table = self.optional.data_directories.get_clr_runtime_header();
        table.is_some_and(|table| table.virtual_address != 0)
    }

    /// Whether it lists its exception handlers, as `/SAFESEH` has it: only 32-bit programs do.
    pub fn has_safe_handlers(&self) -> bool {
        let table = self.optional.data_directories.get_load_config_table();
        let handlers = table.and_then(|table| {
            let at = self.offset_of(table.virtual_address)?;
            let size = le32(self.bytes, at)?;
            let table = le32(self.bytes, at.checked_add(64)?)?;
            Some(size >= 72 && table != 0)
        });
        handlers.unwrap_or_default()
    }

    /// Whether it was built so that it comes out the same again, with a hash where dates stand
    /// (`/Brepro`).
    pub fn is_reproducible(&self) -> bool {
        self.debug_entries().any(|entry| le32(self.bytes, entry + 12) == Some(16))
    }

    /// Offsets of the entries of the debug directory.
    fn debug_entries(&self) -> impl Iterator<Item = usize> + '_ {
        let table = self.optional.data_directories.get_debug_table();
        let at = table.and_then(|table| {
            Some((self.offset_of(table.virtual_address)?, (table.size / 28) as usize))
        });
        let (at, count) = at.unwrap_or_default();
        (0..count.min(16)).filter_map(move |index| at.checked_add(index * 28))
    }

    /// The path of the program database, as the linker wrote it, and its offset.
    pub fn database(&self) -> Option<(usize, &'a [u8])> {
        self.debug_entries().find_map(|entry| {
            let data = usize::try_from(le32(self.bytes, entry + 24)?).ok()?;
            let is_codeview = le32(self.bytes, entry + 12)? == 2;
            let is_path = self.bytes.get(data..)?.starts_with(b"RSDS");
            (is_codeview && is_path).then(|| Some((data + 24, text_at(self.bytes, data + 24)?)))?
        })
    }

    /// What signing leaves out; none if the headers are too short for it, or the table lies
    /// elsewhere than in the file.
    pub fn signed(&self) -> Option<Signed> {
        let directories = if self.optional.standard_fields.magic == MAGIC_64 { 112 } else { 96 };
        let checksum = self.optional_at.checked_add(64)?;
        let entry = self.optional_at.checked_add(directories + 4 * 8)?;
        let has_entry = self.optional.windows_fields.number_of_rva_and_sizes > 4;
        let field = |at| le32(self.bytes, at).and_then(|value| usize::try_from(value).ok());
        let (start, size) =
            if has_entry { (field(entry)?, field(entry + 4)?) } else { (self.bytes.len(), 0) };
        let (start, size) = if size == 0 { (self.bytes.len(), 0) } else { (start, size) };
        let table = start..start.checked_add(size)?;
        let is_inside = entry + 8 <= table.start && table.end <= self.bytes.len();
        let entry = entry..entry + 8;
        is_inside.then_some(Signed { checksum: checksum..checksum + 4, entry, table })
    }

    /// The checksum that the header should hold: the sum of all words but its own, with carries, and
    /// the length.
    pub fn checksum(&self) -> Option<u32> {
        let own = self.signed()?.checksum;
        let mut sum = 0u64;
        let words = self.bytes.chunks_exact(4);
        let rest = words.remainder();
        for word in words {
            sum += u64::from(u32::from_le_bytes(*word.first_chunk()?));
        }
        let mut last = [0; 4];
        last.get_mut(..rest.len())?.copy_from_slice(rest);
        sum += u64::from(u32::from_le_bytes(last));
        // The field may stand across two words: it is taken out by halves.
        let (low, high) = (le16(self.bytes, own.start)?, le16(self.bytes, own.start + 2)?);
        let fold = |mut sum: u64| {
            while sum > 0xffff {
                sum = (sum & 0xffff) + (sum >> 16);
            }
            sum
        };
        let taken = fold(u64::from(low) + u64::from(high));
        let sum = fold(fold(sum) + 0xffff - taken);
        // In this arithmetic 0 and 0xffff are one number, and a sum of more than zeros is the latter.
        let sum = if sum % 0xffff == 0 { 0xffff } else { u32::try_from(sum % 0xffff).ok()? };
        Some(sum.wrapping_add(u32::try_from(self.bytes.len()).ok()?))
    }

    /// Where the last section ends in the file.
    pub fn end(&self) -> u64 {
        let ends = self.sections.iter().filter(|section| section.size_of_raw_data > 0);
        let ends = ends.map(|s| u64::from(s.pointer_to_raw_data) + u64::from(s.size_of_raw_data));
        ends.max().unwrap_or_default()
    }
}
