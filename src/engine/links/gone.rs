//! Entries that the approved build had and this one has not, and pages that are not as they were. A
//! content that did not change refers to one of them only if it spells its name, so that few of those
//! are read for structure.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, packed};

use super::tree::INDEX;
use crate::model::Locator;
use crate::model::locator::unescape;

/// Names that are looked for; with more of them, everything is followed.
const MOST: usize = 10_000;
/// Bytes of a name that tell it from chance.
const LEAST: usize = 3;
/// Parts of names that are looked for at once.
const PARTS: usize = 64;
/// Ends of names that references leave out: many hosts give `about.html` for `about`, and systems
/// that pack their documentation have readers that unpack it.
pub const LEFT_OUT: [&str; 2] = [".html", ".gz"];

/// Ends of the names of libraries that programs need by name.
const LIBRARIES: [&str; 6] = [".cpl", ".dll", ".drv", ".dylib", ".ocx", ".pyd"];

/// What is gone.
#[derive(Debug)]
pub struct Gone {
    /// Parts of their names that no syntax spells otherwise; none if any reference may mean them.
    names: Option<Names>,
    libraries: bool,
}

/// A search for any of some names, in whatever case.
#[derive(Debug)]
enum Names {
    /// Four bytes of each, in all their cases, are looked for by vector code, and the name around them.
    Few {
        parts: packed::Searcher,
        /// For each of the parts, the names that hold it, and where.
        around: Vec<Vec<(Vec<u8>, usize)>>,
    },
    Many(AhoCorasick),
}

impl Names {
    fn new(names: &[Vec<u8>]) -> Option<Self> {
        Self::few(names).or_else(|| {
            let all = AhoCorasick::builder().ascii_case_insensitive(true).build(names);
            all.ok().map(Self::Many)
        })
    }

    fn few(names: &[Vec<u8>]) -> Option<Self> {
        let mut around: BTreeMap<[u8; 4], Vec<(Vec<u8>, usize)>> = BTreeMap::new();
        for name in names {
            let (at, part) = part(name)?;
            for case in cases(part) {
                around.entry(case).or_default().push((name.clone(), at));
            }
            if around.len() > PARTS {
                return None;
            }
        }
        let parts = packed::Searcher::new(around.keys())?;
        Some(Self::Few { parts, around: around.into_values().collect() })
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        match self {
            Self::Many(all) => all.is_match(bytes),
            Self::Few { parts, around } => {
                let mut from = 0;
                while let Some(found) = parts.find_in(bytes, (from..bytes.len()).into()) {
                    let is_here = |(name, at): &(Vec<u8>, usize)| {
                        let start = found.start().checked_sub(*at);
                        let here = start.and_then(|start| bytes.get(start..start + name.len()));
                        here.is_some_and(|here| here.eq_ignore_ascii_case(name))
                    };
                    let names = around.get(found.pattern().as_usize());
                    if names.is_some_and(|names| names.iter().any(is_here)) {
                        return true;
                    }
                    // The part of another name may overlap this one.
                    from = found.start() + 1;
                }
                false
            }
        }
    }
}

/// The four bytes of a name with the fewest letters, and where they stand.
fn part(name: &[u8]) -> Option<(usize, [u8; 4])> {
    let parts = name.windows(4).filter_map(|window| window.first_chunk::<4>()).enumerate();
    let letters = |part: &[u8; 4]| part.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    parts.min_by_key(|(_, part)| letters(part)).map(|(at, part)| (at, *part))
}

