//! The queue of tasks and the containers that grow from it.

mod finish;

use std::collections::VecDeque;
use std::fs::Metadata;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::buffers::Buffers;
use super::folder::Folder;
use super::image::{self, Image};
use super::pass::{Ends, Pass};
use super::{Options, stream};
use crate::inspect;
use crate::model::manifest::{ContainerId, ContentPlace};
use crate::model::{
    Class, Container, Content, ContentId, Declared, Format, Gap, GapKind, Locator, Manifest, Volume,
};
use crate::readers::directory::{self, Listing};
use crate::readers::{Budget, Context, Form, Probe, READERS, Reader};
use crate::source::{Ending, ExtentSource, FileSource, Permits, Source};

/// What is said where the budget of decoded bytes is spent.
pub(super) const DECODED: &str =
    "the budget of decoded bytes is spent (--max-decoded SIZE sets another)";

/// Bytes of a read.
pub(super) const BUFFER: usize = 256 << 10;
/// Something to do.
pub(super) enum Task {
    /// A folder to list.
    Folder { folder: Arc<Folder>, listing: Box<Listing> },
    /// Files of a folder, by the numbers of their contents.
    Files { folder: Arc<Folder>, files: Range<usize> },
    /// A container whose bytes can be read by position.
    Container(Nested),
    /// A run of an image, or a batch of its packed contents.
    Image { image: Arc<Image>, unit: usize },
}

/// A container that was met and waits for its readers.
pub(super) struct Nested {
    pub(super) inside: Option<ContentPlace>,
    pub(super) source: Arc<dyn Source>,
    pub(super) readers: Vec<&'static Reader>,
    pub(super) name: Vec<u8>,
    pub(super) depth: u32,
}

impl Nested {
    /// Whether what holds the entries stays a file.
    pub(super) fn is_embedded(&self) -> bool {
        !self.readers.is_empty() && self.readers.iter().all(|reader| reader.is_embedded())
    }
}

#[derive(Default)]
struct Queue {
    tasks: VecDeque<Task>,
    /// Tasks that are being done and may add more.
    running: usize,
}

/// What is being scanned, shared by all threads.
pub(super) struct Scan<'a> {
    pub(super) options: &'a Options,
    pub(super) permits: Arc<Permits>,
    pub(super) buffers: Buffers,
    queue: Mutex<Queue>,
    changed: Condvar,
    containers: Mutex<Vec<Container>>,
    artifact: Mutex<Option<Content>>,
    gaps: Mutex<Vec<RawGap>>,
    images: Mutex<Vec<Arc<Image>>>,
    trailing: Mutex<Vec<(ContentPlace, Ending)>>,
    /// Bytes that may still be decoded.
    decodable: AtomicU64,
    /// Whether the artifact is a folder.
    pub(super) is_folder: bool,
}

