//! A hash map for small keys: offsets, indices, digests of facts.
//!
//! The cost of the standard hasher shows where a disc has a million records. Keys here are mixed by
//! one multiplication a word (Fibonacci hashing) from a start that is drawn once a process, so that
//! an artifact cannot be made to fill one slot. Such a map is never iterated: order is no outcome.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::OnceLock;

/// A map with the fast hasher.
pub type FastMap<K, V> = HashMap<K, V, FastState>;
/// A set with the fast hasher.
pub type FastSet<K> = HashSet<K, FastState>;

/// Gives every map of the process the same start.
#[derive(Clone, Copy, Debug, Default)]
pub struct FastState;

impl BuildHasher for FastState {
    type Hasher = FastHasher;

    fn build_hasher(&self) -> FastHasher {
        static START: OnceLock<u64> = OnceLock::new();
        FastHasher(*START.get_or_init(|| RandomState::new().hash_one(0)))
    }
}

/// Mixes words by multiplication and rotation.
#[derive(Clone, Copy, Debug)]
pub struct FastHasher(u64);

impl FastHasher {
    fn mix(&mut self, word: u64) {
        let mixed = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // The table takes the low bits for the slot: they must depend on all of the word.
        self.0 = mixed ^ (mixed >> 32);
    }
}

impl Hasher for FastHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for &word in words {
            self.mix(u64::from_le_bytes(word));
        }
        let mut last = [0; 8];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        self.mix(u64::from_le_bytes(last) ^ bytes.len() as u64);
    }

    fn write_u8(&mut self, n: u8) {
        self.mix(n.into());
    }

    fn write_u16(&mut self, n: u16) {
        self.mix(n.into());
    }

    fn write_u32(&mut self, n: u32) {
        self.mix(n.into());
    }

    fn write_u64(&mut self, n: u64) {
        self.mix(n);
    }

    fn write_i64(&mut self, n: i64) {
        self.mix(n.cast_unsigned());
    }

    fn write_usize(&mut self, n: usize) {
        self.mix(n as u64);
    }
}
