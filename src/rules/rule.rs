//! A rule as the rest of the program sees it: everything its file tells, checked.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::condition::Condition;
use super::control::{IllFormed, Oddity};
use super::detectors::Detector;
use super::example::Example;
use super::facts::FactsMatch;
use super::fix::Fix;
use super::literals::Literal;
use super::name_glob::NameGlob;
use super::shape::Shape;
use crate::model::{Class, Confidence, Digest, Severity, TextKind};

/// What a rule costs to run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cost {
    /// It reads counts that are made anyway.
    Census,
    /// It looks for byte strings in the one pass.
    Literal,
    /// It reads structure.
    #[default]
    Parse,
}

impl Cost {
    /// The name in rules and options.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Census => "census",
            Self::Literal => "literal",
            Self::Parse => "parse",
        }
    }
}

/// Where in a text a rule minds its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Position {
    /// Anywhere.
    #[default]
    Any,
    /// Behind all else: only line ends and other control bytes follow.
    End,
    /// Before some other character.
    Inside,
}

/// What a rule looks for.
#[derive(Clone, Debug)]
pub enum Matcher {
    /// Control bytes of a text.
    Control {
        /// 0x00 to 0x1F without TAB, LF, CR, and 0x7F.
        bytes: Vec<u8>,
        /// Where.
        position: Position,
        /// For ESC: whether a whole control sequence must, or must not, follow; for BS: whether it
        /// must, or must not, strike over as in a formatted manual.
        sequence: Option<bool>,
    },
    /// Characters of a Unicode text that the census tells ([`is_told`](crate::model::is_told)) and
    /// that do not belong where they stand.
    CodePoints(Vec<RangeInclusive<u32>>),
    /// Bytes in a UTF-8 text that are no UTF-8.
    IllFormed(Vec<IllFormed>),
    /// What is odd in a text and is more than one character, or less.
    Oddity(Oddity),
    /// Byte strings in texts, or in anything the scope names.
    Literals {
        /// Any of them is a hit.
        literals: Vec<Literal>,
        /// Whether only at the start of a line.
        line_start: bool,
        /// What each must be the beginning of.
        shape: Option<Shape>,
    },
    /// Facts of an entry: its name, what it is, its mode.
    Facts(FactsMatch),
    /// A program, whatever it is: the condition says which.
    Program,
    /// What only code can tell.
    Detector(&'static Detector),
}

/// What a rule looks at; an empty list is everything.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Classes of contents.
    pub classes: Vec<Class>,
    /// Kinds of text.
    pub kinds: Vec<TextKind>,
    /// Formats, by reader id or recognised name.
    pub formats: Vec<String>,
    /// Names of entries. With formats, one of both is enough: what is broken is often no longer
    /// recognised.
    pub names: Vec<NameGlob>,
}

impl Scope {
    /// Whether a content of this format, with this name, is meant.
    pub fn has(&self, format: Option<&str>, name: &[u8]) -> bool {
        self.formats.is_empty() && self.names.is_empty()
            || format.is_some_and(|format| self.formats.iter().any(|wanted| wanted == format))
            || self.names.iter().any(|wanted| wanted.matches(name))
    }

    /// Whether a text of some encoding is meant, which is asked only where one is named.
    pub fn has_text(&self, format: impl Fn() -> &'static str) -> bool {
        self.formats.iter().any(|wanted| wanted.starts_with("text/"))
            && self.formats.iter().any(|wanted| wanted == format())
    }
}

