//! `intent.toml`: parsed, checked, and turned into bytes.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;

use crate::model::{Digest, Locator};

/// A whole intent.
#[derive(Clone, Debug)]
pub struct Intent {
    /// What the author says the change is.
    pub summary: String,
    /// The approved build that it was written against.
    pub base: Option<Checksum>,
    /// The declared changes.
    pub changes: Vec<Declared>,
}

/// A digest with its algorithm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Checksum {
    /// BLAKE3.
    Blake3(Digest),
    /// SHA-256.
    Sha256(Digest),
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blake3(digest) => write!(f, "blake3:{digest}"),
            Self::Sha256(digest) => write!(f, "sha256:{digest}"),
        }
    }
}

/// Which entries a declared change is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Where {
    /// One entry.
    Path(Locator),
    /// Every change whose locator matches; at least one.
    Glob(String),
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "{path}"),
            Self::Glob(glob) => f.write_str(glob),
        }
    }
}

/// What is declared of an entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Edit {
    /// These bytes come, and nothing else.
    Insert {
        /// What comes.
        bytes: Vec<u8>,
        /// Offset in the old content.
        at: Option<u64>,
    },
    /// These bytes become those.
    Replace {
        /// What goes.
        from: Vec<u8>,
        /// What comes.
        to: Vec<u8>,
        /// How often `from` stands in the old content.
        count: usize,
        /// Offset in the old content, if only that place is meant.
        at: Option<u64>,
    },
    /// The new content has this digest.
    Content(Checksum),
    /// A unified diff turns the old content into the new.
    Patch(Vec<u8>),
    /// The entry comes.
    Add,
    /// The entry goes.
    Remove,
    /// The entry gets another name.
    Rename(Locator),
    /// These fields change, the bytes do not.
    Metadata(Vec<String>),
    /// Any new content.
    Modify,
}

impl Edit {
    /// Whether it declares the new content as a whole, and not what is done to the old one.
    pub(super) const fn is_whole(&self) -> bool {
        matches!(self, Self::Content(_) | Self::Modify)
    }
}

/// One declared change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Declared {
    /// Which entries.
    pub at: Where,
    /// What happens to them.
    pub edit: Edit,
    /// From 1, in the order of the file.
    pub number: usize,
}

/// What is wrong with an intent, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IntentError {
    /// Line in the file, from 1, if it is known.
    pub line: Option<usize>,
    /// What was found and what was expected.
    pub message: String,
}

