//! An interpreter in a folder that only the machine of the build has.

use super::super::{Detector, Look};
use crate::rules::facts::EntryFacts;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "script-build-path", look: Look::Facts(find) };

/// Folders of persons and of build systems.
const BUILDING: [&[u8]; 9] = [
    b"/home/",
    b"/Users/",
    b"/root/",
    b"/tmp/",
    b"/var/tmp/",
    b"/private/",
    b"/build/",
    b"/builds/",
    b"/workspace/",
];

fn find(entry: &EntryFacts<'_>) -> Option<String> {
    let path = super::interpreter(super::shebang(entry)?);
    let building = BUILDING.iter().any(|folder| path.starts_with(folder));
    building.then(|| path.escape_ascii().to_string())
}
