//! The command line as a contract: exit codes, standard output and standard error of the built
//! binary, as scripts, hooks and people at 2 a.m. depend on them.

mod approval;
#[path = "../archive/mod.rs"]
mod archive;
mod boot;
mod bounds;
mod catalogue;
mod comfort;
mod dos_eps;
mod drafts;
mod fixes;
mod formats;
mod gaps;
mod git;
mod house;
mod links;
mod listing;
mod located;
mod names;
mod order;
mod output;
mod places;
mod programs;
mod reports;
mod settings;
mod story;
mod structure;
mod support;
mod tails;
mod targets;
mod terminal;
mod texts;
mod unchanged;
mod usage;
