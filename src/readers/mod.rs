//! Readers: what each format's bytes mean. One file or folder a format, one line in [`READERS`].
//!
//! A reader has one of three forms. [`Form::Map`] reads by position and returns a [`Volume`] at once;
//! [`Form::Stream`] reads forward and hands the bytes of each entry to a [`Sink`] as it meets them,
//! so that a compressed archive is decoded once and never spooled; [`Form::Embedded`] finds texts in
//! what stays a file. In all forms a broken structure
//! is a [`Defect`](crate::model::Defect) and an [`Unread`](crate::model::Unread); what can still be
//! read is read.

#![warn(clippy::indexing_slicing)]

pub mod apm;
mod ar;
pub mod directory;
mod dos_eps;
mod gzip;
pub mod hfs;
mod iso9660;
pub mod listed;
mod macho;
mod macintosh;
mod pe;
pub mod resource_fork;
mod tar;
mod tree;
mod zip;

use std::io::{self, Read};

use crate::model::{ContentId, Declared, GapKind, Owner, Stored, ViewId, Volume};
use crate::source::{Forward, Source};

/// Every reader, in the order in which they are asked.
pub const READERS: &[&Reader] = &[
    &iso9660::READER,
    &zip::READER,
    &tar::READER,
    &gzip::READER,
    &ar::READER,
    &hfs::READER,
    &apm::READER,
    &dos_eps::READER,
    &resource_fork::READER,
    &pe::READER,
    &macho::READER,
];

/// How a format describes itself.
#[derive(Debug)]
pub struct Doc {
    /// Short name in `format` fields, test folders and options.
    pub id: &'static str,
    /// The format's full name.
    pub title: &'static str,
    /// Name and section of each specification that was followed.
    pub specifications: &'static [&'static str],
    /// What the reader does not do.
    pub limitations: &'static [&'static str],
}

/// A format.
#[derive(Debug)]
pub struct Reader {
    /// What it is.
    pub doc: Doc,
    /// Whether the bytes look like the format. Cheap: called for every content.
    pub probe: fn(&Probe<'_>) -> bool,
    /// How it reads.
    pub form: Form,
}

/// What a probe may look at.
#[derive(Clone, Copy, Debug)]
pub struct Probe<'a> {
    /// The first bytes: 64 KiB, or all if there are fewer.
    pub head: &'a [u8],
    /// The last bytes: up to 64 KiB, at least 1 KiB if there are so many.
    pub tail: &'a [u8],
    /// Bytes in all, if they are known.
    pub length: Option<u64>,
    /// The name of the entry.
    pub name: &'a [u8],
    /// What the container says of the entry.
    pub declared: Declared,
}

/// How a format is read.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// By position.
    Map(fn(&dyn Source, &mut Context<'_>) -> Volume),
    /// Forward.
    Stream(fn(&mut dyn Read, &mut dyn Sink)),
    /// By position, texts in what stays a file: it is compared and judged as a whole, and what is
    /// listed has no rows of its own. What another reader knows is left to that.
    Embedded(fn(&dyn Source, &mut Context<'_>) -> Volume),
}

impl Reader {
    /// Whether what holds the entries stays a file.
    pub const fn is_embedded(&self) -> bool {
        matches!(self.form, Form::Embedded(_))
    }
}

/// What a reader may know and spend.
#[derive(Debug)]
pub struct Context<'a> {
    /// The last segment of the container's own name, for formats that do not record one.
    pub name: &'a [u8],
    /// What may still be spent.
    pub budget: &'a mut Budget,
}

/// Limits that count work, so that the outcome never depends on the machine.
#[derive(Clone, Debug)]
pub struct Budget {
    /// Entries that may still be added.
    pub entries: u64,
    /// Bytes of structure that may still be read into memory.
    pub structure: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { entries: 20_000_000, structure: 4 << 30 }
    }
}

/// A budget was spent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spent(pub &'static str);

impl std::fmt::Display for Spent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the budget of {} is spent", self.0)
    }
}

impl Budget {
    /// Takes one entry.
    pub fn entry(&mut self) -> Result<(), Spent> {
        self.entries = self.entries.checked_sub(1).ok_or(Spent("entries"))?;
        Ok(())
    }

    /// Takes `bytes` of structure.
    pub fn structure(&mut self, bytes: u64) -> Result<(), Spent> {
        self.structure = self.structure.checked_sub(bytes).ok_or(Spent("structure bytes"))?;
        Ok(())
    }
}

/// Where a forward reader puts what it finds.
pub trait Sink {
    /// The volume that grows: views, entries, structure, defects.
    fn volume(&mut self) -> &mut Volume;

    /// What may still be spent.
    fn budget(&mut self) -> &mut Budget;

    /// The last segment of the container's own name.
    fn name(&self) -> &[u8];

    /// Takes the bytes of an entry: reads `data` to its end, hashes and counts them. `name` is the last
    /// segment of the entry's path: what the bytes are is told with it. `stored` says where they lie in
    /// the stream. The content is claimed.
    fn content(
        &mut self,
        view: ViewId,
        name: &[u8],
        stored: Stored,
        data: &mut dyn Read,
    ) -> io::Result<ContentId>;
}

/// Reads a volume without its contents: for listings, tests and fuzzing.
pub fn list(reader: &Reader, source: &dyn Source, name: &[u8]) -> Volume {
    let mut budget = Budget::default();
    match reader.form {
        Form::Map(map) | Form::Embedded(map) => {
            map(source, &mut Context { name, budget: &mut budget })
        }
        Form::Stream(stream) => {
            let mut sink = Lister { volume: Volume::new(reader.doc.id), budget, name };
            stream(&mut Forward::new(source), &mut sink);
            sink.volume
        }
    }
}

struct Lister<'a> {
    volume: Volume,
    budget: Budget,
    name: &'a [u8],
}

impl Sink for Lister<'_> {
    fn volume(&mut self) -> &mut Volume {
        &mut self.volume
    }

    fn budget(&mut self) -> &mut Budget {
        &mut self.budget
    }

    fn name(&self) -> &[u8] {
        self.name
    }

    fn content(
        &mut self,
        view: ViewId,
        _name: &[u8],
        stored: Stored,
        data: &mut dyn Read,
    ) -> io::Result<ContentId> {
        let id = self.volume.add_claimed_content(view, stored, 1);
        io::copy(data, &mut io::sink())?;
        Ok(id)
    }
}

/// Notes that a budget was spent over the rest of the volume.
pub(crate) fn note_spent(volume: &mut Volume, spent: Spent) {
    volume.unread(GapKind::Limit, Owner::Volume, None, spent.to_string());
}
