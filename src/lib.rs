//! The library behind `premaster`, the build artifact linter for release images.
//!
//! The levels, each using only those below it: `model` (plain data), `source` (bytes), `readers`,
//! `inspect` and `rules` (what bytes mean), `engine` and `config`, `walk`, then `compare`, `intent`,
//! `approve` and `report`, `gate`, `pipeline`, and the command line.

pub mod engine;
pub mod inspect;
pub mod model;
pub mod readers;
pub mod rules;
pub mod source;
