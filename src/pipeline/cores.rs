//! Work that is done on all cores: contents in runs, each run by one thread.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::model::Codec;
use crate::model::manifest::{ContainerId, ContentPlace};
use crate::walk::Artifact;

/// Runs of contents, `most` of them at most, which are given by the containers that they lie in. What
/// lies in a packed container is one run: the thread that has unpacked it reads all of it.
pub(super) fn runs(
    artifact: &Artifact,
    containers: impl Iterator<Item = ContainerId>,
    most: usize,
) -> Vec<Range<usize>> {
    let manifest = &artifact.manifest;
    let is_packed = |id| {
        let inside = manifest.container(id).and_then(|container| container.inside);
        let stored = inside.and_then(|place: ContentPlace| manifest.stored(place));
        stored.is_some_and(|stored| stored.codec != Codec::Plain)
    };
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut before = None;
    for (index, id) in containers.enumerate() {
        match runs.last_mut() {
            Some(run) if before == Some(id) && (run.len() < most || is_packed(id)) => {
                run.end = index + 1;
            }
            _ => runs.push(index..index + 1),
        }
        before = Some(id);
    }
    runs
}

/// Does `work` for each run on so many threads; each has a buffer of its own. What is found comes in no
/// order.
pub(super) fn on_all<T: Send>(
    threads: usize,
    runs: &[Range<usize>],
    work: impl Fn(Range<usize>, &mut Vec<u8>) -> Vec<T> + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let work = || {
        let mut buffer = Vec::new();
        while let Some(run) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let found = work(run.clone(), &mut buffer);
            if !found.is_empty() {
                done.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(runs.len()) {
            scope.spawn(work);
        }
        work();
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}
