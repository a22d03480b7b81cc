//! The path of its host below which a site is served: `/project` where its front page is
//! `https://example.org/project/`. Pages tell it (`<base href>`, canonical URLs), a sitemap does, the
//! settings do, or it is assumed of a site in which every absolute reference starts so.
//!
//! It is known when all references were followed; contents that then lead elsewhere are read again.
//! Only what the tree does not have by its whole path is looked for below the base, so that a base
//! that is wrong hides no more than what it is wrong about.

use std::collections::BTreeMap;

use super::follow::Reader;
use super::reference::is_pattern;
use super::tree::{Folder, Way};
use super::{Followed, LEFT_OUT, Links};
use crate::engine::judge::Judged;
use crate::model::NodeId;
use crate::model::manifest::{ContentPlace, Place};
use crate::rules::links::{Form, Goal, decode, goal};

/// Segments of the longest base that is told.
const DEEPEST: usize = 8;
/// Contents that have to be there below a base before it is assumed.
const ENOUGH: usize = 2;
/// Bases that one content tells.
const TOLD: usize = 8;

/// A site: any entry of its tree stands for the container, volume and view, and the folder that is
/// its root.
pub(super) type Site = (u32, u16, u8, Option<u32>);

/// Where a site is served.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Served {
    /// Segments, decoded, with `/` between them.
    base: Vec<u8>,
    by: By,
}

/// Who says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum By {
    Settings,
    Pages,
    /// Nobody.
    Guess,
}

/// Whose path it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Said {
    /// That of any reference.
    Link,
    /// That of a page, in a sitemap.
    Listed,
    /// That of the content itself.
    Own,
    /// That of the folder which relative references start in.
    Folder,
}

/// What absolute paths in a content, or in several, begin with.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
enum Head {
    #[default]
    None,
    /// All with this segment, which the tree does not have.
    One(Vec<u8>),
    Many,
}

/// What a content tells of the path below which its site is served.
#[derive(Clone, Debug, Default)]
pub(super) struct Witness {
    site: Option<Site>,
    head: Head,
    /// Some of what is there behind the head.
    there: Vec<Folder>,
    /// References that lead somewhere behind the head, and those that do not.
    counts: (u64, u64),
    /// Bases, and how often they are told.
    told: Vec<(Vec<u8>, u64)>,
    /// Whether knowing the base makes a difference to the content.
    wants: bool,
}

impl Witness {
    fn begins(&mut self, head: Head) {
        if self.head != head {
            self.head = if self.head == Head::None { head } else { Head::Many };
        }
    }

    fn leads(&mut self, to: Folder) {
        if self.there.len() < ENOUGH && !self.there.contains(&to) {
            self.there.push(to);
        }
    }

    fn tells(&mut self, base: &[u8], times: u64) {
        if let Some((_, count)) = self.told.iter_mut().find(|(told, _)| told == base) {
            *count += times;
        } else if self.told.len() < TOLD {
            self.told.push((base.to_vec(), times));
        }
    }

    /// Adds what another content of the site tells.
    fn join(&mut self, other: &Self) {
        if other.head != Head::None {
            self.begins(other.head.clone());
        }
        other.there.iter().for_each(|to| self.leads(*to));
        self.counts = (self.counts.0 + other.counts.0, self.counts.1 + other.counts.1);
        other.told.iter().for_each(|(base, times)| self.tells(base, *times));
    }

    /// The base that most tell, or that is to be assumed.
    fn served(&self) -> Option<Served> {
        if !self.told.is_empty() {
            let all: u64 = self.told.iter().map(|(_, times)| times).sum();
            let (base, _) = self.told.iter().find(|(_, times)| times * 2 > all)?;
            return (!base.is_empty()).then(|| Served { base: base.clone(), by: By::Pages });
        }
        let Head::One(head) = &self.head else { return None };
        let is_likely = self.there.len() >= ENOUGH && self.counts.0 > self.counts.1;
        is_likely.then(|| Served { base: head.clone(), by: By::Guess })
    }
}

impl Served {
    /// What the settings say: `/` for the root of the host.
    pub(super) fn by_settings(base: &str) -> Self {
        Self { base: decode(base.trim_matches('/').as_bytes()).into_owned(), by: By::Settings }
    }

    /// It as a path, if nobody says it.
    pub(super) fn assumed(&self) -> Option<String> {
        (self.by == By::Guess).then(|| format!("/{}", String::from_utf8_lossy(&self.base)))
    }

