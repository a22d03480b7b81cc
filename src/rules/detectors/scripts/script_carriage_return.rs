//! A first line that ends with CR, which the kernel takes for a part of the name.

use super::super::{Detector, Look};
use crate::rules::facts::EntryFacts;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "script-carriage-return", look: Look::Facts(find) };

fn find(entry: &EntryFacts<'_>) -> Option<String> {
    let line = super::shebang(entry).filter(|_| super::is_run(entry))?;
    let path = super::interpreter(line.strip_suffix(b"\r")?);
    (path.starts_with(b"/") && line.ends_with(b"\r")).then(|| path.escape_ascii().to_string())
}
