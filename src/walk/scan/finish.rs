//! The end of a scan: what its tasks found becomes one manifest.

use std::sync::{Arc, PoisonError};

use super::super::folder::Folder;
use super::{RawGap, Scan, lock};
use crate::model::manifest::ContainerId;
use crate::model::{Content, Gap, GapKind, Manifest, Volume};

impl Scan<'_> {
    /// Puts together what was found. Nothing else holds the folders and images any more.
    pub(super) fn finish(
        self,
        folders: Vec<Arc<Folder>>,
        format: Option<&'static str>,
    ) -> Manifest {
        for folder in folders {
            if let Ok(folder) = Arc::try_unwrap(folder) {
                let (id, container) = folder.into_container();
                self.put(id, container);
            }
        }
        let images = std::mem::take(&mut *lock(&self.images));
        for image in images {
            if let Ok(image) = Arc::try_unwrap(image) {
                let (id, container) = image.into_container();
                self.put(id, container);
            }
        }
        let mut manifest = Manifest {
            artifact: self
                .artifact
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner)
                .unwrap_or_default(),
            folder: self.is_folder,
            format,
            containers: self.containers.into_inner().unwrap_or_else(PoisonError::into_inner),
            ..Manifest::default()
        };
        for (id, container) in manifest.containers.iter().enumerate() {
            if let Some(place) = container.inside {
                manifest.within.insert(place, ContainerId(id as u32));
            }
        }
        let raw = fold_limits(self.gaps.into_inner().unwrap_or_else(PoisonError::into_inner));
        let mut gaps: Vec<Gap> = raw
            .into_iter()
            .map(|raw| {
                let mut gap = Gap::new(manifest.content_path(raw.place), raw.kind, raw.message);
                gap.digest = manifest.content(raw.place).and_then(Content::known_by);
                gap
            })
            .collect();
        for (id, container) in manifest.containers.iter().enumerate() {
            for (v, volume) in container.volumes.iter().enumerate() {
                for unread in &volume.unread {
                    let id = ContainerId(id as u32);
                    let location = manifest.locate(id, v as u16, unread.owner, unread.at.as_ref());
                    let mut gap = Gap::new(location.path, unread.kind, unread.message.clone());
                    gap.digest = manifest.owner_digest(id, v as u16, unread.owner);
                    gap.range = location.range.map(|at| (at.start, at.end));
                    gap.related = location.related;
                    gaps.push(gap);
                }
            }
        }
        if self.options.nested {
            gaps.extend(closed_packages(&manifest));
        }
        gaps.sort();
        gaps.dedup();
        manifest.gaps = gaps;
        let trailing = self.trailing.into_inner().unwrap_or_else(PoisonError::into_inner);
        manifest.trailing = trailing
            .into_iter()
            .map(|(place, ending)| (place, ending.trailing, ending.zero_padding))
            .collect();
        manifest.trailing.sort_unstable();
        for &(place, bytes, _) in &manifest.trailing {
            if let Some(of) = manifest.containers.get_mut(place.container.0 as usize) {
                of.free += bytes;
            }
        }
        manifest
    }
}

/// Parts of Debian packages that no reader opens: all that the package brings lies in them (deb(5)).
fn closed_packages(manifest: &Manifest) -> Vec<Gap> {
    let is_package = |volume: &Volume| {
        let first = volume.nodes.first().map(|first| volume.name(first));
        volume.format == "ar" && first == Some(b"debian-binary")
    };
    let is_part = |content| {
        let node = manifest.main_place(content).and_then(|place| manifest.node(place));
        let name = node.map(|(volume, node)| volume.name(node)).unwrap_or_default();
        name.starts_with(b"control.tar") || name.starts_with(b"data.tar")
    };
    let mut gaps = Vec::new();
    for (id, container) in manifest.containers.iter().enumerate() {
        if !container.volumes.iter().any(is_package) {
            continue;
        }
        for content in manifest.contents_of(ContainerId(id as u32)) {
            let read = manifest.content(content).filter(|content| content.blake3.is_some());
            let closed = read.filter(|_| is_part(content) && manifest.inside(content).is_none());
            if let Some(closed) = closed {
                let format = closed.format().unwrap_or("unknown");
                let message = format!("no reader opens this part of a package: {format}");
                let path = manifest.content_path(content);
                gaps.push(Gap::new(path, GapKind::Unsupported, message));
            }
        }
    }
    gaps
}

/// Contents of one container that a limit kept from being read, told one by one.
const LISTED: usize = 16;

/// A spent budget is one thing to a person, however many contents it leaves unread: of each container
/// the first few are told, and how many there are more.
fn fold_limits(mut gaps: Vec<RawGap>) -> Vec<RawGap> {
    let key = |gap: &RawGap| (gap.kind, gap.place.container);
    gaps.sort_by(|a, b| (key(a), &a.message, a.place).cmp(&(key(b), &b.message, b.place)));
    let mut folded: Vec<RawGap> = Vec::new();
    for group in gaps.chunk_by_mut(|a, b| key(a) == key(b) && a.message == b.message) {
        let more = group.len().saturating_sub(LISTED);
        let is_long = more > 1 && group.first().is_some_and(|gap| gap.kind == GapKind::Limit);
        let kept = if is_long { LISTED + 1 } else { group.len() };
        for (n, gap) in group.iter_mut().take(kept).enumerate() {
            let mut message = std::mem::take(&mut gap.message);
            if is_long && n == LISTED {
                message = format!("{message}; so it is for {} more here", more - 1);
            }
            folded.push(RawGap { place: gap.place, kind: gap.kind, message });
        }
    }
    folded
}
