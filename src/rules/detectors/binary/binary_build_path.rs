//! Paths of the machine that built a program.

use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

use super::super::{Detector, Look};
use crate::rules::parsed::{Hits, Parsed};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-build-path", look: Look::Parsed(find) };

/// Where builds happen: what follows is the name of a person or a project.
const ROOTS: [&str; 8] = [
    "/home/",
    "/Users/",
    "/build/",
    "/builddir/",
    "/buildbot/",
    "/jenkins/",
    "/root/",
    ":\\Users\\",
];
/// Names that stand for any.
const ANYBODY: [&[u8]; 8] =
    [b"user", b"username", b"you", b"me", b"foo", b"Public", b"Default", b"Shared"];

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    if parsed.programs().is_empty() {
        return;
    }
    parsed.stretches(&mut |stretch| {
        for found in paths(stretch.bytes).filter(|found| stretch.own.contains(&found.start)) {
            let path = stretch.bytes.get(found.clone()).unwrap_or_default();
            hits.tell(stretch.hit(&found, String::from_utf8_lossy(path)));
        }
    });
}

/// Where paths of a build stand.
fn paths(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    static SEARCH: OnceLock<AhoCorasick> = OnceLock::new();
    let search = SEARCH.get_or_init(|| AhoCorasick::new(ROOTS).unwrap_or_else(|e| panic!("{e}")));
    search.find_iter(bytes).filter_map(|found| {
        let begins = match found.start().checked_sub(1).and_then(|at| bytes.get(at)) {
            Some(before) if found.pattern().as_usize() == 7 => before.is_ascii_alphabetic(),
            Some(before) => !is_of_path(*before) && *before != b'/',
            None => true,
        };
        let rest = bytes.get(found.end()..bytes.len().min(found.end() + 256)).unwrap_or_default();
        let end = rest.iter().position(|b| !is_of_path(*b) && !matches!(b, b'/' | b'\\'));
        let rest = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let mut parts = rest.split(|b| matches!(b, b'/' | b'\\'));
        let owner = parts.next().unwrap_or_default();
        let below = rest.len().saturating_sub(owner.len());
        let is_told = begins && !owner.is_empty() && !ANYBODY.contains(&owner) && below > 3;
        is_told.then(|| found.start()..found.end() + rest.len())
    })
}

fn is_of_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'+' | b'~' | b'@')
}
