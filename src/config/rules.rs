//! The table `[rules]`: how bad rules are, where, and what they look at.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::model::Severity;
use crate::rules::near::hint;

/// What `[rules]` says of rules, by an id or a glob over ids.
#[derive(Clone, PartialEq, Debug)]
pub struct RuleSetting {
    /// An id, or a glob: `*` is any run of characters without `/`.
    pub id: String,
    /// How bad a hit is.
    pub level: Option<Level>,
    /// The same, by globs of locators.
    pub paths: BTreeMap<String, Level>,
    /// What takes the place of keys of the rule's file, as TOML; empty for nothing.
    pub instead: String,
    /// The line, from 1.
    pub line: usize,
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
pub(super) enum Value {
    Level(Level),
    Table(Table),
}

impl Value {
    pub(super) fn of(value: toml::Value) -> Result<Self, String> {
        let told = |error: toml::de::Error| {
            let message = error.message().replace('\n', " ");
            let hint = hint(&message);
            message + &hint
        };
        match value {
            toml::Value::String(_) => value.try_into().map(Self::Level).map_err(told),
            toml::Value::Table(_) => value.try_into().map(Self::Table).map_err(told),
            _ => Err("expected off, note, warning, error or a table".to_owned()),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Table {
    severity: Option<Level>,
    paths: BTreeMap<String, Level>,
    scope: Option<toml::Table>,
    #[serde(rename = "match")]
    pattern: Option<toml::Table>,
    except: Option<Vec<String>>,
    when: Option<String>,
}

impl RuleSetting {
    pub(super) fn of(id: String, value: Value, line: usize) -> Self {
        let table = match value {
            Value::Level(level) => Table { severity: Some(level), ..Table::default() },
            Value::Table(table) => table,
        };
        let mut instead = toml::Table::new();
        instead.extend(table.scope.map(|scope| ("scope".to_owned(), scope.into())));
        instead.extend(table.pattern.map(|pattern| ("match".to_owned(), pattern.into())));
        instead.extend(table.except.map(|except| ("except".to_owned(), except.into())));
        instead.extend(table.when.map(|when| ("when".to_owned(), when.into())));
        let instead = instead.to_string();
        Self { id, level: table.severity, paths: table.paths, instead, line }
    }

    /// Whether it is a glob over ids.
    pub fn is_glob(&self) -> bool {
        self.id.contains(['*', '?'])
    }
}
