//! SARIF 2.1.0 (OASIS, with errata 01): one run.
//!
//! A result is a finding, or a change that nobody declared. Entries of containers are nested
//! artifacts (section 3.24.3); a view of a disc is the first segment of their path. What was not
//! inspected is a notification, and the execution was then not successful.

use std::collections::{BTreeSet, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::bytes::count;
use super::dump;
use super::issue::{
    CAP, Issue, UNDECLARED, UNFULFILLED, host_file, is_folder, issues, of_finding, uri_of,
};
use crate::model::locator::harmless;
use crate::model::{
    Confidence, Disposition, Gap, Locator, Outcome, Related, Severity, Verdict, Waived,
};
use crate::rules::{Catalogue, Rule};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The report of `check`. The rules tell what findings mean.
pub fn check(outcome: &Outcome, waived: &[Waived], rules: &Catalogue) -> String {
    let mut run = Run::new(outcome, rules);
    let issues = issues(outcome);
    let mut results: Vec<Value> = Vec::new();
    for issue in issues.iter().take(CAP) {
        let mut result = run.result(issue);
        result["suppressions"] = json!([]);
        results.push(result);
    }
    let accepted = waived.iter().filter_map(|waived| Some((waived, waived.finding.as_deref()?)));
    let accepted: Vec<_> = accepted.collect();
    for &(waived, finding) in accepted.iter().take(CAP) {
        let mut result = run.result(&of_finding(finding));
        result["suppressions"] = json!([{
            "kind": if waived.line.is_some() { "inSource" } else { "external" },
            "status": "accepted",
            "justification": harmless(&format!("{} ({})", waived.reason, waived.owner)),
        }]);
        results.push(result);
    }
    let mut notes: Vec<Value> = outcome.gaps.iter().take(CAP).map(|gap| run.gap(gap)).collect();
    let lists = [issues.len(), accepted.len(), outcome.gaps.len()];
    let more = lists.into_iter().map(|length| length.saturating_sub(CAP)).sum();
    if more > 0 {
        let text = format!("{} not listed: a list ends at {CAP}", count(more, "more item"));
        notes.push(json!({ "level": "warning", "message": { "text": text } }));
    }
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "premaster",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": run.descriptors(),
                "notifications": run.kinds_of_gaps(),
            }},
            "invocations": [{
                "executionSuccessful": outcome.gaps.is_empty(),
                "exitCode": match outcome.verdict {
                    Verdict::Ship => 0,
                    Verdict::Blocked => 1,
                    Verdict::Incomplete => 3,
                },
                "toolExecutionNotifications": notes,
            }],
            "columnKind": "unicodeCodePoints",
            "artifacts": run.artifacts,
            "results": results,
            "properties": properties(outcome),
        }],
    });
    let mut out = serde_json::to_string_pretty(&log).unwrap_or_default();
    out.push('\n');
    out
}

/// What SARIF has no place for.
fn properties(outcome: &Outcome) -> Value {
    let of = |wanted: Disposition| {
        outcome.changes.iter().filter(|change| change.disposition == wanted).count()
    };
    json!({
        "verdict": outcome.verdict.name(),
        "targets": outcome.targets,
        "rules": outcome.rules.as_ref().map(|rules| rules.blake3),
        "config": outcome.config,
        "approved": outcome.approved.as_ref().and_then(|approved| approved.blake3),
        "intent": outcome.intent.as_ref().map(|intent| intent.blake3),
        "changes": {
            "intended": of(Disposition::Intended),
            "derived": of(Disposition::Derived),
            "normalized": of(Disposition::Normalized),
            "undeclared": of(Disposition::Undeclared),
            "unfulfilled": of(Disposition::Unfulfilled),
        },
    })
}

