//! Containers that are read by position: one sweep in medium order feeds the digest of the image,
//! the contents and the bytes between them from the same buffer.
//!
//! The image is cut into runs at the starts of contents, so that each core sweeps a run of its own;
//! packed, fragmented and overlapping contents are read apart, in batches.

mod sweep;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use self::sweep::Sweeping;
use super::Sha256;
use super::pass::Ends;
use super::scan::{Nested, Scan, lock, name_of};
use super::stream::{self, Incoming};
use super::tree_hash::{self, BLAKE3_CHUNK, Piece};
use crate::model::manifest::{ContainerId, ContentPlace, Loose, LooseTile};
use crate::model::{
    Class, Codec, Container, Content, ContentId, Declared, Digest, GapKind, More, Stored, Volume,
};
use crate::source::{ExtentSource, Source};

/// Bytes of a run, unless one content is longer.
const RUN: u64 = 8 << 20;
/// Packed contents that are one task.
const BATCH: usize = 32;

/// A content in one plain run that no other overlaps. A disc has one for nearly every file, so where
/// it lies is asked of its [`Stored`].
#[derive(Clone, Copy)]
struct Simple {
    volume: u16,
    content: ContentId,
}

impl Simple {
    /// Its first byte, and the one behind its last.
    fn run(self, container: &Container) -> (u64, u64) {
        let stored = container
            .volumes
            .get(usize::from(self.volume))
            .and_then(|volume| volume.contents.get(self.content.0 as usize));
        stored.and_then(Stored::contiguous).unwrap_or_default()
    }
}

enum Unit {
    /// A run of the image.
    Run { start: u64, end: u64 },
    /// Contents `from..to` of the packed ones.
    Packed { from: usize, to: usize },
}

impl Unit {
    /// Bytes of the image that it reads.
    fn bytes(&self, container: &Container, packed: &[(u16, ContentId)]) -> u64 {
        match *self {
            Self::Run { start, end } => end - start,
            Self::Packed { from, to } => {
                let batch = packed.get(from..to).unwrap_or_default().iter();
                let stored = batch.filter_map(|&(v, c)| {
                    container.volumes.get(usize::from(v))?.contents.get(c.0 as usize)
                });
                let extents = stored.flat_map(|stored| stored.extents.iter());
                extents.map(|extent| extent.length).fold(0, u64::saturating_add)
            }
        }
    }
}

/// An image that is being swept.
pub(super) struct Image {
    id: ContainerId,
    depth: u32,
    length: u64,
    /// Whether the bytes of the whole have a digest from elsewhere already.
    nested: bool,
    /// Let go when the last unit is done.
    source: Mutex<Option<Arc<dyn Source>>>,
    container: Container,
    simple: Vec<Simple>,
    packed: Vec<(u16, ContentId)>,
    loose: Vec<LooseTile>,
    units: Vec<Unit>,
    left: AtomicUsize,
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    contents: Vec<Vec<Content>>,
    loose: Vec<Loose>,
    pieces: Vec<Piece>,
    sha256: Option<Digest>,
}

/// Sets up the sweep of a container whose volumes have been read.
pub(super) fn start(scan: &Scan<'_>, id: ContainerId, nested: Nested, volumes: Vec<Volume>) {
    let length = nested.source.len();
    // The files of a folder are contents of their own, and what has texts in it is one: then there is
    // nothing between the contents to account for.
    let is_embedded = nested.is_embedded();
    let is_folder = is_embedded || nested.inside.is_none() && scan.is_folder;
    let of_container = if is_folder { 0 } else { length };
    let mut container = Container::new(nested.inside, of_container, volumes, Vec::new());
    container.embedded = is_embedded;
    let has_tiles = scan.options.contents && !is_folder;
    let loose = if has_tiles { container.take_loose_tiles() } else { Vec::new() };
    let (simple, packed) = sort_out(&container, length);
    let contents = container.volumes.iter().map(Volume::unread_contents).collect();
    let is_artifact = nested.inside.is_none() && !is_folder;
    let mut units = Vec::new();
    if scan.options.contents || scan.options.nested {
        let one_run = scan.options.sha256 >= Sha256::Artifact && is_artifact;
        let starts = simple.iter().map(|simple| simple.run(&container).0);
        units.extend(runs(starts, &loose, length, one_run));
        units.extend(
            (0..packed.len())
                .step_by(BATCH)
                .map(|from| Unit::Packed { from, to: (from + BATCH).min(packed.len()) }),
        );
    }
    scan.options.progress.expect(
        units.iter().map(|unit| unit.bytes(&container, &packed)).fold(0, u64::saturating_add),
    );
    let count = units.len();
    let image = Image {
        id,
        depth: nested.depth,
        length,
        nested: !is_artifact,
        source: Mutex::new(Some(nested.source)),
        container,
        simple,
        packed,
        loose,
        units,
        left: AtomicUsize::new(count),
        found: Mutex::new(Found { contents, ..Found::default() }),
    };
    let image = Arc::new(image);
    scan.add_image(Arc::clone(&image));
    scan.push_images(&image, count);
}

