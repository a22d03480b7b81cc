//! Where bytes of a container are told: as bytes of the entry that they belong to if they are its
//! content, else beside it, as the record of it that lies in the container.

use std::ops::Range;

use super::claim::Owner;
use super::digest::Digest;
use super::finding::Related;
use super::locator::Locator;
use super::manifest::{ContainerId, ContentPlace, Manifest, Place};

/// Whose bytes of a container are, and where.
#[derive(Clone, Debug)]
pub struct Location {
    /// The entry, or the container for what belongs to its volume.
    pub path: Locator,
    /// Which bytes of it, if they are bytes of it.
    pub range: Option<Range<u64>>,
    /// Which bytes of the container, if they are none of the entry: its record, header or slack.
    pub related: Option<Box<Related>>,
    /// Offset of the first in the artifact, if the bytes lie there as they are.
    pub image_offset: Option<u64>,
}

impl Location {
    /// Of an entry as a whole.
    pub fn of(path: Locator) -> Self {
        Self { path, range: None, related: None, image_offset: None }
    }

    /// Where the first byte lies in what they are bytes of, and how many there are.
    pub fn bytes(&self) -> (u64, u64) {
        let of_entry = self.range.as_ref().map(|at| (at.start, at.end.saturating_sub(at.start)));
        let beside = self.related.as_ref().map(|of| (of.offset, of.length));
        of_entry.or(beside).unwrap_or_default()
    }

    /// The same without the first `n` bytes.
    #[must_use]
    pub fn behind(mut self, n: u64) -> Self {
        if let Some(range) = &mut self.range {
            range.start = range.start.saturating_add(n).min(range.end);
        }
        if let Some(related) = &mut self.related {
            related.offset = related.offset.saturating_add(n);
            related.length = related.length.saturating_sub(n);
        }
        self.image_offset = self.image_offset.map(|at| at.saturating_add(n));
        self
    }
}

impl Manifest {
    /// Tells the bytes `at` of a container, which a volume says are of `owner`.
    pub fn locate(
        &self,
        id: ContainerId,
        volume: u16,
        owner: Owner,
        at: Option<&Range<u64>>,
    ) -> Location {
        let mut location = Location {
            path: self.owner_path(id, volume, owner),
            range: None,
            related: None,
            image_offset: at.and_then(|at| self.offset_in_image(id, at.start)),
        };
        let Some(at) = at else { return location };
        let own = match owner {
            Owner::Volume => Some(at.clone()),
            _ => self.owned(id, volume, owner).and_then(|place| {
                let start = self.stored(place)?.offset_of(at.start)?;
                Some(start..start + (at.end.saturating_sub(at.start)))
            }),
        };
        if own.is_none() {
            location.related = Some(Box::new(Related {
                path: self.container_path(id),
                offset: at.start,
                length: at.end.saturating_sub(at.start),
            }));
        }
        location.range = own;
        location
    }

    /// Whose a claim is, as a locator; the volume is the root of its view.
    pub fn owner_path(&self, id: ContainerId, volume: u16, owner: Owner) -> Locator {
        match owner {
            Owner::Volume => self.container_path(id),
            Owner::Node(node) => self.path(Place { container: id, volume, node }),
            Owner::Content(content) => {
                self.container(id).and_then(|of| of.main_of(volume, content)).map_or_else(
                    || self.container_path(id),
                    |(volume, node)| self.path(Place { container: id, volume, node }),
                )
            }
        }
    }

    /// What the bytes of an owner are known by: of the volume those of its container.
    pub fn owner_digest(&self, id: ContainerId, volume: u16, owner: Owner) -> Option<Digest> {
        let place = match owner {
            Owner::Volume => self.container(id)?.inside,
            _ => Some(self.owned(id, volume, owner)?),
        };
        place.map_or(self.artifact.blake3, |place| self.content(place)?.known_by())
    }

    /// The content of an owner, if it has one.
    fn owned(&self, id: ContainerId, volume: u16, owner: Owner) -> Option<ContentPlace> {
        match owner {
            Owner::Volume => None,
            Owner::Node(node) => self.content_place(Place { container: id, volume, node }),
            Owner::Content(content) => {
                let (volume, content) = self.container(id)?.canonical(volume, content);
                Some(ContentPlace { container: id, volume, content })
            }
        }
    }

    /// The offset in the artifact of byte `offset` of a content, if the bytes lie there as they are.
    pub fn image_offset(&self, place: ContentPlace, offset: u64) -> Option<u64> {
        self.offset_in_image(place.container, self.stored(place)?.position_of(offset)?)
    }

    /// The same of a byte of a container.
    fn offset_in_image(&self, id: ContainerId, offset: u64) -> Option<u64> {
        match self.container(id)?.inside {
            None => (!self.folder).then_some(offset),
            Some(outer) => self.image_offset(outer, offset),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::manifest::Container;
    use crate::model::{Kind, NewNode, NodeId, Volume};

    #[test]
    fn what_has_no_content_is_known_by_no_digest() {
        let mut volume = Volume::new("disc");
        let view = volume.add_view("disc", 0);
        let (name, facts) = (&b"folder"[..], Vec::new());
        volume.add_node(NewNode {
            view,
            parent: None,
            name,
            kind: Kind::Directory,
            content: None,
            facts,
        });
        let container = Container::new(None, 9, vec![volume], vec![Vec::new()]);
        let mut manifest = Manifest { containers: vec![container], ..Manifest::default() };
        manifest.artifact.blake3 = Some(Digest::of(b"the image"));
        let of = |owner| manifest.owner_digest(ContainerId(0), 0, owner);
        assert_eq!(of(Owner::Volume), manifest.artifact.blake3);
        assert_eq!(of(Owner::Node(NodeId(0))), None);
    }
}
