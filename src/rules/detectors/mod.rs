//! Detectors: what no pattern in a rule file can express. One file each, one line in [`DETECTORS`].

mod after_end;
mod binary;
mod blank_lines_at_end;
mod class_changed;
mod declared_encoding;
mod epoch_date;
mod future_date;
mod integrity;
mod last_line;
mod line_end_on_target;
mod links;
mod lone_cr;
mod looks_binary;
mod mark_missing;
mod mark_on_target;
mod mark_refused;
mod mixed_line_ends;
mod names;
mod odd_owner;
mod other_meaning;
mod outside_changed;
mod outside_not_zero;
mod postscript;
mod reader;
mod scripts;
mod swap_file;
mod texts;
mod undeclared_encoding;
mod unread;
mod unused_waiver;
mod utf16_without_mark;
mod utf32;

use std::ops::Range;

use super::facts::{EntryFacts, FactsHit};
use super::links::Broken;
use super::name::Name;
use super::parsed::{Hits, Join, Notes, Parsed};
use super::targets::Target;
use crate::model::{Census, Change, GapKind};

pub use super::entry::{Charset, Entry, Place, Told};

/// Every detector.
pub static DETECTORS: &[Detector] = &[
    after_end::DETECTOR,
    binary::binary_architecture::DETECTOR,
    binary::binary_branches::DETECTOR,
    binary::binary_build_host::DETECTOR,
    binary::binary_build_id::DETECTOR,
    binary::binary_build_path::DETECTOR,
    binary::binary_checksum::DETECTOR,
    binary::binary_date::DETECTOR,
    binary::binary_debug_files::DETECTOR,
    binary::binary_debug_runtime::DETECTOR,
    binary::binary_executable_stack::DETECTOR,
    binary::binary_fortification::DETECTOR,
    binary::binary_glibc::DETECTOR,
    binary::binary_hardening::DETECTOR,
    binary::binary_java::DETECTOR,
    binary::binary_lazy_binding::DETECTOR,
    binary::binary_missing_bundled_library::DETECTOR,
    binary::binary_missing_library::DETECTOR,
    binary::binary_no_date::DETECTOR,
    binary::binary_overlap::DETECTOR,
    binary::binary_search_path::DETECTOR,
    binary::binary_signature::DETECTOR,
    binary::binary_symbols::DETECTOR,
    binary::binary_system::DETECTOR,
    binary::binary_text_relocation::DETECTOR,
    binary::binary_trailing_data::DETECTOR,
    binary::binary_truncated::DETECTOR,
    binary::binary_unexamined::DETECTOR,
    binary::binary_writable_code::DETECTOR,
    blank_lines_at_end::DETECTOR,
    class_changed::DETECTOR,
    declared_encoding::DETECTOR,
    epoch_date::DETECTOR,
    future_date::DETECTOR,
    integrity::integrity_checksum::DETECTOR,
    integrity::integrity_content::DETECTOR,
    integrity::integrity_extended::DETECTOR,
    integrity::integrity_extension::DETECTOR,
    integrity::integrity_leading::DETECTOR,
    integrity::integrity_listed::DETECTOR,
    integrity::integrity_listed_absent::DETECTOR,
    integrity::integrity_malformed::DETECTOR,
    integrity::integrity_malformed_text::DETECTOR,
    integrity::integrity_trailing::DETECTOR,
    integrity::integrity_truncated::DETECTOR,
    integrity::integrity_twice::DETECTOR,
    integrity::integrity_unread::DETECTOR,
    integrity::integrity_zero::DETECTOR,
    last_line::DETECTOR,
    line_end_on_target::DETECTOR,
    lone_cr::DETECTOR,
    links::link_assumed_base::DETECTOR,
    links::link_elsewhere::DETECTOR,
    links::link_leaves::DETECTOR,
    links::link_missing_asset::DETECTOR,
    links::link_missing_from_site::DETECTOR,
    links::link_missing_page::DETECTOR,
    links::link_missing_part::DETECTOR,
    links::link_missing_place::DETECTOR,
    links::link_missing_program::DETECTOR,
    links::link_missing_source_map::DETECTOR,
    links::link_not_followed::DETECTOR,
    links::link_orphan::DETECTOR,
    links::link_other_case::DETECTOR,
    links::symlink_dangling::DETECTOR,
    links::symlink_leaves::DETECTOR,
    links::symlink_loop::DETECTOR,
    looks_binary::DETECTOR,
    mark_missing::DETECTOR,
    mark_on_target::DETECTOR,
    mark_refused::DETECTOR,
    mixed_line_ends::DETECTOR,
    names::name_beginning::DETECTOR,
    names::name_bidi::DETECTOR,
    names::name_blank::DETECTOR,
    names::name_case::DETECTOR,
    names::name_character::DETECTOR,
    names::name_composition::DETECTOR,
    names::name_control::DETECTOR,
    names::name_cut::DETECTOR,
    names::name_dash::DETECTOR,
    names::name_decomposed::DETECTOR,
    names::name_depth::DETECTOR,
    names::name_duplicate::DETECTOR,
    names::name_edge::DETECTOR,
    names::name_expected::DETECTOR,
    names::name_ill_formed::DETECTOR,
    names::name_invisible::DETECTOR,
    names::name_length::DETECTOR,
    names::name_path::DETECTOR,
    names::name_reserved::DETECTOR,
    names::name_short::DETECTOR,
    odd_owner::DETECTOR,
    other_meaning::DETECTOR,
    outside_changed::DETECTOR,
    outside_not_zero::DETECTOR,
    postscript::postscript_after_end::DETECTOR,
    postscript::postscript_binary::DETECTOR,
    postscript::postscript_end::DETECTOR,
    postscript::ppd_encoding::DETECTOR,
    reader::DETECTOR,
    scripts::batch_line_end::DETECTOR,
    scripts::here_document::DETECTOR,
    scripts::script_bom::DETECTOR,
    scripts::script_build_path::DETECTOR,
    scripts::script_carriage_return::DETECTOR,
    scripts::script_empty::DETECTOR,
    scripts::script_length::DETECTOR,
    scripts::script_line_end::DETECTOR,
    scripts::script_missing::DETECTOR,
    scripts::script_relative::DETECTOR,
    swap_file::DETECTOR,
    texts::confusable_identifier::DETECTOR,
    texts::lost_on_target::DETECTOR,
    texts::mixed_script::DETECTOR,
    texts::several_encodings::DETECTOR,
    texts::several_in_set::DETECTOR,
    undeclared_encoding::DETECTOR,
    unread::DETECTOR,
    unused_waiver::DETECTOR,
    utf16_without_mark::DETECTOR,
    utf32::DETECTOR,
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
    /// The facts of an entry; a hit says what is wrong, and where.
    Entry(fn(&Entry<'_>) -> Option<Told>),
    /// The same on a target that is named and sees it; all of these come with it.
    EntryOn(fn(&Entry<'_>, &Target, &[&Target]) -> Option<Told>),
    /// Bytes in a place where none are expected; a hit says which.
    Bytes(fn(&[u8]) -> Option<Range<usize>>),
    /// What differs from the approved build, and nobody declared.
    Change(fn(&Change) -> bool),
    /// What could not be read.
    Gap(fn(GapKind) -> bool),
    /// A waiver, when everything is judged.
    Waiver(fn(WaiverState) -> bool),
    /// A name, whatever the platform; a hit says what is wrong. One that is plain
    /// ([`Name::is_plain`]) is never looked at.
    Name(fn(&Name<'_>) -> Option<String>),
    /// A name on a target that is named and sees it.
    NameOn(fn(&Name<'_>, &Target) -> Option<String>),
    /// Names of one folder that become one.
    Meeting(Meeting),
    /// The facts of an entry: its mode, its owner, its date, and the ends of its content; a hit says
    /// what is wrong.
    Facts(fn(&EntryFacts<'_>) -> Option<String>),
    /// The same; a hit says besides which of the first bytes that were kept of its content, or which
    /// target minds.
    Head(fn(&EntryFacts<'_>) -> Option<FactsHit>),
    /// The bytes and the structure of a content; cost is `parse`.
    Parsed(fn(&Parsed<'_>, &mut Hits)),
    /// The same on a target that is named and sees it.
    ParsedOn(ParsedOn),
    /// The same of all contents, and then the artifact as a whole.
    Joined(Join),
    /// Lists of checksums, and then the entries that they name.
    Listed(Listed),
    /// A reference that does not do what it is for, a page that nothing leads to, or a link of the file
    /// system; a hit says which. Cost is `parse`.
    Link(fn(&Broken<'_>) -> Option<String>),
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

/// A detector of contents on targets.
#[derive(Clone, Copy, Debug)]
pub struct ParsedOn {
    /// Whether it minds anything on a target at all: else no content is read for it.
    pub wants: fn(&Target) -> bool,
    /// What it says of a content on such a target.
    pub find: fn(&Parsed<'_>, &Target, &mut Hits),
}

/// What a detector minds in a list of checksums.
#[derive(Clone, Copy, Debug)]
pub struct Listed {
    /// What it notes of each list: its lines, as [`crate::rules::sums::Line`] reads them.
    pub note: fn(&Parsed<'_>, &mut Notes),
    /// Whether it minds entries that are not there; else those with another digest.
    pub absent: bool,
}

/// How names of one folder become one.
#[derive(Clone, Copy, Debug)]
pub struct Meeting {
    /// Whether it is so on targets, or everywhere.
    pub by_target: bool,
    /// Appends that by which names meet; false for a name that meets none. On a target it must not
    /// depend on where the name stands.
    pub key: fn(&Name<'_>, Option<&Target>, &mut String) -> bool,
    /// Whether two names with the same key do meet.
    pub meet: fn(&Name<'_>, &Name<'_>, Option<&Target>) -> bool,
}

impl Look {
    /// Whether it looks at the structure of contents.
    pub const fn is_of_structure(self) -> bool {
        matches!(self, Self::Parsed(_) | Self::ParsedOn(_) | Self::Joined(_) | Self::Listed(_))
    }

    /// Whether what it says of a part does not hold of the whole.
    pub const fn is_of_whole(&self) -> bool {
        matches!(self, Self::Joined(_) | Self::Listed(_) | Self::Link(_))
    }

    /// Whether it looks at names.
    pub const fn is_of_names(&self) -> bool {
        matches!(self, Self::Name(_) | Self::NameOn(_) | Self::Meeting(_))
    }
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
