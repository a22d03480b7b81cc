//! `JUnit` XML, as Jenkins describes it (`junit-10.xsd` of its xUnit plugin).
//!
//! A cause is a test case: one that blocks failed, another passed. A gap is an error, what a waiver
//! accepts was skipped. Where there is nothing to tell one case has passed, since systems take a report
//! without cases for a broken one.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::bytes::count;
use super::dump;
use super::issue::{CAP, Issue, clipped, issues_beside_gaps, shown_name};
use super::verdict;
use crate::model::locator::harmless;
use crate::model::{Gap, Outcome, Waived};

/// Characters of an attribute.
const LONGEST: usize = 2000;

/// The report of `check`.
pub fn check(outcome: &Outcome, waived: &[Waived]) -> String {
    // Memory takes all of it.
    String::from_utf8(written(outcome, waived).unwrap_or_default()).unwrap_or_default()
}

enum End {
    Passed,
    Failed,
    Error,
    Skipped,
}

struct Case {
    class: String,
    name: String,
    end: End,
    message: String,
    text: String,
}

fn written(outcome: &Outcome, waived: &[Waived]) -> io::Result<Vec<u8>> {
    let issues = issues_beside_gaps(outcome);
    let of_causes: Vec<_> = issues.chunk_by(|a, b| a.cause == b.cause).collect();
    let mut cases: Vec<Case> = outcome.gaps.iter().take(CAP).map(of_gap).collect();
    cases.extend(of_causes.iter().take(CAP).copied().filter_map(of_cause));
    cases.extend(waived.iter().take(CAP).map(of_waived));
    cases.extend(unlisted(outcome, &of_causes, waived));
    let name = shown_name(&outcome.artifact);
    let said = format!("{name}{}", harmless(&verdict::sentence(outcome)));
    if cases.is_empty() {
        cases.push(Case {
            class: "premaster".to_owned(),
            name: "nothing found".to_owned(),
            end: End::Passed,
            message: String::new(),
            text: said.clone(),
        });
    }
    let number = |wanted: fn(&End) -> bool| {
        cases.iter().filter(|case| wanted(&case.end)).count().to_string()
    };
    let (all, failed) = (cases.len().to_string(), number(|end| matches!(end, End::Failed)));
    let (errors, skipped) =
        (number(|end| matches!(end, End::Error)), number(|end| matches!(end, End::Skipped)));
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let totals =
        [("name", "premaster"), ("tests", &all), ("failures", &failed), ("errors", &errors)];
    xml.create_element("testsuites").with_attributes(totals).write_inner_content(|xml| {
        let totals =
            totals.into_iter().skip(1).chain([("name", name.as_str()), ("skipped", &skipped)]);
        xml.create_element("testsuite").with_attributes(totals).write_inner_content(|xml| {
            for case in &cases {
                write_case(xml, case)?;
            }
            xml.create_element("system-out").write_text_content(BytesText::new(&said))?;
            Ok(())
        })?;
        Ok(())
    })?;
    let mut out = xml.into_inner();
    out.push(b'\n');
    Ok(out)
}

fn write_case(xml: &mut Writer<Vec<u8>>, case: &Case) -> io::Result<()> {
    let element = xml
        .create_element("testcase")
        .with_attributes([("classname", case.class.as_str()), ("name", case.name.as_str())]);
    let (tag, kind) = match case.end {
        End::Passed => ("system-out", None),
        End::Failed => ("failure", Some(case.class.as_str())),
        End::Error => ("error", Some(case.class.as_str())),
        End::Skipped => ("skipped", None),
    };
    element.write_inner_content(|xml| {
        let mut inner = xml.create_element(tag);
        if !matches!(case.end, End::Passed) {
            inner = inner.with_attribute(("message", case.message.as_str()));
        }
        if let Some(kind) = kind {
            inner = inner.with_attribute(("type", kind));
        }
        inner.write_text_content(BytesText::new(&case.text))?;
        Ok(())
    })?;
    Ok(())
}

/// Cases are named by rule and place, as a class and its test.
fn class(rule: &str) -> String {
    format!("premaster.{}", rule.replace('/', "."))
}

fn of_cause(issues: &[Issue<'_>]) -> Option<Case> {
    let first = issues.first()?;
    let path = clipped(&harmless(&first.path.to_string()), LONGEST);
    let place = if first.place.is_empty() { String::new() } else { format!(", {}", first.place) };
    let mut text = Vec::new();
    for issue in issues {
        text.push(format!("{}[{}]: {}", issue.severity.name(), issue.rule, issue.message));
        let line = match (issue.finding, issue.hunk, issue.change) {
            (Some(finding), ..) => dump::finding(finding, None),
            (_, Some(hunk), Some(change)) => dump::hunk(hunk, change.encoding.as_deref()),
            _ => None,
        };
        text.extend(line.map(|line| line.plain()));
        for (label, said) in [("why", &issue.why), ("fix", &issue.remedy)] {
            if !said.is_empty() {
                text.push(format!("{label}: {said}"));
            }
        }
    }
    Some(Case {
        class: class(first.rule),
        name: format!("{path}{place}"),
        end: if first.blocking { End::Failed } else { End::Passed },
        message: clipped(&first.message, LONGEST),
        text: text.join("\n"),
    })
}

/// What the lists have no room for, as one case that ends as the worst of it.
fn unlisted(outcome: &Outcome, causes: &[&[Issue<'_>]], waived: &[Waived]) -> Option<Case> {
    let over = |n: usize| n.saturating_sub(CAP);
    let gaps = over(outcome.gaps.len());
    let more = gaps + over(causes.len()) + over(waived.len());
    let mut rest = causes.iter().skip(CAP).copied().flatten();
    let end = if rest.any(|issue| issue.blocking) {
        End::Failed
    } else if gaps > 0 {
        End::Error
    } else {
        End::Passed
    };
    let said = format!("{} not listed: a list ends at {CAP}", count(more, "more item"));
    (more > 0).then(|| Case {
        class: "premaster".to_owned(),
        name: "not listed".to_owned(),
        end,
        message: said.clone(),
        text: said,
    })
}

fn of_gap(gap: &Gap) -> Case {
    let range = gap.range.map(|(from, to)| format!(", bytes {from} to {to}")).unwrap_or_default();
    let message = harmless(&gap.message);
    Case {
        class: class(&format!("gap/{}", gap.kind.name())),
        name: format!("{}{range}", clipped(&harmless(&gap.path.to_string()), LONGEST)),
        end: End::Error,
        message: format!("not inspected: {}", clipped(&message, LONGEST)),
        text: message,
    }
}

fn of_waived(waived: &Waived) -> Case {
    let line = waived.line.map(|line| format!(", line {line}")).unwrap_or_default();
    let offset = waived.finding.as_ref().and_then(|finding| finding.offset);
    let offset = offset.map(|offset| format!(", offset {offset}")).unwrap_or_default();
    let reason = harmless(&format!("{} ({})", waived.reason, waived.owner)).replace('\n', " ");
    Case {
        class: class(&waived.rule),
        name: format!("{}{line}{offset}", clipped(&harmless(&waived.path.to_string()), LONGEST)),
        end: End::Skipped,
        message: clipped(&reason, LONGEST),
        text: waived.finding.as_ref().map(|finding| harmless(&finding.message)).unwrap_or_default(),
    }
}
