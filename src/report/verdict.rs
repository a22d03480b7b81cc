//! The verdict and its grounds in one sentence.

use super::bytes::{count, plural};
use crate::model::{Cause, Disposition, Outcome, Severity, Verdict};

/// What is said behind the name of the artifact: ` must not ship: 1 error`.
pub(super) fn sentence(outcome: &Outcome) -> String {
    match outcome.verdict {
        Verdict::Ship => format!(": {}", good(outcome)),
        Verdict::Blocked => format!(" must not ship: {}", reasons(outcome)),
        Verdict::Incomplete => format!(" must not ship yet: {}", reasons(outcome)),
    }
}

/// Each cause is counted once, by what is worst about it.
fn reasons(outcome: &Outcome) -> String {
    let is_change = |cause: &Cause| cause.disposition.is_some_and(Disposition::blocks);
    let mut reasons = Vec::new();
    let mut reason = |n: usize, what: &str| {
        if n > 0 {
            reasons.push(count(n, what));
        }
    };
    let errors = |cause: &&Cause| cause.severity == Some(Severity::Error);
    reason(outcome.blocking().filter(errors).count(), "error");
    let rest = || outcome.blocking().filter(|cause| !errors(cause));
    for disposition in [Disposition::Undeclared, Disposition::Unfulfilled] {
        let of = rest().filter(|cause| cause.disposition == Some(disposition));
        reason(of.count(), &format!("{} change", disposition.name()));
    }
    for severity in [Severity::Warning, Severity::Note] {
        let of = rest().filter(|cause| !is_change(cause) && cause.severity == Some(severity));
        reason(of.count(), severity.name());
    }
    // An intended change whose consequence does not hold.
    let other = rest().filter(|cause| !is_change(cause) && cause.severity.is_none());
    reason(other.count(), "change with consequences that nobody declared");
    reason(outcome.gaps.len(), "gap");
    reasons.join(", ")
}

/// What was found where nothing blocks: never more than is true.
fn good(outcome: &Outcome) -> String {
    let errors = if outcome.findings.iter().any(|f| f.severity == Severity::Error) {
        "no new errors"
    } else {
        "no errors"
    };
    let let_pass = outcome.changes.iter().filter(|change| change.disposition.blocks()).count();
    match (&outcome.approved, &outcome.intent) {
        (None, _) => format!("{errors} (compared with nothing: see --against)"),
        (Some(_), _) if let_pass > 0 => format!(
            "{errors}; {} that nobody declared {} let pass",
            count(let_pass, "change"),
            plural(let_pass, "is", "are")
        ),
        (Some(_), Some(_)) => format!("exactly the declared change, and {errors}"),
        (Some(_), None) if outcome.changes.is_empty() => {
            format!("equal to the approved build, and {errors}")
        }
        (Some(_), None) => {
            format!("equal to the approved build but for normalized noise, and {errors}")
        }
    }
}
