//! Conditions over the facts of an entry: the `when` of a rule, a part of CEL (the Common Expression
//! Language, cel-spec 0.24).
//!
//! It is typed when it is loaded: an unknown fact, a method on the wrong type and a comparison of a
//! number with a text are errors of the rule file. Of CEL's macros there are `exists` and `all`,
//! not one in another, so that a condition costs what its text and one list are long. Absent facts are
//! `null`. As in CEL, what asks more of `null` than `==` and `!=` is an error, `false && error` is false
//! and `true || error` is true; a condition that is an error in the end does not hold.

mod eval;
mod facts;
mod lexer;
mod parser;

pub use facts::Subject;

use self::parser::Node;

/// Bytes of the longest condition.
const LONGEST: usize = 4096;

/// A condition, compiled.
#[derive(Clone, Debug)]
pub struct Condition {
    text: String,
    root: Node,
    asks: Asks,
}

/// Which facts must be made for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Asks {
    /// The locator, which is spelled out for no other reason.
    pub path: bool,
    /// What stands at the start of a program.
    pub arch: bool,
    /// What stands in the tables of a program: the first fact of them that is asked.
    pub program: Option<&'static str>,
    /// What the comparison with the approved build says.
    pub change: bool,
}

/// What is wrong with a condition, and at which byte of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrong {
    /// From 0.
    pub at: usize,
    /// What was found and what was expected.
    pub message: String,
}

impl Condition {
    /// Compiles a condition.
    pub fn new(text: &str) -> Result<Self, Wrong> {
        if text.len() > LONGEST {
            let message = format!("a condition takes {LONGEST} bytes at most");
            return Err(Wrong { at: 0, message });
        }
        let mut asks = Asks::default();
        let root = parser::parse(text, &mut asks)?;
        Ok(Self { text: text.trim().to_owned(), root, asks })
    }

    /// As it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Which facts must be made for it.
    pub fn asks(&self) -> Asks {
        self.asks
    }

    /// Whether it holds for an entry.
    pub fn holds(&self, subject: &Subject<'_>) -> bool {
        eval::holds(&self.root, subject)
    }
}
