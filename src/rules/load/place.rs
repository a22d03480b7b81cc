//! Where an error of a rule file is, and how it is told.

use std::fmt;

use crate::rules::near;

/// Why a rule file was not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoadError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What was found and what was expected.
    pub message: String,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

impl std::error::Error for LoadError {}

/// Where errors are told.
#[derive(Clone, Copy)]
pub(in crate::rules) struct Place<'a> {
    pub(in crate::rules) file: &'a str,
    pub(in crate::rules) text: &'a str,
}

impl Place<'_> {
    /// An error at a byte of the text.
    pub(in crate::rules) fn error<T>(
        &self,
        at: usize,
        message: impl Into<String>,
    ) -> Result<T, LoadError> {
        let (line, column) = self.line_and_column(at);
        Err(LoadError { file: self.file.to_owned(), line, column, message: message.into() })
    }

    /// Line and column of a byte of the text, from 1.
    pub(in crate::rules) fn line_and_column(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = 1 + memchr::memchr_iter(b'\n', before.as_bytes()).count();
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        (line, 1 + before.get(start..).unwrap_or_default().chars().count())
    }

    /// What the parser of TOML or of its values says, with the name that may have been meant.
    pub(in crate::rules) fn refuse<T>(&self, error: &toml::de::Error) -> Result<T, LoadError> {
        let message = error.message().replace('\n', " ");
        let hint = near::hint(&message);
        self.error(error.span().map_or(0, |span| span.start), message + &hint)
    }
}
