//! Changes: what differs between two builds, and what became of each difference.

use super::finding::Related;
use super::locator::Locator;

/// What became of a difference. Ordered from harmless to blocking.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Disposition {
    /// Noise that a named rule of the configuration ignores.
    Normalized,
    /// What an intended edit has to move.
    Derived,
    /// Declared, and exactly so.
    Intended,
    /// Declared, and not there.
    Unfulfilled,
    /// Declared by nobody.
    Undeclared,
}

impl Disposition {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normalized => "normalized",
            Self::Derived => "derived",
            Self::Intended => "intended",
            Self::Unfulfilled => "unfulfilled",
            Self::Undeclared => "undeclared",
        }
    }

    /// Whether the release must not ship because of it.
    pub const fn blocks(self) -> bool {
        matches!(self, Self::Undeclared | Self::Unfulfilled)
    }
}

/// What happened to an entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// New.
    Added,
    /// Gone.
    Removed,
    /// Its bytes differ.
    Modified,
    /// The same bytes under another name.
    Renamed,
    /// Its facts differ, its bytes do not.
    Metadata,
    /// Bytes outside all entries differ.
    Region,
}

impl Verb {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Modified => "modified",
            Self::Renamed => "renamed",
            Self::Metadata => "metadata",
            Self::Region => "region",
        }
    }
}

/// A fact that differs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldChange {
    /// The field's name.
    pub field: String,
    /// Printed; `None` if it was not there.
    pub old: Option<String>,
    /// Printed; `None` if it is gone.
    pub new: Option<String>,
    /// What became of it.
    pub disposition: Disposition,
}

/// How exactly a hunk is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Granularity {
    /// To the byte.
    Exact,
    /// To the chunk of 64 KiB: one side is known by digests only.
    Chunk,
}

/// A run of bytes that differs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hunk {
    /// Offset in the old content.
    pub old_offset: u64,
    /// Bytes taken out.
    pub old_length: u64,
    /// The first of them, if they are at hand.
    pub old_bytes: Option<Vec<u8>>,
    /// Offset in the new content.
    pub new_offset: u64,
    /// Bytes put in.
    pub new_length: u64,
    /// The first of them, if they are at hand.
    pub new_bytes: Option<Vec<u8>>,
    /// Up to 16 bytes of the new content before the hunk.
    pub before: Vec<u8>,
    /// Up to 8 bytes of the new content after the hunk.
    pub after: Vec<u8>,
    /// Line in the new content, from 1, if it is text.
    pub line: Option<u64>,
    /// Column in characters, from 1, if it is text.
    pub column: Option<u64>,
    /// How exactly the offsets are known.
    pub granularity: Granularity,
    /// What became of it.
    pub disposition: Disposition,
}

/// Bytes of a hunk that are kept.
pub const HUNK_BYTES: usize = 64;

/// What of a container differs outside its entries, where it is known more exactly than that.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Region {
    /// Bytes of it.
    Bytes(Related),
    /// How many defects a reader found, which the rule with this id tells one by one.
    Defects(String),
}

/// What differs about one entry, one content, or one region.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The main locator; of a region, its owner.
    pub path: Locator,
    /// Other names of the same content that show the same change.
    pub aliases: Vec<Locator>,
    /// What happened.
    pub verb: Verb,
    /// Where the entry was, if it was renamed.
    pub from: Option<Locator>,
    /// Facts that differ.
    pub fields: Vec<FieldChange>,
    /// Bytes that differ; at most a cap, see `more_hunks`.
    pub hunks: Vec<Hunk>,
    /// Hunks beyond the cap.
    pub more_hunks: u64,
    /// The encoding in which the bytes are text, if they are.
    pub encoding: Option<String>,
    /// What became of the change as a whole: the worst of its parts.
    pub disposition: Disposition,
    /// Which changes it follows from, by index.
    pub causes: Vec<usize>,
    /// Of a region, which it is.
    pub region: Option<Box<Region>>,
    /// What a person needs besides: what a region is for, why an intent did not fit.
    pub note: Option<String>,
}

impl Change {
    /// A change of which nothing more is known yet.
    pub fn new(path: Locator, verb: Verb) -> Self {
        Self {
            path,
            aliases: Vec::new(),
            verb,
            from: None,
            fields: Vec::new(),
            hunks: Vec::new(),
            more_hunks: 0,
            encoding: None,
            disposition: Disposition::Undeclared,
            causes: Vec::new(),
            region: None,
            note: None,
        }
    }

    /// The bytes of a region.
    pub fn bytes(&self) -> Option<&Related> {
        match self.region.as_deref()? {
            Region::Bytes(bytes) => Some(bytes),
            Region::Defects(_) => None,
        }
    }

    /// Sets the disposition of the whole and of every part.
    pub fn dispose(&mut self, disposition: Disposition) {
        self.disposition = disposition;
        self.fields.iter_mut().for_each(|field| field.disposition = disposition);
        self.hunks.iter_mut().for_each(|hunk| hunk.disposition = disposition);
    }

    /// Sets the disposition of the whole to the worst of its parts, if it has any.
    pub fn settle(&mut self) {
        let fields = self.fields.iter().map(|field| field.disposition);
        let hunks = self.hunks.iter().map(|hunk| hunk.disposition);
        if let Some(worst) = fields.chain(hunks).max() {
            self.disposition = worst;
        }
    }
}