/// Contents that the sweep can take as they lie, sorted by start, and all others in medium order.
fn sort_out(container: &Container, length: u64) -> (Vec<Simple>, Vec<(u16, ContentId)>) {
    let mut simple = Vec::new();
    let mut packed = Vec::new();
    for (v, volume) in container.volumes.iter().enumerate() {
        for (c, stored) in volume.contents.iter().enumerate() {
            let (volume, content) = (v as u16, ContentId(c as u32));
            if container.canonical(volume, content) != (volume, content) {
                continue;
            }
            let run = stored.contiguous().filter(|&(start, end)| start < end && end <= length);
            match run {
                // A recorded checksum is the decoder's to check.
                Some(_) if stored.crc32.is_none() => simple.push(Simple { volume, content }),
                _ => packed.push((volume, content)),
            }
        }
    }
    simple.sort_unstable_by_key(|s| (s.run(container), s.volume, s.content));
    let mut free_from = 0;
    simple.retain(|s| {
        let (start, end) = s.run(container);
        let free = start >= free_from;
        if free {
            free_from = end;
        } else {
            packed.push((s.volume, s.content));
        }
        free
    });
    packed.sort_by_key(|&(v, c)| {
        let stored =
            container.volumes.get(usize::from(v)).and_then(|x| x.contents.get(c.0 as usize));
        let first = stored.and_then(|s| s.extents.first()).map(|extent| extent.start);
        (first, v, c)
    });
    (simple, packed)
}

/// Runs of about [`RUN`] bytes that begin where a content begins, at a multiple of BLAKE3's chunk.
fn runs(
    starts: impl Iterator<Item = u64>,
    loose: &[LooseTile],
    length: u64,
    one_run: bool,
) -> Vec<Unit> {
    let mut out = Vec::new();
    let mut at = 0;
    if !one_run {
        for start in starts.filter(|start| start % BLAKE3_CHUNK == 0) {
            if start - at < RUN {
                continue;
            }
            let next = loose.partition_point(|tile| tile.end <= start);
            if loose.get(next).is_none_or(|tile| tile.start >= start) {
                out.push(Unit::Run { start: at, end: start });
                at = start;
            }
        }
    }
    if at < length {
        out.push(Unit::Run { start: at, end: length });
    }
    out
}

/// Does one unit of an image.
pub(super) fn sweep_unit(scan: &Scan<'_>, image: &Arc<Image>, unit: usize, buffer: &mut [u8]) {
    let source = lock(&image.source).clone();
    if let (Some(unit), Some(source)) = (image.units.get(unit), source) {
        match *unit {
            Unit::Run { start, end } if scan.options.contents => {
                Sweeping::new(scan, image, &source, start, end).run(end, buffer);
            }
            Unit::Run { start, end } => image.peek_contents(scan, &source, start, end, buffer),
            Unit::Packed { from, to } => {
                for &(volume, content) in image.packed.get(from..to).unwrap_or_default() {
                    image.read_packed(scan, &source, volume, content);
                }
            }
        }
    }
    if image.left.fetch_sub(1, Ordering::AcqRel) == 1 {
        *lock(&image.source) = None;
        image.finish(scan);
    }
}

impl Image {
    /// Whether it lies in another container.
    pub(super) fn is_nested(&self) -> bool {
        self.nested
    }

    fn place(&self, volume: u16, content: ContentId) -> ContentPlace {
        ContentPlace { container: self.id, volume, content }
    }

    fn stored(&self, volume: u16, content: ContentId) -> Option<&Stored> {
        self.container.volumes.get(usize::from(volume))?.contents.get(content.0 as usize)
    }

    fn put(&self, volume: u16, content: ContentId, found: Content) {
        let mut all = lock(&self.found);
        let slots = all.contents.get_mut(usize::from(volume));
        if let Some(slot) = slots.and_then(|slots| slots.get_mut(content.0 as usize)) {
            *slot = found;
        }
    }