/// The tables of a run under way.
struct Run<'a> {
    outcome: &'a Outcome,
    rules: &'a Catalogue,
    /// Rules that results name, in the order of their first.
    named: Vec<String>,
    by_name: HashMap<String, usize>,
    artifacts: Vec<Value>,
    /// Of each locator, its place among the artifacts.
    by_path: HashMap<String, usize>,
    gaps: BTreeSet<&'static str>,
}

impl<'a> Run<'a> {
    fn new(outcome: &'a Outcome, rules: &'a Catalogue) -> Self {
        let root = Locator::root();
        let mut is = vec!["analysisTarget"];
        let mut artifact = json!({ "location": { "uri": host_file(outcome, &root).uri } });
        if is_folder(outcome) {
            is.push("directory");
        } else {
            artifact["length"] = json!(outcome.artifact.size);
        }
        artifact["roles"] = json!(is);
        if let Some(blake3) = outcome.artifact.blake3 {
            artifact["hashes"] = json!({ "blake3": blake3 });
        }
        Self {
            outcome,
            rules,
            named: Vec::new(),
            by_name: HashMap::new(),
            artifacts: vec![artifact],
            by_path: HashMap::from([(String::new(), 0)]),
            gaps: BTreeSet::new(),
        }
    }

    fn rule_index(&mut self, id: &str) -> usize {
        if let Some(&index) = self.by_name.get(id) {
            return index;
        }
        self.named.push(id.to_owned());
        self.by_name.insert(id.to_owned(), self.named.len() - 1);
        self.named.len() - 1
    }

    fn result(&mut self, issue: &Issue<'_>) -> Value {
        let mut result = json!({
            "ruleId": issue.rule,
            "ruleIndex": self.rule_index(issue.rule),
            "level": issue.severity.name(),
            "message": { "text": self.message(issue) },
            "locations": [self.location(issue.path, region(issue), context(issue))],
            "partialFingerprints": {
                "premaster/v1": issue.fingerprint,
                // The one that GitHub goes by.
                "primaryLocationLineHash": issue.fingerprint,
            },
            "properties": {
                "blocking": issue.blocking,
                "confidence": issue.finding.map(|finding| finding.confidence.name()),
                "target": issue.finding.and_then(|finding| finding.target.as_deref()),
                "imageOffset": issue.finding.and_then(|finding| finding.image_offset),
                "verb": issue.change.map(|change| change.verb.name()),
            },
        });
        if let Some(related) = issue.finding.and_then(|finding| finding.related.as_ref()) {
            result["relatedLocations"] = json!([self.beside(related)]);
        }
        if let Some(unchanged) = issue.unchanged {
            result["baselineState"] = json!(if unchanged { "unchanged" } else { "new" });
        }
        result
    }

    /// What stands in a container is named: many viewers show no nested artifacts.
    fn message(&self, issue: &Issue<'_>) -> String {
        if host_file(self.outcome, issue.path).is_whole {
            return issue.message.clone();
        }
        let place =
            if issue.place.is_empty() { String::new() } else { format!(", {}", issue.place) };
        format!("{}{place}: {}", harmless(&issue.path.to_string()), issue.message)
    }

    fn location(&mut self, path: &Locator, region: Option<Value>, context: Option<Value>) -> Value {
        let index = self.artifact(path.as_str());
        let uri = self.artifacts.get(index).map(|artifact| artifact["location"]["uri"].clone());
        let mut physical = json!({ "artifactLocation": { "uri": uri, "index": index } });
        for (key, value) in [("region", region), ("contextRegion", context)] {
            if let Some(value) = value {
                physical[key] = value;
            }
        }
        json!({
            "physicalLocation": physical,
            "logicalLocations": [{ "fullyQualifiedName": path, "kind": "member" }],
        })
    }

