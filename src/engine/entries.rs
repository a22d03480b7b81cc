//! Rules about the facts of entries, over all of a manifest: names, modes, owners, dates, and what
//! the pass kept of a content's ends.
//!
//! Nearly no entry is a hit. Names are looked up by their first and last byte, modes compare as
//! numbers, and locators are spelled out for hits only.

use super::artifact::nameless;
use super::collect::finding;
use super::judge::Judge;
use super::links::Systems;
use super::sight::Sight;
use crate::model::fast_map::FastMap;
use crate::model::locator::escape_text;
use crate::model::manifest::{ContainerId, Place};
use crate::model::{
    Census, Content, Digest, Evidence, Finding, Kind, Locator, Manifest, Node, NodeId, Value,
    Volume, field,
};
use crate::rules::detectors::Look;
use crate::rules::facts::{Around, EntryFacts, FactsHit, FactsMatch, is_first};
use crate::rules::name_glob::NameTable;
use crate::rules::{Matcher, Rule, Targets, line_and_column};

/// Findings of a rule in a container that are listed; the others are counted.
const LISTED: usize = 50;
/// Bits of a mode that are no matter of the umask of the host: execution and set-id.
pub(super) const RELEASED: u16 = 0o6111;

/// How a rule looks at facts.
#[derive(Clone, Copy)]
enum Way<'a> {
    Match(&'a FactsMatch),
    Detector(fn(&EntryFacts<'_>) -> Option<String>),
    Head(fn(&EntryFacts<'_>) -> Option<FactsHit>),
}

/// The rules about facts, by what they ask first.
struct Index<'a> {
    rules: Vec<(&'a Rule, Way<'a>)>,
    /// Rules that ask for no name.
    any: Vec<usize>,
    /// Those that do.
    named: NameTable<'a>,
}

impl<'a> Index<'a> {
    fn new(rules: impl Iterator<Item = &'a Rule>) -> Self {
        let mut index = Self { rules: Vec::new(), any: Vec::new(), named: NameTable::default() };
        for rule in rules {
            let way = match &rule.matcher {
                Matcher::Facts(asked) if asked.copies.is_none() => Way::Match(asked),
                Matcher::Detector(detector) => match detector.look {
                    Look::Facts(find) => Way::Detector(find),
                    Look::Head(find) => Way::Head(find),
                    _ => continue,
                },
                _ => continue,
            };
            let number = index.rules.len();
            index.rules.push((rule, way));
            match way {
                Way::Match(asked) if !asked.names.is_empty() => {
                    asked.names.iter().for_each(|glob| index.named.add(number, glob));
                }
                _ => index.any.push(number),
            }
        }
        index
    }

    /// Gives each rule that hits, with what a detector says.
    fn hits(&self, entry: &EntryFacts<'_>, mut sink: impl FnMut(usize, &'a Rule, &FactsHit)) {
        let mut before = None;
        for number in self.named.of(entry.name).chain(self.any.iter().copied()) {
            // Several globs of one rule may match.
            if before == Some(number) {
                continue;
            }
            let Some(&(rule, way)) = self.rules.get(number) else { continue };
            if !in_scope(rule, entry.content) {
                continue;
            }
            let mode = || entry.mode.map(|mode| format!("{mode:04o}")).unwrap_or_default();
            let hit = match way {
                Way::Match(asked) => asked.holds(entry).then(|| FactsHit::whole(mode())),
                Way::Detector(find) => find(entry).map(FactsHit::whole),
                Way::Head(find) => find(entry),
            };
            if let Some(hit) = hit {
                before = Some(number);
                sink(number, rule, &hit);
            }
        }
    }
}

/// Whether a rule looks at contents of this class and format.
fn in_scope(rule: &Rule, content: Option<&Content>) -> bool {
    let scope = &rule.scope;
    (scope.classes.is_empty() || content.is_some_and(|c| scope.classes.contains(&c.class)))
        && (scope.formats.is_empty()
            || content
                .and_then(Content::format)
                .is_some_and(|format| scope.formats.iter().any(|wanted| wanted == format)))
}

impl Judge<'_> {
    /// Findings about the facts of all entries. `now` is in seconds since 1970; `versioned` is whether
    /// a version control system holds them.
    pub fn entries(
        &self,
        manifest: &Manifest,
        sight: &Sight<'_>,
        now: i64,
        versioned: bool,
    ) -> Vec<Finding> {
        let index = Index::new(self.rules());
        let systems = Systems::of(manifest);
        let named = self.settings().targets.iter();
        let mut named = named.filter_map(|name| Targets::built_in().get(name));
        let owners = named.find(|target| !target.owners.is_empty());
        let mut teller = Teller { judge: self, manifest, sight, found: Vec::new() };
        for (c, container) in manifest.containers.iter().enumerate() {
            if container.is_wrapper() {
                continue;
            }
            let host = manifest.folder && c == 0;
            let system = systems.holding(c);
            let mut counts = vec![(0, 0); index.rules.len()];
            for (v, volume) in container.volumes.iter().enumerate() {
                if volume.nodes.iter().any(|node| node.kind == Kind::Resource) {
                    continue;
                }
                let around = if host {
                    Around { now, versioned, ..Around::default() }
                } else {
                    Around { owners, ..around(volume, now) }
                };
                let parents = parents(volume);
                let best = volume.views.iter().map(|view| view.rank).max().unwrap_or_default();
                for (n, node) in volume.nodes.iter().enumerate() {
                    let place = Place {
                        container: ContainerId(c as u32),
                        volume: v as u16,
                        node: NodeId(n as u32),
                    };
                    if node.kind == Kind::Fork {
                        continue;
                    }
                    let content = node.content().and_then(|id| container.content(v as u16, id));
                    let mut entry = facts_of(volume, node, &around);
                    entry.content = content;
                    entry.system = system;
                    entry.empty =
                        node.kind == Kind::Directory && !parents.get(n).copied().unwrap_or(true);
                    if host {
                        entry.mode_known = RELEASED;
                        (entry.owner, entry.group, entry.modified) = (None, None, None);
                    }
                    index.hits(&entry, |number, rule, hit| {
                        if told_elsewhere(manifest, place, volume, node, best) {
                            return;
                        }
                        if !self.minds(rule, manifest, place, &entry) {
                            return;
                        }
                        if let Some(count) = counts.get_mut(number) {
                            teller.tell(rule, place, &entry, hit, count);
                        }
                    });
                }
            }
        }
        if manifest.is_single() {
            return teller.found;
        }
        for rule in self.rules() {
            if let Matcher::Facts(FactsMatch { copies: Some(least), .. }) = rule.matcher {
                teller.copies(rule, least);
            }
        }
        teller.found
    }

    /// Findings about an artifact that is a single file.
    pub fn single_entry(&self, name: &[u8], content: &Content, now: i64) -> Vec<Finding> {
        let around = Around { now, ..Around::default() };
        let entry = EntryFacts { content: Some(content), ..bare(name, &around) };
        let mut found = Vec::new();
        let path = Locator::root();
        let targets = &self.settings().targets;
        Index::new(self.rules()).hits(&entry, |_, rule, hit| {
            if !self.minds_single(rule, &entry) {
                return;
            }
            found.push(self.about_facts(rule, &path, targets, &entry, hit));
        });
        found
    }

    fn about_facts(
        &self,
        rule: &Rule,
        path: &Locator,
        targets: &[String],
        entry: &EntryFacts<'_>,
        hit: &FactsHit,
    ) -> Finding {
        let message = rule.render(|fact| match fact {
            "detail" => Some(hit.detail.clone()),
            "name" => Some(escape_text(entry.name)),
            _ => None,
        });
        let census = Census::default();
        let mut judged = nameless(path, &census);
        judged.targets = targets;
        let mut finding = finding(rule, &judged, self.settings(), message);
        // A folder without entries may have lost the last of them.
        if matches!(rule.matcher, Matcher::Facts(FactsMatch { empty: true, .. })) {
            finding.missing = Some(path.clone());
        }
        if let Some(target) = hit.target {
            finding.target = Some(target.to_owned());
        }
        let head = entry.content.and_then(Content::ends).map(|ends| &*ends.head);
        if let (Some(at), Some(head)) = (&hit.at, head) {
            finding.offset = Some(at.start as u64);
            finding.length = at.len() as u64;
            finding.evidence = Evidence::around(head, at.start, 0);
            (finding.line, finding.column) = place_in(head, at.start).unzip();
        }
        finding
    }
}

/// The line and the column of a place in the first bytes of a text, which may be UTF-16.
fn place_in(head: &[u8], at: usize) -> Option<(u64, u64)> {
    let narrow = |of: fn(&[u8; 2]) -> u8| {
        let units = head.as_chunks::<2>().0.iter().skip(1);
        let bytes: Vec<u8> = units.map(of).collect();
        line_and_column(&bytes, (at / 2).saturating_sub(1) as u64)
    };
    match head {
        [0xff, 0xfe, ..] => narrow(|&[low, high]| if high == 0 { low } else { b'?' }),
        [0xfe, 0xff, ..] => narrow(|&[high, low]| if high == 0 { low } else { b'?' }),
        _ => line_and_column(head, at as u64),
    }
}

/// A file of which nothing but the name is known.
fn bare<'a>(name: &'a [u8], around: &'a Around) -> EntryFacts<'a> {
    EntryFacts {
        name,
        folder: None,
        kind: Kind::File,
        empty: false,
        mode: None,
        mode_known: 0o7777,
        owner: None,
        group: None,
        modified: None,
        content: None,
        around,
        system: None,
    }
}

pub(super) fn facts_of<'a>(volume: &'a Volume, node: &Node, around: &'a Around) -> EntryFacts<'a> {
    let parent = node.parent().and_then(|id| volume.node(id));
    let mut entry = bare(volume.name(node), around);
    entry.folder = parent.map(|parent| volume.name(parent));
    entry.kind = if node.kind == Kind::Hardlink { Kind::File } else { node.kind };
    for fact in volume.facts_of(node) {
        match (fact.field, &fact.value) {
            (field::MODE, Value::Mode(mode)) => entry.mode = Some(*mode),
            (field::UID, Value::Number(uid)) => entry.owner = Some(*uid),
            (field::GID, Value::Number(gid)) => entry.group = Some(*gid),
            (field::MTIME, Value::Time { seconds, .. }) => entry.modified = Some(*seconds),
            _ => {}
        }
    }
    entry
}

/// What the entries of a volume have in common.
fn around(volume: &Volume, now: i64) -> Around {
    let mut seen = Around { now, ..Around::default() };
    let (mut owned, mut of_root, mut dated, mut first) = (0u64, 0u64, 0u64, 0u64);
    let (mut grouped, mut of_root_group) = (0u64, 0u64);
    let nobody = Around::default();
    for node in &volume.nodes {
        let entry = facts_of(volume, node, &nobody);
        owned += u64::from(entry.owner.is_some());
        of_root += u64::from(entry.owner == Some(0));
        grouped += u64::from(entry.group.is_some());
        of_root_group += u64::from(entry.group == Some(0));
        dated += u64::from(entry.modified.is_some());
        first += u64::from(entry.modified.is_some_and(is_first));
    }
    seen.of_root = owned >= 10 && of_root * 10 >= owned * 9;
    seen.of_root_group = grouped >= 10 && of_root_group * 10 >= grouped * 9;
    seen.pinned = first * 2 > dated;
    seen
}

/// Which nodes have something in them.
fn parents(volume: &Volume) -> Vec<bool> {
    let mut parents = vec![false; volume.nodes.len()];
    for (n, node) in volume.nodes.iter().enumerate() {
        // What was packed with it stands beside it.
        if volume.is_packed_folder(node)
            && let Some(parent) = parents.get_mut(n)
        {
            *parent |= volume.nodes.len() > 1;
        }
        if let Some(parent) = node.parent().and_then(|id| parents.get_mut(id.0 as usize)) {
            *parent = true;
        }
    }
    parents
}

/// Whether the entry is another namespace's view of one that is judged there.
pub(super) fn told_elsewhere(
    manifest: &Manifest,
    place: Place,
    volume: &Volume,
    node: &Node,
    best: u8,
) -> bool {
    let rank = volume.views.get(usize::from(node.view.0)).map_or(0, |view| view.rank);
    let main = manifest.content_place(place).and_then(|content| manifest.main_place(content));
    let Some(main) = main.filter(|&main| main != place) else {
        return node.content().is_none() && rank < best;
    };
    let Some((of, other)) = manifest.node(main) else { return false };
    let has_mode = |volume: &Volume, node: &Node| {
        volume.facts_of(node).iter().any(|fact| fact.field == field::MODE)
    };
    let elsewhere = (main.volume, other.view) != (place.volume, node.view);
    elsewhere && (has_mode(of, other) || !has_mode(volume, node))
}

/// Makes findings of hits, and keeps their number within bounds.
struct Teller<'a, 'j> {
    judge: &'j Judge<'j>,
    manifest: &'a Manifest,
    sight: &'j Sight<'a>,
    found: Vec<Finding>,
}

impl Teller<'_, '_> {
    /// `count` is how many were listed, and the index of the last.
    fn tell(
        &mut self,
        rule: &Rule,
        place: Place,
        entry: &EntryFacts<'_>,
        hit: &FactsHit,
        count: &mut (usize, usize),
    ) {
        let seen = || {
            let path = self.manifest.path(place);
            let targets = self.sight.of_place(place, &path);
            let minds = hit.target.is_none_or(|name| targets.iter().any(|target| target == name));
            minds.then_some((path, targets))
        };
        if count.0 == LISTED {
            let is_one_more = hit.target.is_none() || seen().is_some();
            if let Some(finding) = self.found.get_mut(count.1).filter(|_| is_one_more) {
                finding.more += 1;
            }
            return;
        }
        let Some((path, targets)) = seen() else { return };
        *count = (count.0 + 1, self.found.len());
        self.found.push(self.judge.about_facts(rule, &path, &targets, entry, hit));
    }

    /// Contents that stand more than once, one finding for all that are equal.
    fn copies(&mut self, rule: &Rule, least: u64) {
        let mut groups: FastMap<Digest, Vec<Place>> = FastMap::default();
        let mut seen = crate::model::fast_map::FastSet::default();
        for place in self.manifest.places() {
            let Some(at) = self.manifest.content_place(place) else { continue };
            let Some(content) = self.manifest.content(at).filter(|c| c.size() >= least) else {
                continue;
            };
            if let Some(digest) = content.blake3.filter(|_| seen.insert(at)) {
                groups
                    .entry(digest)
                    .or_default()
                    .push(self.manifest.main_place(at).unwrap_or(place));
            }
        }
        let mut groups: Vec<_> = groups.into_values().filter(|group| group.len() > 1).collect();
        groups.sort();
        let mut count = (0, 0);
        for group in groups {
            let &[first, second, ..] = group.as_slice() else { continue };
            let others = group.len() - 2;
            let more = if others > 0 { format!(" and {others} more") } else { String::new() };
            let detail = format!("{}{more}", self.manifest.path(second));
            let name = self.manifest.node(first).map_or(&b""[..], |(v, node)| v.name(node));
            let nobody = Around::default();
            self.tell(rule, first, &bare(name, &nobody), &FactsHit::whole(detail), &mut count);
        }
    }
}
