//! `hook`, and `check` of what Git holds.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Parser as _, Subcommand};

use super::check::{Judging, exit_of, show_check};
use super::output::{self, CheckKind, Format};
use super::{Cli, Done, Exit, Reading, When, load_config};
use crate::hook::{self, Changed, Git, GitError, Installed, Range};
use crate::model::{Outcome, Verdict};
use crate::pipeline::{self, Failure, Input, Request};

#[derive(Args, Debug)]
pub(super) struct HookArgs {
    #[command(subcommand)]
    command: HookCommand,
}

#[derive(Subcommand, Debug)]
enum HookCommand {
    /// Check what is staged at every commit, merge and patch by mail. Hooks that are there already
    /// run first
    Install {
        /// Write to a folder of hooks that other repositories may use (`core.hooksPath`)
        #[arg(long)]
        shared: bool,
        /// Options of `hook run` that the hooks give, as `-- --fail-on warning`
        #[arg(last = true, value_name = "OPTION")]
        options: Vec<String>,
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
            HookCommand::Install { shared, options } => {
                // What they cannot take is told now, not at the next commit.
                let words = ["premaster", "hook", "run"].map(String::from);
                if let Err(error) = Cli::try_parse_from(words.iter().chain(&options)) {
                    let said = error.to_string();
                    let line = said.lines().next().unwrap_or_default();
                    let line = line.trim_start_matches("error: ");
                    return Err(Failure::Usage(format!("hook run: {line}")).into());
                }
                let git = Git::find()?;
                let program = std::env::current_exe().unwrap_or_else(|_| "premaster".into());
                let done = hook::install(&git, &program, &options, shared)?;
                told("hooks installed in", &done, "runs first")
            }
            HookCommand::Uninstall => told("hooks removed from", &uninstall()?, "is back"),
            HookCommand::Run(args) => args.run(),
        }
    }
}

fn uninstall() -> Result<Installed, GitError> {
    // Outside of a repository that is what is told.
    Git::find()?;
    hook::uninstall()
}

fn told(what: &str, done: &Installed, others: &str) -> Done {
    let mut text = format!("{what} {}\n", done.folder.display());
    for other in &done.others {
        let name = other.file_name().unwrap_or_default().to_string_lossy();
        let _ = writeln!(text, "  {name} {others}");
    }
    output::print(text.as_bytes()).map(|()| Exit::Good)
}

impl RunArgs {
    fn run(self) -> Done {
        output::one_a_place(&self.format)?;
        self.color.settle();
        let git = Git::find()?;
        let refs = ["PRE_COMMIT_FROM_REF", "PRE_COMMIT_TO_REF"].map(std::env::var);
        let changed = match refs {
            _ if self.all => hook::all_staged(&git)?,
            // pre-commit is asked for commits that are there already.
            [Ok(from), Ok(to)] => hook::range(&git, &Range::Between(from, to))?,
            _ => hook::staged(&git)?,
        };
        let mut request = request(&self.judging, &self.reading, changed)?;
        silenced_by_comments(&mut request);
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

/// At a commit, comments in the texts themselves may silence rules, unless the settings say where.
pub(super) fn silenced_by_comments(request: &mut Request) {
    if request.config.suppress.allow.is_empty() {
        request.config.suppress.allow.push("**".into());
    }
}

/// A check of what changed.
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
    Ok(request)
}
