//! Rules: one file each below `rules/`, the catalogue that loads and checks them, the detectors that
//! those name which no pattern can express, and the targets that they may be about.
//!
//! Rules see plain data only. What a text holds is told to them as [`Event`]s, what an entry is as
//! an [`Entry`]; reading and dispatching is the engine's.

mod catalogue;
mod code_pages;
pub mod condition;
mod control;
pub mod detectors;
mod entry;
mod example;
mod explain;
pub mod facts;
pub mod faults;
mod fix;
mod identifiers;
mod lines;
pub mod links;
pub mod literals;
mod load;
mod name;
pub mod name_glob;
pub mod near;
pub mod parsed;
pub mod program;
mod rule;
pub mod schema;
mod search;
mod shape;
mod stretch;
pub mod sums;
pub mod targets;

pub use catalogue::Catalogue;
pub use condition::{Condition, Subject};
pub use control::{Event, IllFormed, Oddity, name_of};
pub use detectors::Entry;
pub use example::{Example, ExampleEntry, Patch};
pub use explain::explain;
pub use fix::{Fix, fixed};
pub use lines::{line_and_column, wide_line_and_column};
pub use literals::{Finder, Literal, Literals};
pub use load::{LoadError, has_examples};
pub use name::{LONGEST_PATH, Name};
pub use rule::{Cost, Matcher, Position, Rule, Scope};
pub use targets::{Target, Targets};

/// Path and text of every file below `rules/`.
static BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));
