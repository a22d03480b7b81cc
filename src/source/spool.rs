//! Decoded bytes that a reader needs by position: in memory while small, else in an unlinked
//! temporary file, under one pool of byte permits.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Write as _};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::file::{FileSource, read_file_at};
use super::{Source, copy_from};

/// A pool of bytes that large buffers are taken from. A request larger than the whole pool waits
/// until it is alone.
#[derive(Debug)]
pub struct Permits {
    total: u64,
    free: Mutex<Free>,
    returned: Condvar,
    /// The file that small spools share, and where it ends.
    spilled: Mutex<Option<(Arc<File>, u64)>>,
}

#[derive(Debug)]
struct Free {
    bytes: u64,
    /// Those who wait for more of them.
    waiting: u32,
}

impl Permits {
    /// A pool of `total` bytes.
    pub fn new(total: u64) -> Arc<Self> {
        Arc::new(Self {
            total,
            free: Mutex::new(Free { bytes: total, waiting: 0 }),
            returned: Condvar::new(),
            spilled: Mutex::default(),
        })
    }

    /// Bytes of the whole pool.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Appends `bytes` to the shared file; gives it and where they start.
    fn spill(&self, bytes: &[u8]) -> io::Result<(Arc<File>, u64)> {
        let mut spilled = self.spilled.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, end) = match spilled.take() {
            Some(there) => there,
            None => (Arc::new(tempfile::tempfile()?), 0),
        };
        // Readers do not move the place of writing; a write that failed is written over.
        let written = (&*file).seek(SeekFrom::Start(end)).and_then(|_| (&*file).write_all(bytes));
        let after = if written.is_ok() { end + bytes.len() as u64 } else { end };
        *spilled = Some((Arc::clone(&file), after));
        written.map(|()| (file, end))
    }

    /// Takes `bytes`, waiting for others to return theirs.
    pub fn take(self: &Arc<Self>, bytes: u64) -> Permit {
        let bytes = bytes.min(self.total);
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while free.bytes < bytes {
            free.waiting += 1;
            free = self.returned.wait(free).unwrap_or_else(PoisonError::into_inner);
            free.waiting -= 1;
        }
        free.bytes -= bytes;
        Permit { pool: Arc::clone(self), bytes }
    }
}

/// Bytes taken from a pool; they return when this is dropped.
#[derive(Debug)]
pub struct Permit {
    pool: Arc<Permits>,
    bytes: u64,
}

impl Permit {
    /// Takes more from the pool, up to `bytes` in all, unless they are not there.
    fn grow(&mut self, bytes: u64) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let mut free = self.pool.free.lock().unwrap_or_else(PoisonError::into_inner);
        let is_there = free.bytes >= more;
        if is_there {
            free.bytes -= more;
            self.bytes += more;
        }
        is_there
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut free = self.pool.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.bytes += self.bytes;
        // Waking nobody is a call of the system all the same.
        if free.waiting > 0 {
            self.pool.returned.notify_all();
        }
    }
}

/// Decoded bytes by position.
#[derive(Debug)]
pub enum Spool {
    /// In memory, with the permit for it.
    Memory(Vec<u8>, Permit),
    /// In a file that has no name.
    File(FileSource),
    /// In a part of such a file that small spools share.
    Shared {
        /// All of it.
        file: Arc<File>,
        /// Where this spool starts.
        start: u64,
        /// Bytes.
        length: u64,
    },
}

/// Spools up to this size share a file when the pool is empty: an archive may hold more of them than
/// a process may open files.
const SMALL: usize = 4 << 20;

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
        let mut held = Permit { pool: Arc::clone(permits), bytes: 0 };
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
            if file.is_none() && length > SMALL as u64 && !held.grow(length) {
                let mut spilled = tempfile::tempfile()?;
                spilled.write_all(&memory)?;
                memory = Vec::new();
                held = Permit { pool: Arc::clone(permits), bytes: 0 };
                file = Some(spilled);
            }
            match &mut file {
                Some(file) => file.write_all(bytes)?,
                None => memory.extend_from_slice(bytes),
            }
        }
        if let Some(file) = file {
            return Ok(Some(Self::File(FileSource::new(file)?)));
        }
        if held.grow(length) {
            memory.shrink_to_fit();
            return Ok(Some(Self::Memory(memory, held)));
        }
        let (file, start) = permits.spill(&memory)?;
        Ok(Some(Self::Shared { file, start, length }))
    }
}

impl Source for Spool {
    fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes, _) => bytes.len() as u64,
            Self::File(file) => file.len(),
            Self::Shared { length, .. } => *length,
        }
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Memory(bytes, _) => Ok(copy_from(bytes, offset, buffer)),
            Self::File(file) => file.read_at(offset, buffer),
            Self::Shared { file, start, length } => {
                let left = usize::try_from(length.saturating_sub(offset)).unwrap_or(usize::MAX);
                let wanted = left.min(buffer.len());
                let buffer = buffer.get_mut(..wanted).unwrap_or_default();
                read_file_at(file, start.saturating_add(offset), buffer)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(spool: &Spool, data: &[u8]) {
        let mut back = vec![0; data.len() + 10];
        assert_eq!(spool.read_at(0, &mut back).expect("readable"), data.len());
        assert!(&back[..data.len()] == data);
        assert_eq!(spool.read_at(data.len() as u64, &mut back).expect("readable"), 0);
    }

    #[test]
    fn a_spool_spills_when_the_pool_is_empty_and_gives_its_bytes_back() {
        let data: Vec<u8> = (0..6_000_000u32).map(|n| n as u8).collect();
        for pool in [1 << 20, 8 << 20] {
            let permits = Permits::new(pool);
            let spool = Spool::fill(&mut data.as_slice(), u64::MAX, &permits).expect("readable");
            let spool = spool.expect("under the limit");
            assert_eq!(matches!(spool, Spool::File(_)), pool == 1 << 20);
            check(&spool, &data);
            drop(spool);
            drop(permits.take(pool));
        }
        let permits = Permits::new(1 << 20);
        assert!(Spool::fill(&mut data.as_slice(), 1000, &permits).expect("readable").is_none());
    }

    #[test]
    fn who_waits_for_bytes_is_woken_when_they_return() {
        let permits = Permits::new(10);
        let taken = permits.take(6);
        std::thread::scope(|scope| {
            let others = [5, 10, 4].map(|bytes| {
                let permits = &permits;
                scope.spawn(move || drop(permits.take(bytes)))
            });
            // However the threads run, none is left waiting.
            std::thread::yield_now();
            drop(taken);
            for other in others {
                other.join().expect("ends");
            }
        });
        drop(permits.take(10));
    }

    #[test]
    fn small_spools_share_one_file() {
        let permits = Permits::new(2500);
        let data: Vec<Vec<u8>> = (0..5u8).map(|n| vec![n; 1000 + usize::from(n)]).collect();
        let spools: Vec<_> = data
            .iter()
            .map(|data| Spool::fill(&mut data.as_slice(), u64::MAX, &permits).expect("readable"))
            .map(|spool| spool.expect("under the limit"))
            .collect();
        let shared = |spool: &&Spool| matches!(spool, Spool::Shared { .. });
        assert_eq!(spools.iter().filter(shared).count(), 3);
        spools.iter().zip(&data).for_each(|(spool, data)| check(spool, data));
    }
}
