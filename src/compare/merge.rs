//! The merge of two sorted streams of rows into changes.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::Normalizer;
use super::order::Orders;
use super::renames::find_renames;
use super::unaccounted::name_unaccounted;
use crate::model::{
    Change, Class, ContentRow, Disposition, Fact, Field, FieldChange, Glance, Kind, Locator,
    Nature, Region, Related, ResidueRow, Row, RowKind, RowStream, Subject, Value, Verb, VolumeRow,
    field,
};

/// What counts as a difference.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Whether both sides are folders of the host whose dates, owners and umask bits do not count.
    pub folder: bool,
    /// Differences that are noise.
    pub normalize: Vec<Normalizer>,
}

/// What a change is about, for who decides what follows from what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ItemKind {
    /// An entry.
    Entry,
    /// The facts of a volume.
    VolumeFacts,
    /// Where things lie: one item for all views of a container.
    Layout {
        /// Whether every layout field of the new side recomputes.
        agrees: bool,
    },
    /// Bytes that neither fact nor layout explains.
    Residue,
    /// A whole view that came or went.
    View,
}

/// A change with the rows it came from.
#[derive(Clone, Debug)]
pub struct Item {
    /// The change.
    pub change: Change,
    /// What it is about.
    pub kind: ItemKind,
    /// The old row of the main entry.
    pub old: Option<Box<Row>>,
    /// The new row of the main entry.
    pub new: Option<Box<Row>>,
    /// For each field of the change, what it is about.
    pub natures: Vec<Nature>,
}

/// All that differs.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// The changes, sorted by locator.
    pub items: Vec<Item>,
    /// Entries on the old side.
    pub old_entries: u64,
    /// Entries on the new side.
    pub new_entries: u64,
    /// Entries that were text and are not any more, or the other way round.
    pub flipped: Vec<(Row, Row)>,
}

impl Comparison {
    /// What the old side had and the new one has not, by its former locators.
    pub fn gone(&self) -> impl Iterator<Item = &Locator> {
        self.items.iter().filter_map(|item| match item.change.verb {
            Verb::Removed => Some(&item.change.path),
            Verb::Renamed => item.change.from.as_ref(),
            _ => None,
        })
    }
}

/// One pair of rows that differ, or a row without a partner.
struct Pair {
    old: Option<Box<Row>>,
    new: Option<Box<Row>>,
}

/// Compares two builds.
pub fn compare(old: &mut impl RowStream, new: &mut impl RowStream, policy: &Policy) -> Comparison {
    let mut out = Comparison::default();
    let mut entries = Vec::new();
    let mut views = Vec::new();
    let mut opened = Vec::new();
    let mut orders = Orders::default();
    merge(old, new, &mut out, &mut orders, |pair| {
        let is_view = |row: &Option<Box<Row>>| {
            row.as_ref().is_some_and(|row| matches!(row.kind, RowKind::View(_)))
        };
        if let (Some(old), Some(new)) = (&pair.old, &pair.new)
            && old.opened
            && new.opened
            && content_differs(old.content.as_ref(), new.content.as_ref())
        {
            opened.push(new.path.clone());
        }
        if is_view(&pair.old) || is_view(&pair.new) {
            views.push(pair);
        } else {
            entries.push(pair);
        }
    });
    let mut items = Vec::new();
    compare_entries(entries, policy, &mut items, &mut out.flipped);
    compare_views(views, policy, &mut items);
    orders.tell(&policy.normalize, &mut items);
    name_unaccounted(&opened, &mut items);
    items.sort_by(|a, b| {
        let key = |item: &Item| (item.change.path.clone(), item.change.verb);
        key(a).cmp(&key(b))
    });
    out.items = items;
    out
}