    /// The place of an entry among the artifacts, behind the containers around it.
    fn artifact(&mut self, path: &str) -> usize {
        if let Some(&index) = self.by_path.get(path) {
            return index;
        }
        let mut parent = 0;
        let mut from = 0;
        let ends = path.match_indices('!').map(|(at, _)| at).chain([path.len()]);
        for end in ends {
            let Some(whole) = path.get(..end).filter(|whole| !whole.is_empty()) else { continue };
            let index = self.by_path.get(whole).copied().unwrap_or_else(|| {
                let is_top = from == 0 && is_folder(self.outcome);
                let artifact = if is_top {
                    let file = host_file(self.outcome, &Locator::parse(whole));
                    json!({ "location": { "uri": file.uri } })
                } else {
                    // `!/a` is a path, `!view/a` a path in a view.
                    let inner = path.get(from..end).unwrap_or_default();
                    let inner = inner.strip_prefix("!/").unwrap_or(inner);
                    let uri = match inner.strip_prefix('!') {
                        Some(inner) => format!("/!{}", uri_of(inner)),
                        None => format!("/{}", uri_of(inner)),
                    };
                    json!({ "location": { "uri": uri }, "parentIndex": parent })
                };
                self.artifacts.push(artifact);
                self.by_path.insert(whole.to_owned(), self.artifacts.len() - 1);
                self.artifacts.len() - 1
            });
            parent = index;
            from = end;
        }
        parent
    }

    /// The record of an entry in its container.
    fn beside(&mut self, related: &Related) -> Value {
        self.location(&related.path, Some(bytes(related.offset, related.length)), None)
    }

    fn gap(&mut self, gap: &Gap) -> Value {
        self.gaps.insert(gap.kind.name());
        let region = gap.range.map(|(start, end)| bytes(start, end.saturating_sub(start)));
        let mut locations = vec![self.location(&gap.path, region, None)];
        locations.extend(gap.related.as_ref().map(|related| self.beside(related)));
        json!({
            "descriptor": { "id": gap_id(gap.kind.name()) },
            "level": "error",
            "message": { "text": harmless(&format!("{} was not inspected: {}", gap.path, gap.message)) },
            "locations": locations,
        })
    }

    fn kinds_of_gaps(&self) -> Vec<Value> {
        let told = |kind: &&str| {
            json!({
                "id": gap_id(kind),
                "shortDescription": { "text": format!("Not inspected: {kind}") },
                "help": { "text": "What was not inspected may hold anything: the release is not known \
                                   to be good. Make it whole and readable and check again, or accept \
                                   the bytes with a waiver of `gap` and their digest." },
            })
        };
        self.gaps.iter().map(told).collect()
    }

    fn descriptors(&self) -> Vec<Value> {
        self.named.iter().map(|id| match (self.rules.get(id), id.as_str()) {
            (Some(rule), _) => descriptor(rule),
            (None, UNDECLARED) => of_changes(
                UNDECLARED,
                "A change that nobody declared",
                "The artifact differs from the approved build, and no intent says that it should.",
                "Take it out or, if it is meant, declare it in the intent.",
            ),
            (None, UNFULFILLED) => of_changes(
                UNFULFILLED,
                "A declared change that is not there",
                "The intent declares a change, and the artifact does not have it.",
                "Make the declared change, or correct the intent.",
            ),
            (None, id) => json!({ "id": id }),
        })
        .collect()
    }
}

fn gap_id(kind: &str) -> String {
    format!("gap/{kind}")
}

fn descriptor(rule: &Rule) -> Value {
    let (why, remedy) = (harmless(rule.why.trim()), harmless(rule.remedy.trim()));
    let mut descriptor = json!({
        "id": rule.id,
        "shortDescription": { "text": harmless(&rule.title) },
        "fullDescription": { "text": why },
        "help": help(&why, &remedy),
        "defaultConfiguration": { "level": rule.severity.name(), "enabled": !rule.opt_in },
        "properties": {
            "tags": [rule.family()],
            "precision": match rule.confidence {
                Confidence::High => "very-high",
                Confidence::Medium => "medium",
                Confidence::Low => "low",
            },
            "problem.severity": match rule.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "recommendation",
            },
        },
    });
    if !rule.aliases.is_empty() {
        descriptor["deprecatedIds"] = json!(rule.aliases);
    }
    let is_address = |text: &&String| {
        text.starts_with("https://") && text.bytes().all(|b| b.is_ascii_graphic() && b != b'"')
    };
    if let Some(reference) = rule.references.iter().find(is_address) {
        descriptor["helpUri"] = json!(reference);
    }
    descriptor
}

