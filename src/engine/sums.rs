//! Files of checksums in the artifact: each line names an entry beside it and the digest that its
//! bytes must have.
//!
//! Detectors note the lines; here the names are looked up where they count from, and what is there is
//! hashed by who can read it.

use std::collections::HashMap;

use super::judge::{Judge, Judged};
use super::listed::{Base, bases};
use super::parse::AllNotes;
use super::sight::Sight;
use crate::model::digest::hex;
use crate::model::manifest::{ContainerId, ContentPlace, Place};
use crate::model::{Census, Finding, Manifest, Node, NodeId, Volume};
use crate::rules::Matcher;
use crate::rules::detectors::Look;
use crate::rules::parsed::{Hit, Noted, Parsed};
use crate::rules::sums::{Algorithm, Line};

/// Findings of a rule about the lines of one list that are told; the others are counted.
const TOLD: usize = 1024;

/// Hashes a content; none if it cannot be read.
pub type Hasher<'a> = dyn FnMut(ContentPlace, Algorithm) -> Option<Vec<u8>> + 'a;

impl Judge<'_> {
    /// What detectors of lists of checksums say when every content is noted. Where neither the list nor
    /// the entry is new, as `is_new` tells, nothing is hashed.
    pub fn sums(
        &self,
        manifest: &Manifest,
        sight: &Sight<'_>,
        notes: &AllNotes,
        is_new: &dyn Fn(ContentPlace) -> bool,
        hash: &mut Hasher<'_>,
    ) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        let mut known: HashMap<(ContentPlace, Algorithm), Option<Vec<u8>>> = HashMap::new();
        let mut folders = Names { manifest, of: None };
        for (number, rule) in self.rules().enumerate() {
            let Matcher::Detector(detector) = rule.matcher else { continue };
            let (Look::Listed(listed), Some(notes)) = (detector.look, notes.get(number)) else {
                continue;
            };
            let (mut of, mut told) = (None, 0);
            for Noted { place, note } in notes {
                let Some(line) = Line::parse(&note.key) else { continue };
                let Some(list) = manifest.main_place(*place) else { continue };
                let found = folders.find(list, &line.name);
                // What is wrong with an entry is told of the entry: it is what changed.
                let (about, hit) = match (found, line.algorithm) {
                    (Found::Absent, _) if listed.absent => {
                        let name = line.name.escape_ascii();
                        let hit = Hit::new(format!("{name} is listed here and is not there"));
                        (*place, Hit { range: note.range.clone(), ..hit })
                    }
                    (Found::Bytes(_), None) if !listed.absent && line.digest.is_none() => {
                        if !is_new(*place) {
                            continue;
                        }
                        let (name, digits) = (line.name.escape_ascii(), line.digits);
                        let detail =
                            format!("{name} is listed with {digits} digits, as no digest has");
                        (*place, Hit { range: note.range.clone(), ..Hit::new(detail) })
                    }
                    (Found::Bytes(entry), Some(algorithm))
                        if !listed.absent && (is_new(entry) || is_new(*place)) =>
                    {
                        let found = known
                            .entry((entry, algorithm))
                            .or_insert_with(|| hash(entry, algorithm));
                        let (Some(found), Some(says)) = (found.as_ref(), line.digest) else {
                            continue;
                        };
                        if *found == says {
                            continue;
                        }
                        let (by, says) = (algorithm.name(), hex(&says));
                        let found = hex(found);
                        let list = manifest.path(list);
                        let list = list.last_segment();
                        let detail = format!("its {by} is {found}, {list} says {says}");
                        (entry, Hit::new(detail))
                    }
                    _ => continue,
                };
                told = if of == Some(*place) { told + 1 } else { 1 };
                of = Some(*place);
                if let Some(last) = findings.last_mut().filter(|_| told > TOLD) {
                    last.more += 1;
                    continue;
                }
                let (place, path) = (about, manifest.content_path(about));
                let targets = sight.of_content(place, &path);
                let census = Census::default();
                let judged =
                    Judged { targets: &targets, ..super::artifact::nameless(&path, &census) };
                findings.push(self.of_hit(rule, &judged, &Parsed::new(&[]), &hit));
            }
        }
        findings.sort_by(|a, b| (&a.path, a.offset).cmp(&(&b.path, b.offset)));
        for same in findings.chunk_by_mut(|a, b| a.path == b.path && a.rule == b.rule) {
            super::collect::number_occurrences(same);
        }
        findings
    }
}

/// Entries by folder and name.
type Index<'a> = HashMap<(Option<NodeId>, &'a [u8]), NodeId>;

/// What a list names.
enum Found {
    /// The bytes of an entry.
    Bytes(ContentPlace),
    /// Nothing that is there.
    Absent,
    /// A folder or a link, or nobody can tell: not all that is there was read.
    Unknown,
}

/// Looks up names in the folders of one volume after another.
struct Names<'a> {
    manifest: &'a Manifest,
    /// The volume that was looked at last, and its entries by folder and name.
    of: Option<(ContainerId, u16, Index<'a>)>,
}

impl Names<'_> {
    /// What a list calls `name`.
    fn find(&mut self, list: Place, name: &[u8]) -> Found {
        let manifest = self.manifest;
        let mut answer = Found::Unknown;
        for base in bases(manifest, list) {
            let Base { container, volume: number, folder } = base;
            let of = manifest.container(container);
            let Some(volume) = of.and_then(|of| of.volumes.get(usize::from(number))) else {
                continue;
            };
            if self.of.as_ref().is_none_or(|(c, v, _)| (*c, *v) != (container, number)) {
                self.of = Some((container, number, index(volume)));
            }
            let names = self.of.as_ref().map(|(_, _, names)| names);
            let Some(node) = names.and_then(|names| lookup(volume, names, folder, name)) else {
                if volume.unread.is_empty() {
                    answer = Found::Absent;
                }
                continue;
            };
            let place = Place { container, volume: number, node };
            let content = manifest.content_place(place);
            return content.map_or(Found::Unknown, Found::Bytes);
        }
        answer
    }
}

/// The entry that a path leads to from a folder; none is the root.
fn lookup(volume: &Volume, names: &Index<'_>, from: Option<NodeId>, path: &[u8]) -> Option<NodeId> {
    let mut at = from;
    let mut found = None;
    for step in path.split(|b| *b == b'/') {
        match step {
            b"" | b"." => {}
            b".." => at = at.and_then(|id| volume.node(id)).and_then(Node::parent),
            step => {
                let id = *names.get(&(at, step))?;
                (found, at) = (Some(id), Some(id));
            }
        }
    }
    found
}

fn index(volume: &Volume) -> Index<'_> {
    let nodes = volume.nodes.iter().enumerate();
    nodes.map(|(n, node)| ((node.parent(), volume.name(node)), NodeId(n as u32))).collect()
}