/// Walks both streams and hands over every pair that is not equal to the letter.
fn merge(
    old: &mut impl RowStream,
    new: &mut impl RowStream,
    out: &mut Comparison,
    orders: &mut Orders,
    mut differs: impl FnMut(Pair),
) {
    let is_entry = |row: &Glance<'_>| u64::from(matches!(row.subject, Subject::Entry(_)));
    let (mut has_old, mut has_new) = (old.advance(), new.advance());
    while has_old || has_new {
        let before = has_old.then(|| old.glance());
        let after = has_new.then(|| new.glance());
        let order = match (&before, &after) {
            (Some(a), Some(b)) => a.path.cmp(b.path),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        let (take_old, take_new) = (order.is_le(), order.is_ge());
        out.old_entries += before.filter(|_| take_old).as_ref().map_or(0, is_entry);
        out.new_entries += after.filter(|_| take_new).as_ref().map_or(0, is_entry);
        if let Some(after) = after.filter(|_| order.is_eq()) {
            orders.learn(after.path, old.ordinal(), new.ordinal());
        }
        // Of a view its row says more.
        let equal = before == after && before.is_some_and(|row| row.subject != Subject::View);
        if !equal {
            let pair = Pair {
                old: if take_old { old.row().map(Box::new) } else { None },
                new: if take_new { new.row().map(Box::new) } else { None },
            };
            if !is_same_view(&pair) {
                differs(pair);
            }
        }
        has_old = if take_old { old.advance() } else { has_old };
        has_new = if take_new { new.advance() } else { has_new };
    }
}

/// Whether a pair of rows are views that say the same.
fn is_same_view(pair: &Pair) -> bool {
    let (Some(old), Some(new)) = (&pair.old, &pair.new) else { return false };
    matches!(old.kind, RowKind::View(_)) && old.kind == new.kind && old.facts == new.facts
}

/// Whether two contents are known to differ. What was not decoded is a gap, and a change only if the
/// stored bytes or the sizes tell.
fn content_differs(old: Option<&ContentRow>, new: Option<&ContentRow>) -> bool {
    match (old, new) {
        (Some(old), Some(new)) => {
            if let (Some(a), Some(b)) = (old.blake3, new.blake3) {
                return a != b;
            }
            let stored = |row: &ContentRow| row.stored.or(row.blake3);
            let is_other = stored(old).zip(stored(new)).is_some_and(|(a, b)| a != b);
            is_other || old.size != new.size
        }
        (old, new) => old.is_some() != new.is_some(),
    }
}

/// Whether the content is structure of its volume, which is compared there.
fn is_structure(row: &Row) -> bool {
    row.content.as_ref().is_some_and(|content| content.class == Class::Structure)
}

fn compare_entries(
    pairs: Vec<Pair>,
    policy: &Policy,
    items: &mut Vec<Item>,
    flipped: &mut Vec<(Row, Row)>,
) {
    let mut changed: BTreeMap<(Locator, Verb), Item> = BTreeMap::new();
    let mut aliases: Vec<(Locator, Locator, Verb)> = Vec::new();
    for pair in pairs {
        let (verb, change) = match (&pair.old, &pair.new) {
            (Some(old), Some(new)) if old.kind == RowKind::Artifact => {
                // Of an artifact with entries the entries tell; of a single file its bytes.
                if old.opened && new.opened
                    || !content_differs(old.content.as_ref(), new.content.as_ref())
                {
                    continue;
                }
                (Verb::Modified, Change::new(new.path.clone(), Verb::Modified))
            }
            (Some(old), Some(new)) => {
                if let (Some(a), Some(b)) = (&old.content, &new.content)
                    && a.class != b.class
                    && new.main.is_none()
                {
                    flipped.push(((**old).clone(), (**new).clone()));
                }
                let (fields, _) = compare_facts(old, new, policy);
                let members_tell =
                    old.opened && new.opened || is_structure(old) && is_structure(new);
                let modified =
                    content_differs(old.content.as_ref(), new.content.as_ref()) && !members_tell;
                let verb = if modified { Verb::Modified } else { Verb::Metadata };
                if !modified && fields.is_empty() {
                    continue;
                }
                let mut change = Change::new(new.path.clone(), verb);
                change.fields = fields;
                (verb, change)
            }
            (Some(old), None) => (Verb::Removed, Change::new(old.path.clone(), Verb::Removed)),
            (None, Some(new)) => (Verb::Added, Change::new(new.path.clone(), Verb::Added)),
            (None, None) => continue,
        };
        let natures = change.fields.iter().map(|field| nature_of(&field.field)).collect::<Vec<_>>();
        let main = pair.new.as_ref().or(pair.old.as_ref()).and_then(|row| row.main.clone());
        let path = change.path.clone();
        aliases.extend(main.map(|main| (main, path.clone(), verb)));
        let item = Item { change, kind: ItemKind::Entry, old: pair.old, new: pair.new, natures };
        changed.insert((path, verb), item);
    }
    let mut folders = FolderAliases::default();
    for (main, alias, verb) in aliases {
        folders.learn(&alias, &main);
        let target = match verb {
            Verb::Metadata if changed.contains_key(&(main.clone(), Verb::Modified)) => {
                Verb::Modified
            }
            verb => verb,
        };
        // If the main entry does not show the change, the alias stands for itself.
        if changed.contains_key(&(main.clone(), target))
            && let Some(item) = changed.remove(&(alias, verb))
            && let Some(of) = changed.get_mut(&(main, target))
        {
            absorb(of, item);
        }
    }
    folders.join(&mut changed);
    let mut list: Vec<Item> = changed.into_values().collect();
    find_renames(&mut list);
    items.append(&mut list);
}

/// Takes over what an alias shows: its name, and fields that the main entry does not show alike.
fn absorb(of: &mut Item, alias: Item) {
    for (change, nature) in alias.change.fields.into_iter().zip(alias.natures) {
        if !of.change.fields.contains(&change) {
            of.change.fields.push(change);
            of.natures.push(nature);
        }
    }
    of.change.aliases.push(alias.change.path);
}

/// Which folders of other views are the same folder, learnt from the files in them.
#[derive(Default)]
struct FolderAliases(BTreeMap<Locator, Locator>);

impl FolderAliases {
    fn learn(&mut self, alias: &Locator, main: &Locator) {
        for (a, m) in alias.ancestors().zip(main.ancestors()) {
            let is_folder = |path: &str| !path.is_empty() && !is_view_root(path);
            if a == m || !is_folder(a) || !is_folder(m) {
                break;
            }
            self.0.insert(Locator::parse(a), Locator::parse(m));
        }
    }

    /// Folds an added or removed folder of another view into the folder it is.
    fn join(&self, changed: &mut BTreeMap<(Locator, Verb), Item>) {
        for (alias, main) in &self.0 {
            for verb in [Verb::Added, Verb::Removed, Verb::Metadata] {
                if !changed.contains_key(&(main.clone(), verb)) {
                    continue;
                }
                if let Some(item) = changed.remove(&(alias.clone(), verb))
                    && let Some(of) = changed.get_mut(&(main.clone(), verb))
                {
                    absorb(of, item);
                }
            }
        }
    }
}

fn is_view_root(path: &str) -> bool {
    path.rfind('!').is_some_and(|at| !path.get(at..).unwrap_or_default().contains('/'))
}

/// What a field is about; packing and kind are no facts and count as identity.
fn nature_of(name: &str) -> Nature {
    Field::named(name).map_or(Nature::Identity, Field::nature)
}

fn compare_facts(old: &Row, new: &Row, policy: &Policy) -> (Vec<FieldChange>, bool) {
    let host = policy.folder && !new.path.as_str().contains('!');
    let kind_of = |row: &Row| match row.kind {
        RowKind::Entry(kind) => kind,
        _ => Kind::Directory,
    };
    let mut fields = Vec::new();
    let mut push = |name: &str, old: Option<String>, new: Option<String>| {
        let disposition = Disposition::Undeclared;
        fields.push(FieldChange { field: name.to_owned(), old, new, disposition });
    };
    if let (RowKind::Entry(a), RowKind::Entry(b)) = (&old.kind, &new.kind)
        && a != b
    {
        push("kind", Some(a.name().to_owned()), Some(b.name().to_owned()));
    }
    for (field, a, b) in fact_differences(&old.facts, &new.facts) {
        if host {
            // Dates, owners and umask bits are facts of the host.
            let counts = match field {
                field::MODE => release_mode(a, kind_of(old)) != release_mode(b, kind_of(new)),
                field::TARGET | field::DEVICE => true,
                _ => false,
            };
            if !counts {
                continue;
            }
        }
        push(field.name(), a.map(Value::text), b.map(Value::text));
    }
    if let (Some(a), Some(b)) = (&old.content, &new.content)
        && a.blake3 == b.blake3
        && a.stored != b.stored
        && a.stored.is_some()
        && b.stored.is_some()
    {
        let text = |row: &ContentRow| row.stored.map(|digest| digest.to_string());
        push("packing", text(a), text(b));
    }
    if old.opened != new.opened && !content_differs(old.content.as_ref(), new.content.as_ref()) {
        let text = |row: &Row| Some(if row.opened { "read" } else { "not read" }.to_owned());
        push("members", text(old), text(new));
    }
    for field in &mut fields {
        if policy.normalize.iter().any(|normalizer| ignores(*normalizer, &field.field)) {
            field.disposition = Disposition::Normalized;
        }
    }
    (fields, host)
}

fn ignores(normalizer: Normalizer, name: &str) -> bool {
    let nature = Field::named(name).map(Field::nature);
    match normalizer {
        Normalizer::Mtime => nature == Some(Nature::Date),
        Normalizer::Atime => nature == Some(Nature::Access),
        Normalizer::Owner => nature == Some(Nature::Owner),
        Normalizer::Packing => name == "packing",
        Normalizer::Order => name == field::ORDER.name(),
    }
}

/// Of a mode what belongs to the release: the owner's exec bit of a file, set-id and sticky bits.
pub fn release_mode(value: Option<&Value>, kind: Kind) -> u16 {
    let mode = match value {
        Some(Value::Mode(mode)) => *mode,
        Some(other) => u16::from_str_radix(&other.text(), 8).unwrap_or_default(),
        None => 0,
    };
    mode & if kind == Kind::File { 0o7100 } else { 0o7000 }
}

/// Fields whose values differ, each value once; several facts of one field are compared in order.
fn fact_differences<'a>(
    old: &'a [Fact],
    new: &'a [Fact],
) -> Vec<(Field, Option<&'a Value>, Option<&'a Value>)> {
    let mut by_field: BTreeMap<Field, (Vec<&Value>, Vec<&Value>)> = BTreeMap::new();
    for fact in old {
        by_field.entry(fact.field).or_default().0.push(&fact.value);
    }
    for fact in new {
        by_field.entry(fact.field).or_default().1.push(&fact.value);
    }
    let mut out = Vec::new();
    for (field, (old, new)) in by_field {
        for index in 0..old.len().max(new.len()) {
            let (a, b) = (old.get(index).copied(), new.get(index).copied());
            if a != b {
                out.push((field, a, b));
            }
        }
    }
    out
}

