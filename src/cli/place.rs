//! Where a report goes: a file that is written whole or not at all, links followed, or what can only
//! be written to as it is.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Stop;
use crate::pipeline::Failure;

/// Links that are followed, one behind the other.
const LINKS: usize = 40;
/// What is open already: the place that such a name leads to is not to be replaced.
const OPEN: [&str; 2] = ["/proc", "/dev/fd"];

/// The place that a path leads to, whether or not anything is there: its links are followed, but for
/// those of the system to what is open.
pub(super) fn resolved(path: &Path) -> PathBuf {
    if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
        // It names a folder and nothing else.
        return path.to_path_buf();
    }
    let mut at = path.to_path_buf();
    for _ in 0..LINKS {
        if let (Ok(folder), Some(name)) = (folder(&at).canonicalize(), at.file_name()) {
            at = folder.join(name);
        }
        match fs::read_link(&at) {
            Ok(target) if !is_open(&at) => at = folder(&at).join(target),
            _ => break,
        }
    }
    at
}

/// Whether a place is the standard output of this process.
pub(super) fn is_standard_output(place: &Path) -> bool {
    let own = format!("/proc/{}/fd/1", std::process::id());
    place == Path::new(&own) || place == Path::new("/dev/fd/1")
}

fn is_open(place: &Path) -> bool {
    OPEN.iter().any(|open| place.starts_with(open))
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a file whole or not at all. One that cannot be made is a mistake of the caller; one that
/// cannot be filled is not.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Stop> {
    let refused = |error| Stop::Failure(Failure::Write(path.to_path_buf(), error));
    let broken = |error| Stop::Output(Some(path.to_path_buf()), error);
    let place = resolved(path);
    let is_plain = match place.metadata() {
        Ok(found) => found.is_file() || found.is_dir(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => return Err(refused(error)),
    };
    if !is_plain || is_open(&place) {
        // A pipe or a device cannot be replaced. Behind what a file that is open holds already.
        let mut file = File::options().append(true).open(&place).map_err(refused)?;
        return file.write_all(bytes).and_then(|()| file.flush()).map_err(broken);
    }
    // With the permissions of a new file; those of a temporary one are private.
    let create = |path: &Path| File::options().write(true).create_new(true).open(path);
    let mut file = tempfile::Builder::new().make_in(folder(&place), create).map_err(refused)?;
    file.as_file_mut().write_all(bytes).map_err(broken)?;
    file.persist(&place).map_err(|error| refused(error.error))?;
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_followed_whether_or_not_they_lead_somewhere() {
        let scratch = tempfile::tempdir().expect("a folder");
        let root = scratch.path().canonicalize().expect("resolved");
        fs::create_dir(root.join("real")).expect("made");
        fs::write(root.join("real/there"), "x").expect("written");
        for (name, target) in [
            ("folder", "real"),
            ("link", "folder/there"),
            ("again", "./link"),
            ("dangling", "real/absent"),
            ("out", "/dev/stdout"),
            ("loop", "loop"),
        ] {
            symlink(target, root.join(name)).expect("linked");
        }
        for (path, place) in [
            ("link", "real/there"),
            ("again", "real/there"),
            ("folder/./there", "real/there"),
            ("folder/../link", "real/there"),
            ("dangling", "real/absent"),
            ("folder/absent", "real/absent"),
            ("nowhere/absent", "nowhere/absent"),
            ("loop", "loop"),
        ] {
            assert_eq!(resolved(&root.join(path)), root.join(place), "{path}");
        }
        assert!(is_standard_output(&resolved(&root.join("out"))));
        assert!(!is_standard_output(&resolved(Path::new("/dev/stderr"))));
        assert!(write_whole(&root.join("loop"), b"x").is_err());
        assert!(root.join("loop").is_symlink());
    }
}
