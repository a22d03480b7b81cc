//! `rules` and `explain`: the catalogue.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::output::{self, Kind};
use super::{Done, Exit, Format, Stop};
use crate::config::{self, Config, RULES_FOLDER};
use crate::engine;
use crate::model::locator::escape_text;
use crate::pipeline::{self, Failure};
use crate::rules::{self, Catalogue};

#[derive(Args, Debug)]
pub(super) struct RulesArgs {
    #[command(subcommand)]
    command: Option<RulesCommand>,
    /// human, json or jsonl; FORMAT=FILE writes to a file
    #[arg(long, value_name = "FORMAT[=FILE]")]
    format: Vec<Format<Kind>>,
    /// Settings, beside which `.premaster/rules` is [default: premaster.toml, from the working
    /// directory upward]
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

#[derive(clap::Subcommand, Debug)]
enum RulesCommand {
    /// List the rules
    List,
    /// Print the JSON Schema of rule files, for editors
    Schema {
        /// That of premaster.toml instead
        #[arg(long)]
        settings: bool,
    },
    /// Run the examples of rule files. Exit 0: all do what they say. 1: not all
    Test {
        /// Rule files [default: all in `.premaster/rules`]
        files: Vec<PathBuf>,
    },
}

impl RulesArgs {
    pub(super) fn run(self) -> Done {
        if let Some(RulesCommand::Schema { settings }) = &self.command {
            let schema = if *settings { config::schema() } else { rules::schema::schema() };
            output::print(format!("{schema:#}\n").as_bytes())?;
            return Ok(Exit::Good);
        }
        output::one_a_place(&self.format)?;
        let config = super::load_config(self.config.as_ref(), &[])?;
        if let Some(RulesCommand::Test { files }) = &self.command {
            return test(files, &config);
        }
        let catalogue = pipeline::catalogue(&config)?;
        let width = catalogue.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
        output::render(&self.format, |kind, _| {
            let mut text = String::new();
            for rule in catalogue.iter() {
                if kind == Kind::Human {
                    let severity = rule.severity.name();
                    let from = if rule.own { format!("  ({})", rule.file) } else { String::new() };
                    let line = format!("{:width$}  {severity:7}  {}{from}", rule.id, rule.title);
                    let _ = writeln!(text, "{}", escape_text(line.as_bytes()));
                } else {
                    let line = serde_json::json!({
                        "id": rule.id,
                        "title": rule.title,
                        "severity": rule.severity.name(),
                        "confidence": rule.confidence.name(),
                        "cost": rule.cost.name(),
                        "since": rule.since,
                        "aliases": rule.aliases,
                        "file": rule.file,
                        "own": rule.own,
                        "overrides": rule.overrides,
                        "extends": rule.extends,
                    });
                    let _ = writeln!(text, "{line}");
                }
            }
            kind.listed(text)
        })?;
        Ok(Exit::Good)
    }
}

/// A rule file to test: where it is, and what it says.
type Source = (PathBuf, String);

/// Runs the examples of rule files, each file by itself: two may be versions of one rule. Each may
/// extend what is built in and the user's own.
fn test(files: &[PathBuf], config: &Config) -> Done {
    let mut sources: Vec<Source> = Vec::new();
    for path in files {
        let fail = |error: std::io::Error| {
            let message = error.to_string();
            Failure::File { path: path.clone(), line: None, message }
        };
        sources.push((path.clone(), std::fs::read_to_string(path).map_err(fail)?));
    }
    if files.is_empty() {
        let own = config.own.as_ref().ok_or_else(|| {
            Failure::Usage(format!("there is no {RULES_FOLDER} here: name the files to test"))
        })?;
        // All together first: an id that is given twice is told.
        pipeline::catalogue(config)?;
        sources.extend(own.files.iter().map(|(file, text)| (own.path(file), text.clone())));
    }
    let own: &[(String, String)] = config.own.as_ref().map_or(&[], |own| &own.files);
    let mut text = String::new();
    let mut exit = Exit::Good;
    let read = |file: &str| std::fs::read(file);
    for (path, source) in &sources {
        let name = path.display().to_string();
        let others = own.iter().map(|(file, text)| (&**file, &**text));
        let catalogue = Catalogue::alone(&name, source, others).map_err(Failure::Rules)?;
        for rule in catalogue.iter() {
            if engine::needs_reader(rule) {
                let _ = writeln!(text, "{}: not run, its examples need the reader", rule.id);
                continue;
            }
            let (mut wrong, mut left) = (0, 0);
            let inherited = rule.extends.as_ref().filter(|_| !rules::has_examples(source));
            let is_there = |file: &str| Path::new(file).exists();
            for (number, example) in rule.examples.iter().enumerate() {
                if inherited.is_some() && example.of_file().is_some_and(|file| !is_there(file)) {
                    left += 1;
                    continue;
                }
                if let Err(message) = engine::check_example(&catalogue, rule, example, &read) {
                    let _ = writeln!(text, "{name}: example {}: {message}", number + 1);
                    wrong += 1;
                }
            }
            if let Some(from) = inherited.filter(|_| left > 0) {
                let _ = writeln!(
                    text,
                    "{}: not run, for they are about files that are not here: {left} of {from}",
                    rule.id
                );
            }
            let all = rule.examples.len() - left;
            let _ = match wrong {
                0 if all == 0 => Ok(()),
                0 => writeln!(text, "{}: {all} examples, all as they say", rule.id),
                wrong => writeln!(text, "{}: {wrong} of {all} examples wrong", rule.id),
            };
            if wrong > 0 {
                exit = Exit::Blocked;
            }
        }
    }
    output::print(escape_lines(&text).as_bytes())?;
    Ok(exit)
}

/// Messages quote the files: line by line nothing in them is for the terminal to obey.
fn escape_lines(text: &str) -> String {
    let lines = text.lines().map(|line| escape_text(line.as_bytes()) + "\n");
    lines.collect()
}

#[derive(Args, Debug)]
pub(super) struct ExplainArgs {
    /// The rule's id, as in `premaster rules`
    rule: String,
    /// Settings, beside which `.premaster/rules` is [default: premaster.toml, from the working
    /// directory upward]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ExplainArgs {
    pub(super) fn run(self) -> Done {
        let config = super::load_config(self.config.as_ref(), &[])?;
        let catalogue = pipeline::catalogue(&config)?;
        match catalogue.get(&self.rule) {
            Some(rule) => {
                output::print(rules::explain(rule).as_bytes())?;
                Ok(Exit::Good)
            }
            None => Err(Stop::Failure(Failure::Usage(catalogue.unknown(&self.rule)))),
        }
    }
}