fn compare_views(pairs: Vec<Pair>, policy: &Policy, items: &mut Vec<Item>) {
    // One layout item a container, whatever the number of its views.
    let mut layouts: BTreeMap<Locator, (bool, Vec<String>, u64)> = BTreeMap::new();
    for pair in pairs {
        let (Some(old), Some(new)) = (&pair.old, &pair.new) else {
            let row = pair.new.as_ref().or(pair.old.as_ref());
            let Some(row) = row else { continue };
            let verb = if pair.new.is_some() { Verb::Added } else { Verb::Removed };
            let mut change = Change::new(row.path.clone(), verb);
            if let RowKind::View(volume) = &row.kind {
                change.note = Some(format!("a view of the {} volume", volume.format));
            }
            let kind = ItemKind::View;
            items.push(Item { change, kind, old: pair.old, new: pair.new, natures: Vec::new() });
            continue;
        };
        let (RowKind::View(a), RowKind::View(b)) = (&old.kind, &new.kind) else { continue };
        let (fields, _) = compare_facts(old, new, policy);
        if !fields.is_empty() || a.format != b.format {
            let mut change = Change::new(new.path.clone(), Verb::Metadata);
            change.fields = fields;
            if a.format != b.format {
                change.fields.push(FieldChange {
                    field: "format".to_owned(),
                    old: Some(a.format.clone()),
                    new: Some(b.format.clone()),
                    disposition: Disposition::Undeclared,
                });
            }
            let natures = change.fields.iter().map(|f| nature_of(&f.field)).collect();
            let kind = ItemKind::VolumeFacts;
            let (old, new) = (Some(old.clone()), Some(new.clone()));
            items.push(Item { change, kind, old, new, natures });
        }
        compare_residues(&new.path, a, b, items);
        items.extend(compare_room(&new.path, a, b));
        if (a.layout, a.layout_fields) != (b.layout, b.layout_fields)
            || a.layout_agrees && !b.layout_agrees
        {
            let container = new.path.ancestors().next().unwrap_or_default();
            let slot = layouts.entry(Locator::parse(container)).or_insert((true, Vec::new(), 0));
            slot.0 &= b.layout_agrees;
            slot.1.push(b.format.clone());
            slot.2 += b.layout_fields;
        }
    }
    for (path, (agrees, mut formats, count)) in layouts {
        formats.dedup();
        let mut change = Change::new(path, Verb::Region);
        let verdict = if agrees { "all recompute" } else { "not all recompute" };
        change.note = Some(format!(
            "the layout of the {} volume moved: {count} extents, sizes, counts and checksums, {verdict}",
            formats.join(" and ")
        ));
        let kind = ItemKind::Layout { agrees };
        items.push(Item { change, kind, old: None, new: None, natures: Vec::new() });
    }
}

