//! Read buffers that are used again: a release has a hundred thousand contents, and a buffer for
//! each would cost more than reading most of them.

use std::ops::{Deref, DerefMut};
use std::sync::Mutex;

use super::scan::{BUFFER, lock};

/// Buffers that nobody uses at the moment. There are never more than threads times the depth of what
/// is nested.
#[derive(Default)]
pub(super) struct Buffers(Mutex<Vec<Box<[u8]>>>);

impl Buffers {
    /// A buffer of [`BUFFER`] bytes, which hold whatever was read last.
    pub(super) fn lend(&self) -> Lent<'_> {
        let bytes = lock(&self.0).pop().unwrap_or_else(|| vec![0; BUFFER].into());
        Lent { owner: self, bytes }
    }
}

/// A buffer that returns when this is dropped.
pub(super) struct Lent<'a> {
    owner: &'a Buffers,
    bytes: Box<[u8]>,
}

impl Deref for Lent<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl DerefMut for Lent<'_> {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        lock(&self.owner.0).push(std::mem::take(&mut self.bytes));
    }
}
