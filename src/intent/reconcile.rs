//! Every change gets its disposition, and what follows from what is found out.
//!
//! A *root* stands for itself: bytes, entries, facts that no rule of the format moves. Dates of a
//! changed entry, of what is above it, and of its volume follow from a root, and so does the layout
//! of the container that holds it, provided that every layout field recomputes.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use super::boot_table::PutBack;
use super::file::{Checksum, Declared, Edit, Intent, Where};
use super::prove;
use crate::compare::{Item, ItemKind};
use crate::model::{
    Change, Disposition, Field, FieldChange, Gap, GapKind, Locator, Nature, Row, Verb, field,
    glob_matches,
};
use crate::source::Source;

/// Where the bytes of both sides come from.
pub trait Bytes {
    /// The old bytes of a row, if they are at hand.
    fn before(&self, row: &Row) -> io::Result<Option<Arc<dyn Source>>>;

    /// The new bytes of a row.
    fn after(&self, row: &Row) -> io::Result<Arc<dyn Source>>;
}

/// What reconciling gives.
#[derive(Debug, Default)]
pub struct Reconciled {
    /// All changes, with what is unfulfilled at the end.
    pub changes: Vec<Change>,
    /// Contents that could not be read again.
    pub gaps: Vec<Gap>,
}

/// Holds all changes against the intent. The changes of `items` get their hunks and dispositions.
pub fn reconcile(items: &mut [Item], intent: Option<&Intent>, bytes: &dyn Bytes) -> Reconciled {
    let mut gaps = Vec::new();
    let declared: &[Declared] = intent.map_or(&[], |intent| &intent.changes);
    let mut fates: Vec<Fate> = declared.iter().map(|_| Fate::default()).collect();
    for (index, item) in items.iter_mut().enumerate() {
        let mine: Vec<&Declared> =
            declared.iter().filter(|declared| is_about(&declared.at, &item.change)).collect();
        let failures = judge(item, &mine, bytes, &mut gaps);
        for declared in mine {
            let Some(fate) = fates.get_mut(declared.number - 1) else { continue };
            fate.met = true;
            if let Some((_, why)) = failures.iter().find(|(number, _)| *number == declared.number) {
                fate.failures.push((index, why.clone()));
            }
        }
    }
    derive(items);
    let mut changes: Vec<Change> = items.iter().map(|item| item.change.clone()).collect();
    for (declared, fate) in declared.iter().zip(fates) {
        report_unfulfilled(declared, &fate, &mut changes);
    }
    Reconciled { changes, gaps }
}

/// What became of a declared change.
#[derive(Default)]
struct Fate {
    /// Whether something that it is about changed.
    met: bool,
    /// Where it did not fit, and why.
    failures: Vec<(usize, String)>,
}

fn report_unfulfilled(declared: &Declared, fate: &Fate, changes: &mut Vec<Change>) {
    let number = declared.number;
    let mut push = |path: Locator, note: String, causes: Vec<usize>| {
        let mut change = Change::new(path, verb_of(&declared.edit));
        change.dispose(Disposition::Unfulfilled);
        change.note = Some(note);
        change.causes = causes;
        changes.push(change);
    };
    if !fate.met {
        let (path, what) = match &declared.at {
            Where::Path(path) => (path.clone(), "nothing changed there".to_owned()),
            Where::Glob(glob) => (Locator::parse(glob), "no change matches the glob".to_owned()),
        };
        push(path, format!("declared change {number} is absent: {what}"), Vec::new());
    }
    for (index, why) in &fate.failures {
        let path = changes_path(&declared.at);
        push(path, format!("declared change {number} does not fit: {why}"), vec![*index]);
    }
}

fn changes_path(at: &Where) -> Locator {
    match at {
        Where::Path(path) => path.clone(),
        Where::Glob(glob) => Locator::parse(glob),
    }
}

fn verb_of(edit: &Edit) -> Verb {
    match edit {
        Edit::Add => Verb::Added,
        Edit::Remove => Verb::Removed,
        Edit::Rename(_) => Verb::Renamed,
        Edit::Metadata(_) => Verb::Metadata,
        _ => Verb::Modified,
    }
}

fn is_about(at: &Where, change: &Change) -> bool {
    let mut names = std::iter::once(&change.path).chain(&change.aliases).chain(&change.from);
    match at {
        Where::Path(path) => names.any(|name| name == path),
        Where::Glob(glob) => names.any(|name| glob_matches(glob, name.as_str())),
    }
}

