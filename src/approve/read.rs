//! Reading a manifest, line by line: never held as a whole, its digest checked to the last byte.
//!
//! Of a line that says what the row of the other side says, no more is decoded than tells that.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde_json::value::RawValue;

use super::SCHEMA;
use super::facts::FactSets;
use super::json::{Head, Header, Line, Trailer};
use super::lines::Lines;
use crate::model::{Digest, Glance, Locator, Row, RowStream, Subject, Sum};

/// What is wrong with a manifest, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ManifestError {
    /// The file.
    pub path: PathBuf,
    /// Line, from 1.
    pub line: u64,
    /// What was found and what was expected.
    pub message: String,
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path.display(), self.line, self.message)
    }
}

impl std::error::Error for ManifestError {}

/// An open manifest: a stream of its rows; when that ends, [`ManifestFile::error`] tells whether it
/// came to the end.
pub struct ManifestFile {
    path: PathBuf,
    header: Header,
    lines: Lines,
    /// The number of the current line, from 1.
    line: u64,
    /// The locator of the current row.
    locator: String,
    subject: Subject,
    content: Option<Sum>,
    opened: bool,
    ordinal: Option<u32>,
    sets: FactSets,
    error: Option<ManifestError>,
    done: bool,
}

const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

fn buffered(input: Box<dyn Read>) -> io::Result<Box<dyn BufRead>> {
    let mut input = BufReader::with_capacity(256 << 10, input);
    if input.fill_buf()?.starts_with(&ZSTD_MAGIC) {
        let decoder = ruzstd::decoding::StreamingDecoder::new(input)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
        return Ok(Box::new(BufReader::with_capacity(256 << 10, decoder)));
    }
    Ok(Box::new(input))
}

/// What is wrong with a line of JSON. The line is known better here than to the parser.
fn said(error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "the line is cut off".to_owned();
    }
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let text = text.strip_suffix(&place).unwrap_or(&text);
    format!("{text} (column {})", error.column())
}

/// How every manifest begins.
const MARK: &[u8] = b"{\"schema\":\"premaster/manifest/";

/// Whether a file begins as a manifest does. One that is cut off so early that its bytes do not tell
/// is known by its name: it must not pass for an artifact.
pub fn is_manifest(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_named = name.ends_with(".jsonl") || name.ends_with(".jsonl.zst");
    let mut head = [0; MARK.len()];
    let opened = File::open(path).and_then(|file| buffered(Box::new(file)));
    let Ok(mut input) = opened else { return is_named };
    let mut filled = 0;
    while let Some(rest) = head.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match input.read(rest) {
            Ok(n) if n > 0 => filled += n,
            Ok(_) => break,
            Err(_) => return is_named,
        }
    }
    let head = head.get(..filled).unwrap_or_default();
    head == MARK || is_named && MARK.starts_with(head)
}

impl ManifestFile {
    /// Opens a manifest and reads its header.
    pub fn open(path: &Path) -> Result<Self, ManifestError> {
        let failed = |error: io::Error| {
            let message = error.to_string();
            ManifestError { path: path.to_path_buf(), line: 1, message }
        };
        Self::read(path, Box::new(File::open(path).map_err(failed)?))
    }

    /// Reads the header of a manifest that is at hand; `path` is its name in messages.
    pub fn read(path: &Path, input: Box<dyn Read>) -> Result<Self, ManifestError> {
        let fail = |message: String| ManifestError { path: path.to_path_buf(), line: 1, message };
        let input = buffered(input).map_err(|error| fail(error.to_string()))?;
        let mut lines = Lines::new(Box::new(input));
        lines.advance().map_err(|error| fail(error.to_string()))?;
        let header: Header = serde_json::from_slice(lines.current()).map_err(|error| {
            fail(format!("expected the header of a manifest: {}", said(&error)))
        })?;
        if header.schema != SCHEMA {
            let found = &header.schema;
            return Err(fail(format!("its schema is {found:?}; this premaster reads {SCHEMA:?}")));
        }
        Ok(Self {
            path: path.to_path_buf(),
            header,
            lines,
            line: 1,
            locator: String::new(),
            subject: Subject::Artifact,
            content: None,
            opened: false,
            ordinal: None,
            sets: FactSets::default(),
            error: None,
            done: false,
        })
    }