/// A gap before locators are known.
pub(super) struct RawGap {
    pub(super) place: ContentPlace,
    pub(super) kind: GapKind,
    pub(super) message: String,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Scans what lies at `path`.
pub(super) fn run(
    path: &Path,
    metadata: &Metadata,
    options: &Options,
    permits: &Arc<Permits>,
) -> io::Result<Manifest> {
    let size = if metadata.is_dir() { 0 } else { metadata.len() };
    let scan = Scan::new(options, permits, metadata.is_dir());
    scan.grant(size);
    let mut format = None;
    let mut folders = Vec::new();
    let mut root_file = None;
    if metadata.is_dir() {
        std::fs::read_dir(path)?;
        format = Some(directory::DOC.id);
        folders.push(scan.add_folder(path));
    } else {
        let source = Arc::new(FileSource::open(path)?);
        let name = path.file_name().map(|n| n.as_encoded_bytes().to_vec()).unwrap_or_default();
        format = scan.add_file(&(Arc::clone(&source) as Arc<dyn Source>), &name)?.or(format);
        root_file = Some(source);
    }
    scan.work();
    let mut manifest = scan.finish(folders, format);
    if let Some(file) = root_file
        && !file.is_unchanged().unwrap_or(false)
    {
        let message = "the file changed while it was read; check it again when it is at rest";
        manifest.gaps.push(Gap::new(Locator::root(), GapKind::ChangedWhileReading, message));
    }
    Ok(manifest)
}

/// Scans a folder that is listed already; its bytes lie in `source`.
pub(super) fn run_listed(
    volume: Volume,
    source: &Arc<dyn Source>,
    options: &Options,
    permits: &Arc<Permits>,
) -> Manifest {
    let scan = Scan::new(options, permits, true);
    scan.grant(source.len());
    let id = scan.reserve();
    let source = Arc::clone(source);
    let nested = Nested { inside: None, source, readers: Vec::new(), name: Vec::new(), depth: 0 };
    image::start(&scan, id, nested, vec![volume]);
    scan.work();
    scan.finish(Vec::new(), Some(directory::DOC.id))
}

impl<'a> Scan<'a> {
    fn new(options: &'a Options, permits: &Arc<Permits>, is_folder: bool) -> Self {
        Self {
            options,
            permits: Arc::clone(permits),
            buffers: Buffers::default(),
            queue: Mutex::default(),
            changed: Condvar::new(),
            containers: Mutex::default(),
            artifact: Mutex::default(),
            gaps: Mutex::default(),
            images: Mutex::default(),
            trailing: Mutex::default(),
            decodable: AtomicU64::new(options.limits.decoded.unwrap_or(1 << 30)),
            is_folder,
        }
    }
}

impl Scan<'_> {
    /// Does all tasks, on all threads.
    fn work(&self) {
        let work = || {
            let mut buffer = self.buffers.lend();
            while let Some(task) = self.next() {
                self.perform(task, &mut buffer);
                self.done();
            }
        };
        let threads = super::threads(self.options);
        if threads == 1 {
            return work();
        }
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(work);
            }
        });
    }

    fn next(&self) -> Option<Task> {
        let mut queue = lock(&self.queue);
        loop {
            if let Some(task) = queue.tasks.pop_front() {
                queue.running += 1;
                return Some(task);
            }
            if queue.running == 0 {
                return None;
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn done(&self) {
        lock(&self.queue).running -= 1;
        self.changed.notify_all();
    }

    pub(super) fn push(&self, tasks: impl IntoIterator<Item = Task>) {
        lock(&self.queue).tasks.extend(tasks);
        self.changed.notify_all();
    }

    /// Nested containers go first: what they hold in memory is freed soonest.
    pub(super) fn push_nested(&self, nested: Nested) {
        lock(&self.queue).tasks.push_front(Task::Container(nested));
        self.changed.notify_all();
    }

    pub(super) fn push_images(&self, image: &Arc<Image>, units: usize) {
        let tasks = (0..units).map(|unit| Task::Image { image: Arc::clone(image), unit });
        if !image.is_nested() {
            self.push(tasks);
            return;
        }
        // What is nested is done before what is beside it, so that a nest is never open as a whole.
        let mut queue = lock(&self.queue);
        tasks.rev().for_each(|task| queue.tasks.push_front(task));
        drop(queue);
        self.changed.notify_all();
    }

    /// The id of a container that will be put in its slot later.
    pub(super) fn reserve(&self) -> ContainerId {
        let mut containers = lock(&self.containers);
        containers.push(Container::default());
        ContainerId((containers.len() - 1) as u32)
    }

    pub(super) fn put(&self, id: ContainerId, container: Container) {
        if let Some(slot) = lock(&self.containers).get_mut(id.0 as usize) {
            *slot = container;
        }
    }

    pub(super) fn put_artifact(&self, content: Content) {
        *lock(&self.artifact) = Some(content);
    }

    pub(super) fn gap(&self, place: ContentPlace, kind: GapKind, message: impl Into<String>) {
        lock(&self.gaps).push(RawGap { place, kind, message: message.into() });
    }

    pub(super) fn add_image(&self, image: Arc<Image>) {
        lock(&self.images).push(image);
    }

    /// Notes stored bytes that the decoder of a content left over.
    pub(super) fn trailing(&self, place: ContentPlace, ending: Ending) {
        lock(&self.trailing).push((place, ending));
    }

    /// Adds what `bytes` of the artifact may decode to. Files of a folder add theirs before they are
    /// opened as containers, so that none of them depends on what was read before it.
    pub(super) fn grant(&self, bytes: u64) {
        let add = |left: u64| Some(left.saturating_add(self.options.limits.granted(bytes)));
        let _ = self.decodable.try_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// Takes bytes from the budget of decoded bytes; `false` if it is spent.
    pub(super) fn may_decode(&self, bytes: u64) -> bool {
        // What is left when it does not suffice is forfeited: spent is spent.
        let take = |left: u64| Some(left.saturating_sub(bytes));
        let before = self.decodable.try_update(Ordering::Relaxed, Ordering::Relaxed, take);
        before.is_ok_and(|left| left >= bytes)
    }

    fn perform(&self, task: Task, buffer: &mut [u8]) {
        match task {
            Task::Folder { folder, listing } => self.list(&folder, *listing),
            Task::Files { folder, files } => self.read_files(&folder, files, buffer),
            Task::Container(nested) => self.read_container(nested),
            Task::Image { image, unit } => image::sweep_unit(self, &image, unit, buffer),
        }
    }

    /// The artifact is a file: a container, or one content.
    fn add_file(&self, source: &Arc<dyn Source>, name: &[u8]) -> io::Result<Option<&'static str>> {
        let length = source.len();
        let mut head =
            vec![0; super::pass::HEAD.min(usize::try_from(length).unwrap_or(usize::MAX))];
        let n = source.read_at(0, &mut head)?;
        head.truncate(n);
        let mut tail = head.clone();
        if length > tail.len() as u64 {
            source.read_at(length - tail.len() as u64, &mut tail)?;
        }
        let probe = Probe {
            head: &head,
            tail: &tail,
            length: Some(length),
            name,
            declared: Declared::Nothing,
        };
        let readers = matching(&probe);
        let format;
        let is_embedded = readers.iter().all(|reader| reader.is_embedded());
        if is_embedded {
            let mut pass = Pass::of_artifact(self.options);
            if self.options.contents {
                self.options.progress.expect(length);
                let mut buffer = self.buffers.lend();
                let mut at = 0;
                loop {
                    let n = source.read_at(at, &mut buffer)?;
                    if n == 0 {
                        break;
                    }
                    self.options.progress.add(n as u64);
                    pass.update(buffer.get(..n).unwrap_or_default());
                    at += n as u64;
                }
            }
            let mut content = pass.finish();
            if !self.options.contents {
                content.census.size = length;
            }
            let ends = Ends { head: &head, tail: &tail };
            if self.options.contents {
                settle(&mut content, ends, name, Declared::Nothing);
            } else {
                content.format =
                    inspect::recognise(&head, &tail, length, name).and_then(Format::of);
            }
            format = content.format();
            self.put_artifact(content);
        } else {
            format = readers.first().map(|reader| reader.doc.id);
        }
        if readers.is_empty() {
            return Ok(format);
        }
        self.push_nested(Nested {
            inside: None,
            source: Arc::clone(source),
            readers,
            name: name.to_vec(),
            depth: 0,
        });
        Ok(format)
    }

    /// Settles class and format, and says which readers know the content.
    pub(super) fn settle_and_match(
        &self,
        content: &mut Content,
        ends: Ends<'_>,
        name: &[u8],
        declared: Declared,
    ) -> Vec<&'static Reader> {
        let readers = self.match_readers(content.size(), ends, name, declared);
        self.settle(content, ends, name, declared);
        if let Some(reader) = readers.first().filter(|reader| !reader.is_embedded()) {
            content.class = Class::Container;
            content.format = Format::of(reader.doc.id);
        }
        readers
    }

    /// Which readers know a content of `size` bytes.
    pub(super) fn match_readers(
        &self,
        size: u64,
        ends: Ends<'_>,
        name: &[u8],
        declared: Declared,
    ) -> Vec<&'static Reader> {
        let Ends { head, tail } = ends;
        let probe = Probe { head, tail, length: Some(size), name, declared };
        if self.options.nested { matching(&probe) } else { Vec::new() }
    }

    /// Settles class and format of a content that was read.
    pub(super) fn settle(
        &self,
        content: &mut Content,
        ends: Ends<'_>,
        name: &[u8],
        declared: Declared,
    ) {
        if self.options.contents {
            settle(content, ends, name, declared);
        }
    }

    fn read_container(&self, nested: Nested) {
        if nested.depth > self.options.limits.depth {
            if let Some(place) = nested.inside {
                let message = format!("containers nest deeper than {}", self.options.limits.depth);
                self.gap(place, GapKind::Limit, message);
            }
            return;
        }
        if let Some(place) = nested.inside
            && !nested.is_embedded()
            && self.decodable.load(Ordering::Relaxed) == 0
        {
            self.gap(place, GapKind::Limit, format!("the container is not opened: {DECODED}"));
            return;
        }
        let id = self.reserve();
        if let [Reader { form: Form::Stream(read), doc, .. }] = nested.readers.as_slice() {
            stream::read_positional(self, id, *read, doc.id, &nested);
            return;
        }
        let mut volumes = Vec::new();
        let mut budget = Budget::default();
        for reader in &nested.readers {
            let (Form::Map(map) | Form::Embedded(map)) = reader.form else { continue };
            let context = &mut Context { name: &nested.name, budget: &mut budget };
            let volume = map(&*nested.source, context);
            let partitions = volume.partitions.clone();
            volumes.push(volume);
            for partition in partitions {
                volumes.extend(Self::read_partition(&nested, partition.at, &mut budget));
            }
        }
        image::start(self, id, nested, volumes);
    }

    /// The volumes in a part of a container, moved to their place.
    fn read_partition(nested: &Nested, at: Range<u64>, budget: &mut Budget) -> Vec<Volume> {
        let source = ExtentSource::range(Arc::clone(&nested.source), at.start, at.end);
        let mut head = vec![0; super::pass::HEAD];
        let Ok(n) = source.read_at(0, &mut head) else { return Vec::new() };
        head.truncate(n);
        let probe = Probe {
            head: &head,
            tail: &[],
            length: Some(source.len()),
            name: &nested.name,
            declared: Declared::Nothing,
        };
        let mut volumes = Vec::new();
        for reader in matching(&probe) {
            // The map itself is found again in a partition that covers it.
            if at.start == 0 && nested.readers.iter().any(|known| known.doc.id == reader.doc.id) {
                continue;
            }
            if let Form::Map(map) = reader.form {
                let context = &mut Context { name: &nested.name, budget: &mut *budget };
                let mut volume = map(&source, context);
                volume.partitions.clear();
                volume.shift(at.start);
                volumes.push(volume);
            }
        }
        volumes
    }
}

