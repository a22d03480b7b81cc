//! The references of one content, each followed as it is met.

use std::cell::RefCell;

use super::base::{Said, Served, Witness};
use super::tree::{Folder, How, Tree, Way};
use super::{Followed, KEPT, Links, Minds, Places, number};
use crate::engine::collect::number_occurrences;
use crate::engine::judge::Judged;
use crate::model::fast_map::{FastMap, FastSet};
use crate::model::locator::escape_text;
use crate::model::manifest::{ContentPlace, Place};
use crate::model::{Finding, Kind, Locator};
use crate::rules::links::{
    Broken, Fate, Form, Goal, Piece, Role, Syntax, Vocabulary, goal, syntax,
};
use crate::rules::parsed::{Hit, Hits, Parsed};
use crate::rules::{Rule, Target};

/// Where relative URLs of a content start.
pub(super) enum From {
    /// In a folder.
    Folder(Folder),
    /// On another host, or where nothing is known of.
    Elsewhere,
}

/// Why the references of a text from which a host makes pages are not followed.
const TEMPLATE: &str = "it is a template";

/// What of a content a host or a script fills in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum FilledIn {
    Nothing,
    /// Places in it, of which some are not known.
    Places,
    /// It is a template.
    Anything,
}

/// A content under way.
pub(super) struct Reader<'l, 'a> {
    pub(super) links: &'l Links<'a>,
    rules: Vec<(&'a Rule, Minds)>,
    /// By rule, the hits, and what each of those listed means.
    hits: Vec<(Hits, Vec<u64>)>,
    pub(super) tree: &'l Tree<'a>,
    pub(super) place: Place,
    pub(super) view: usize,
    pub(super) folder: Folder,
    pub(super) from: From,
    pub(super) site: Option<Folder>,
    /// Where the site is served.
    pub(super) served: Option<&'l Served>,
    pub(super) witness: Witness,
    /// Whether it is a list of pages by their whole URLs.
    is_sitemap: bool,
    seen: FastSet<(Role, u64)>,
    /// Where paths of URLs lead that end in `/`, by where they start and their number.
    pub(super) folders: RefCell<FastMap<(Folder, u64), Folder>>,
    filled_in: FilledIn,
    pub(super) page: u64,
    places: Vec<u64>,
    pub(super) named: Vec<(u64, u64)>,
    /// Pages of these, where only some of the contents are followed.
    pub(super) pages: FastSet<ContentPlace>,
    /// Known places, when only these are to be told.
    pub(super) known: Option<&'l Places>,
    /// Whether it is read in another tree than that of its main name: then only what is not there is
    /// told, and nothing is noted.
    pub(super) aside: bool,
}

impl<'a> Links<'a> {
    /// Follows the references of a content. `bytes` are all of it, or as many of the first as
    /// [`crate::rules::parsed`] says.
    pub fn follow(&self, place: ContentPlace, judged: &Judged<'_>, bytes: &[u8]) -> Followed {
        let Some((content, _)) = self.stands(place) else { return Followed::default() };
        let others = self.views.others(content);
        if others.is_empty() {
            return self.followed(place, judged, bytes, None, &mut []);
        }
        let named = |mask| self.sight.named(mask, judged.path);
        let trees = others.iter().flat_map(|&(other, targets)| {
            named(targets).into_iter().map(move |target| (other, target))
        });
        let mut asides: Vec<_> = trees
            .filter_map(|(other, target)| {
                let targets = [target];
                let judged = Judged { targets: &targets, ..*judged };
                let reader = self.reader(place, other, &judged, None)?;
                Some((targets, Reader { aside: true, ..reader }))
            })
            .collect();
        let away = named(others.iter().fold(0, |mask, (_, targets)| mask | targets));
        let is_here = |name: &&String| !away.contains(name);
        let here: Vec<String> = judged.targets.iter().filter(is_here).cloned().collect();
        let judged_here = Judged { targets: &here, ..*judged };
        let mut followed = self.followed(place, &judged_here, bytes, None, &mut asides);
        let is_read_here =
            |(_, target): (u64, &Target)| !target.volume && here.contains(&target.name);
        if !self.sight.targets().any(is_read_here) {
            // Every target that is named reads it elsewhere.
            followed.findings.clear();
            followed.meant.clear();
        }
        for (targets, reader) in asides {
            if reader.filled_in == FilledIn::Anything {
                continue;
            }
            let told = reader.finish(&Judged { targets: &targets, ..*judged }, bytes, false);
            let [target] = &targets;
            followed.findings.extend(
                told.findings.into_iter().map(|of| Finding { target: Some(target.clone()), ..of }),
            );
            followed.meant.extend(told.meant);
        }
        followed
    }

