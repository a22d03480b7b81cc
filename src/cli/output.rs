//! The kinds of report by name, and each to its place: standard output, or a file.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::str::FromStr;

use super::Stop;
use super::place::{is_standard_output, resolved, write_whole};
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
    /// One object, or one list of them.
    Json,
    /// One object a line.
    Jsonl,
}

impl Named for Kind {
    const ALL: &'static [(&'static str, Self)] =
        &[("human", Self::Human), ("json", Self::Json), ("jsonl", Self::Jsonl)];
}

impl Kind {
    /// Objects, one a line, as this kind has them: all of them are one list in JSON.
    pub(super) fn listed(self, lines: String) -> String {
        if self != Self::Json {
            return lines;
        }
        let objects: Vec<&str> = lines.lines().collect();
        format!("[{}]\n", objects.join(",\n "))
    }
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

impl<K> Format<K> {
    /// Where it goes in the end; `None` for standard output, by whatever name.
    fn place(&self) -> Option<PathBuf> {
        self.file.as_deref().map(resolved).filter(|place| !is_standard_output(place))
    }
}

/// Refuses two reports in one place: together they are neither.
pub(super) fn one_a_place<K>(formats: &[Format<K>]) -> Result<(), Stop> {
    let mut places = Vec::new();
    for format in formats {
        let place = format.place();
        if places.contains(&place) {
            let message = match (&place, &format.file) {
                (Some(_), Some(file)) => {
                    format!("two reports cannot both be written to {}", file.display())
                }
                _ => "only one --format can go to standard output: give the others a file, as \
                      --format json=report.json"
                    .to_owned(),
            };
            return Err(Stop::Failure(Failure::Usage(message)));
        }
        places.push(place);
    }
    Ok(())
}

/// Columns of standard output: those of the terminal, within what reads well.
pub(super) fn columns() -> usize {
    let size = terminal_size::terminal_size_of(io::stdout());
    size.map_or(COLUMNS, |(width, _)| usize::from(width.0).clamp(40, 100))
}

/// Writes each report to its place; human on standard output by default. That comes last: who reads
/// it may be gone before its end. A report is made of its kind and the columns that its place has.
pub(super) fn render<K: Named>(
    formats: &[Format<K>],
    of: impl Fn(K, usize) -> String,
) -> Result<(), Stop> {
    let mut shown = K::ALL.first().map(|(_, kind)| *kind);
    for format in formats {
        match format.place().and(format.file.as_ref()) {
            None => shown = Some(format.kind),
            // Colors and its width are for the terminal.
            Some(path) => {
                write_whole(path, without_color(|| of(format.kind, COLUMNS)).as_bytes())?;
            }
        }
    }
    shown.map_or(Ok(()), |kind| print(of(kind, columns()).as_bytes()))
}

fn without_color(of: impl Fn() -> String) -> String {
    let was = colored::control::SHOULD_COLORIZE.should_colorize();
    colored::control::set_override(false);
    let text = of();
    colored::control::set_override(was);
    text
}

/// Writes to standard output.
pub(super) fn print(bytes: &[u8]) -> Result<(), Stop> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| Stop::Output(None, error))
}
