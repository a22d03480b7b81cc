//! Folders of the host: files are opened once, from their open folder, in batches over all cores.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::pass::{Ends, Keeper, Pass, TAIL};
use super::scan::{Nested, Scan, Task, lock};
use crate::model::manifest::{ContainerId, ContentPlace};
use crate::model::{Container, Content, ContentId, Declared, GapKind, NodeId, Volume};
use crate::readers::Budget;
use crate::readers::directory::{self, Files, HostStat};
use crate::source::{self, FileSource, Stamp};

/// Files of a folder that are one task.
const BATCH: usize = 64;

/// A folder whose files are being read.
pub(super) struct Folder {
    root: PathBuf,
    id: ContainerId,
    volume: Volume,
    /// For each content, its node.
    nodes: Vec<NodeId>,
    found: Mutex<Found>,
}

/// For each content of a folder, what was found.
struct Found {
    contents: Vec<Content>,
    stats: Vec<Option<HostStat>>,
}

impl Folder {
    /// The container with all that was found.
    pub(super) fn into_container(self) -> (ContainerId, Container) {
        let found = self.found.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut volume = self.volume;
        directory::settle(&mut volume, &found.stats);
        (self.id, Container::new(None, 0, vec![volume], vec![found.contents]))
    }
}

impl Scan<'_> {
    /// Lists a folder and queues its files.
    pub(super) fn add_folder(&self, root: &Path) -> Arc<Folder> {
        // Files that will be opened anyway tell their facts then, at less cost.
        let opens = self.options.contents || self.options.nested;
        let files = if opens { Files::Named } else { Files::Stated };
        let volume = directory::read(root, files, &mut Budget::default());
        let mut nodes = vec![NodeId(0); volume.contents.len()];
        for (n, node) in volume.nodes.iter().enumerate().rev() {
            if let Some(slot) = node.content().and_then(|c| nodes.get_mut(c.0 as usize)) {
                *slot = NodeId(n as u32);
            }
        }
        let contents = volume.unread_contents();
        let count = contents.len();
        let folder = Arc::new(Folder {
            root: root.to_path_buf(),
            id: self.reserve(),
            volume,
            nodes,
            found: Mutex::new(Found { contents, stats: vec![None; count] }),
        });
        if opens {
            self.options.progress.expect_files(count as u64);
            let batches = (0..count).step_by(BATCH).map(|from| Task::Files {
                folder: Arc::clone(&folder),
                from,
                to: (from + BATCH).min(count),
            });
            self.push(batches);
        }
        folder
    }

    /// Reads the files of a batch.
    pub(super) fn read_files(&self, folder: &Folder, from: usize, to: usize, buffer: &mut [u8]) {
        let volume = &folder.volume;
        let mut found = Vec::with_capacity(to - from);
        // Neighbours mostly lie in one folder: it is opened once for all of them.
        let mut open: Option<(Option<NodeId>, source::Folder)> = None;
        for index in from..to {
            let Some(node) = folder.nodes.get(index).and_then(|&id| volume.node(id)) else {
                continue;
            };
            let content = ContentId(index as u32);
            let place = ContentPlace { container: folder.id, volume: 0, content };
            if open.as_ref().is_none_or(|(parent, _)| *parent != node.parent()) {
                let path = match node.parent().and_then(|parent| volume.node(parent)) {
                    Some(parent) => directory::host_path(&folder.root, volume, parent),
                    None => folder.root.clone(),
                };
                open = source::Folder::open(&path).ok().map(|handle| (node.parent(), handle));
            }
            let file = match &open {
                Some((_, handle)) => handle.open_file(volume.name(node)),
                None => File::open(directory::host_path(&folder.root, volume, node)),
            };
            match file.and_then(|file| self.read_file(file, volume.name(node), place, buffer)) {
                Ok((content, stat)) => found.push((index, content, stat)),
                Err(error) => {
                    self.gap(place, GapKind::Unreadable, format!("cannot read it: {error}"));
                }
            }
        }
        let mut all = lock(&folder.found);
        for (index, content, stat) in found {
            if let Some(slot) = all.contents.get_mut(index) {
                *slot = content;
            }
            if let Some(slot) = all.stats.get_mut(index) {
                *slot = Some(stat);
            }
        }
    }

    fn read_file(
        &self,
        mut file: File,
        name: &[u8],
        place: ContentPlace,
        buffer: &mut [u8],
    ) -> io::Result<(Content, HostStat)> {
        let before = file.metadata()?;
        if !before.is_file() {
            return Err(io::Error::other("it is no file any more"));
        }
        self.grant(before.len());
        let progress = &self.options.progress;
        progress.open(before.len());
        let mut keeper = Keeper::default();
        // Most files fit the buffer: then the ends are looked at where they lie, and the length that
        // the host tells spares the read that finds the end.
        let is_whole = before.len() < buffer.len() as u64;
        let mut filled = read_some(&mut file, buffer, is_whole.then_some(before.len()))?;
        let mut content = Content { size: before.len(), ..Content::default() };
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
            if content.size != after.len() || Stamp::of(&before) != Stamp::of(&after) {
                let message = format!(
                    "it changed while it was read ({} bytes read, {} now); check it again when it is at rest",
                    content.size,
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
