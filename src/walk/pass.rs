//! The one pass over a content: digest, chunk digests, census and the literals of rules, all from
//! the same buffer.

use sha2::Digest as _;

use super::tree_hash::{self, Piece};
use super::{Options, Sha256};
use crate::inspect::Sweep;
use crate::model::content::CHUNK;
use crate::model::{Census, Content, Digest, More};
use crate::rules::{Finder, Literals};

/// Bytes of the head that probes see.
pub(super) const HEAD: usize = 64 << 10;
/// Bytes of the tail that probes see at least, if there are so many.
pub(super) const TAIL: usize = 1 << 10;

/// One pass. Feed it with [`Pass::update`] in order, then take the result with [`Pass::finish`].
pub(super) struct Pass<'a> {
    hasher: blake3::Hasher,
    /// Bytes in the chunk that `hasher` is in.
    in_chunk: usize,
    pieces: Vec<Piece>,
    sha256: Option<sha2::Sha256>,
    sweep: Option<Sweep>,
    finder: Option<Finder<'a>>,
    size: u64,
}

impl<'a> Pass<'a> {
    /// A pass that has seen nothing yet, as the options ask for it.
    pub(super) fn new(options: &'a Options) -> Self {
        let literals = options.literals.as_deref();
        Self::of(options.sha256 == Sha256::All, options.census, literals)
    }

    /// A pass over the artifact itself.
    pub(super) fn of_artifact(options: &'a Options) -> Self {
        Self::of(options.sha256 >= Sha256::Artifact, true, options.literals.as_deref())
    }

    fn of(sha256: bool, census: bool, literals: Option<&'a Literals>) -> Self {
        Self {
            hasher: blake3::Hasher::new(),
            in_chunk: 0,
            pieces: Vec::new(),
            sha256: sha256.then(sha2::Sha256::new),
            sweep: census.then(Sweep::new),
            finder: literals.map(Finder::new),
            size: 0,
        }
    }

    /// The result for a content that is at hand as a whole. Most contents are small, and a tree of
    /// few chunks is hashed faster when all of it is known.
    pub(super) fn whole(options: &'a Options, bytes: &[u8]) -> Content {
        if bytes.len() > CHUNK || options.sha256 == Sha256::All {
            let mut pass = Self::new(options);
            pass.update(bytes);
            return pass.finish();
        }
        let mut sweep = options.census.then(Sweep::new);
        if let Some(sweep) = &mut sweep {
            sweep.update(bytes);
        }
        let may_be_text = sweep.as_ref().is_none_or(Sweep::may_be_text);
        let literals = options.literals.as_deref();
        Content {
            blake3: Some(Digest::of(bytes)),
            literals: literals.map_or(0, |all| all.rules_in(bytes, may_be_text)),
            census: census(sweep, bytes.len() as u64),
            ..Content::default()
        }
    }

    /// Takes the next bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.hash(bytes);
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(bytes);
        }
        if let Some(sweep) = &mut self.sweep {
            sweep.update(bytes);
        }
        if let Some(finder) = &mut self.finder {
            finder.update(bytes, self.sweep.as_ref().is_none_or(Sweep::may_be_text));
        }
        self.size += bytes.len() as u64;
    }

    fn hash(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            // A chunk is closed only when more bytes follow: a content of one chunk has no pieces.
            if self.in_chunk == CHUNK {
                let start = self.pieces.len() as u64 * CHUNK as u64;
                self.pieces.push(tree_hash::piece(&self.hasher, start, CHUNK as u64));
                self.hasher = tree_hash::piece_hasher(start + CHUNK as u64);
                self.in_chunk = 0;
            }
            let (now, later) = bytes.split_at((CHUNK - self.in_chunk).min(bytes.len()));
            self.hasher.update(now);
            self.in_chunk += now.len();
            bytes = later;
        }
    }

    /// Bytes taken so far.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The result, without class and format.
    pub(super) fn finish(mut self) -> Content {
        let mut chunks = Vec::new();
        let blake3 = if self.pieces.is_empty() {
            Some(self.hasher.finalize().into())
        } else {
            let start = self.pieces.len() as u64 * CHUNK as u64;
            self.pieces.push(tree_hash::piece(&self.hasher, start, self.in_chunk as u64));
            chunks.extend(self.pieces.iter().map(|piece| Digest(piece.value)));
            tree_hash::merge(&self.pieces, self.size)
        };
        let sha256 = self.sha256.map(|sha256| Digest(sha256.finalize().into()));
        Content {
            blake3,
            more: More { sha256, chunks: chunks.into(), ..More::default() }.boxed(),
            census: census(self.sweep, self.size),
            literals: self.finder.map_or(0, |finder| finder.rules()),
            ..Content::default()
        }
    }
}

/// What was counted of `size` bytes.
fn census(sweep: Option<Sweep>, size: u64) -> Census {
    sweep.map_or_else(|| Census::not_taken(size), Sweep::finish)
}

/// The ends of a content, for probes.
#[derive(Clone, Copy)]
pub(super) struct Ends<'a> {
    pub(super) head: &'a [u8],
    pub(super) tail: &'a [u8],
}

impl<'a> Ends<'a> {
    /// Of a content that is in memory as a whole.
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self {
            head: bytes.get(..bytes.len().min(HEAD)).unwrap_or_default(),
            tail: bytes.get(bytes.len().saturating_sub(HEAD)..).unwrap_or_default(),
        }
    }
}

/// Keeps the ends of a content that comes in several buffers.
#[derive(Default)]
pub(super) struct Keeper {
    head: Vec<u8>,
    tail: Tail,
}

/// Keeps the last bytes of a content that comes in several buffers.
#[derive(Default)]
pub(super) struct Tail(Vec<u8>);

impl Tail {
    /// Takes the next bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        if bytes.len() >= TAIL {
            self.0.clear();
        } else if self.0.len() > 2 * TAIL {
            self.0.drain(..self.0.len() - TAIL);
        }
        let from = bytes.len().saturating_sub(TAIL);
        self.0.extend_from_slice(bytes.get(from..).unwrap_or_default());
    }

    /// The last bytes so far: [`TAIL`] at least, if there are so many.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Keeper {
    /// Takes the next bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        if self.head.len() < HEAD {
            self.head.reserve_exact(HEAD - self.head.len());
            let wanted = (HEAD - self.head.len()).min(bytes.len());
            self.head.extend_from_slice(bytes.get(..wanted).unwrap_or_default());
        }
        self.tail.update(bytes);
    }

    /// Makes ready for another content, and keeps the buffers.
    pub(super) fn clear(&mut self) {
        self.head.clear();
        self.tail.0.clear();
    }

    /// The ends so far.
    pub(super) fn ends(&self) -> Ends<'_> {
        Ends { head: &self.head, tail: self.tail.bytes() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_blake3_whatever_the_buffers() {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 5 * CHUNK + 77] {
            let data: Vec<u8> = (0..length).map(|n| (n / 3) as u8).collect();
            for step in [1000, CHUNK, 100_000] {
                let mut pass = Pass::of(true, true, None);
                data.chunks(step).for_each(|bytes| pass.update(bytes));
                let content = pass.finish();
                assert_eq!(content.blake3, Some(Digest::of(&data)), "{length} by {step}");
                assert_eq!(
                    content.chunks().len(),
                    if length > CHUNK { length.div_ceil(CHUNK) } else { 0 }
                );
                let sha256 = Digest(sha2::Sha256::digest(&data).into());
                assert_eq!(content.sha256(), Some(sha256));
            }
        }
    }
}
