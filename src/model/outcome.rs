//! The outcome: all that the gate decided, ready to be rendered.

use super::change::{Change, Disposition};
use super::digest::Digest;
use super::finding::{Finding, Severity};
use super::gap::Gap;
use super::locator::Locator;

/// May this ship?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Yes.
    Ship,
    /// No.
    Blocked,
    /// Not everything was inspected, and what was is fine.
    Incomplete,
}

impl Verdict {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ship => "ship",
            Self::Blocked => "blocked",
            Self::Incomplete => "incomplete",
        }
    }
}

/// What a person reads as one thing: one content with one hunk, field, entry or region.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cause {
    /// Where.
    pub path: Locator,
    /// Whether it blocks.
    pub blocking: bool,
    /// The change it is, and which hunk of it.
    pub change: Option<usize>,
    /// Which hunk of the change; `None` for the change as a whole.
    pub hunk: Option<usize>,
    /// Findings in its bytes, by index.
    pub findings: Vec<usize>,
    /// Changes that follow from it, by index.
    pub folded: Vec<usize>,
    /// What became of it.
    pub disposition: Option<Disposition>,
    /// The worst severity among its findings.
    pub severity: Option<Severity>,
}

/// A finding or gap that a waiver accepts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waived {
    /// The rule, or `gap`.
    pub rule: String,
    /// Where.
    pub path: Locator,
    /// Why, as the waiver says.
    pub reason: String,
    /// Who, as the waiver says.
    pub owner: String,
    /// The line of the finding, where a comment in the text accepts it.
    pub line: Option<u64>,
    /// The finding; `None` for a gap.
    pub finding: Option<Box<Finding>>,
}

/// What an artifact is, for the head of a report.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Subject {
    /// As the user wrote it.
    pub path: String,
    /// Whether that is a path of the host. What a program lists is named from the working directory.
    pub on_host: bool,
    /// Its format.
    pub format: Option<String>,
    /// Bytes.
    pub size: u64,
    /// Its identity.
    pub blake3: Option<Digest>,
}

/// An intent, for the head of a report.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct IntentSubject {
    /// As the user wrote it.
    pub path: String,
    /// What the author says the change is.
    pub summary: String,
    /// BLAKE3 of the file.
    pub blake3: Digest,
}

/// The rules that judged, for the head of a report.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RulesSubject {
    /// BLAKE3 of all of them.
    pub blake3: Digest,
    /// Ids of those that are the user's own.
    pub own: Vec<String>,
}

/// All that was decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// May this ship?
    pub verdict: Verdict,
    /// What was checked.
    pub artifact: Subject,
    /// What it was compared with.
    pub approved: Option<Subject>,
    /// The intent.
    pub intent: Option<IntentSubject>,
    /// Entries that were looked at.
    pub entries: u64,
    /// Bytes of contents that were read.
    pub bytes: u64,
    /// What a person reads.
    pub causes: Vec<Cause>,
    /// What rules said.
    pub findings: Vec<Finding>,
    /// What differs.
    pub changes: Vec<Change>,
    /// What was not inspected.
    pub gaps: Vec<Gap>,
    /// Targets that were asked for.
    pub targets: Vec<String>,
    /// The rules; `None` where none judged.
    pub rules: Option<RulesSubject>,
    /// BLAKE3 of the settings, if there are any.
    pub config: Option<Digest>,
}

impl Outcome {
    /// Causes that block.
    pub fn blocking(&self) -> impl Iterator<Item = &Cause> {
        self.causes.iter().filter(|cause| cause.blocking)
    }
}
