//! The order of members: content of an archive that is read forward, and of a format that says which
//! member comes first (EPUB, JAR, Debian packages).
//!
//! Members that came or went say nothing of it: what both sides have is compared.

use std::collections::BTreeMap;

use super::{Item, ItemKind, Normalizer};
use crate::model::{Change, Disposition, FieldChange, Locator, Nature, Verb, field};

/// Members that both sides have, as the merge meets them: their places, by view of a container.
#[derive(Default)]
pub(super) struct Orders {
    views: BTreeMap<String, Vec<(u32, u32)>>,
    /// The view of the members met last.
    last: String,
    places: Vec<(u32, u32)>,
}

impl Orders {
    /// Takes in a member and its places.
    pub(super) fn learn(&mut self, path: &str, old: Option<u32>, new: Option<u32>) {
        let (Some(old), Some(new)) = (old, new) else { return };
        // With the view, which has an order of its own.
        let view = path.rfind('!').map_or(0, |at| {
            let rest = path.get(at..).unwrap_or_default();
            at + rest.find('/').unwrap_or(rest.len())
        });
        let view = path.get(..view).unwrap_or_default();
        if view != self.last {
            self.put();
            view.clone_into(&mut self.last);
        }
        self.places.push((old, new));
    }

    fn put(&mut self) {
        let places = std::mem::take(&mut self.places);
        if !places.is_empty() {
            self.views.entry(self.last.clone()).or_default().extend(places);
        }
    }

    /// Adds one change for each view of which the order changed: a field of the view.
    pub(super) fn tell(mut self, normalize: &[Normalizer], items: &mut Vec<Item>) {
        self.put();
        for (view, mut places) in self.views {
            places.sort_unstable();
            let moved = places.len() - longest_ascent(places.iter().map(|place| place.1));
            if moved == 0 {
                continue;
            }
            let count = places.len();
            let is_noise = normalize.contains(&Normalizer::Order);
            let change = FieldChange {
                field: field::ORDER.name().to_owned(),
                old: Some(format!("{count} members that both builds have")),
                new: Some(format!("{moved} of these elsewhere among the others")),
                disposition: if is_noise {
                    Disposition::Normalized
                } else {
                    Disposition::Undeclared
                },
            };
            add(items, if view.is_empty() { "!" } else { &view }, change);
        }
    }
}

/// Adds a field to what is told of a view already, or to a change of its own.
fn add(items: &mut Vec<Item>, view: &str, field: FieldChange) {
    let view = Locator::parse(view);
    let kind = ItemKind::VolumeFacts;
    if let Some(item) = items.iter_mut().find(|item| item.kind == kind && item.change.path == view)
    {
        item.change.fields.push(field);
        item.natures.push(Nature::Identity);
        return;
    }
    let mut change = Change::new(view, Verb::Metadata);
    change.fields.push(field);
    items.push(Item { change, kind, old: None, new: None, natures: vec![Nature::Identity] });
}

/// How many of these, left where they are, ascend: the others have to have moved.
fn longest_ascent(places: impl Iterator<Item = u32>) -> usize {
    // For each length the smallest last place of an ascent so long.
    let mut ends: Vec<u32> = Vec::new();
    for place in places {
        let at = ends.partition_point(|&end| end < place);
        match ends.get_mut(at) {
            Some(end) => *end = place,
            None => ends.push(place),
        }
    }
    ends.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The places of a member on both sides, and what is told.
    type Case<'a> = (&'a [(u32, u32)], Option<&'a str>);

    #[test]
    fn only_what_moved_among_common_members_counts() {
        let cases: [Case<'_>; 5] = [
            (&[(0, 0), (1, 1), (2, 2)], None),
            // One came in front, one in between went.
            (&[(0, 1), (2, 2), (3, 3)], None),
            (&[(0, 1), (1, 0), (2, 2)], Some("1 of these elsewhere among the others")),
            (&[(0, 3), (1, 2), (2, 1), (3, 0)], Some("3 of these elsewhere among the others")),
            (&[], None),
        ];
        for (places, told) in cases {
            for normalize in [&[][..], &[Normalizer::Order]] {
                let mut orders = Orders::default();
                // Members of another container stand between them.
                for &(old, new) in places {
                    orders.learn("a.zip!/m", Some(old), Some(new));
                    orders.learn("b.tar!/m", Some(old), Some(old));
                    orders.learn("c.iso!/m", None, Some(new));
                }
                let mut items = Vec::new();
                orders.tell(normalize, &mut items);
                assert_eq!(items.len(), usize::from(told.is_some()));
                for item in items {
                    assert_eq!(item.change.path.as_str(), "a.zip!");
                    let field = &item.change.fields[0];
                    assert_eq!(field.new.as_deref(), told);
                    assert_eq!(field.disposition.blocks(), normalize.is_empty());
                }
            }
        }
    }
}