/// The readers that know the bytes: all that read by position, else the first that reads forward,
/// else one of texts in a file.
fn matching(probe: &Probe<'_>) -> Vec<&'static Reader> {
    let mut found: Vec<_> =
        READERS.iter().copied().filter(|reader| (reader.probe)(probe)).collect();
    if found.iter().any(|reader| !reader.is_embedded()) {
        found.retain(|reader| !reader.is_embedded());
    }
    if found.iter().any(|reader| matches!(reader.form, Form::Map(_))) {
        found.retain(|reader| matches!(reader.form, Form::Map(_)));
    } else {
        found.truncate(1);
    }
    found
}

fn settle(content: &mut Content, ends: Ends<'_>, name: &[u8], declared: Declared) {
    let format = inspect::recognise(ends.head, ends.tail, content.size(), name);
    content.format = format.and_then(Format::of);
    if let Some(kept) = inspect::kept_ends(ends.head, ends.tail, format, name) {
        content.more.get_or_insert_default().ends = Some(kept);
    }
    inspect::note_wide(&mut content.census, ends.head, ends.tail, format, declared);
    content.class = inspect::settle(&inspect::Facts {
        census: &content.census,
        declared,
        name,
        format,
        approved: None,
    });
    content.declares_other =
        content.class == Class::Text && inspect::declares_other(name, ends.head, &content.census);
}

/// The name of a content's main entry.
pub(super) fn name_of(container: &Container, volume: u16, content: ContentId) -> Vec<u8> {
    container
        .main_of(volume, content)
        .and_then(|(volume, node)| {
            let volume = container.volumes.get(usize::from(volume))?;
            Some(volume.name(volume.node(node)?).to_vec())
        })
        .unwrap_or_default()
}
