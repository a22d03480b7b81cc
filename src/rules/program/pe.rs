//! PE (Microsoft, PE Format): headers, sections, imported libraries, certificates.

use std::ops::Range;

use goblin::pe::characteristic::is_dll;
use goblin::pe::data_directories::DataDirectory;
use goblin::pe::header::{CoffHeader, Header};
use goblin::pe::optional_header::{MAGIC_64, OptionalHeader};
use goblin::pe::section_table::SectionTable;
use goblin::pe::subsystem::IMAGE_SUBSYSTEM_NATIVE;

use super::tables::Bytes;
use super::text_at;
use crate::source::{le16, le32};

/// Libraries that are told; a program links tens of them.
const LIBRARIES: usize = 1024;
/// Bytes of an entry of the import table, and of one of the debug directory.
const IMPORT: usize = 20;
const DEBUG: usize = 28;
/// Bytes of a symbol of an object file.
const SYMBOL: u64 = 18;

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
    bytes: Bytes<'a>,
}

/// The parts of the optional header that signing leaves out, and the certificates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signed {
    /// The checksum.
    pub checksum: Range<u64>,
    /// The entry of the certificate table among the data directories.
    pub entry: Range<u64>,
    /// The certificate table; empty where there is none.
    pub table: Range<u64>,
}

/// The sum of all words of a file, four bytes each, the least significant first.
#[derive(Clone, Debug, Default)]
pub struct Words {
    sum: u64,
    /// The first bytes of a word whose others are to come.
    begun: [u8; 4],
    held: usize,
}

impl Words {
    /// Takes the next bytes.
    pub fn update(&mut self, mut bytes: &[u8]) {
        while self.held > 0 {
            let Some((first, rest)) = bytes.split_first() else { return };
            self.begin(*first);
            bytes = rest;
        }
        let (words, rest) = bytes.as_chunks();
        self.sum += words.iter().map(|word| u64::from(u32::from_le_bytes(*word))).sum::<u64>();
        for byte in rest {
            self.begin(*byte);
        }
    }

    fn begin(&mut self, byte: u8) {
        if let Some(slot) = self.begun.get_mut(self.held) {
            *slot = byte;
        }
        self.held += 1;
        if self.held == self.begun.len() {
            self.sum += u64::from(u32::from_le_bytes(std::mem::take(&mut self.begun)));
            self.held = 0;
        }
    }

    fn finish(&self) -> u64 {
        self.sum + u64::from(u32::from_le_bytes(self.begun))
    }
}

impl<'a> Pe<'a> {
    /// Reads the headers; none if they are broken.
    pub(super) fn read(bytes: Bytes<'a>) -> Option<Self> {
        let head = bytes.run(0)?;
        let header = Header::parse(head).ok()?;
        let coff = header.coff_header;
        let optional_at = usize::try_from(header.dos_header.pe_pointer).ok()?.checked_add(24)?;
        let mut at = optional_at.checked_add(usize::from(coff.size_of_optional_header))?;
        let sections = coff.sections(head, &mut at).ok()?;
        Some(Self { coff, optional: header.optional_header?, sections, optional_at, bytes })
    }

    /// Where its tables lie, as far as that is known.
    pub(super) fn tables(&self) -> Vec<Range<u64>> {
        let directories = &self.optional.data_directories;
        let mut all = Vec::new();
        let mut want = |at: usize, size: usize| {
            let at = at as u64;
            all.push(at..at.saturating_add(size as u64));
        };
        let at = |table: Option<&DataDirectory>| self.offset_of(table?.virtual_address);
        if let Some(start) = at(directories.get_import_table()) {
            let (known, end) = self.imports();
            want(start, end.saturating_sub(start) + 64 * IMPORT);
            for name in known {
                want(name, 256);
            }
        }
        if let Some(start) = at(directories.get_load_config_table()) {
            want(start, 256);
        }
        if let Some(start) = at(directories.get_debug_table()) {
            want(start, 16 * DEBUG);
        }
        for entry in self.debug_entries() {
            let place = self.word(entry + 24).zip(self.word(entry + 16));
            if let Some((at, size)) = place.filter(|_| self.word(entry + 12) == Some(2)) {
                want(at as usize, size as usize);
            }
        }
        if let Some((symbols, count)) = self.symbols() {
            let strings = symbols.start + u64::from(count) * SYMBOL;
            all.push(strings..strings + 4);
        }
        if let Some(signed) = self.signed() {
            all.push(signed.table);
        }
        all
    }

    /// The word at an offset.
    fn word(&self, at: usize) -> Option<u32> {
        le32(self.bytes.get(at as u64, 4)?, 0)
    }

