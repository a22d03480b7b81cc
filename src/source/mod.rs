//! Bytes with a length: positional reads, no seeking state, no mmap.
//!
//! Every container is read through a [`Source`], whether it lies on disk, in memory or in a range of
//! another source. A source never panics on an offset and never allocates for the caller more than
//! it holds.

mod bytes;
mod decode;
mod extents;
mod file;
mod folder;
mod inflater;
mod spool;

use std::fmt;
use std::io;
use std::ops::Deref;

pub use bytes::{be16, be32, be64, le16, le32, le64};
pub use decode::{Decoder, Ending, decode};
pub use extents::ExtentSource;
pub use file::{FileSource, Stamp};
pub use folder::Folder;
pub use spool::{Permits, Spool};

/// A length and positional reads.
pub trait Source: Send + Sync {
    /// Bytes in all.
    fn len(&self) -> u64;

    /// Whether there are no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads into `buffer` from `offset` and returns how many bytes it filled: all of them, or fewer
    /// at the end of the source only.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
}

/// Why a range could not be read whole.
#[derive(Debug)]
pub struct ReadError {
    /// First byte wanted.
    pub offset: u64,
    /// Bytes wanted.
    pub wanted: u64,
    /// What happened; `None` if the source ends before.
    pub cause: Option<io::Error>,
    /// Where the source ends.
    pub end: u64,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, wanted, end, .. } = self;
        match &self.cause {
            Some(cause) => write!(f, "cannot read {wanted} bytes at {offset}: {cause}"),
            None => write!(f, "expected {wanted} bytes at {offset}, but the data end at {end}"),
        }
    }
}

impl std::error::Error for ReadError {}

/// Reads exactly `length` bytes at `offset`. Nothing is allocated for a range that is not there.
pub fn read_exact(source: &dyn Source, offset: u64, length: u64) -> Result<Vec<u8>, ReadError> {
    let end = source.len();
    let short = |cause| ReadError { offset, wanted: length, cause, end };
    if offset.checked_add(length).is_none_or(|stop| stop > end) {
        return Err(short(None));
    }
    let mut buffer = vec![0; usize::try_from(length).map_err(|_| short(None))?];
    match source.read_at(offset, &mut buffer) {
        Ok(n) if n == buffer.len() => Ok(buffer),
        Ok(_) => Err(short(None)),
        Err(cause) => Err(short(Some(cause))),
    }
}

/// Bytes in memory.
impl Source for Vec<u8> {
    fn len(&self) -> u64 {
        self.as_slice().len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(copy_from(self, offset, buffer))
    }
}

/// Copies what `bytes` holds from `offset` on into `buffer`.
fn copy_from(bytes: &[u8], offset: u64, buffer: &mut [u8]) -> usize {
    let rest = usize::try_from(offset).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
    let n = rest.len().min(buffer.len());
    if let (Some(to), Some(from)) = (buffer.get_mut(..n), rest.get(..n)) {
        to.copy_from_slice(from);
    }
    n
}

/// A source, borrowed or shared, read from its start to its end.
#[derive(Debug)]
pub struct Forward<S> {
    source: S,
    at: u64,
    end: u64,
}

impl<S: Deref<Target: Source>> Forward<S> {
    /// All of `source`.
    pub fn new(source: S) -> Self {
        let end = source.len();
        Self { source, at: 0, end }
    }

    /// The bytes from `start` to `end`, cut off at the end of `source`.
    pub fn range(source: S, start: u64, end: u64) -> Self {
        let end = end.min(source.len());
        Self { source, at: start, end }
    }
}

impl<S: Deref<Target: Source>> io::Read for Forward<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let n = left.min(buffer.len());
        let Some(buffer) = buffer.get_mut(..n) else { return Ok(0) };
        let n = self.source.read_at(self.at, buffer)?;
        self.at += n as u64;
        Ok(n)
    }
}
