//! What a condition says of an entry. `None` is CEL's error: a value was asked that is not there, or
//! a number left its bounds.

use std::borrow::Cow;

use super::facts::Subject;
use super::parser::{Method, Node};
use crate::model::glob_matches;

/// A value.
#[derive(Clone, PartialEq, PartialOrd, Debug)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Number(i64),
    Text(Cow<'a, str>),
    List(Vec<Value<'a>>),
}

/// Whether a condition holds.
pub(super) fn holds(node: &Node, subject: &Subject<'_>) -> bool {
    truth(node, Known { subject, item: None }) == Some(true)
}

/// What names stand for.
#[derive(Clone, Copy)]
struct Known<'a> {
    subject: &'a Subject<'a>,
    /// The value of a list that is asked.
    item: Option<&'a Value<'a>>,
}

fn truth<'a>(node: &'a Node, known: Known<'a>) -> Option<bool> {
    match value(node, known)? {
        Value::Bool(is) => Some(is),
        _ => None,
    }
}

fn value<'a>(node: &'a Node, known: Known<'a>) -> Option<Value<'a>> {
    let of_text = |node: &'a Node, find: &dyn Fn(&str) -> bool| match value(node, known)? {
        Value::Text(text) => Some(Value::Bool(find(&text))),
        _ => None,
    };
    Some(match node {
        Node::Bool(is) => Value::Bool(*is),
        Node::Number(number) => Value::Number(*number),
        Node::Text(text) => Value::Text(Cow::Borrowed(text)),
        Node::Null => Value::Null,
        Node::List(nodes) => {
            let all: Option<_> = nodes.iter().map(|node| value(node, known)).collect();
            Value::List(all?)
        }
        Node::Fact(fact) => known.subject.get(*fact),
        Node::Not(node) => Value::Bool(!truth(node, known)?),
        Node::Negative(node) => match value(node, known)? {
            Value::Number(number) => Value::Number(number.checked_neg()?),
            _ => return None,
        },
        Node::Both(sign @ ("&&" | "||"), left, right) => {
            // What decides alone decides, on whichever side it stands.
            let decides = *sign == "||";
            match (truth(left, known), truth(right, known)) {
                (Some(is), _) | (_, Some(is)) if is == decides => Value::Bool(decides),
                (Some(_), Some(_)) => Value::Bool(!decides),
                _ => return None,
            }
        }
        Node::Both(sign, left, right) => joined(sign, value(left, known)?, value(right, known)?)?,
        Node::Call(method, node, argument) => {
            let Value::Text(wanted) = value(argument, known)? else { return None };
            return of_text(node, &|text| match method {
                Method::StartsWith => text.starts_with(&*wanted),
                Method::EndsWith => text.ends_with(&*wanted),
                Method::Contains => text.contains(&*wanted),
            });
        }
        Node::Matches(node, regex) => return of_text(node, &|text| regex.is_match(text)),
        Node::Glob(node, glob) => return of_text(node, &|text| glob_matches(glob, text)),
        Node::Each(all, list, asked) => {
            let Value::List(values) = value(list, known)? else { return None };
            // As of many that "&&" or "||" joins: what decides alone decides.
            let mut is_known = true;
            for item in &values {
                match truth(asked, Known { item: Some(item), ..known }) {
                    Some(is) if is != *all => return Some(Value::Bool(is)),
                    Some(_) => {}
                    None => is_known = false,
                }
            }
            return is_known.then_some(Value::Bool(*all));
        }
        Node::Item => known.item?.clone(),
        Node::Length(node) => match value(node, known)? {
            Value::Text(text) => Value::Number(i64::try_from(text.chars().count()).ok()?),
            Value::List(values) => Value::Number(i64::try_from(values.len()).ok()?),
            _ => return None,
        },
    })
}

