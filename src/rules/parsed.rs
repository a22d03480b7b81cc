//! What rules of cost `parse` see: the bytes of one content, what is known of it, and structures
//! that several rules read from it, each parsed when the first rule asks.
//!
//! A detector tells its hits to [`Hits`]. One that needs more than one content ([`Join`]) notes what
//! it found in each, and resolves the notes against the whole manifest when all are made.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

use super::faults::{self, Fault, Reopen};
use super::program::{self, Bytes, Program, ProgramFacts, Tables};
use super::stretch;
use super::targets::Target;
use crate::model::manifest::ContentPlace;
use crate::model::{Class, Declared, Evidence, Locator, Manifest, TextKind, Wide};
use crate::source::Source;

/// Contents up to this size are read whole; of larger ones, [`HEAD`] bytes.
pub const WHOLE: u64 = 8 << 20;
/// Bytes at the start of a content that is too large to be read whole.
pub const HEAD: u64 = 64 << 10;
/// Bytes at the end of such a content, where its format is one whose end is judged.
pub const TAIL: u64 = 64 << 10;
/// Hits of a rule in a content that are listed; the others are counted.
const LISTED: usize = 8;
/// Notes of a detector about one content that are kept.
const NOTED: usize = 4096;

pub use super::stretch::Stretch;

/// No system is too old.
static ANY: BTreeMap<String, String> = BTreeMap::new();

/// A content as rules of cost `parse` see it.
pub struct Parsed<'a> {
    /// Its bytes; of a large content the first of them, see [`Parsed::is_whole`].
    pub bytes: &'a [u8],
    /// The last bytes of a large content whose format is one whose end is judged; else none.
    pub tail: &'a [u8],
    /// Bytes in all.
    pub size: u64,
    /// Reads it again, however large.
    pub reopen: Option<Reopen<'a>>,
    /// A large program by position, and its tables.
    pub large: Option<(&'a dyn Source, &'a Tables)>,
    /// The entry's own name, raw.
    pub name: &'a [u8],
    /// What it was recognised as.
    pub format: &'a str,
    /// As settled.
    pub class: Class,
    /// What it is for, if it is a text.
    pub kind: TextKind,
    /// What its container says of it.
    pub declared: Declared,
    /// Its units, if it is a text of those.
    pub wide: Option<Wide>,
    /// The targets that are named and see it.
    pub targets: Vec<&'a Target>,
    /// Processors that the release is for, as `--arch` names them; none if that is not said.
    pub architectures: &'a [String],
    /// The oldest system that the release is for: versions by the name of a target, `glibc` or `java`.
    pub oldest: &'a BTreeMap<String, String>,
    /// Seconds since 1970, as the caller says it is.
    pub now: i64,
    /// See [`Parsed::programs`].
    pub shared: Shared<'a>,
}

/// What several rules read from one content, parsed when the first asks.
#[derive(Default)]
pub struct Shared<'a> {
    programs: OnceCell<Vec<Program<'a>>>,
    facts: OnceCell<Vec<ProgramFacts>>,
    faults: OnceCell<Vec<Fault>>,
    failed: RefCell<Option<io::Error>>,
}

impl<'a> Parsed<'a> {
    /// Bytes of which nothing else is known.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            tail: b"",
            size: bytes.len() as u64,
            reopen: None,
            large: None,
            name: b"",
            format: "",
            class: Class::Binary,
            kind: TextKind::Unknown,
            declared: Declared::Nothing,
            wide: None,
            targets: Vec::new(),
            architectures: &[],
            oldest: &ANY,
            now: 0,
            shared: Shared::default(),
        }
    }

    /// The programs that it holds: one, or the slices of a fat one. None if it is none, or one whose
    /// headers are broken.
    pub fn programs(&self) -> &[Program<'a>] {
        self.shared.programs.get_or_init(|| program::read(self.format, self.program_bytes()))
    }

    /// What conditions may ask of each of them.
    pub fn program_facts(&self) -> &[ProgramFacts] {
        self.shared.facts.get_or_init(|| self.programs().iter().map(program::facts).collect())
    }

    /// Its bytes as far as they are there: of a large program, its tables.
    pub fn program_bytes(&self) -> Bytes<'a> {
        Bytes::new(self.bytes, self.large.map(|(_, tables)| tables), self.size)
    }

    /// Shows all its bytes from first to last: at once, or, of a large program, in stretches that are
    /// read for it. `false` if they cannot be had; what kept them from being read is [`Parsed::failed`].
    pub fn stretches(&self, see: &mut dyn FnMut(&Stretch<'_>)) -> bool {
        if !self.is_at_hand() {
            return false;
        }
        if let Some((source, _)) = self.large {
            let done = stretch::read(source, self.size, see);
            return done.map_err(|error| *self.shared.failed.borrow_mut() = Some(error)).is_ok();
        }
        see(&Stretch { bytes: self.bytes, start: 0, own: 0..self.bytes.len() });
        true
    }

    /// Why its bytes could not be read again.
    pub fn failed(&self) -> Option<io::Error> {
        self.shared.failed.borrow_mut().take()
    }

    /// What is wrong with it by the rules of its own format.
    pub fn faults(&self) -> &[Fault] {
        let bytes = (self.bytes, self.tail, self.size);
        let read = || faults::read((self.name, self.format), bytes, self.reopen);
        self.shared.faults.get_or_init(read)
    }

    /// Whether any of its bytes can be had: it is held whole, or a large program that could be opened.
    pub fn is_at_hand(&self) -> bool {
        self.is_whole() || self.large.is_some()
    }

    /// Whether all its bytes are there.
    pub fn is_whole(&self) -> bool {
        self.bytes.len() as u64 == self.size
    }
}

