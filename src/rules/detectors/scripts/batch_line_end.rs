//! LF alone in what the command processor of Windows and DOS reads.

use super::super::{Detector, Look};
use crate::rules::facts::EntryFacts;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "batch-line-end", look: Look::Facts(find) };

fn find(entry: &EntryFacts<'_>) -> Option<String> {
    let end = entry.name.len().checked_sub(4).and_then(|at| entry.name.get(at..))?;
    if !end.eq_ignore_ascii_case(b".bat") && !end.eq_ignore_ascii_case(b".cmd") {
        return None;
    }
    let census = &entry.content?.census;
    let bare = census.lf.saturating_sub(census.crlf);
    (bare > 0).then(|| bare.to_string())
}
