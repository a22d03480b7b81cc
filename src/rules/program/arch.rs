//! Processors: one name each, and the numbers by which formats call them.

use goblin::elf::header as elf;
use goblin::mach::constants::cputype as mach;
use goblin::mach::fat::FAT_MAGIC;
use goblin::pe::header as pe;

use super::macho::SLICES;
use crate::source::{be32, le16, le32};

/// Names that are used here, each with others that people use.
const NAMES: &[(&str, &[&str])] = &[
    ("arm", &["armhf", "armel", "armv7", "arm32"]),
    ("arm64", &["aarch64"]),
    ("loong64", &["loongarch64"]),
    ("m68k", &["68k"]),
    ("mips", &[]),
    ("mips64", &[]),
    ("ppc", &["powerpc"]),
    ("ppc64", &["powerpc64"]),
    ("ppc64el", &["ppc64le", "powerpc64le"]),
    ("riscv32", &[]),
    ("riscv64", &[]),
    ("s390x", &[]),
    ("sparc", &[]),
    ("sparc64", &[]),
    ("x86", &["i386", "i486", "i586", "i686", "ia32"]),
    ("x86_64", &["amd64", "x64", "x86-64"]),
];

/// The one name of a processor, from any of those that people use.
pub fn arch_named(text: &str) -> Option<&'static str> {
    let text = text.to_ascii_lowercase();
    let row = NAMES.iter().find(|(name, others)| *name == text || others.contains(&text.as_str()));
    row.map(|(name, _)| *name)
}

/// Every name.
pub fn arch_names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(|(name, _)| *name)
}

/// Bytes at the start of a program within which it says what processor it is for.
pub const WITHIN: usize = 4 << 10;

/// The processors that a program is for, by its first bytes: several of a fat file.
pub fn processors(format: &str, head: &[u8]) -> Vec<&'static str> {
    let one = match format {
        "elf" => goblin::elf::Elf::parse_header(head).ok().and_then(|header| {
            let is_64 = header.e_ident.get(elf::EI_CLASS) == Some(&elf::ELFCLASS64);
            let little = header.e_ident.get(elf::EI_DATA) == Some(&elf::ELFDATA2LSB);
            of_elf(header.e_machine, is_64, little)
        }),
        "pe" => le32(head, 0x3c).and_then(|at| {
            let machine = head.get(at as usize..)?.strip_prefix(b"PE\0\0")?;
            of_pe(le16(machine, 0)?)
        }),
        // Written with the lowest byte first, the magic number has its 0xfe at the end.
        "mach-o" if head.first() == Some(&0xfe) => be32(head, 4).and_then(of_mach),
        "mach-o" => le32(head, 4).and_then(of_mach),
        "mach-o-fat" => {
            let row = if be32(head, 0) == Some(FAT_MAGIC) { 20 } else { 32 };
            let count = be32(head, 4).unwrap_or_default().min(SLICES) as usize;
            let each = (0..count).map_while(|n| be32(head, 8 + n * row));
            return each.filter_map(of_mach).collect();
        }
        _ => None,
    };
    one.into_iter().collect()
}

pub(super) fn of_elf(machine: u16, is_64: bool, little: bool) -> Option<&'static str> {
    Some(match machine {
        elf::EM_386 => "x86",
        elf::EM_X86_64 => "x86_64",
        elf::EM_ARM => "arm",
        elf::EM_AARCH64 => "arm64",
        elf::EM_68K => "m68k",
        elf::EM_MIPS if is_64 => "mips64",
        elf::EM_MIPS => "mips",
        elf::EM_PPC => "ppc",
        elf::EM_PPC64 if little => "ppc64el",
        elf::EM_PPC64 => "ppc64",
        elf::EM_RISCV if is_64 => "riscv64",
        elf::EM_RISCV => "riscv32",
        elf::EM_S390 => "s390x",
        elf::EM_SPARC => "sparc",
        elf::EM_SPARCV9 => "sparc64",
        258 => "loong64",
        _ => return None,
    })
}

pub(super) fn of_pe(machine: u16) -> Option<&'static str> {
    Some(match machine {
        pe::COFF_MACHINE_X86 => "x86",
        pe::COFF_MACHINE_X86_64 => "x86_64",
        pe::COFF_MACHINE_ARM | pe::COFF_MACHINE_ARMNT => "arm",
        pe::COFF_MACHINE_ARM64 => "arm64",
        _ => return None,
    })
}

pub(super) fn of_mach(cpu: u32) -> Option<&'static str> {
    Some(match cpu {
        mach::CPU_TYPE_I386 => "x86",
        mach::CPU_TYPE_X86_64 => "x86_64",
        mach::CPU_TYPE_ARM => "arm",
        mach::CPU_TYPE_ARM64 => "arm64",
        mach::CPU_TYPE_POWERPC => "ppc",
        mach::CPU_TYPE_POWERPC64 => "ppc64",
        _ => return None,
    })
}
