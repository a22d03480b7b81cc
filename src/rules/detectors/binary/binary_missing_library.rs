//! A library that a program needs and the image does not hold.

use std::collections::{BTreeMap, HashSet};

use memchr::memmem;

use super::super::{Detector, Look};
use crate::model::{Kind, Locator, Manifest};
use crate::rules::parsed::{Hit, Join, Noted, Notes, Parsed, Unchanged};
use crate::rules::program::is_of_loader;

pub(in super::super) const DETECTOR: Detector = Detector {
    name: "binary-missing-library",
    look: Look::Joined(Join { note, join, unchanged: Unchanged::Naming }),
};

/// What every system has: told only where the image is a system itself.
const EVERYWHERE: [&str; 10] = [
    "ld-",
    "libc.",
    "libm.",
    "libdl.",
    "libpthread.",
    "librt.",
    "libgcc_s.",
    "libstdc++.",
    "libresolv.",
    "linux-vdso.",
];

fn note(parsed: &Parsed<'_>, notes: &mut Notes) {
    for elf in parsed.programs().iter().filter_map(|program| program.elf()) {
        for name in elf.needed() {
            notes.take(name.rsplit(|b| *b == b'/').next().unwrap_or_default(), None);
        }
    }
}

fn join(manifest: &Manifest, notes: &[Noted], tell: &mut dyn FnMut(usize, Hit)) {
    let mut held: HashSet<&[u8]> = HashSet::new();
    let (mut has_folder, mut has_system) = (false, false);
    for (volume, node) in manifest.places().filter_map(|place| manifest.node(place)) {
        let name = volume.name(node);
        has_folder |= node.kind == Kind::Directory && matches!(name, b"lib" | b"lib64");
        has_system |= is_of_loader(name);
        if memmem::find(name, b".so").is_some() {
            held.insert(name);
        }
    }
    if !has_folder {
        return;
    }
    let is_everywhere = |name: &[u8]| EVERYWHERE.iter().any(|s| name.starts_with(s.as_bytes()));
    let mut absent: BTreeMap<&[u8], (usize, usize)> = BTreeMap::new();
    for (index, Noted { note, .. }) in notes.iter().enumerate() {
        if !held.contains(&*note.key) && (has_system || !is_everywhere(&note.key)) {
            absent.entry(&note.key).or_insert((index, 0)).1 += 1;
        }
    }
    for (key, (index, count)) in absent {
        let name = String::from_utf8_lossy(key);
        let others = match count {
            1 => String::new(),
            2 => ", and one more program does".to_owned(),
            _ => format!(", and {} more programs do", count - 1),
        };
        // It may have been in any folder.
        let missing = Some(Locator::root().view("").child(key, 0));
        tell(index, Hit { missing, ..Hit::new(format!("{name}{others}")) });
    }
}
