//! `premaster/report/v1`: one object, or one object a line.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::bytes::text;
use super::issue::{CAP, file_name, shown_name};
use crate::model::change::Granularity;
use crate::model::digest::hex;
use crate::model::locator::{escape_text, harmless};
use crate::model::outcome::Subject;
use crate::model::{
    Cause, Change, Disposition, FieldChange, Finding, Gap, Hunk, Locator, Outcome, Related,
    Severity, Waived,
};

/// The schema of the object.
const SCHEMA: &str = "premaster/report/v1";

/// The report of `check` or `diff`.
pub fn check(outcome: &Outcome, waived: &[Waived]) -> String {
    let mut report = header(outcome);
    let mut truncated = 0;
    for (name, _, values) in lists(outcome, waived) {
        truncated += values.len().saturating_sub(CAP);
        report.insert(name.into(), values.take(CAP).collect());
    }
    if truncated > 0 {
        report.insert("truncated".into(), json!(truncated));
    }
    let mut out = serde_json::to_string_pretty(&Value::Object(report)).unwrap_or_default();
    out.push('\n');
    out
}

/// The same, one object a line, each with its `type`; all of them, however many.
pub fn check_lines(outcome: &Outcome, waived: &[Waived]) -> String {
    let mut out = String::new();
    let mut push = |kind: &str, value: Value| {
        let mut object = Map::new();
        object.insert("type".into(), json!(kind));
        if let Value::Object(rest) = value {
            object.extend(rest);
        }
        out.push_str(&Value::Object(object).to_string());
        out.push('\n');
    };
    push("report", Value::Object(header(outcome)));
    for (_, kind, values) in lists(outcome, waived) {
        for value in values {
            push(kind, value);
        }
    }
    out
}

