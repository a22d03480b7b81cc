//! LF alone in what the command processor of Windows and DOS reads.

use super::super::{Detector, Look};
use crate::rules::facts::{EntryFacts, FactsHit};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "batch-line-end", look: Look::Head(find) };

fn find(entry: &EntryFacts<'_>) -> Option<FactsHit> {
    if !super::ends_with(entry.name, &[".bat", ".cmd"]) {
        return None;
    }
    let census = &entry.content?.census;
    let bare = census.lf.saturating_sub(census.crlf);
    let at = super::first_end(super::head(entry), false);
    (bare > 0).then(|| FactsHit { at, ..FactsHit::whole(super::lines(bare)) })
}
