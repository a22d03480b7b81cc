//! `check`, `diff`, `approve` and `intend`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::output::{self, CheckKind, Format, Kind};
use super::progress;
use super::{Done, Exit, FailOn, Reading, Showing, load_config, now};
use crate::config::Config;
use crate::hook::{self, Git};
use crate::inspect::MultiByte;
use crate::model::{Outcome, Verdict};
use crate::pipeline::{self, Checked, Input, Request};
use crate::report::{self, View};
use crate::rules::Cost;
use crate::rules::near::did_you_mean;
use crate::rules::program::{arch_named, arch_names};
use crate::walk::Sha256;

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum Undeclared {
    Block,
    Report,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum CostLimit {
    Census,
    Literal,
    Parse,
}

#[derive(Args, Debug)]
pub(super) struct CheckArgs {
    /// A folder, a disc image, an archive, a file
    #[arg(required_unless_present_any = ["staged", "rev"])]
    artifact: Option<PathBuf>,
    /// Instead of an artifact, what is staged in Git, against the last commit
    #[arg(long, conflicts_with_all = ["artifact", "against", "rev"])]
    staged: bool,
    /// Instead of an artifact, what commits of Git changed: A..B, A...B or a commit
    #[arg(long, value_name = "RANGE", conflicts_with_all = ["artifact", "against"])]
    rev: Option<hook::Range>,
    /// The approved build: an artifact, or a manifest that `approve` wrote
    #[arg(long, value_name = "APPROVED")]
    against: Option<PathBuf>,
    /// What is meant to change
    #[arg(long, value_name = "FILE")]
    intent: Option<PathBuf>,
    /// Whether undeclared and unfulfilled changes block or are only told [default: block; with
    /// --staged or --rev and no intent: report]
    #[arg(long, value_name = "WHAT")]
    undeclared: Option<Undeclared>,
    /// A platform that the release is for, as in `premaster targets`; may be repeated
    #[arg(long, value_name = "NAME", value_parser = super::targets::parser(), hide_possible_values = true)]
    target: Vec<String>,
    /// A processor that the release is for, as x86 or arm64; may be repeated: a fat file needs a slice for each
    #[arg(long, value_name = "NAME", value_parser = parse_arch)]
    arch: Vec<String>,
    /// The encoding of texts whose encoding nothing declares, as macintosh or windows-1252
    #[arg(long, value_name = "NAME", value_parser = parse_encoding)]
    encoding: Option<&'static str>,
    #[command(flatten)]
    judging: Judging,
    /// human, json, jsonl, sarif, junit, github, gitlab or markdown; FORMAT=FILE writes to a file;
    /// may be repeated
    #[arg(long, value_name = "FORMAT[=FILE]")]
    format: Vec<Format<CheckKind>>,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    showing: Showing,
}

#[derive(Args, Debug, Clone)]
pub(super) struct Judging {
    /// Findings from this severity on block
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    fail_on: FailOn,
    /// Let findings block that the approved build had as well
    #[arg(long)]
    all_findings: bool,
    /// Leave out rules that cost more
    #[arg(long, value_name = "COST", default_value = "parse")]
    cost: CostLimit,
    /// Settings [default: premaster.toml, from the working directory upward]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

/// An encoding in which offsets, lines and columns can be told: one that keeps no state.
fn parse_encoding(text: &str) -> Result<&'static str, String> {
    let expected = "expected utf-8, utf-16le, utf-16be or another that keeps no state, such as \
                    macintosh, windows-1252 or shift_jis";
    let Some(encoding) = encoding_rs::Encoding::for_label(text.as_bytes()) else {
        return Err(format!("unknown encoding {text:?}: {expected}"));
    };
    match encoding.name() {
        "UTF-8" => Ok("utf-8"),
        "UTF-16LE" => Ok("utf-16le"),
        "UTF-16BE" => Ok("utf-16be"),
        name if encoding.is_single_byte() || MultiByte::of(name).is_some() => Ok(name),
        name => Err(format!("{name} cannot be judged: {expected}")),
    }
}

/// A processor by its name or by one of the other names that it has.
fn parse_arch(text: &str) -> Result<String, String> {
    arch_named(text).map(str::to_owned).ok_or_else(|| {
        let known: Vec<_> = arch_names().collect();
        let meant = did_you_mean(&known, text);
        format!("unknown processor {text:?}: expected one of {}{meant}", known.join(", "))
    })
}

impl Judging {
    pub(super) fn request(
        &self,
        artifact: PathBuf,
        reading: &Reading,
    ) -> Result<Request, super::Stop> {
        let config = load_config(self.config.as_ref(), &[&artifact])?;
        Ok(self.request_for(Input::Path(artifact), config, reading))
    }

    /// The request, with nothing approved and nothing intended.
    pub(super) fn request_for(
        &self,
        artifact: Input,
        config: Config,
        reading: &Reading,
    ) -> Request {
        Request {
            fail_on: self.fail_on.into(),
            all_findings: self.all_findings,
            options: reading.options(&config),
            cost: match self.cost {
                CostLimit::Census => Cost::Census,
                CostLimit::Literal => Cost::Literal,
                CostLimit::Parse => Cost::Parse,
            },
            now: now(),
            ..Request::of(artifact, config)
        }
    }
}

impl CheckArgs {
    pub(super) fn run(self) -> Done {
        output::one_a_place(&self.format)?;
        self.showing.color.settle();
        let of_git = match self.rev {
            Some(range) => Some(hook::range(&Git::find()?, &range)?),
            None if self.staged => Some(hook::staged(&Git::find()?)?),
            None => None,
        };
        let undeclared = match self.undeclared {
            None if of_git.is_some() && self.intent.is_none() => Undeclared::Report,
            undeclared => undeclared.unwrap_or(Undeclared::Block),
        };
        let mut request = if let Some(changed) = of_git {
            super::hook::request(&self.judging, &self.reading, changed)?
        } else {
            let artifact = self.artifact.unwrap_or_default();
            let mut request = self.judging.request(artifact, &self.reading)?;
            request.against = self.against.map(Input::Path);
            request
        };
        if self.staged {
            super::hook::silenced_by_comments(&mut request);
        }
        request.config.encoding = self.encoding;
        request.intent = self.intent;
        request.report_only = undeclared == Undeclared::Report;
        request.targets = self.target;
        request.architectures = self.arch;
        let checked = progress::during(&request.options, || pipeline::check(&request))?;
        show_check(&checked, &request.config, &self.format, self.showing.all)?;
        Ok(exit_of(&checked.outcome))
    }
}

/// Writes the reports of a check.
pub(super) fn show_check(
    checked: &Checked,
    config: &Config,
    formats: &[Format<CheckKind>],
    all: bool,
) -> Result<(), super::Stop> {
    let (outcome, waived) = (&checked.outcome, &checked.waived);
    let rules = pipeline::catalogue(config)?;
    output::render(formats, |kind, columns| match kind {
        CheckKind::Human => report::human_check(outcome, waived, View { all, columns }),
        CheckKind::Json => report::json_check(outcome, waived),
        CheckKind::Jsonl => report::jsonl_check(outcome, waived),
        CheckKind::Sarif => report::sarif_check(outcome, waived, &rules),
        CheckKind::Junit => report::junit_check(outcome, waived),
        CheckKind::Github => report::github_check(outcome),
        CheckKind::Gitlab => report::gitlab_check(outcome),
        CheckKind::Markdown => report::markdown_check(outcome, waived),
    })
}

pub(super) fn exit_of(outcome: &Outcome) -> Exit {
    match outcome.verdict {
        Verdict::Ship => Exit::Good,
        Verdict::Blocked => Exit::Blocked,
        Verdict::Incomplete => Exit::Incomplete,
    }
}

#[derive(Args, Debug)]
pub(super) struct DiffArgs {
    /// The old build: an artifact, or a manifest that `approve` wrote
    old: PathBuf,
    /// The new build
    new: PathBuf,
    /// Settings [default: premaster.toml, from the working directory upward]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    showing: Showing,
}

/// Where a comparison is told.
#[derive(Args, Debug, Clone)]
struct Output {
    /// human, json or jsonl; FORMAT=FILE writes to a file; may be repeated
    #[arg(long, value_name = "FORMAT[=FILE]")]
    format: Vec<Format<Kind>>,
}

impl DiffArgs {
    pub(super) fn run(self) -> Done {
        output::one_a_place(&self.output.format)?;
        self.showing.color.settle();
        let config = load_config(self.config.as_ref(), &[&self.old, &self.new])?;
        let (old, new) = (Input::Path(self.old), Input::Path(self.new));
        let options = self.reading.options(&config);
        let compared =
            progress::during(&options, || pipeline::diff(&old, &new, &options, &config))?;
        show_diff(&compared.outcome, &self.output.format, &self.showing)
    }
}

fn show_diff(outcome: &Outcome, formats: &[Format<Kind>], showing: &Showing) -> Done {
    output::render(formats, |kind, columns| match kind {
        Kind::Human => report::human_diff(outcome, View { all: showing.all, columns }),
        Kind::Json => report::json_check(outcome, &[]),
        Kind::Jsonl => report::jsonl_check(outcome, &[]),
    })?;
    Ok(exit_of(outcome))
}

#[derive(Args, Debug)]
pub(super) struct IntendArgs {
    /// The approved build: an artifact, or a manifest that `approve` wrote
    old: PathBuf,
    /// The build with the change
    new: PathBuf,
    /// Settings [default: premaster.toml, from the working directory upward]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    reading: Reading,
}

impl IntendArgs {
    pub(super) fn run(self) -> Done {
        let config = load_config(self.config.as_ref(), &[&self.old, &self.new])?;
        let (old, new) = (Input::Path(self.old), Input::Path(self.new));
        let options = self.reading.options(&config);
        let compared =
            progress::during(&options, || pipeline::diff(&old, &new, &options, &config))?;
        output::print(compared.draft.as_bytes())?;
        Ok(if compared.outcome.gaps.is_empty() { Exit::Good } else { Exit::Incomplete })
    }
}

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct ApproveArgs {
    #[command(subcommand)]
    verify: Option<ApproveCommand>,
    /// The build to approve
    #[arg(required = true)]
    artifact: Option<PathBuf>,
    /// Where the manifest goes; `.zst` compresses it [default: ARTIFACT.premaster.jsonl]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Approve it although it has errors
    #[arg(long)]
    with_findings: bool,
    /// Keep no text in the manifest
    #[arg(long)]
    no_text: bool,
    /// Record SHA-256 of every content beside BLAKE3; that of the artifact always is
    #[arg(long)]
    sha256: bool,
    #[command(flatten)]
    judging: Judging,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Subcommand, Debug)]
