//! A library that a program of macOS or iOS needs at a place that it names from its own (dyld(1),
//! `@loader_path`; of a program that is started `@executable_path` is the same), where the image holds
//! none.
//!
//! What leads out of the folder of the program is told where it ends in a folder that the image has: what
//! else lies beside it on the customer's disk is not known. `@rpath` is left to
//! `binary/missing-library`, for a library that is loaded already is taken by its name.

use std::collections::{HashMap, HashSet};

use super::super::{Detector, Look};
use crate::model::manifest::{ContainerId, Place};
use crate::model::{Kind, Manifest, NodeId, ViewId, Volume};
use crate::rules::parsed::{Hit, Join, Noted, Notes, Parsed, Unchanged};

pub(in super::super) const DETECTOR: Detector = Detector {
    name: "binary-missing-bundled-library",
    look: Look::Joined(Join { note, join, unchanged: Unchanged::Naming }),
};

/// Notes the paths from the folder of the program.
fn note(parsed: &Parsed<'_>, notes: &mut Notes) {
    for macho in parsed.programs().iter().filter_map(|program| program.macho()) {
        for path in macho.required() {
            let of_program = path.strip_prefix(b"@executable_path/");
            let inner = path
                .strip_prefix(b"@loader_path/")
                .or(of_program.filter(|_| macho.is_application()));
            if let Some(inner) = inner {
                notes.take(inner, None);
            }
        }
    }
}

fn join(manifest: &Manifest, notes: &[Noted], tell: &mut dyn FnMut(usize, Hit)) {
    let mut trees: HashMap<(ContainerId, u16), Tree<'_>> = HashMap::new();
    // The slices of a fat program need the same.
    let mut seen = HashSet::new();
    for (index, Noted { place, note }) in notes.iter().enumerate() {
        let Some(program) = manifest.main_place(*place) else { continue };
        let Some((volume, _)) = manifest.node(program) else { continue };
        let key = (program.container, program.volume);
        let tree = trees.entry(key).or_insert_with(|| Tree::new(volume));
        let Some((folder, rest)) = tree.missing(program.node, &note.key) else { continue };
        if !seen.insert((*place, &note.key)) {
            continue;
        }
        let mut missing = match folder {
            Ok(node) => manifest.path(Place { node, ..program }),
            Err(view) => manifest.view_path(program.container, program.volume, usize::from(view.0)),
        };
        for name in rest {
            missing = missing.child(name, 0);
        }
        let detail = missing.to_string();
        tell(index, Hit { missing: Some(missing), ..Hit::new(detail) });
    }
}

/// A folder, or the root of a view.
type Folder = Result<NodeId, ViewId>;

/// The entries of a volume by their folders and names; to the systems of Apple capitals do not matter as
/// they come.
struct Tree<'a> {
    volume: &'a Volume,
    names: HashMap<(Folder, Vec<u8>), NodeId>,
}

impl<'a> Tree<'a> {
    fn new(volume: &'a Volume) -> Self {
        let entry = |(index, node): (usize, &crate::model::Node)| {
            let folder = node.parent().ok_or(node.view);
            ((folder, volume.name(node).to_ascii_lowercase()), NodeId(index as u32))
        };
        Self { volume, names: volume.nodes.iter().enumerate().map(entry).collect() }
    }

    /// Where a path from the folder of a program ends, if it ends where nothing is for certain: the last
    /// folder that is there, and the names that are not.
    fn missing<'p>(&self, program: NodeId, path: &'p [u8]) -> Option<(Folder, Vec<&'p [u8]>)> {
        let node = self.volume.node(program)?;
        let mut folder: Folder = node.parent().ok_or(node.view);
        let (mut leaves, mut entered) = (false, false);
        let mut names =
            path.split(|byte| *byte == b'/').filter(|name| !matches!(*name, b"" | b"."));
        while let Some(name) = names.next() {
            if name == b".." {
                leaves = true;
                let above = self.volume.node(folder.ok()?)?;
                folder = above.parent().ok_or(above.view);
                continue;
            }
            let Some(next) = self.names.get(&(folder, name.to_ascii_lowercase())) else {
                let rest: Vec<_> = std::iter::once(name).chain(names).collect();
                let is_known = !leaves || entered || rest.len() == 1 && folder.is_ok();
                return (is_known && !rest.contains(&&b".."[..])).then_some((folder, rest));
            };
            // What is no folder is it, or leads elsewhere.
            if self.volume.node(*next)?.kind != Kind::Directory {
                return None;
            }
            (folder, entered) = (Ok(*next), true);
        }
        None
    }
}
