//! The JSON Schema of rule files, for editors. Lists of names are those of the code; a test compares
//! its fields with those that loading takes, and every built-in rule with the whole.

use serde_json::{Value, json};

use super::detectors::DETECTORS;
use super::targets::Targets;
use crate::model::{Class, GapKind, Kind, TextKind};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of a rule file.
pub fn schema() -> Value {
    let text = |what: &str| json!({ "type": "string", "description": what });
    let texts =
        |what: &str| json!({ "type": "array", "items": { "type": "string" }, "description": what });
    let severity = json!({ "enum": ["error", "warning", "note"] });
    let id = json!({ "type": "string", "pattern": "^[a-z][a-z0-9-]*/[a-z][a-z0-9-]*$" });
    let targets: Vec<_> = Targets::built_in().iter().map(|target| target.name.as_str()).collect();
    let detectors: Vec<_> = DETECTORS.iter().map(|detector| detector.name).collect();
    let names = json!({
        "type": "array",
        "minItems": 1,
        "items": { "type": "string", "pattern": "^[^*]*\\*?[^*]*$" },
        "description": "With fix = \"remove\": the names of the files that go; a person decides on the others",
    });
    let kinds: Vec<_> = TextKind::ALL.iter().map(|kind| kind.name()).collect();
    let verbs = ["added", "removed", "modified", "renamed", "metadata", "region"];
    json!({
        "$schema": DRAFT,
        "title": "A rule of premaster",
        "type": "object",
        "additionalProperties": false,
        "required": ["id"],
        "anyOf": [
            { "required": ["extends"] },
            {
                "required": [
                    "title", "severity", "confidence", "cost", "since", "why", "remedy", "references", "example",
                ],
                "anyOf": [
                    { "required": ["match"] }, { "required": ["detector"] }, { "required": ["when"] },
                ],
            },
        ],
        "properties": {
            "id": id,
            "extends": { "type": "string", "description": "The rule from which comes what is not said here" },
            "overrides": { "type": "boolean", "description": "Whether it takes the place of a built-in rule of the same id" },
            "aliases": { "type": "array", "items": id },
            "title": text("One line: the defect"),
            "severity": severity,
            "severity_in": { "type": "object", "propertyNames": { "enum": kinds }, "additionalProperties": severity },
            "severity_on": { "type": "object", "propertyNames": { "enum": targets }, "additionalProperties": severity },
            "severity_below": { "type": "object", "additionalProperties": severity },
            "confidence": { "enum": ["high", "medium", "low"] },
            "cost": { "enum": ["census", "literal", "parse"] },
            "since": text("The version that brought it"),
            "opt-in": { "type": "boolean", "description": "Whether it runs only where settings give it a severity" },
            "scope": scope(),
            "why": text("What the bytes do, and on which platform"),
            "remedy": text("What to do"),
            "fix": {
                "enum": [
                    "delete", "byte-order-mark", "line-feeds", "carriage-returns", "one-line-end",
                    "final-line-end", "executable", "remove",
                ],
            },
            "fix-names": names,
            "references": { "type": "array", "minItems": 1, "items": { "type": "string" } },
            "match": pattern(),
            "when": text("A condition over facts of the entry, a part of CEL: size > 0 && name.endsWith('.txt')"),
            "detector": { "enum": detectors },
            "except": texts("Names that are no hit, for detectors of names"),
            "message": text("What a finding says, with {offset}, {line}, {column}, {hex}, {name}, {count}, {detail}"),
            "example": { "type": "array", "minItems": 2, "items": example(&targets, &verbs) },
        },
    })
}

/// What a rule looks at.
pub fn scope() -> Value {
    let classes = [Class::Text, Class::Binary, Class::Container, Class::Empty];
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "classes": { "type": "array", "items": { "enum": classes.map(Class::name) } },
            "kinds": { "type": "array", "items": { "enum": TextKind::ALL.map(TextKind::name) } },
            "formats": { "type": "array", "items": { "type": "string" } },
            "names": { "type": "array", "items": { "type": "string", "pattern": "^[^*]*\\*?[^*]*$" } },
        },
    })
}

/// What it looks for.
pub fn pattern() -> Value {
    let strings = |pattern: &str| json!({ "type": "array", "items": { "type": "string", "pattern": pattern } });
    let hex = "^([0-9A-Fa-f]{2}\\s*)*$";
    let mode = json!({ "type": "string", "pattern": "^[0-7]{1,5}$" });
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "control": { "type": "array", "items": { "type": "integer", "minimum": 0, "maximum": 127 } },
            "position": { "enum": ["any", "end", "inside"] },
            "sequence": { "type": "boolean" },
            "code-points": strings("^U\\+[0-9A-Fa-f]+(\\.\\.U\\+[0-9A-Fa-f]+)?$"),
            "ill-formed": { "type": "array", "items": { "enum": ["overlong", "surrogate", "other"] } },
            "oddity": {
                "enum": [
                    "unclosed-bidi", "selector-run", "lone-surrogate", "odd-byte", "trailing-blank",
                    "windows1252-mojibake", "macintosh-mojibake",
                ],
            },
            "literals": strings(""),
            "literals-hex": strings(hex),
            "line-start": { "type": "boolean" },
            "regex": { "type": "string" },
            "regex-not": { "type": "string" },
            "names": strings("^[^*]*\\*?[^*]*$"),
            "kinds": { "type": "array", "items": { "enum": Kind::ALL.map(Kind::name) } },
            "folders": strings("^[^*]*\\*?[^*]*$"),
            "mode-any": mode,
            "mode-all": mode,
            "mode-none": mode,
            "empty": { "type": "boolean" },
            "released": { "type": "boolean" },
            "copies": { "type": "integer", "minimum": 0 },
        },
    })
}

/// An example.
fn example(targets: &[&str], verbs: &[&str]) -> Value {
    let text = json!({ "type": "string" });
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    let number = json!({ "type": "integer", "minimum": 0 });
    let patch = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["at", "hex"],
        "properties": { "at": number, "hex": text },
    });
    let entry = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["path"],
        "properties": {
            "path": text, "mode": text, "modified": text, "target": text, "text": text,
            "hex": text, "file": text, "owner": { "type": "integer" }, "group": { "type": "integer" }, "times": number,
        },
    });
    let gaps: Vec<_> = GapKind::ALL.iter().map(|kind| kind.name()).collect();
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["hit"],
        "properties": {
            "hit": { "type": "boolean" },
            "note": text, "name": text, "names": texts, "names-hex": texts, "view": text,
            "text": text, "hex": text, "declared": text, "resource": text,
            "approved": { "enum": ["text", "binary", "container", "empty"] },
            "gap": { "enum": gaps },
            "waiver": { "enum": ["used", "unused", "expired"] },
            "change": { "enum": verbs },
            "targets": { "type": "array", "items": { "enum": targets } },
            "at": { "type": "array", "items": number },
            "line": number, "column": number,
            "severity": { "enum": ["error", "warning", "note"] },
            "file": text, "base": text, "length": number,
            "facts": { "type": "object", "additionalProperties": text },
            "patch": { "type": "array", "items": patch },
            "entries": { "type": "array", "items": entry },
        },
    })
}
