//! The command line: arguments, wording of errors, exit codes.

mod check;
mod config;
mod entries;
mod fix;
mod hook;
mod man;
mod output;
mod place;
mod progress;
mod rules;
mod targets;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

use crate::config::{Config, RULES_FOLDER, parse_size};
use crate::model::Severity;
use crate::pipeline::Failure;
use crate::walk::Options;

use output::Format;

/// Exit codes, a contract: nothing but 0 ever means "ship".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// Ship; equal.
    Good = 0,
    /// Blocked; different.
    Blocked = 1,
    /// A mistake of the caller.
    Usage = 2,
    /// Something could not be read or inspected.
    Incomplete = 3,
    /// A mistake of premaster.
    Internal = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The last check before a release leaves the building.
///
/// Reads a build output (a folder, an archive, a disc image, whatever is nested inside), looks at
/// every byte of it once, and answers: may this ship?
#[derive(Parser, Debug)]
#[command(name = "premaster", version, max_term_width = 100, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// May this artifact ship? Exit 0: yes. 1: no. 3: not everything was inspected
    Check(check::CheckArgs),
    /// What differs between two builds, without rules and intent
    Diff(check::DiffArgs),
    /// List the entries of an artifact, however deep
    Ls(entries::LsArgs),
    /// Write the raw bytes of an entry to standard output
    Cat(entries::CatArgs),
    /// Show who claims which bytes of an image
    Map(entries::MapArgs),
    /// Record an approved build, or verify an artifact against the record
    Approve(check::ApproveArgs),
    /// Draft an intent from what differs, for a person to prune
    Intend(check::IntendArgs),
    /// Do what findings with a certain remedy ask for, in a folder
    Fix(fix::FixArgs),
    /// Check what is staged at every commit to Git
    Hook(hook::HookArgs),
    /// List the rules
    Rules(rules::RulesArgs),
    /// Explain a rule: why, remedy, examples
    Explain(rules::ExplainArgs),
    /// List targets, show one, or tell what becomes of a file name on all of them
    Targets(targets::TargetsArgs),
    /// Write a premaster.toml with every setting, from what can be found out
    Init(config::InitArgs),
    /// Show the settings in force
    Config(config::ConfigArgs),
    /// Write a manual page to standard output, or all of them to a folder
    Man(man::ManArgs),
    /// Write completions for a shell to standard output
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// How to read, common to all commands that do.
#[derive(Args, Debug, Clone)]
struct Reading {
    /// Threads [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Memory for large buffers, as 48MiB; more than one job's worth waits its turn
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    memory: Option<u64>,
    /// Bytes that packed contents may unpack to in all, as 64GiB [default: `[limits]` of the
    /// settings, or 1GiB and 200 times the artifact]
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    max_decoded: Option<u64>,
}

/// How to show, common to all commands that do.
#[derive(Args, Debug, Clone)]
struct Showing {
    /// Colors
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: When,
    /// Show everything, however long
    #[arg(long)]
    all: bool,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum When {
    Auto,
    Always,
    Never,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum FailOn {
    Error,
    Warning,
    Note,
}

impl From<FailOn> for Severity {
    fn from(level: FailOn) -> Self {
        match level {
            FailOn::Error => Self::Error,
            FailOn::Warning => Self::Warning,
            FailOn::Note => Self::Note,
        }
    }
}

impl Reading {
    fn options(&self, config: &Config) -> Options {
        let mut options =
            Options { threads: self.threads.map_or(0, usize::from), ..Options::default() };
        options.limits.decoded = self.max_decoded.or(config.decoded);
        if let Some(memory) = self.memory {
            options.memory = memory;
        }
        options
    }
}

impl When {
    /// Settles whether there are colors.
    fn settle(self) {
        match self {
            Self::Always => colored::control::set_override(true),
            Self::Never => colored::control::set_override(false),
            Self::Auto => {
                let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
                let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                let terminal = std::io::IsTerminal::is_terminal(&std::io::stdout());
                colored::control::set_override(terminal && !dumb && !unwanted);
            }
        }
    }
}

/// The settings in force: of `file`, or found from the working directory upward. Nothing in an
/// artifact is a setting, also where the working directory lies in it.
fn load_config(file: Option<&PathBuf>, artifacts: &[&PathBuf]) -> Result<Config, Failure> {
    let folder = std::env::current_dir().unwrap_or_default();
    let mut at = folder.canonicalize().unwrap_or(folder);
    for artifact in artifacts.iter().filter_map(|path| path.canonicalize().ok()) {
        if at.starts_with(&artifact) {
            let mut within = at.ancestors().take_while(|folder| folder.starts_with(&artifact));
            if file.is_none()
                && let Some(found) = within.find_map(Config::within)
            {
                return Err(Failure::Usage(format!(
                    "{} lies in the artifact, and nothing in an artifact is a rule or a setting: keep \
                     it outside, or name settings with --config",
                    found.display()
                )));
            }
            match artifact.parent() {
                Some(above) => at = above.to_path_buf(),
                None if file.is_none() => return Ok(Config::default()),
                None => {}
            }
        }
    }
    let config = Config::load(file.map(PathBuf::as_path), &at).map_err(Failure::Config)?;
    let rules = config.own.as_ref().and_then(|own| own.folder.canonicalize().ok());
    let whole = |path: &&PathBuf| path.canonicalize().ok();
    let mut artifacts = artifacts.iter().filter_map(whole);
    if rules.is_some_and(|rules| artifacts.any(|artifact| rules.starts_with(artifact))) {
        let message = format!(
            "{RULES_FOLDER} lies in the artifact, and nothing in an artifact is a rule: keep it, and \
             premaster.toml, outside"
        );
        return Err(Failure::Usage(message));
    }
    Ok(config)
}

/// Seconds since 1970: the clock is read here and nowhere else.
fn now() -> i64 {
    let epoch = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok());
    epoch.unwrap_or_else(|| {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.as_secs().cast_signed())
    })
}

