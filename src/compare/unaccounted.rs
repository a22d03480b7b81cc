//! Containers whose bytes differ where no reader accounts for them.

use std::collections::HashSet;

use super::{Item, ItemKind};
use crate::model::{Change, Locator, Verb};

/// The net below all readers: a container whose bytes differ while nothing in it shows a change is a
/// change of its own.
pub(super) fn name_unaccounted(opened: &[Locator], items: &mut Vec<Item>) {
    let mut changed_inside = HashSet::new();
    for item in items.iter() {
        if item.change.verb == Verb::Region {
            changed_inside.insert(item.change.path.as_str().to_owned());
        }
        for path in std::iter::once(&item.change.path).chain(&item.change.aliases) {
            changed_inside.insert(String::new());
            changed_inside.extend(containers(path).map(str::to_owned));
        }
    }
    // Innermost first, so that a container inside explains the ones around it.
    let mut opened: Vec<_> = opened.to_vec();
    opened.sort_by_key(|path| std::cmp::Reverse(path.as_str().len()));
    for container in opened {
        if changed_inside.contains(container.as_str()) {
            continue;
        }
        changed_inside.insert(String::new());
        changed_inside.extend(containers(&container).map(str::to_owned));
        let mut change = Change::new(container, Verb::Region);
        change.note = Some("its bytes differ where no reader accounts for them".to_owned());
        let kind = ItemKind::Residue;
        items.push(Item { change, kind, old: None, new: None, natures: Vec::new() });
    }
}

/// The containers that an entry is in, outermost first.
fn containers(path: &Locator) -> impl Iterator<Item = &str> {
    let path = path.as_str();
    path.match_indices('!').filter_map(|(at, _)| path.get(..at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_without_a_change_inside_is_one() {
        let opened = ["", "a!/b", "a", "c", "d"].map(Locator::parse);
        let added = |path| Item {
            change: Change::new(Locator::parse(path), Verb::Added),
            kind: ItemKind::Entry,
            old: None,
            new: None,
            natures: Vec::new(),
        };
        let mut items = vec![added("c!x/y"), added("a.txt")];
        name_unaccounted(&opened, &mut items);
        let named: Vec<_> = items.iter().skip(2).map(|item| item.change.path.as_str()).collect();
        assert_eq!(named, ["a!/b", "d"]);
        let mut items = Vec::new();
        name_unaccounted(&opened[..1], &mut items);
        assert_eq!(items.len(), 1);
    }
}
