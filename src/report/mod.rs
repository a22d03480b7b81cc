//! Reports: pure functions of finished data. Nothing here reads, decides or prints.

mod bytes;
mod dump;
mod github;
mod gitlab;
mod human;
mod issue;
mod json;
mod junit;
mod listing;
mod markdown;
mod sarif;
mod sentence;
mod verdict;

pub use github::check as github_check;
pub use gitlab::check as gitlab_check;
pub use human::{COLUMNS, View, check as human_check, diff as human_diff};
pub use json::{check as json_check, check_lines as jsonl_check};
pub use junit::check as junit_check;
pub use listing::{Listed, jsonl as list_jsonl, long as list_long, short as list_short};
pub use markdown::check as markdown_check;
pub use sarif::check as sarif_check;

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::model::outcome::Subject;
    use crate::model::{
        Cause, Change, Confidence, Disposition, FieldChange, Finding, Locator, Outcome, Severity,
        Verb, Verdict,
    };
    use crate::rules::Catalogue;

    /// So many causes that block, each with so many findings.
    fn outcome(causes: usize, each: usize) -> Outcome {
        let path = |number: usize| Locator::parse(&format!("{number}.txt"));
        let findings = (0..causes * each).map(|number| {
            let message = format!("what is wrong, number {}", number % each);
            let at = path(number / each);
            Finding::new("text/bell", Severity::Error, Confidence::High, at, message)
        });
        let cause = |number: usize| Cause {
            path: path(number),
            blocking: true,
            change: None,
            hunk: None,
            findings: (number * each..(number + 1) * each).collect(),
            folded: Vec::new(),
            disposition: None,
            severity: Some(Severity::Error),
        };
        Outcome {
            verdict: Verdict::Blocked,
            artifact: Subject { path: "tree".into(), ..Subject::default() },
            approved: None,
            intent: None,
            entries: 0,
            bytes: 0,
            causes: (0..causes).map(cause).collect(),
            findings: findings.collect(),
            changes: Vec::new(),
            gaps: Vec::new(),
            targets: Vec::new(),
            rules: None,
            config: None,
        }
    }

    fn length(list: &Value) -> usize {
        list.as_array().map_or(0, Vec::len)
    }

    #[test]
    fn lists_that_end_say_so() {
        let long = outcome(issue::CAP + 7, 1);
        let json: Value = serde_json::from_str(&json_check(&long, &[])).expect("JSON");
        assert_eq!((length(&json["causes"]), length(&json["findings"])), (10_000, 10_000));
        assert_eq!(json["truncated"], 14);
        assert_eq!(json["summary"]["error"], 10_007);
        let lines = jsonl_check(&long, &[]);
        for kind in ["cause", "finding"] {
            assert_eq!(lines.matches(&format!("\"type\":\"{kind}\"")).count(), 10_007);
        }
        let said = "7 more items not listed: a list ends at 10000";
        let junit = junit_check(&long, &[]);
        assert!(junit.contains("tests=\"10001\" failures=\"10001\""), "the last blocks, too");
        assert!(junit.contains(said));
        let gitlab: Value = serde_json::from_str(&gitlab_check(&long)).expect("JSON");
        assert_eq!(length(&gitlab), 10_001);
        assert_eq!(gitlab[10_000]["description"], said);
        assert_eq!(gitlab[10_000]["severity"], "blocker");
        let sarif = sarif_check(&long, &[], Catalogue::built_in());
        assert!(sarif.contains(said));
        // As many as a list takes are told without a word more.
        let full = outcome(issue::CAP, 1);
        for report in [json_check(&full, &[]), junit_check(&full, &[]), gitlab_check(&full)] {
            assert!(!report.contains("truncated") && !report.contains("not listed"));
        }
    }

    #[test]
    fn what_a_cause_has_besides_is_counted() {
        for (each, github, markdown) in [
            (4, None, None),
            (6, Some("… and 2 more here"), None),
            (9, Some("… and 5 more here"), Some("… and 3 more here")),
        ] {
            let outcome = outcome(1, each);
            for (report, said) in
                [(github_check(&outcome), github), (markdown_check(&outcome, &[]), markdown)]
            {
                match said {
                    Some(said) => assert!(report.contains(said), "{report}"),
                    None => assert!(!report.contains("more here"), "{report}"),
                }
            }
        }
    }
    #[test]
    fn fields_that_are_not_told_are_counted() {
        let field = |number: usize| FieldChange {
            field: format!("field-{number}"),
            old: None,
            new: Some("x".into()),
            disposition: Disposition::Undeclared,
        };
        for (number, said) in [(6, None), (8, Some("; 2 more"))] {
            let mut outcome = outcome(0, 0);
            let mut change = Change::new(Locator::parse("a"), Verb::Metadata);
            change.fields = (0..number).map(field).collect();
            outcome.changes.push(change);
            outcome.causes.push(Cause {
                path: Locator::parse("a"),
                blocking: true,
                change: Some(0),
                hunk: None,
                findings: Vec::new(),
                folded: Vec::new(),
                disposition: Some(Disposition::Undeclared),
                severity: None,
            });
            let report = gitlab_check(&outcome);
            assert_eq!(report.contains("more"), said.is_some(), "{report}");
            assert!(said.is_none_or(|said| report.contains(said)), "{report}");
        }
    }
}
