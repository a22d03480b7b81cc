//! The references of one content, each followed as it is met.

use std::borrow::Cow;
use std::cell::RefCell;

use super::base::{Said, Served, Witness};
use super::tree::{Folder, How, Tree, Way};
use super::{Followed, KEPT, LEFT_OUT, Links, Minds, Places, number};
use crate::engine::collect::number_occurrences;
use crate::engine::judge::Judged;
use crate::model::fast_map::{FastMap, FastSet};
use crate::model::locator::escape_text;
use crate::model::manifest::{ContentPlace, Place};
use crate::model::{Finding, Kind, Locator, NodeId};
use crate::rules::links::{
    Base, Broken, Fate, Form, Goal, Piece, Reference, Role, Syntax, Vocabulary, goal, syntax,
};
use crate::rules::parsed::{Hit, Hits, Parsed};
use crate::rules::{Rule, Target};

/// Characters of a reference that are shown.
const SHOWN: usize = 160;

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

/// What following a reference gave.
enum Seen<'t> {
    /// Nothing that can be told.
    Nothing,
    /// What it leads to, whether by a name in other case, and the place in it.
    There(Folder, bool, Option<Cow<'t, [u8]>>),
    /// The number stands for what is meant, so that others who mean the same are told with it.
    Broken(Fate, u64, Option<Locator>),
}

impl Seen<'_> {
    fn into_owned(self) -> Seen<'static> {
        match self {
            Self::Nothing => Seen::Nothing,
            Self::There(to, other, place) => {
                Seen::There(to, other, place.map(|place| place.into_owned().into()))
            }
            Self::Broken(fate, meant, missing) => Seen::Broken(fate, meant, missing),
        }
    }
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
    folder: Folder,
    from: From,
    pub(super) site: Option<Folder>,
    /// Where the site is served.
    pub(super) served: Option<&'l Served>,
    pub(super) witness: Witness,
    /// Whether it is a list of pages by their whole URLs.
    is_sitemap: bool,
    seen: FastSet<(Role, u64)>,
    /// Where paths of URLs lead that end in `/`, by where they start and their number.
    folders: RefCell<FastMap<(Folder, u64), Folder>>,
    filled_in: FilledIn,
    page: u64,
    places: Vec<u64>,
    named: Vec<(u64, u64)>,
    /// Pages of these, where only some of the contents are followed.
    pages: FastSet<ContentPlace>,
    /// Known places, when only these are to be told.
    pub(super) known: Option<&'l Places>,
    /// Whether it is read in another tree than that of its main name: then only what is not there is
    /// told, and nothing is noted.
    aside: bool,
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