enum ApproveCommand {
    /// Whether an artifact is the approved one. Exit 0: yes. 1: no. 3: not all could be read
    Verify {
        /// What `approve` wrote
        manifest: PathBuf,
        /// The artifact
        artifact: PathBuf,
        #[command(flatten)]
        reading: Reading,
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        showing: Showing,
    },
}

impl ApproveArgs {
    pub(super) fn run(self) -> Done {
        if let Some(ApproveCommand::Verify { manifest, artifact, reading, output, showing }) =
            self.verify
        {
            output::one_a_place(&output.format)?;
            showing.color.settle();
            let config = crate::config::Config { host: false, ..Default::default() };
            let (old, new) = (Input::Path(manifest), Input::Path(artifact));
            let options = reading.options(&config);
            let compared =
                progress::during(&options, || pipeline::diff(&old, &new, &options, &config))?;
            return show_diff(&compared.outcome, &output.format, &showing);
        }
        let artifact = self.artifact.unwrap_or_default();
        let output = self.output.unwrap_or_else(|| {
            let mut name = artifact.components().as_path().as_os_str().to_owned();
            name.push(".premaster.jsonl");
            PathBuf::from(name)
        });
        let mut request = self.judging.request(artifact, &self.reading)?;
        request.options.sha256 = if self.sha256 { Sha256::All } else { Sha256::Artifact };
        let (outcome, counts) = progress::during(&request.options, || {
            pipeline::approve(&request, &output, self.with_findings, !self.no_text)
        })?;
        let digest = outcome.artifact.blake3.map(|digest| digest.to_string()).unwrap_or_default();
        let line = format!(
            "approved {}: {} rows, {} texts, blake3:{digest}\n",
            output.display(),
            counts.rows,
            counts.texts
        );
        output::print(line.as_bytes())?;
        Ok(if outcome.gaps.is_empty() { Exit::Good } else { Exit::Incomplete })
    }
}
