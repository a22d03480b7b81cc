//! A document without its last comment.

use super::super::{Detector, Look};
use crate::rules::facts::EntryFacts;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "postscript-end", look: Look::Facts(find) };

fn find(entry: &EntryFacts<'_>) -> Option<String> {
    let (_, ends) = super::document(entry)?;
    memchr::memmem::rfind(&ends.tail, super::END).is_none().then(String::new)
}
