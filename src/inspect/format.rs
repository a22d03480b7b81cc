//! Formats recognised by their first bytes, and by more of them than the magic number alone: a
//! match makes a content binary or text whatever stray bytes it holds, so each entry checks fields
//! behind the magic wherever the format has any.
//!
//! Containers that premaster opens (disc images, archives) are found by the readers' own probes;
//! the names here serve the class and the `format` field of a listing.

use crate::model::KeptEnds;
use crate::source::{be16, be32, le16, le32};

/// A format with its test.
struct Format {
    name: &'static str,
    /// Whether contents of the format are text.
    text: bool,
    check: fn(&Sample<'_>) -> bool,
}

/// What a test may look at.
struct Sample<'a> {
    head: &'a [u8],
    tail: &'a [u8],
    length: u64,
    name: &'a [u8],
}

impl Sample<'_> {
    fn starts(&self, magic: &[u8]) -> bool {
        self.head.starts_with(magic)
    }

    fn at(&self, offset: usize, bytes: &[u8]) -> bool {
        self.head.get(offset..).is_some_and(|rest| rest.starts_with(bytes))
    }

    fn byte(&self, offset: usize) -> u8 {
        self.head.get(offset).copied().unwrap_or_default()
    }

    fn le16(&self, offset: usize) -> u16 {
        le16(self.head, offset).unwrap_or_default()
    }

    fn le32(&self, offset: usize) -> u32 {
        le32(self.head, offset).unwrap_or_default()
    }

    fn be16(&self, offset: usize) -> u16 {
        be16(self.head, offset).unwrap_or_default()
    }

    fn be32(&self, offset: usize) -> u32 {
        be32(self.head, offset).unwrap_or_default()
    }

    fn within(&self, offset: u64) -> bool {
        offset > 0 && offset <= self.length
    }

    fn named(&self, suffix: &[u8]) -> bool {
        let cut = self.name.len().checked_sub(suffix.len());
        cut.and_then(|cut| self.name.get(cut..)).is_some_and(|end| end.eq_ignore_ascii_case(suffix))
    }
}

/// Names what the bytes are. `head` and `tail` are the first and last bytes of a content of
/// `length` bytes, 512 or more of each where there are so many; `name` is the entry's own.
pub fn recognise(head: &[u8], tail: &[u8], length: u64, name: &[u8]) -> Option<&'static str> {
    let sample = Sample { head, tail, length, name };
    FORMATS.iter().find(|format| (format.check)(&sample)).map(|format| format.name)
}

/// Bytes of a head and of a tail that are kept.
const HEAD: usize = 1024;
const TAIL: usize = 256;

/// Ends of the names of scripts that need no `#!`.
const SCRIPTS: [&str; 9] =
    [".sh", ".bash", ".zsh", ".ksh", ".csh", ".tcsh", ".fish", ".bat", ".cmd"];

/// The ends of a content that rules judge by them: a script, whatever stands before its `#!`, and
/// what a printer is to read.
pub fn kept_ends(head: &[u8], tail: &[u8], format: Option<&str>, name: &[u8]) -> Option<KeptEnds> {
    let begins: [&[u8]; 4] = [b"#!", b"\xef\xbb\xbf#!", b"\xff\xfe#\0!\0", b"\xfe\xff\0#\0!"];
    let sample = Sample { head, tail, length: head.len() as u64, name };
    let wanted = matches!(format, Some("script" | "postscript" | "dos-eps" | "ppd"))
        || begins.iter().any(|begin| head.starts_with(begin))
        || SCRIPTS.iter().any(|end| sample.named(end.as_bytes()));
    wanted.then(|| {
        let cut = tail.len().saturating_sub(TAIL);
        KeptEnds {
            head: head.get(..head.len().min(HEAD)).unwrap_or_default().into(),
            tail: tail.get(cut..).unwrap_or_default().into(),
        }
    })
}

/// The formats that are recognised.
pub fn recognised() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().map(|row| row.name)
}

/// Whether contents of a recognised format are text; `None` for a name that is not of this table.
pub fn is_text(format: &str) -> Option<bool> {
    FORMATS.iter().find(|row| row.name == format).map(|row| row.text)
}

