//! Rules about names, over all entries of a manifest.
//!
//! Nearly all names are plain ASCII and at home in a folder of names like them. Rules that hold
//! everywhere never see those; what a target says of a name costs a few comparisons. Locators are
//! spelled out for hits only.

use std::hash::{BuildHasher as _, Hash as _, Hasher as _};

use super::artifact::nameless;
use super::collect::finding;
use super::judge::Judge;
use super::sight::Sight;
use crate::model::fast_map::{FastMap, FastSet, FastState};
use crate::model::locator::escape_text;
use crate::model::manifest::{ContainerId, Place};
use crate::model::{Census, Defect, Finding, Kind, Manifest, Node, NodeId, Owner, View, Volume};
use crate::rules::detectors::{Look, Meeting};
use crate::rules::{LONGEST_PATH, Matcher, Name, Rule, Target};

/// Findings of a rule, on a target, that are listed; the others are counted.
const LISTED: usize = 200;

impl Judge<'_> {
    /// Findings about the names of all entries.
    pub fn names(&self, manifest: &Manifest, sight: &Sight<'_>) -> Vec<Finding> {
        let looks: Vec<(&Rule, Look)> = self
            .rules()
            .filter_map(|rule| match &rule.matcher {
                Matcher::Detector(detector) if detector.look.is_of_names() => {
                    Some((rule, detector.look))
                }
                _ => None,
            })
            .collect();
        if looks.is_empty() {
            return Vec::new();
        }
        let mut teller =
            Teller { judge: self, manifest, sight, found: Vec::new(), counts: FastMap::default() };
        for (c, container) in manifest.containers.iter().enumerate() {
            if container.is_wrapper() {
                continue;
            }
            for (v, volume) in container.volumes.iter().enumerate() {
                // Types and numbers of resources are no file names.
                if volume.nodes.iter().any(|node| node.kind == Kind::Resource) {
                    continue;
                }
                let tree = Tree::new(volume, c, v, sight);
                tree.each_name(&looks, &mut teller);
                tree.meetings(&looks, &mut teller);
            }
        }
        teller.found
    }
}

/// The names of one volume.
struct Tree<'a> {
    volume: &'a Volume,
    container: ContainerId,
    number: u16,
    /// Per view: which targets see it.
    seen: Vec<u64>,
    /// All of them.
    targets: Vec<(u64, &'a Target)>,
    /// Per node, where a target asks: names of its path, and bytes with separators.
    measures: Vec<(u32, u32)>,
    /// The shortest path that some target finds too long.
    long: u32,
    /// Second entries of a name of which the reader told itself.
    told: FastSet<NodeId>,
    /// Entries whose name another of the folder has without the dot that ends it, which no system shows.
    dotted: FastSet<NodeId>,
}

impl<'a> Tree<'a> {
    fn new(volume: &'a Volume, container: usize, number: usize, sight: &Sight<'a>) -> Self {
        let views = 0..volume.views.len();
        let seen: Vec<u64> = views.map(|view| sight.view(container, number, view)).collect();
        let any = seen.iter().fold(0, |any, mask| any | mask);
        let targets: Vec<_> = sight.targets().filter(|(bit, _)| any & bit != 0).collect();
        let mut measures: Vec<(u32, u32)> = Vec::new();
        let limits = targets.iter().filter_map(|(_, target)| target.names.path);
        let long = limits.map(|path| path.limit).min().unwrap_or(u32::MAX);
        if !targets.is_empty() {
            measures.reserve(volume.nodes.len());
            for node in &volume.nodes {
                // A parent stands before its children.
                let above = node.parent().and_then(|id| measures.get(id.0 as usize));
                let length = volume.name(node).len() as u32;
                measures.push(above.map_or((1, length), |&(levels, bytes)| {
                    (levels.saturating_add(1), bytes.saturating_add(1).saturating_add(length))
                }));
            }
        }
        let is_of_names = |defect: &&Defect| defect.rule.ends_with("duplicate-name");
        let told =
            volume.defects.iter().filter(is_of_names).filter_map(|defect| match defect.owner {
                Owner::Node(node) => Some(node),
                _ => None,
            });
        let told = told.collect();
        let container = ContainerId(container as u32);
        let (number, dotted) = (number as u16, dotted(volume));
        Self { volume, container, number, seen, targets, measures, long, told, dotted }
    }