    /// What is left of a path behind the base.
    fn behind<'p>(&self, path: &'p [u8]) -> Option<&'p [u8]> {
        let count = segments(&self.base).count();
        let (front, rest) = parted(path, count)?;
        (front == self.base).then_some(rest)
    }
}

fn segments(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|b| *b == b'/').filter(|segment| !segment.is_empty())
}

/// The first segments of a path, decoded, and what follows them.
fn parted(path: &[u8], count: usize) -> Option<(Vec<u8>, &[u8])> {
    let mut front = Vec::new();
    let mut rest = path;
    for _ in 0..count {
        let begins = rest.iter().position(|b| *b != b'/')?;
        let from = rest.get(begins..).unwrap_or_default();
        let (segment, behind) = from.split_at(memchr::memchr(b'/', from).unwrap_or(from.len()));
        if !front.is_empty() {
            front.push(b'/');
        }
        front.extend_from_slice(&decode(segment));
        rest = behind;
    }
    Some((front, rest))
}

impl Links<'_> {
    /// Finds out where sites are served, when every content was followed; the contents that are to be
    /// followed [once more](Self::follow_below), in the order given.
    pub fn settle(&self, followed: &[(ContentPlace, Followed)]) -> Vec<ContentPlace> {
        let mut sites: BTreeMap<Site, Witness> = BTreeMap::new();
        for (_, of) in followed {
            if let Some(site) = of.witness.site {
                sites.entry(site).or_default().join(&of.witness);
            }
        }
        let served: BTreeMap<_, _> = sites
            .into_iter()
            .filter_map(|(site, witness)| Some((site, witness.served()?)))
            .collect();
        let is_moved = |of: &Followed| {
            of.witness.wants && of.witness.site.is_some_and(|site| served.contains_key(&site))
        };
        let again = followed.iter().filter(|(_, of)| is_moved(of)).map(|(place, _)| *place);
        let again = again.collect();
        // It is settled once: a second time says the same.
        let _ = self.served.set(served);
        again
    }

    /// Follows the references of a content again, below the base of its site.
    pub fn follow_below(
        &self,
        place: ContentPlace,
        judged: &Judged<'_>,
        bytes: &[u8],
        of: &mut Followed,
    ) {
        self.kept.fetch_sub(of.kept, std::sync::atomic::Ordering::Relaxed);
        *of = self.follow(place, judged, bytes);
    }

    /// Where a site is served, as far as it is known.
    pub(super) fn served(&self, place: Place, view: usize, root: Folder) -> Option<&Served> {
        self.base.as_ref().or_else(|| self.served.get()?.get(&site(place, view, root)))
    }
}

fn site(place: Place, view: usize, root: Folder) -> Site {
    (place.container.0, place.volume, view as u8, root.map(|NodeId(id)| id))
}

impl Reader<'_, '_> {
    /// Follows an absolute path of the site; nothing if it lies outside of the base that the settings
    /// name.
    pub(super) fn follow_absolute(&self, root: Folder, path: &[u8]) -> Option<Way> {
        let how = self.how(Form::Url);
        let whole = || self.tree.follow(how, root, path);
        let Some(served) = self.served else { return Some(whole()) };
        let behind = served.behind(path);
        match (served.by, behind) {
            (By::Settings, Some(rest)) => Some(self.tree.follow(how, root, rest)),
            // The front page of the host is another site's.
            (By::Settings, None) => segments(path).next().is_none().then_some(Way::Unknown),
            (_, Some(rest)) => Some(match whole() {
                Way::Absent { .. } => self.tree.follow(how, root, rest),
                way => way,
            }),
            (_, None) => Some(whole()),
        }
    }

