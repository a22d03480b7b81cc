//! What a configuration may change about the rules.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Locator, Severity, glob_matches};
use crate::rules::{Cost, Rule};

/// Settings of the judge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Severities by rule id, instead of the rules' own.
    pub severities: BTreeMap<String, Severity>,
    /// For rules by id: globs of locators, and the severity there, or none where it is off.
    pub by_path: BTreeMap<String, Vec<(String, Option<Severity>)>>,
    /// Rules that do not run.
    pub disabled: BTreeSet<String>,
    /// Targets that are named.
    pub targets: Vec<String>,
    /// Globs that a target is bound to, by its name; a target without sees the views of its file.
    pub bound: BTreeMap<String, Vec<String>>,
    /// Processors that the release is for, beside those of its targets.
    pub architectures: Vec<String>,
    /// The oldest system that the release is for: versions by the name of a target, `glibc` or `java`.
    pub oldest: BTreeMap<String, String>,
    /// Rules that cost more do not run.
    pub cost: Cost,
    /// The folder that is the root of a site, as a locator; without, a tree with a page at its root is a
    /// site.
    pub link_root: Option<String>,
    /// The path below which a host serves the site.
    pub link_base: Option<String>,
    /// The encoding of texts whose encoding nothing declares: a WHATWG label.
    pub encoding: Option<&'static str>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            severities: BTreeMap::new(),
            by_path: BTreeMap::new(),
            disabled: BTreeSet::new(),
            targets: Vec::new(),
            bound: BTreeMap::new(),
            architectures: Vec::new(),
            oldest: BTreeMap::new(),
            cost: Cost::Parse,
            link_root: None,
            link_base: None,
            encoding: None,
        }
    }
}

impl Settings {
    /// Whether what a rule says depends on where.
    pub(super) fn is_set_by_path(&self, rule: &Rule) -> bool {
        !self.by_path.is_empty() && names(rule).any(|name| self.by_path.contains_key(name))
    }

    /// What the longest glob that matches says of a rule at a path.
    #[expect(clippy::option_option, reason = "nothing said, or off, or how bad")]
    fn at(&self, rule: &Rule, path: &Locator) -> Option<Option<Severity>> {
        if self.by_path.is_empty() {
            return None;
        }
        let globs = names(rule).find_map(|name| self.by_path.get(name))?;
        let here =
            |glob: &str| glob_matches(glob, path.as_str()) || glob == path.to_string().as_str();
        let matching = globs.iter().filter(|(glob, _)| here(glob));
        matching.max_by_key(|(glob, _)| glob.len()).map(|(_, level)| *level)
    }

    /// Whether a rule runs somewhere: wherever nothing else is said, or at some path.
    pub(super) fn is_on_somewhere(&self, rule: &Rule) -> bool {
        let by_path = || names(rule).filter_map(|name| self.by_path.get(name)).flatten();
        self.is_on_elsewhere(rule) || by_path().any(|(_, level)| level.is_some())
    }

    /// Whether a rule runs where no path says anything of it.
    fn is_on_elsewhere(&self, rule: &Rule) -> bool {
        let is_asked = || names(rule).any(|name| self.severities.contains_key(name));
        !names(rule).any(|name| self.disabled.contains(name)) && (!rule.opt_in || is_asked())
    }

    /// Whether a rule does not run at a path.
    pub fn is_off(&self, rule: &Rule, path: &Locator) -> bool {
        let said = self.at(rule, path).map(|level| level.is_some());
        !said.unwrap_or_else(|| self.is_on_elsewhere(rule))
    }

    /// How bad a hit of a rule is at a path, if the settings say so.
    pub(super) fn severity(&self, rule: &Rule, path: &Locator) -> Option<Severity> {
        let everywhere = names(rule).find_map(|name| self.severities.get(name)).copied();
        self.at(rule, path).flatten().or(everywhere)
    }
}

/// The id of a rule and its former ones.
fn names(rule: &Rule) -> impl Iterator<Item = &String> {
    std::iter::once(&rule.id).chain(&rule.aliases)
}
