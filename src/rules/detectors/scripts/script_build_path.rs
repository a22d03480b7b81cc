//! An interpreter in a folder that only the machine of the build has.

use super::super::{Detector, Look};
use super::{FirstLine, Word};
use crate::rules::facts::{EntryFacts, FactsHit};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "script-build-path", look: Look::Head(find) };

/// Folders of persons and of build systems.
const BUILDING: [&[u8]; 14] = [
    b"/home/",
    b"/Users/",
    b"/root/",
    b"/tmp/",
    b"/var/tmp/",
    b"/private/",
    b"/build/",
    b"/builds/",
    b"/workspace/",
    b"/github/workspace/",
    b"/__w/",
    b"/opt/hostedtoolcache/",
    b"/var/lib/jenkins/",
    b"/mnt/c/",
];

fn find(entry: &EntryFacts<'_>) -> Option<FactsHit> {
    let line = super::first_line(entry)?;
    let words = [line.interpreter(), line.argument(), executed(&line)];
    words.into_iter().flatten().find(is_of_build).map(|word| word.hit())
}

pub(super) fn is_of_build(word: &Word<'_>) -> bool {
    BUILDING.iter().any(|folder| word.text.starts_with(folder))
}

/// The path in the second line, where an installer of Python packages starts an interpreter from a
/// shell because its path is long or has a blank: `'''exec' "/path/python" "$0" "$@"`.
fn executed<'a>(line: &FirstLine<'a>) -> Option<Word<'a>> {
    const EXEC: &[u8] = b"'''exec' ";
    let from = line.text.len() + 3;
    let rest = line.head.get(from..)?.strip_prefix(EXEC)?;
    let (quoted, ends): (_, &[u8]) = match rest.first()? {
        b'"' => (1, b"\"\n"),
        _ => (0, b" \n"),
    };
    let rest = rest.get(quoted..)?;
    let text = rest.split(|b| ends.contains(b)).next()?;
    Some(Word { text, at: from + EXEC.len() + quoted })
}
