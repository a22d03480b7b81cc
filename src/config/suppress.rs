//! The table `[suppress]`: where a comment in a text may suppress a finding.

use serde::Deserialize;

use crate::model::{Locator, glob_matches};

/// Where comments count. By default nowhere: nothing in an artifact silences a check.
#[derive(Deserialize, Clone, PartialEq, Eq, Debug, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Suppress {
    /// Globs of locators.
    pub allow: Vec<String>,
}

impl Suppress {
    /// Whether comments count in the text at a locator.
    pub fn is_allowed(&self, path: &Locator) -> bool {
        self.allow.iter().any(|glob| glob_matches(glob, path.as_str()) || *glob == path.to_string())
    }
}