    /// The name of a node, as far as no target is asked; none for a fork and for the folder that was
    /// packed.
    fn name(&self, node: &'a Node) -> Option<Name<'a>> {
        if node.kind == Kind::Fork || self.volume.is_packed_folder(node) {
            return None;
        }
        let bytes = before_dot(self.volume, node).unwrap_or_else(|| self.volume.name(node));
        Some(Name {
            is_folder: node.kind == Kind::Directory,
            // Who reads a library finds members by symbols, and all of an import library have one name.
            duplicate: node.duplicate > 0 && self.volume.format != "ar",
            ..Name::new(bytes)
        })
    }

    /// What a target wants to know besides.
    fn place<'n>(&'n self, index: usize, node: &Node, path: &'n [u8], name: Name<'n>) -> Name<'n> {
        let parent = node.parent().and_then(|id| self.volume.node(id));
        Name {
            folder: parent.map(|parent| self.volume.name(parent)),
            levels: self.measures.get(index).map_or(1, |measure| measure.0),
            path,
            ..name
        }
    }

    /// A path, or as much of its end as tells that no target can take it.
    fn path(&self, node: &Node) -> Vec<u8> {
        let mut names = vec![self.volume.name(node)];
        let mut above = node.parent();
        let mut length = 0;
        while length <= LONGEST_PATH
            && let Some(parent) = above.and_then(|id| self.volume.node(id))
        {
            names.push(self.volume.name(parent));
            length += self.volume.name(parent).len() + 1;
            above = parent.parent();
        }
        names.reverse();
        names.join(&b'/')
    }

    fn at(&self, index: usize) -> Place {
        let node = NodeId(index as u32);
        Place { container: self.container, volume: self.number, node }
    }

    fn seen_by(&self, node: &Node) -> u64 {
        self.seen.get(usize::from(node.view.0)).copied().unwrap_or_default()
    }

    fn view(&self, node: &Node) -> Option<&View> {
        self.volume.views.get(usize::from(node.view.0))
    }

    /// Rules about one name.
    fn each_name(&self, looks: &[(&'a Rule, Look)], teller: &mut Teller<'a, '_>) {
        for (index, node) in self.volume.nodes.iter().enumerate() {
            let Some(mut name) = self.name(node) else { continue };
            name.duplicate |= self.dotted.contains(&NodeId(index as u32));
            if !name.is_plain() {
                name.duplicate &= !self.told.contains(&NodeId(index as u32));
                for (rule, look) in looks {
                    if let Look::Name(find) = look
                        && let Some(detail) = find(&name)
                    {
                        teller.everywhere(rule, self, index, &name, &detail);
                    }
                }
            }
            let seen = self.seen_by(node);
            if seen == 0 {
                continue;
            }
            let is_long = self.measures.get(index).is_some_and(|measure| measure.1 > self.long);
            let path = if is_long { self.path(node) } else { Vec::new() };
            let name = self.place(index, node, &path, name);
            for &(bit, target) in self.targets.iter().filter(|(bit, _)| seen & bit != 0) {
                let native = self.view(node).is_some_and(|view| target.reads(view.name));
                let name = Name { native, ..name };
                for (rule, look) in looks {
                    if let Look::NameOn(find) = look
                        && let Some(detail) = find(&name, target)
                    {
                        teller.on(rule, (bit, target), self.at(index), &name, &detail);
                    }
                }
            }
        }
    }

    /// Rules about names of one folder that become one.
    fn meetings(&self, looks: &[(&'a Rule, Look)], teller: &mut Teller<'a, '_>) {
        for (rule, look) in looks {
            let Look::Meeting(meeting) = look else { continue };
            if !meeting.by_target {
                self.meeting(rule, meeting, None, teller);
                continue;
            }
            for &(bit, target) in &self.targets {
                self.meeting(rule, meeting, Some((bit, target)), teller);
            }
        }
    }

    fn meeting(
        &self,
        rule: &'a Rule,
        meeting: &Meeting,
        on: Option<(u64, &'a Target)>,
        teller: &mut Teller<'a, '_>,
    ) {
        let mut first: FastMap<u64, u32> = FastMap::default();
        first.reserve(if on.is_some() { self.volume.nodes.len() } else { 0 });
        let (mut key, mut other) = (String::new(), String::new());
        let target = on.map(|(_, target)| target);
        for (index, node) in self.volume.nodes.iter().enumerate() {
            if on.is_some_and(|(bit, _)| self.seen_by(node) & bit == 0) {
                continue;
            }
            let Some(name) = self.name(node) else { continue };
            key.clear();
            if !(meeting.key)(&name, target, &mut key) {
                continue;
            }
            let mut hasher = FastState.build_hasher();
            (node.view.0, node.parent()).hash(&mut hasher);
            hasher.write(key.as_bytes());
            let earlier = *first.entry(hasher.finish()).or_insert(index as u32);
            let Some(before) = self.volume.nodes.get(earlier as usize) else { continue };
            let Some(earlier_name) = self.name(before) else { continue };
            if earlier as usize == index
                || (before.view, before.parent()) != (node.view, node.parent())
            {
                continue;
            }
            other.clear();
            let has_key = (meeting.key)(&earlier_name, target, &mut other);
            if !has_key || key != other || !(meeting.meet)(&earlier_name, &name, target) {
                continue;
            }
            let detail = escape_text(earlier_name.bytes);
            match on {
                None => teller.everywhere(rule, self, index, &name, &detail),
                Some(on) => teller.on(rule, on, self.at(index), &name, &detail),
            }
        }
    }
}

/// The name without the dot that ends it: in ISO 9660 it stands there also where nothing follows it
/// (ECMA-119 7.5.1), and no system shows it.
fn before_dot<'a>(volume: &'a Volume, node: &Node) -> Option<&'a [u8]> {
    let before = volume.name(node).strip_suffix(b".").filter(|before| !before.contains(&b'.'))?;
    let view = volume.views.get(usize::from(node.view.0)).map_or("", |view| view.name);
    (view == "iso" || view.ends_with("-iso")).then_some(before)
}

/// Entries that end with such a dot, and lie beside one that has the name without it.
fn dotted(volume: &Volume) -> FastSet<NodeId> {
    let nodes = || volume.nodes.iter().enumerate();
    let mut with_dot: FastMap<(u8, Option<NodeId>, &[u8]), NodeId> = FastMap::default();
    for (index, node) in nodes() {
        if let Some(name) = before_dot(volume, node) {
            with_dot.insert((node.view.0, node.parent(), name), NodeId(index as u32));
        }
    }
    if with_dot.is_empty() {
        return FastSet::default();
    }
    let key = |node: &Node| (node.view.0, node.parent(), volume.name(node));
    nodes().filter_map(|(_, node)| with_dot.get(&key(node)).copied()).collect()
}

/// Makes findings of hits, and keeps their number within bounds.
struct Teller<'a, 'j> {
    judge: &'j Judge<'j>,
    manifest: &'a Manifest,
    sight: &'j Sight<'a>,
    found: Vec<Finding>,
    /// For each rule and target: findings listed, index of the last.
    counts: FastMap<(usize, u64), (usize, usize)>,
}

impl Teller<'_, '_> {
    /// A hit whatever the platform. An entry that has the name in several views is told once.
    fn everywhere(
        &mut self,
        rule: &Rule,
        tree: &Tree<'_>,
        index: usize,
        name: &Name<'_>,
        detail: &str,
    ) {
        let place = tree.at(index);
        let main = self.manifest.content_place(place).and_then(|at| self.manifest.main_place(at));
        if let Some((volume, node)) =
            main.filter(|&main| main != place).and_then(|m| self.manifest.node(m))
            && volume.name(node) == name.bytes
        {
            return;
        }
        let seen = tree.volume.nodes.get(index).map_or(0, |node| tree.seen_by(node));
        self.tell(rule, 0, seen, place, name, detail);
    }

    /// A hit on a target.
    fn on(&mut self, rule: &Rule, on: (u64, &Target), place: Place, name: &Name<'_>, detail: &str) {
        self.tell(rule, on.0, on.0, place, name, detail);
    }

    /// `bit` is the target's whose hit it is, `seen` are those that see the name.
    fn tell(
        &mut self,
        rule: &Rule,
        bit: u64,
        seen: u64,
        place: Place,
        name: &Name<'_>,
        detail: &str,
    ) {
        if rule.except.iter().any(|except| except.as_bytes() == name.bytes) {
            return;
        }
        let settings = self.judge.settings();
        if settings.is_set_by_path(rule) && settings.is_off(rule, &self.manifest.path(place)) {
            return;
        }
        let key = (std::ptr::from_ref(rule) as usize, bit);
        let (listed, last) = self.counts.get(&key).copied().unwrap_or_default();
        if listed == LISTED {
            if let Some(finding) = self.found.get_mut(last) {
                finding.more += 1;
            }
            return;
        }
        let path = self.manifest.path(place);
        if bit != 0 && self.sight.is_bound_elsewhere(bit, &path) {
            return;
        }
        let message = rule.render(|fact| match fact {
            "detail" => Some(detail.to_owned()),
            "name" => Some(escape_text(name.bytes)),
            _ => None,
        });
        let census = Census::default();
        let targets = self.sight.named(seen, &path);
        let mut judged = nameless(&path, &census);
        judged.targets = &targets;
        let mut finding = finding(rule, &judged, self.judge.settings(), message);
        if bit != 0 {
            finding.target = targets.into_iter().next();
        }
        self.counts.insert(key, (listed + 1, self.found.len()));
        self.found.push(finding);
    }
}