    /// The content that a content stands as, and its main entry: what is packed alone stands where its
    /// package does.
    fn stands(&self, mut content: ContentPlace) -> Option<(ContentPlace, Place)> {
        let mut place = self.manifest.main_place(content)?;
        while let Some(outer) = self.manifest.container(place.container).filter(|c| c.is_wrapper())
        {
            content = outer.inside?;
            place = self.manifest.main_place(content)?;
        }
        Some((content, place))
    }

    /// Adds to what following a content gave which places that it names are not there.
    pub fn again(
        &self,
        place: ContentPlace,
        judged: &Judged<'_>,
        bytes: &[u8],
        places: &Places,
        of: &mut Followed,
    ) {
        let mut again = self.followed(place, judged, bytes, Some(places), &mut []);
        of.findings.append(&mut again.findings);
        of.meant.append(&mut again.meant);
    }

    /// Follows the references of a content; with `known`, tells only places that are not there. `asides`
    /// follow them too.
    fn followed(
        &self,
        content: ContentPlace,
        judged: &Judged<'_>,
        bytes: &[u8],
        known: Option<&Places>,
        asides: &mut [([String; 1], Reader<'_, 'a>)],
    ) -> Followed {
        let Some(syntax) = syntax(judged.name, judged.format) else { return Followed::default() };
        let stands = self.stands(content);
        let reader = stands.and_then(|(_, place)| self.reader(content, place, judged, known));
        let Some(mut reader) = reader else { return Followed::default() };
        if syntax == Syntax::Xml(Vocabulary::Ocf) && !reader.is_below(b"META-INF") {
            return Followed::default();
        }
        let unfollowed = unfollowed(syntax, judged, bytes);
        if let Some(why) = unfollowed.filter(|_| known.is_none()) {
            reader.tell(Fate::NotFollowed, Role::Page, why, None, (0, None));
        } else {
            syntax.read(bytes, &mut |piece| {
                reader.piece(&piece);
                for (_, aside) in &mut *asides {
                    aside.piece(&piece);
                }
            });
        }
        if reader.filled_in == FilledIn::Anything {
            // Nothing of what it says until the mark is known to be said of the page that is made.
            let unread = stands.and_then(|(_, place)| self.reader(content, place, judged, known));
            let Some(mut unread) = unread else { return Followed::default() };
            if known.is_none() {
                let meant = (number(&TEMPLATE), None);
                unread.tell(Fate::NotFollowed, Role::Page, TEMPLATE, None, meant);
            }
            return unread.finish(judged, bytes, false);
        }
        let is_page =
            syntax.has_places() && unfollowed.is_none() && reader.filled_in == FilledIn::Nothing;
        reader.finish(judged, bytes, is_page)
    }

    fn reader<'l>(
        &'l self,
        content: ContentPlace,
        place: Place,
        judged: &Judged<'_>,
        known: Option<&'l Places>,
    ) -> Option<Reader<'l, 'a>> {
        let (_, node) = self.manifest.node(place)?;
        let rules: Vec<_> = self.judge.of_links.of(judged).collect();
        if rules.is_empty() || matches!(node.kind, Kind::Fork | Kind::Resource) {
            return None;
        }
        let tree = self.tree(place)?;
        let (view, folder) = (usize::from(node.view.0), node.parent());
        let site = self.site(place, view, tree);
        Some(Reader {
            links: self,
            hits: vec![Default::default(); rules.len()],
            rules,
            tree,
            place,
            view,
            folder,
            from: From::Folder(folder),
            site,
            served: site.and_then(|root| self.served(place, view, root)),
            witness: Witness::default(),
            is_sitemap: syntax(judged.name, None) == Some(Syntax::Xml(Vocabulary::Sitemap)),
            seen: FastSet::default(),
            folders: RefCell::default(),
            filled_in: FilledIn::Nothing,
            page: number(&content),
            places: Vec::new(),
            named: Vec::new(),
            pages: FastSet::default(),
            known,
            aside: false,
        })
    }
}