/// The lists of a report: what they are called, what one item is, and the items.
fn lists<'a>(
    outcome: &'a Outcome,
    waived: &'a [Waived],
) -> [(&'static str, &'static str, Box<dyn ExactSizeIterator<Item = Value> + 'a>); 5] {
    let causes = outcome.causes.iter().enumerate();
    let changes = outcome.changes.iter().enumerate();
    [
        ("causes", "cause", Box::new(causes.map(|(index, value)| cause(outcome, index, value)))),
        ("findings", "finding", Box::new(outcome.findings.iter().map(finding))),
        ("changes", "change", Box::new(changes.map(|(index, value)| change(index, value)))),
        ("gaps", "gap", Box::new(outcome.gaps.iter().map(gap))),
        ("waived", "waived", Box::new(waived.iter().map(waiver))),
    ]
}

fn header(outcome: &Outcome) -> Map<String, Value> {
    let of_severity = |wanted: Severity| {
        outcome.findings.iter().filter(|f| f.severity == wanted && !f.existing).count()
    };
    let of_disposition = |wanted: Disposition| {
        outcome.changes.iter().filter(|change| change.disposition == wanted).count()
    };
    let value = json!({
        "schema": SCHEMA,
        "verdict": outcome.verdict.name(),
        "artifact": subject(&outcome.artifact),
        "approved": outcome.approved.as_ref().map(subject),
        "intent": outcome.intent.as_ref().map(|intent| json!({
            "path": escape_text(file_name(&intent.path).as_bytes()),
            "summary": harmless(&intent.summary),
            "blake3": intent.blake3,
        })),
        "targets": outcome.targets,
        "rules": outcome.rules.as_ref().map(|rules| json!({
            "blake3": rules.blake3,
            "own": rules.own,
        })),
        "config": outcome.config.map(|blake3| json!({ "blake3": blake3 })),
        "summary": {
            "blocking": outcome.blocking().count(),
            "error": of_severity(Severity::Error),
            "warning": of_severity(Severity::Warning),
            "note": of_severity(Severity::Note),
            "existing": outcome.findings.iter().filter(|finding| finding.existing).count(),
            "intended": of_disposition(Disposition::Intended),
            "derived": of_disposition(Disposition::Derived),
            "normalized": of_disposition(Disposition::Normalized),
            "undeclared": of_disposition(Disposition::Undeclared),
            "unfulfilled": of_disposition(Disposition::Unfulfilled),
            "gaps": outcome.gaps.len(),
            "entries": outcome.entries,
            "bytes": outcome.bytes,
        },
    });
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn subject(subject: &Subject) -> Value {
    json!({
        "path": shown_name(subject),
        "format": subject.format,
        "size": subject.size,
        "blake3": subject.blake3,
    })
}

fn change_id(index: usize) -> String {
    format!("change-{}", index + 1)
}

fn cause(outcome: &Outcome, index: usize, cause: &Cause) -> Value {
    let findings = cause.findings.iter().filter_map(|&index| outcome.findings.get(index));
    json!({
        "id": format!("cause-{}", index + 1),
        "path": cause.path,
        "blocking": cause.blocking,
        "disposition": cause.disposition.map(Disposition::name),
        "severity": cause.severity.map(Severity::name),
        "changes": cause.change.map(change_id).into_iter().collect::<Vec<_>>(),
        "hunk": cause.hunk,
        "findings": findings.map(Finding::fingerprint).collect::<Vec<_>>(),
        "folded": cause.folded.iter().map(|&index| change_id(index)).collect::<Vec<_>>(),
    })
}

fn raw_path(path: &Locator) -> Option<String> {
    let segment = path.last_segment();
    let raw = crate::model::locator::unescape(segment);
    (raw != segment.as_bytes()).then(|| STANDARD.encode(raw))
}

fn finding(finding: &Finding) -> Value {
    json!({
        "rule": finding.rule,
        "severity": finding.severity.name(),
        "confidence": finding.confidence.name(),
        "state": if finding.existing { "existing" } else { "new" },
        "target": finding.target,
        "path": finding.path,
        "raw_path": raw_path(&finding.path),
        "aliases": finding.aliases,
        "offset": finding.offset,
        "length": finding.length,
        "line": finding.line,
        "column": finding.column,
        "message": harmless(&finding.message),
        "evidence": finding.evidence.as_ref().map(|evidence| json!({
            "start": evidence.start,
            "hex": hex(&evidence.bytes),
            "text": escape_text(&evidence.bytes),
        })),
        "image_offset": finding.image_offset,
        "related": related(finding.related.as_deref()),
        "more": finding.more,
        "fingerprint": finding.fingerprint(),
        "why": finding.why.trim(),
        "remedy": finding.remedy.trim(),
    })
}

fn related(related: Option<&Related>) -> Vec<Value> {
    let told = |related: &Related| json!({ "path": related.path, "offset": related.offset, "length": related.length });
    related.into_iter().map(told).collect()
}

fn change(index: usize, change: &Change) -> Value {
    json!({
        "id": change_id(index),
        "path": change.path,
        "raw_path": raw_path(&change.path),
        "aliases": change.aliases,
        "verb": change.verb.name(),
        "from": change.from,
        "disposition": change.disposition.name(),
        "fields": change.fields.iter().map(field).collect::<Vec<_>>(),
        "hunks": change.hunks.iter().map(|h| hunk(h, change.encoding.as_deref())).collect::<Vec<_>>(),
        "truncated": (change.more_hunks > 0).then_some(change.more_hunks),
        "related": related(change.bytes()),
        "causes": change.causes.iter().map(|&index| change_id(index)).collect::<Vec<_>>(),
        "note": change.note.as_deref().map(harmless),
    })
}

fn field(field: &FieldChange) -> Value {
    json!({
        "field": field.field,
        "old": field.old,
        "new": field.new,
        "disposition": field.disposition.name(),
    })
}

fn hunk(hunk: &Hunk, encoding: Option<&str>) -> Value {
    let side = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(hex);
    let text_of =
        |bytes: &Option<Vec<u8>>| bytes.as_deref().and_then(|bytes| text(bytes, encoding));
    json!({
        "old_offset": hunk.old_offset,
        "old_length": hunk.old_length,
        "old_hex": side(&hunk.old_bytes),
        "old_text": text_of(&hunk.old_bytes),
        "new_offset": hunk.new_offset,
        "new_length": hunk.new_length,
        "new_hex": side(&hunk.new_bytes),
        "new_text": text_of(&hunk.new_bytes),
        "count": hunk.old_length.max(hunk.new_length),
        "line": hunk.line,
        "column": hunk.column,
        "granularity": match hunk.granularity {
            Granularity::Exact => "exact",
            Granularity::Chunk => "chunk",
        },
        "disposition": hunk.disposition.name(),
    })
}

fn gap(gap: &Gap) -> Value {
    json!({
        "path": gap.path,
        "range": gap.range.map(|(start, end)| json!({ "start": start, "end": end })),
        "related": related(gap.related.as_deref()),
        "kind": gap.kind.name(),
        "message": escape_text(gap.message.as_bytes()),
        "blake3": gap.digest.map(|digest| digest.to_string()),
    })
}

fn waiver(waived: &Waived) -> Value {
    json!({
        "rule": waived.rule,
        "path": waived.path,
        "reason": harmless(&waived.reason),
        "owner": harmless(&waived.owner),
        "line": waived.line,
        "fingerprint": waived.finding.as_ref().map(|finding| finding.fingerprint()),
    })
}