    /// Settles a content that was read as it lies, and queues it if it is a container.
    fn take(
        &self,
        scan: &Scan<'_>,
        source: &Arc<dyn Source>,
        simple: Simple,
        mut found: Content,
        ends: Ends<'_>,
    ) {
        let Simple { volume, content } = simple;
        let declared = self.stored(volume, content).map_or(Declared::Nothing, |s| s.declared);
        let name = name_of(&self.container, volume, content);
        let readers = scan.settle_and_match(&mut found, ends, &name, declared);
        if !readers.is_empty() {
            let (start, end) = simple.run(&self.container);
            let inner = ExtentSource::range(Arc::clone(source), start, end);
            scan.push_nested(Nested {
                inside: Some(self.place(volume, content)),
                source: Arc::new(inner),
                readers,
                name,
                depth: self.depth + 1,
            });
        }
        self.put(volume, content, found);
    }

    /// Reads a content that is packed, in several extents, or overlaps another.
    fn read_packed(&self, scan: &Scan<'_>, source: &Arc<dyn Source>, v: u16, c: ContentId) {
        let Some(stored) = self.stored(v, c) else { return };
        let name = name_of(&self.container, v, c);
        let incoming = Incoming {
            place: self.place(v, c),
            name: &name,
            declared: stored.declared,
            depth: self.depth,
        };
        // Without contents only small packed ones are opened, to see whether they are containers.
        if !scan.options.contents && stored.codec != Codec::Plain && !scan.options.nested {
            return;
        }
        let mut is_known = stored.codec == Codec::Sealed;
        if !is_known {
            match stream::read_stored(scan, incoming, source, stored) {
                Ok(found) => return self.put(v, c, found),
                Err(error) => {
                    let kind = stream::gap_kind(&error);
                    is_known = kind == GapKind::Damaged;
                    scan.gap(self.place(v, c), kind, error.to_string());
                }
            }
        }
        let digest = || stream::digest_of_stored(scan, source, stored);
        let more = More { stored: is_known.then(digest).flatten(), ..More::default() };
        let size = stored.size.unwrap_or_default();
        self.put(v, c, Content { more: more.boxed(), ..Content::unread(size) });
    }

    /// Looks at the ends of the contents of a run, only to find containers.
    fn peek_contents(
        &self,
        scan: &Scan<'_>,
        source: &Arc<dyn Source>,
        start: u64,
        end: u64,
        buffer: &mut [u8],
    ) {
        let from = self.first_from(start);
        for &simple in self.simple.get(from..).unwrap_or_default() {
            let (first, behind) = simple.run(&self.container);
            if first >= end {
                break;
            }
            let size = behind - first;
            let content = Content::unread(size);
            let wanted = buffer.len().min(usize::try_from(size).unwrap_or(usize::MAX));
            let half = wanted.min(buffer.len() / 2);
            let Some((head, tail)) = buffer.split_at_mut_checked(half) else { continue };
            let tail_length = half.min(tail.len());
            let Some(tail) = tail.get_mut(..tail_length) else { continue };
            let read_head = source.read_at(first, head);
            let read_tail = source.read_at(behind - tail_length as u64, tail);
            if read_head.is_ok() && read_tail.is_ok() {
                self.take(scan, source, simple, content, Ends { head, tail });
            }
        }
    }

    /// Index of the first simple content that starts at `start` or behind it.
    fn first_from(&self, start: u64) -> usize {
        self.simple.partition_point(|simple| simple.run(&self.container).0 < start)
    }

    fn finish(&self, scan: &Scan<'_>) {
        let mut found = lock(&self.found);
        found.loose.sort_by_key(|loose| (loose.start, loose.end));
        if self.nested || !scan.options.contents {
            return;
        }
        found.pieces.sort_unstable_by_key(|piece| piece.start);
        let blake3 = match found.pieces.as_slice() {
            // One piece is the whole: its value is the digest already.
            [piece] => Some(Digest(piece.value)),
            pieces => tree_hash::merge(pieces, self.length),
        };
        scan.put_artifact(Content {
            blake3,
            more: More { sha256: found.sha256, ..More::default() }.boxed(),
            class: Class::Container,
            ..Content::unread(self.length)
        });
    }

    /// The container with all that was found.
    pub(super) fn into_container(self) -> (ContainerId, Container) {
        let found = self.found.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut container = self.container;
        container.contents = found.contents;
        container.loose = found.loose;
        (self.id, container)
    }
}
