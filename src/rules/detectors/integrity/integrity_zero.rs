//! A file of nothing but zero bytes.

use super::super::{Detector, Look};
use crate::rules::facts::EntryFacts;

/// Files up to this size may well be a count, a flag or a lock.
const SMALL: u64 = 16;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "integrity-zero", look: Look::Facts(find) };

fn find(entry: &EntryFacts<'_>) -> Option<String> {
    let census = &entry.content?.census;
    let zero = census.size > SMALL && census.nul == census.size;
    zero.then(|| format!("all {} bytes of this file are zero", census.size))
}
