//! One run of an image, read from start to end: the same buffer feeds the digest of the image, the
//! contents that lie in the run and what no entry owns.

use std::sync::Arc;

use super::super::Sha256;
use super::super::pass::{Ends, Keeper, Pass};
use super::super::scan::{Scan, lock};
use super::super::tree_hash::{self, Piece};
use super::Image;
use crate::model::manifest::Loose;
use crate::model::{ContentId, Digest, GapKind};
use crate::source::Source;

/// One run being swept.
pub(super) struct Sweeping<'a> {
    scan: &'a Scan<'a>,
    image: &'a Image,
    source: &'a Arc<dyn Source>,
    at: u64,
    /// Nodes of the image's tree that lie in the run, and the one being hashed.
    nodes: Vec<(u64, u64)>,
    node: usize,
    hasher: blake3::Hasher,
    sha256: Option<sha2::Sha256>,
    pieces: Vec<Piece>,
    /// The next simple content, and its pass if it began in an earlier buffer.
    next: usize,
    open: Option<Pass<'a>>,
    keeper: Keeper,
    /// The next loose tile, and what it holds so far.
    tile: usize,
    loose: Option<Nonzero>,
    found: Vec<Loose>,
}

impl<'a> Sweeping<'a> {
    /// Makes ready for the run from `start` to `end`.
    pub(super) fn new(
        scan: &'a Scan<'a>,
        image: &'a Image,
        source: &'a Arc<dyn Source>,
        start: u64,
        end: u64,
    ) -> Self {
        let nodes =
            if image.nested { Vec::new() } else { tree_hash::nodes(start, end, image.length) };
        let first = nodes.first().map_or(0, |node| node.0);
        Self {
            scan,
            image,
            source,
            at: start,
            nodes,
            node: 0,
            hasher: tree_hash::piece_hasher(first),
            sha256: (scan.options.sha256 >= Sha256::Artifact && !image.nested)
                .then(sha2::Digest::new),
            pieces: Vec::new(),
            next: image.first_from(start),
            open: None,
            keeper: Keeper::default(),
            tile: image.loose.partition_point(|tile| tile.start < start),
            loose: None,
            found: Vec::new(),
        }
    }

    /// Reads the run and gives what it holds to the image.
    pub(super) fn run(mut self, end: u64, buffer: &mut [u8]) {
        while self.at < end {
            let wanted = buffer.len().min(usize::try_from(end - self.at).unwrap_or(usize::MAX));
            let Some(bytes) = buffer.get_mut(..wanted) else { break };
            match self.source.read_at(self.at, bytes) {
                Ok(n) if n == wanted => {}
                Ok(n) => {
                    self.fail(format!("the data end at {}, expected {end}", self.at + n as u64));
                    break;
                }
                Err(error) => {
                    self.fail(format!("cannot read {wanted} bytes at {}: {error}", self.at));
                    break;
                }
            }
            self.scan.options.progress.add(wanted as u64);
            self.hash(bytes);
            self.feed_contents(bytes);
            self.feed_loose(bytes);
            self.at += wanted as u64;
        }
        let mut found = lock(&self.image.found);
        found.pieces.append(&mut self.pieces);
        found.loose.append(&mut self.found);
        if let Some(sha256) = self.sha256 {
            found.sha256 = Some(Digest(sha2::Digest::finalize(sha256).into()));
        }
    }

    fn fail(&self, message: String) {
        let place = self.image.container.inside.unwrap_or(self.image.place(0, ContentId(u32::MAX)));
        self.scan.gap(place, GapKind::Unreadable, message);
    }

