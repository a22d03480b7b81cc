//! `targets`: what each platform makes of names, texts and programs, and of a file name.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;

use base64::Engine as _;
use clap::Args;
use clap::builder::PossibleValuesParser;
use colored::{Color, Colorize as _};
use serde_json::{Value, json};

use super::output::{self, Kind};
use super::{Done, Exit, Format, Stop, When};
use crate::model::locator::{escape_text, is_plain};
use crate::pipeline::Failure;
use crate::rules::targets::{Fate, fate, meetings, page};
use crate::rules::{Target, Targets};

/// Columns of a list of targets.
const WIDTH: usize = 80;

/// Names of targets, for arguments and completions.
pub(super) fn parser() -> PossibleValuesParser {
    PossibleValuesParser::new(Targets::built_in().iter().map(|target| target.name.as_str()))
}

#[derive(Args, Debug)]
pub(super) struct TargetsArgs {
    /// A target to show; with --name, those to ask [default: all]
    #[arg(value_name = "TARGET", value_parser = parser(), hide_possible_values = true)]
    targets: Vec<String>,
    /// A file name to choose: what becomes of it on every target; with several, which become one
    #[arg(long, value_name = "FILENAME", allow_hyphen_values = true)]
    name: Vec<OsString>,
    /// human, json or jsonl; FORMAT=FILE writes to a file
    #[arg(long, value_name = "FORMAT[=FILE]")]
    format: Vec<Format<Kind>>,
    /// Colors
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: When,
}

impl TargetsArgs {
    pub(super) fn run(self) -> Done {
        output::one_a_place(&self.format)?;
        self.color.settle();
        let all = Targets::built_in();
        let mut chosen: Vec<&Target> =
            self.targets.iter().filter_map(|name| all.get(name)).collect();
        let none_named = chosen.is_empty();
        if none_named {
            chosen = all.iter().collect();
        }
        if self.name.is_empty() {
            output::render(&self.format, |kind, _| match kind {
                Kind::Human if none_named => list(&chosen),
                Kind::Human => {
                    chosen.iter().map(|target| page(target)).collect::<Vec<_>>().join("\n")
                }
                Kind::Json => format!("{:#}\n", json!(chosen)),
                Kind::Jsonl => {
                    let lines: Vec<_> =
                        chosen.iter().map(|target| json!(target).to_string()).collect();
                    lines.join("\n") + "\n"
                }
            })?;
            return Ok(Exit::Good);
        }
        let names: Vec<&[u8]> = self.name.iter().map(|name| name.as_encoded_bytes()).collect();
        if let Some(wrong) =
            names.iter().find(|name| name.is_empty() || matches!(**name, b"." | b".."))
        {
            let shown = escape_text(wrong);
            let message =
                format!("--name {shown:?}: expected one name, as it stands in its folder");
            return Err(Stop::Failure(Failure::Usage(message)));
        }
        output::render(&self.format, |kind, _| match kind {
            Kind::Human => human(&names, &chosen),
            Kind::Json => format!("{:#}\n", Value::Object(object(&names, &chosen))),
            Kind::Jsonl => format!("{}\n", Value::Object(object(&names, &chosen))),
        })?;
        Ok(Exit::Good)
    }
}

fn list(targets: &[&Target]) -> String {
    let width = targets.iter().map(|target| target.name.len()).max().unwrap_or(0);
    let row = |target: &&Target| format!("{:width$}  {}\n", target.name, target.title);
    targets.iter().map(row).collect()
}

/// How good a fate is: the best is told first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Same,
    Other,
    Cut,
    Refused,
}

fn told(fate: &Fate) -> (Rank, String) {
    let stored = fate.stored.as_ref().map(|stored| escape_text(stored.as_bytes()));
    match stored {
        _ if !fate.refused.is_empty() => {
            (Rank::Refused, format!("refused: {}", fate.refused.join("; ")))
        }
        None => (Rank::Same, "as it is".to_owned()),
        Some(stored) if fate.cut => (Rank::Cut, format!("cut to {stored}")),
        Some(stored) => (Rank::Other, format!("as {stored}")),
    }
}

