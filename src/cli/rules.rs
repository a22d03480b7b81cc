//! `rules` and `explain`: the catalogue.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::output::{self, Kind};
use super::{Done, Exit, Format, Stop};
use crate::engine;
use crate::model::locator::escape_text;
use crate::pipeline::Failure;
use crate::rules::{self, Catalogue};

#[derive(Args, Debug)]
pub(super) struct RulesArgs {
    #[command(subcommand)]
    command: Option<RulesCommand>,
    /// human or jsonl; FORMAT=FILE writes to a file
    #[arg(long, value_name = "FORMAT[=FILE]")]
    format: Vec<Format>,
}

#[derive(clap::Subcommand, Debug)]
enum RulesCommand {
    /// List the rules
    List,
    /// Run the examples of rule files. Exit 0: all do what they say. 1: not all
    Test {
        /// Rule files
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

impl RulesArgs {
    pub(super) fn run(self) -> Done {
        if let Some(RulesCommand::Test { files }) = &self.command {
            return test(files);
        }
        let catalogue = Catalogue::built_in();
        let width = catalogue.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
        output::render(&self.format, |kind| {
            let mut text = String::new();
            for rule in catalogue.iter() {
                if kind == Kind::Human {
                    let severity = rule.severity.name();
                    let _ = writeln!(text, "{:width$}  {severity:7}  {}", rule.id, rule.title);
                } else {
                    let line = serde_json::json!({
                        "id": rule.id,
                        "title": rule.title,
                        "severity": rule.severity.name(),
                        "confidence": rule.confidence.name(),
                        "cost": rule.cost.name(),
                        "since": rule.since,
                        "aliases": rule.aliases,
                    });
                    let _ = writeln!(text, "{line}");
                }
            }
            text
        })?;
        Ok(Exit::Good)
    }
}

/// Runs the examples of rule files, each file by itself: two may be versions of one rule.
fn test(files: &[PathBuf]) -> Done {
    let mut text = String::new();
    let mut exit = Exit::Good;
    let read = |file: &str| std::fs::read(file);
    for path in files {
        let fail = |message: String| Failure::File { path: path.clone(), line: None, message };
        let source = std::fs::read_to_string(path).map_err(|error| fail(error.to_string()))?;
        let name = path.display().to_string();
        let catalogue = Catalogue::of([(name.as_str(), source.as_str())]).map_err(|errors| {
            let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
            Failure::Usage(told.join("; "))
        })?;
        for rule in catalogue.iter() {
            if engine::needs_reader(rule) {
                let _ = writeln!(text, "{}: not run, its examples need the reader", rule.id);
                continue;
            }
            let mut wrong = 0;
            for (number, example) in rule.examples.iter().enumerate() {
                if let Err(message) = engine::check_example(&catalogue, rule, example, &read) {
                    let _ = writeln!(text, "{name}: example {}: {message}", number + 1);
                    wrong += 1;
                }
            }
            let all = rule.examples.len();
            let _ = match wrong {
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
}

impl ExplainArgs {
    pub(super) fn run(self) -> Done {
        let catalogue = Catalogue::built_in();
        match catalogue.get(&self.rule) {
            Some(rule) => {
                output::print(rules::explain(rule).as_bytes())?;
                Ok(Exit::Good)
            }
            None => Err(Stop::Failure(Failure::Usage(catalogue.unknown(&self.rule)))),
        }
    }
}
