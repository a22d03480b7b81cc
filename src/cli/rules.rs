//! `rules` and `explain`: the catalogue.

use std::fmt::Write as _;

use clap::Args;
use colored::Colorize as _;

use super::output::{self, Kind};
use super::{Done, Exit, Format, Stop};
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
}

impl RulesArgs {
    pub(super) fn run(self) -> Done {
        let (Some(RulesCommand::List) | None) = self.command;
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

#[derive(Args, Debug)]
pub(super) struct ExplainArgs {
    /// The rule's id, as in `premaster rules`
    rule: String,
}

impl ExplainArgs {
    pub(super) fn run(self) -> Done {
        let catalogue = Catalogue::built_in();
        if let Some(rule) = catalogue.get(&self.rule) {
            output::print(rules::explain(rule).as_bytes())?;
            Ok(Exit::Good)
        } else {
            let near = catalogue
                .iter()
                .map(|rule| rule.id.as_str())
                .max_by_key(|id| likeness(id, &self.rule));
            let hint = near.map(|id| format!("; did you mean {}?", id.bold())).unwrap_or_default();
            let message = format!("no rule {:?}{hint}; `premaster rules` lists them", self.rule);
            Err(Stop::Failure(Failure::Usage(message)))
        }
    }
}

/// How much two ids share, in thousandths.
fn likeness(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let ops = similar::capture_diff_slices(similar::Algorithm::Myers, &a, &b);
    let same = ops.iter().filter(|op| op.tag() == similar::DiffTag::Equal);
    let same: usize = same.map(|op| op.old_range().len()).sum();
    2000 * same / (a.len() + b.len()).max(1)
}
