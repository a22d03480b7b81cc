//! Paths of the machine that built a program.

use std::ops::Range;
use std::sync::OnceLock;

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};
use crate::rules::program::Pe;
use crate::rules::search::Search;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-build-path", look: Look::Parsed(find) };

/// Where builds happen: what follows is the name of a person or a project.
const ROOTS: [&str; 13] = [
    "/home/",
    "/Users/",
    "/build/",
    "/builddir/",
    "/buildbot/",
    "/jenkins/",
    "/root/",
    ":\\Users\\",
    ":\\jenkins\\",
    "/var/lib/jenkins/",
    "/workspace/",
    "/__w/",
    ":\\a\\",
];
/// Of these, two folders of one name must follow, as GitHub's runners have them: `D:\a\press\press\`.
const DOUBLED: [&str; 2] = ["/__w/", ":\\a\\"];
/// Below this a service may well have its pages, or a container its work: only sources tell of a build.
const OF_SOURCES: &str = "/workspace/";
const SOURCES: [&str; 14] =
    [".c", ".cc", ".cpp", ".cxx", ".h", ".hpp", ".m", ".mm", ".go", ".rs", ".s", ".S", ".o", ".a"];
/// Names that stand for any.
const ANYBODY: [&str; 8] = ["user", "username", "you", "me", "foo", "Public", "Default", "Shared"];

/// Characters of a path that are looked at.
const LONGEST: usize = 256;

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    let Some(program) = parsed.programs().first() else { return };
    // The path of the program database is one of the build, whatever its folder.
    let database = program.pe().and_then(Pe::database).filter(|(_, path)| is_whole(path));
    if let Some((at, path)) = database {
        hits.tell(Hit::new(String::from_utf8_lossy(path)).at(at as u64, path.len() as u64));
    }
    let database = database.map_or(0..0, |(at, path)| at as u64..(at + path.len()) as u64);
    parsed.stretches(&mut |stretch| {
        for (range, path) in paths(stretch.bytes) {
            let is_told = database.contains(&(stretch.start + range.start as u64));
            if stretch.own.contains(&range.start) && !is_told {
                hits.tell(stretch.hit(&range, path));
            }
        }
    });
}

/// Whether a path tells where it begins.
fn is_whole(path: &[u8]) -> bool {
    matches!(path, [b'/', ..] | [b'A'..=b'Z' | b'a'..=b'z', b':', b'\\' | b'/', ..])
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
        let again = || rest.split(['/', '\\']).nth(1) == Some(owner);
        let is_source = || SOURCES.iter().any(|end| rest.ends_with(end));
        if DOUBLED.contains(root) && !again() || *root == OF_SOURCES && !is_source() {
            return None;
        }
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
        let cases: [(&str, Option<&str>); 20] = [
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
            ("D:\\a\\press\\press\\a.cpp", Some("D:\\a\\press\\press\\a.cpp")),
            ("C:\\a\\press\\a.cpp", None),
            ("C:\\jenkins\\work\\a.cpp", Some("C:\\jenkins\\work\\a.cpp")),
            ("/var/lib/jenkins/workspace/a.c", Some("/var/lib/jenkins/workspace/a.c")),
            ("/__w/press/press/a.go", Some("/__w/press/press/a.go")),
            ("/__w/press/other/a.go", None),
            ("/workspace/press/a.rs", Some("/workspace/press/a.rs")),
            ("/workspace/settings/general", None),
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
