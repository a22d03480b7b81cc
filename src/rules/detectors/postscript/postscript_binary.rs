//! Bytes above 0x7F in a document that says it has none.

use super::super::{Detector, Look};
use crate::rules::facts::EntryFacts;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "postscript-binary", look: Look::Facts(find) };

fn find(entry: &EntryFacts<'_>) -> Option<String> {
    let (content, ends) = super::document(entry)?;
    let says = memchr::memmem::find(&ends.head, b"%%DocumentData: Clean7Bit").is_some();
    let high = content.census.high;
    (says && high > 0).then(|| high.to_string())
}
