//! Entries that the approved build had and this one has not, and pages that are not as they were. A
//! content that did not change refers to one of them only if it spells its name, so that few of those
//! are read for structure.

use aho_corasick::AhoCorasick;

use super::tree::INDEX;
use crate::model::Locator;
use crate::model::locator::unescape;

/// Names that are looked for; with more of them, everything is followed.
const MOST: usize = 10_000;
/// Bytes of a name that tell it from chance.
const LEAST: usize = 3;
/// Ends of names that references leave out: many hosts give `about.html` for `about`, and systems
/// that pack their documentation have readers that unpack it.
pub const LEFT_OUT: [&str; 2] = [".html", ".gz"];

/// What is gone.
#[derive(Debug)]
pub struct Gone {
    /// Parts of their names that no syntax spells otherwise; none if any reference may mean them.
    names: Option<AhoCorasick>,
    libraries: bool,
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
            AhoCorasick::builder().ascii_case_insensitive(true).build(names).ok()
        });
        // What programs need is told by names that hold this.
        let is_library = |path: &&Locator| path.last_segment().contains(".so");
        Self { names, libraries: gone.iter().any(is_library) }
    }

    /// Whether libraries are among them.
    pub fn has_libraries(&self) -> bool {
        self.libraries
    }

    /// Whether a content may refer to one of them.
    pub fn may_be_named_in(&self, bytes: &[u8]) -> bool {
        self.names.as_ref().is_none_or(|names| names.is_match(bytes))
    }
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
    let stem = LEFT_OUT.iter().find_map(|end| name.strip_suffix(end.as_bytes())).unwrap_or(name);
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
            // What says nothing may be named anywhere.
            ("docs/index.html", "<a href=..>", true),
            ("docs/é.html", "<a href=other>", true),
        ] {
            let gone = Gone::new(&[&Locator::parse(gone)], &[]);
            assert_eq!(gone.may_be_named_in(text.as_bytes()), named, "{text}");
        }
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
        assert!(Gone::new(&[&Locator::parse("lib/libz.so.1")], &[]).has_libraries());
    }
}
