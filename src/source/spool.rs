//! Decoded bytes that a reader needs by position: in memory while small, else in an unlinked
//! temporary file, under one pool of byte permits.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::{FileSource, Source, copy_from};

/// A pool of bytes that large buffers are taken from. A request larger than the whole pool waits
/// until it is alone.
#[derive(Debug)]
pub struct Permits {
    total: u64,
    free: Mutex<u64>,
    returned: Condvar,
}

impl Permits {
    /// A pool of `total` bytes.
    pub fn new(total: u64) -> Arc<Self> {
        Arc::new(Self { total, free: Mutex::new(total), returned: Condvar::new() })
    }

    fn try_take(self: &Arc<Self>, bytes: u64) -> Option<Permit> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        (*free >= bytes).then(|| {
            *free -= bytes;
            Permit { pool: Arc::clone(self), bytes }
        })
    }

    /// Takes `bytes`, waiting for others to return theirs.
    pub fn take(self: &Arc<Self>, bytes: u64) -> Permit {
        let bytes = bytes.min(self.total);
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while *free < bytes {
            free = self.returned.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= bytes;
        Permit { pool: Arc::clone(self), bytes }
    }
}

/// Bytes taken from a pool; they return when this is dropped.
#[derive(Debug)]
pub struct Permit {
    pool: Arc<Permits>,
    bytes: u64,
}

impl Drop for Permit {
    fn drop(&mut self) {
        *self.pool.free.lock().unwrap_or_else(PoisonError::into_inner) += self.bytes;
        self.pool.returned.notify_all();
    }
}

/// Decoded bytes by position.
#[derive(Debug)]
pub enum Spool {
    /// In memory, with the permits for it.
    Memory(Vec<u8>, Vec<Permit>),
    /// In a file that has no name.
    File(FileSource),
}

/// Bytes taken from the pool at a time.
const STEP: u64 = 1 << 20;

impl Spool {
    /// Reads `input` to its end, at most `limit` bytes; `Ok(None)` if there are more.
    ///
    /// # Errors
    /// What `input` or the temporary file reports.
    pub fn fill(
        input: &mut dyn Read,
        limit: u64,
        permits: &Arc<Permits>,
    ) -> io::Result<Option<Self>> {
        let mut memory = Vec::new();
        let mut held = Vec::new();
        let mut file: Option<File> = None;
        let mut length = 0u64;
        let mut buffer = vec![0; 64 << 10];
        loop {
            let n = match input.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let bytes = buffer.get(..n).unwrap_or_default();
            length += n as u64;
            if length > limit {
                return Ok(None);
            }
            if file.is_none() && length > held.len() as u64 * STEP {
                if let Some(permit) = permits.try_take(STEP) {
                    held.push(permit);
                } else {
                    let mut spilled = tempfile::tempfile()?;
                    spilled.write_all(&memory)?;
                    memory = Vec::new();
                    held.clear();
                    file = Some(spilled);
                }
            }
            match &mut file {
                Some(file) => file.write_all(bytes)?,
                None => memory.extend_from_slice(bytes),
            }
        }
        Ok(Some(match file {
            Some(file) => Self::File(FileSource::new(file)?),
            None => Self::Memory(memory, held),
        }))
    }
}

impl Source for Spool {
    fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes, _) => bytes.len() as u64,
            Self::File(file) => file.len(),
        }
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Memory(bytes, _) => Ok(copy_from(bytes, offset, buffer)),
            Self::File(file) => file.read_at(offset, buffer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spool_spills_when_the_pool_is_empty_and_gives_its_bytes_back() {
        let data: Vec<u8> = (0..3_000_000u32).map(|n| n as u8).collect();
        for pool in [STEP, 8 * STEP] {
            let permits = Permits::new(pool);
            let spool = Spool::fill(&mut data.as_slice(), u64::MAX, &permits).expect("readable");
            let spool = spool.expect("under the limit");
            assert_eq!(matches!(spool, Spool::File(_)), pool == STEP);
            let mut back = vec![0; data.len()];
            assert_eq!(spool.read_at(0, &mut back).expect("readable"), data.len());
            assert!(back == data);
            drop(spool);
            assert!(permits.try_take(pool).is_some());
        }
        let permits = Permits::new(STEP);
        assert!(Spool::fill(&mut data.as_slice(), 1000, &permits).expect("readable").is_none());
    }
}
