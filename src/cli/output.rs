//! Where reports go: standard output, or files that are written whole or not at all.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::Stop;
use crate::pipeline::Failure;
use crate::report::COLUMNS;
use crate::rules::near::did_you_mean;

/// A kind of report, and where it goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Format<K> {
    /// Which.
    pub(super) kind: K,
    /// Where; `None` for standard output.
    pub(super) file: Option<PathBuf>,
}

/// The kinds of report that a command has, by name.
pub(super) trait Named: Copy + PartialEq + 'static {
    /// All of them, the one for people first.
    const ALL: &'static [(&'static str, Self)];
}

/// The kinds of report of every command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// For people.
    Human,
    /// One object.
    Json,
    /// One object a line.
    Jsonl,
}

impl Named for Kind {
    const ALL: &'static [(&'static str, Self)] =
        &[("human", Self::Human), ("json", Self::Json), ("jsonl", Self::Jsonl)];
}

/// The kinds of report of `check`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum CheckKind {
    /// For people.
    Human,
    /// One object.
    Json,
    /// One object a line.
    Jsonl,
    /// SARIF 2.1.0.
    Sarif,
    /// `JUnit` XML.
    Junit,
    /// Annotations of GitHub Actions.
    Github,
    /// Code quality of GitLab.
    Gitlab,
    /// A comment on a pull request.
    Markdown,
}

impl Named for CheckKind {
    const ALL: &'static [(&'static str, Self)] = &[
        ("human", Self::Human),
        ("json", Self::Json),
        ("jsonl", Self::Jsonl),
        ("sarif", Self::Sarif),
        ("junit", Self::Junit),
        ("github", Self::Github),
        ("gitlab", Self::Gitlab),
        ("markdown", Self::Markdown),
    ];
}

fn names<K: Named>() -> Vec<&'static str> {
    K::ALL.iter().map(|(name, _)| *name).collect()
}

impl<K: Named> FromStr for Format<K> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = match text.split_once('=') {
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let Some((_, kind)) = K::ALL.iter().find(|(known, _)| *known == name) else {
            let known = names::<K>().join(", ");
            if names::<CheckKind>().contains(&name) {
                return Err(format!("only `check` has the format {name}; here are {known}"));
            }
            let meant = did_you_mean(&names::<K>(), name);
            return Err(format!("unknown format {name:?}: there are {known}{meant}"));
        };
        if file.as_ref().is_some_and(|file| file.as_os_str().is_empty()) {
            return Err(format!("{text:?} names no file"));
        }
        Ok(Self { kind: *kind, file })
    }
}

/// Refuses two reports in one place: together they are neither.
pub(super) fn one_a_place<K>(formats: &[Format<K>]) -> Result<(), Stop> {
    for (number, format) in formats.iter().enumerate() {
        if !formats.iter().take(number).any(|other| other.file == format.file) {
            continue;
        }
        let message = match &format.file {
            None => "only one --format can go to standard output: give the others a file, as \
                     --format json=report.json"
                .to_owned(),
            Some(file) => format!("two reports cannot both be written to {}", file.display()),
        };
        return Err(Stop::Failure(Failure::Usage(message)));
    }
    Ok(())
}

/// Columns of standard output: those of the terminal, within what reads well.
pub(super) fn columns() -> usize {
    let size = terminal_size::terminal_size_of(io::stdout());
    size.map_or(COLUMNS, |(width, _)| usize::from(width.0).clamp(40, 100))
}

/// Writes each report to its place; human on standard output by default. A report is made of its
/// kind and the columns that its place has.
pub(super) fn render<K: Named>(
    formats: &[Format<K>],
    of: impl Fn(K, usize) -> String,
) -> Result<(), Stop> {
    let human = K::ALL.first().map(|(_, kind)| Format { kind: *kind, file: None });
    let nothing_shown = formats.iter().all(|format| format.file.is_some());
    for format in formats.iter().chain(human.iter().filter(|_| nothing_shown)) {
        match &format.file {
            None => print(of(format.kind, columns()).as_bytes())?,
            // Colors and its width are for the terminal.
            Some(path) => write_whole(path, without_color(|| of(format.kind, COLUMNS)).as_bytes())?,
        }
    }
    Ok(())
}

fn without_color(of: impl Fn() -> String) -> String {
    let was = colored::control::SHOULD_COLORIZE.should_colorize();
    colored::control::set_override(false);
    let text = of();
    colored::control::set_override(was);
    text
}

/// What the operating system said, without the name of a temporary file around it.
fn cause(error: io::Error) -> io::Error {
    let mut inner: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(&error);
    let mut code = error.raw_os_error();
    while let Some(at) = inner {
        code = at.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error).or(code);
        inner = at.source();
    }
    code.map_or(error, io::Error::from_raw_os_error)
}

/// A file that cannot be made is a mistake of the caller; one that cannot be filled is not.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Stop> {
    let refused = |error| Stop::Failure(Failure::Write(path.to_path_buf(), cause(error)));
    let broken = |error| Stop::Output(Some(path.to_path_buf()), cause(error));
    // A pipe or a device cannot be replaced; it is written to as it is.
    if path.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
        let mut file = std::fs::File::options().write(true).open(path).map_err(refused)?;
        return file.write_all(bytes).and_then(|()| file.flush()).map_err(broken);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::Builder::new()
        .permissions_of_new_file()
        .tempfile_in(folder.unwrap_or(Path::new(".")))
        .map_err(refused)?;
    file.write_all(bytes).map_err(broken)?;
    file.persist(path).map_err(|error| refused(error.error))?;
    Ok(())
}

/// Temporary files are private; reports get what a new file gets.
trait NewFile {
    fn permissions_of_new_file(&mut self) -> &mut Self;
}

impl NewFile for tempfile::Builder<'_, '_> {
    fn permissions_of_new_file(&mut self) -> &mut Self {
        #[cfg(unix)]
        self.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        self
    }
}

/// Writes to standard output.
pub(super) fn print(bytes: &[u8]) -> Result<(), Stop> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| Stop::Output(None, error))
}
