//! Detectors of references: each takes one fate of them, which [`crate::rules::links`] names, so that
//! every fate has a rule with a severity and a remedy of its own.

pub(super) mod link_assumed_base;
pub(super) mod link_elsewhere;
pub(super) mod link_leaves;
pub(super) mod link_missing_asset;
pub(super) mod link_missing_from_site;
pub(super) mod link_missing_page;
pub(super) mod link_missing_part;
pub(super) mod link_missing_place;
pub(super) mod link_missing_program;
pub(super) mod link_missing_source_map;
pub(super) mod link_not_followed;
pub(super) mod link_orphan;
pub(super) mod link_other_case;
pub(super) mod symlink_dangling;
pub(super) mod symlink_leaves;
pub(super) mod symlink_loop;
