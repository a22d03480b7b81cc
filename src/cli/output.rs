//! Where reports go: standard output, or files that are written whole or not at all.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::Stop;
use crate::pipeline::Failure;

/// A kind of report, and where it goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Format {
    /// Which.
    pub kind: Kind,
    /// Where; `None` for standard output.
    pub file: Option<PathBuf>,
}

/// A kind of report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// For people.
    Human,
    /// One object.
    Json,
    /// One object a line.
    Jsonl,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = match text.split_once('=') {
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let kind = match name {
            "human" => Kind::Human,
            "json" => Kind::Json,
            "jsonl" => Kind::Jsonl,
            _ => return Err(format!("unknown format {name:?}: expected human, json or jsonl")),
        };
        if file.as_ref().is_some_and(|file| file.as_os_str().is_empty()) {
            return Err(format!("{text:?} names no file"));
        }
        Ok(Self { kind, file })
    }
}

/// Refuses two reports on standard output: together they are neither.
pub(super) fn one_shown(formats: &[Format]) -> Result<(), Stop> {
    if formats.iter().filter(|format| format.file.is_none()).count() > 1 {
        let message = "only one --format can go to standard output: give the others a file, as \
                       --format json=report.json";
        return Err(Stop::Failure(Failure::Usage(message.to_owned())));
    }
    Ok(())
}

/// Writes each report to its place; human on standard output by default.
pub(super) fn render(formats: &[Format], of: impl Fn(Kind) -> String) -> Result<(), Stop> {
    let human = [Format { kind: Kind::Human, file: None }];
    let nothing_shown = formats.iter().all(|format| format.file.is_some());
    let shown: &[Format] = if nothing_shown { &human } else { &[] };
    for format in formats.iter().chain(shown) {
        let text = match (&format.file, format.kind) {
            // Colors are for the terminal.
            (Some(_), Kind::Human) => without_color(|| of(Kind::Human)),
            (_, kind) => of(kind),
        };
        match &format.file {
            None => print(text.as_bytes())?,
            Some(path) => write_whole(path, text.as_bytes())
                .map_err(|error| Stop::Failure(Failure::Write(path.clone(), cause(error))))?,
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

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A pipe or a device cannot be replaced; it is written to as it is.
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return std::fs::write(path, bytes);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::Builder::new()
        .permissions_of_new_file()
        .tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.persist(path).map_err(|error| error.error)?;
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
    out.write_all(bytes).and_then(|()| out.flush()).map_err(Stop::Output)
}