const fn binary(name: &'static str, check: fn(&Sample<'_>) -> bool) -> Format {
    Format { name, text: false, check }
}

const fn text(name: &'static str, check: fn(&Sample<'_>) -> bool) -> Format {
    Format { name, text: true, check }
}

/// Whether a content is the first bytes of a PE: cut before its signature. A program for DOS tells in its
/// header how long it is, and is that long; what a linker puts before a PE is longer than what is left.
fn is_begun_pe(s: &Sample<'_>) -> bool {
    const ENDS: [&[u8]; 8] =
        [b".exe", b".dll", b".sys", b".efi", b".ocx", b".scr", b".cpl", b".pyd"];
    let pages = u64::from(s.le16(4));
    let told = match u64::from(s.le16(2) % 512) {
        0 => pages * 512,
        last => pages.saturating_sub(1) * 512 + last,
    };
    let is_short = told > s.length;
    if s.length < 64 {
        let is_named = ENDS.iter().any(|end| s.named(end));
        return s.starts(b"MZ") && is_named && (s.length < 28 || is_short);
    }
    let header = u64::from(s.le32(0x3c));
    let says_so = memchr::memmem::find(s.head, b"This program ").is_some();
    s.starts(b"MZ")
        && s.le16(0x18) >= 0x40
        && (64..=4096).contains(&header)
        && header + 4 > s.length
        && (is_short || says_so)
}