/// Holds one change against what is declared of it; returns the declared changes that do not fit.
fn judge(
    item: &mut Item,
    mine: &[&Declared],
    bytes: &dyn Bytes,
    gaps: &mut Vec<Gap>,
) -> Vec<(usize, String)> {
    let mut failures = Vec::new();
    if item.kind != ItemKind::Entry && item.kind != ItemKind::VolumeFacts {
        for declared in mine {
            failures.push((declared.number, "the change is in the structure around it".to_owned()));
        }
        return failures;
    }
    if item.change.verb == Verb::Modified {
        failures.extend(judge_content(item, mine, bytes, gaps));
    }
    let fulfilled = |edit: &Edit, item: &Item| match (item.change.verb, edit) {
        (Verb::Added, Edit::Add) | (Verb::Removed, Edit::Remove) => true,
        (Verb::Renamed, Edit::Rename(to)) => {
            *to == item.change.path || item.change.aliases.contains(to)
        }
        _ => false,
    };
    for declared in mine {
        match &declared.edit {
            Edit::Metadata(names) => {
                for name in names {
                    let mut hit = false;
                    for field in item.change.fields.iter_mut().filter(|field| field.field == *name)
                    {
                        field.disposition = Disposition::Intended;
                        hit = true;
                    }
                    if !hit {
                        failures.push((declared.number, format!("its {name} did not change")));
                    }
                }
            }
            Edit::Content(wanted) if item.change.verb == Verb::Added => {
                match other_content(item, *wanted, bytes) {
                    None => item.change.disposition = Disposition::Intended,
                    Some(why) => failures.push((declared.number, why)),
                }
            }
            edit if fulfilled(edit, item) => {
                item.change.disposition = Disposition::Intended;
            }
            _ if item.change.verb == Verb::Modified => {}
            edit => {
                let what = item.change.verb.name();
                let declared_verb = verb_of(edit).name();
                failures.push((
                    declared.number,
                    format!("it is declared {declared_verb}, but the entry is {what}"),
                ));
            }
        }
    }
    failures
}

/// Why an added entry is not the content that is declared of it, if it is not.
fn other_content(item: &Item, wanted: Checksum, bytes: &dyn Bytes) -> Option<String> {
    let row = item.new.as_ref()?;
    let Some(content) = &row.content else { return Some("it has no content".to_owned()) };
    match bytes.after(row).and_then(|new| prove::wrong_content(&*new, wanted, content)) {
        Ok(failure) => failure,
        Err(error) => Some(format!("its bytes cannot be read: {error}")),
    }
}

fn judge_content(
    item: &mut Item,
    mine: &[&Declared],
    bytes: &dyn Bytes,
    gaps: &mut Vec<Gap>,
) -> Vec<(usize, String)> {
    let (Some(old), Some(new)) = (item.old.as_deref(), item.new.as_deref()) else {
        return Vec::new();
    };
    let (Some(a), Some(b)) = (&old.content, &new.content) else { return Vec::new() };
    let edits: Vec<(usize, &Edit)> = mine
        .iter()
        .filter(|declared| !matches!(declared.edit, Edit::Metadata(_)))
        .map(|declared| (declared.number, &declared.edit))
        .collect();
    let proof = bytes.after(new).and_then(|new_source| {
        let old_source = bytes.before(old)?;
        let old_source = old_source.as_deref();
        let has_whole = edits.iter().any(|(_, edit)| edit.is_whole());
        let put_back = PutBack::of((old, new), &*new_source).filter(|_| !has_whole);
        if let Some(put_back) = &put_back
            && edits.is_empty()
            && put_back.is(a.blake3)?
        {
            return Ok(None);
        }
        let new_source = match &put_back {
            Some(put_back) => put_back,
            None => &*new_source,
        };
        if edits.is_empty() {
            prove::undeclared(old_source, new_source, (a, b)).map(Some)
        } else {
            prove::prove(&edits, old_source, new_source, (a, b)).map(Some)
        }
    });
    match proof {
        // The fields of its table tell all.
        Ok(None) => {
            item.change.verb = Verb::Metadata;
            Vec::new()
        }
        Ok(Some(proof)) => {
            item.change.hunks = proof.hunks;
            item.change.more_hunks = proof.more;
            item.change.encoding = b.encoding.as_ref().map(ToString::to_string);
            if proof.broad {
                item.change.note = Some("declared broadly: any content is accepted".to_owned());
            }
            let all_fit = proof.failures.is_empty() && !edits.is_empty();
            if all_fit && item.change.hunks.iter().all(|h| h.disposition == Disposition::Intended) {
                item.change.disposition = Disposition::Intended;
            }
            proof.failures
        }
        Err(error) => {
            let message = format!("cannot be read again for comparison: {error}");
            gaps.push(Gap::new(item.change.path.clone(), GapKind::Unreadable, message));
            edits
                .iter()
                .map(|&(number, _)| (number, "its bytes cannot be read".to_owned()))
                .collect()
        }
    }
}