/// A head in a color, and below it the names of targets, all within the width.
fn group(out: &mut String, head: &str, color: Color, targets: &[&str]) {
    for line in lines(head.split_whitespace().map(str::to_owned), WIDTH - 2) {
        let _ = writeln!(out, "  {}", line.color(color));
    }
    let last = targets.len().saturating_sub(1);
    let names = targets.iter().enumerate();
    let names =
        names.map(|(n, name)| if n < last { format!("{name},") } else { (*name).to_owned() });
    for line in lines(names, WIDTH - 4) {
        let _ = writeln!(out, "    {line}");
    }
}

/// Words in lines of at most `width` columns, unless a word is longer.
fn lines(words: impl Iterator<Item = String>, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

fn human(names: &[&[u8]], targets: &[&Target]) -> String {
    let mut out = String::new();
    for (number, name) in names.iter().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        let _ = writeln!(out, "{}", escape_text(name).bold());
        let mut fates: BTreeMap<(Rank, String), Vec<&str>> = BTreeMap::new();
        let mut shorts: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for target in targets {
            let fate = fate(target, name);
            fates.entry(told(&fate)).or_default().push(&target.name);
            if let Some(short) = fate.short {
                shorts.entry(short).or_default().push(&target.name);
            }
        }
        for ((rank, text), on) in &fates {
            let color = match rank {
                Rank::Same => Color::Green,
                Rank::Other => Color::Cyan,
                Rank::Cut => Color::Yellow,
                Rank::Refused => Color::Red,
            };
            group(&mut out, text, color, on);
        }
        for (short, on) in &shorts {
            group(&mut out, &format!("and as {short}, a short name"), Color::Cyan, on);
        }
    }
    let met = met(names, targets);
    if !met.is_empty() {
        let _ = writeln!(out, "\n{}", "together in one folder".bold());
    }
    for ((a, b, how), on) in &met {
        let name = |index: &usize| escape_text(names.get(*index).copied().unwrap_or_default());
        let text = format!("{} and {} {how}", name(a), name(b));
        group(&mut out, &text, Color::Red, on);
    }
    out
}

/// Which names meet, how, and on which targets.
fn met<'t>(
    names: &[&[u8]],
    targets: &[&'t Target],
) -> BTreeMap<(usize, usize, String), Vec<&'t str>> {
    let mut met: BTreeMap<(usize, usize, String), Vec<&str>> = BTreeMap::new();
    for target in targets {
        for meeting in meetings(target, names) {
            met.entry(meeting).or_default().push(&target.name);
        }
    }
    met
}

fn object(names: &[&[u8]], targets: &[&Target]) -> serde_json::Map<String, Value> {
    let of_name = |name: &&[u8]| {
        let raw = (!is_plain(name)).then(|| base64::engine::general_purpose::STANDARD.encode(name));
        let fates: Vec<Value> = targets
            .iter()
            .map(|target| {
                let fate = fate(target, name);
                json!({
                    "target": target.name,
                    "legal": fate.refused.is_empty() && fate.stored.is_none(),
                    "refused": fate.refused,
                    "stored": fate.stored.map(|stored| escape_text(stored.as_bytes())),
                    "cut": fate.cut,
                    "short_name": fate.short,
                })
            })
            .collect();
        json!({ "name": escape_text(name), "raw_name": raw, "fates": fates })
    };
    let collisions: Vec<Value> = met(names, targets)
        .into_iter()
        .map(|((a, b, how), on)| json!({ "names": [a, b], "how": how, "targets": on }))
        .collect();
    let mut object = serde_json::Map::new();
    object.insert("schema".into(), json!("premaster/names/v1"));
    object.insert("names".into(), names.iter().map(of_name).collect());
    object.insert("collisions".into(), collisions.into());
    object
}