/// In the order in which they are asked: the well-checked before the weak.
static FORMATS: &[Format] = &[
    // System V ABI, ELF header: e_type 4 is ET_CORE.
    binary("elf-core", |s| {
        let kind = if s.byte(5) == 2 { s.be16(16) } else { s.le16(16) };
        s.starts(b"\x7fELF") && matches!(s.byte(4), 1 | 2) && s.byte(6) == 1 && kind == 4
    }),
    binary("minidump", |s| s.starts(b"MDMP\x93\xa7")),
    // The dump of a stopped Windows, of 64 and of 32 bits.
    binary("windows-dump", |s| s.starts(b"PAGEDU64") || s.starts(b"PAGEDUMP")),
    binary("elf", |s| {
        s.starts(b"\x7fELF")
            && matches!(s.byte(4), 1 | 2)
            && matches!(s.byte(5), 1 | 2)
            && s.byte(6) == 1
    }),
    binary("pe", |s| {
        let header = u64::from(s.le32(0x3c));
        let there = usize::try_from(header).unwrap_or(usize::MAX);
        let is_whole = s.within(header + 4) && s.at(there, b"PE\0\0");
        s.starts(b"MZ") && (is_whole || is_begun_pe(s))
    }),
    binary("dos-exe", |s| {
        let pages = u64::from(s.le16(4));
        let paragraphs = u64::from(s.le16(8));
        s.starts(b"MZ")
            && s.le16(2) < 512
            && pages > 0
            && paragraphs >= 2
            && paragraphs * 16 <= s.length
    }),
    // mach/loader.h: file type 4 is MH_CORE.
    binary("mach-o-core", |s| {
        let (magic, little) = (s.be32(0), s.le32(0));
        magic & 0xffff_fffe == 0xfeed_face && s.be32(12) == 4
            || little & 0xffff_fffe == 0xfeed_face && s.le32(12) == 4
    }),
    binary("mach-o", |s| {
        let (magic, little) = (s.be32(0), s.le32(0));
        let kind = if magic & 0xffff_fffe == 0xfeed_face { s.be32(12) } else { s.le32(12) };
        (magic & 0xffff_fffe == 0xfeed_face || little & 0xffff_fffe == 0xfeed_face)
            && (1..=12).contains(&kind)
    }),
    binary("mach-o-fat", |s| {
        let wide = matches!(s.be32(0), 0xcafe_babe | 0xcafe_babf);
        wide && (1..=30).contains(&s.be32(4)) && s.be32(8) & 0x00ff_ffff < 64
    }),
    binary("java-class", |s| s.be32(0) == 0xcafe_babe && s.be16(6) >= 43 && s.length > 24),
    binary("wasm", |s| s.starts(b"\0asm") && s.le32(4) == 1),
    binary("llvm-bitcode", |s| s.starts(b"BC\xc0\xde") || s.starts(&[0xde, 0xc0, 0x17, 0x0b])),
    binary("dex", |s| s.starts(b"dex\n") && s.byte(7) == 0),
    // The two CR LF bytes are part of the magic of CPython; flags and a date or hash follow.
    binary("python-bytecode", |s| {
        s.at(2, b"\r\n") && s.length > 16 && (s.named(b".pyc") || s.named(b".pyo"))
    }),
    binary("emacs-bytecode", |s| s.starts(b";ELC") && s.at(5, b"\0\0\0\n")),
    binary("png", |s| s.starts(b"\x89PNG\r\n\x1a\n")),
    binary("gif", |s| (s.starts(b"GIF87a") || s.starts(b"GIF89a")) && s.length >= 13),
    binary("jpeg", |s| s.starts(b"\xff\xd8\xff") && s.byte(3) >= 0xc0),
    binary("tiff", |s| {
        // The first directory may lie behind the end of a file that was cut.
        s.starts(b"II*\0") && s.le32(4) >= 8 || s.starts(b"MM\0*") && s.be32(4) >= 8
    }),
    binary("webp", |s| s.starts(b"RIFF") && s.at(8, b"WEBPVP8")),
    binary("wav", |s| {
        s.starts(b"RIFF") && s.at(8, b"WAVE") || s.starts(b"RIFX") && s.at(8, b"WAVE")
    }),
    binary("avi", |s| s.starts(b"RIFF") && s.at(8, b"AVI ")),
    binary("aiff", |s| s.starts(b"FORM") && (s.at(8, b"AIFF") || s.at(8, b"AIFC"))),
    binary("bmp", |s| {
        let header = s.le32(14);
        let pixels = u64::from(s.le32(10));
        let is_header = matches!(header, 12 | 40 | 52 | 56 | 64 | 108 | 124)
            && (s.within(pixels) || s.named(b".bmp"));
        let is_cut = s.length < 26 && s.named(b".bmp");
        s.starts(b"BM") && s.le32(6) == 0 && (is_header || is_cut)
    }),
    binary("ico", |s| {
        let images = u64::from(s.le16(4));
        let first = u64::from(s.le32(18));
        (s.starts(b"\0\0\x01\0") || s.starts(b"\0\0\x02\0"))
            && (s.named(b".ico")
                || s.named(b".cur")
                || (1..=64).contains(&images)
                    && s.byte(9) == 0
                    && first >= 6 + 16 * images
                    && first < s.length)
    }),
    binary("pcx", |s| {
        s.byte(0) == 10
            && s.byte(1) <= 5
            && s.byte(2) <= 1
            && matches!(s.byte(3), 1 | 2 | 4 | 8)
            && s.named(b".pcx")
    }),
    binary("xcf", |s| s.starts(b"gimp xcf ") && s.byte(13) == 0),
    binary("psd", |s| s.starts(b"8BPS\0\x01") && s.at(6, &[0; 6])),
    binary("icns", |s| s.starts(b"icns") && u64::from(s.be32(4)) == s.length),
    binary("gimp-brush", |s| s.at(20, b"GIMP") && s.be32(0) >= 28 && s.be32(4) == 2),
    binary("gimp-pattern", |s| s.at(20, b"GPAT") && s.be32(0) >= 24 && s.be32(4) == 1),
    binary("icc-profile", |s| s.at(36, b"acsp") && u64::from(s.be32(0)) <= s.length),
    binary("xcursor", |s| s.starts(b"Xcur") && s.le32(4) == 16),
    binary("pnm", |s| {
        matches!(s.head, [b'P', b'4'..=b'6', space, rest @ ..] if space.is_ascii_whitespace()
            && rest.first().is_some_and(|b| b.is_ascii_digit() || *b == b'#'))
    }),
    binary("pdf", |s| {
        // 7.5.2 of ISO 32000: readers accept the header anywhere in the first 1,024 bytes, but only
        // one at the start is proof enough here.
        matches!(s.head, [b'%', b'P', b'D', b'F', b'-', b'1'..=b'2', b'.', b'0'..=b'9', ..])
            && memchr::memmem::find(s.tail, b"%%EOF").is_some()
    }),
    text("postscript", |s| s.starts(b"%!PS") || s.starts(b"\x04%!PS")),
    binary("dos-eps", |s| s.starts(&[0xc5, 0xd0, 0xd3, 0xc6]) && u64::from(s.le32(4)) < s.length),
    binary("type1-font", |s| s.starts(b"\x80\x01") && s.at(6, b"%!")),
    binary("zip", |s| {
        let local = s.starts(b"PK\x03\x04") && s.le16(4) & 0xff <= 63;
        local || s.starts(b"PK\x05\x06") && s.length >= 22
    }),
    binary("gzip", |s| s.starts(b"\x1f\x8b\x08") && s.byte(3) & 0xe0 == 0 && s.length >= 18),
    binary("xz", |s| s.starts(b"\xfd7zXZ\0") && s.byte(6) == 0 && s.byte(7) & 0xf0 == 0),
    binary("zstd", |s| s.starts(b"\x28\xb5\x2f\xfd") && s.byte(4) & 8 == 0),
    binary("bzip2", |s| {
        s.starts(b"BZh")
            && matches!(s.byte(3), b'1'..=b'9')
            && (s.at(4, b"1AY&SY") || s.at(4, b"\x17\x72\x45\x38\x50\x90"))
    }),
    binary("lzip", |s| s.starts(b"LZIP\x01")),
    binary("lz4", |s| s.starts(b"\x04\x22\x4d\x18") && s.byte(4) >> 6 == 1),
    binary("compress", |s| s.starts(b"\x1f\x9d") && (9..=16).contains(&(s.byte(2) & 0x1f))),
    binary("7z", |s| s.starts(b"7z\xbc\xaf\x27\x1c") && s.byte(6) == 0),
    binary("rar", |s| s.starts(b"Rar!\x1a\x07")),
    binary("cab", |s| s.starts(b"MSCF\0\0\0\0") && u64::from(s.le32(8)) <= s.length),
    binary("tar", |s| s.at(257, b"ustar") && s.length >= 512),
    binary("deb", |s| s.starts(b"!<arch>\ndebian-binary")),
    binary("ar", |s| {
        s.starts(b"!<arch>\n") && (s.length == 8 || s.at(66, b"`\n")) || s.starts(b"!<thin>\n")
    }),
    binary("rpm", |s| s.starts(b"\xed\xab\xee\xdb") && matches!(s.byte(4), 3 | 4)),
    binary("cpio", |s| {
        (s.starts(b"070701") || s.starts(b"070702") || s.starts(b"070707"))
            && s.head.iter().skip(6).take(70).all(u8::is_ascii_hexdigit)
    }),
    binary("squashfs", |s| s.starts(b"hsqs") && s.le16(28) == 4),
    binary("sqlite", |s| {
        let is_header = s.byte(21) == 64 && s.byte(22) == 32;
        s.starts(b"SQLite format 3\0") && (is_header || s.length < 100)
    }),
    binary("berkeley-db", |s| matches!(s.le32(12), 0x0005_3162 | 0x0006_1561 | 0x0004_2253)),
    binary("gdbm", |s| matches!(s.le32(0), 0x1357_9acd..=0x1357_9acf)),
    binary("dbase", |s| {
        let (records, header, record) =
            (u64::from(s.le32(4)), u64::from(s.le16(8)), u64::from(s.le16(10)));
        let date = matches!(s.head, [_, _, 1..=12, 1..=31, ..]);
        let all = header + records * record;
        matches!(s.byte(0), 0x03 | 0x30 | 0x83 | 0x8b | 0xf5)
            && date
            && header >= 33
            && record > 1
            && (all..=all + 1).contains(&s.length)
    }),
    binary("truetype", |s| {
        let tables = s.be16(4);
        // By its name it is a font whatever its directory tells.
        let is_named = s.starts(&[0, 1, 0, 0]) && s.named(b".ttf");
        is_named
            || (s.starts(&[0, 1, 0, 0]) || s.starts(b"true"))
                && (4..=64).contains(&tables)
                && s.length > 12 + 16 * u64::from(tables)
                && s.head
                    .get(12..16)
                    .is_some_and(|tag| tag.iter().all(|b| b.is_ascii_graphic() || *b == b' '))
    }),
    binary("opentype", |s| s.starts(b"OTTO\0") && s.be16(4) <= 64),
    binary("font-collection", |s| s.starts(b"ttcf\0") && (1..=2).contains(&s.be16(4))),
    binary("woff", |s| s.starts(b"wOFF") && u64::from(s.be32(8)) == s.length),
    binary("woff2", |s| s.starts(b"wOF2") && u64::from(s.be32(8)) == s.length),
    binary("pcf-font", |s| s.starts(b"\x01fcp") && (1..=32).contains(&s.le32(4))),
    binary("ogg", |s| s.starts(b"OggS\0") && s.byte(5) < 8),
    binary("flac", |s| s.starts(b"fLaC") && matches!(s.byte(4), 0 | 0x80)),
    binary("mp3", |s| {
        s.starts(b"ID3")
            && (2..=4).contains(&s.byte(3))
            && s.head.get(6..10).is_some_and(|size| size.iter().all(|b| *b < 0x80))
    }),
    binary("midi", |s| s.starts(b"MThd\0\0\0\x06")),
    binary("matroska", |s| {
        s.starts(&[0x1a, 0x45, 0xdf, 0xa3]) && memchr::memmem::find(s.head, b"\x42\x82").is_some()
    }),
    binary("mp4", |s| s.at(4, b"ftyp") && (16..=1024).contains(&s.be32(0))),
    binary("quicktime", |s| {
        (s.at(4, b"moov") || s.at(4, b"mdat")) && s.within(u64::from(s.be32(0)))
    }),
    binary("gettext-mo", |s| {
        let (little, big) = (s.starts(b"\xde\x12\x04\x95"), s.starts(b"\x95\x04\x12\xde"));
        let table = u64::from(if little { s.le32(12) } else { s.be32(12) });
        (little || big) && (s.within(table) || s.named(b".mo"))
    }),
    binary("terminfo", |s| {
        let magic = s.le16(0);
        let size = |at| u64::from(s.le16(at));
        let names = size(2);
        let numbers = if magic == 0o1036 { 4 } else { 2 };
        let all = 12
            + names
            + size(4)
            + (names + size(4)) % 2
            + size(6) * numbers
            + size(8) * 2
            + size(10);
        matches!(magic, 0o432 | 0o1036) && names > 0 && all <= s.length
    }),
    // Objects of Microsoft's compilers: a machine, sections, no optional header, symbols inside.
    binary("coff", |s| {
        let symbols = u64::from(s.le32(8)) + 18 * u64::from(s.le32(12));
        matches!(s.le16(0), 0x014c | 0x8664 | 0xaa64 | 0x01c4)
            && (1..=96).contains(&s.le16(2))
            && s.le16(16) == 0
            && (20..=s.length).contains(&symbols)
    }),
    // The compiled XML of Android: a chunk of type 3 that is all of the file.
    binary("android-xml", |s| s.starts(b"\x03\0\x08\0") && u64::from(s.le32(4)) == s.length),
    binary("timezone", |s| s.starts(b"TZif") && matches!(s.byte(4), 0 | b'2'..=b'4')),
    binary("java-keystore", |s| {
        matches!(s.be32(0), 0xfeed_feed | 0xcece_cece) && (1..=2).contains(&s.be32(4))
    }),
    binary("gresource", |s| s.starts(b"GVariant\0\0\0\0")),
    binary("git-pack", |s| s.starts(b"PACK\0\0\0") || s.starts(b"\xfftOc\0\0\0\x02")),
    binary("ole2", |s| s.starts(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1])),
    binary("plist", |s| s.starts(b"bplist00") && (s.length > 40 || s.named(b".plist"))),
    binary("der", |s| s.starts(&[0x30, 0x82]) && u64::from(s.be16(2)) + 4 == s.length),
    binary("hdf5", |s| s.starts(b"\x89HDF\r\n\x1a\n")),
    binary("matlab", |s| s.starts(b"MATLAB ") && (s.at(126, b"IM") || s.at(126, b"MI"))),
    binary("numpy", |s| s.starts(b"\x93NUMPY") && (1..=3).contains(&s.byte(6))),
    binary("netcdf", |s| s.starts(b"CDF") && matches!(s.byte(3), 1 | 2 | 5)),
    binary("macbinary", |s| {
        let forks = u64::from(s.be32(83)) + u64::from(s.be32(87));
        s.byte(0) == 0
            && (1..64).contains(&s.byte(1))
            && s.byte(74) == 0
            && s.byte(82) == 0
            && forks > 0
            && forks + 128 <= s.length
            && s.at(99, &[0; 2])
            && s.length % 128 == 0
    }),
    binary("appledouble", |s| {
        matches!(s.be32(0), 0x0005_1600 | 0x0005_1607)
            && matches!(s.be32(4), 0x0001_0000 | 0x0002_0000)
    }),
    text("vim-help", |s| {
        let line = s.head.split(|b| *b == b'\n').next().unwrap_or_default();
        let names_vim = memchr::memmem::find(line, b"Vim").is_some();
        s.starts(b"*") && names_vim && memchr::memmem::find(line, b".txt*").is_some()
    }),
    // RFC 1468, 1554 and 1557: seven-bit text whose first escape chooses a double-byte set.
    text("iso-2022", |s| {
        let escape = memchr::memchr(0x1b, s.head).and_then(|at| s.head.get(at + 1..));
        let chooses = matches!(
            escape,
            Some([b'$', b'@' | b'A' | b'B', ..] | [b'$', b'(' | b')', b'A'..=b'H', ..])
        );
        chooses && s.head.is_ascii()
    }),
    // A node separator with a header line: "File: x.info,  Node: Top" behind 0x1F and LF.
    text("gnu-info", |s| {
        s.starts(b"This is ") && memchr::memmem::find(s.head, b"\n\x1f\nFile: ").is_some()
    }),
    text("rtf", |s| s.starts(b"{\\rtf1")),
    text("xml", |s| s.starts(b"<?xml ") || s.starts(b"\xef\xbb\xbf<?xml ")),
    text("html", |s| {
        s.head.get(..15).is_some_and(|head| head.eq_ignore_ascii_case(b"<!doctype html>"))
    }),
    text("script", |s| s.starts(b"#!/") || s.starts(b"#! /")),
    text("ppd", |s| s.starts(b"*PPD-Adobe:") || s.starts(b"\x04*PPD-Adobe:")),
    text("pem", |s| s.starts(b"-----BEGIN ")),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(head: &[u8]) -> Option<&'static str> {
        recognise(head, head, head.len() as u64, b"x")
    }

    #[test]
    fn names_are_given_once() {
        let mut seen = std::collections::HashSet::new();
        assert!(FORMATS.iter().all(|format| seen.insert(format.name)));
    }

    #[test]
    fn magic_alone_is_not_enough() {
        for text in [
            &b"MZ is a pair of initials"[..],
            b"BM is short for a museum",
            b"PK\x03\x04 in a text about zip".get(..2).unwrap_or_default(),
            b"%PDF-1.4 is how it starts",
            b"P5 is a model",
            b"GIF89a",
            b"\x1f\x8b",
            b"BZh9 is a header",
            b"II*",
            b"ID3 tags are odd",
            b"ustar",
        ] {
            assert_eq!(of(text), None, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn headers_are_recognised() {
        assert_eq!(of(b"\x7fELF\x02\x01\x01\0"), Some("elf"));
        let core = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x04\0";
        assert_eq!(of(core), Some("elf-core"));
        assert_eq!(of(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), Some("png"));
        assert_eq!(of(b"%PDF-1.4\n...\n%%EOF\n"), Some("pdf"));
        assert_eq!(of(b"P5\n8 8\n255\n"), Some("pnm"));
        assert_eq!(of(b"\x04%!PS-Adobe-3.0\n"), Some("postscript"));
        assert_eq!(of(b";ELC\x1c\0\0\0\n"), Some("emacs-bytecode"));
        assert_eq!(of(b"This is x.info\n\n\x1f\nFile: x.info"), Some("gnu-info"));
        assert_eq!(is_text("gnu-info"), Some(true));
        assert_eq!(is_text("elf"), Some(false));
        assert_eq!(is_text("iso9660"), None);
    }

    #[test]
    fn no_head_is_too_short() {
        for length in 0..300 {
            for byte in 0..=255 {
                let _ = of(&vec![byte; length]);
            }
        }
    }
}
