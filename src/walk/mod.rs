//! The walk: drives the readers over an artifact and everything nested in it, one pass a content.
//!
//! Work is a queue of tasks over all cores: a batch of files, a container to map, a run of an image
//! to sweep, a batch of packed contents. Contents are read in the order in which they lie on the
//! medium. What is found goes straight into the slots of its container, so that nothing is held
//! twice.

mod buffers;
mod folder;
mod image;
mod open;
mod pass;
mod progress;
mod scan;
mod stream;
mod tree;
mod tree_hash;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use open::Artifact;
pub use progress::{Progress, Seen};
pub use tree::Tree;

use crate::model::locator::escape_text;
use crate::model::{Gap, GapKind, Locator};
use crate::rules::Literals;
use crate::source::Permits;

/// How to walk.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads; 0 for as many as there are cores.
    pub threads: usize,
    /// Bytes of the pool that large buffers come from.
    pub memory: u64,
    /// Whether contents are read; otherwise only the structure is.
    pub contents: bool,
    /// What to compute SHA-256 of beside BLAKE3.
    pub sha256: Sha256,
    /// Whether to go into containers inside the artifact.
    pub nested: bool,
    /// Whether the bytes of contents are counted. Otherwise only what declares itself to be text is;
    /// see [`Artifact::class_of`].
    pub census: bool,
    /// Byte strings of rules that the pass looks for.
    pub literals: Option<Arc<Literals>>,
    /// What may be spent.
    pub limits: Limits,
    /// Where the walk tells how far it has come; clones share it.
    pub progress: Arc<Progress>,
}

/// What SHA-256 is computed of. BLAKE3 is computed of everything.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Sha256 {
    /// Nothing.
    None,
    /// The artifact, if it is a file.
    Artifact,
    /// The artifact and every content in it.
    All,
}

/// Limits that count work.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Containers inside one another.
    pub depth: u32,
    /// Bytes that packed contents may decode to, in all. `None` for 1 GiB, and two hundred times the
    /// artifact: single files of a release unpack to less, and a bomb of a few bytes costs seconds.
    pub decoded: Option<u64>,
}

impl Limits {
    /// What `bytes` of the artifact add to what may be decoded.
    fn granted(&self, bytes: u64) -> u64 {
        if self.decoded.is_some() { 0 } else { bytes.saturating_mul(200) }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            threads: 0,
            memory: 48 << 20,
            contents: true,
            sha256: Sha256::None,
            nested: true,
            census: true,
            literals: None,
            limits: Limits { depth: 16, decoded: None },
            progress: Arc::default(),
        }
    }
}

impl Options {
    fn begin(&self, name: &[u8]) {
        self.progress.begin(format!("reading {}", escape_text(name)));
    }
}

/// The artifact cannot be opened at all.
#[derive(Debug)]
pub struct OpenError {
    /// As the user wrote it.
    pub path: PathBuf,
    /// Why.
    pub cause: std::io::Error,
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cannot open {}: {}", self.path.display(), self.cause)
    }
}

impl std::error::Error for OpenError {}

impl OpenError {
    /// Whether there is nothing that could be read, rather than something that could not.
    pub fn is_absent(&self) -> bool {
        use std::io::ErrorKind;
        let kind = self.cause.kind();
        matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidInput)
    }
}

/// Refuses what is neither file nor folder: a FIFO would wait for ever, a device has no length.
fn readable(metadata: &std::fs::Metadata) -> std::io::Result<()> {
    if metadata.is_file() || metadata.is_dir() {
        return Ok(());
    }
    #[cfg(unix)]
    let what = {
        use std::os::unix::fs::FileTypeExt as _;
        let kind = metadata.file_type();
        match () {
            () if kind.is_fifo() => "a FIFO",
            () if kind.is_socket() => "a socket",
            () if kind.is_block_device() => "a block device",
            () if kind.is_char_device() => "a character device",
            () => "of an unknown type",
        }
    };
    #[cfg(not(unix))]
    let what = "of an unknown type";
    let message = format!("it is {what}, neither file nor folder: copy its bytes to a file first");
    Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, message))
}

/// How many threads the options ask for.
pub fn threads(options: &Options) -> usize {
    match options.threads {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        n => n,
    }
}

/// Reads a whole artifact: a folder, or a file and all that is nested in it.
pub fn scan(path: &Path, options: &Options) -> Result<Artifact, OpenError> {
    let failed = |cause| OpenError { path: path.to_path_buf(), cause };
    let metadata = std::fs::metadata(path).map_err(failed)?;
    readable(&metadata).map_err(failed)?;
    options.begin(path.file_name().unwrap_or(path.as_os_str()).as_encoded_bytes());
    let permits = Permits::new(options.memory);
    let mut manifest =
        scan::run(path, &metadata, options, &Arc::clone(&permits)).map_err(failed)?;
    if metadata.is_file() && manifest.is_single() {
        manifest.gaps.extend(unopened(path));
    }
    Ok(Artifact::new(path, options, permits, manifest))
}

/// Names of what is never released as a mere sequence of bytes.
const CONTAINER_NAMES: [&str; 8] = ["iso", "cdr", "toast", "zip", "jar", "tar", "tgz", "gz"];

/// The gap of an artifact that is named as a container and is none that a reader knows: cut off
/// within its first bytes, or another format.
fn unopened(path: &Path) -> Option<Gap> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    CONTAINER_NAMES.contains(&extension.as_str()).then(|| {
        let message = format!("named .{extension}, but no reader knows its bytes");
        Gap::new(Locator::root(), GapKind::Damaged, message)
    })
}