/// Whether a text is one from which references are made.
pub(super) fn is_pattern(text: &[u8]) -> bool {
    let hex = |at: usize| text.get(at).is_some_and(u8::is_ascii_hexdigit);
    text.iter().any(|b| matches!(b, b'{' | b'}' | b'<' | b'>' | b'$' | b'|' | b'`'))
        || memchr::memchr_iter(b'%', text).any(|at| !hex(at + 1) || !hex(at + 2))
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

    fn reference(&mut self, reference: &Reference<'_>) {
        let mut seen = self.follow(reference, &reference.text);
        if let Seen::Broken(Fate::Absent | Fate::Elsewhere, ..) = seen {
            let mut others = reference.also.iter().map(|path| self.follow(reference, path));
            let others = others.find(|seen| !matches!(seen, Seen::Broken(..)));
            let page = || {
                let whole = reference.text.split(|b| matches!(b, b'?' | b'#')).next()?;
                let whole = whole.strip_suffix(b"/").unwrap_or(whole);
                let at = memchr::memchr(b'#', &reference.text);
                let place = at.filter(|_| reference.form == Form::Url);
                let place = place.and_then(|at| reference.text.get(at..)).unwrap_or_default();
                let hosts = |end: &&&str| self.site.is_some() || **end != ".html";
                let ends = LEFT_OUT.iter().filter(hosts).filter(|_| reference.role == Role::Page);
                let spelled = |end: &&str| [whole, end.as_bytes(), place].concat();
                let mut seen = ends.map(|end| self.follow(reference, &spelled(end)).into_owned());
                seen.find(|seen| matches!(seen, Seen::There(..)))
            };
            if let Some(found) = others.or_else(page) {
                seen = found;
            }
        }
        // Few are told.
        let spelled =
            || -> String { String::from_utf8_lossy(&reference.text).chars().take(SHOWN).collect() };
        let at = (reference.length > 0).then_some((reference.at, reference.length));
        match seen {
            Seen::Nothing => {}
            Seen::Broken(fate, meant, missing) => {
                if self.known.is_none() {
                    self.tell(fate, reference.role, &spelled(), at, (meant, missing));
                }
            }
            Seen::There(to, other, place) => {
                if other && self.known.is_none() {
                    let path =
                        to.map(|node| self.links.manifest.path(Place { node, ..self.place }));
                    let detail = format!("{}: there is {}", spelled(), path.unwrap_or_default());
                    self.tell(Fate::OtherCase, reference.role, &detail, at, (0, None));
                }
                self.arrive(to, place.as_deref(), reference.role, spelled, at);
            }
        }
    }

    /// Follows one spelling of a reference.
    fn follow<'t>(&self, reference: &Reference<'_>, text: &'t [u8]) -> Seen<'t> {
        let installed = self.tree.is_installed(self.view);
        let how = self.how(reference.form);
        let (way, fragment, system, path) = match goal(text, reference.form) {
            Goal::Elsewhere => return Seen::Nothing,
            Goal::Machine(path) if installed && path.starts_with(b"/") => {
                (self.tree.follow(how, None, &path), None, true, path)
            }
            Goal::Machine(path) => return Seen::Broken(Fate::Leaves, number(&path), None),
            Goal::Path { path, .. } if reference.form == Form::Url && is_pattern(&path) => {
                return Seen::Nothing;
            }
            Goal::Path { absolute, path, fragment } => {
                if path.is_empty() {
                    return match self.from {
                        From::Folder(folder) if folder == self.folder => {
                            Seen::There(Some(self.place.node), false, fragment)
                        }
                        _ => Seen::Nothing,
                    };
                }
                let system = matches!(reference.base, Base::System | Base::Commands);
                let start = match self.start(reference, absolute) {
                    Ok(start) => start,
                    Err(seen) => return seen,
                };
                let is_of_site = absolute
                    && (reference.form, self.site) == (Form::Url, Some(start))
                    && reference.role != Role::Part;
                if is_of_site && self.aside {
                    // Where a site is served is settled in the tree of its main names.
                    return Seen::Nothing;
                }
                let way = if is_of_site {
                    self.follow_absolute(start, &path)
                } else {
                    Some(self.walk(how, start, &path))
                };
                let Some(way) = way else {
                    return Seen::Broken(Fate::Absent, number(&path), None);
                };
                (way, fragment, system, path)
            }
        };
        match way {
            Way::Found(to) => self.page_of(to, false, fragment, reference),
            Way::OtherCase(to) => self.page_of(to, true, fragment, reference),
            Way::Absent { above, at, left } => {
                let elsewhere = installed && (above || system);
                let fate = if elsewhere { Fate::Elsewhere } else { Fate::Absent };
                let rest = path.get(path.len().saturating_sub(left)..);
                let missing = self.links.missing(self.place, at, rest.unwrap_or_default());
                Seen::Broken(fate, number(&(at.map(|id| id.0), rest)), missing)
            }
            Way::Leaves => Seen::Broken(Fate::Leaves, 0, None),
            Way::Unknown | Way::Loop => Seen::Nothing,
        }
    }

    /// Follows a path. Those of URLs in one page share most of their folders.
    fn walk(&self, how: How, start: Folder, path: &[u8]) -> Way {
        let name = memchr::memrchr(b'/', path).filter(|_| how.encoded).map_or(0, |at| at + 1);
        let Some((folders, name)) = path.split_at_checked(name).filter(|_| name > 0) else {
            return self.tree.follow(how, start, path);
        };
        let key = (start, number(&folders));
        let known = self.folders.borrow().get(&key).copied();
        if let Some(folder) = known {
            return self.tree.follow(how, folder, name);
        }
        match self.tree.follow(how, start, folders) {
            Way::Found(folder) => {
                self.folders.borrow_mut().insert(key, folder);
                self.tree.follow(how, folder, name)
            }
            // What is to be told is told of the path as a whole.
            _ => self.tree.follow(how, start, path),
        }
    }

    /// Where a path starts, or what is to be said at once.
    fn start(&self, reference: &Reference<'_>, absolute: bool) -> Result<Folder, Seen<'static>> {
        let installed = self.tree.is_installed(self.view);
        match reference.base {
            Base::Commands if !self.links.is_whole_system() => Err(Seen::Nothing),
            // By its name alone, what lies beside it is meant first.
            Base::System | Base::Commands if installed => {
                Ok(if absolute { None } else { self.folder })
            }
            Base::System | Base::Commands => Err(Seen::Nothing),
            Base::Root => Ok(None),
            Base::Above | Base::Folder if absolute => match reference.form {
                // A book or a document is a tree of its own.
                Form::Url if reference.role == Role::Part => Ok(None),
                Form::Url => self.site.ok_or(Seen::Nothing),
                _ if installed => Ok(None),
                _ => Err(Seen::Broken(Fate::Leaves, 0, None)),
            },
            Base::Above => self.tree.above(self.folder).ok_or(Seen::Broken(Fate::Leaves, 0, None)),
            Base::Folder if reference.form == Form::Url => match self.from {
                From::Folder(folder) => Ok(folder),
                From::Elsewhere => Err(Seen::Nothing),
            },
            Base::Folder => Ok(self.folder),
        }
    }

    /// The page that a folder stands for. In a site a folder without one is not there.
    fn page_of<'t>(
        &self,
        to: Folder,
        other: bool,
        fragment: Option<Cow<'t, [u8]>>,
        reference: &Reference<'_>,
    ) -> Seen<'t> {
        let place = to.map(|node| Place { node, ..self.place });
        let node = place.and_then(|place| self.links.manifest.node(place)).map(|(_, node)| node);
        let is_folder = node.is_none_or(|node| node.kind == Kind::Directory);
        if reference.role != Role::Page || !is_folder {
            return Seen::There(to, other, fragment);
        }
        match self.tree.index(self.view, to) {
            Some(index) => Seen::There(Some(index), other, fragment),
            None if self.site.is_some() => {
                let missing = self.links.missing(self.place, to, b"index.html");
                Seen::Broken(Fate::Absent, number(&to.map(|id| id.0)), missing)
            }
            None => Seen::There(to, other, None),
        }
    }

    /// A reference leads somewhere: notes that, and which place in the page it names.
    fn arrive(
        &mut self,
        to: Folder,
        fragment: Option<&[u8]>,
        role: Role,
        spelled: impl Fn() -> String,
        at: Option<(usize, usize)>,
    ) {
        let Some(node) = to.filter(|_| !self.aside) else { return };
        if node != self.place.node && self.known.is_none() {
            self.tree.reach(node);
        }
        let fragment = fragment.unwrap_or_default();
        // What a browser looks for in the text, and what a script makes of it, is no place.
        let cut = memchr::memmem::find(fragment, b":~:").unwrap_or(fragment.len());
        let fragment = fragment.get(..cut).unwrap_or_default();
        let is_place = !matches!(fragment.first(), None | Some(b'!' | b'/' | b'?'))
            && !fragment.eq_ignore_ascii_case(b"top")
            && !is_pattern(fragment)
            && !fragment.contains(&b'(');
        let place = Place { node, ..self.place };
        if !matches!(role, Role::Page | Role::Part) || !is_place || !self.links.has_places(place) {
            return;
        }
        let Some(page) = self.page_at(node) else { return };
        let named = number(&(page, fragment));
        match self.known {
            None => {
                self.named.push((page, named));
                if self.links.narrow && page != self.page {
                    self.pages.extend(self.links.manifest.content_place(place));
                }
            }
            Some(places) if places.lacks(page, named) => {
                let path = self.links.manifest.path(place);
                self.tell(Fate::NoPlace, role, &spelled(), at, (named, Some(path)));
            }
            Some(_) => {}
        }
    }

    fn page_at(&self, node: NodeId) -> Option<u64> {
        self.links.page(Place { node, ..self.place })
    }

    fn tell(
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
