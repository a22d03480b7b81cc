//! A folder of the host as an open handle: its files are opened by name, without another look-up of
//! the whole path, and never through a link that took their place.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;

/// An open folder.
#[cfg(unix)]
#[derive(Debug)]
pub struct Folder(std::os::fd::OwnedFd);

#[cfg(unix)]
impl Folder {
    /// Opens a folder.
    pub fn open(path: &Path) -> io::Result<Self> {
        use rustix::fs::{Mode, OFlags};
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self(rustix::fs::open(path, flags, Mode::empty())?))
    }

    /// Opens what `name` is in it, but no link; opening a pipe does not wait.
    fn open_entry(&self, name: &[u8]) -> io::Result<File> {
        use rustix::fs::{Mode, OFlags};
        let name = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(name);
        // Without NONBLOCK a pipe would wait for a writer.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&self.0, name, flags, Mode::empty())?.into())
    }
}

/// A folder by its path, where there are no handles.
#[cfg(not(unix))]
#[derive(Debug)]
pub struct Folder(std::path::PathBuf);

#[cfg(not(unix))]
impl Folder {
    /// Opens a folder.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(path.to_path_buf()))
    }

    /// Opens what `name` is in it.
    fn open_entry(&self, name: &[u8]) -> io::Result<File> {
        let name = std::str::from_utf8(name).map_err(io::Error::other)?;
        File::open(self.0.join(name))
    }
}

impl Folder {
    /// Opens the file `name` in it, and says what the host tells of it. A link, a pipe and a device are
    /// errors: they came in its place.
    pub fn open_file(&self, name: &[u8]) -> io::Result<(File, Metadata)> {
        let file = self.open_entry(name)?;
        let told = file.metadata()?;
        if !told.is_file() {
            return Err(io::Error::other("it is no file any more"));
        }
        Ok((file, told))
    }
}