fn help(why: &str, remedy: &str) -> Value {
    json!({
        "text": format!("{why}\n\nWhat to do: {remedy}"),
        "markdown": format!("**Why.** {why}\n\n**What to do.** {remedy}"),
    })
}

fn of_changes(id: &str, title: &str, why: &str, remedy: &str) -> Value {
    json!({
        "id": id,
        "shortDescription": { "text": title },
        "fullDescription": { "text": why },
        "help": help(why, remedy),
        "defaultConfiguration": { "level": "error" },
        "properties": { "tags": ["change"], "precision": "very-high", "problem.severity": "error" },
    })
}

/// Bytes of an artifact.
fn bytes(offset: u64, length: u64) -> Value {
    json!({ "byteOffset": offset, "byteLength": length })
}

/// The bytes and, of a text, the place where they begin.
fn region(issue: &Issue<'_>) -> Option<Value> {
    let (offset, length) = issue.bytes?;
    let mut region = bytes(offset, length);
    if let Some((line, column)) = issue.position {
        region["startLine"] = json!(line);
        region["startColumn"] = json!(column);
        if let Some(width) = characters(issue) {
            region["endLine"] = json!(line);
            region["endColumn"] = json!(column + width);
        }
    }
    Some(region)
}

/// How many characters the bytes are, if all of them are known and stand in one line.
fn characters(issue: &Issue<'_>) -> Option<u64> {
    let (offset, length) = issue.bytes?;
    let length = usize::try_from(length).ok()?;
    let (bytes, encoding) = match (issue.finding, issue.hunk, issue.change) {
        (Some(finding), ..) => {
            let evidence = finding.evidence.as_ref()?;
            if evidence.bytes.contains(&0) {
                // Maybe UTF-16.
                return None;
            }
            let at = usize::try_from(offset.checked_sub(evidence.start)?).ok()?;
            (evidence.bytes.get(at..at.checked_add(length)?)?, None)
        }
        (_, Some(hunk), Some(change)) => {
            let bytes = hunk.new_bytes.as_deref().unwrap_or_default();
            (
                bytes.get(..length).filter(|all| all.len() == bytes.len())?,
                change.encoding.as_deref(),
            )
        }
        _ => return None,
    };
    let encoding = encoding_rs::Encoding::for_label(encoding.unwrap_or("utf-8").as_bytes())?;
    // Columns of other encodings count bytes.
    let counts = encoding == encoding_rs::UTF_8 || encoding.is_single_byte();
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    (counts && !text.contains(['\n', '\r'])).then(|| text.chars().count() as u64)
}

/// The bytes around a finding, where they are more than it (section 3.29.5).
fn context(issue: &Issue<'_>) -> Option<Value> {
    let finding = issue.finding?;
    let evidence = finding.evidence.as_ref()?;
    let (offset, length) = issue.bytes?;
    let (from, size) = (evidence.start, evidence.bytes.len() as u64);
    let holds = from <= offset && offset.saturating_add(length) <= from.saturating_add(size);
    if !holds || size <= length {
        return None;
    }
    let mut snippet = json!({ "binary": STANDARD.encode(&evidence.bytes) });
    if let Some(line) = dump::finding(finding, None) {
        snippet["rendered"] = json!({ "text": line.plain() });
    }
    Some(json!({ "byteOffset": from, "byteLength": size, "snippet": snippet }))
}
