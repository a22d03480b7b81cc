//! A first line that names no interpreter.

use super::super::{Detector, Look};
use crate::rules::facts::{EntryFacts, FactsHit};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "script-empty", look: Look::Head(find) };

fn find(entry: &EntryFacts<'_>) -> Option<FactsHit> {
    let line = super::first_line(entry).filter(|_| super::is_executable(entry))?;
    let is_empty = line.interpreter().is_none() && line.is_whole();
    is_empty.then(|| FactsHit::at(0..2, ""))
}
