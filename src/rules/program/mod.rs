//! Programs as rules see them: ELF, PE and Mach-O, each slice of a fat one, from one parse that all
//! rules share.
//!
//! goblin reads headers and tables; what it would do at a price (whole symbol tables, every string)
//! is not asked of it. Of a content that is too large to be read whole, the headers are there and
//! what lies further back is not.

mod arch;
mod elf;
mod macho;
mod pe;

pub use arch::{arch_named, arch_names};
pub use elf::Elf;
pub use macho::{MachO, Segment};
pub use pe::{Pe, Signed};

/// A program, or one slice of a fat one.
#[derive(Debug)]
pub struct Program<'a> {
    /// Offset of its first byte in the content.
    pub start: u64,
    /// Its bytes, as far as they are there.
    pub bytes: &'a [u8],
    /// Bytes in all.
    pub size: u64,
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

    /// The format, as targets name it.
    pub fn format(&self) -> &'static str {
        match &self.image {
            Image::Elf(_) => "elf",
            Image::Pe(_) => "pe",
            Image::MachO(_) => "mach-o",
        }
    }

    /// Whether all its bytes are there.
    pub fn is_whole(&self) -> bool {
        self.bytes.len() as u64 == self.size
    }
}

/// The programs in a content of a recognised format, of which `bytes` are the first.
pub(super) fn read<'a>(format: &str, bytes: &'a [u8], size: u64) -> Vec<Program<'a>> {
    if format == "mach-o-fat" {
        let slices = macho::slices(bytes).into_iter();
        return slices.filter_map(|(start, length)| slice(bytes, size, start, length)).collect();
    }
    let image = match format {
        "elf" => Elf::read(bytes).map(|elf| Image::Elf(Box::new(elf))),
        "pe" => Pe::read(bytes).map(|pe| Image::Pe(Box::new(pe))),
        "mach-o" => MachO::read(bytes).map(Image::MachO),
        _ => None,
    };
    image
        .map(|image| Program { start: 0, bytes, size, arch: arch_of(&image), image })
        .into_iter()
        .collect()
}

/// A slice of a fat file: from `start`, `length` bytes as its table says.
fn slice(bytes: &[u8], size: u64, start: u64, length: u64) -> Option<Program<'_>> {
    let length = length.min(size.checked_sub(start)?);
    let rest = bytes.get(usize::try_from(start).ok()?..)?;
    let bytes = rest.get(..usize::try_from(length).ok()?).unwrap_or(rest);
    let image = Image::MachO(MachO::read(bytes)?);
    Some(Program { start, bytes, size: length, arch: arch_of(&image), image })
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