/// A container that is longer or shorter than its parts make it.
fn compare_room(view: &Locator, old: &VolumeRow, new: &VolumeRow) -> Option<Item> {
    let (old, new) = (old.room?, new.room?);
    if new.follows(old) {
        return None;
    }
    let container = view.ancestors().next().unwrap_or_default();
    let mut change = Change::new(Locator::parse(container), Verb::Region);
    change.note = Some(format!(
        "bytes that belong to no entry: {} of {} before, {} of {} now",
        old.free, old.length, new.free, new.length
    ));
    let kind = ItemKind::Residue;
    Some(Item { change, kind, old: None, new: None, natures: Vec::new() })
}

fn compare_residues(view: &Locator, old: &VolumeRow, new: &VolumeRow, items: &mut Vec<Item>) {
    let key = |row: &ResidueRow| (row.role.to_string(), row.owner.clone(), row.ordinal);
    let mut sides: BTreeMap<_, (Option<&ResidueRow>, Option<&ResidueRow>)> = BTreeMap::new();
    for row in &old.residues {
        sides.entry(key(row)).or_default().0 = Some(row);
    }
    for row in &new.residues {
        sides.entry(key(row)).or_default().1 = Some(row);
    }
    for ((role, owner, _), (old, new)) in sides {
        if old.map(|row| row.digest) == new.map(|row| row.digest) {
            continue;
        }
        let Some(row) = new.or(old) else { continue };
        let mut change = Change::new(Locator::parse(&owner), Verb::Region);
        let what = match (old, new) {
            (None, _) => "bytes that were zero are not",
            (_, None) => "bytes are zero that were not",
            _ => "bytes differ",
        };
        // The reader's rules tell the number of their defects the same way.
        let is_defect = role.contains('/');
        let (region, note) = if is_defect {
            let count = |row: Option<&ResidueRow>| row.map_or(0, |row| row.length);
            let note = format!("defects of {role}: {} before, {} now", count(old), count(new));
            (Region::Defects(role), note)
        } else {
            let path = Locator::parse(view.ancestors().next().unwrap_or_default());
            let at = Related { path, offset: row.at, length: row.length };
            let note =
                format!("{what} in {role}, {} bytes at {} (view {view})", row.length, row.at);
            (Region::Bytes(at), note)
        };
        (change.region, change.note) = (Some(Box::new(region)), Some(note));
        let kind = ItemKind::Residue;
        items.push(Item { change, kind, old: None, new: None, natures: Vec::new() });
    }
}
