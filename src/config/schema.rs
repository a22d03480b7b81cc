//! The JSON Schema of `premaster.toml`, for editors.

use serde_json::{Value, json};

use crate::rules::Targets;
use crate::rules::schema::{pattern, scope};

/// The schema of the settings.
pub fn schema() -> Value {
    let text = json!({ "type": "string" });
    let globs = json!({ "type": "array", "items": { "type": "string" } });
    let level = json!({ "enum": ["off", "note", "warning", "error"] });
    let targets: Vec<_> = Targets::built_in().iter().map(|target| target.name.as_str()).collect();
    let versioned = Targets::built_in().iter().filter(|target| target.binaries.has_versions());
    let versioned: Vec<_> =
        versioned.map(|target| target.name.as_str()).chain(["glibc", "java"]).collect();
    let version = json!({ "type": "string", "pattern": "^[0-9]+([.][0-9]+)*$" });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of premaster",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "release": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "targets": { "type": "array", "items": { "enum": targets } },
                    "bind": { "type": "object", "propertyNames": { "enum": targets }, "additionalProperties": globs },
                    "oldest": { "type": "object", "propertyNames": { "enum": versioned }, "additionalProperties": version },
                },
            },
            "compare": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "normalize": { "type": "array", "items": { "type": "string" } },
                    "host": { "type": "boolean" },
                },
            },
            "limits": {
                "type": "object",
                "additionalProperties": false,
                "properties": { "decoded": text },
            },
            "links": {
                "type": "object",
                "additionalProperties": false,
                "properties": { "root": text, "base": { "type": "string", "pattern": "^/([^/]|$)" } },
            },
            "rules": {
                "type": "object",
                "description": "By ids of rules or globs over them",
                "additionalProperties": { "anyOf": [level, {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "severity": level,
                        "paths": { "type": "object", "additionalProperties": level },
                        "scope": scope(),
                        "match": pattern(),
                        "except": globs,
                        "when": text,
                    },
                }] },
            },
            "suppress": {
                "type": "object",
                "additionalProperties": false,
                "properties": { "allow": globs },
            },
            "waiver": { "type": "array", "items": {
                "type": "object",
                "additionalProperties": false,
                "required": ["rule", "reason", "owner", "expires"],
                "anyOf": [{ "required": ["path"] }, { "required": ["digest"] }],
                "properties": {
                    "rule": text, "path": text, "reason": text, "owner": text,
                    "digest": { "type": "string", "pattern": "^(blake3:)?[0-9A-Fa-f]{64}$" },
                    "expires": { "description": "A date, as 2027-01-31" },
                },
            } },
        },
    })
}
