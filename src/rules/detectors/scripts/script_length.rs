//! A first line that kernels cut.

use super::super::{Detector, Look};
use crate::rules::facts::{EntryFacts, FactsHit};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "script-length", look: Look::Head(find) };

/// Bytes that Linux before 5.1 takes, `#!` counted; later ones take 255.
const SHORTEST: usize = 127;

fn find(entry: &EntryFacts<'_>) -> Option<FactsHit> {
    let line = super::first_line(entry).filter(|_| super::is_run(entry))?;
    let absolute = line.interpreter().is_some_and(|path| path.text.starts_with(b"/"));
    let length = 2 + line.text.trim_ascii_end().len();
    let is_cut = !line.is_whole() && entry.content?.census.size > line.head.len() as u64;
    let more = if is_cut { "more than " } else { "" };
    (absolute && length > SHORTEST)
        .then(|| FactsHit::at(SHORTEST..length, format!("{more}{length}")))
}
