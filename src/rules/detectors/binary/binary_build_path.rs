//! Paths of the machine that built a program.

use std::ops::Range;
use std::sync::OnceLock;

use super::super::{Detector, Look};
use crate::rules::parsed::{Hits, Parsed};
use crate::rules::search::Search;

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
const ANYBODY: [&str; 8] = ["user", "username", "you", "me", "foo", "Public", "Default", "Shared"];

/// Characters of a path that are looked at.
const LONGEST: usize = 256;

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    if parsed.programs().is_empty() {
        return;
    }
    parsed.stretches(&mut |stretch| {
        for (range, path) in paths(stretch.bytes) {
            if stretch.own.contains(&range.start) {
                hits.tell(stretch.hit(&range, path));
            }
        }
    });
}

/// Paths of a build and where they stand, in ASCII and in UTF-16 as Windows has it.
fn paths(bytes: &[u8]) -> impl Iterator<Item = (Range<usize>, String)> + '_ {
    static SEARCH: OnceLock<Option<Search>> = OnceLock::new();
    let search = SEARCH.get_or_init(|| {
        let wide = ROOTS.map(|root| root.bytes().flat_map(|b| [b, 0]).collect());
        let narrow = ROOTS.map(|root| root.as_bytes().to_vec());
        Search::new(&[narrow, wide].concat())
    });
    let mut from = 0;
    let roots = std::iter::from_fn(move || {
        let found = search.as_ref()?.find(bytes, from)?;
        from = found.end();
        Some(found)
    });
    roots.filter_map(|found| {
        let pattern = found.pattern().as_usize();
        let step = 1 + pattern / ROOTS.len();
        let root = ROOTS.get(pattern % ROOTS.len())?;
        let character = |at: usize| match bytes.get(at..at.checked_add(step)?)? {
            [byte] | [byte, 0] => Some(*byte),
            _ => None,
        };
        let before = found.start().checked_sub(step).and_then(|at| Some((at, character(at)?)));
        let is_drive = root.starts_with(':');
        let begins = match before {
            Some((_, before)) if is_drive => before.is_ascii_alphabetic(),
            Some((_, before)) => !is_of_path(before) && before != b'/',
            None => !is_drive,
        };
        let rest: String = (0..LONGEST)
            .map_while(|n| character(found.end() + n * step))
            .take_while(|b| is_of_path(*b) || matches!(b, b'/' | b'\\'))
            .map(char::from)
            .collect();
        let owner = rest.split(['/', '\\']).next().unwrap_or_default();
        let below = rest.len() - owner.len();
        if !begins || owner.is_empty() || ANYBODY.contains(&owner) || below <= 3 {
            return None;
        }
        let end = found.end() + rest.len() * step;
        let Some((start, drive)) = before.filter(|_| is_drive) else {
            return Some((found.start()..end, format!("{root}{rest}")));
        };
        Some((start..end, format!("{}{root}{rest}", char::from(drive))))
    })
}

fn is_of_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'+' | b'~' | b'@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_in_ascii_and_in_utf_16() {
        let cases: [(&str, Option<&str>); 12] = [
            ("/home/ann/src/a.c", Some("/home/ann/src/a.c")),
            ("at /build/inkscape-1.2/main.cpp:12", Some("/build/inkscape-1.2/main.cpp")),
            ("C:\\Users\\ann\\app\\a.pdb", Some("C:\\Users\\ann\\app\\a.pdb")),
            ("\\\\?\\D:\\Users\\ann\\app", Some("D:\\Users\\ann\\app")),
            (":\\Users\\ann\\app", None),
            ("9:\\Users\\ann\\app", None),
            ("C:\\Users\\Public\\Documents", None),
            ("/home/user/src/a.c", None),
            ("/home/ann", None),
            ("/home/ann/a", None),
            ("/srv/home/ann/src", None),
            ("//home/ann/src", None),
        ];
        for (text, expected) in cases {
            let told =
                |found: Option<(Range<usize>, String)>| found.map(|(range, path)| (path, range));
            let narrow = told(paths(text.as_bytes()).next());
            let at = expected.map(|path| (path.to_owned(), text.find(path).expect("there")));
            let range = |step| {
                let place = |(path, at): (String, usize)| {
                    let range = at * step..(at + path.len()) * step;
                    (path, range)
                };
                at.clone().map(place)
            };
            assert_eq!(narrow, range(1), "{text}");
            let wide: Vec<u8> = text.bytes().flat_map(|b| [b, 0]).collect();
            assert_eq!(told(paths(&wide).next()), range(2), "{text}");
        }
    }
}
