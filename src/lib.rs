//! The library behind `premaster`, the build artifact linter for release images.
//!
//! The levels, each using only those below it: `model` (plain data), `source` (bytes), `readers`,
//! `inspect` and `rules` (what bytes mean), `engine` and `config`, `walk`, `compare`, then `intent`,
//! `approve` and `report`, `gate`, `pipeline`, `hook`, and the command line.

pub mod approve;
pub mod cli;
pub mod compare;
pub mod config;
pub mod engine;
pub mod gate;
pub mod hook;
pub mod inspect;
pub mod intent;
pub mod model;
pub mod pipeline;
pub mod readers;
pub mod report;
pub mod rules;
pub mod source;
pub mod walk;
