//! Header and load commands of a Mach-O program (Apple, mach-o/loader.h), in the byte order of its
//! processor: the sections that hold texts, the signature, and what is encrypted.

use std::ops::Range;

use goblin::mach::header::{MH_DSYM, MH_DYLIB_STUB};
use goblin::mach::load_command::{
    LC_CODE_SIGNATURE, LC_ENCRYPTION_INFO, LC_ENCRYPTION_INFO_64, LC_SEGMENT, LC_SEGMENT_64,
};

use crate::source::{be32, be64, le32, le64};

/// Bytes of the longer form of the header.
pub(super) const HEADER: u64 = 32;
/// Load commands that are read; linkers write tens of them, the kernel has hundreds.
const COMMANDS: u32 = 4096;
/// Words in which the names of sections with texts end.
const ENDINGS: [&[u8]; 6] = [b"plist", b"entitlements", b"xml", b"json", b"html", b"txt"];

/// A section that holds text, by its name.
#[derive(Debug)]
pub(super) struct Section {
    /// Segment and section, as linkers take them: `__TEXT,__info_plist`.
    pub(super) name: Vec<u8>,
    /// Where it is named.
    pub(super) named_at: u64,
    /// First byte in the slice.
    pub(super) at: u64,
    /// Bytes.
    pub(super) length: u64,
}

impl Section {
    /// The byte behind it in the slice; none if there is no such number.
    pub(super) fn end(&self) -> Option<u64> {
        self.at.checked_add(self.length)
    }
}

/// What is wrong, and where.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) at: u64,
    pub(super) message: String,
}

/// What the loader is told, as far as it is about texts.
#[derive(Debug, Default)]
pub(super) struct Commands {
    pub(super) sections: Vec<Section>,
    /// Offset and size of the signature.
    pub(super) signature: Option<(u64, u64)>,
    /// What is encrypted.
    encrypted: Option<Range<u64>>,
    /// Where the commands make no sense any more.
    pub(super) broken: Option<Broken>,
}

/// Numbers in the order of the processor.
#[derive(Clone, Copy)]
struct Words<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

impl<'a> Words<'a> {
    /// The bytes of a program, and how long its header is; none if they are another's.
    fn of(bytes: &'a [u8]) -> Option<(Self, usize)> {
        let (big_endian, header) = match be32(bytes, 0)? {
            0xfeed_face => (true, 28),
            0xfeed_facf => (true, 32),
            0xcefa_edfe => (false, 28),
            0xcffa_edfe => (false, 32),
            _ => return None,
        };
        let words = Self { bytes, big_endian };
        matches!(words.word(12)?, 1..=12).then_some((words, header))
    }

    fn word(self, at: usize) -> Option<u32> {
        if self.big_endian { be32(self.bytes, at) } else { le32(self.bytes, at) }
    }

    fn long(self, at: usize) -> Option<u64> {
        if self.big_endian { be64(self.bytes, at) } else { le64(self.bytes, at) }
    }

    /// A name in sixteen bytes.
    fn name(self, at: usize) -> Option<&'a [u8]> {
        let field = self.bytes.get(at..at + 16)?;
        field.split(|byte| *byte == 0).next()
    }
}

impl Commands {
    /// Bytes of header and load commands; none if it is no program.
    pub(super) fn size(head: &[u8]) -> Option<u64> {
        let (words, header) = Words::of(head)?;
        Some(header as u64 + u64::from(words.word(20)?))
    }

    /// Reads header and load commands, as far as they lie in `head`; none if it is no program.
    pub(super) fn parse(head: &[u8]) -> Option<Self> {
        let (words, header) = Words::of(head)?;
        let (kind, count, size) = (words.word(12)?, words.word(16)?, words.word(20)?);
        let end = head.len().min(header.saturating_add(size as usize));
        let mut commands = Self::default();
        let mut at = header;
        for number in 0..count {
            let left = end.saturating_sub(at);
            let length = words.word(at + 4).unwrap_or_default() as usize;
            if number == COMMANDS || length < 8 || length > left {
                let message =
                    format!("load command {number} of {count}: {length} bytes, {left} are left");
                commands.broken = Some(Broken { at: at as u64, message });
                break;
            }
            if commands.command(words, at, length).is_none() {
                let message = format!("load command {number} is too short for what it holds");
                commands.broken = Some(Broken { at: at as u64, message });
                break;
            }
            at += length;
        }
        if matches!(kind, MH_DSYM | MH_DYLIB_STUB) {
            // The sections are those of another file.
            commands.sections.clear();
        }
        Some(commands)
    }

    /// Whether it is worth a look.
    pub(super) fn may_hold_texts(&self) -> bool {
        !self.sections.is_empty() || self.signature.is_some() || self.broken.is_some()
    }

    /// Whether bytes of a section are encrypted.
    pub(super) fn is_encrypted(&self, section: &Section) -> bool {
        let meets = |range: &Range<u64>| {
            section.at < range.end && section.end().is_none_or(|end| range.start < end)
        };
        self.encrypted.as_ref().is_some_and(meets)
    }

