//! Folders of the host: files are opened once, from their open folder, in batches over all cores.

use std::fs::{File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::pass::{Ends, Keeper, Pass, TAIL};
use super::scan::{Nested, Scan, Task, lock};
use crate::model::manifest::{ContainerId, ContentPlace};
use crate::model::{Container, Content, ContentId, Declared, GapKind, NodeId, Volume};
use crate::readers::directory::{self, Files, HostStat, Listing};
use crate::source::{self, FileSource, Stamp};

/// Files of a folder that are one task.
const BATCH: usize = 64;

/// A folder that is listed while its files are read.
pub(super) struct Folder {
    root: PathBuf,
    id: ContainerId,
    listed: Mutex<Listed>,
    found: Mutex<Found>,
}

/// What was listed so far.
struct Listed {
    volume: Volume,
    /// For each file that is opened, its node; its content has the same number.
    nodes: Vec<NodeId>,
}

/// What was found in the files of a folder.
#[derive(Default)]
struct Found {
    /// For each content; empty until all are listed, so that there is room for them once.
    contents: Vec<Content>,
    stats: Vec<Option<HostStat>>,
    /// What was read before all were listed.
    early: Vec<(usize, Content, HostStat)>,
}

impl Found {
    fn put(&mut self, index: usize, content: Content, stat: HostStat) {
        match self.contents.get_mut(index).zip(self.stats.get_mut(index)) {
            Some((slot, known)) => (*slot, *known) = (content, Some(stat)),
            None => self.early.push((index, content, stat)),
        }
    }

    /// Makes room for all contents.
    fn listed(&mut self, unread: Vec<Content>) {
        self.stats = vec![None; unread.len()];
        self.contents = unread;
        for (index, content, stat) in std::mem::take(&mut self.early) {
            self.put(index, content, stat);
        }
    }
}

/// Files of a batch that lie in one folder.
struct Run {
    parent: Option<NodeId>,
    path: PathBuf,
    files: Vec<(usize, Vec<u8>)>,
}

impl Folder {
    /// The container with all that was found.
    pub(super) fn into_container(self) -> (ContainerId, Container) {
        let listed = self.listed.into_inner().unwrap_or_else(PoisonError::into_inner);
        let found = self.found.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut volume = listed.volume;
        directory::settle(&mut volume, &found.stats);
        (self.id, Container::new(None, 0, vec![volume], vec![found.contents]))
    }

    /// The files of a batch, by the folders that they lie in.
    fn runs(&self, batch: Range<usize>) -> Vec<Run> {
        let Listed { volume, nodes } = &*lock(&self.listed);
        let mut runs: Vec<Run> = Vec::new();
        for index in batch {
            let Some(node) = nodes.get(index).and_then(|&id| volume.node(id)) else { continue };
            let (parent, file) = (node.parent(), (index, volume.name(node).to_vec()));
            match runs.last_mut() {
                Some(run) if run.parent == parent => run.files.push(file),
                _ => {
                    let path = match parent.and_then(|parent| volume.node(parent)) {
                        Some(parent) => directory::host_path(&self.root, volume, parent),
                        None => self.root.clone(),
                    };
                    runs.push(Run { parent, path, files: vec![file] });
                }
            }
        }
        runs
    }
}

impl Listed {
    /// Lists some more; returns whether there are others, and how many files to open are listed.
    fn more(&mut self, listing: &mut Listing) -> (bool, usize) {
        let from = self.volume.nodes.len();
        let more = listing.take(BATCH, &mut self.volume);
        for (n, node) in self.volume.nodes.iter().enumerate().skip(from) {
            // A content with several names is read under the first.
            if node.content().is_some_and(|content| content.0 as usize == self.nodes.len()) {
                self.nodes.push(NodeId(n as u32));
            }
        }
        (more, self.nodes.len())
    }
}

impl Scan<'_> {
    /// Queues a folder.
    pub(super) fn add_folder(&self, root: &Path) -> Arc<Folder> {
        // Files that will be opened anyway tell their facts then, at less cost.
        let files = if self.opens_files() { Files::Named } else { Files::Stated };
        let (listing, volume) = Listing::new(root, files);
        let folder = Arc::new(Folder {
            root: root.to_path_buf(),
            id: self.reserve(),
            listed: Mutex::new(Listed { volume, nodes: Vec::new() }),
            found: Mutex::default(),
        });
        self.push([Task::Folder { folder: Arc::clone(&folder), listing: Box::new(listing) }]);
        folder
    }

    fn opens_files(&self) -> bool {
        self.options.contents || self.options.nested
    }

    /// Lists a folder, and queues its files as they come: other threads read them meanwhile.
    pub(super) fn list(&self, folder: &Arc<Folder>, mut listing: Listing) {
        let (mut more, mut from) = (true, 0);
        while more {
            let to;
            (more, to) = lock(&folder.listed).more(&mut listing);
            if self.opens_files() && (!more || to - from >= BATCH) {
                self.options.progress.expect_files((to - from) as u64);
                self.push([Task::Files { folder: Arc::clone(folder), files: from..to }]);
                from = to;
            }
        }
        let unread = lock(&folder.listed).volume.unread_contents();
        lock(&folder.found).listed(unread);
    }

    /// Reads the files of a batch.
    pub(super) fn read_files(&self, folder: &Folder, batch: Range<usize>, buffer: &mut [u8]) {
        let mut found = Vec::with_capacity(batch.len());
        for run in folder.runs(batch) {
            // It is opened once for all of them.
            let open = source::Folder::open(&run.path);
            for (index, name) in run.files {
                let content = ContentId(index as u32);
                let place = ContentPlace { container: folder.id, volume: 0, content };
                let file = match &open {
                    Ok(handle) => handle.open_file(&name),
                    Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
                };
                match file.and_then(|opened| self.read_file(opened, &name, place, buffer)) {
                    Ok((content, stat)) => found.push((index, content, stat)),
                    Err(error) => {
                        self.gap(place, GapKind::Unreadable, format!("cannot read it: {error}"));
                    }
                }
            }
        }
        let mut all = lock(&folder.found);
        for (index, content, stat) in found {
            all.put(index, content, stat);
        }
    }

    fn read_file(
        &self,
        (mut file, before): (File, Metadata),
        name: &[u8],
        place: ContentPlace,
        buffer: &mut [u8],
    ) -> io::Result<(Content, HostStat)> {
        self.grant(before.len());
        let progress = &self.options.progress;
        progress.open(before.len());
        let mut keeper = Keeper::default();
        // Most files fit the buffer: then the ends are looked at where they lie, and the length that
        // the host tells spares the read that finds the end.
        let is_whole = before.len() < buffer.len() as u64;
        let mut filled = read_some(&mut file, buffer, is_whole.then_some(before.len()))?;
        let mut content = Content::unread(before.len());
        if self.options.contents && is_whole {
            progress.add(filled as u64);
            content = Pass::whole(self.options, buffer.get(..filled).unwrap_or_default());
        } else if self.options.contents {
            let mut pass = Pass::new(self.options);
            while filled > 0 {
                let bytes = buffer.get(..filled).unwrap_or_default();
                progress.add(filled as u64);
                pass.update(bytes);
                keeper.update(bytes);
                filled = read_some(&mut file, buffer, None)?;
            }
            content = pass.finish();
        } else if !is_whole {
            // Only containers are looked for, and those show at their ends.
            keeper.update(buffer.get(..filled).unwrap_or_default());
            file.seek(SeekFrom::Start(before.len().saturating_sub(TAIL as u64)))?;
            let tail = buffer.get_mut(..TAIL).unwrap_or_default();
            filled = read_some(&mut file, tail, None)?;
            keeper.update(tail.get(..filled).unwrap_or_default());
        }
        let whole = buffer.get(..filled).unwrap_or_default();
        let ends = if is_whole { Ends::of(whole) } else { keeper.ends() };
        if self.options.contents {
            let after = file.metadata()?;
            if content.size() != after.len() || Stamp::of(&before) != Stamp::of(&after) {
                let message = format!(
                    "it changed while it was read ({} bytes read, {} now); check it again when it is at rest",
                    content.size(),
                    after.len()
                );
                self.gap(place, GapKind::ChangedWhileReading, message);
            }
        }
        let readers = self.settle_and_match(&mut content, ends, name, Declared::Nothing);
        if !readers.is_empty() {
            let source = Arc::new(FileSource::new(file)?);
            self.push_nested(Nested {
                inside: Some(place),
                source,
                readers,
                name: name.to_vec(),
                depth: 1,
            });
        }
        Ok((content, HostStat::of(&before)))
    }
}

/// Fills the buffer, or as much of it as there are bytes; stops at `expected` bytes.
fn read_some(file: &mut File, buffer: &mut [u8], expected: Option<u64>) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if expected == Some(filled as u64) {
            break;
        }
    }
    Ok(filled)
}