fn joined<'a>(sign: &str, left: Value<'a>, right: Value<'a>) -> Option<Value<'a>> {
    let is_null = left == Value::Null || right == Value::Null;
    match (sign, left, right) {
        ("==", left, right) => Some(Value::Bool(left == right)),
        ("!=", left, right) => Some(Value::Bool(left != right)),
        _ if is_null => None,
        ("in", left, Value::List(values)) => Some(Value::Bool(values.contains(&left))),
        ("+", Value::Text(left), Value::Text(right)) => Some(Value::Text(left + right)),
        ("+" | "-" | "*" | "/", Value::Number(left), Value::Number(right)) => {
            let number = match sign {
                "+" => left.checked_add(right),
                "-" => left.checked_sub(right),
                "*" => left.checked_mul(right),
                _ => left.checked_div(right),
            };
            number.map(Value::Number)
        }
        (_, left, right) => {
            let order = left.partial_cmp(&right)?;
            Some(Value::Bool(match sign {
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                ">" => order.is_gt(),
                ">=" => order.is_ge(),
                _ => return None,
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Condition, Subject};
    use crate::rules::program::ProgramFacts;
    use proptest::prelude::*;
    use std::sync::OnceLock;

    fn subject() -> Subject<'static> {
        static PROGRAM: OnceLock<ProgramFacts> = OnceLock::new();
        let program = PROGRAM.get_or_init(|| ProgramFacts {
            needed: vec!["libssl.so.1.1".to_owned(), "libc.so.6".to_owned()],
            ..ProgramFacts::default()
        });
        Subject {
            program: Some(program),
            path: "doc/a.zip!/é.TXT",
            name: "é.TXT".as_bytes(),
            kind: "file",
            size: Some(2048),
            class: Some("text"),
            mode: Some(0o4755),
            change: Some("added"),
            ..Subject::default()
        }
    }

    #[test]
    fn conditions_hold_or_not() {
        for (text, expected) in [
            ("size == 2048", true),
            ("size > 2 * 1024 - 1 && kind == 'file'", true),
            ("1 + 2 * 3 == 7 && (1 + 2) * 3 == 9 && -1 < 0 && 0x10 == 16", true),
            ("name.endsWith('.TXT') && !name.startsWith(\"a\")", true),
            ("name.matches('(?i)\\\\.txt$') && name.size() == 5", true),
            ("path.glob('doc/**!/*') && !path.glob('*')", true),
            ("kind in ['file', 'symlink'] && size in [1, 2048]", true),
            ("mode == '4755' && mode.startsWith('4')", true),
            ("change == 'added' || fields.size() > 0", true),
            ("'mode' in fields", false),
            ("needed.exists(it, it.startsWith('libssl.so.'))", true),
            ("needed.exists(it, it == 'libc.so.6' && it.size() > size)", false),
            ("needed.all(it, it.contains('.so') && it != name)", true),
            ("!needed.all(it, it.startsWith('libssl'))", true),
            ("rpath.exists(it, true) || !rpath.all(it, false)", false),
            ("[1, 2, 2048].exists(n, n == size) && [1, 2].all(n, n < size)", true),
            // One that has no answer is left out of account where another decides.
            ("[1, 0].exists(n, 1 / n == 1) && ![0, 2].all(n, 1 / n == 1)", true),
            ("[0, 2].exists(n, 1 / n == 1) || ![0, 1].all(n, 1 / n == 1)", false),
            // What is not there is null, and more than that cannot be asked of it.
            ("format == null && encoding != 'utf-8'", true),
            ("format.startsWith('z')", false),
            ("!format.startsWith('z')", false),
            ("format.startsWith('z') || size > 0", true),
            ("!(format.startsWith('z') && size == 0)", true),
            ("owner > 0", false),
            ("!(owner > 0)", false),
            ("1 / 0 == 1", false),
            ("9223372036854775807 + 1 > 0 || true", true),
            ("kind + name == 'fileé.TXT'", true),
        ] {
            let condition = Condition::new(text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
            assert_eq!(condition.holds(&subject()), expected, "{text}");
        }
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let deep = format!("{}true{}", "(".repeat(99), ")".repeat(99));
        for (text, at, expected) in [
            ("sise > 3", 0, "no fact \"sise\"; did you mean size?"),
            ("size > 'a'", 5, "\">\" does not join a number and a text"),
            ("size", 0, "expected true or false, this is a number"),
            ("size.startsWith('a')", 5, "\"startsWith\" is not for a number"),
            ("name.startswith('a')", 5, "no method \"startswith\"; did you mean startsWith?"),
            ("name.matches('(')", 13, "\"(\":"),
            ("name.matches(kind)", 13, "matches expects a text in quotes"),
            ("kind == 'file' kind", 15, "expected an operator, found \"kind\""),
            ("kind in ['a', 1]", 8, "expected a list"),
            ("kind == 'file", 8, "the text does not end"),
            ("size == 08x", 8, "\"08x\" is no whole number"),
            ("size == 1 &", 10, "unexpected '&'"),
            ("!size", 0, "\"!\" is not for a number"),
            ("name.exists(it, true)", 5, "\"exists\" is not for a text"),
            ("needed.startsWith('a')", 7, "\"startsWith\" is not for a list of texts"),
            (
                "needed.exists(name, true)",
                14,
                "expected a name of your own for a value, found \"name\"",
            ),
            ("needed.exists(it)", 16, "expected \",\""),
            ("needed.exists(it, it)", 18, "expected true or false, this is a text"),
            ("needed.exists(it, it > 3)", 21, "\">\" does not join a text and a number"),
            ("needed.all(it, rpath.exists(at, at == it))", 21, "\"exists\" does not stand within"),
            ("needed.exists(it, true) && it == 'a'", 27, "no fact \"it\""),
            ("(true", 5, "expected \")\", found the end"),
            ("", 0, "expected a fact or a value, found the end"),
            (&deep, 32, "more than 32 brackets"),
        ] {
            let wrong = Condition::new(text).expect_err(text);
            assert_eq!(wrong.at, at, "{text}: {wrong:?}");
            assert!(wrong.message.starts_with(expected), "{text}: {wrong:?}");
        }
        assert!(Condition::new(&" ".repeat(5000)).is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics(words in prop::collection::vec(prop_oneof![
            Just("size"), Just("name"), Just("("), Just(")"), Just("=="), Just("&&"), Just("!"), Just("-"),
            Just("["), Just("]"), Just(","), Just("1"), Just("'é"), Just("'"), Just(".size()"), Just("in"),
            Just("9223372036854775807"), Just("*"), Just("null"), Just("fields"), Just("é"), Just("true"),
            Just("needed.exists(it,"), Just("it"), Just(".all(n,"),
        ], 0..24)) {
            if let Ok(condition) = Condition::new(&words.join(" ")) {
                condition.holds(&subject());
            }
        }
    }
}
