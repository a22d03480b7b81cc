//! The gate: waivers take out what is accepted; findings, reconciled changes and gaps become causes
//! and a verdict.

use std::collections::HashMap;

use crate::config::Waiver;
use crate::model::{
    Cause, Change, Digest, Disposition, Finding, Gap, Locator, Region, Severity, Verb, Verdict,
    Waived, glob_matches,
};
use crate::rules::detectors::WaiverState;

/// What the gate goes by.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Findings from here on block.
    pub fail_on: Severity,
    /// Whether undeclared and unfulfilled changes are told without blocking.
    pub report_only: bool,
    /// Whether findings that the approved build had as well block.
    pub all_findings: bool,
}

/// What the gate decides.
#[derive(Clone, Debug)]
pub struct Decision {
    /// May this ship?
    pub verdict: Verdict,
    /// What a person reads, blocking ones first.
    pub causes: Vec<Cause>,
}

/// What waivers did.
#[derive(Clone, Debug, Default)]
pub struct Waivers {
    /// What was accepted.
    pub waived: Vec<Waived>,
    /// Of each waiver in its order, what became of it.
    pub states: Vec<WaiverState>,
}

/// Takes waived findings and gaps out of the lists. `now` is in seconds since 1970; `digest` gives
/// the digest of the content at a locator.
pub fn waive(
    findings: &mut Vec<Finding>,
    gaps: &mut Vec<Gap>,
    waivers: &[Waiver],
    now: i64,
    digest: &dyn Fn(&Locator) -> Option<Digest>,
) -> Waivers {
    let state = |waiver: &Waiver| {
        if waiver.expires <= now { WaiverState::Expired } else { WaiverState::Unused }
    };
    let mut states: Vec<WaiverState> = waivers.iter().map(state).collect();
    let mut accepted = Vec::new();
    let mut accept = |rule: &str, path: &Locator, finding: Option<&Finding>| {
        let found = waivers.iter().zip(&mut states).find(|(waiver, state)| {
            waiver.rule == rule
                && **state != WaiverState::Expired
                && waiver.path.as_ref().is_none_or(|glob| {
                    glob_matches(glob, path.as_str()) || glob == &path.to_string()
                })
                && waiver.digest.is_none_or(|wanted| digest(path) == Some(wanted))
        });
        let Some((waiver, state)) = found else { return false };
        *state = WaiverState::Used;
        accepted.push(Waived {
            rule: rule.to_owned(),
            path: path.clone(),
            reason: waiver.reason.clone(),
            owner: waiver.owner.clone(),
            line: None,
            finding: finding.cloned().map(Box::new),
        });
        true
    };
    findings.retain(|finding| !accept(&finding.rule, &finding.path, Some(finding)));
    gaps.retain(|gap| !accept("gap", &gap.path, None));
    Waivers { waived: accepted, states }
}

/// Decides what of all that was found blocks.
pub fn decide(findings: &[Finding], changes: &[Change], gaps: &[Gap], policy: Policy) -> Decision {
    let causes = causes(findings, changes, policy);
    let verdict = if causes.iter().any(|cause| cause.blocking) {
        Verdict::Blocked
    } else if gaps.is_empty() {
        Verdict::Ship
    } else {
        Verdict::Incomplete
    };
    Decision { verdict, causes }
}

