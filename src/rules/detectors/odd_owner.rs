//! An entry of a person's account among entries of root, or where a target allows none.

use super::{Detector, Look};
use crate::rules::facts::{EntryFacts, FactsHit};

pub(super) const DETECTOR: Detector = Detector { name: "odd-owner", look: Look::Head(find) };

/// The first number that systems give to persons.
const FIRST: i64 = 1000;
/// Numbers that macOS gives to persons, and the group that they are of.
const OF_MACOS: std::ops::RangeInclusive<i64> = 501..=599;
const STAFF: i64 = 20;

fn find(entry: &EntryFacts<'_>) -> Option<FactsHit> {
    let around = entry.around;
    let of_macos =
        entry.owner.is_some_and(|owner| OF_MACOS.contains(&owner)) && entry.group == Some(STAFF);
    let odd_owner = |owner: &i64| *owner >= FIRST || of_macos;
    if let Some(owner) = entry.owner.filter(odd_owner).filter(|_| around.of_root) {
        return Some(FactsHit::whole(format!("user {owner}, nearly all else to root")));
    }
    let odd_group = |group: &i64| *group >= FIRST;
    if let Some(group) = entry.group.filter(odd_group).filter(|_| around.of_root_group) {
        return Some(FactsHit::whole(format!("group {group}, nearly all else to that of root")));
    }
    let target = around.owners?;
    let told =
        [("user", entry.owner), ("group", entry.group)].into_iter().find_map(|(who, id)| {
            let id = id.filter(|id| !target.allows_owner(*id))?;
            Some(FactsHit::whole(format!(
                "{who} {id}, which is no number of a system on {}",
                target.name
            )))
        })?;
    Some(FactsHit { target: Some(&target.name), ..told })
}
