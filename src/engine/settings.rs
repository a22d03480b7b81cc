//! What a configuration may change about the rules.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Severity;
use crate::rules::{Catalogue, Cost};

/// Settings of the judge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Severities by rule id, instead of the rules' own.
    pub severities: BTreeMap<String, Severity>,
    /// Rules that do not run.
    pub disabled: BTreeSet<String>,
    /// Targets that are named.
    pub targets: Vec<String>,
    /// Globs that a target is bound to, by its name; a target without sees the views of its file.
    pub bound: BTreeMap<String, Vec<String>>,
    /// Processors that the release is for, beside those of its targets.
    pub architectures: Vec<String>,
    /// Rules that cost more do not run.
    pub cost: Cost,
    /// The encoding of texts whose encoding nothing declares: a WHATWG label.
    pub encoding: Option<&'static str>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            severities: BTreeMap::new(),
            disabled: BTreeSet::new(),
            targets: Vec::new(),
            bound: BTreeMap::new(),
            architectures: Vec::new(),
            cost: Cost::Parse,
            encoding: None,
        }
    }
}

impl Settings {
    /// Rule ids that the catalogue does not know: a mistake in the configuration.
    pub fn unknown_rules<'a>(&'a self, catalogue: &'a Catalogue) -> impl Iterator<Item = &'a str> {
        let named = self.severities.keys().chain(&self.disabled);
        named.map(String::as_str).filter(|id| catalogue.get(id).is_none())
    }
}
