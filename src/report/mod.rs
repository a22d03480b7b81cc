//! Reports: pure functions of finished data. Nothing here reads, decides or prints.

mod bytes;
mod dump;
mod human;
mod json;
mod listing;
mod sentence;
mod verdict;

pub use human::{check as human_check, diff as human_diff};
pub use json::{check as json_check, check_lines as jsonl_check};
pub use listing::{Listed, jsonl as list_jsonl, long as list_long, short as list_short};
