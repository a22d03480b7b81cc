//! What a check is asked, and why nothing could be decided at all.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::approve::ManifestError;
use crate::config::{Config, ConfigError};
use crate::model::{Outcome, Severity};
use crate::rules::LoadError;
use crate::walk::{self, Artifact, OpenError, Options, Tree};

/// What is read.
#[derive(Clone, Debug)]
pub enum Input {
    /// A file or a folder of the host.
    Path(PathBuf),
    /// A folder that is not on the host.
    Tree(Arc<Tree>),
}

impl Input {
    /// Reads all of it.
    pub(super) fn scan(&self, options: &Options) -> Result<Artifact, OpenError> {
        match self {
            Self::Path(path) => walk::scan(path, options),
            Self::Tree(tree) => Ok(tree.scan(options)),
        }
    }

    /// Where it lies on the host; empty if it does not.
    pub fn path(&self) -> &Path {
        match self {
            Self::Path(path) => path,
            Self::Tree(_) => Path::new(""),
        }
    }
}

impl From<PathBuf> for Input {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Tree(tree) => f.write_str(&tree.name),
        }
    }
}

/// What `check` is asked.
#[derive(Clone, Debug)]
pub struct Request {
    /// What may ship or not.
    pub artifact: Input,
    /// Whether the artifact is a part of something: what a rule says of the whole cannot be said.
    pub partial: bool,
    /// The approved build: an artifact or a manifest.
    pub against: Option<Input>,
    /// The intent.
    pub intent: Option<PathBuf>,
    /// Whether undeclared changes are told without blocking.
    pub report_only: bool,
    /// Findings from here on block.
    pub fail_on: Severity,
    /// Whether findings of the approved build block too.
    pub all_findings: bool,
    /// How to walk.
    pub options: Options,
    /// The settings.
    pub config: Config,
    /// Targets beside those of the settings.
    pub targets: Vec<String>,
    /// Processors that the release is for.
    pub architectures: Vec<String>,
    /// Rules that cost more do not run.
    pub cost: crate::rules::Cost,
    /// Seconds since 1970.
    pub now: i64,
}

impl Request {
    /// A check of an artifact by itself, by every rule.
    pub fn of(artifact: Input, config: Config) -> Self {
        Self {
            artifact,
            partial: false,
            against: None,
            intent: None,
            report_only: false,
            fail_on: Severity::Error,
            all_findings: false,
            options: Options::default(),
            config,
            targets: Vec::new(),
            architectures: Vec::new(),
            cost: crate::rules::Cost::Parse,
            now: 0,
        }
    }
}

/// Why nothing could be decided at all: a mistake of the caller, exit code 2.
#[derive(Debug)]
pub enum Failure {
    /// An artifact cannot be opened.
    Open(OpenError),
    /// The settings are wrong.
    Config(ConfigError),
    /// A file that the caller named is wrong: the file, the line, and what was expected.
    File {
        /// The file.
        path: PathBuf,
        /// Line, from 1, if it is known.
        line: Option<usize>,
        /// What was found and what was expected.
        message: String,
    },
    /// Rules of the user's own are wrong.
    Rules(Vec<LoadError>),
    /// The manifest is wrong.
    Manifest(ManifestError),
    /// Something else that the caller said.
    Usage(String),
    /// The artifact has errors and was not approved.
    NotApproved(Box<Outcome>),
    /// A file could not be written.
    Write(PathBuf, io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(error) => error.fmt(f),
            Self::Config(error) => error.fmt(f),
            Self::Rules(errors) => {
                let told: Vec<_> = errors.iter().map(ToString::to_string).collect();
                f.write_str(&told.join("; "))
            }
            Self::Manifest(error) => error.fmt(f),
            Self::Usage(message) => f.write_str(message),
            Self::File { path, line, message } => {
                write!(f, "{}", path.display())?;
                if let Some(line) = line {
                    write!(f, ":{line}")?;
                }
                write!(f, ": {message}")
            }
            Self::NotApproved(outcome) => {
                let count = outcome.blocking().count();
                let errors = if count == 1 { "1 error" } else { &format!("{count} errors") };
                write!(
                    f,
                    "{} has {errors} and was not approved; see `premaster check`, or approve it \
                     with --with-findings",
                    outcome.artifact.path
                )
            }
            Self::Write(path, error) => write!(f, "cannot write {}: {error}", path.display()),
        }
    }
}

impl std::error::Error for Failure {}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}
