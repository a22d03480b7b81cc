//! A first line that names no interpreter.

use super::super::{Detector, Look};
use crate::rules::facts::{EntryFacts, FactsHit};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "script-empty", look: Look::Head(find) };

fn find(entry: &EntryFacts<'_>) -> Option<FactsHit> {
    // Without a bit that says so nobody runs it.
    let is_run = entry.mode.is_some_and(|mode| mode & 0o111 != 0);
    let line = super::first_line(entry).filter(|_| is_run)?;
    let is_empty = line.interpreter().is_none() && line.is_whole();
    is_empty.then(|| FactsHit::at(0..2, ""))
}
