//! `fix`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use colored::Colorize as _;

use super::check::{Judging, exit_of};
use super::{Done, Exit, Reading, When};
use super::{output, progress};
use crate::pipeline;
use crate::report::{self, View};

/// What is left as it is and told one by one.
const LEFT: usize = 100;

#[derive(Args, Debug)]
pub(super) struct FixArgs {
    /// A folder; what is packed is not edited
    folder: PathBuf,
    /// Show what would change and write nothing. Exit 0: nothing. 1: something
    #[arg(long)]
    diff: bool,
    /// A platform that the release is for, as in `premaster targets`; may be repeated
    #[arg(long, value_name = "NAME", value_parser = super::targets::parser(), hide_possible_values = true)]
    target: Vec<String>,
    /// Colors
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: When,
    /// Show everything, however long
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    judging: Judging,
    #[command(flatten)]
    reading: Reading,
}

impl FixArgs {
    pub(super) fn run(self) -> Done {
        self.color.settle();
        let mut request = self.judging.request(self.folder, &self.reading)?;
        request.targets = self.target;
        let fixed = progress::during(&request.options, || pipeline::fix(&request, self.diff))?;
        let view = View { all: self.all, columns: output::columns() };
        let mut out = String::new();
        let told = if self.all { usize::MAX } else { LEFT };
        for (path, why) in fixed.refused.iter().take(told) {
            let _ = writeln!(out, "{} {path}  {why}", "left    ".red());
        }
        if let more @ 1.. = fixed.refused.len().saturating_sub(told) {
            let _ = writeln!(out, "… and {more} more are left (--all shows them)");
        }
        let any = !fixed.outcome.changes.is_empty();
        if any || self.diff && fixed.refused.is_empty() {
            out.push_str(&report::human_diff(&fixed.outcome, view));
        } else if self.diff {
            out.push_str("Nothing is changed: what is left is for a person.\n");
        }
        if self.diff {
            output::print(out.as_bytes())?;
            return Ok(if any { Exit::Blocked } else { Exit::Good });
        }
        // What was written is checked as it lies there now.
        let checked = progress::during(&request.options, || pipeline::check(&request))?;
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&report::human_check(&checked.outcome, &checked.waived, view));
        output::print(out.as_bytes())?;
        Ok(exit_of(&checked.outcome))
    }
}
