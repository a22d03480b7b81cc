//! The examples of a rule: at least one hit and one near miss, run as tests.

use std::collections::BTreeMap;
use std::io;

use serde::Deserialize;

use super::detectors::WaiverState;
use crate::model::Verb;

/// One case. What it does not say takes the defaults of an unnamed text of unknown kind.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Example {
    /// Whether the rule hits.
    pub hit: bool,
    /// What the case shows.
    #[serde(default)]
    pub note: String,
    /// The entry's own name.
    #[serde(default)]
    pub name: Option<String>,
    /// Paths of files, for rules about names; those that end with `/` are folders.
    #[serde(default)]
    pub names: Vec<String>,
    /// The same in hex.
    #[serde(default)]
    pub names_hex: Vec<String>,
    /// Entries with their facts, for rules about these.
    #[serde(default)]
    pub entries: Vec<ExampleEntry>,
    /// The view that the names stand in.
    #[serde(default)]
    pub view: Option<String>,
    /// The content as UTF-8.
    #[serde(default)]
    pub text: Option<String>,
    /// The content in hex; spaces are passed over.
    #[serde(default)]
    pub hex: Option<String>,
    /// An encoding that the container declares: a text in it.
    #[serde(default)]
    pub declared: Option<String>,
    /// The type of a resource whose records hold texts.
    #[serde(default)]
    pub resource: Option<String>,
    /// The class in the approved build.
    #[serde(default)]
    pub approved: Option<String>,
    /// The kind of a gap.
    #[serde(default)]
    pub gap: Option<String>,
    /// What became of a waiver.
    #[serde(default)]
    pub waiver: Option<WaiverState>,
    /// What became of the entry, or of all of them, since the approved build: a verb.
    #[serde(default)]
    pub change: Option<Verb>,
    /// Targets that are named.
    #[serde(default)]
    pub targets: Vec<String>,
    /// The offsets of the hits.
    #[serde(default)]
    pub at: Vec<u64>,
    /// The line of the first hit.
    #[serde(default)]
    pub line: Option<u64>,
    /// The column of the first hit.
    #[serde(default)]
    pub column: Option<u64>,
    /// How bad the first hit is.
    #[serde(default)]
    pub severity: Option<String>,
    /// A file of the repository to read.
    #[serde(default)]
    pub file: Option<String>,
    /// A file of the repository to patch and read.
    #[serde(default)]
    pub base: Option<String>,
    /// What to change in it.
    #[serde(default)]
    pub patch: Vec<Patch>,
    /// Bytes by which the file is cut or grown at its end.
    #[serde(default)]
    pub length: Option<u64>,
    /// What else the rule's detector wants to know.
    #[serde(default)]
    pub facts: BTreeMap<String, String>,
}

/// An entry of an example.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExampleEntry {
    /// Its path; one that ends with `/` is that of a folder.
    pub path: String,
    /// Its mode, in octal.
    #[serde(default)]
    pub mode: Option<String>,
    /// Its date, RFC 3339.
    #[serde(default)]
    pub modified: Option<String>,
    /// Its numeric user.
    #[serde(default)]
    pub owner: Option<i64>,
    /// Numeric group.
    pub group: Option<i64>,
    /// Where it leads, if it is a symbolic link.
    #[serde(default)]
    pub target: Option<String>,
    /// Its content as UTF-8.
    #[serde(default)]
    pub text: Option<String>,
    /// Its content in hex.
    #[serde(default)]
    pub hex: Option<String>,
    /// A file of the repository that is its content.
    #[serde(default)]
    pub file: Option<String>,
    /// How often the content stands in it.
    #[serde(default)]
    pub times: Option<usize>,
}

impl ExampleEntry {
    /// Its content; none for an entry that has none.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        let once = match (&self.text, &self.hex) {
            (Some(text), None) => text.clone().into_bytes(),
            (None, Some(hex)) => from_hex(hex)?,
            _ => return None,
        };
        Some(once.repeat(self.times.unwrap_or(1).min(1 << 20)))
    }
}

/// Bytes that replace others of a base file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// Where.
    pub at: u64,
    /// What stands there then.
    pub hex: String,
}

impl Patch {
    /// The bytes that it puts there.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        from_hex(&self.hex)
    }
}

/// The bytes of a hex string; `None` if it is none.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.iter().map(byte).collect()
}

impl Example {
    /// The content that the example itself spells out.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        match (&self.text, &self.hex) {
            (Some(text), None) => Some(text.clone().into_bytes()),
            (None, Some(hex)) => from_hex(hex),
            _ => None,
        }
    }

    /// The file that it is about, or that it changes.
    pub fn of_file(&self) -> Option<&str> {
        self.file.as_deref().or(self.base.as_deref())
    }

    /// The content, also that of the file that it names, changed as it says. `read` gives the files.
    pub fn content(
        &self,
        read: &dyn Fn(&str) -> io::Result<Vec<u8>>,
    ) -> Result<Option<Vec<u8>>, String> {
        let Some(file) = self.of_file() else {
            return Ok(self.bytes());
        };
        let mut bytes = read(file).map_err(|error| format!("{file}: {error}"))?;
        if let Some(length) = self.length {
            bytes.resize(usize::try_from(length).unwrap_or_default(), 0);
        }
        for patch in &self.patch {
            let new = patch.bytes().ok_or("a patch that is no hex")?;
            let at = usize::try_from(patch.at).unwrap_or(usize::MAX);
            let old = at.checked_add(new.len()).and_then(|end| bytes.get_mut(at..end));
            old.ok_or_else(|| format!("{file} ends before {at}"))?.copy_from_slice(&new);
        }
        Ok(Some(bytes))
    }

    /// The paths, for rules about names.
    pub fn paths(&self) -> Vec<Vec<u8>> {
        let spelled = self.names.iter().map(|name| name.clone().into_bytes());
        spelled.chain(self.names_hex.iter().filter_map(|hex| from_hex(hex))).collect()
    }
}
