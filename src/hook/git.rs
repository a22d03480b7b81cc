//! Git, run as a program: it knows worktrees, sparse checkouts, partial clones and both hashes.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::path::PathBuf;
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
        let common = path(run(&["rev-parse", "--path-format=absolute", "--git-common-dir"])?);
        let top = run(&["rev-parse", "--show-toplevel"]).map_or_else(|_| common.clone(), path);
        Ok(Self { top, common })
    }

    /// What Git writes, run at the top of the working tree.
    pub(super) fn run(&self, args: &[&str]) -> Result<Vec<u8>, GitError> {
        output(self.command(args))
    }

    /// A command to run at the top of the working tree.
    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = command(args);
        command.current_dir(&self.top);
        command
    }

    /// The folder of hooks, with `core.hooksPath`.
    pub(super) fn hooks(&self) -> Result<PathBuf, GitError> {
        self.run(&["rev-parse", "--path-format=absolute", "--git-path", "hooks"]).map(path)
    }

    /// Whether a folder belongs to this repository alone.
    pub(super) fn owns(&self, folder: &std::path::Path) -> bool {
        folder.starts_with(&self.top) || folder.starts_with(&self.common)
    }

    /// Where the contents of large files lie for which only a pointer is committed.
    pub(super) fn large_files(&self) -> PathBuf {
        self.common.join("lfs").join("objects")
    }
}

fn run(args: &[&str]) -> Result<Vec<u8>, GitError> {
    output(command(args))
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.args(args).env("GIT_OPTIONAL_LOCKS", "0").env("LC_ALL", "C").stdin(Stdio::null());
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
