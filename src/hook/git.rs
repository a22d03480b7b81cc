//! Git, run as a program: it knows worktrees, sparse checkouts, partial clones and both hashes.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What Git or its output says no to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GitError(pub String);

impl fmt::Display for GitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for GitError {}

/// The repository of the working directory. Variables such as `GIT_INDEX_FILE`, with which `git
/// commit` tells a hook which index it means, hold.
#[derive(Clone, Debug)]
pub struct Git {
    /// The top of the working tree; of a bare repository, the repository.
    top: PathBuf,
    /// What all worktrees share.
    common: PathBuf,
}

impl Git {
    /// Finds the repository.
    ///
    /// # Errors
    /// Git is not there, or the working directory lies in no repository.
    pub fn find() -> Result<Self, GitError> {
        let common = run(&["rev-parse", "--path-format=absolute", "--git-common-dir"]);
        let is_none = |error: &GitError| error.0.contains("not a git repository");
        let common = path(common.map_err(|error| {
            if is_none(&error) { GitError("this is not a git repository".into()) } else { error }
        })?);
        let top = run(&["rev-parse", "--show-toplevel"]).map_or_else(|_| common.clone(), path);
        Ok(Self { top, common })
    }

    /// The folder of hooks, with `core.hooksPath`.
    pub(super) fn hooks() -> Result<PathBuf, GitError> {
        run(&["rev-parse", "--path-format=absolute", "--git-path", "hooks"]).map(path)
    }

    /// Whose a folder of hooks is.
    pub(super) fn owner(&self, folder: &Path) -> Owner {
        match folder {
            _ if folder.starts_with(&self.common) => Owner::Clone,
            _ if folder.starts_with(&self.top) => Owner::Project,
            _ => Owner::Others,
        }
    }

    /// Where the contents of large files lie for which only a pointer is committed.
    pub(super) fn large_files(&self) -> PathBuf {
        // Git LFS takes a relative `lfs.storage` from the repository.
        let set = run(&["config", "--get", "lfs.storage"]).map(path);
        self.common.join(set.unwrap_or_else(|_| "lfs".into())).join("objects")
    }
}

/// Whose a folder of hooks is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Owner {
    /// Of this clone on this machine.
    Clone,
    /// It lies among the files of the project, for all who clone it.
    Project,
    /// Other repositories may use it.
    Others,
}

/// What Git writes.
pub(super) fn run(args: &[&str]) -> Result<Vec<u8>, GitError> {
    output(command(args))
}

pub(super) fn command(args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.args(args).env("GIT_OPTIONAL_LOCKS", "0").env("LC_ALL", "C").stdin(Stdio::null());
    // What is committed are the objects themselves, not what stands for them on this machine.
    command.env("GIT_NO_REPLACE_OBJECTS", "1");
    command
}

fn output(mut command: Command) -> Result<Vec<u8>, GitError> {
    let output = command.output().map_err(|error| absent(&error))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().find(|line| !line.is_empty()).unwrap_or("it says nothing");
    let args: Vec<_> = command.get_args().filter_map(OsStr::to_str).take(2).collect();
    Err(GitError(format!("git {}: {said}", args.join(" "))))
}

/// Git could not be run.
pub(super) fn absent(error: &io::Error) -> GitError {
    GitError(format!("cannot run git: {error}"))
}

fn path(mut line: Vec<u8>) -> PathBuf {
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    #[cfg(unix)]
    return PathBuf::from(<std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(line));
    #[cfg(not(unix))]
    PathBuf::from(String::from_utf8_lossy(&line).into_owned())
}
