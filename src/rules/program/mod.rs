//! Programs as rules see them: ELF, PE and Mach-O, each slice of a fat one, from one parse that all
//! rules share.
//!
//! goblin reads headers and tables; what it would do at a price (whole symbol tables, every string)
//! is not asked of it. Of a content that is too large to be held, the tables are read apart
//! ([`Tables`]).

use std::io;

use crate::source::Source;

mod arch;
mod authenticode;
mod elf;
mod facts;
mod macho;
mod pe;
mod tables;
mod windows;

pub use arch::{WITHIN as ARCH_WITHIN, arch_named, arch_names, processors};
pub use authenticode::{Algorithm, Authenticode, authenticode};
pub use elf::Elf;
pub use facts::ProgramFacts;
pub(super) use facts::facts;
pub use macho::{MachO, Segment};
pub use pe::{Pe, Signed, Words};
pub use tables::{Bytes, Tables};
pub use windows::{file_of, is_of_windows, redistributable};

/// A program, or one slice of a fat one.
#[derive(Debug)]
pub struct Program<'a> {
    /// Offset of its first byte in the content.
    pub start: u64,
    /// Its bytes, as far as they are there.
    pub bytes: Bytes<'a>,
    /// The processor that it is for, by the name that targets and `--arch` use; none if it is for
    /// another.
    pub arch: Option<&'static str>,
    /// What it is.
    pub image: Image<'a>,
}

/// What a program is.
#[derive(Debug)]
pub enum Image<'a> {
    /// System V.
    Elf(Box<Elf<'a>>),
    /// Windows.
    Pe(Box<Pe<'a>>),
    /// The systems of Apple.
    MachO(MachO<'a>),
}

impl<'a> Program<'a> {
    /// As ELF.
    pub fn elf(&self) -> Option<&Elf<'a>> {
        if let Image::Elf(elf) = &self.image { Some(elf) } else { None }
    }

    /// As PE.
    pub fn pe(&self) -> Option<&Pe<'a>> {
        if let Image::Pe(pe) = &self.image { Some(pe) } else { None }
    }

    /// As Mach-O.
    pub fn macho(&self) -> Option<&MachO<'a>> {
        if let Image::MachO(macho) = &self.image { Some(macho) } else { None }
    }

    /// Where it ends, without certificates that were put behind it.
    pub fn stop(&self) -> u64 {
        let signed = self.pe().and_then(Pe::signed);
        signed.map_or(self.bytes.size(), |signed| signed.table.start)
    }

    /// The format, as targets name it.
    pub fn format(&self) -> &'static str {
        match &self.image {
            Image::Elf(_) => "elf",
            Image::Pe(_) => "pe",
            Image::MachO(_) => "mach-o",
        }
    }
}

/// Where the slices of a fat file lie that begins so: offset and size of each.
pub fn slices(head: &[u8]) -> Vec<(u64, u64)> {
    macho::slices(head)
}

/// The programs in a content of a recognised format.
pub(super) fn read<'a>(format: &str, bytes: Bytes<'a>) -> Vec<Program<'a>> {
    if format == "mach-o-fat" {
        let slices = macho::slices(bytes.run(0).unwrap_or_default()).into_iter();
        let slices = slices.filter_map(|(start, size)| Some((start, bytes.slice(start, size)?)));
        return slices.filter_map(|(start, bytes)| one("mach-o", start, bytes)).collect();
    }
    one(format, 0, bytes).into_iter().collect()
}

fn one<'a>(format: &str, start: u64, bytes: Bytes<'a>) -> Option<Program<'a>> {
    let image = match format {
        "elf" => Image::Elf(Box::new(Elf::read(bytes)?)),
        "pe" => Image::Pe(Box::new(Pe::read(bytes)?)),
        "mach-o" => Image::MachO(MachO::read(bytes)?),
        _ => return None,
    };
    Some(Program { start, bytes, arch: arch_of(&image), image })
}

/// Bytes at the start of a slice that hold its load commands.
const COMMANDS: u64 = 64 << 10;
/// Bytes behind the last part of a program that some linkers and strippers leave as padding.
pub const PADDING: u64 = 4096;

/// Whether a file is the library that every dynamic program on Linux needs, by its name: what has it is a
/// system itself.
pub fn is_of_loader(name: &[u8]) -> bool {
    name.starts_with(b"libc.so.") || name.starts_with(b"ld-musl-")
}

/// The name at the end of a path.
pub fn last_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

/// Recognised formats whose contents are programs.
pub const FORMATS: [&str; 4] = ["elf", "pe", "mach-o", "mach-o-fat"];

/// Whether contents of a recognised format are programs.
pub fn is_program(format: &str) -> bool {
    FORMATS.contains(&format)
}

/// Reads the tables of a program of a recognised format that is too large to be held. `head` is its
/// first bytes.
pub fn tables(format: &str, head: &[u8], source: &dyn Source) -> io::Result<Tables> {
    let wanted = |bytes: Bytes<'_>| {
        let mut wanted = Vec::new();
        if format == "mach-o-fat" {
            let slices = macho::slices(head).into_iter();
            wanted.extend(slices.map(|(at, size)| at..at.saturating_add(size.min(COMMANDS))));
            wanted.push(bytes.size().saturating_sub(PADDING)..bytes.size());
        }
        for program in read(format, bytes) {
            let tables = match &program.image {
                Image::Elf(elf) => elf.tables(),
                Image::Pe(pe) => pe.tables(),
                Image::MachO(macho) => macho.tables(),
            };
            let stop = program.stop();
            let end = stop.saturating_sub(PADDING)..stop;
            let shift = |at: u64| at.saturating_add(program.start);
            wanted.extend(
                tables.into_iter().chain([end]).map(|table| shift(table.start)..shift(table.end)),
            );
        }
        wanted
    };
    tables::read(head, source, wanted)
}

fn arch_of(image: &Image<'_>) -> Option<&'static str> {
    match image {
        Image::Elf(elf) => arch::of_elf(elf.header.e_machine, elf.is_64, elf.little_endian),
        Image::Pe(pe) => arch::of_pe(pe.coff.machine),
        Image::MachO(macho) => arch::of_mach(macho.cpu),
    }
}

/// A version of two numbers, as `2.34`; what follows the second is another matter.
pub fn version_of(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.').map(str::parse);
    let major = parts.next()?.ok()?;
    Some((major, parts.next().map_or(Some(0), Result::ok)?))
}

/// Bytes of a name or a path; what is longer is none, so that a table without zeros costs nothing.
const LONGEST: usize = 4096;

/// Zero-terminated bytes at an offset; none if they do not end.
fn text_at(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let rest = bytes.get(at..)?;
    let rest = rest.get(..LONGEST).unwrap_or(rest);
    rest.get(..memchr::memchr(0, rest)?)
}
