//! A byte order mark before the first line, so that no kernel sees its `#!`.

use super::super::{Detector, Look};
use crate::rules::facts::EntryFacts;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "script-bom", look: Look::Facts(find) };

fn find(entry: &EntryFacts<'_>) -> Option<String> {
    let head = &entry.content?.ends.as_ref()?.head;
    (head.starts_with(b"\xef\xbb\xbf#!") && super::is_run(entry)).then(String::new)
}
