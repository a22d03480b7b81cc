//! What rules about references say of entries: links of the file system, and pages that nothing
//! leads to.

use super::tree::Way;
use super::{Bound, Links, Places};
use crate::engine::artifact::nameless;
use crate::engine::entries::told_elsewhere;
use crate::engine::judge::Judged;
use crate::engine::sight::Sight;
use crate::model::locator::escape_text;
use crate::model::manifest::{ContainerId, Place};
use crate::model::{Census, Finding, Kind, Locator, Node, NodeId, Volume};
use crate::rules::links::{Broken, Fate, Role, Syntax, syntax};
use crate::rules::parsed::{Hit, Parsed};

/// Folders of a running system, which no release has.
const RUNNING: &[&[u8]] = &[b"/dev/", b"/proc/", b"/run/", b"/sys/", b"/tmp/", b"/var/run/"];
/// Pages that hosts and search engines ask for by their names.
const ASKED: &[&[u8]] = &[b"40", b"50", b"google", b"offline.", b"_"];

impl Links<'_> {
    /// Findings about links of the file system that lead out of the artifact.
    pub fn leaving(&self, sight: &Sight<'_>) -> Vec<Finding> {
        let mut found = self.entries(sight, &Places::default(), false);
        found.retain(|finding| finding.rule == "links/symlink-leaves-artifact");
        found
    }

    /// Findings about entries, when the references of all contents were followed. Without those of
    /// `all`, no page is called unreached.
    pub fn entries(&self, sight: &Sight<'_>, places: &Places, all: bool) -> Vec<Finding> {
        let mut found = Vec::new();
        for (c, container) in self.manifest.containers.iter().enumerate() {
            if container.is_wrapper() {
                continue;
            }
            let from = found.len();
            for (v, volume) in container.volumes.iter().enumerate() {
                if volume.nodes.iter().any(|node| node.kind == Kind::Resource) {
                    continue;
                }
                let best = volume.views.iter().map(|view| view.rank).max().unwrap_or_default();
                for (n, node) in volume.nodes.iter().enumerate() {
                    let place = Place {
                        container: ContainerId(c as u32),
                        volume: v as u16,
                        node: NodeId(n as u32),
                    };
                    let broken = match node.kind {
                        Kind::Symlink => self.link(place, node),
                        Kind::File => self.assumed(place, node).or_else(|| {
                            all.then(|| self.page_of(place, volume, node, places)).flatten()
                        }),
                        _ => None,
                    };
                    if let Some((fate, in_site, detail)) = broken
                        && !told_elsewhere(self.manifest, place, volume, node, best)
                    {
                        let missing = self.missing_of(place, node);
                        let hit =
                            |detail: String| Hit { missing: missing.clone(), ..Hit::new(detail) };
                        self.about(sight, place, (fate, in_site, &detail), &hit, &mut found);
                    }
                }
            }
            let mut bound = Bound::default();
            let mut mine = found.split_off(from);
            mine.retain(|finding| bound.lists(ContainerId(c as u32), finding, 0));
            for finding in mine.iter_mut().rev() {
                bound.tell(ContainerId(c as u32), finding, 0);
            }
            found.append(&mut mine);
        }
        found
    }

    /// What is wrong with a link.
    fn link(&self, place: Place, node: &Node) -> Option<(Fate, bool, String)> {
        let tree = self.tree(place)?;
        let view = usize::from(node.view.0);
        let target = tree.target(node)?;
        let is_running = RUNNING.iter().any(|folder| target.starts_with(folder));
        let way = tree.follow_link(view, node);
        let fate = match way {
            Way::Found(_) | Way::Unknown => return None,
            Way::OtherCase(_) => Fate::OtherCase,
            Way::Absent { .. } if tree.is_installed(view) => Fate::Elsewhere,
            Way::Absent { .. } => Fate::Dangling,
            Way::Leaves => Fate::LinkLeaves,
            Way::Loop => Fate::Loop,
        };
        let detail = match way {
            Way::OtherCase(Some(node)) => {
                let path = self.manifest.path(Place { node, ..place });
                format!("{}: there is {path}", escape_text(&target))
            }
            _ => escape_text(&target),
        };
        (!is_running).then_some((fate, false, detail))
    }

    /// Where that would lie which a link misses.
    fn missing_of(&self, place: Place, node: &Node) -> Option<Locator> {
        let tree = self.tree(place).filter(|_| node.kind == Kind::Symlink)?;
        let target = tree.target(node)?;
        match tree.follow_link(usize::from(node.view.0), node) {
            Way::Absent { at, left, .. } => {
                self.missing(place, at, target.get(target.len().checked_sub(left)?..)?)
            }
            _ => None,
        }
    }

    /// Of the front page of a site, where that is taken to be served.
    fn assumed(&self, place: Place, node: &Node) -> Option<(Fate, bool, String)> {
        self.served.get().filter(|served| !served.is_empty())?;
        let (tree, view) = (self.tree(place)?, usize::from(node.view.0));
        let root = self.site(place, view, tree)?;
        let is_front = tree.index(view, root) == Some(place.node);
        let base = self.served(place, view, root).filter(|_| is_front)?.assumed()?;
        Some((Fate::AssumedBase, true, escape_text(base.as_bytes())))
    }

    /// What is wrong with a page: that nothing leads to it.
    fn page_of(
        &self,
        place: Place,
        volume: &Volume,
        node: &Node,
        places: &Places,
    ) -> Option<(Fate, bool, String)> {
        let name = volume.name(node);
        let content = self.manifest.content_place(place)?;
        let format = self.manifest.content(content)?.format();
        if syntax(name, format) != Some(Syntax::Html) {
            return None;
        }
        let tree = self.tree(place)?;
        let view = usize::from(node.view.0);
        let site = self.site(place, view, tree)?;
        let is_asked = ASKED.iter().any(|start| name.starts_with(start));
        let is_first = tree.index(view, site) == Some(place.node);
        let is_known = self.page(place).is_some_and(|page| places.has(page));
        let is_orphan = !is_first
            && !is_asked
            && is_known
            && !tree.is_reached(place.node)
            && self.manifest.main_place(content) == Some(place);
        is_orphan.then(|| (Fate::Unreached, true, escape_text(name)))
    }

    fn about(
        &self,
        sight: &Sight<'_>,
        place: Place,
        (fate, in_site, detail): (Fate, bool, &str),
        hit: &dyn Fn(String) -> Hit,
        found: &mut Vec<Finding>,
    ) {
        let role = Role::Page;
        let broken = Broken { fate, role, in_site, detail };
        for (rule, minds) in self.judge.of_links.all() {
            if let Some(detail) = minds(&broken) {
                let path = self.manifest.path(place);
                let targets = sight.of_place(place, &path);
                let census = Census::default();
                let judged = Judged { targets: &targets, ..nameless(&path, &census) };
                found.push(self.judge.of_hit(rule, &judged, &Parsed::new(&[]), &hit(detail)));
            }
        }
    }
}
