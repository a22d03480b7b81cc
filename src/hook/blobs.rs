//! The bytes of objects, one behind another: `git cat-file --batch`.
//!
//! Where Git LFS keeps a file apart and commits a pointer to it, the file stands for its pointer.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::git::{Git, GitError, absent, command};
use crate::source::{Permits, Source, Spool};

/// Memory for objects; more of them lie in an unlinked file.
const MEMORY: u64 = 16 << 20;
/// A pointer of Git LFS is shorter, by its specification.
const POINTER: u64 = 1024;

/// Where the bytes of an object lie, or why they do not.
pub(super) type Found = Result<Range<u64>, String>;

/// Reads the objects with these names; gives their bytes and where each of them lies.
pub(super) fn read(
    git: &Git,
    names: Vec<String>,
) -> Result<(Arc<dyn Source>, Vec<Found>), GitError> {
    if names.is_empty() {
        return Ok((Arc::new(Vec::new()), Vec::new()));
    }
    let mut child = command(&["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| absent(&error))?;
    let (Some(mut ask), Some(told)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(GitError("git cat-file has no pipes".into()));
    };
    let count = names.len();
    // Git answers while it is asked.
    let asking = std::thread::spawn(move || ask.write_all((names.join("\n") + "\n").as_bytes()));
    let mut objects = Objects {
        told: BufReader::with_capacity(64 << 10, told),
        large: git.large_files(),
        wanted: count,
        at: 0,
        found: Vec::with_capacity(count),
        open: Open::Nothing,
    };
    let failed = |error: io::Error| {
        let early = error.kind() == io::ErrorKind::UnexpectedEof;
        let hint = if early { "; an object may be damaged: `git fsck` tells" } else { "" };
        GitError(format!("git cat-file: {error}{hint}"))
    };
    let spool = Spool::fill(&mut objects, u64::MAX, &Permits::new(MEMORY)).map_err(failed)?;
    drop(objects.told);
    let found = objects.found;
    let asked = asking.join().unwrap_or_else(|_| Err(io::Error::other("it was not asked")));
    asked.and_then(|()| child.wait().map(drop)).map_err(failed)?;
    Ok((Arc::new(spool.ok_or_else(|| GitError("it has no end".into()))?), found))
}

/// What is being read.
enum Open {
    /// The next object is to be asked for.
    Nothing,
    /// An object that Git tells: bytes that are left.
    Object(u64),
    /// A short object that was looked at: its bytes, and how many of them are given.
    Short(Vec<u8>, usize),
    /// A file that Git LFS keeps: how it must hash, and how it does so far.
    Large(File, Box<(String, Sha256)>),
}

/// Objects as they come.
struct Objects {
    told: BufReader<std::process::ChildStdout>,
    large: PathBuf,
    wanted: usize,
    /// Bytes given.
    at: u64,
    found: Vec<Found>,
    open: Open,
}

impl Objects {
    /// Reads the line before the next object.
    fn open_next(&mut self) -> io::Result<()> {
        let mut line = String::new();
        (&mut self.told).take(4096).read_line(&mut line)?;
        let mut words = line.split_whitespace();
        let (_name, kind, size) = (words.next(), words.next(), words.next());
        let Some(size) = size.and_then(|size| size.parse::<u64>().ok()) else {
            let why = match kind {
                Some("missing") => "Git does not have its object: fetch it first".to_owned(),
                _ => format!("Git says {:?} of its object", line.trim_end()),
            };
            self.found.push(Err(why));
            return if line.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) };
        };
        if size >= POINTER {
            self.found.push(Ok(self.at..self.at + size));
            self.open = Open::Object(size);
            return Ok(());
        }
        let mut bytes = vec![0; size as usize];
        self.told.read_exact(&mut bytes)?;
        self.end()?;
        let pointer = pointer(&bytes);
        match pointer.map(|(oid, size)| Ok((oid, large(&self.large, oid, size)?))) {
            None => {
                self.found.push(Ok(self.at..self.at + size));
                self.open = Open::Short(bytes, 0);
            }
            Some(Ok((oid, (file, size)))) => {
                self.found.push(Ok(self.at..self.at + size));
                self.open = Open::Large(file, Box::new((oid.to_owned(), Sha256::new())));
            }
            Some(Err(why)) => self.found.push(Err(why)),
        }
        Ok(())
    }

    /// Reads the line feed behind an object.
    fn end(&mut self) -> io::Result<()> {
        let mut end = [0];
        self.told.read_exact(&mut end)?;
        if end == *b"\n" { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
    }
}

impl Read for Objects {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let n = match &mut self.open {
                Open::Nothing if self.found.len() == self.wanted => return Ok(0),
                Open::Nothing => {
                    self.open_next()?;
                    continue;
                }
                Open::Object(left) => {
                    let n = (&mut self.told).take(*left).read(buffer)?;
                    if n == 0 && *left > 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    *left -= n as u64;
                    if *left == 0 {
                        self.end()?;
                        self.open = Open::Nothing;
                    }
                    n
                }
                Open::Short(bytes, given) => {
                    let mut rest = bytes.get(*given..).unwrap_or_default();
                    let n = rest.read(buffer)?;
                    *given += n;
                    n
                }
                Open::Large(file, sum) => {
                    let n = file.read(buffer)?;
                    sum.1.update(buffer.get(..n).unwrap_or_default());
                    n
                }
            };
            self.at += n as u64;
            if n > 0 {
                return Ok(n);
            }
            if let Open::Large(_, sum) = std::mem::replace(&mut self.open, Open::Nothing) {
                let (oid, sum) = *sum;
                let hex = crate::model::Digest(sum.finalize().into()).to_string();
                if hex != oid
                    && let Some(last) = self.found.last_mut()
                {
                    *last =
                        Err(format!("what Git LFS has as {oid} hashes to {hex}: fetch it anew"));
                }
            }
        }
    }
}