/// Which root a locator follows from, an intended one rather than another.
#[derive(Default)]
struct Roots {
    /// By locator: the changed entries and everything above them.
    dated: HashMap<String, usize>,
    /// By locator of a container: what changed inside.
    inside: HashMap<String, usize>,
    intended: Vec<bool>,
}

impl Roots {
    fn add(map: &mut HashMap<String, usize>, intended: &[bool], key: &str, root: usize) {
        let is_intended = |root: usize| intended.get(root).copied().unwrap_or_default();
        match map.get_mut(key) {
            Some(known) if is_intended(*known) || !is_intended(root) => {}
            Some(known) => *known = root,
            None => {
                map.insert(key.to_owned(), root);
            }
        }
    }

    fn learn(&mut self, items: &[Item]) {
        self.intended = items.iter().map(|item| has_intended(&item.change)).collect();
        for (index, item) in items.iter().enumerate().filter(|(_, item)| is_root(item)) {
            let change = &item.change;
            for path in std::iter::once(&change.path).chain(&change.aliases).chain(&change.from) {
                Self::add(&mut self.dated, &self.intended, path.as_str(), index);
                if !path.is_root() {
                    Self::add(&mut self.inside, &self.intended, "", index);
                    Self::add(&mut self.dated, &self.intended, "", index);
                }
                let mut below = path.as_str();
                for above in path.ancestors() {
                    Self::add(&mut self.dated, &self.intended, above, index);
                    if below.as_bytes().get(above.len()) == Some(&b'!') {
                        Self::add(&mut self.inside, &self.intended, above, index);
                    }
                    below = above;
                }
            }
        }
    }
}

fn has_intended(change: &Change) -> bool {
    change.disposition == Disposition::Intended
        || change.hunks.iter().any(|hunk| hunk.disposition == Disposition::Intended)
        || change.fields.iter().any(|field| field.disposition == Disposition::Intended)
}

/// Dates that an edit does not move.
const STANDING: [Field; 4] =
    [field::BACKUP_TIME, field::ROOT_BACKUP_TIME, field::EXPIRATION_TIME, field::COPY_DATES];

/// Dates of creation: they move when something is made anew, which dates its last change as well.
const MADE: [Field; 3] = [field::BIRTHTIME, field::VOLUME_BIRTHTIME, field::EFFECTIVE_TIME];
/// Dates of the last change.
const CHANGED: [Field; 2] = [field::MTIME, field::VOLUME_MTIME];

/// Whether a field follows from other changes: a date or count of writes that goes forward, a bound
/// that keeps one of its relations, a spare number that shrinks, or what a content says of its own
/// place, which the reader tells only where it is right. `beside` are the fields that changed with it.
pub(super) fn follows(change: &FieldChange, nature: Nature, beside: &[FieldChange]) -> bool {
    let is_of = |fields: &[Field], name: &str| fields.iter().any(|field| field.name() == name);
    if nature == Nature::Spare {
        let count = |side: &Option<String>| side.as_ref().map_or(Ok(0), |text| text.parse::<u64>());
        return matches!((count(&change.old), count(&change.new)), (Ok(old), Ok(new)) if new < old);
    }
    let (Some(old), Some(new)) = (&change.old, &change.new) else { return false };
    if nature == Nature::Place {
        return true;
    }
    if nature == Nature::Relation {
        return old.split(", ").any(|kept| new.split(", ").any(|relation| relation == kept));
    }
    if !matches!(nature, Nature::Stamp | Nature::Date) || is_of(&STANDING, &change.field) {
        return false;
    }
    if let (Ok(old), Ok(new)) = (old.parse::<u64>(), new.parse::<u64>()) {
        return new > old;
    }
    let goes_on = is_date(new) && (!is_date(old) || comparable(new) > comparable(old));
    let is_covered = || {
        beside.iter().any(|other| {
            let date = other.new.as_deref().filter(|_| is_of(&CHANGED, &other.field));
            date.is_some_and(|date| is_date(date) && comparable(date) >= comparable(new))
        })
    };
    goes_on && (!is_of(&MADE, &change.field) || is_covered())
}

