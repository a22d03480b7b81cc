//! Extended attributes of a file that takes the place of another (xattr(7)): access control lists,
//! capabilities, labels, and what a user or Finder put there.

use std::fs::File;
use std::io;
use std::path::Path;

pub(super) use self::system::keep;

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
mod system {
    use rustix::fs::{
        XattrFlags, fgetxattr, fgetxattr_query, flistxattr, flistxattr_query, fremovexattr,
        fsetxattr,
    };
    use rustix::io::{Errno, Result};

    use super::{File, Path, io};

    /// Gives a file the extended attributes of another, and takes from it what its folder gave it beyond
    /// them. Comes last: writing, a new owner and a new mode change some of them.
    pub(in super::super) fn keep(from: &Path, to: &File) -> io::Result<()> {
        let from = File::open(from)?;
        let wanted = names(&from)?;
        for name in &wanted {
            let kept = value(&from, name).and_then(|wanted| {
                if value(to, name).is_ok_and(|has| has == wanted) {
                    return Ok(());
                }
                if is_of_bytes(name) {
                    return Err(Errno::PERM);
                }
                fsetxattr(to, name.as_slice(), &wanted, XattrFlags::empty())
            });
            kept.map_err(|error| not_kept(name, error))?;
        }
        for name in names(to)? {
            // The labels that the system gives every file that is made, it does not let go.
            if !wanted.contains(&name) && !name.starts_with(b"security.") {
                fremovexattr(to, name.as_slice()).map_err(|error| not_kept(&name, error))?;
            }
        }
        Ok(())
    }

    /// The names of all attributes; none on a file system that has no such thing.
    fn names(file: &File) -> Result<Vec<Vec<u8>>> {
        let size = match flistxattr_query(file) {
            Err(Errno::NOTSUP) => return Ok(Vec::new()),
            size => size?,
        };
        let mut list = vec![0; size];
        let size = flistxattr(file, list.as_mut_slice())?;
        list.truncate(size);
        let names = list.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        Ok(names.map(<[u8]>::to_vec).collect())
    }

    fn value(file: &File, name: &[u8]) -> Result<Vec<u8>> {
        let mut value = vec![0; fgetxattr_query(file, name)?];
        let size = fgetxattr(file, name, value.as_mut_slice())?;
        value.truncate(size);
        Ok(value)
    }

    /// Whether an attribute is a digest or a signature of the bytes of its file (Linux IMA and EVM): it does
    /// not hold of others.
    fn is_of_bytes(name: &[u8]) -> bool {
        matches!(name, b"security.ima" | b"security.evm")
    }

    fn not_kept(name: &[u8], error: Errno) -> io::Error {
        let error = io::Error::from(error);
        let why = if is_of_bytes(name) {
            "it vouches for the bytes".to_owned()
        } else {
            error.to_string()
        };
        let name = String::from_utf8_lossy(name);
        let told = format!("its extended attribute {name} cannot be kept: {why}");
        io::Error::new(error.kind(), told)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn what_cannot_be_kept_is_told_by_its_name() {
            for (name, told) in [
                ("security.ima", "its extended attribute security.ima cannot be kept: it vouches"),
                ("user.a", "its extended attribute user.a cannot be kept: Operation not permitted"),
            ] {
                let error = not_kept(name.as_bytes(), Errno::PERM).to_string();
                assert!(error.starts_with(told), "{error}");
            }
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
mod system {
    use super::{File, Path, io};

    /// Nothing is known of them here.
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    pub(in super::super) fn keep(_: &Path, _: &File) -> io::Result<()> {
        Ok(())
    }
}