/// One hit of a detector.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hit {
    /// What the message says.
    pub detail: String,
    /// Where, in the content.
    pub range: Option<Range<u64>>,
    /// The target that minds, if not all do.
    pub target: Option<String>,
    /// What it misses at another place, or does not go with there.
    pub missing: Option<Locator>,
    /// The bytes around it, where they are no longer at hand.
    pub evidence: Option<Evidence>,
}

impl Hit {
    /// A hit that is about the content as a whole. Of the artifact's own words, what a terminal
    /// would obey is escaped.
    pub fn new(detail: impl Into<String>) -> Self {
        let detail: String = detail.into();
        let detail = if detail.contains(char::is_control) {
            crate::model::locator::escape_text(detail.as_bytes())
        } else {
            detail
        };
        Self { detail, ..Self::default() }
    }

    /// The same, at a place of the content.
    #[must_use]
    pub fn at(self, start: u64, length: u64) -> Self {
        Self { range: Some(start..start.saturating_add(length)), ..self }
    }

    /// The same, for one target.
    #[must_use]
    pub fn on(self, target: &Target) -> Self {
        Self { target: Some(target.name.clone()), ..self }
    }
}

/// The hits of one rule in one content.
#[derive(Clone, Debug, Default)]
pub struct Hits {
    /// Those that are listed.
    pub listed: Vec<Hit>,
    /// How many more there are.
    pub more: u64,
}

impl Hits {
    /// Takes a hit.
    pub fn tell(&mut self, hit: Hit) {
        if self.listed.len() < LISTED { self.listed.push(hit) } else { self.more += 1 }
    }
}

/// What a detector of the whole artifact keeps of one content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// What others are found by: the name of a library, a path, an id.
    pub key: Vec<u8>,
    /// Where it stands in the content.
    pub range: Option<Range<u64>>,
}

/// Notes of one detector about one content.
#[derive(Clone, Debug, Default)]
pub struct Notes(Vec<Note>);

impl Notes {
    /// Takes a note; a content that has thousands keeps the first of them.
    pub fn take(&mut self, key: impl Into<Vec<u8>>, range: Option<Range<u64>>) {
        self.take_up_to(NOTED, key, range);
    }

    /// Takes a note unless there are so many.
    pub fn take_up_to(&mut self, most: usize, key: impl Into<Vec<u8>>, range: Option<Range<u64>>) {
        if self.0.len() < most {
            self.0.push(Note { key: key.into(), range });
        }
    }

    /// All of them.
    pub fn into_vec(self) -> Vec<Note> {
        self.0
    }
}

/// A note and the content that it is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Noted {
    /// The content.
    pub place: ContentPlace,
    /// The note.
    pub note: Note,
}

/// A detector that looks at the artifact as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Join {
    /// What it keeps of each content in its scope.
    pub note: fn(&Parsed<'_>, &mut Notes),
    /// What it says when all are noted: the number of a note, and the hit there.
    pub join: Resolve,
    /// Which contents are noted that are as they were in the approved manifest. Of the others the
    /// manifest tells what they are called and what the pass found.
    pub unchanged: Unchanged,
}

/// Of contents that are as they were in the approved build, those that a [`Join`] needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unchanged {
    /// Those in the folder of one that changed.
    Beside,
    /// Those that may name an entry which is gone.
    Naming,
}

/// Whether a folder of that name holds the texts of one language: those of the others, in the folders
/// beside it, belong to them (Apple, Bundle Programming Guide, Localized Resources).
pub fn is_of_language(folder: &[u8]) -> bool {
    folder.to_ascii_lowercase().ends_with(b".lproj")
}

/// Looks at a manifest and all notes; tells hits.
pub type Resolve = fn(&Manifest, &[Noted], &mut dyn FnMut(usize, Hit));
