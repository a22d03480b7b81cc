//! A scanned artifact whose entries can be opened again.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Options;
use super::pass::Keeper;
use super::tree::Tree;
use crate::inspect::{self, Sweep};
use crate::model::manifest::{ContainerId, ContentPlace};
use crate::model::{Class, Codec, Content, Manifest, Node, NodeId, Stored, Volume};
use crate::readers::directory;
use crate::source::{ExtentSource, FileSource, Folder, Forward, Permits, Source, Spool, decode};

/// Containers whose bytes stay at hand, and folders.
const KEPT: usize = 8;

/// What was opened last, by what it is known by.
struct Recent<K, V>(Mutex<VecDeque<(K, V)>>);

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: PartialEq, V: Clone> Recent<K, V> {
    /// What is known by `key`, else what `open` gives; others are not kept waiting for that.
    fn get(&self, key: K, open: impl FnOnce() -> io::Result<V>) -> io::Result<V> {
        let found = self.lock().iter().find(|(known, _)| *known == key).map(|(_, of)| of.clone());
        if let Some(found) = found {
            return Ok(found);
        }
        let opened = open()?;
        let mut kept = self.lock();
        kept.push_front((key, opened.clone()));
        kept.truncate(KEPT);
        Ok(opened)
    }

    fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(K, V)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A scanned artifact.
pub struct Artifact {
    path: PathBuf,
    /// The bytes of a folder that is not on the host.
    listed: Option<Arc<dyn Source>>,
    permits: Arc<Permits>,
    /// Whether the walk counted the bytes of contents.
    counted: bool,
    /// What was found.
    pub manifest: Manifest,
    /// The containers that were opened last.
    opened: Recent<ContainerId, Arc<dyn Source>>,
    /// The folders of the host that were opened last; none for the artifact itself.
    folders: Recent<Option<NodeId>, Arc<Folder>>,
}

impl Artifact {
    pub(super) fn new(
        path: &Path,
        options: &Options,
        permits: Arc<Permits>,
        manifest: Manifest,
    ) -> Self {
        Self {
            path: path.to_path_buf(),
            listed: None,
            permits,
            counted: options.census,
            manifest,
            opened: Recent::default(),
            folders: Recent::default(),
        }
    }

    pub(super) fn listed(
        tree: &Tree,
        options: &Options,
        permits: Arc<Permits>,
        manifest: Manifest,
    ) -> Self {
        let listed = Some(Arc::clone(&tree.bytes));
        Self { listed, ..Self::new(Path::new(&tree.name), options, permits, manifest) }
    }

    /// Where large memory comes from.
    pub fn permits(&self) -> &Arc<Permits> {
        &self.permits
    }

    /// Whether the walk counted the bytes of contents, so that their classes are settled.
    pub fn is_counted(&self) -> bool {
        self.counted
    }

    /// Lets go of the containers that were opened last, and of the memory that they hold.
    pub fn close(&self) {
        self.opened.clear();
    }

    /// The name of the artifact, without its folder.
    pub fn name(&self) -> Vec<u8> {
        self.path.file_name().map(|name| name.as_encoded_bytes().to_vec()).unwrap_or_default()
    }

    /// The bytes of the artifact itself; a folder has none.
    pub fn source(&self) -> io::Result<Arc<dyn Source>> {
        match &self.listed {
            Some(listed) => Ok(Arc::clone(listed)),
            None => Ok(Arc::new(FileSource::open(&self.path)?)),
        }
    }

    /// The bytes of a container.
    pub fn container_source(&self, id: ContainerId) -> io::Result<Arc<dyn Source>> {
        self.opened.get(id, || {
            match self.manifest.container(id).and_then(|container| container.inside) {
                None => self.source(),
                Some(place) => self.content_source(place),
            }
        })
    }

    fn stored(&self, place: ContentPlace) -> io::Result<&Stored> {
        self.manifest
            .stored(place)
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such content"))
    }

    /// The file of the host that a content is, if the artifact is a folder.
    pub fn host_file(&self, place: ContentPlace) -> Option<PathBuf> {
        let (volume, node) = self.host_node(place)?;
        Some(directory::host_path(&self.path, volume, node))
    }

    fn host_node(&self, place: ContentPlace) -> Option<(&Volume, &Node)> {
        let is_folder = self.is_folder(place) && self.listed.is_none();
        self.manifest.node(self.manifest.main_place(place).filter(|_| is_folder)?)
    }

    /// Opens it.
    fn open_host_file(&self, place: ContentPlace) -> Option<io::Result<File>> {
        let (volume, node) = self.host_node(place)?;
        let folder = self.host_folder(volume, node.parent());
        let opened = folder.and_then(|folder| folder.open_file(volume.name(node)));
        Some(opened.map(|(file, _)| file))
    }

    /// A folder of the host; contents that are read one after the other mostly lie in the same.
    fn host_folder(&self, volume: &Volume, id: Option<NodeId>) -> io::Result<Arc<Folder>> {
        self.folders.get(id, || {
            let node = id.and_then(|id| volume.node(id));
            let path = node.map(|node| directory::host_path(&self.path, volume, node));
            Folder::open(path.as_ref().unwrap_or(&self.path)).map(Arc::new)
        })
    }

    /// Whether a content is a file of a folder.
    fn is_folder(&self, place: ContentPlace) -> bool {
        self.manifest.folder && place.container == ContainerId(0)
    }

    /// The bytes of a content by position; what is packed is decoded into a spool first.
    pub fn content_source(&self, place: ContentPlace) -> io::Result<Arc<dyn Source>> {
        self.source_of(place, &self.permits)
    }

    /// The same, without memory for what is packed: it is decoded into a file that has no name.
    pub fn large_source(&self, place: ContentPlace) -> io::Result<Arc<dyn Source>> {
        self.source_of(place, &Permits::new(0))
    }

    fn source_of(
        &self,
        place: ContentPlace,
        permits: &Arc<Permits>,
    ) -> io::Result<Arc<dyn Source>> {
        if let Some(file) = self.open_host_file(place) {
            return Ok(Arc::new(FileSource::new(file?)?));
        }
        let stored = self.stored(place)?;
        let outer = self.container_source(place.container)?;
        let extents = ExtentSource::new(outer, &stored.extents, None);
        if stored.codec == Codec::Plain {
            return Ok(Arc::new(extents));
        }
        let stored_bytes = Forward::new(Arc::new(extents));
        let mut decoder = decode(stored.codec, Box::new(stored_bytes));
        let limit = self.manifest.content(place).map_or(u64::MAX, |content| content.size().max(1));
        match Spool::fill(&mut decoder, limit, permits)? {
            Some(spool) => Ok(Arc::new(spool)),
            None => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "it decodes to more than before"))
            }
        }
    }

    /// The bytes of a content from start to end.
    pub fn content_reader(&self, place: ContentPlace) -> io::Result<Box<dyn Read + Send>> {
        if let Some(file) = self.open_host_file(place) {
            return Ok(Box::new(file?));
        }
        let stored = self.stored(place)?;
        let outer = self.container_source(place.container)?;
        let extents = Forward::new(Arc::new(ExtentSource::new(outer, &stored.extents, None)));
        match stored.codec {
            Codec::Plain => Ok(Box::new(extents)),
            codec => Ok(Box::new(decode(codec, Box::new(extents)))),
        }
    }

    /// Whether a content is packed by itself.
    pub fn is_packed(&self, place: ContentPlace) -> bool {
        self.stored(place).is_ok_and(|stored| stored.codec != Codec::Plain)
    }

    /// The class of a content that the walk did not count ([`Options::census`]).
    pub fn class_of(&self, place: ContentPlace) -> io::Result<Class> {
        let content = self.manifest.content(place);
        let stored = self.stored(place)?;
        let main = self.manifest.main_place(place).and_then(|place| self.manifest.node(place));
        let name = main.map(|(volume, node)| volume.name(node)).unwrap_or_default();
        let mut sweep = Sweep::new();
        let mut data = self.content_reader(place)?;
        let mut buffer = vec![0; 64 << 10];
        let mut keeper = Keeper::default();
        loop {
            let n = data.read(&mut buffer)?;
            let bytes = buffer.get(..n).unwrap_or_default();
            if n == 0 {
                break;
            }
            sweep.update(bytes);
            keeper.update(bytes);
        }
        let format = content.and_then(Content::format);
        let mut census = sweep.finish();
        let ends = keeper.ends();
        inspect::note_wide(&mut census, ends.head, ends.tail, format, stored.declared);
        Ok(inspect::settle(&inspect::Facts {
            census: &census,
            declared: stored.declared,
            name,
            format,
            approved: None,
        }))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;
    use crate::model::Locator;

    #[test]
    fn what_took_the_place_of_a_file_is_not_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        std::fs::write(&path, "x").expect("written");
        std::fs::write(folder.path().join("b"), "y").expect("written");
        let artifact = crate::walk::scan(folder.path(), &Options::default()).expect("readable");
        let place = artifact.manifest.find(&Locator::parse("a")).expect("there");
        let content = artifact.manifest.content_place(place).expect("a content");
        let read = || {
            let mut bytes = Vec::new();
            artifact.content_reader(content)?.read_to_end(&mut bytes).map(|_| bytes)
        };
        assert_eq!(read().expect("readable"), b"x");
        std::fs::remove_file(&path).expect("removed");
        std::os::unix::fs::symlink("b", &path).expect("a link");
        assert!(read().is_err());
        std::fs::remove_file(&path).expect("removed");
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
        assert_eq!(read().expect_err("no file").to_string(), "it is no file any more");
        assert!(artifact.content_source(content).is_err());
    }
}
