//! `hook`, and `check` of what Git holds.

use clap::{Args, Subcommand};
use std::path::PathBuf;

use super::check::{Judging, exit_of, show_check};
use super::output::{self, CheckKind, Format};
use super::{Done, Exit, Reading, When, load_config};
use crate::hook::{self, Changed, Git, GitError};
use crate::model::{Outcome, Verdict};
use crate::pipeline::{self, Failure, Input, Request};

#[derive(Args, Debug)]
pub(super) struct HookArgs {
    #[command(subcommand)]
    command: HookCommand,
}

#[derive(Subcommand, Debug)]
enum HookCommand {
    /// Check what is staged at every commit. A hook that is there already runs first
    Install {
        /// Write to a folder of hooks that other repositories may use (`core.hooksPath`)
        #[arg(long)]
        shared: bool,
    },
    /// Take the hook away and put back what was there before
    Uninstall,
    /// Check what is staged. Exit 0: commit. 1: blocked. 3: not everything was inspected
    Run(RunArgs),
}

#[derive(Args, Debug)]
struct RunArgs {
    /// Check all files of the index, not only those that are to be committed
    #[arg(long)]
    all: bool,
    /// What is meant to change; then everything else blocks
    #[arg(long, value_name = "FILE", conflicts_with = "all")]
    intent: Option<PathBuf>,
    /// human, json, jsonl, sarif, junit, github, gitlab or markdown; FORMAT=FILE writes to a file;
    /// may be repeated
    #[arg(long, value_name = "FORMAT[=FILE]")]
    format: Vec<Format<CheckKind>>,
    /// Colors
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: When,
    #[command(flatten)]
    judging: Judging,
    #[command(flatten)]
    reading: Reading,
}

impl From<GitError> for super::Stop {
    fn from(error: GitError) -> Self {
        Self::Failure(Failure::Usage(error.to_string()))
    }
}

impl HookArgs {
    pub(super) fn run(self) -> Done {
        match self.command {
            HookCommand::Install { shared } => {
                let git = Git::find()?;
                let program = std::env::current_exe().unwrap_or_else(|_| "premaster".into());
                let done = hook::install(&git, &program, shared)?;
                let also = if done.chained { "; the hook that was there runs first" } else { "" };
                tell(&format!("installed {}{also}\n", done.hook.display()))
            }
            HookCommand::Uninstall => {
                let done = hook::uninstall(&Git::find()?)?;
                let also = if done.chained { "; the hook before it is back" } else { "" };
                tell(&format!("removed {}{also}\n", done.hook.display()))
            }
            HookCommand::Run(args) => args.run(),
        }
    }
}

fn tell(line: &str) -> Done {
    output::print(line.as_bytes()).map(|()| Exit::Good)
}

impl RunArgs {
    fn run(self) -> Done {
        output::one_a_place(&self.format)?;
        self.color.settle();
        let git = Git::find()?;
        let changed = if self.all { hook::all_staged(&git)? } else { hook::staged(&git)? };
        let mut request = request(&self.judging, &self.reading, changed)?;
        request.report_only = self.intent.is_none();
        request.intent = self.intent;
        let checked = pipeline::check(&request)?;
        if self.format.is_empty() && is_silent(&checked.outcome) {
            return Ok(Exit::Good);
        }
        show_check(&checked, &request.config, &self.format, false)?;
        Ok(exit_of(&checked.outcome))
    }
}

/// Whether a commit has nothing to hear: it is as meant, and no rule minds.
fn is_silent(outcome: &Outcome) -> bool {
    outcome.verdict == Verdict::Ship && outcome.findings.is_empty()
}

/// A check of what changed. Comments in the texts themselves may silence rules there.
pub(super) fn request(
    judging: &Judging,
    reading: &Reading,
    changed: Changed,
) -> Result<Request, super::Stop> {
    let config = load_config(judging.config.as_ref(), &[])?;
    let partial = changed.old.is_some();
    let mut request = judging.request_for(Input::Tree(changed.new), config, reading);
    request.against = changed.old.map(Input::Tree);
    request.partial = partial;
    request.config.suppress.allow.push("**".into());
    Ok(request)
}
