//! The JSON Schemas: they take what loading takes, and have its fields.

use std::collections::BTreeSet;
use std::path::Path;

use premaster::config::{self, Config};
use premaster::rules::{self, Catalogue};
use serde_json::{Value, json};

/// What is wrong with a value, by the part of JSON Schema that the two schemas use; a keyword that
/// is none of it is a failure.
fn check(schema: &Value, value: &Value) -> Result<(), String> {
    let all = |key: &str| schema[key].as_array().cloned().unwrap_or_default();
    for (keyword, rule) in schema.as_object().expect("a schema") {
        let good = match keyword.as_str() {
            "$schema" | "title" | "description" | "pattern" => true,
            "type" => match rule.as_str() {
                Some("object") => value.is_object(),
                Some("array") => value.is_array(),
                Some("string") => value.is_string(),
                Some("integer") => value.is_i64(),
                Some("boolean") => value.is_boolean(),
                other => panic!("type {other:?}"),
            },
            "enum" => all("enum").contains(value),
            "anyOf" => all("anyOf").iter().any(|schema| check(schema, value).is_ok()),
            "required" => {
                all("required").iter().all(|key| !value[key.as_str().expect("a key")].is_null())
            }
            "minItems" => value
                .as_array()
                .is_none_or(|list| list.len() as u64 >= rule.as_u64().expect("a number")),
            "minimum" => value.as_i64() >= rule.as_i64(),
            "maximum" => value.as_i64() <= rule.as_i64(),
            "items" => {
                value.as_array().into_iter().flatten().try_for_each(|item| check(rule, item))?;
                true
            }
            "propertyNames" => {
                let keys = value.as_object().into_iter().flatten().map(|(key, _)| key);
                keys.into_iter().try_for_each(|key| check(rule, &json!(key)))?;
                true
            }
            "properties" | "additionalProperties" => {
                for (key, value) in value.as_object().into_iter().flatten() {
                    match (&schema["properties"][key], &schema["additionalProperties"]) {
                        (Value::Null, Value::Bool(false)) => return Err(format!("no key {key:?}")),
                        (Value::Null, Value::Null) => {}
                        (Value::Null, other) => check(other, value)?,
                        (known, _) => {
                            check(known, value).map_err(|error| format!("{key}: {error}"))?;
                        }
                    }
                }
                true
            }
            other => panic!("keyword {other:?}"),
        };
        if !good {
            return Err(format!("{keyword} {rule} against {value}"));
        }
    }
    Ok(())
}

fn value(text: &str) -> Value {
    let table: toml::Table = toml::from_str(text).expect("TOML");
    serde_json::to_value(table).expect("JSON")
}

#[test]
fn every_rule_is_as_the_schema_says() {
    let schema = rules::schema::schema();
    for rule in Catalogue::built_in().iter() {
        let text = std::fs::read_to_string(super::root().join(&rule.file)).expect("readable");
        assert_eq!(check(&schema, &value(&text)), Ok(()), "{}", rule.file);
    }
    let bell = std::fs::read_to_string(super::root().join("rules/text/bell.toml")).expect("there");
    for (from, to) in [
        ("severity", "severty"),
        ("\"census\"", "\"cheap\""),
        ("{ control =", "{ controls ="),
        ("hit = true", "hit = 1"),
        ("title", "titles"),
    ] {
        assert!(bell.contains(from), "{from}");
        let wrong = bell.replacen(from, to, 1);
        assert!(check(&schema, &value(&wrong)).is_err(), "{to}");
    }
}

/// The fields that the parser names when it meets one that it does not know.
fn fields(message: &str) -> BTreeSet<String> {
    assert!(message.contains("unknown field"), "{message}");
    message.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

fn keys(schema: &Value) -> BTreeSet<String> {
    schema["properties"].as_object().expect("properties").keys().cloned().collect()
}

/// What comes behind the last field is a guess, which names one once more or not at all.
#[test]
fn the_schemas_have_the_fields_that_loading_takes() {
    let rule = rules::schema::schema();
    let refused = |text: &str| Catalogue::of([("x", text)]).expect_err(text)[0].message.clone();
    let items = |key: &str| &rule["properties"]["example"]["items"]["properties"][key]["items"];
    for (text, schema) in [
        ("zz = 1", &rule),
        ("[scope]\nzz = 1", &rule["properties"]["scope"]),
        ("[match]\nzz = 1", &rule["properties"]["match"]),
        ("[[example]]\nzz = 1", &rule["properties"]["example"]["items"]),
        ("[[example]]\nentries = [{ zz = 1 }]", items("entries")),
        ("[[example]]\npatch = [{ zz = 1 }]", items("patch")),
    ] {
        assert_eq!(fields(&refused(text)), keys(schema), "{text}");
    }
    let config = config::schema();
    let of = |key: &str| &config["properties"][key];
    let refused = |text: &str| {
        Config::parse(text, Path::new("x")).expect_err(text).message.replace("; ", " ")
    };
    for (text, schema) in [
        ("zz = 1", &config),
        ("[release]\nzz = 1", of("release")),
        ("[compare]\nzz = 1", of("compare")),
        ("[limits]\nzz = 1", of("limits")),
        ("[links]\nzz = 1", of("links")),
        ("[rules.'a/b']\nzz = 1", &of("rules")["additionalProperties"]["anyOf"][1]),
        ("[suppress]\nzz = 1", of("suppress")),
        ("[[waiver]]\nzz = 1", &of("waiver")["items"]),
    ] {
        let schema = keys(schema);
        let message = refused(text);
        // One field alone is told without a list.
        assert!(
            schema.len() == 1 && message.contains(schema.first().expect("one"))
                || fields(&message) == schema,
            "{text}: {message}"
        );
    }
}
