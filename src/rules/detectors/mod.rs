//! Detectors: what no pattern in a rule file can express. One file each, one line in [`DETECTORS`].

mod after_end;
mod class_changed;
mod looks_binary;
mod outside_changed;
mod outside_not_zero;
mod reader;
mod unread;
mod unused_waiver;

use std::ops::Range;

use crate::model::{Census, Class, GapKind};

/// Every detector.
pub static DETECTORS: &[Detector] = &[
    after_end::DETECTOR,
    class_changed::DETECTOR,
    looks_binary::DETECTOR,
    outside_changed::DETECTOR,
    outside_not_zero::DETECTOR,
    reader::DETECTOR,
    unread::DETECTOR,
    unused_waiver::DETECTOR,
];

/// A detector and the name by which rules call it.
#[derive(Debug)]
pub struct Detector {
    /// In rule files.
    pub name: &'static str,
    /// What it looks at.
    pub look: Look,
}

/// What a detector looks at, and how it tells a hit.
#[derive(Clone, Copy, Debug)]
pub enum Look {
    /// The facts of an entry; a hit says what is wrong.
    Entry(fn(&Entry<'_>) -> Option<String>),
    /// Bytes in a place where none are expected; a hit says which.
    Bytes(fn(&[u8]) -> Option<Range<usize>>),
    /// The old and the new bytes of a place; a hit says which of the new ones.
    Change(fn(&[u8], &[u8]) -> Option<Range<usize>>),
    /// What could not be read.
    Gap(fn(GapKind) -> bool),
    /// A waiver, when everything is judged.
    Waiver(fn(WaiverState) -> bool),
    /// Nothing: a reader tells the defect by the rule's id.
    Reader,
}

/// What became of a waiver.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaiverState {
    /// It accepted a finding or a gap.
    Used,
    /// There was nothing for it to accept.
    Unused,
    /// Its day is over: it accepts nothing any more.
    Expired,
}

impl WaiverState {
    /// The name in rule files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::Unused => "unused",
            Self::Expired => "expired",
        }
    }
}

/// The facts of an entry that need no second look at its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Of all its bytes.
    pub census: &'a Census,
    /// As settled.
    pub class: Class,
    /// In the approved build.
    pub approved: Option<Class>,
    /// Whether the census alone says that it is no text.
    pub looks_binary: bool,
    /// Whether its name is that of a text, and its bytes are of no recognised format.
    pub named_text: bool,
}

/// The detector of a name.
pub fn named(name: &str) -> Option<&'static Detector> {
    DETECTORS.iter().find(|detector| detector.name == name)
}

/// What makes a content look binary: `1 control byte and 2 bytes above 0x7f in 16 bytes`.
fn odd_bytes(census: &Census) -> String {
    let plural = |n: u64| if n == 1 { "" } else { "s" };
    let (stray, high, size) = (census.stray(), census.high, census.size);
    format!(
        "{stray} control byte{} and {high} byte{} above 0x7f in {size} byte{}",
        plural(stray),
        plural(high),
        plural(size)
    )
}