/// Whether a printed value is a date and not the bytes of one that does not exist.
fn is_date(text: &str) -> bool {
    let shape = text.bytes().zip(*b"0000-00-00T00:00:00");
    text.len() >= 19
        && shape.into_iter().all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            _ => byte == shape,
        })
}

/// A printed date up to its seconds, which sorts in the order of time within one zone.
fn comparable(text: &str) -> &str {
    text.get(..19).unwrap_or(text)
}

fn is_root(item: &Item) -> bool {
    match item.kind {
        ItemKind::Residue | ItemKind::View => true,
        ItemKind::Layout { agrees } => !agrees,
        ItemKind::Entry if item.change.verb != Verb::Metadata => true,
        ItemKind::Entry | ItemKind::VolumeFacts => {
            let beside = &item.change.fields;
            beside.iter().zip(&item.natures).any(|(field, &nature)| {
                field.disposition == Disposition::Intended
                    || field.disposition == Disposition::Undeclared
                        && !follows(field, nature, beside)
            })
        }
    }
}

/// Finds out what follows from what.
fn derive(items: &mut [Item]) {
    let mut roots = Roots::default();
    roots.learn(items);
    fold_members(items, &roots);
    for (index, item) in items.iter_mut().enumerate() {
        let path = item.change.path.as_str();
        // What a content says of its place follows from anything in its container.
        let placed = roots.inside.get(item.change.path.container()).copied();
        let dated = match item.kind {
            ItemKind::Layout { agrees: true } => roots.inside.get(path).copied(),
            ItemKind::VolumeFacts => placed,
            ItemKind::Entry => roots.dated.get(path).copied(),
            _ => None,
        };
        let is_derived = |root: usize| roots.intended.get(root).copied().unwrap_or_default();
        let mut followed = None;
        let beside = item.change.fields.clone();
        for (field, &nature) in item.change.fields.iter_mut().zip(&item.natures) {
            let root = if nature == Nature::Place { placed } else { dated };
            if let Some(root) = root
                && field.disposition == Disposition::Undeclared
                && follows(field, nature, &beside)
            {
                followed = Some(root);
                if is_derived(root) {
                    field.disposition = Disposition::Derived;
                }
            }
        }
        if let (Some(root), ItemKind::Layout { .. }) = (dated, item.kind) {
            followed = Some(root);
            if is_derived(root) {
                item.change.disposition = Disposition::Derived;
            }
        }
        if let Some(root) = followed
            && root != index
            && !is_root(item)
        {
            item.change.causes = vec![root];
        }
        let is_whole = matches!(item.change.verb, Verb::Added | Verb::Removed | Verb::Renamed);
        if !is_whole {
            item.change.settle();
        } else if item.change.disposition == Disposition::Intended {
            // The fields of an entry that came or moved as declared follow from that.
            for field in &mut item.change.fields {
                if field.disposition == Disposition::Undeclared && item.change.verb != Verb::Renamed
                {
                    field.disposition = Disposition::Derived;
                }
            }
        }
    }
}

/// Members of what came or went as a whole follow from it: those of a container in any case, those
/// of a folder where neither is declared.
fn fold_members(items: &mut [Item], roots: &Roots) {
    let whole: HashMap<String, (usize, Verb)> = items
        .iter()
        .enumerate()
        .filter(|(_, item)| matches!(item.change.verb, Verb::Added | Verb::Removed | Verb::Renamed))
        .flat_map(|(index, item)| {
            let names = std::iter::once(&item.change.path).chain(&item.change.aliases);
            names.map(move |path| (path.as_str().to_owned(), (index, item.change.verb)))
        })
        .collect();
    let intended = |index: usize| roots.intended.get(index).copied().unwrap_or_default();
    for (index, item) in items.iter_mut().enumerate() {
        if !matches!(item.change.verb, Verb::Added | Verb::Removed)
            || !item.change.causes.is_empty()
        {
            continue;
        }
        let mut below = item.change.path.as_str();
        let mut through_container = false;
        let mut top = None;
        for above in item.change.path.ancestors() {
            through_container |= below.as_bytes().get(above.len()) == Some(&b'!');
            if let Some(&(of, _)) = whole.get(above)
                && of != index
                && (through_container || !intended(of) && !intended(index))
            {
                top = Some(of);
            }
            below = above;
        }
        if let Some(of) = top {
            item.change.causes = vec![of];
            if intended(of) && item.change.disposition == Disposition::Undeclared {
                item.change.dispose(Disposition::Derived);
            }
        }
    }
}
