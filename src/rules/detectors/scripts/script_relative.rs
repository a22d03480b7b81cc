//! An interpreter that is looked for in the working directory of whoever calls.

use super::super::{Detector, Look};
use crate::model::Class;
use crate::rules::facts::{EntryFacts, FactsHit};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "script-relative", look: Look::Head(find) };

fn find(entry: &EntryFacts<'_>) -> Option<FactsHit> {
    // Without a bit that says so it may be anything, and with one a sound that begins `#!AMR`.
    let is_run = super::is_executable(entry);
    let is_text = entry.content?.class == Class::Text;
    let path = super::first_line(entry).filter(|_| is_run && is_text)?.interpreter()?;
    // `#![allow(…)]` begins a source of Rust.
    let relative = !matches!(path.text.first(), Some(b'/' | b'['));
    // Installers of wheels put the path of the interpreter in place of these (PEP 427).
    let placeholder = matches!(path.text, b"python" | b"pythonw");
    (relative && !placeholder).then(|| path.hit())
}
