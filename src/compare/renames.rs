//! Renames: what went and what came with the same bytes.

use std::collections::{HashMap, VecDeque};

use super::Item;
use crate::model::{Row, Verb};

/// What went and has the same bytes, in order: all of it, and by its name.
#[derive(Default)]
struct Gone {
    all: VecDeque<usize>,
    named: HashMap<String, VecDeque<usize>>,
}

/// Pairs what went with what came if the bytes are the same, under the same name where it can be.
pub(super) fn find_renames(items: &mut Vec<Item>) {
    let digest = |row: &Option<Box<Row>>| {
        let content = row.as_ref()?.content.as_ref()?;
        content.blake3.filter(|_| content.size > 0).map(|digest| (digest, content.size))
    };
    let mut gone: HashMap<_, Gone> = HashMap::new();
    for (index, item) in items.iter().enumerate() {
        if item.change.verb == Verb::Removed
            && let Some(key) = digest(&item.old)
        {
            let gone = gone.entry(key).or_default();
            gone.all.push_back(index);
            let name = item.change.path.last_segment();
            gone.named.entry(name.to_owned()).or_default().push_back(index);
        }
    }
    let mut taken = vec![false; items.len()];
    for to in 0..items.len() {
        let Some(item) = items.get(to).filter(|item| item.change.verb == Verb::Added) else {
            continue;
        };
        let Some(gone) = digest(&item.new).and_then(|key| gone.get_mut(&key)) else { continue };
        let mut first = |of: &mut VecDeque<usize>| {
            while let Some(from) = of.pop_front() {
                if let Some(flag) = taken.get_mut(from).filter(|flag| !**flag) {
                    *flag = true;
                    return Some(from);
                }
            }
            None
        };
        let same_name = gone.named.get_mut(item.change.path.last_segment());
        let Some(from) = same_name.and_then(&mut first).or_else(|| first(&mut gone.all)) else {
            continue;
        };
        let source = items.get_mut(from).map(|gone| (gone.change.path.clone(), gone.old.take()));
        if let (Some(item), Some((from, old))) = (items.get_mut(to), source) {
            item.change.verb = Verb::Renamed;
            item.change.from = Some(from);
            item.old = old;
        }
    }
    let mut taken = taken.into_iter();
    items.retain(|_| !taken.next().unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::super::ItemKind;
    use super::*;
    use crate::model::{Change, ContentRow, Digest, Kind, Locator, RowKind};

    fn item(path: &str, verb: Verb, bytes: &[u8]) -> Item {
        let content =
            ContentRow { size: 1, blake3: Some(Digest::of(bytes)), ..ContentRow::default() };
        let row = Row {
            path: Locator::parse(path),
            kind: RowKind::Entry(Kind::File),
            facts: Vec::new(),
            content: Some(content),
            main: None,
            place: None,
            opened: false,
            ordinal: None,
        };
        let change = Change::new(row.path.clone(), verb);
        let (old, new) = match verb {
            Verb::Removed => (Some(Box::new(row)), None),
            _ => (None, Some(Box::new(row))),
        };
        Item { change, kind: ItemKind::Entry, old, new, natures: Vec::new() }
    }

    #[test]
    fn renames_keep_the_name_where_they_can_and_the_order_otherwise() {
        let mut items = vec![
            item("a/1", Verb::Removed, b"x"),
            item("a/2", Verb::Removed, b"x"),
            item("a/3", Verb::Removed, b"x"),
            item("a/4", Verb::Removed, b"y"),
            item("b/2", Verb::Added, b"x"),
            item("b/5", Verb::Added, b"x"),
            item("b/2!/2", Verb::Added, b"x"),
            item("b/6", Verb::Added, b"x"),
        ];
        find_renames(&mut items);
        let told: Vec<_> = items
            .iter()
            .map(|item| {
                assert_eq!(item.old.is_some(), item.change.verb != Verb::Added);
                let from = item.change.from.as_ref().map(Locator::as_str).unwrap_or_default();
                (item.change.path.as_str(), item.change.verb, from)
            })
            .collect();
        let expected = [
            ("a/4", Verb::Removed, ""),
            ("b/2", Verb::Renamed, "a/2"),
            ("b/5", Verb::Renamed, "a/1"),
            ("b/2!/2", Verb::Renamed, "a/3"),
            ("b/6", Verb::Added, ""),
        ];
        assert_eq!(told, expected);
    }
}
