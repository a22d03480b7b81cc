//! A first line that kernels cut.

use super::super::{Detector, Look};
use crate::rules::facts::EntryFacts;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "script-length", look: Look::Facts(find) };

/// Bytes that Linux before 5.1 takes, `#!` counted; later ones take 255.
const SHORTEST: usize = 127;

fn find(entry: &EntryFacts<'_>) -> Option<String> {
    let line = super::shebang(entry).filter(|line| line.trim_ascii_start().starts_with(b"/"))?;
    let length = 2 + line.trim_ascii_end().len();
    (length > SHORTEST && super::is_run(entry)).then(|| length.to_string())
}
