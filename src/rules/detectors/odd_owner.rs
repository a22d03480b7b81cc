//! An entry of a person's account among entries of root.

use super::{Detector, Look};
use crate::rules::facts::EntryFacts;

pub(super) const DETECTOR: Detector = Detector { name: "odd-owner", look: Look::Facts(find) };

/// The first number that systems give to persons.
const FIRST: i64 = 1000;

fn find(entry: &EntryFacts<'_>) -> Option<String> {
    let owner = entry.owner.filter(|owner| *owner >= FIRST && entry.around.of_root)?;
    Some(owner.to_string())
}