    /// Reads one command; none if it is too short.
    fn command(&mut self, words: Words<'_>, at: usize, length: usize) -> Option<()> {
        let words = Words { bytes: words.bytes.get(..at + length)?, ..words };
        let long = |at| words.word(at).map(u64::from);
        match words.word(at)? {
            LC_SEGMENT => self.segment(words, at, false),
            LC_SEGMENT_64 => self.segment(words, at, true),
            LC_CODE_SIGNATURE => {
                self.signature = Some((long(at + 8)?, long(at + 12)?));
                Some(())
            }
            LC_ENCRYPTION_INFO | LC_ENCRYPTION_INFO_64 => {
                let (start, size, method) = (long(at + 8)?, long(at + 12)?, long(at + 16)?);
                self.encrypted = (method != 0).then_some(start..start + size);
                Some(())
            }
            _ => Some(()),
        }
    }

    /// `segment_command` and `segment_command_64`, with the sections behind them.
    fn segment(&mut self, words: Words<'_>, at: usize, wide: bool) -> Option<()> {
        let (count, first, size) = if wide { (64, 72, 80) } else { (48, 56, 68) };
        for number in 0..words.word(at + count)? as usize {
            let named_at = at + first + number * size;
            let (length, offset, flags) = if wide {
                (words.long(named_at + 40)?, words.word(named_at + 48)?, words.word(named_at + 64)?)
            } else {
                let length = u64::from(words.word(named_at + 36)?);
                (length, words.word(named_at + 40)?, words.word(named_at + 56)?)
            };
            let (section, segment) = (words.name(named_at)?, words.name(named_at + 16)?);
            if is_of_text(section) && !is_zeros(flags) && length > 0 {
                let name = [segment, b",", section].concat();
                let (named_at, at) = (named_at as u64, u64::from(offset));
                self.sections.push(Section { name, named_at, at, length });
            }
        }
        Some(())
    }
}

/// Whether a section has no bytes in the file: `S_ZEROFILL`, `S_GB_ZEROFILL` and
/// `S_THREAD_LOCAL_ZEROFILL`.
fn is_zeros(flags: u32) -> bool {
    matches!(flags & 0xff, 0x1 | 0xc | 0x12)
}

/// Whether the last word of a section's name is that of a text.
fn is_of_text(name: &[u8]) -> bool {
    let last = name.rsplit(|byte| matches!(byte, b'_' | b'.' | b'-')).next().unwrap_or_default();
    ENDINGS.iter().any(|word| last.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_with_texts_are_known_by_the_last_word_of_their_names() {
        let cases: [(&[u8], bool); 9] = [
            (b"__info_plist", true),
            (b"__launchd_plist", true),
            (b"__entitlements", true),
            (b"__Help.HTML", true),
            (b"plist", true),
            (b"__text", false),
            (b"__cstring", false),
            (b"__plist_cache", false),
            (b"", false),
        ];
        for (name, expected) in cases {
            assert_eq!(is_of_text(name), expected, "{}", name.escape_ascii());
        }
    }

    /// A program for a PowerPC, whose linker no tool of Debian has: one segment with one section,
    /// and what is encrypted, by a method or by none.
    fn powerpc(flags: u32, kind: u32, method: u32) -> Vec<u8> {
        let name = |text: &str| format!("{text:\0<16}").into_bytes();
        let words = |words: &[u32]| words.iter().flat_map(|w| w.to_be_bytes()).collect::<Vec<_>>();
        [
            words(&[0xfeed_face, 18, 0, kind, 2, 144, 0]),
            words(&[LC_SEGMENT, 124]),
            name("__TEXT"),
            words(&[0, 0, 0, 0, 7, 7, 1, 0]),
            name("__info_plist"),
            name("__TEXT"),
            words(&[0, 9, 172, 0, 0, 0, flags, 0, 0]),
            words(&[LC_ENCRYPTION_INFO, 20, 180, 8, method]),
        ]
        .concat()
    }

    #[test]
    fn programs_of_the_other_byte_order_are_read() {
        for (method, encrypted) in [(0, false), (1, true)] {
            let commands = Commands::parse(&powerpc(0, 2, method)).expect("a program");
            assert!(commands.broken.is_none(), "{commands:?}");
            let [section] = commands.sections.as_slice() else { panic!("{commands:?}") };
            assert_eq!(section.name, b"__TEXT,__info_plist");
            assert_eq!((section.named_at, section.at, section.length), (84, 172, 9));
            assert_eq!(commands.is_encrypted(section), encrypted);
        }
    }

    #[test]
    fn sections_without_bytes_in_the_file_are_left_out() {
        for (flags, kind) in [(1, 2), (0xc, 2), (0, MH_DSYM), (0, MH_DYLIB_STUB)] {
            let commands = Commands::parse(&powerpc(flags, kind, 0)).expect("a program");
            assert!(commands.sections.is_empty() && commands.broken.is_none(), "{commands:?}");
        }
    }
}
