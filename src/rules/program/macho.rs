//! Mach-O (Apple, Mach-O Programming Topics, loader.h) and fat files of it (fat.h).

use std::ops::Range;

use goblin::container::Endian;
use goblin::mach::constants::cputype::CPU_ARCH_ABI64;
use goblin::mach::fat::FAT_MAGIC;
use goblin::mach::header::{MH_EXECUTE, SIZEOF_HEADER_32, SIZEOF_HEADER_64};
use goblin::mach::load_command::{CommandVariant, LoadCommand};
use goblin::mach::parse_magic_and_ctx;

use super::tables::Bytes;
use super::text_at;
use crate::source::{be32, be64, le32};

/// Load commands that are read; linkers write tens of them.
const COMMANDS: usize = 4096;
/// Slices of a fat file; there are not as many processors.
pub(super) const SLICES: u32 = 30;

/// `PLATFORM_MACOS` and `PLATFORM_IOS` of loader.h.
const PLATFORM_MACOS: u32 = 1;
const PLATFORM_IOS: u32 = 2;

/// A Mach-O file.
#[derive(Debug)]
pub struct MachO<'a> {
    /// The processor: `cputype`.
    pub cpu: u32,
    /// What it is: `MH_EXECUTE`, `MH_DYLIB`.
    pub kind: u32,
    /// `MH_PIE` and others.
    pub flags: u32,
    /// What the loader is told.
    pub commands: Vec<LoadCommand>,
    bytes: Bytes<'a>,
}

/// A part of the address space, and where it comes from.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// First byte in the slice.
    pub offset: u64,
    /// Bytes in the slice.
    pub size: u64,
    /// First address, and how many of them.
    pub memory: (u64, u64),
    /// How it may be used when it is loaded: 2 to write, 4 to run.
    pub protection: u32,
    /// Whether only a debugger reads it.
    pub is_debug: bool,
}

impl<'a> MachO<'a> {
    /// Reads header and load commands; none if they are broken.
    pub(super) fn read(bytes: Bytes<'a>) -> Option<Self> {
        let head = bytes.run(0)?;
        let (_, ctx) = parse_magic_and_ctx(head, 0).ok()?;
        let ctx = ctx?;
        let word = |at| if ctx.le == Endian::Little { le32(head, at) } else { be32(head, at) };
        let mut at = if ctx.container.is_big() { SIZEOF_HEADER_64 } else { SIZEOF_HEADER_32 };
        let (cpu, kind, count, flags) = (word(4)?, word(12)?, word(16)?, word(24)?);
        let count = usize::try_from(count).ok()?.min(COMMANDS);
        let mut commands = Vec::new();
        while commands.len() < count {
            let command = LoadCommand::parse(head, &mut at, ctx.le).ok()?;
            commands.push(command);
        }
        Some(Self { cpu, kind, flags, commands, bytes })
    }

