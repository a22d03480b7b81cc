//! Files of the host as `fix` edits them.

use std::fs::{self, File, Metadata};
use std::io::{self, Write as _};
use std::path::Path;

use super::attributes;

/// Replaces a file by one with other bytes, of the same owner, group, permissions and extended attributes.
pub(super) fn replace(host: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = host.parent().unwrap_or(Path::new("."));
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(bytes)?;
    let before = fs::symlink_metadata(host)?;
    keep_owner(new.as_file(), &before)?;
    // After the owner: with a new one the set-id bits go.
    new.as_file().set_permissions(before.permissions())?;
    attributes::keep(host, new.as_file())?;
    new.as_file().sync_all()?;
    new.persist(host).map(drop).map_err(|error| error.error)
}

#[cfg(unix)]
fn keep_owner(file: &File, before: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let (made, wanted) = (file.metadata()?, (before.uid(), before.gid()));
    if (made.uid(), made.gid()) == wanted {
        return Ok(());
    }
    fchown(file, Some(wanted.0), Some(wanted.1)).map_err(|error| {
        let told = format!("its owner {} and group {} cannot be kept: {error}", wanted.0, wanted.1);
        io::Error::new(error.kind(), told)
    })
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn keep_owner(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
pub(super) fn names_of(host: &Path) -> io::Result<u64> {
    use std::os::unix::fs::MetadataExt as _;
    let found = fs::symlink_metadata(host)?;
    if !found.is_file() {
        return Err(io::Error::other("it is no file any more"));
    }
    Ok(found.nlink())
}

#[cfg(not(unix))]
pub(super) fn names_of(_: &Path) -> io::Result<u64> {
    Ok(1)
}

/// The mode of a file, and the one with which whoever may read it may execute it.
#[cfg(unix)]
pub(super) fn executable(host: &Path) -> io::Result<Option<(u32, u32)>> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::symlink_metadata(host)?.permissions().mode() & 0o7777;
    let wanted = mode | (mode & 0o444) >> 2;
    Ok((wanted != mode).then_some((mode, wanted)))
}

#[cfg(not(unix))]
pub(super) fn executable(_: &Path) -> io::Result<Option<(u32, u32)>> {
    Ok(None)
}

#[cfg(unix)]
pub(super) fn set_mode(host: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(host, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
pub(super) fn set_mode(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}
