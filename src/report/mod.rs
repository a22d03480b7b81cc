//! Reports: pure functions of finished data. Nothing here reads, decides or prints.

mod bytes;
mod dump;
mod github;
mod gitlab;
mod human;
mod issue;
mod json;
mod junit;
mod listing;
mod markdown;
mod sarif;
mod sentence;
mod verdict;

pub use github::check as github_check;
pub use gitlab::check as gitlab_check;
pub use human::{COLUMNS, View, check as human_check, diff as human_diff};
pub use json::{check as json_check, check_lines as jsonl_check};
pub use junit::check as junit_check;
pub use listing::{Listed, jsonl as list_jsonl, long as list_long, short as list_short};
pub use markdown::check as markdown_check;
pub use sarif::check as sarif_check;
