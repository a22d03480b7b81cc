//! The engine: runs the rules of the catalogue over what the pass and the readers found.
//!
//! The census, made in the one pass over all bytes, says for each entry whether any rule may hit at
//! all ([`Judge::needs_look`]). Only those entries are read a second time, forward and with bounded
//! memory, for offset, line, column and context.

mod artifact;
mod collect;
mod conditions;
mod decode;
mod entries;
mod entry;
mod example;
mod hit;
mod judge;
mod links;
mod listed;
mod names;
mod parse;
mod points;
mod sample;
mod scan;
mod scoped;
mod settings;
mod sight;
mod sums;
mod window;

pub use artifact::Spot;
pub use conditions::Changes;
pub use example::{Case, check_example, judge_case, needs_reader};
pub use judge::{Judge, Judged};
pub use links::{Followed, Gone, LEFT_OUT, Links, Places};
pub use parse::{AllNotes, Parsing};
pub use settings::Settings;
pub use sight::Sight;
pub use sums::Hasher;
