//! Where an error of a rule file is, and how it is told.

use std::fmt;

/// Why a rule file was not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoadError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What was found and what was expected.
    pub message: String,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

impl std::error::Error for LoadError {}

/// Where errors are told.
pub(in crate::rules) struct Place<'a> {
    pub(in crate::rules) file: &'a str,
    pub(in crate::rules) text: &'a str,
}

impl Place<'_> {
    pub(in crate::rules) fn error<T>(
        &self,
        at: usize,
        message: impl Into<String>,
    ) -> Result<T, LoadError> {
        let before = self.text.as_bytes().get(..at).unwrap_or(self.text.as_bytes());
        let line = 1 + memchr::memchr_iter(b'\n', before).count();
        Err(LoadError { file: self.file.to_owned(), line, message: message.into() })
    }
}
