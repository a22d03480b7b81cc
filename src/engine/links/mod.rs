//! Rules about references: what each leads to, in the tree that its content's main name stands in.
//!
//! Targets that see another tree follow them there ([`views`]).
//!
//! References are followed while their content is in memory, so that nothing of them is kept but a
//! number for each place in a page that some page names. When all are read, the few pages that name
//! a place which is not there are read once more, and the entries themselves are looked at: links of
//! the file system, and pages that nothing leads to.

mod base;
mod entries;
mod follow;
mod gone;
mod reference;
mod systems;
mod tree;
mod views;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, OnceLock};

use self::base::{Served, Site, Witness};
pub use self::gone::{Gone, LEFT_OUT};
pub(super) use self::systems::Systems;
use self::tree::{Folder, Tree};
use self::views::Views;
use super::judge::{Judge, Judged};
use super::sight::Sight;
use crate::model::fast_map::FastMap;
use crate::model::manifest::{ContainerId, ContentPlace, Place};
use crate::model::{Content, Finding, Gap, GapKind, Kind, Locator, Manifest};
use crate::rules::detectors::Look;
use crate::rules::links::{Broken, Syntax, decode, syntax};
use crate::rules::program::is_of_loader;
use crate::rules::{Matcher, Rule};

/// Places in pages, and names of them, that are kept over all contents.
const KEPT: usize = 8 << 20;
/// Findings of a rule in a container that are listed; the others are counted.
const LISTED: usize = 200;
/// Of these, findings that mean the same.
const SAME: usize = 3;

/// What a rule says of a reference.
pub(super) type Minds = fn(&Broken<'_>) -> Option<String>;

/// The trees in which references are followed.
pub struct Links<'a> {
    judge: &'a Judge<'a>,
    manifest: &'a Manifest,
    sight: &'a Sight<'a>,
    /// What targets read elsewhere.
    views: Views,
    /// By container and volume.
    trees: Vec<Vec<OnceLock<Tree<'a>>>>,
    /// The folder of the artifact that is the root of a site, if the settings name one.
    root: Option<Place>,
    /// Where its host serves it, if the settings say that.
    base: Option<Served>,
    /// Where sites are served, when that is settled.
    served: OnceLock<BTreeMap<Site, Served>>,
    /// See [`Links::is_whole_system`].
    whole_system: OnceLock<bool>,
    kept: AtomicUsize,
    /// Whether only some of the contents are followed.
    narrow: bool,
}

/// What following the references of one content gave.
#[derive(Debug, Default)]
pub struct Followed {
    /// What rules say of them.
    pub findings: Vec<Finding>,
    /// What each of them means: equal where they mean the same.
    meant: Vec<u64>,
    /// The page by its number, if places in it are known.
    page: Option<u64>,
    /// Places in it.
    places: Vec<u64>,
    /// Places in pages that it names: the page and the place.
    named: Vec<(u64, u64)>,
    /// Places and names of them that it counts among those that are kept.
    kept: usize,
    /// Where only some of the contents are followed, those in which it names places.
    pages: Vec<ContentPlace>,
    /// What it tells of where its site is served.
    witness: Witness,
}

impl Followed {
    /// Of a content that is as it was, only the places in it.
    #[must_use]
    pub fn places_only(self) -> Self {
        let Self { page, places, kept, .. } = self;
        Self { page, places, kept, ..Self::default() }
    }
}

/// Every place in every page that was read.
#[derive(Debug, Default)]
pub struct Places {
    /// Pages and places, sorted.
    all: Vec<u64>,
    /// Contents that name a place which is not there.
    broken: Vec<ContentPlace>,
    /// Whether there were more than are kept.
    overflow: bool,
}

