//! Waivers: findings and gaps that somebody accepts, with a reason, for a time.

use serde::Deserialize;

use crate::model::{Digest, fact};

/// One waiver.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiver {
    /// The rule whose findings are accepted; for a gap `gap`.
    pub rule: String,
    /// Locators, as in an intent's globs.
    pub path: Option<String>,
    /// BLAKE3 of the content that it is bound to.
    pub digest: Option<Digest>,
    /// Why.
    pub reason: String,
    /// Who.
    pub owner: String,
    /// Seconds since 1970 from which on it does not hold any more.
    pub expires: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    rule: String,
    path: Option<String>,
    digest: Option<String>,
    reason: String,
    owner: String,
    expires: toml::value::Datetime,
}

impl Waiver {
    pub(super) fn of(table: Table) -> Result<Self, String> {
        let date = table.expires.date.ok_or("`expires` needs a date, as 2027-01-31")?;
        let (year, month, day) = (i64::from(date.year), i64::from(date.month), i64::from(date.day));
        let expires = fact::seconds_of(year, month, day, 0, 0, 0).ok_or("`expires` is no date")?;
        let digest = table
            .digest
            .map(|text| {
                let hex = text.strip_prefix("blake3:").unwrap_or(&text);
                Digest::parse(hex).ok_or("`digest` needs \"blake3:\" and 64 hexadecimal digits")
            })
            .transpose()?;
        if table.path.is_none() && digest.is_none() {
            return Err("a waiver needs `path` or `digest`: it never holds everywhere".into());
        }
        if table.rule == "gap" && digest.is_none() {
            return Err(
                "a waiver of a gap needs `digest`: it accepts these bytes and no others".into()
            );
        }
        if table.reason.trim().is_empty() {
            return Err("a waiver needs a reason".into());
        }
        let Table { rule, path, reason, owner, .. } = table;
        Ok(Self { rule, path, digest, reason, owner, expires })
    }
}