/// The name and size that a pointer of Git LFS tells. Only the form that it writes is one, so that
/// nothing beside it is left unread (git-lfs `docs/spec.md`, "The Pointer").
fn pointer(bytes: &[u8]) -> Option<(&str, u64)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.strip_prefix("version https://git-lfs.github.com/spec/v1\noid sha256:")?;
    let (oid, rest) = text.split_at_checked(64)?;
    let size = rest.strip_prefix("\nsize ")?.strip_suffix('\n')?;
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_size = size.bytes().all(|byte| byte.is_ascii_digit());
    (oid.bytes().all(is_hex) && is_size).then_some((oid, size.parse().ok()?))
}

/// Opens what a pointer stands for.
fn large(folder: &Path, oid: &str, size: u64) -> Result<(File, u64), String> {
    let (first, second) = (oid.get(..2).unwrap_or_default(), oid.get(2..4).unwrap_or_default());
    let absent = || format!("Git LFS does not have its object {oid}: `git lfs fetch` it first");
    let file = File::open(folder.join(first).join(second).join(oid)).map_err(|_| absent())?;
    match file.metadata().map(|metadata| metadata.len()) {
        Ok(found) if found == size => Ok((file, size)),
        Ok(found) => Err(format!("Git LFS has {found} of the {size} bytes of its object {oid}")),
        Err(_) => Err(absent()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_has_a_version_a_digest_and_a_size() {
        let oid = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
        let whole =
            format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 12345\n");
        assert_eq!(pointer(whole.as_bytes()), Some((oid, 12345)));
        for broken in [
            whole.replace("v1", "v0"),
            whole.replace("sha256", "sha1"),
            whole.replace("4d7a", "../.."),
            whole.replace("12345", "-1"),
            whole.replace("size", "sizes"),
            whole.clone() + "\u{202e}\x04",
            whole.replace("oid", "ext-0-x sha256:1\noid"),
            whole.trim_end().to_owned(),
        ] {
            assert_eq!(pointer(broken.as_bytes()), None, "{broken}");
        }
    }
}