impl<'a> Links<'a> {
    /// The rules about references that run; none if there are none. `narrow` says that only some of the
    /// contents will be followed.
    pub fn new(
        judge: &'a Judge<'a>,
        manifest: &'a Manifest,
        sight: &'a Sight<'a>,
        narrow: bool,
    ) -> Option<Self> {
        if judge.of_links.all().is_empty() {
            return None;
        }
        let of_container = |container: &crate::model::Container| {
            container.volumes.iter().map(|_| OnceLock::new()).collect()
        };
        let trees = manifest.containers.iter().map(of_container).collect();
        let kept = AtomicUsize::new(0);
        let base = judge.settings().link_base.as_deref().map(Served::by_settings);
        let (served, whole_system) = (OnceLock::new(), OnceLock::new());
        let root = None;
        let views = Views::of(manifest, sight);
        let mut links = Self {
            judge,
            manifest,
            sight,
            views,
            trees,
            root,
            base,
            served,
            whole_system,
            kept,
            narrow,
        };
        let wanted = judge.settings().link_root.as_deref();
        links.root = wanted.and_then(|path| manifest.find(&Locator::parse(path)));
        Some(links)
    }

    fn tree(&self, place: Place) -> Option<&Tree<'a>> {
        let of = self.trees.get(place.container.0 as usize)?.get(usize::from(place.volume))?;
        let container = self.manifest.container(place.container)?;
        let volume = container.volumes.get(usize::from(place.volume))?;
        Some(of.get_or_init(|| Tree::of(volume)))
    }

    /// The root of the site that an entry stands in.
    fn site(&self, place: Place, view: usize, tree: &Tree<'_>) -> Option<Folder> {
        if let Some(root) = self.root {
            let (volume, _) = self.manifest.node(place)?;
            let mut at = Some(place.node);
            let is_here = (root.container, root.volume) == (place.container, place.volume);
            // A parent stands before its children, so this ends.
            while let Some(id) = at.filter(|_| is_here) {
                if id == root.node {
                    return Some(Some(id));
                }
                at = volume.node(id)?.parent();
            }
            return None;
        }
        tree.index(view, None).map(|_| None)
    }

    /// Whether the artifact is a system itself, which no other package completes: it has the loader's own
    /// library.
    fn is_whole_system(&self) -> bool {
        *self.whole_system.get_or_init(|| {
            let nodes = self.manifest.places().filter_map(|place| self.manifest.node(place));
            nodes.map(|(volume, node)| volume.name(node)).any(is_of_loader)
        })
    }

    /// That the folder which the settings name as the root of a site is not there.
    pub fn lost_root(&self) -> Option<Gap> {
        let wanted = self.judge.settings().link_root.as_deref().filter(|_| self.root.is_none())?;
        let message = format!("[links] root is {wanted}, which is not there");
        Some(Gap::new(Locator::root(), GapKind::Unreadable, message))
    }

    /// Whether a content has places that others may name.
    pub fn has_places(&self, place: Place) -> bool {
        let content = self.manifest.content_place(place).and_then(|c| self.manifest.content(c));
        let Some((volume, node)) = self.manifest.node(place) else { return false };
        let format = content.and_then(Content::format);
        node.kind == Kind::File && syntax(volume.name(node), format).is_some_and(Syntax::has_places)
    }

    /// Where that would lie which a path misses: `rest` is what is left of it behind a folder.
    fn missing(&self, near: Place, folder: Folder, rest: &[u8]) -> Option<Locator> {
        let start = if let Some(node) = folder {
            self.manifest.path(Place { node, ..near })
        } else {
            let (_, node) = self.manifest.node(near)?;
            self.manifest.view_path(near.container, near.volume, usize::from(node.view.0))
        };
        let names = rest.split(|b| *b == b'/').filter(|name| !name.is_empty());
        Some(names.fold(start, |at, name| at.child(&decode(name), 0)))
    }

    /// The number of a content as a page.
    fn page(&self, place: Place) -> Option<u64> {
        self.manifest.content_place(place).map(|content| number(&content))
    }

    /// Pages in which contents name places and that were not followed themselves.
    pub fn unread(&self, followed: &[(ContentPlace, Followed)]) -> BTreeSet<ContentPlace> {
        let named = followed.iter().flat_map(|(_, of)| &of.pages).copied();
        let is_unread = |place: &ContentPlace| {
            let at = followed.binary_search_by_key(place, |(place, _)| *place);
            at.ok().and_then(|at| followed.get(at)).is_none_or(|(_, of)| of.page.is_none())
        };
        named.filter(is_unread).collect()
    }

    /// Puts together what contents, in the order of places, told of places in them.
    pub fn places(&self, followed: &mut [(ContentPlace, Followed)]) -> Places {
        let mut places =
            Places { overflow: self.kept.load(Ordering::Relaxed) > KEPT, ..Places::default() };
        for (_, of) in followed.iter() {
            places.all.extend(of.page);
            places.all.extend(&of.places);
        }
        places.all.sort_unstable();
        places.all.dedup();
        let is_broken = |(_, of): &&(ContentPlace, Followed)| {
            of.named.iter().any(|&(page, place)| places.lacks(page, place))
        };
        let broken: Vec<_> = followed.iter().filter(is_broken).map(|(place, _)| *place).collect();
        places.broken = broken;
        for (_, of) in followed.iter_mut() {
            (of.places, of.named) = (Vec::new(), Vec::new());
        }
        places
    }

    /// Keeps the findings of all contents, in the order of places, within bounds.
    pub fn bound(&self, followed: &mut [(ContentPlace, Followed)]) {
        let mut bound = Bound::default();
        for (place, of) in followed.iter_mut() {
            let mut meant = std::mem::take(&mut of.meant).into_iter();
            of.findings.retain(|finding| {
                let meant = meant.next().unwrap_or_default();
                let listed = bound.lists(place.container, finding, meant);
                of.meant.extend(listed.then_some(meant));
                listed
            });
        }
        for (place, of) in followed.iter_mut().rev() {
            for (finding, &meant) in of.findings.iter_mut().zip(&of.meant).rev() {
                bound.tell(place.container, finding, meant);
            }
        }
    }
}