    fn hash(&mut self, bytes: &[u8]) {
        if let Some(sha256) = &mut self.sha256 {
            sha2::Digest::update(sha256, bytes);
        }
        let mut at = self.at;
        let mut rest = bytes;
        while let Some(&(from, to)) = self.nodes.get(self.node) {
            let (now, later) = split(rest, to - at);
            self.hasher.update(now);
            at += now.len() as u64;
            rest = later;
            if at < to {
                return;
            }
            let whole = (from, to) == (0, self.image.length);
            self.pieces.push(if whole {
                let value = *self.hasher.finalize().as_bytes();
                Piece { start: 0, length: to, value }
            } else {
                tree_hash::piece(&self.hasher, from, to - from)
            });
            self.node += 1;
            let next = self.nodes.get(self.node).map_or(0, |node| node.0);
            self.hasher = tree_hash::piece_hasher(next);
        }
    }

    fn feed_contents(&mut self, bytes: &[u8]) {
        let end = self.at + bytes.len() as u64;
        let options = self.scan.options;
        while let Some(&simple) = self.image.simple.get(self.next) {
            let (first, behind) = simple.run(&self.image.container);
            if first >= end {
                break;
            }
            let from = first.max(self.at);
            let (_, rest) = split(bytes, from - self.at);
            let (now, _) = split(rest, behind - from);
            let complete = behind <= end;
            if complete && self.open.is_none() {
                let found = Pass::whole(options, now);
                self.image.take(self.scan, self.source, simple, found, Ends::of(now));
            } else {
                if self.open.is_none() {
                    self.keeper.clear();
                }
                self.open.get_or_insert_with(|| Pass::new(options)).update(now);
                self.keeper.update(now);
                if complete && let Some(pass) = self.open.take() {
                    let found = pass.finish();
                    self.image.take(self.scan, self.source, simple, found, self.keeper.ends());
                }
            }
            if !complete {
                return;
            }
            self.next += 1;
        }
    }

    fn feed_loose(&mut self, bytes: &[u8]) {
        let end = self.at + bytes.len() as u64;
        while let Some(&tile) = self.image.loose.get(self.tile).filter(|tile| tile.start < end) {
            let from = tile.start.max(self.at);
            let (_, rest) = split(bytes, from - self.at);
            let (now, _) = split(rest, tile.end - from);
            let state = self.loose.get_or_insert_with(Nonzero::default);
            state.update(now, from);
            if tile.end > end {
                return;
            }
            if let Some(state) = self.loose.take()
                && let Some(hasher) = state.hasher
            {
                self.found.push(Loose {
                    start: tile.start,
                    end: tile.end,
                    role: tile.role,
                    volume: tile.volume,
                    owner: tile.owner,
                    digest: hasher.finalize().into(),
                    first: state.first,
                    sample: state.sample,
                });
            }
            self.tile += 1;
        }
    }
}

fn split(bytes: &[u8], at: u64) -> (&[u8], &[u8]) {
    bytes.split_at(usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len()))
}

/// The bytes of a loose tile up to the last that is not zero.
#[derive(Default)]
struct Nonzero {
    hasher: Option<blake3::Hasher>,
    /// Zeros that count only if something follows.
    zeros: u64,
    first: u64,
    sample: Vec<u8>,
}

impl Nonzero {
    fn update(&mut self, bytes: &[u8], at: u64) {
        const ZEROS: [u8; 4096] = [0; 4096];
        let is_zero = |block: &[u8]| block.iter().fold(0, |seen, &byte| seen | byte) == 0;
        if bytes.chunks(4096).all(is_zero) {
            self.zeros += bytes.len() as u64;
            return;
        }
        let last = bytes.iter().rposition(|&b| b != 0).unwrap_or_default();
        let (now, later) = bytes.split_at((last + 1).min(bytes.len()));
        if self.hasher.is_none() {
            let first = now.iter().position(|&b| b != 0).unwrap_or_default();
            self.first = at + first as u64;
            self.sample = now.iter().skip(first).take(16).copied().collect();
        }
        let hasher = self.hasher.get_or_insert_with(blake3::Hasher::new);
        while self.zeros > 0 {
            let n = self.zeros.min(ZEROS.len() as u64);
            hasher.update(ZEROS.get(..n as usize).unwrap_or_default());
            self.zeros -= n;
        }
        hasher.update(now);
        self.zeros = later.len() as u64;
    }
}