/// One cause a hunk, a changed entry, a set of fields, a region, or a place with findings; what
/// follows from another is folded into it.
fn causes(findings: &[Finding], changes: &[Change], policy: Policy) -> Vec<Cause> {
    let mut causes: Vec<Cause> = Vec::new();
    let blocks = |disposition: Disposition| disposition.blocks() && !policy.report_only;
    let mut first_of = vec![None; changes.len()];
    for (index, change) in changes.iter().enumerate() {
        if !change.causes.is_empty() {
            continue;
        }
        if let Some(slot) = first_of.get_mut(index) {
            *slot = Some(causes.len());
        }
        let cause = |hunk: Option<usize>, disposition: Disposition| Cause {
            path: change.path.clone(),
            blocking: blocks(disposition),
            change: Some(index),
            hunk,
            findings: Vec::new(),
            folded: Vec::new(),
            disposition: Some(disposition),
            severity: None,
        };
        for (hunk, of) in change.hunks.iter().enumerate() {
            causes.push(cause(Some(hunk), of.disposition));
        }
        let fields = change.fields.iter().map(|field| field.disposition).max();
        let whole = match (fields, change.hunks.is_empty()) {
            // Fields that follow from the hunks beside them are told with them.
            (Some(Disposition::Derived | Disposition::Normalized) | None, false) => None,
            (Some(worst), false) => Some(worst),
            (_, true) => Some(change.disposition),
        };
        causes.extend(whole.map(|disposition| cause(None, disposition)));
    }
    for (index, change) in changes.iter().enumerate() {
        let Some(&root) = change.causes.first() else { continue };
        let is_unfulfilled = change.disposition == Disposition::Unfulfilled;
        // A root may follow from another in turn: up to the one that has a cause.
        let mut at = root;
        for _ in 0..changes.len() {
            match changes.get(at).and_then(|change| change.causes.first()) {
                Some(&above) if above != at => at = above,
                _ => break,
            }
        }
        let slot = first_of.get(at).copied().flatten();
        // What is declared and absent belongs to what came in its place; what is there as declared is
        // no reason to block.
        let slot =
            if is_unfulfilled { slot.and_then(|first| instead(&causes, first, at)) } else { slot };
        match slot.and_then(|at| causes.get_mut(at)) {
            Some(cause) => {
                cause.folded.push(index);
                cause.blocking |= blocks(change.disposition);
            }
            None => causes.push(Cause {
                path: change.path.clone(),
                blocking: blocks(change.disposition),
                change: Some(index),
                hunk: None,
                findings: Vec::new(),
                folded: Vec::new(),
                disposition: Some(change.disposition),
                severity: None,
            }),
        }
    }
    // Causes by the entry of their change, and by the bytes of their findings: there may be a
    // hundred thousand of either.
    let mut of_change: HashMap<&Locator, Vec<usize>> = HashMap::new();
    for (at, cause) in causes.iter().enumerate() {
        if let Some(change) = cause.change.and_then(|index| changes.get(index)) {
            of_change.entry(&change.path).or_default().push(at);
        }
    }
    let mut of_bytes: HashMap<(&Locator, u64), usize> = HashMap::new();
    let mut of_name: HashMap<(&Locator, &str, &str), usize> = HashMap::new();
    for (index, finding) in findings.iter().enumerate() {
        let blocking =
            finding.severity >= policy.fail_on && (!finding.existing || policy.all_findings);
        let names = std::iter::once(&finding.path).chain(&finding.aliases);
        let names = names.filter(|_| !finding.of_settings);
        let place = names
            .filter_map(|name| of_change.get(name))
            .flatten()
            .copied()
            .filter(|&at| causes.get(at).is_some_and(|cause| holds(cause, finding, changes)))
            .min_by_key(|&at| (causes.get(at).is_some_and(|cause| is_broad(cause, changes)), at));
        // Two rules on the same bytes of the same entry are one thing to a person.
        let bytes = finding.place();
        let place = place.or_else(|| of_bytes.get(&bytes?).copied());
        // So is one that holds on several targets.
        let name = finding
            .target
            .as_ref()
            .map(|_| (&finding.path, finding.rule.as_str(), finding.message.as_str()));
        let place = place.or_else(|| of_name.get(&name?).copied());
        if place.is_none() {
            of_bytes.extend(bytes.map(|bytes| (bytes, causes.len())));
            of_name.extend(name.map(|name| (name, causes.len())));
        }
        let slot = place.and_then(|at| causes.get_mut(at));
        match slot {
            Some(cause) => {
                cause.findings.push(index);
                cause.blocking |= blocking;
                cause.severity = cause.severity.max(Some(finding.severity));
            }
            None => causes.push(Cause {
                path: finding.path.clone(),
                blocking,
                change: None,
                hunk: None,
                findings: vec![index],
                folded: Vec::new(),
                disposition: None,
                severity: Some(finding.severity),
            }),
        }
    }
    causes.sort_by(|a, b| {
        let rank = |cause: &Cause| {
            (
                !cause.blocking,
                std::cmp::Reverse(cause.severity),
                std::cmp::Reverse(cause.disposition),
            )
        };
        rank(a).cmp(&rank(b))
    });
    causes
}

/// Of the causes of a change, the first of which is given, one that nobody declared.
fn instead(causes: &[Cause], first: usize, change: usize) -> Option<usize> {
    let of = causes.iter().enumerate().skip(first);
    let mut of = of.take_while(|(_, cause)| cause.change == Some(change));
    of.find(|(_, cause)| cause.disposition == Some(Disposition::Undeclared)).map(|(at, _)| at)
}

/// Whether the change of a cause is of no bytes in particular.
fn is_broad(cause: &Cause, changes: &[Change]) -> bool {
    let change = cause.change.and_then(|index| changes.get(index));
    change.is_some_and(|change| change.verb == Verb::Region && change.region.is_none())
}

/// Whether a finding about an entry is about the bytes of a cause, whose change is of that entry.
fn holds(cause: &Cause, finding: &Finding, changes: &[Change]) -> bool {
    let Some(change) = cause.change.and_then(|index| changes.get(index)) else { return false };
    match change.region.as_deref() {
        Some(Region::Defects(rule)) => return finding.rule == *rule,
        Some(Region::Bytes(region)) => {
            let range = region.offset..region.offset.saturating_add(region.length);
            let place = finding.place().filter(|(path, _)| **path == region.path);
            return place.is_some_and(|(_, offset)| range.contains(&offset));
        }
        None => {}
    }
    match (cause.hunk.and_then(|hunk| change.hunks.get(hunk)), finding.offset) {
        (Some(hunk), Some(offset)) => {
            let end = hunk.new_offset + hunk.new_length.max(1);
            hunk.new_offset < offset + finding.length.max(1) && offset < end
        }
        (None, None) => change.verb != Verb::Metadata,
        (None, Some(_)) => matches!(change.verb, Verb::Added | Verb::Region),
        (Some(_), None) => false,
    }
}
