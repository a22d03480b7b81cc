//! Plain data that every other level speaks in: locators, facts, claims, contents, findings, changes.
//!
//! Nothing here does I/O and nothing here knows a file format. A reader fills a [`Volume`]; `walk`
//! joins volumes into a [`Manifest`]; everything above works on its [`Row`]s.

pub mod census;
pub mod change;
pub mod claim;
pub mod class;
pub mod content;
pub mod digest;
pub mod fact;
pub mod fast_map;
pub mod finding;
pub mod format;
pub mod gap;
pub mod glob;
pub mod groups;
pub mod kind;
pub mod location;
pub mod locator;
pub mod manifest;
pub mod outcome;
pub mod row;
pub mod rows;
pub mod volume;

pub use census::{Census, LineEnd, LineEnds, Wide};
pub use change::{Change, Disposition, FieldChange, Granularity, Hunk, Region, Verb};
pub use claim::{Claim, Owner, Role, Strength, Tile};
pub use class::{Class, Declaration, Declared, TextKind};
pub use content::{Codec, Content, Extent, Extents, KeptEnds, More, Stored};
pub use digest::Digest;
pub use fact::{Fact, FactSet, Field, Nature, Value, field};
pub use finding::{Confidence, Evidence, Finding, Related, Severity, fingerprint};
pub use format::{FORMATS, Format};
pub use gap::{Gap, GapKind};
pub use glob::matches as glob_matches;
pub use groups::{Groups, is_told};
pub use kind::Kind;
pub use location::Location;
pub use locator::Locator;
pub use manifest::{Container, ContainerId, ContentPlace, Loose, Manifest, Place};
pub use outcome::{Cause, Outcome, Verdict, Waived};
pub use row::{ContentRow, ResidueRow, Room, Row, RowKind, VolumeRow};
pub use rows::{Glance, RowStream, Rows, Subject, Sum};
pub use volume::{
    ContentId, Defect, FactsId, Filled, Mask, NewNode, Node, NodeId, Part, Partition, Residue,
    Structure, Unread, View, ViewId, Volume,
};
