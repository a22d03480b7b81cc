//! Bytes behind the last comment of a document.

use super::super::{Detector, Look};
use crate::rules::facts::EntryFacts;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "postscript-after-end", look: Look::Facts(find) };

fn find(entry: &EntryFacts<'_>) -> Option<String> {
    let (_, ends) = super::document(entry)?;
    let at = memchr::memmem::rfind(&ends.tail, super::END)?;
    let rest = ends.tail.get(at + super::END.len()..)?;
    // EOT and SUB at the end are told as such.
    let other = |b: &&u8| !b.is_ascii_whitespace() && !matches!(**b, 0x04 | 0x1a | 0);
    let count = rest.iter().filter(other).count();
    (count > 0).then(|| count.to_string())
}