    /// The identity of the approved build.
    pub fn blake3(&self) -> Option<Digest> {
        self.header.blake3
    }

    /// SHA-256 of the approved build, if it is a file.
    pub fn sha256(&self) -> Option<Digest> {
        self.header.sha256
    }

    /// Bytes of the approved build.
    pub fn size(&self) -> u64 {
        self.header.size
    }

    /// What the approved build was.
    pub fn format(&self) -> Option<&str> {
        self.header.format.as_deref()
    }

    /// Whether the approved build was a folder.
    pub fn is_folder(&self) -> bool {
        self.header.folder
    }

    /// The readers that read it, each `id/version`.
    pub fn readers(&self) -> &[String] {
        &self.header.readers
    }

    /// What kept the rows from coming to an end.
    pub fn error(&self) -> Option<&ManifestError> {
        self.error.as_ref()
    }

    /// Ends the stream.
    fn fail(&mut self, message: impl Into<String>) {
        let (path, line) = (self.path.clone(), self.line);
        self.error = Some(ManifestError { path, line, message: message.into() });
        self.done = true;
    }

    /// Takes in the next line as far as it tells the row from another; `false` at the trailer.
    fn look(&mut self) -> Result<bool, String> {
        if !self.lines.advance().map_err(|error| error.to_string())? {
            return Err("the manifest ends without its trailer: it is cut off".to_owned());
        }
        self.line += 1;
        let line = self.lines.current();
        if line.starts_with(b"{\"rows\":") {
            self.check_trailer()?;
            return Ok(false);
        }
        let head: Head<'_> = serde_json::from_slice(line).map_err(|error| said(&error))?;
        let locator = Locator::inner(&head.path);
        if self.line > 2 && locator <= self.locator.as_str() {
            return Err(format!("{} is not in ascending order", Locator::parse(locator)));
        }
        self.locator.clear();
        self.locator.push_str(locator);
        self.subject = head.subject()?;
        self.content = head.content();
        self.opened = head.opened;
        self.ordinal = head.ordinal;
        // What is wrong with them, and where, the whole line tells.
        let known = self.sets.find(head.facts.map_or("[]", RawValue::get));
        known.map_err(|error| self.read_row().err().unwrap_or_else(|| said(&error)))?;
        Ok(true)
    }

    fn read_row(&self) -> Result<Row, String> {
        let line: Line<'_> =
            serde_json::from_slice(self.lines.current()).map_err(|error| said(&error))?;
        line.row()
    }

    fn check_trailer(&mut self) -> Result<(), String> {
        let found = Digest::from(self.lines.digest_before());
        let trailer: Trailer = serde_json::from_slice(self.lines.current())
            .map_err(|error| format!("expected the trailer: {}", said(&error)))?;
        let rows = self.line - 2;
        if trailer.blake3 != found {
            let said = trailer.blake3;
            Err(format!("the trailer says {said}, the lines give {found}: it was edited"))
        } else if trailer.rows != rows {
            Err(format!("the trailer says {} rows, there are {rows}", trailer.rows))
        } else {
            Ok(())
        }
    }
}

impl RowStream for ManifestFile {
    fn advance(&mut self) -> bool {
        if self.done {
            return false;
        }
        match self.look() {
            Ok(more) => self.done = !more,
            Err(message) => self.fail(message),
        }
        !self.done
    }

    fn glance(&self) -> Glance<'_> {
        Glance {
            path: &self.locator,
            subject: self.subject,
            facts: self.sets.current(),
            content: self.content,
            opened: self.opened,
        }
    }

    fn ordinal(&self) -> Option<u32> {
        self.ordinal
    }

    fn row(&mut self) -> Option<Row> {
        self.read_row().map_err(|message| self.fail(message)).ok()
    }
}

impl Iterator for ManifestFile {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        if self.advance() { self.row() } else { None }
    }
}
