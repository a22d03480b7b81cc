//! What a condition may ask: the facts of an entry, by name.

use std::borrow::Cow;

use super::eval::Value;
use crate::rules::program::ProgramFacts;

/// An entry as conditions see it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject<'a> {
    /// Its locator.
    pub path: &'a str,
    /// Its own name, raw.
    pub name: &'a [u8],
    /// What it is.
    pub kind: &'a str,
    /// Bytes of its content.
    pub size: Option<u64>,
    /// Text, binary, container or empty.
    pub class: Option<&'a str>,
    /// What its content was recognised as.
    pub format: Option<&'a str>,
    /// The encoding of a text.
    pub encoding: Option<&'a str>,
    /// The processors that a program is for, as `[release] arch` spells them.
    pub arch: &'a [&'static str],
    /// What its tables say, of a program.
    pub program: Option<&'a ProgramFacts>,
    /// Permission bits.
    pub mode: Option<u16>,
    /// Numeric user.
    pub owner: Option<i64>,
    /// What became of it since the approved build: a verb, or `unchanged`.
    pub change: Option<&'a str>,
    /// Facts of it that differ from the approved build.
    pub fields: &'a [String],
}

/// A fact that can be asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fact {
    Path,
    Name,
    Kind,
    Size,
    Class,
    Format,
    Encoding,
    Arch,
    Program,
    Bits,
    Needed,
    Soname,
    Interpreter,
    Rpath,
    BuildId,
    Pie,
    Stripped,
    DebugInfo,
    Signed,
    Mode,
    Owner,
    Change,
    Fields,
}

/// The types of values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Type {
    Bool,
    Number,
    Text,
    Texts,
    Numbers,
    Null,
}

impl Type {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Bool => "true or false",
            Self::Number => "a number",
            Self::Text => "a text",
            Self::Texts => "a list of texts",
            Self::Numbers => "a list of numbers",
            Self::Null => "null",
        }
    }
}

/// Every fact.
pub(super) static FACTS: &[(&str, Fact, Type)] = &[
    ("path", Fact::Path, Type::Text),
    ("name", Fact::Name, Type::Text),
    ("kind", Fact::Kind, Type::Text),
    ("size", Fact::Size, Type::Number),
    ("class", Fact::Class, Type::Text),
    ("format", Fact::Format, Type::Text),
    ("encoding", Fact::Encoding, Type::Text),
    ("arch", Fact::Arch, Type::Texts),
    ("program", Fact::Program, Type::Text),
    ("bits", Fact::Bits, Type::Number),
    ("needed", Fact::Needed, Type::Texts),
    ("soname", Fact::Soname, Type::Text),
    ("interpreter", Fact::Interpreter, Type::Text),
    ("rpath", Fact::Rpath, Type::Texts),
    ("build_id", Fact::BuildId, Type::Text),
    ("pie", Fact::Pie, Type::Bool),
    ("stripped", Fact::Stripped, Type::Bool),
    ("debug_info", Fact::DebugInfo, Type::Bool),
    ("signed", Fact::Signed, Type::Bool),
    ("mode", Fact::Mode, Type::Text),
    ("owner", Fact::Owner, Type::Number),
    ("change", Fact::Change, Type::Text),
    ("fields", Fact::Fields, Type::Texts),
];

impl Fact {
    /// Whether it stands in the tables of a program.
    pub(super) const fn is_of_program(self) -> bool {
        use Fact::{
            Bits, BuildId, DebugInfo, Interpreter, Needed, Pie, Program, Rpath, Signed, Soname,
            Stripped,
        };
        matches!(
            self,
            Program
                | Bits
                | Needed
                | Soname
                | Interpreter
                | Rpath
                | BuildId
                | Pie
                | Stripped
                | DebugInfo
                | Signed
        )
    }
}

fn text(text: Option<&str>) -> Value<'_> {
    text.map_or(Value::Null, |text| Value::Text(Cow::Borrowed(text)))
}

fn texts(all: &[String]) -> Value<'_> {
    Value::List(all.iter().map(|text| Value::Text(Cow::Borrowed(text))).collect())
}

fn of_program(program: &ProgramFacts, fact: Fact) -> Value<'_> {
    let is = |is: Option<bool>| is.map_or(Value::Null, Value::Bool);
    match fact {
        Fact::Program => text(program.kind),
        Fact::Bits => Value::Number(program.bits.into()),
        Fact::Needed => texts(&program.needed),
        Fact::Soname => text(program.soname.as_deref()),
        Fact::Interpreter => text(program.interpreter.as_deref()),
        Fact::Rpath => texts(&program.rpath),
        Fact::BuildId => text(program.build_id.as_deref()),
        Fact::Pie => is(program.pie),
        Fact::Stripped => Value::Bool(program.stripped),
        Fact::DebugInfo => is(program.debug_info),
        Fact::Signed => is(program.signed),
        _ => Value::Null,
    }
}

impl Subject<'_> {
    pub(super) fn get(&self, fact: Fact) -> Value<'_> {
        match fact {
            Fact::Path => Value::Text(Cow::Borrowed(self.path)),
            Fact::Name => Value::Text(String::from_utf8_lossy(self.name)),
            Fact::Kind => Value::Text(Cow::Borrowed(self.kind)),
            Fact::Size => {
                self.size.and_then(|n| i64::try_from(n).ok()).map_or(Value::Null, Value::Number)
            }
            Fact::Class => text(self.class),
            Fact::Format => text(self.format),
            Fact::Encoding => text(self.encoding),
            Fact::Arch => {
                let all = self.arch.iter().map(|arch| Value::Text(Cow::Borrowed(*arch)));
                Value::List(all.collect())
            }
            Fact::Mode => {
                self.mode.map_or(Value::Null, |mode| Value::Text(Cow::Owned(format!("{mode:04o}"))))
            }
            Fact::Owner => self.owner.map_or(Value::Null, Value::Number),
            Fact::Change => text(self.change),
            Fact::Fields => texts(self.fields),
            // Like the processors, the libraries of what is no program are none.
            Fact::Needed | Fact::Rpath if self.program.is_none() => texts(&[]),
            fact => self.program.map_or(Value::Null, |program| of_program(program, fact)),
        }
    }
}
