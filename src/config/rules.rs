//! The table `[rules]`: how bad rules are, where, and what they look at.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use crate::model::Severity;

/// What `[rules]` says of rules, by an id or a glob over ids.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RuleSetting {
    /// An id, or a glob: `*` is any run of characters without `/`.
    pub id: String,
    /// How bad a hit is.
    pub level: Option<Level>,
    /// The same, by globs of locators.
    pub paths: BTreeMap<String, Level>,
    /// What takes the place of keys of the rule's file.
    pub instead: toml::Table,
    /// The line, from 1.
    pub line: usize,
    /// The lines of these keys, and, behind it, of those of a table.
    pub lines: Vec<(Vec<String>, usize)>,
}

/// How bad a hit is, if it is one at all.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The rule does not run.
    Off,
    /// As in a rule.
    Note,
    /// As in a rule.
    Warning,
    /// As in a rule.
    Error,
}

impl Level {
    /// The severity, if it is not off.
    pub const fn severity(self) -> Option<Severity> {
        match self {
            Self::Off => None,
            Self::Note => Some(Severity::Note),
            Self::Warning => Some(Severity::Warning),
            Self::Error => Some(Severity::Error),
        }
    }
}

/// A level by itself, or a table.
#[derive(Default)]
pub(super) struct Value {
    level: Option<Level>,
    table: Table,
}

impl<'de> Deserialize<'de> for Value {
    // Not an untagged enum, which would lose at which key a table is wrong.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("off, note, warning, error or a table")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
                let level = Level::deserialize(text.into_deserializer())?;
                Ok(Value { level: Some(level), ..Value::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
                let table = Table::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Value { level: table.severity, table })
            }
        }

        deserializer.deserialize_any(Either)
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Table {
    severity: Option<Level>,
    paths: BTreeMap<String, Level>,
    scope: Option<Spanned<Keys>>,
    #[serde(rename = "match")]
    pattern: Option<Spanned<Keys>>,
    except: Option<Spanned<Vec<String>>>,
    when: Option<Spanned<String>>,
}

type Keys = BTreeMap<Spanned<String>, toml::Value>;

impl RuleSetting {
    /// `line_of` tells the line of an offset in the file.
    pub(super) fn of(
        id: String,
        value: Value,
        line: usize,
        line_of: &dyn Fn(usize) -> usize,
    ) -> Self {
        let Value { level, table } = value;
        let mut instead = toml::Table::new();
        let mut lines = Vec::new();
        let mut place = |path: &[&str], at: usize| {
            lines.push((path.iter().map(|key| (*key).to_owned()).collect(), line_of(at)));
        };
        if let Some(except) = table.except {
            place(&["except"], except.span().start);
            instead.insert("except".to_owned(), except.into_inner().into());
        }
        if let Some(when) = table.when {
            place(&["when"], when.span().start);
            instead.insert("when".to_owned(), when.into_inner().into());
        }
        for (key, keys) in [("scope", table.scope), ("match", table.pattern)] {
            let Some(keys) = keys else { continue };
            place(&[key], keys.span().start);
            let mut values = toml::Table::new();
            for (name, value) in keys.into_inner() {
                place(&[key, name.get_ref()], name.span().start);
                values.insert(name.into_inner(), value);
            }
            instead.insert(key.to_owned(), values.into());
        }
        Self { id, level, paths: table.paths, instead, line, lines }
    }

    /// The line of what is wrong with the keys that take the place of the file's: of the one without
    /// which `is_right` says so, or of the first that is wrong alone; else that of the rule.
    pub fn line_of_wrong(&self, is_right: impl Fn(&toml::Table) -> bool) -> usize {
        if !is_right(&toml::Table::new()) {
            return self.line;
        }
        let without = |path: &[String]| {
            let mut others = self.instead.clone();
            match path {
                [key, inner] => {
                    let table = others.get_mut(key).and_then(toml::Value::as_table_mut);
                    table.map(|table| table.remove(inner));
                }
                path => others.retain(|key, _| !path.iter().any(|gone| gone == key)),
            }
            others
        };
        let only = |path: &[String]| {
            let [key] = path else { return toml::Table::new() };
            self.instead.clone().into_iter().filter(|(name, _)| name == key).collect()
        };
        // Of a table with one wrong key, that key.
        let culprit = self.lines.iter().rev().find(|(path, _)| is_right(&without(path)));
        let culprit =
            culprit.or_else(|| self.lines.iter().find(|(path, _)| !is_right(&only(path))));
        culprit.map_or(self.line, |(_, line)| *line)
    }

    /// Whether it is a glob over ids.
    pub fn is_glob(&self) -> bool {
        self.id.contains(['*', '?'])
    }
}
