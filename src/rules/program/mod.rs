//! Programs as rules see them: ELF, PE and Mach-O, each slice of a fat one, from one parse that all
//! rules share.
//!
//! goblin reads headers and tables; what it would do at a price (whole symbol tables, every string)
//! is not asked of it. Of a content that is too large to be read whole, the headers are there and
//! what lies further back is not.

mod arch;
mod elf;

pub use arch::{arch_named, arch_names};
pub use elf::Elf;

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
    Elf(Elf<'a>),
}

impl<'a> Program<'a> {
    /// As ELF.
    pub fn elf(&self) -> Option<&Elf<'a>> {
        match &self.image {
            Image::Elf(elf) => Some(elf),
        }
    }

    /// Whether all its bytes are there.
    pub fn is_whole(&self) -> bool {
        self.bytes.len() as u64 == self.size
    }
}

/// The programs in a content of a recognised format, of which `bytes` are the first.
pub(super) fn read<'a>(format: &str, bytes: &'a [u8], size: u64) -> Vec<Program<'a>> {
    match format {
        "elf" => Elf::read(bytes).map(|elf| Program {
            start: 0,
            bytes,
            size,
            arch: arch::of_elf(elf.header.e_machine, elf.is_64, elf.little_endian),
            image: Image::Elf(elf),
        }),
        _ => None,
    }
    .into_iter()
    .collect()
}

/// Zero-terminated bytes at an offset; none if they do not end.
fn text_at(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let rest = bytes.get(at..)?;
    rest.get(..memchr::memchr(0, rest)?)
}