/// A rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// `family/name`: names the defect.
    pub id: String,
    /// Former ids, by which configuration and waivers may still call it.
    pub aliases: Vec<String>,
    /// The rule that it takes from what its file does not say.
    pub extends: Option<String>,
    /// Whether it takes the place of a built-in rule of the same id.
    pub overrides: bool,
    /// Whether it is of the user's own folder.
    pub own: bool,
    /// One line.
    pub title: String,
    /// How bad a hit is where nothing below says otherwise.
    pub severity: Severity,
    /// How bad it is in a kind of text.
    pub severity_in: BTreeMap<TextKind, Severity>,
    /// How bad it is at least where a target is named.
    pub severity_on: BTreeMap<String, Severity>,
    /// How bad it is at most in a folder of that name, or below one.
    pub severity_below: BTreeMap<String, Severity>,
    /// How sure it is.
    pub confidence: Confidence,
    /// What it costs.
    pub cost: Cost,
    /// The version that brought it.
    pub since: String,
    /// Whether it runs only where the configuration gives it a severity.
    pub opt_in: bool,
    /// What it looks at.
    pub scope: Scope,
    /// What the defect does, and where.
    pub why: String,
    /// What to do about it.
    pub remedy: String,
    /// Where to read more.
    pub references: Vec<String>,
    /// What `premaster fix` does about a hit; `None` leaves it to a person.
    pub fix: Option<Fix>,
    /// Of what it hits, the names of the files that [`Fix::Remove`] is for; none: all of them.
    pub fix_names: Vec<NameGlob>,
    /// What it looks for.
    pub matcher: Matcher,
    /// What else must hold of the entry.
    pub when: Option<Condition>,
    /// Names that are no hit of a detector of names.
    pub except: Vec<String>,
    /// What a finding says, with `{…}` for its facts.
    pub message: String,
    /// What it hits and what it does not.
    pub examples: Vec<Example>,
    /// The file it came from.
    pub file: String,
    /// Line and column of its id there, from 1.
    pub at: (usize, usize),
    /// BLAKE3 of the file's text and of those that it extends.
    pub digest: Digest,
}

/// The facts that a message may name.
pub(super) const PLACEHOLDERS: &[&str] =
    &["offset", "line", "column", "hex", "name", "count", "detail"];

impl Rule {
    /// The part of the id before the slash.
    pub fn family(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }

    /// How bad a hit is in a kind of text, with the target that makes it so, if one does.
    pub fn severity_for(&self, kind: TextKind, targets: &[String]) -> (Severity, Option<String>) {
        let base = self.severity_in.get(&kind).copied().unwrap_or(self.severity);
        let raised = |target: &String| Some((*self.severity_on.get(target)?, Some(target.clone())));
        let worse = targets.iter().filter_map(raised).filter(|(severity, _)| *severity > base);
        // The first of the worst: `max_by_key` would give the last.
        worse.reduce(|a, b| if b.0 > a.0 { b } else { a }).unwrap_or((base, None))
    }

    /// How bad a hit is at most at a path, because of a folder in it.
    pub fn most_at(&self, path: &str) -> Option<Severity> {
        if self.severity_below.is_empty() {
            return None;
        }
        let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders).split('/');
        let below = |name: &str| {
            self.severity_below.iter().find(|(folder, _)| name.eq_ignore_ascii_case(folder))
        };
        folders.filter_map(below).map(|(_, severity)| *severity).min()
    }

    /// Whether `premaster fix` removes a file of this name that the rule hits.
    pub fn removes(&self, name: &[u8]) -> bool {
        self.fix == Some(Fix::Remove)
            && (self.fix_names.is_empty() || self.fix_names.iter().any(|glob| glob.matches(name)))
    }

    /// What `premaster fix` does about a hit, for people.
    pub fn fix_told(&self) -> Option<String> {
        let names: Vec<String> = self.fix_names.iter().map(NameGlob::text).collect();
        self.fix.map(|fix| match names.as_slice() {
            [] => fix.told().to_owned(),
            names => format!("removes {} and leaves the rest to a person", names.join(", ")),
        })
    }

    /// The message of a finding. `fact` gives the text for a placeholder.
    pub fn render(&self, fact: impl Fn(&str) -> Option<String>) -> String {
        let mut out = String::with_capacity(self.message.len() + 32);
        let mut rest = self.message.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let Some((name, behind)) = after.split_once('}') else { break };
            out.push_str(fact(name).as_deref().unwrap_or("?"));
            rest = behind;
        }
        out.push_str(rest);
        out
    }
}
