//! A target as the rest of the program sees it: everything its file tells, checked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::charset::{Chars, Unit};
use crate::model::LineEnd;

/// A platform, a file system or a medium that a release may be for.
#[derive(Clone, Debug, Serialize)]
pub struct Target {
    /// By which options, settings and reports call it.
    pub name: String,
    /// One line.
    pub title: String,
    /// Groups of views: of an image it reads those of the first group of which the image has any;
    /// where there is none, it sees all.
    pub sees: Vec<Vec<String>>,
    /// Whether it is a file system or a medium: then it minds the names of its own entries, not
    /// those in archives among them.
    pub volume: bool,
    /// What it makes of names.
    pub names: Names,
    /// What it makes of texts.
    pub text: Text,
    /// Which programs it runs.
    pub binaries: Binaries,
    /// Numbers of users and groups that files may belong to, from and to; any if there are none.
    pub owners: Vec<[u32; 2]>,
    /// What a control byte does there, where that is written.
    pub controls: BTreeMap<u8, String>,
    /// Specifications, with sections.
    pub references: Vec<String>,
    /// The file it came from.
    #[serde(skip)]
    pub file: String,
}

impl Target {
    /// Whether a file may belong to a user or group of that number.
    pub fn allows_owner(&self, id: i64) -> bool {
        let is_in = |[first, last]: &[u32; 2]| (i64::from(*first)..=i64::from(*last)).contains(&id);
        self.owners.is_empty() || self.owners.iter().any(is_in)
    }

    /// Whether a view is one that it reads.
    pub fn reads(&self, view: &str) -> bool {
        self.sees.iter().flatten().any(|seen| seen == view)
    }
}

/// At most so many of a unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// How many.
    pub limit: u32,
    /// Of what.
    pub unit: Unit,
}

/// In what names are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameEncoding {
    /// Bytes: any.
    #[default]
    Bytes,
    /// Unicode; what is not has no form there.
    Unicode,
    /// The 65,536 characters of UCS-2.
    #[serde(rename = "ucs-2")]
    Ucs2,
    /// The Standard Roman set of the Macintosh.
    Macintosh,
}

impl NameEncoding {
    /// The name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Unicode => "Unicode",
            Self::Ucs2 => "UCS-2",
            Self::Macintosh => "MacRoman",
        }
    }
}

/// Whether names that differ by case only are two.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Case {
    /// They are two.
    #[default]
    Sensitive,
    /// They are one; the case is kept.
    Preserved,
    /// They are one, in upper case.
    Upper,
}

/// What happens to composed characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalization {
    /// Nothing: é in one and in two characters are two names.
    #[default]
    None,
    /// They are one name; the form is kept.
    Preserved,
    /// They are stored decomposed, as HFS Plus does: form D, but for U+2000 to U+2FFF, U+F900 to
    /// U+FAFF and U+2F800 to U+2FAFF.
    HfsPlus,
}

/// The names that a folder may hold.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Within {
    /// The folder's own name.
    pub folder: String,
    /// Names; `#` is a digit.
    pub patterns: Vec<String>,
}

/// What a target makes of names.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Names {
    /// In what they are written.
    pub encoding: NameEncoding,
    /// The longest.
    pub length: Option<Limit>,
    /// Characters before the last dot, at most.
    pub base: Option<u32>,
    /// Characters behind it, at most.
    pub extension: Option<u32>,
    /// Dots, at most.
    pub dots: Option<u32>,
    /// Dots in the name of a folder, at most.
    pub folder_dots: Option<u32>,
    /// The longest path, separators counted.
    pub path: Option<Limit>,
    /// Levels of folders, the root being one.
    pub depth: Option<u32>,
    /// No others, if there are any.
    pub allowed: Chars,
    /// None of these.
    pub forbidden: Chars,
    /// None of these first.
    pub forbidden_start: Chars,
    /// None of these last: the target drops them.
    pub forbidden_end: Chars,
    /// Whether case counts.
    pub case: Case,
    /// Whether composition counts.
    pub normalization: Normalization,
    /// Names that are something else there, in any case.
    pub reserved: Vec<String>,
    /// Whether they are so with an extension, too.
    pub reserved_with_extension: bool,
    /// Beginnings of names that mean something there.
    pub reserved_start: Vec<String>,
    /// Whether what is too long is cut, rather than refused.
    pub cut: bool,
    /// Whether long names get a second, short one (`LONGNA~1.TXT`).
    pub short_names: bool,
    /// Folders that hold no others than these.
    pub within: Vec<Within>,
    /// What else is custom there, for people.
    pub convention: Option<String>,
}

/// What a byte order mark does before UTF-8.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bom {
    /// It tells the encoding.
    Understood,
    /// It is read as characters.
    Shown,
}

/// What a target makes of texts.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all(deserialize = "kebab-case"), default)]
pub struct Text {
    /// Encodings that its programs read without being told, the usual first.
    pub encodings: Vec<String>,
    /// How lines end.
    pub line_end: Option<LineEnd>,
    /// What a byte order mark does.
    pub bom: Option<Bom>,
    /// What stands, or once stood, at the end of a text, for people.
    pub end_of_file: Option<String>,
}

/// Which programs a target runs.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all(deserialize = "kebab-case"), default)]
pub struct Binaries {
    /// Formats: elf, mach-o, pe, ne, mz, com, pef, code-resource, a.out.
    pub formats: Vec<String>,
    /// Processors.
    pub architectures: Vec<String>,
    /// The oldest version of the system, in the numbers that programs are stamped with.
    pub minimum_os: Option<String>,
    /// The subsystem version of Windows that a program may ask for at most.
    pub subsystem: Option<String>,
    /// The version of the system, of those by Apple, that a program may ask for at most.
    pub deployment: Option<String>,
    /// The version of glibc that a program may ask for at most.
    pub glibc: Option<String>,
    /// Darwin versions that belong to versions of the system, for people.
    pub darwin: Option<String>,
    /// The C library, for people.
    pub libc: Option<String>,
}

impl Binaries {
    /// Whether programs ask for a version of the system, which a release may want to be older.
    pub fn has_versions(&self) -> bool {
        self.subsystem.is_some() || self.deployment.is_some()
    }
}
