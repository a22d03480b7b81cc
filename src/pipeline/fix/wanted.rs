//! What the findings of each file ask for.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use crate::model::{Finding, Locator};
use crate::rules::{Catalogue, Fix};

/// What one file needs.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) by_rule: Vec<OfRule>,
    /// Hits of a rule that deletes bytes are counted, not listed.
    pub(super) more: bool,
}

/// What one rule wants of a file.
pub(super) struct OfRule {
    /// The first of its findings.
    pub(super) finding: usize,
    pub(super) fix: Fix,
    pub(super) deleted: Vec<Range<usize>>,
}

impl Wanted {
    pub(super) fn has(&self, fix: Fix) -> bool {
        self.by_rule.iter().any(|of| of.fix == fix)
    }

    /// The first findings of the rules that want this.
    pub(super) fn findings(&self, is_meant: impl Fn(&OfRule) -> bool) -> Vec<usize> {
        self.by_rule.iter().filter(|of| is_meant(of)).map(|of| of.finding).collect()
    }
}

/// What the findings of each file ask for.
pub(super) fn wanted<'a>(
    catalogue: &Catalogue,
    findings: &'a [Finding],
) -> BTreeMap<&'a Locator, Wanted> {
    let mut files: BTreeMap<&Locator, Wanted> = BTreeMap::new();
    let mut known: HashMap<(&Locator, &str), usize> = HashMap::new();
    for (index, finding) in findings.iter().enumerate() {
        let Some(fix) = catalogue.get(&finding.rule).and_then(|rule| rule.fix) else { continue };
        let of = files.entry(&finding.path).or_default();
        let at = *known.entry((&finding.path, &finding.rule)).or_insert(of.by_rule.len());
        if at == of.by_rule.len() {
            of.by_rule.push(OfRule { finding: index, fix, deleted: Vec::new() });
        }
        if fix == Fix::Delete
            && let Some(rule) = of.by_rule.get_mut(at)
        {
            of.more |= finding.more > 0;
            let end = |at: u64| (at + finding.length) as usize;
            rule.deleted.extend(finding.offset.map(|at| at as usize..end(at)));
        }
    }
    files
}
