//! Entries that the approved build had and this one has not. A content that did not change refers to
//! one of them only if it spells its name, so that few of those are read for structure.

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
}

impl Gone {
    /// Entries by their former locators.
    pub fn new<'a>(paths: impl Iterator<Item = &'a Locator>) -> Self {
        let names: Option<Vec<_>> =
            paths.take(MOST + 1).map(|path| needle(&unescape(path.last_segment()))).collect();
        let names = names.filter(|names| names.len() <= MOST).and_then(|mut names| {
            names.sort_unstable();
            names.dedup();
            AhoCorasick::builder().ascii_case_insensitive(true).build(names).ok()
        });
        Self { names }
    }

    /// Whether a content may refer to one of them.
    pub fn may_be_named_in(&self, bytes: &[u8]) -> bool {
        self.names.as_ref().is_none_or(|names| names.is_match(bytes))
    }
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
            let gone = Gone::new(std::iter::once(&Locator::parse(gone)));
            assert_eq!(gone.may_be_named_in(text.as_bytes()), named, "{text}");
        }
    }
}
