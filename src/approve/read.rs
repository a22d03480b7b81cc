//! Reading a manifest, line by line: never held as a whole, checked to the last byte.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::SCHEMA;
use super::json::{Header, Line, Trailer};
use crate::model::{Digest, Row};

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

/// An open manifest. It is an iterator over its rows; when that ends, [`ManifestFile::error`] tells
/// whether it came to the end.
pub struct ManifestFile {
    path: PathBuf,
    header: Header,
    input: Box<dyn BufRead>,
    hasher: blake3::Hasher,
    buffer: Vec<u8>,
    line: u64,
    last: String,
    error: Option<ManifestError>,
    done: bool,
}

const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Bytes of the longest line: the chunks of a content of 64 GB.
const LINE: u64 = 64 << 20;

fn buffered(input: Box<dyn Read>) -> io::Result<Box<dyn BufRead>> {
    let mut input = BufReader::with_capacity(256 << 10, input);
    if input.fill_buf()?.starts_with(&ZSTD_MAGIC) {
        let decoder = ruzstd::decoding::StreamingDecoder::new(input)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
        return Ok(Box::new(BufReader::with_capacity(256 << 10, decoder)));
    }
    Ok(Box::new(input))
}

/// Reads a line, or nothing at the end. A line without end is an error before it is all in memory.
fn read_line(input: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<usize> {
    let n = input.take(LINE).read_until(b'\n', line)?;
    if n as u64 == LINE {
        let message = format!("expected lines of at most {LINE} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok(n)
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
        let mut input = buffered(input).map_err(|error| fail(error.to_string()))?;
        let mut buffer = Vec::new();
        read_line(&mut *input, &mut buffer).map_err(|error| fail(error.to_string()))?;
        let header: Header = serde_json::from_slice(&buffer).map_err(|error| {
            fail(format!("expected the header of a manifest: {}", said(&error)))
        })?;
        if header.schema != SCHEMA {
            let found = &header.schema;
            return Err(fail(format!("its schema is {found:?}; this premaster reads {SCHEMA:?}")));
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(&buffer);
        Ok(Self {
            path: path.to_path_buf(),
            header,
            input,
            hasher,
            buffer,
            line: 1,
            last: String::new(),
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

    fn fail(&mut self, message: impl Into<String>) -> Option<Row> {
        let (path, line) = (self.path.clone(), self.line);
        self.error = Some(ManifestError { path, line, message: message.into() });
        self.done = true;
        None
    }

    fn read_row(&mut self) -> Option<Row> {
        self.buffer.clear();
        match read_line(&mut *self.input, &mut self.buffer) {
            Ok(0) => return self.fail("the manifest ends without its trailer: it is cut off"),
            Ok(_) => self.line += 1,
            Err(error) => return self.fail(error.to_string()),
        }
        if self.buffer.starts_with(b"{\"rows\":") {
            self.check_trailer();
            return None;
        }
        self.hasher.update(&self.buffer);
        let buffer = std::mem::take(&mut self.buffer);
        let row = serde_json::from_slice::<Line<'_>>(&buffer)
            .map_err(|error| said(&error))
            .and_then(Line::row);
        self.buffer = buffer;
        match row {
            Ok(row) if self.line > 2 && row.path.as_str() <= self.last.as_str() => {
                let message = format!("{} is not in ascending order", row.path);
                self.fail(message)
            }
            Ok(row) => {
                self.last.clear();
                self.last.push_str(row.path.as_str());
                Some(row)
            }
            Err(message) => self.fail(message),
        }
    }

    fn check_trailer(&mut self) {
        self.done = true;
        let trailer: Trailer = match serde_json::from_slice(&self.buffer) {
            Ok(trailer) => trailer,
            Err(error) => {
                self.fail(format!("expected the trailer: {}", said(&error)));
                return;
            }
        };
        let found = Digest::from(self.hasher.finalize());
        if trailer.blake3 != found {
            self.fail(format!(
                "the trailer says {}, the lines give {found}: it was edited",
                trailer.blake3
            ));
        } else if trailer.rows != self.line - 2 {
            let found = self.line - 2;
            self.fail(format!("the trailer says {} rows, there are {found}", trailer.rows));
        }
    }
}

impl Iterator for ManifestFile {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        if self.done { None } else { self.read_row() }
    }
}
