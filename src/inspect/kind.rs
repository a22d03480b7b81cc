//! What a text is for, and which control bytes its kind holds by design.
//!
//! One table by the end of the name. A control byte that a format prescribes (GNU info's unit
//! separator, the escapes of ANSI art) is no hit of any rule; at the very end of a text, EOT and
//! SUB are told all the same, because no format prescribes them there.

use std::sync::OnceLock;

use crate::model::fast_map::FastMap;
use crate::model::{Declared, TextKind};

use TextKind::{Data, Markup, Prose, Resource, Source};

const BEL: u64 = 1 << 0x07;
const BS: u64 = 1 << 0x08;
const FF: u64 = 1 << 0x0c;
const ESC: u64 = 1 << 0x1b;
const NUL: u64 = 1;
const US: u64 = 1 << 0x1f;
/// 0x7F; its bit stands behind those of 0x00 to 0x1F.
const DEL: u64 = 1 << 32;
/// What text-mode DOS draws as pictures (code page 437, the glyphs of 0x01 to 0x1F).
const DOS_GLYPHS: u64 = 0x1_ffff_fffe & !(1 << 0x04);

/// Bytes of the longest end.
const LONGEST: usize = 24;

/// Names with the same kind and the same controls by design.
struct Row {
    kind: TextKind,
    /// Bit n for byte n, bit 32 for DEL.
    by_design: u64,
    /// Lower-case ends of names; one without a dot is a whole name.
    ends: &'static [&'static str],
}

const fn row(kind: TextKind, by_design: u64, ends: &'static [&'static str]) -> Row {
    Row { kind, by_design, ends }
}

