//! What the findings of each file ask for, and what is nobody's to fix.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use crate::model::locator::unescape;
use crate::model::{Finding, Locator, Severity};
use crate::rules::name_glob::NameGlob;
use crate::rules::{Catalogue, Fix, Matcher, Rule};

/// The rule that knows the folders of version control systems.
const VERSION_CONTROL: &str = "leftovers/version-control";

/// What all findings ask for.
pub(super) struct Asked<'a> {
    pub(super) files: BTreeMap<&'a Locator, Wanted<'a>>,
    /// Folders of version control systems, below which something would be fixed.
    pub(super) versioned: BTreeSet<Locator>,
}

/// What one file needs.
#[derive(Default)]
pub(super) struct Wanted<'a> {
    pub(super) by_rule: Vec<OfRule<'a>>,
    /// Hits of a rule that deletes bytes are counted, not listed.
    pub(super) more: bool,
    /// Rules that find an error in it, or in what is packed in it.
    errors: BTreeSet<&'a str>,
}

/// What one rule wants of a file.
pub(super) struct OfRule<'a> {
    rule: &'a Rule,
    /// The first of its findings.
    pub(super) finding: usize,
    pub(super) fix: Fix,
    pub(super) deleted: Vec<Range<usize>>,
}

impl Wanted<'_> {
    pub(super) fn has(&self, fix: Fix) -> bool {
        self.by_rule.iter().any(|of| of.fix == fix)
    }

    /// The first findings of the rules that want this.
    pub(super) fn findings(&self, is_meant: impl Fn(&OfRule<'_>) -> bool) -> Vec<usize> {
        self.by_rule.iter().filter(|of| is_meant(of)).map(|of| of.finding).collect()
    }

    /// Takes back what the rules do not do to a file of this name. The error says why, if nothing is
    /// left to do.
    pub(super) fn narrow(&mut self, name: &[u8]) -> Result<(), String> {
        let (done, not): (Vec<_>, Vec<_>) = std::mem::take(&mut self.by_rule)
            .into_iter()
            .partition(|of| of.fix != Fix::Remove || of.rule.removes(name));
        self.by_rule = done;
        match not.first().filter(|_| self.by_rule.is_empty()) {
            Some(OfRule { rule, .. }) => {
                let names: Vec<String> = rule.fix_names.iter().map(NameGlob::text).collect();
                let names = names.join(", ");
                Err(format!("a person decides: {} removes only {names}", rule.id))
            }
            None => Ok(()),
        }
    }

    /// A rule that finds an error in the file and does not ask to remove it.
    pub(super) fn error(&self) -> Option<&str> {
        let removes =
            |id: &str| self.by_rule.iter().any(|of| of.fix == Fix::Remove && of.rule.id == id);
        self.errors.iter().copied().find(|id| !removes(id))
    }
}

/// What the findings of each file ask for.
pub(super) fn asked<'a>(catalogue: &'a Catalogue, findings: &'a [Finding]) -> Asked<'a> {
    let mut asked = Asked { files: BTreeMap::new(), versioned: BTreeSet::new() };
    let mut known: HashMap<(&Locator, &str), usize> = HashMap::new();
    for (index, finding) in findings.iter().enumerate() {
        let Some(rule) = catalogue.get(&finding.rule) else { continue };
        let Some(fix) = rule.fix else { continue };
        if let Some(folder) = versioned(&finding.path) {
            asked.versioned.insert(folder);
            continue;
        }
        let of = asked.files.entry(&finding.path).or_default();
        let at = *known.entry((&finding.path, &finding.rule)).or_insert(of.by_rule.len());
        if at == of.by_rule.len() {
            of.by_rule.push(OfRule { rule, finding: index, fix, deleted: Vec::new() });
        }
        if fix == Fix::Delete
            && let Some(rule) = of.by_rule.get_mut(at)
        {
            of.more |= finding.more > 0;
            let end = |at: u64| (at + finding.length) as usize;
            rule.deleted.extend(finding.offset.map(|at| at as usize..end(at)));
        }
    }
    for finding in findings.iter().filter(|finding| finding.severity == Severity::Error) {
        if let Some(of) = asked.files.get_mut(&Locator::parse(on_host(&finding.path))) {
            of.errors.insert(&finding.rule);
        }
    }
    asked
}

/// The part of a locator in a folder that names a file of the host.
fn on_host(path: &Locator) -> &str {
    path.as_str().split('!').next().unwrap_or_default()
}

/// The folder of a version control system that a file lies below.
fn versioned(path: &Locator) -> Option<Locator> {
    let path = on_host(path);
    let ends = path.match_indices('/').map(|(at, _)| at);
    let mut above = ends.filter_map(|end| path.get(..end));
    above
        .find(|above| is_versioned(&unescape(above.rsplit('/').next().unwrap_or_default())))
        .map(Locator::parse)
}

/// Whether a folder of this name is that of a version control system.
pub(super) fn is_versioned(name: &[u8]) -> bool {
    // What a configuration makes of the rule does not matter here.
    let rule = Catalogue::built_in().get(VERSION_CONTROL);
    rule.is_some_and(|rule| match &rule.matcher {
        Matcher::Facts(asked) => asked.names.iter().any(|glob| glob.matches(name)),
        _ => false,
    })
}
