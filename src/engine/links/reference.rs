//! One reference: what it leads to, and whether that is there.

use std::borrow::Cow;

use super::follow::{From, Reader};
use super::tree::{Folder, How, Way};
use super::{LEFT_OUT, number};
use crate::model::manifest::Place;
use crate::model::{Kind, Locator, NodeId};
use crate::rules::links::{Base, Fate, Form, Goal, Reference, Role, goal};

/// Characters of a reference that are shown.
const SHOWN: usize = 160;

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

/// Whether a text is one from which references are made.
pub(super) fn is_pattern(text: &[u8]) -> bool {
    let hex = |at: usize| text.get(at).is_some_and(u8::is_ascii_hexdigit);
    text.iter().any(|b| matches!(b, b'{' | b'}' | b'<' | b'>' | b'$' | b'|' | b'`'))
        || memchr::memchr_iter(b'%', text).any(|at| !hex(at + 1) || !hex(at + 2))
}

impl Reader<'_, '_> {
    pub(super) fn reference(&mut self, reference: &Reference<'_>) {
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
}