impl fmt::Display for IntentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for IntentError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    summary: String,
    base: Option<toml::Spanned<String>>,
    #[serde(default)]
    change: Vec<toml::Spanned<Table>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Table {
    path: Option<String>,
    glob: Option<String>,
    insert: Option<String>,
    insert_hex: Option<String>,
    replace: Option<Replace>,
    encoding: Option<String>,
    at: Option<u64>,
    count: Option<usize>,
    content: Option<String>,
    patch: Option<String>,
    action: Option<Action>,
    to: Option<String>,
    fields: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Replace {
    from: Option<String>,
    to: Option<String>,
    from_hex: Option<String>,
    to_hex: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Action {
    Add,
    Remove,
    Rename,
    Metadata,
    Modify,
}

impl Intent {
    /// Parses `text`; patches are read from files beside `folder`.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, IntentError> {
        let line_of = |span: Range<usize>| {
            text.get(..span.start).map_or(0, |before| before.matches('\n').count()) + 1
        };
        let file: File = toml::from_str(text).map_err(|error| IntentError {
            line: error.span().map(line_of),
            message: one_line(error.message()),
        })?;
        let base = file
            .base
            .map(|base| {
                parse_checksum(base.get_ref())
                    .map_err(|message| IntentError { line: Some(line_of(base.span())), message })
            })
            .transpose()?;
        let mut changes = Vec::new();
        for (index, table) in file.change.into_iter().enumerate() {
            let line = line_of(table.span());
            let declared = table
                .into_inner()
                .declared(index + 1, folder)
                .map_err(|message| IntentError { line: Some(line), message })?;
            changes.push(declared);
        }
        if changes.is_empty() {
            let message = "no [[change]]: an intent declares at least one".to_owned();
            return Err(IntentError { line: None, message });
        }
        Ok(Self { summary: file.summary, base, changes })
    }
}

fn one_line(message: &str) -> String {
    message.lines().map(str::trim).collect::<Vec<_>>().join("; ")
}

impl Table {
    fn declared(self, number: usize, folder: &Path) -> Result<Declared, String> {
        let at = match (&self.path, &self.glob) {
            (Some(path), None) => Where::Path(Locator::parse(path)),
            (None, Some(glob)) => Where::Glob(glob.clone()),
            (Some(_), Some(_)) => return Err("both path and glob: a change has one".into()),
            (None, None) => return Err("no path and no glob: a change needs one".into()),
        };
        let said: Vec<&str> = [
            ("insert", self.insert.is_some()),
            ("insert-hex", self.insert_hex.is_some()),
            ("replace", self.replace.is_some()),
            ("content", self.content.is_some()),
            ("patch", self.patch.is_some()),
            ("action", self.action.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, is_there)| is_there.then_some(name))
        .collect();
        match said.as_slice() {
            [_] => {}
            [] => {
                return Err(format!(
                    "nothing is declared of {at}: expected insert, insert-hex, replace, content, \
                     patch or action"
                ));
            }
            several => {
                return Err(format!("{} at once: a change says one thing", several.join(" and ")));
            }
        }
        self.check_companions()?;
        let edit = self.edit(folder)?;
        Ok(Declared { at, edit, number })
    }

    /// Keys that mean something only beside others.
    fn check_companions(&self) -> Result<(), String> {
        let places = self.insert.is_some() || self.insert_hex.is_some() || self.replace.is_some();
        let texts = self.insert.is_some() || self.replace.is_some();
        let rename = matches!(self.action, Some(Action::Rename));
        let metadata = matches!(self.action, Some(Action::Metadata));
        for (name, is_there, fits, with) in [
            ("at", self.at.is_some(), places, "insert or replace"),
            ("encoding", self.encoding.is_some(), texts, "insert or replace"),
            ("count", self.count.is_some(), self.replace.is_some(), "replace"),
            ("to", self.to.is_some(), rename, "action = \"rename\""),
            ("fields", self.fields.is_some(), metadata, "action = \"metadata\""),
        ] {
            if is_there && !fits {
                return Err(format!("`{name}` goes with {with} only"));
            }
        }
        Ok(())
    }

    fn edit(self, folder: &Path) -> Result<Edit, String> {
        let encoding = self.encoding.as_deref();
        if let Some(text) = self.insert {
            return Ok(Edit::Insert { bytes: not_empty(encode(&text, encoding)?)?, at: self.at });
        }
        if let Some(hex) = self.insert_hex {
            return Ok(Edit::Insert { bytes: not_empty(parse_hex(&hex)?)?, at: self.at });
        }
        if let Some(replace) = self.replace {
            let side = |name: &str, text: Option<String>, hex: Option<String>| match (text, hex) {
                (Some(text), None) => encode(&text, encoding),
                (None, Some(hex)) => parse_hex(&hex),
                _ => Err(format!("replace needs one of `{name}` and `{name}-hex`")),
            };
            let from = not_empty(side("from", replace.from, replace.from_hex)?)?;
            let to = side("to", replace.to, replace.to_hex)?;
            let count = self.count.unwrap_or(1);
            return Ok(Edit::Replace { from, to, count, at: self.at });
        }
        if let Some(text) = self.content {
            return Ok(Edit::Content(parse_checksum(&text)?));
        }
        if let Some(name) = self.patch {
            let file = folder.join(&name);
            let bytes = std::fs::read(&file)
                .map_err(|error| format!("cannot read the patch {}: {error}", file.display()))?;
            return Ok(Edit::Patch(bytes));
        }
        Ok(match self.action {
            Some(Action::Add) => Edit::Add,
            Some(Action::Remove) => Edit::Remove,
            Some(Action::Rename) => {
                let to = self.to.ok_or("action = \"rename\" needs `to`, the new locator")?;
                Edit::Rename(Locator::parse(&to))
            }
            Some(Action::Metadata) => Edit::Metadata(
                self.fields.ok_or("action = \"metadata\" needs `fields`, a list of names")?,
            ),
            Some(Action::Modify) | None => Edit::Modify,
        })
    }
}

fn not_empty(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    if bytes.is_empty() { Err("the text is empty: nothing would change".into()) } else { Ok(bytes) }
}

fn parse_hex(hex: &str) -> Result<Vec<u8>, String> {
    let digits: Vec<u8> = hex.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes = pairs.iter().map(|&[a, b]| Some((digit(a)? * 16 + digit(b)?) as u8));
    match (bytes.collect::<Option<Vec<u8>>>(), rest.is_empty()) {
        (Some(bytes), true) => Ok(bytes),
        _ => Err(format!("{hex:?} is not hexadecimal: expected pairs of 0-9 and a-f")),
    }
}

fn parse_checksum(text: &str) -> Result<Checksum, String> {
    let expected =
        || format!("{text:?}: expected \"blake3:\" or \"sha256:\" and 64 hexadecimal digits");
    let (name, hex) = text.split_once(':').ok_or_else(expected)?;
    let digest = Digest::parse(hex).ok_or_else(expected)?;
    match name {
        "blake3" => Ok(Checksum::Blake3(digest)),
        "sha256" => Ok(Checksum::Sha256(digest)),
        _ => Err(expected()),
    }
}

/// Text as bytes of a named encoding (a WHATWG label); UTF-8 if none is named.
fn encode(text: &str, encoding: Option<&str>) -> Result<Vec<u8>, String> {
    let label = encoding.unwrap_or("utf-8");
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).ok_or_else(|| {
        format!("unknown encoding {label:?}: expected a WHATWG label such as \"macintosh\"")
    })?;
    // The standard's encoder writes UTF-8 for UTF-16; a file on a disc is not a web form.
    if encoding == encoding_rs::UTF_16LE {
        return Ok(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
    }
    if encoding == encoding_rs::UTF_16BE {
        return Ok(text.encode_utf16().flat_map(u16::to_be_bytes).collect());
    }
    let (bytes, _, unmappable) = encoding.encode(text);
    if unmappable {
        return Err(format!("{text:?} has a character that {} lacks", encoding.name()));
    }
    Ok(bytes.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> (Option<usize>, String) {
        let error = Intent::parse(text, Path::new(".")).expect_err("wrong");
        (error.line, error.message)
    }

    #[test]
    fn the_founding_intent_is_one_byte_of_macroman() {
        let text = "summary = \"®\"\n[[change]]\npath = '!hfs/App'\ninsert = \"®\"\n\
                    encoding = \"macintosh\"\nat = 23\n";
        let intent = Intent::parse(text, Path::new(".")).expect("right");
        let expected = Edit::Insert { bytes: vec![0xa8], at: Some(23) };
        assert_eq!(intent.changes[0].edit, expected);
    }

    #[test]
    fn errors_name_the_line_and_what_was_expected() {
        let head = "summary = \"x\"\n[[change]]\n";
        let (line, message) = error(&format!("{head}path = 'a'\noffset = 3\n"));
        assert_eq!(line, Some(4));
        assert!(message.contains("unknown field `offset`"), "{message}");
        let (line, message) = error(&format!("{head}path = 'a'\ninsert = 'a'\naction = 'add'\n"));
        assert_eq!(
            (line, message.as_str()),
            (Some(2), "insert and action at once: a change says one thing")
        );
        let (_, message) =
            error(&format!("{head}path = 'a'\ninsert = '漢'\nencoding = 'macintosh'\n"));
        assert!(message.contains("has a character that macintosh lacks"), "{message}");
        let (_, message) = error(&format!("{head}path = 'a'\naction = 'rename'\n"));
        assert!(message.contains("needs `to`"), "{message}");
        let (_, message) = error("summary = 'x'\n");
        assert!(message.contains("no [[change]]"), "{message}");
    }
}
