//! Inflaters that are used again. One takes some 100 KiB, and a release holds tens of thousands of
//! packed contents, most of them small.

use std::sync::{Mutex, PoisonError};

use flate2::Decompress;

/// Stored bytes held at a time.
const BUFFER: usize = 32 << 10;
/// Inflaters that wait at most; more are let go.
const SPARE: usize = 16;

static WAITING: Mutex<Vec<Inflater>> = Mutex::new(Vec::new());

/// An inflater of raw deflate (RFC 1951) and the buffer in front of it.
pub(super) struct Inflater {
    pub(super) inflate: Decompress,
    pub(super) buffer: Box<[u8]>,
}

impl Inflater {
    /// One at the start of a stream.
    pub(super) fn take() -> Self {
        let waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut this = waiting.unwrap_or_else(|| Self {
            inflate: Decompress::new(false),
            buffer: vec![0; BUFFER].into(),
        });
        this.inflate.reset(false);
        this
    }

    /// Lets another use it.
    pub(super) fn give_back(self) {
        let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < SPARE {
            waiting.push(self);
        }
    }
}