/// Tells why nothing could be done, in one line.
#[expect(clippy::print_stderr, reason = "this is where errors are told")]
fn tell(failure: &dyn std::fmt::Display) {
    use colored::Colorize as _;
    let text = crate::model::locator::escape_text(failure.to_string().as_bytes());
    eprintln!("{} {text}", "premaster:".red().bold());
}

impl Cli {
    /// Does what the arguments say.
    pub fn run(self) -> Exit {
        let done = match self.command {
            Command::Check(args) => args.run(),
            Command::Diff(args) => args.run(),
            Command::Ls(args) => args.run(),
            Command::Cat(args) => args.run(),
            Command::Map(args) => args.run(),
            Command::Approve(args) => args.run(),
            Command::Intend(args) => args.run(),
            Command::Fix(args) => args.run(),
            Command::Hook(args) => args.run(),
            Command::Rules(args) => args.run(),
            Command::Explain(args) => args.run(),
            Command::Targets(args) => args.run(),
            Command::Init(args) => args.run(),
            Command::Config(args) => args.run(),
            Command::Man(args) => args.run(),
            Command::Completions { shell } => {
                let mut text = Vec::new();
                clap_complete::generate(shell, &mut Self::command(), "premaster", &mut text);
                output::print(&text).map(|()| Exit::Good)
            }
        };
        done.unwrap_or_else(|stop| match stop {
            Stop::Failure(failure @ Failure::NotApproved(_)) => {
                tell(&failure);
                Exit::Blocked
            }
            Stop::Failure(Failure::Open(error)) if !error.is_absent() => {
                tell(&error);
                Exit::Incomplete
            }
            Stop::Failure(Failure::Rules(errors)) => {
                for error in &errors {
                    tell(error);
                }
                Exit::Usage
            }
            Stop::Failure(failure) => {
                tell(&failure);
                Exit::Usage
            }
            Stop::Unreadable(message) => {
                tell(&message);
                Exit::Incomplete
            }
            Stop::Output(file, error) => {
                let place = file.map_or("the output".to_owned(), |path| path.display().to_string());
                tell(&format!("cannot write {place}: {error}"));
                Exit::Internal
            }
        })
    }
}

/// Why a command ended early.
#[derive(Debug)]
enum Stop {
    Failure(Failure),
    Unreadable(String),
    /// To a file, or to standard output.
    Output(Option<PathBuf>, std::io::Error),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<crate::walk::OpenError> for Stop {
    fn from(error: crate::walk::OpenError) -> Self {
        Self::Failure(Failure::Open(error))
    }
}

type Done = Result<Exit, Stop>;

/// `premaster`: parses the arguments and does what they say. A panic is a mistake of premaster and
/// ends with exit code 4, never with one that could be read as a verdict.
pub fn main() -> ExitCode {
    let done = std::panic::catch_unwind(|| match Cli::try_parse() {
        Ok(cli) => cli.run(),
        Err(error) => match (error.use_stderr(), error.print()) {
            (false, Ok(())) => Exit::Good,
            (false, Err(error)) => {
                tell(&format!("cannot write the output: {error}"));
                Exit::Internal
            }
            (true, _) => Exit::Usage,
        },
    });
    done.unwrap_or(Exit::Internal).into()
}
