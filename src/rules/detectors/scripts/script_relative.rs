//! An interpreter that is looked for in the working directory of whoever calls.

use super::super::{Detector, Look};
use crate::rules::facts::EntryFacts;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "script-relative", look: Look::Facts(find) };

fn find(entry: &EntryFacts<'_>) -> Option<String> {
    // Without a bit that says so it may be anything: `#![allow(…)]` begins a source of Rust.
    let line =
        super::shebang(entry).filter(|_| entry.mode.is_some_and(|mode| mode & 0o111 != 0))?;
    let path = super::interpreter(line);
    let relative = path.first().is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'.');
    // Installers of wheels put the path of the interpreter in place of these (PEP 427).
    let placeholder = matches!(path, b"python" | b"pythonw");
    (relative && !placeholder).then(|| path.escape_ascii().to_string())
}