static ROWS: &[Row] = &[
    // Texts that programs show.
    row(
        Resource,
        0,
        &[
            ".strings",
            ".stringsdict",
            ".rc",
            ".rc2",
            ".po",
            ".pot",
            ".properties",
            ".gpl",
            ".theme",
            ".desktop",
            ".directory",
            ".ftl",
            ".resx",
            ".resw",
            ".xliff",
            ".xlf",
            ".arb",
            ".lproj",
            ".loc",
            ".lng",
            ".lang",
            ".msg",
            ".catalog",
            ".r",
            ".dlg",
            ".nls",
            ".tips",
            ".soc",
            ".service",
            ".hint",
            ".metainfo.xml",
            ".appdata.xml",
            ".inf",
            ".isl",
        ],
    ),
    // For people to read. Form feeds part the sections of licences, RFCs and Lisp files.
    row(
        Prose,
        FF,
        &[
            ".txt",
            ".text",
            ".md",
            ".markdown",
            ".mdown",
            ".rst",
            ".adoc",
            ".asciidoc",
            ".org",
            ".1st",
            ".me",
            ".lsm",
            ".readme",
            ".changes",
            ".news",
            ".authors",
            "readme",
            "license",
            "licence",
            "copying",
            "copying.lib",
            "authors",
            "changes",
            "changelog",
            "news",
            "install",
            "todo",
            "notice",
            "copyright",
            "contributing",
            "thanks",
            "bugs",
            "history",
            "faq",
            "maintainers",
            "credits",
            "eula",
            ".changelog",
        ],
    ),
    // Art and packing lists of the DOS scene: escapes, the glyphs of code page 437, and SUB before
    // the SAUCE record.
    row(Prose, DOS_GLYPHS, &[".ans", ".nfo", ".diz", ".asc.ans", ".ice", ".cia"]),
    row(Prose, ESC | FF, &[".sixel", ".six", ".vt", ".typescript", ".cast", ".ansi"]),
    // Formatted manuals strike over with backspace and colour with escapes.
    row(
        Prose,
        BS | ESC | FF,
        &[".cat", ".cat1", ".cat2", ".cat3", ".cat4", ".cat5", ".cat6", ".cat7", ".cat8"],
    ),
    // GNU info parts its nodes with 0x1F; its tag table may hold 0x7F; images are 0x00 0x08 [.
    row(Prose, NUL | US | FF | BS | DEL, &[".info"]),
    row(
        Markup,
        FF,
        &[
            ".html", ".htm", ".xhtml", ".xml", ".xsl", ".xslt", ".xsd", ".dtd", ".svg", ".rng",
            ".ent", ".sgml", ".sgm", ".tex", ".sty", ".cls", ".bib", ".texi", ".texinfo", ".ui",
            ".glade", ".xul", ".xhtm", ".opf", ".ncx", ".docbook", ".dbk", ".page", ".plist",
            ".wsdl", ".rdf", ".atom", ".rss", ".css", ".scss", ".less", ".mml", ".xlb", ".xcu",
            ".xba", ".xdl", ".vue", ".rtf",
        ],
    ),
    // In troff sources BEL delimits arguments that may hold any other character.
    row(
        Markup,
        FF | BEL,
        &[".1", ".2", ".3", ".4", ".5", ".6", ".7", ".8", ".man", ".mdoc", ".roff", ".ms"],
    ),
    row(
        Data,
        0,
        &[
            ".json",
            ".jsonl",
            ".geojson",
            ".webmanifest",
            ".yml",
            ".yaml",
            ".toml",
            ".ini",
            ".cfg",
            ".conf",
            ".cnf",
            ".csv",
            ".tsv",
            ".list",
            ".lst",
            ".map",
            ".pem",
            ".crt",
            ".asc",
            ".sha256",
            ".md5",
            ".sums",
            ".afm",
            ".cue",
            ".m3u",
            ".pls",
            ".reg",
            ".control",
            ".symbols",
            ".shlibs",
            ".md5sums",
            ".sql",
            ".ldif",
            ".ics",
            ".vcf",
            ".srt",
            ".obj",
            ".mtl",
            ".pc",
            ".la",
            ".repo",
            ".sources",
            ".rules",
            ".types",
            ".alias",
            ".convs",
            ".order",
            ".lock",
            ".ps",
            ".eps",
            ".ppd",
            ".bdf",
            ".xbm",
            ".xpm",
        ],
    ),
    // Terminal descriptions and character data spell control bytes out as they are.
    row(Data, ESC | BS | FF, &[".ti", ".terminfo", ".termcap", "termcap"]),
    row(
        Source,
        FF,
        &[
            ".c",
            ".h",
            ".cc",
            ".cpp",
            ".cxx",
            ".hpp",
            ".hh",
            ".hxx",
            ".ipp",
            ".inl",
            ".m",
            ".mm",
            ".swift",
            ".rs",
            ".go",
            ".zig",
            ".nim",
            ".d",
            ".java",
            ".kt",
            ".kts",
            ".scala",
            ".groovy",
            ".clj",
            ".cljs",
            ".cs",
            ".fs",
            ".vb",
            ".bas",
            ".pas",
            ".pp",
            ".f",
            ".f90",
            ".f95",
            ".for",
            ".ada",
            ".adb",
            ".ads",
            ".asm",
            ".s",
            ".py",
            ".pyi",
            ".pyx",
            ".pxd",
            ".rb",
            ".pl",
            ".pm",
            ".t",
            ".php",
            ".lua",
            ".tcl",
            ".sh",
            ".bash",
            ".zsh",
            ".fish",
            ".ksh",
            ".csh",
            ".awk",
            ".sed",
            ".bat",
            ".cmd",
            ".ps1",
            ".psm1",
            ".psd1",
            ".vbs",
            ".js",
            ".mjs",
            ".cjs",
            ".jsx",
            ".ts",
            ".tsx",
            ".coffee",
            ".el",
            ".lisp",
            ".cl",
            ".scm",
            ".ss",
            ".rkt",
            ".hs",
            ".ml",
            ".mli",
            ".erl",
            ".ex",
            ".exs",
            ".jl",
            ".mk",
            ".mak",
            ".cmake",
            ".gradle",
            ".am",
            ".ac",
            ".m4",
            ".in",
            ".vim",
            ".vimrc",
            ".y",
            ".l",
            ".yy",
            ".ll",
            ".proto",
            ".thrift",
            ".idl",
            ".vala",
            ".gs",
            ".glsl",
            ".frag",
            ".vert",
            ".hlsl",
            ".cl.h",
            ".tmpl",
            ".j2",
            ".patch",
            ".diff",
            ".dtx",
            ".sfd",
            ".ijs",
            ".mac",
            ".sc",
            ".nasl",
            "makefile",
            "gnumakefile",
            "configure",
            "dockerfile",
            "jenkinsfile",
            "rakefile",
            "gemfile",
            "sconstruct",
            "config.guess",
        ],
    ),
];

/// The table by end.
fn table() -> &'static FastMap<&'static [u8], &'static Row> {
    static TABLE: OnceLock<FastMap<&[u8], &Row>> = OnceLock::new();
    TABLE.get_or_init(|| {
        ROWS.iter().flat_map(|row| row.ends.iter().map(move |end| (end.as_bytes(), row))).collect()
    })
}