    /// Notes what an absolute path tells of where the site is served.
    pub(super) fn witness(&mut self, text: &[u8], said: Said) {
        let is_open = self.known.is_none() && self.links.served.get().is_none();
        let Some(root) = self.site.filter(|_| is_open && self.served.is_none()) else { return };
        let Goal::Path { absolute: true, path, .. } = goal(text, Form::Url) else { return };
        if is_pattern(&path) {
            return;
        }
        self.witness.site = Some(site(self.place, self.view, root));
        let head = parted(&path, 1);
        let is_there = |rest: &[u8]| !matches!(self.leads(root, rest), Way::Absent { .. });
        let is_own = head.as_ref().is_none_or(|(head, _)| {
            is_there(&path) || !matches!(self.leads(root, head), Way::Absent { .. })
        });
        if said != Said::Link
            && let Some(base) = self.told(root, &path, said, is_own)
        {
            self.witness.tells(&base, 1);
        }
        let Some((head, rest)) = head else { return };
        self.witness.wants |= !is_own && said != Said::Own;
        if matches!(said, Said::Own | Said::Folder) {
            return;
        }
        if is_own {
            self.witness.begins(Head::Many);
            return;
        }
        self.witness.begins(Head::One(head));
        match self.leads(root, rest) {
            Way::Found(to) | Way::OtherCase(to) => {
                self.witness.leads(to);
                self.witness.counts.0 += 1;
            }
            _ => self.witness.counts.1 += 1,
        }
    }

    /// What a path in the site leads to, with what references leave out.
    fn leads(&self, root: Folder, path: &[u8]) -> Way {
        let how = self.how(Form::Url);
        let whole = path.strip_suffix(b"/").unwrap_or(path);
        match self.tree.follow(how, root, path) {
            Way::Absent { .. } => {
                self.tree.follow(how, root, &[whole, LEFT_OUT[0].as_bytes()].concat())
            }
            way => way,
        }
    }

    /// The shortest base below which a path leads to what it is to lead to.
    fn told(&self, root: Folder, path: &[u8], said: Said, is_own: bool) -> Option<Vec<u8>> {
        let most = if is_own { 0 } else { segments(path).count().min(DEEPEST) };
        (0..=most).find_map(|count| {
            let (front, rest) = parted(path, count)?;
            let (Way::Found(to) | Way::OtherCase(to)) = self.leads(root, rest) else {
                return None;
            };
            let index = || self.tree.index(self.view, to);
            let is_meant = match said {
                Said::Own => to == Some(self.place.node) || index() == Some(self.place.node),
                // Any path leads to the root when all of it is the base.
                Said::Listed | Said::Link => count < 2 || segments(rest).next().is_some(),
                Said::Folder => true,
            };
            is_meant.then_some(front)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_parted_behind_its_first_segments() {
        for (path, count, expected) in [
            ("/a/b/c", 1, Some(("a", "/b/c"))),
            ("//a%20b//c", 2, Some(("a b/c", ""))),
            ("/a/", 1, Some(("a", "/"))),
            ("/a", 0, Some(("", "/a"))),
            ("/a/", 2, None),
        ] {
            let expected =
                expected.map(|(front, rest)| (front.as_bytes().to_vec(), rest.as_bytes()));
            assert_eq!(parted(path.as_bytes(), count), expected, "{path}");
        }
        let served = Served::by_settings("/a b/c/");
        assert_eq!(served.behind(b"/a%20b/c/d"), Some(&b"/d"[..]));
        assert_eq!(served.behind(b"/a%20b/cd"), None);
        assert_eq!(Served::by_settings("/").behind(b"/a"), Some(&b"/a"[..]));
    }

    #[test]
    fn what_most_pages_tell_is_the_base() {
        let of = |told: &[(&str, u64)], head: Head, there: &[u32]| {
            let told = told.iter().map(|(base, n)| (base.as_bytes().to_vec(), *n)).collect();
            let there: Vec<_> = there.iter().map(|id| Some(NodeId(*id))).collect();
            let counts = (there.len() as u64, 1);
            let witness = Witness { head, there, counts, told, ..Witness::default() };
            witness.served().map(|of| (String::from_utf8(of.base).expect("UTF-8"), of.by))
        };
        let one = || Head::One(b"p".to_vec());
        for (told, head, there, expected) in [
            (&[("a/b", 3), ("", 2)][..], one(), &[][..], Some(("a/b", By::Pages))),
            (&[("a", 1), ("", 1)], one(), &[1, 2], None),
            (&[("", 1)], one(), &[1, 2], None),
            (&[], one(), &[1, 2], Some(("p", By::Guess))),
            // What is lost is not fewer, and one that leads on may do so by chance.
            (&[], one(), &[1], None),
            (&[], Head::Many, &[1, 2], None),
        ] {
            let expected = expected.map(|(base, by)| (base.to_owned(), by));
            assert_eq!(of(told, head, there), expected, "{told:?}");
        }
    }
}
