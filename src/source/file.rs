//! A file of the host.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use super::Source;

/// What must be the same before and after reading.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// Bytes.
    pub length: u64,
    /// Last modification, if the host tells.
    pub modified: Option<SystemTime>,
    /// Inode, 0 where there is none.
    pub inode: u64,
}

impl Stamp {
    /// The stamp in the metadata of a file.
    pub fn of(metadata: &std::fs::Metadata) -> Self {
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Self { length: metadata.len(), modified: metadata.modified().ok(), inode }
    }
}

/// An open file; its length is that at the time of opening.
#[derive(Debug)]
pub struct FileSource {
    file: File,
    stamp: Stamp,
}

impl FileSource {
    /// Opens a file for reading.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::new(File::open(path)?)
    }

    /// Takes an open file.
    pub fn new(file: File) -> io::Result<Self> {
        let stamp = Stamp::of(&file.metadata()?);
        Ok(Self { file, stamp })
    }

    /// Whether the file is what it was when it was opened.
    pub fn is_unchanged(&self) -> io::Result<bool> {
        Ok(Stamp::of(&self.file.metadata()?) == self.stamp)
    }
}

impl Source for FileSource {
    fn len(&self) -> u64 {
        self.stamp.length
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        read_file_at(&self.file, offset, buffer)
    }
}

/// Fills `buffer` from `offset` of a file on; fewer bytes at its end only.
pub(super) fn read_file_at(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        let at = offset.saturating_add(filled as u64);
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_at(file, rest, at);
        #[cfg(windows)]
        let read = std::os::windows::fs::FileExt::seek_read(file, rest, at);
        match read {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