/// Why the references of a content are not followed.
fn unfollowed(syntax: Syntax, judged: &Judged<'_>, bytes: &[u8]) -> Option<&'static str> {
    let is_wide = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    // The style sheet of XML is named at the start.
    let is_cut =
        (bytes.len() as u64) < judged.census.size && syntax != Syntax::Xml(Vocabulary::Other);
    match () {
        () if is_cut => Some("it is larger than 8 MiB"),
        () if is_wide && syntax.is_text() => Some("it is in UTF-16"),
        () => None,
    }
}

impl Reader<'_, '_> {
    fn piece(&mut self, piece: &Piece<'_>) {
        match piece {
            Piece::Template => self.filled_in = FilledIn::Anything,
            Piece::AnyId => self.filled_in = self.filled_in.max(FilledIn::Places),
            Piece::BaseUrl(url) => self.base(url),
            Piece::Own(path) => self.witness(path, Said::Own),
            Piece::Id(id) => {
                if self.known.is_none() && !self.aside {
                    self.places.push(number(&(self.page, &**id)));
                }
            }
            Piece::Reference(reference) => {
                if self.filled_in < FilledIn::Anything
                    && self.seen.insert((reference.role, number(&reference.text)))
                {
                    if reference.form == Form::Url && reference.role != Role::Part {
                        let said = if self.is_sitemap { Said::Listed } else { Said::Link };
                        self.witness(&reference.text, said);
                    }
                    self.reference(reference);
                }
            }
        }
    }

    /// Whether the content lies right in a folder of that name.
    fn is_below(&self, name: &[u8]) -> bool {
        let folder = self.folder.map(|node| Place { node, ..self.place });
        let folder = folder.and_then(|folder| self.links.manifest.node(folder));
        folder.is_some_and(|(volume, node)| volume.name(node) == name)
    }

    /// `<base href>`.
    fn base(&mut self, url: &[u8]) {
        let Goal::Path { absolute, path, .. } = goal(url, Form::Url) else {
            self.from = From::Elsewhere;
            return;
        };
        let folder = path.get(..memchr::memrchr(b'/', &path).map_or(0, |at| at + 1));
        let folder = folder.unwrap_or_default();
        self.witness(folder, Said::Folder);
        let way = if absolute && self.aside {
            None
        } else if absolute {
            self.site.and_then(|root| self.follow_absolute(root, folder))
        } else {
            Some(self.tree.follow(self.how(Form::Url), self.folder, folder))
        };
        self.from = match way {
            Some(Way::Found(folder) | Way::OtherCase(folder)) => From::Folder(folder),
            _ => From::Elsewhere,
        };
    }

    pub(super) fn how(&self, form: Form) -> How {
        How {
            view: self.view,
            encoded: form == Form::Url,
            any_case: form == Form::Dos,
            rooted: self.tree.is_installed(self.view),
        }
    }

    pub(super) fn tell(
        &mut self,
        fate: Fate,
        role: Role,
        detail: &str,
        at: Option<(usize, usize)>,
        (meant, missing): (u64, Option<Locator>),
    ) {
        let tree = || {
            let (volume, _) = self.links.manifest.node(self.place)?;
            let name = volume.views.get(self.view)?.name;
            (self.aside && fate != Fate::OtherCase).then(|| format!("{detail} in !{name}"))
        };
        let there = tree();
        let detail = there.as_deref().unwrap_or(detail);
        let broken = Broken { fate, role, in_site: self.site.is_some(), detail };
        for ((_, minds), hits) in self.rules.iter().zip(&mut self.hits) {
            if let Some(detail) = minds(&broken) {
                let hit = Hit::new(escape_text(detail.as_bytes()));
                let hit = Hit { missing: missing.clone(), ..hit };
                hits.0.tell(match at {
                    Some((at, length)) => hit.at(at as u64, length as u64),
                    None => hit,
                });
                if hits.1.len() < hits.0.listed.len() {
                    hits.1.push(meant);
                }
            }
        }
    }

    fn finish(mut self, judged: &Judged<'_>, bytes: &[u8], is_page: bool) -> Followed {
        let mut followed = Followed { witness: self.witness, ..Followed::default() };
        for ((rule, _), (hits, meant)) in self.rules.iter().zip(&self.hits) {
            followed.meant.extend(meant);
            let from = followed.findings.len();
            let judge = self.links.judge;
            let told =
                hits.listed.iter().map(|hit| judge.of_hit(rule, judged, &Parsed::new(bytes), hit));
            followed.findings.extend(told);
            if let Some(last) = followed.findings.get_mut(from..).and_then(<[_]>::last_mut) {
                last.more = hits.more;
            }
        }
        number_occurrences(&mut followed.findings);
        if self.known.is_some() {
            return followed;
        }
        followed.pages = self.pages.into_iter().collect();
        self.places.sort_unstable();
        self.places.dedup();
        let (own, places) = (self.page, &self.places);
        // Places in the content itself are known already.
        self.named.retain(|(page, place)| {
            *page != own || is_page && places.binary_search(place).is_err()
        });
        let kept = self.places.len() + self.named.len();
        let before = self.links.kept.fetch_add(kept, std::sync::atomic::Ordering::Relaxed);
        followed.page = is_page.then_some(own);
        followed.kept = kept;
        if before + kept <= KEPT {
            (followed.places, followed.named) = (self.places, self.named);
        }
        followed
    }
}