impl Places {
    /// Contents that are to be read [again](Links::again), and in which order.
    pub fn broken(&self) -> &[ContentPlace] {
        if self.overflow { &[] } else { &self.broken }
    }

    /// What was not looked at.
    pub fn gap(&self) -> Option<Gap> {
        let message =
            format!("more than {KEPT} places in pages: which of them are there was not checked");
        self.overflow.then(|| Gap::new(Locator::root(), GapKind::Limit, message))
    }

    /// Whether a page was read and has no such place.
    fn lacks(&self, page: u64, place: u64) -> bool {
        self.has(page) && !self.has(place)
    }

    fn has(&self, number: u64) -> bool {
        self.all.binary_search(&number).is_ok()
    }
}

/// Counts findings of a rule in a container, and of those what means the same.
#[derive(Default)]
struct Bound {
    /// By container, rule and meaning, 0 for any: how many are listed, and the hits beyond them.
    counts: FastMap<(ContainerId, String, u64), (usize, u64)>,
}

impl Bound {
    /// Whether a finding is listed.
    fn lists(&mut self, container: ContainerId, finding: &Finding, meant: u64) -> bool {
        for (meant, most) in [(meant, SAME), (0, LISTED)] {
            if meant == 0 && most == SAME {
                continue;
            }
            let count = self.counts.entry((container, finding.rule.clone(), meant)).or_default();
            if count.0 >= most {
                count.1 += 1 + finding.more;
                return false;
            }
            count.0 += 1;
        }
        true
    }

    /// Tells the last finding that is listed how many more there are.
    fn tell(&mut self, container: ContainerId, finding: &mut Finding, meant: u64) {
        for meant in [meant, 0] {
            if let Some((_, more)) = self.counts.get_mut(&(container, finding.rule.clone(), meant))
            {
                finding.more += std::mem::take(more);
            }
        }
    }
}

/// A number that stands for a page or a place: the same for equal ones, in one run. No artifact can be
/// made to have one number for two.
fn number(of: &impl Hash) -> u64 {
    static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    KEYS.hash_one(of)
}

/// Those of some rules that are about references.
pub(super) fn rules<'a>(
    all: impl Iterator<Item = &'a Rule>,
) -> impl Iterator<Item = (&'a Rule, Minds)> {
    all.filter_map(|rule| match rule.matcher {
        Matcher::Detector(detector) => match detector.look {
            Look::Link(minds) => Some((rule, minds)),
            _ => None,
        },
        _ => None,
    })
}

impl Judge<'_> {
    /// Whether a content makes references, and some rule minds where they lead.
    pub fn wants_links(&self, judged: &Judged<'_>) -> bool {
        let of = syntax(judged.name, judged.format);
        judged.census.size > 0
            && of.is_some_and(|syntax| syntax.may_be(judged.class))
            && self.of_links.of(judged).next().is_some()
    }
}
