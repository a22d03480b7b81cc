//! Letters beyond ASCII in a printer description that declares no encoding for them.

use super::super::{Detector, Look};
use crate::rules::facts::EntryFacts;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "ppd-encoding", look: Look::Facts(find) };

fn find(entry: &EntryFacts<'_>) -> Option<String> {
    let content = entry.content.filter(|content| content.format() == Some("ppd"))?;
    let head = &content.ends()?.head;
    let at = memchr::memmem::find(head, b"*LanguageEncoding:");
    let value = at.and_then(|at| head.get(at + 18..)).unwrap_or_default().trim_ascii_start();
    // Behind the part that was kept it may stand all the same.
    let unknown = at.is_none() && content.size() > head.len() as u64;
    let none = at.is_none() || value.starts_with(b"None");
    (none && !unknown && content.census.high > 0).then(|| content.census.high.to_string())
}