/// The row of a whole name, or of the longest of its ends that begins with a dot: `.metainfo.xml`
/// before `.xml`. No end has more than two dots.
fn find(name: &[u8]) -> Option<&'static Row> {
    let mut lower = [0; LONGEST];
    let mut look = |end: &[u8]| {
        let lower = lower.get_mut(..end.len())?;
        lower.copy_from_slice(end);
        lower.make_ascii_lowercase();
        table().get(&*lower).copied()
    };
    if let Some(row) = look(name) {
        return Some(row);
    }
    let last = memchr::memrchr(b'.', name)?;
    let before = name.get(..last).and_then(|name| memchr::memrchr(b'.', name));
    [before, Some(last)].into_iter().flatten().find_map(|dot| look(name.get(dot..)?))
}

/// The row of a name. `x.info-3` is looked up as `x.info`; a manual page's `x.3pm` as `x.3`.
fn row_of(name: &[u8]) -> Option<&'static Row> {
    find(name).or_else(|| {
        let numbered = name.iter().rposition(|b| !b.is_ascii_digit());
        let numbered = numbered.filter(|&at| at + 1 < name.len() && name.get(at) == Some(&b'-'));
        if let Some(row) = numbered.and_then(|at| find(name.get(..at)?)) {
            return Some(row);
        }
        let dot = memchr::memrchr(b'.', name)?;
        let is_section = matches!(name.get(dot + 1..), Some([b'1'..=b'8', rest @ ..])
            if (1..=6).contains(&rest.len()) && rest.iter().all(u8::is_ascii_lowercase));
        if is_section { find(name.get(..dot + 2)?) } else { None }
    })
}

/// What a text is for. What a container or the configuration says comes first: a text resource of
/// an application is shown to a person, whatever its name.
pub fn text_kind(name: &[u8], declared: Declared) -> TextKind {
    match declared {
        Declared::TextRecords(_) => Resource,
        Declared::Text(_) => row_of(name).map_or(Resource, |row| row.kind),
        _ => row_of(name).map_or(TextKind::Unknown, |row| row.kind),
    }
}

/// Whether the name is that of a text.
pub fn is_text_name(name: &[u8]) -> bool {
    row_of(name).is_some_and(|row| row.by_design != DOS_GLYPHS)
}

/// Which control bytes a text of this name and recognised format holds by design: bit n for byte n,
/// bit 32 for DEL.
/// Of these, EOT and SUB count only before the end of the text.
pub fn by_design(name: &[u8], format: Option<&str>) -> u64 {
    let of_format = match format {
        // Keys in examples are the bytes that the keyboard sends.
        Some("vim-help") => ESC | FF,
        Some("iso-2022") => ESC | 1 << 0x0e | 1 << 0x0f,
        Some("gnu-info") => NUL | US | FF | BS | DEL,
        _ => 0,
    };
    of_format | row_of(name).map_or(0, |row| row.by_design)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_stands_once_and_in_lower_case() {
        let mut seen = std::collections::HashSet::new();
        for end in ROWS.iter().flat_map(|row| row.ends) {
            assert!(seen.insert(end), "{end}");
            assert_eq!(*end, end.to_lowercase());
            let dots = end.bytes().filter(|&b| b == b'.').count();
            assert!(end.len() <= LONGEST && dots <= 2, "{end}");
        }
    }

    #[test]
    fn kinds() {
        for (name, kind) in [
            (&b"splash.txt"[..], Prose),
            (b"README", Prose),
            (b"x.README", Prose),
            (b"Tango-Palette.gpl", Resource),
            (b"org.app.metainfo.xml", Resource),
            (b"index.HTML", Markup),
            (b"emacs.info-3", Prose),
            (b"printf.3pm", Markup),
            (b"x.c", Source),
            (b"abc", TextKind::Unknown),
            (b"unreadme", TextKind::Unknown),
            (b"", TextKind::Unknown),
        ] {
            assert_eq!(text_kind(name, Declared::Nothing), kind, "{}", name.escape_ascii());
        }
        assert_eq!(text_kind(b"128", Declared::Text("macintosh")), Resource);
    }

    #[test]
    fn no_kind_holds_eot_by_design() {
        assert!(ROWS.iter().all(|row| row.by_design & 1 << 4 == 0));
    }
}
