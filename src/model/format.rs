//! The names of formats, as listings, scopes and conditions spell them.

use std::num::NonZeroU8;

/// A format that a content was recognised as: the number of its name among [`FORMATS`], as a release has
/// a hundred thousand contents.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Format(NonZeroU8);

impl Format {
    /// The format of that name; `None` if there is none.
    pub fn of(name: &str) -> Option<Self> {
        let at = FORMATS.binary_search(&name).ok()?;
        NonZeroU8::new(u8::try_from(at + 1).ok()?).map(Self)
    }

    /// How it is spelled.
    pub fn name(self) -> &'static str {
        FORMATS.get(usize::from(self.0.get()) - 1).copied().unwrap_or_default()
    }
}

/// Every format that a content may be told to have: those that are recognised, those that a reader
/// opens, and those of texts. Sorted.
pub const FORMATS: &[&str] = &[
    "7z",
    "aiff",
    "android-xml",
    "apm",
    "appledouble",
    "ar",
    "avi",
    "berkeley-db",
    "bmp",
    "bzip2",
    "cab",
    "coff",
    "compress",
    "cpio",
    "dbase",
    "deb",
    "der",
    "dex",
    "directory",
    "dos-eps",
    "dos-exe",
    "elf",
    "elf-core",
    "emacs-bytecode",
    "flac",
    "font-collection",
    "gdbm",
    "gettext-mo",
    "gif",
    "gimp-brush",
    "gimp-pattern",
    "git-pack",
    "gnu-info",
    "gresource",
    "gzip",
    "hdf5",
    "hfs",
    "html",
    "icc-profile",
    "icns",
    "ico",
    "iso-2022",
    "iso9660",
    "java-class",
    "java-keystore",
    "jpeg",
    "llvm-bitcode",
    "lz4",
    "lzip",
    "macbinary",
    "mach-o",
    "mach-o-core",
    "mach-o-fat",
    "macho-resources",
    "matlab",
    "matroska",
    "midi",
    "minidump",
    "mp3",
    "mp4",
    "netcdf",
    "numpy",
    "ogg",
    "ole2",
    "opentype",
    "pcf-font",
    "pcx",
    "pdf",
    "pe",
    "pe-resources",
    "pem",
    "plist",
    "png",
    "pnm",
    "postscript",
    "ppd",
    "psd",
    "python-bytecode",
    "quicktime",
    "rar",
    "resource-fork",
    "rpm",
    "rtf",
    "script",
    "sqlite",
    "squashfs",
    "tar",
    "terminfo",
    "text/8-bit",
    "text/ascii",
    "text/macintosh",
    "text/utf-16be",
    "text/utf-16le",
    "text/utf-8",
    "tiff",
    "timezone",
    "truetype",
    "type1-font",
    "vim-help",
    "wasm",
    "wav",
    "webp",
    "windows-dump",
    "woff",
    "woff2",
    "xcf",
    "xcursor",
    "xml",
    "xz",
    "zip",
    "zstd",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_number() {
        assert!(FORMATS.is_sorted());
        assert!(FORMATS.iter().all(|name| Format::of(name).map(Format::name) == Some(name)));
        assert_eq!(Format::of("no-such-format"), None);
        assert_eq!(size_of::<Option<Format>>(), 1);
    }
}
