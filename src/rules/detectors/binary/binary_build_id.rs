//! One build id in programs that differ.

use std::collections::HashMap;

use super::super::{Detector, Look};
use crate::model::Manifest;
use crate::model::digest::hex;
use crate::rules::parsed::{Hit, Join, Noted, Notes, Parsed, Unchanged};

pub(in super::super) const DETECTOR: Detector = Detector {
    name: "binary-build-id",
    look: Look::Joined(Join { note, join, unchanged: Unchanged::Beside }),
};

fn note(parsed: &Parsed<'_>, notes: &mut Notes) {
    for elf in parsed.programs().iter().filter_map(|program| program.elf()) {
        // The symbols of a program bear its id, so that a debugger finds them.
        if let Some(id) = elf.build_id().filter(|_| !elf.is_symbols_only()) {
            notes.take(id, None);
        }
    }
}

fn join(manifest: &Manifest, notes: &[Noted], tell: &mut dyn FnMut(usize, Hit)) {
    let mut first: HashMap<&[u8], usize> = HashMap::new();
    let digest = |noted: &Noted| manifest.content(noted.place).and_then(|content| content.blake3);
    for (index, noted) in notes.iter().enumerate() {
        let before = *first.entry(&noted.note.key).or_insert(index);
        let Some(other) = notes.get(before) else { continue };
        if digest(noted) != digest(other) {
            let id = hex(&noted.note.key);
            let path = manifest.content_path(other.place);
            tell(index, Hit { missing: Some(path.clone()), ..Hit::new(format!("{id} of {path}")) });
        }
    }
}