    /// Its segments.
    pub fn segments(&self) -> impl Iterator<Item = Segment> + '_ {
        self.commands.iter().filter_map(|command| match command.command {
            CommandVariant::Segment32(s) => Some(Segment {
                offset: u64::from(s.fileoff),
                size: u64::from(s.filesize),
                memory: (s.vmaddr.into(), s.vmsize.into()),
                protection: s.initprot,
                is_debug: s.segname.starts_with(b"__DWARF\0"),
            }),
            CommandVariant::Segment64(s) => Some(Segment {
                offset: s.fileoff,
                size: s.filesize,
                memory: (s.vmaddr, s.vmsize),
                protection: s.initprot,
                is_debug: s.segname.starts_with(b"__DWARF\0"),
            }),
            _ => None,
        })
    }

    /// Whether it is what is started, no library or plug-in.
    pub fn is_application(&self) -> bool {
        self.kind == MH_EXECUTE
    }

    /// Symbols that only it knows itself: what others link with are not among them.
    pub fn local_symbols(&self) -> u32 {
        let counts = self.commands.iter().filter_map(|command| match command.command {
            CommandVariant::Dysymtab(c) => Some(c.nlocalsym),
            _ => None,
        });
        counts.max().unwrap_or_default()
    }

    /// Whether others than what it shares were left in its table of symbols: strip(1) leaves one behind.
    pub fn has_symbols(&self) -> bool {
        self.local_symbols() > 1
    }

    /// The paths that load commands name.
    fn paths(&self, named: fn(&CommandVariant) -> Option<u32>) -> impl Iterator<Item = &'a [u8]> {
        self.commands.iter().filter_map(move |command| {
            let at = usize::try_from(named(&command.command)?).ok()?;
            text_at(self.bytes.run(command.offset.checked_add(at)? as u64)?, 0)
        })
    }

    /// Libraries that the loader must find: not those that may be missing, or that are loaded when they are
    /// first called.
    pub fn required(&self) -> impl Iterator<Item = &'a [u8]> {
        self.paths(|command| match command {
            CommandVariant::LoadDylib(c)
            | CommandVariant::ReexportDylib(c)
            | CommandVariant::LoadUpwardDylib(c) => Some(c.dylib.name),
            _ => None,
        })
    }

    /// Libraries that it is linked with, those among them that it may do without.
    pub fn libraries(&self) -> impl Iterator<Item = &'a [u8]> {
        self.paths(|command| match command {
            CommandVariant::LoadDylib(c)
            | CommandVariant::ReexportDylib(c)
            | CommandVariant::LoadUpwardDylib(c)
            | CommandVariant::LoadWeakDylib(c)
            | CommandVariant::LazyLoadDylib(c) => Some(c.dylib.name),
            _ => None,
        })
    }

    /// Folders in which the loader looks for libraries.
    pub fn folders(&self) -> impl Iterator<Item = &'a [u8]> {
        self.paths(|command| match command {
            CommandVariant::Rpath(c) => Some(c.path),
            _ => None,
        })
    }

    /// The name by which others need it, of a library.
    pub fn install_name(&self) -> Option<&'a [u8]> {
        let named = self.paths(|command| match command {
            CommandVariant::IdDylib(c) => Some(c.dylib.name),
            _ => None,
        });
        { named }.next()
    }

    /// What loads it.
    pub fn interpreter(&self) -> Option<&'a [u8]> {
        let named = self.paths(|command| match command {
            CommandVariant::LoadDylinker(c) => Some(c.name),
            _ => None,
        });
        { named }.next()
    }

    /// The number that tells this link from others.
    pub fn uuid(&self) -> Option<[u8; 16]> {
        self.commands.iter().find_map(|command| match command.command {
            CommandVariant::Uuid(c) => Some(c.uuid),
            _ => None,
        })
    }

    /// Whether addresses have 64 bits.
    pub fn is_64(&self) -> bool {
        self.cpu & CPU_ARCH_ABI64 != 0
    }

    /// The system that it is for, as targets name it, and the oldest version of it; none of others
    /// than macOS and iOS.
    pub fn system(&self) -> Option<(&'static str, (u32, u32))> {
        let (system, version) = self.commands.iter().find_map(|command| match command.command {
            CommandVariant::VersionMinMacosx(c) => Some(("macos", c.version)),
            CommandVariant::VersionMinIphoneos(c) => Some(("ios", c.version)),
            CommandVariant::BuildVersion(c) if c.platform == PLATFORM_MACOS => {
                Some(("macos", c.minos))
            }
            CommandVariant::BuildVersion(c) if c.platform == PLATFORM_IOS => Some(("ios", c.minos)),
            _ => None,
        })?;
        Some((system, (version >> 16, version >> 8 & 0xff)))
    }

    /// Where its tables lie, as far as that is known.
    pub(super) fn tables(&self) -> Vec<Range<u64>> {
        self.signature().map(|(at, size)| at..at.saturating_add(size)).into_iter().collect()
    }

    /// The code signature.
    pub fn signature_bytes(&self) -> Option<&'a [u8]> {
        let (at, size) = self.signature()?;
        self.bytes.get(at, size.min(self.bytes.size().checked_sub(at)?))
    }

    /// Offset and size of the code signature.
    pub fn signature(&self) -> Option<(u64, u64)> {
        self.commands.iter().find_map(|command| match command.command {
            CommandVariant::CodeSignature(c) => Some((u64::from(c.dataoff), u64::from(c.datasize))),
            _ => None,
        })
    }
}

/// The slices of a fat file: where each lies. Empty if it is none, or the table is broken.
pub(super) fn slices(bytes: &[u8]) -> Vec<(u64, u64)> {
    let wide = be32(bytes, 0).is_some_and(|magic| magic != FAT_MAGIC);
    let count = be32(bytes, 4).unwrap_or_default().min(SLICES) as usize;
    let one = |index: usize| {
        if wide {
            let at = 8 + index * 32;
            Some((be64(bytes, at + 8)?, be64(bytes, at + 16)?))
        } else {
            let at = 8 + index * 20;
            Some((u64::from(be32(bytes, at + 8)?), u64::from(be32(bytes, at + 12)?)))
        }
    };
    (0..count).filter_map(one).collect()
}
