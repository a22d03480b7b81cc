//! A first line that ends with CR, which the kernel takes for a part of the name.

use super::super::{Detector, Look};
use crate::rules::facts::{EntryFacts, FactsHit};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "script-carriage-return", look: Look::Head(find) };

fn find(entry: &EntryFacts<'_>) -> Option<FactsHit> {
    let line = super::first_line(entry).filter(|_| super::is_run(entry))?;
    let path = line.interpreter().filter(|path| path.text.starts_with(b"/"))?;
    let end = line.text.len() + 1;
    line.text.ends_with(b"\r").then(|| FactsHit { at: Some(end..end + 1), ..path.hit() })
}
