//! How far a walk has come: counters that others may look at while it runs. Nothing depends on them,
//! and no clock is read here.

use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Counters of bytes, added to once a buffer.
#[derive(Default, Debug)]
pub struct Progress {
    /// What is being done, and how many things were done before it.
    step: Mutex<(u64, String)>,
    /// Bytes that were read.
    done: AtomicU64,
    /// Bytes of containers that will be read.
    known: AtomicU64,
    /// Files of a folder, how many of them were opened, and what those hold.
    files: AtomicU64,
    opened: AtomicU64,
    opened_bytes: AtomicU64,
}

/// What [`Progress`] stands at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    /// Grows with every step.
    pub number: u64,
    /// What is being done, as `reading disc.iso`; empty before the first step.
    pub step: String,
    /// Bytes that were read in this step.
    pub done: u64,
    /// Bytes to read, as far as that is known: what is nested adds to it when it is met, and files of
    /// a folder that were not opened yet count as the mean of those that were. 0 if nothing is.
    pub total: u64,
}

impl Progress {
    /// Begins a step, from zero.
    pub fn begin(&self, step: String) {
        let mut at = self.step.lock().unwrap_or_else(PoisonError::into_inner);
        *at = (at.0 + 1, step);
        for counter in [&self.done, &self.known, &self.files, &self.opened, &self.opened_bytes] {
            counter.store(0, Ordering::Relaxed);
        }
    }

    /// Where it stands.
    pub fn seen(&self) -> Seen {
        let at = self.step.lock().unwrap_or_else(PoisonError::into_inner);
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let opened = get(&self.opened).max(1);
        let files = u128::from(get(&self.opened_bytes)) * u128::from(get(&self.files).max(opened))
            / u128::from(opened);
        let files = u64::try_from(files).unwrap_or(u64::MAX);
        let done = get(&self.done);
        let total = get(&self.known).saturating_add(files);
        let total = if total == 0 { 0 } else { total.max(done) };
        Seen { number: at.0, step: at.1.clone(), done, total }
    }

    /// Bytes were read.
    pub(super) fn add(&self, bytes: u64) {
        self.done.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Bytes will be read.
    pub(super) fn expect(&self, bytes: u64) {
        // Lengths are claims of the artifact: they may be anything.
        let add = |known: u64| Some(known.saturating_add(bytes));
        let _ = self.known.try_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// Files will be opened.
    pub(super) fn expect_files(&self, count: u64) {
        self.files.fetch_add(count, Ordering::Relaxed);
    }

    /// One of them is.
    pub(super) fn open(&self, bytes: u64) {
        self.opened_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.opened.fetch_add(1, Ordering::Relaxed);
    }
}

/// Bytes that are counted when they are read.
pub(super) struct Counted<'a, R> {
    pub(super) progress: &'a Progress,
    pub(super) inner: R,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.progress.add(n as u64);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Options, scan};
    use std::path::Path;

    fn seen_of(name: &str) -> super::Seen {
        let options = Options::default();
        scan(&Path::new(env!("CARGO_MANIFEST_DIR")).join(name), &options).expect("scanned");
        options.progress.seen()
    }

    #[test]
    fn all_that_is_expected_is_read() {
        for name in ["testdata/story/candidate.iso", "testdata/clean", "Cargo.lock"] {
            let seen = seen_of(name);
            assert_eq!(seen.done, seen.total, "{name}: {seen:?}");
            assert_eq!(seen.step, format!("reading {}", name.rsplit('/').next().unwrap_or(name)));
        }
        let size = std::fs::metadata(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock"));
        assert_eq!(seen_of("Cargo.lock").done, size.expect("there").len());
    }

    #[test]
    fn files_that_were_not_opened_yet_count_as_the_mean() {
        let progress = super::Progress::default();
        progress.begin("reading".into());
        progress.expect_files(10);
        progress.open(100);
        progress.open(300);
        progress.expect(50);
        assert_eq!(progress.seen().total, 50 + 10 * 200);
        progress.expect(u64::MAX);
        assert_eq!(progress.seen().total, u64::MAX, "a length may be anything");
        progress.begin("judging".into());
        let seen = progress.seen();
        assert_eq!((seen.number, seen.done, seen.total), (2, 0, 0));
    }
}
