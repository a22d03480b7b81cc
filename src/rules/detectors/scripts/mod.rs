//! Detectors of scripts: what a kernel makes of the first line, and a command processor of line ends.

pub(super) mod batch_line_end;
pub(super) mod script_bom;
pub(super) mod script_build_path;
pub(super) mod script_carriage_return;
pub(super) mod script_length;
pub(super) mod script_line_end;
pub(super) mod script_relative;

use crate::rules::facts::EntryFacts;

/// The first line behind `#!`, as far as it was kept, without its line feed.
fn shebang<'a>(entry: &EntryFacts<'a>) -> Option<&'a [u8]> {
    let line = entry.content?.ends.as_ref()?.head.strip_prefix(b"#!")?;
    line.split(|b| *b == b'\n').next()
}

/// The path of the interpreter: up to a blank.
fn interpreter(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii_start();
    line.split(u8::is_ascii_whitespace).next().unwrap_or_default()
}

/// Whether someone will run it: it has an execution bit, or its format records none.
fn is_run(entry: &EntryFacts<'_>) -> bool {
    entry.mode.is_none_or(|mode| mode & 0o111 != 0)
}

/// Whether a shell reads it.
fn is_shell(line: &[u8]) -> bool {
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let name = |word: &'_ [u8]| word.rsplit(|b| *b == b'/').next().unwrap_or_default().to_vec();
    let mut program = words.next().map(name).unwrap_or_default();
    if program == b"env" {
        program = words.next().map(name).unwrap_or_default();
    }
    matches!(program.as_slice(), b"sh" | b"bash" | b"dash" | b"ash" | b"ksh" | b"mksh" | b"zsh")
}