    /// The text at an offset.
    fn text(&self, at: usize) -> Option<&'a [u8]> {
        text_at(self.bytes.run(at as u64)?, 0)
    }

    /// The offsets of the names of the libraries that it imports, and where the table of them ends.
    fn imports(&self) -> (Vec<usize>, usize) {
        let table = self.optional.data_directories.get_import_table();
        let Some(mut at) = table.and_then(|table| self.offset_of(table.virtual_address)) else {
            return (Vec::new(), 0);
        };
        let mut names = Vec::new();
        for _ in 0..LIBRARIES {
            let Some(name) = self.word(at + 12).filter(|name| *name != 0) else { break };
            names.extend(self.offset_of(name));
            at += IMPORT;
        }
        (names, at)
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
        let (names, _) = self.imports();
        names.into_iter().filter_map(|at| Some((at, self.text(at)?))).collect()
    }

    /// Offset of the date of linking.
    pub fn date_at(&self) -> usize {
        self.optional_at - 16
    }

    /// Whether it is a library, which a program loads.
    pub fn is_library(&self) -> bool {
        is_dll(self.coff.characteristics)
    }

    /// Whether it runs without Windows around it: a driver, or what starts before.
    pub fn is_native(&self) -> bool {
        self.optional.windows_fields.subsystem == IMAGE_SUBSYSTEM_NATIVE
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
            let size = self.word(at)?;
            let table = self.word(at.checked_add(64)?)?;
            Some(size >= 72 && table != 0)
        });
        handlers.unwrap_or_default()
    }

    /// Whether it was built so that it comes out the same again, with a hash where dates stand
    /// (`/Brepro`).
    pub fn is_reproducible(&self) -> bool {
        self.debug_entries().any(|entry| self.word(entry + 12) == Some(16))
    }

    /// Offsets of the entries of the debug directory.
    fn debug_entries(&self) -> impl Iterator<Item = usize> + '_ {
        let table = self.optional.data_directories.get_debug_table();
        let at = table.and_then(|table| {
            Some((self.offset_of(table.virtual_address)?, table.size as usize / DEBUG))
        });
        let (at, count) = at.unwrap_or_default();
        (0..count.min(16)).filter_map(move |index| at.checked_add(index * DEBUG))
    }

    /// The path of the program database, as the linker wrote it, and its offset.
    pub fn database(&self) -> Option<(usize, &'a [u8])> {
        self.debug_entries().find_map(|entry| {
            let data = usize::try_from(self.word(entry + 24)?).ok()?;
            let is_codeview = self.word(entry + 12)? == 2;
            let is_path = self.bytes.get(data as u64, 4)? == b"RSDS";
            (is_codeview && is_path).then(|| Some((data + 24, self.text(data + 24)?)))?
        })
    }

    /// Offset and size of the certificate table, as the headers tell them; none if there is none.
    pub fn certificate_table(&self) -> Option<(u64, u64)> {
        let entry = self.certificate_entry()?;
        let (at, size) = (u64::from(self.word(entry)?), u64::from(self.word(entry + 4)?));
        (size > 0).then_some((at, size))
    }

    /// Offset of the entry of the certificate table; none if the header is too short for one.
    fn certificate_entry(&self) -> Option<usize> {
        let directories = if self.optional.standard_fields.magic == MAGIC_64 { 112 } else { 96 };
        let has_entry = self.optional.windows_fields.number_of_rva_and_sizes > 4;
        self.optional_at.checked_add(directories + 4 * 8).filter(|_| has_entry)
    }

    /// Where the symbols of the object files lie that linkers of GNU leave in a program, with the
    /// strings behind them, and how many there are; none if there are none, or not all of them.
    pub fn symbols(&self) -> Option<(Range<u64>, u32)> {
        let (at, count) = (self.coff.pointer_to_symbol_table, self.coff.number_of_symbol_table);
        let start = u64::from(at);
        let strings = start + u64::from(count) * SYMBOL;
        // The strings begin with their own length.
        let length = self.bytes.get(strings, 4).and_then(|bytes| le32(bytes, 0));
        let end = strings + length.map_or(0, u64::from);
        let is_there = at > 0 && count > 0 && end <= self.bytes.size();
        is_there.then_some((start..end, count))
    }

    /// What signing leaves out; none if the headers are too short for it, or the table lies
    /// elsewhere than in the file.
    pub fn signed(&self) -> Option<Signed> {
        let directories = if self.optional.standard_fields.magic == MAGIC_64 { 112 } else { 96 };
        let checksum = self.optional_at.checked_add(64)? as u64;
        let entry = self.optional_at.checked_add(directories + 4 * 8)?;
        let end = self.bytes.size();
        let (start, size) = self.certificate_table().unwrap_or((end, 0));
        let table = start..start.checked_add(size)?;
        let entry = entry as u64..entry as u64 + 8;
        let is_inside = entry.end <= table.start && table.end <= end;
        is_inside.then_some(Signed { checksum: checksum..checksum + 4, entry, table })
    }

    /// The certificate table.
    pub fn certificates(&self) -> Option<&'a [u8]> {
        let table = self.signed()?.table;
        self.bytes.get(table.start, table.end - table.start)
    }

    /// The checksum that the header should hold: the sum of all words but its own, with carries, and
    /// the length.
    pub fn checksum(&self, words: &Words) -> Option<u32> {
        let own = self.signed()?.checksum;
        let sum = words.finish();
        // The field may stand across two words: it is taken out by halves.
        let half = |at| le16(self.bytes.get(at, 2)?, 0);
        let (low, high) = (half(own.start)?, half(own.start + 2)?);
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
        Some(sum.wrapping_add(u32::try_from(self.bytes.size()).ok()?))
    }

    /// Where the last section ends in the file, or the symbols behind it.
    pub fn end(&self) -> u64 {
        let symbols = self.symbols().map(|(symbols, _)| symbols.end);
        let ends = self.sections.iter().filter(|section| section.size_of_raw_data > 0);
        let ends = ends.map(|s| u64::from(s.pointer_to_raw_data) + u64::from(s.size_of_raw_data));
        ends.chain(symbols).max().unwrap_or_default()
    }
}