/// All ways to spell a part in capitals and small letters.
fn cases(part: [u8; 4]) -> Vec<[u8; 4]> {
    let mut all: Vec<[u8; 4]> = (0..16u8)
        .map(|capitals| {
            std::array::from_fn(|at| match capitals >> at & 1 {
                1 => part[at].to_ascii_uppercase(),
                _ => part[at].to_ascii_lowercase(),
            })
        })
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

impl Gone {
    /// `gone` are entries by their former locators, `changed` pages in which places may be gone.
    pub fn new(gone: &[&Locator], changed: &[&Locator]) -> Self {
        let name = |path: &&Locator| needle(&unescape(path.last_segment()));
        let names: Option<Vec<_>> = gone.iter().take(MOST + 1).map(name).collect();
        let places: Option<Vec<Vec<_>>> =
            changed.iter().take(MOST + 1).map(|path| needles_of_places(path)).collect();
        let names = names.zip(places).map(|(names, places)| [names, places.concat()].concat());
        let names = names.filter(|names| names.len() <= MOST).and_then(|mut names| {
            names.sort_unstable();
            names.dedup();
            Names::new(&names)
        });
        Self { names, libraries: gone.iter().any(|path| is_library(path)) }
    }

    /// Whether libraries are among them.
    pub fn has_libraries(&self) -> bool {
        self.libraries
    }

    /// Whether a content may refer to one of them.
    pub fn may_be_named_in(&self, bytes: &[u8]) -> bool {
        self.names.as_ref().is_none_or(|names| names.is_in(bytes))
    }
}

/// Whether an entry may be what programs need, by its name. A library in a framework has none that tells.
fn is_library(path: &Locator) -> bool {
    let name = path.last_segment().to_ascii_lowercase();
    name.contains(".so")
        || LIBRARIES.iter().any(|end| name.ends_with(end))
        || path.as_str().contains(".framework/")
}

/// What stands in every reference to a place in a page: a part of its name. The page of a folder is
/// meant by the folder, too, with or without a slash behind it.
fn needles_of_places(path: &Locator) -> Option<Vec<Vec<u8>>> {
    let name = unescape(path.last_segment());
    if !INDEX.contains(&name.as_slice()) {
        return Some(vec![needle(&name)?]);
    }
    let mut needles = vec![b"/#".to_vec(), b".#".to_vec(), name];
    if let Some((above, _)) = path.as_str().rsplit_once('/') {
        needles.push(needle(&unescape(above.rsplit('/').next()?))?);
    }
    Some(needles)
}

/// The longest part of a name that stands in every reference to it: letters and digits, which are
/// spelled as they are in URLs and in markup.
fn needle(name: &[u8]) -> Option<Vec<u8>> {
    if INDEX.contains(&name) {
        // Its folder's name stands for it.
        return None;
    }
    let stem = LEFT_OUT.iter().find_map(|end| name.strip_suffix(end.as_bytes()));
    // Programs for Windows may leave out this one, and capitals do not matter to them.
    let of_library = || name.split_at_checked(name.len().saturating_sub(4));
    let library = || of_library().filter(|(_, end)| end.eq_ignore_ascii_case(b".dll"));
    let stem = stem.or_else(|| library().map(|(stem, _)| stem)).unwrap_or(name);
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let part = stem.split(|byte| !is_plain(byte)).max_by_key(|part| part.len())?;
    (part.len() >= LEAST).then(|| part.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_that_names_nothing_that_is_gone_is_left() {
        for (gone, text, named) in [
            ("docs/gone b.html", "<a href=gone%20b.html>", true),
            ("docs/about.html", "<a href=/about>", true),
            ("docs/Über-uns.html", "<a href='%C3%9Cber-uns.html'>", true),
            ("docs/a\\x2fbcd.png", "a%2fBCD.png", true),
            ("docs/about.html", "<a href=docs/other.html>", false),
            ("bin/Bared.DLL", "BARED\0", true),
            ("bin/part.ocx", "Part\0", false),
            // What says nothing may be named anywhere.
            ("docs/index.html", "<a href=..>", true),
            ("docs/é.html", "<a href=other>", true),
        ] {
            let gone = Gone::new(&[&Locator::parse(gone)], &[]);
            assert_eq!(gone.may_be_named_in(text.as_bytes()), named, "{text}");
        }
    }

    #[test]
    fn a_name_is_found_in_any_case_and_place() {
        let paths = ["a/Tutor.de", "b/x-1.png", "abc"].map(Locator::parse);
        for (count, parts) in [(2, true), (3, false)] {
            let paths: Vec<_> = paths.iter().take(count).collect();
            let gone = Gone::new(&paths, &[]);
            assert_eq!(matches!(gone.names, Some(Names::Few { .. })), parts);
            for before in ["", "tor.de ", "r.de r.DE 1.pn", &".".repeat(300)] {
                for name in ["tutor.de", "TUTOR.DE", "tutor.De", "X-1.PNG"] {
                    let text = format!("{before}{name}>");
                    assert!(gone.may_be_named_in(text.as_bytes()), "{text}");
                    let (text, _) = text.split_at(text.len() - 2);
                    assert!(!gone.may_be_named_in(text.as_bytes()), "{text}");
                }
            }
        }
    }

    #[test]
    fn parts_may_overlap() {
        let paths = ["xq1.2", ".2zz"].map(Locator::parse);
        let gone = Gone::new(&paths.iter().collect::<Vec<_>>(), &[]);
        assert!(matches!(gone.names, Some(Names::Few { .. })));
        assert!(gone.may_be_named_in(b"aq1.2zz"));
        assert!(!gone.may_be_named_in(b"aq1.2z"));
    }

    #[test]
    fn the_page_of_a_folder_is_named_by_the_folder() {
        let page = Locator::parse("site/guide/index.html");
        let gone = Gone::new(&[], &[&page]);
        for (text, named) in [
            ("<a href='../#top'>", true),
            ("<a href='..#top'>", true),
            ("<a href='/GUIDE#top'>", true),
            ("<a href='index.html#top'>", true),
            ("<a href='other.html#top'>", false),
        ] {
            assert_eq!(gone.may_be_named_in(text.as_bytes()), named, "{text}");
        }
        assert!(!gone.has_libraries());
        for library in [
            "lib/libz.so.1",
            "bin/ZLIB1.DLL",
            "a/libz.1.dylib",
            "P.ocx",
            "Z.framework/Versions/A/Z",
        ] {
            assert!(Gone::new(&[&Locator::parse(library)], &[]).has_libraries(), "{library}");
        }
    }
}
