//! The hook itself: a script in the folder of hooks that runs what was there before, then premaster.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::git::{Git, GitError, Owner};

/// The hooks before which something is staged: at a commit, a merge that needs no hand, a patch by mail.
const NAMES: [&str; 3] = ["pre-commit", "pre-merge-commit", "pre-applypatch"];
/// What follows the name of a hook that was there before.
const BEFORE: &str = ".before-premaster";
/// The line that tells this hook from others.
const MARK: &str =
    "# Written by `premaster hook install`; `premaster hook uninstall` takes it away.";

/// What was done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Installed {
    /// The folder of hooks.
    pub folder: PathBuf,
    /// Hooks that run before these, or were put back.
    pub others: Vec<PathBuf>,
}

/// The hook: what was there before has its say first, so that what it stages is seen.
fn script(program: Option<&Path>, options: &[String]) -> Vec<u8> {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let program = program.map_or("premaster".into(), |path| quoted(&path.to_string_lossy()));
    let options = std::iter::once(String::new()).chain(options.iter().map(|option| quoted(option)));
    let options = options.collect::<Vec<_>>().join(" ");
    format!(
        "#!/bin/sh\n\
         {MARK}\n\
         before=\"$0{BEFORE}\"\n\
         if [ -x \"$before\" ]; then\n\
         \x20   \"$before\" \"$@\" || exit\n\
         fi\n\
         premaster={program}\n\
         command -v \"$premaster\" >/dev/null 2>&1 || premaster=premaster\n\
         if ! command -v \"$premaster\" >/dev/null 2>&1; then\n\
         \x20   echo \"premaster is not installed; without it nothing is committed: $0\" >&2\n\
         \x20   exit 1\n\
         fi\n\
         exec \"$premaster\" hook run{options}\n"
    )
    .into_bytes()
}

/// Writes the hooks, which run `program` with these options of `hook run`. A folder of hooks that
/// other repositories may use (`core.hooksPath`) is left alone unless `shared` is wanted; in one that
/// all who clone the project have, the program is the one on their path.
///
/// # Errors
/// Such a folder, or one that cannot be written.
pub fn install(
    git: &Git,
    program: &Path,
    options: &[String],
    shared: bool,
) -> Result<Installed, GitError> {
    let folder = Git::hooks()?;
    let owner = git.owner(&folder);
    if folder.exists() && !folder.is_dir() {
        let folder = folder.display();
        return Err(GitError(format!("core.hooksPath is {folder}, no folder: hooks are off")));
    }
    if !shared && owner == Owner::Others {
        return Err(GitError(format!(
            "core.hooksPath is {}, which other repositories may use: `premaster hook install \
             --shared` writes there",
            folder.display()
        )));
    }
    fs::create_dir_all(&folder).map_err(|error| failed("write", &folder, &error))?;
    let script = script((owner != Owner::Project).then_some(program), options);
    let mut others = Vec::new();
    for name in NAMES {
        let (hook, before) = (folder.join(name), folder.join(format!("{name}{BEFORE}")));
        if is_there(&hook) && !is_ours(&hook) {
            if is_there(&before) {
                return Err(GitError(format!(
                    "{} and {} are both there: take one away",
                    hook.display(),
                    before.display()
                )));
            }
            fs::rename(&hook, &before).map_err(|error| failed("rename", &hook, &error))?;
        }
        write(&hook, &script).map_err(|error| failed("write", &hook, &error))?;
        others.extend(is_executable(&before).then_some(before));
    }
    Ok(Installed { folder, others })
}

/// Takes the hooks away and puts back what was there before.
///
/// # Errors
/// There is no such hook.
pub fn uninstall() -> Result<Installed, GitError> {
    let folder = Git::hooks()?;
    if !NAMES.iter().any(|name| is_ours(&folder.join(name))) {
        return Err(GitError(format!("{} holds no hook of premaster", folder.display())));
    }
    let mut others = Vec::new();
    for name in NAMES {
        let (hook, before) = (folder.join(name), folder.join(format!("{name}{BEFORE}")));
        if !is_ours(&hook) {
            continue;
        }
        match fs::rename(&before, &hook) {
            Ok(()) => others.push(hook),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                fs::remove_file(&hook).map_err(|error| failed("remove", &hook, &error))?;
            }
            Err(error) => return Err(failed("rename", &before, &error)),
        }
    }
    Ok(Installed { folder, others })
}

fn failed(what: &str, path: &Path, error: &io::Error) -> GitError {
    GitError(format!("cannot {what} {}: {error}", path.display()))
}

/// Also of a link that leads nowhere.
fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
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
