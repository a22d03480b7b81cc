//! The hook itself: a script in the folder of hooks that runs what was there before, then premaster.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::git::{Git, GitError};

/// The hook that checks what is staged.
const NAME: &str = "pre-commit";
/// What the hook that was there before is called.
const BEFORE: &str = "pre-commit.before-premaster";
/// The line that tells this hook from others.
const MARK: &str =
    "# Written by `premaster hook install`; `premaster hook uninstall` takes it away.";

/// What was done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Installed {
    /// The hook.
    pub hook: PathBuf,
    /// Whether another hook runs before it, or was put back.
    pub chained: bool,
}

/// The hook for a program: what was there before has its say first, so that what it stages is seen.
fn script(program: &Path) -> Vec<u8> {
    let quoted = program.to_string_lossy().replace('\'', r"'\''");
    format!(
        "#!/bin/sh\n\
         {MARK}\n\
         before=\"$0.before-premaster\"\n\
         if [ -x \"$before\" ]; then\n\
         \x20   \"$before\" \"$@\" || exit\n\
         fi\n\
         premaster='{quoted}'\n\
         [ -x \"$premaster\" ] || premaster=premaster\n\
         if ! command -v \"$premaster\" >/dev/null 2>&1; then\n\
         \x20   echo \"premaster is not installed any more; without it nothing is committed: $0\" >&2\n\
         \x20   exit 1\n\
         fi\n\
         exec \"$premaster\" hook run\n"
    )
    .into_bytes()
}

/// Writes the hook, which runs `program`. A folder of hooks that other repositories may use
/// (`core.hooksPath`) is left alone unless `shared` is wanted.
///
/// # Errors
/// Such a folder, or one that cannot be written.
pub fn install(git: &Git, program: &Path, shared: bool) -> Result<Installed, GitError> {
    let folder = git.hooks()?;
    if !shared && !git.owns(&folder) {
        return Err(GitError(format!(
            "core.hooksPath is {}, which other repositories may use: `premaster hook install \
             --shared` writes there",
            folder.display()
        )));
    }
    let (hook, before) = (folder.join(NAME), folder.join(BEFORE));
    let failed = |error: io::Error| GitError(format!("cannot write {}: {error}", hook.display()));
    fs::create_dir_all(&folder).map_err(failed)?;
    if fs::symlink_metadata(&hook).is_ok() && !is_ours(&hook) {
        if fs::symlink_metadata(&before).is_ok() {
            return Err(GitError(format!(
                "{} and {} are both there: take one away",
                hook.display(),
                before.display()
            )));
        }
        fs::rename(&hook, &before).map_err(failed)?;
    }
    write(&hook, &script(program)).map_err(failed)?;
    Ok(Installed { chained: fs::symlink_metadata(&before).is_ok(), hook })
}

/// Takes the hook away and puts back what was there before.
///
/// # Errors
/// There is no such hook.
pub fn uninstall(git: &Git) -> Result<Installed, GitError> {
    let folder = git.hooks()?;
    let (hook, before) = (folder.join(NAME), folder.join(BEFORE));
    if !is_ours(&hook) {
        return Err(GitError(format!("{} is no hook of premaster", hook.display())));
    }
    let failed = |error: io::Error| GitError(format!("cannot remove {}: {error}", hook.display()));
    match fs::rename(&before, &hook) {
        Ok(()) => Ok(Installed { hook, chained: true }),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            fs::remove_file(&hook).map_err(failed)?;
            Ok(Installed { hook, chained: false })
        }
        Err(error) => Err(failed(error)),
    }
}

fn is_ours(hook: &Path) -> bool {
    fs::read(hook).is_ok_and(|text| text.split(|b| *b == b'\n').any(|line| line == MARK.as_bytes()))
}

/// Writes the hook whole: a commit may be under way.
fn write(hook: &Path, text: &[u8]) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755));
    let mut file = builder.tempfile_in(hook.parent().unwrap_or(Path::new(".")))?;
    file.write_all(text)?;
    file.persist(hook).map(drop).map_err(|error| error.error)
}
