//! From the words of a condition to what is evaluated, with the types checked on the way.

use regex_automata::meta::Regex;

use super::facts::{FACTS, Fact, Type};
use super::lexer::{Token, tokens};
use super::{Asks, Wrong};
use crate::rules::near::did_you_mean;
use crate::rules::shape;

/// Brackets and signs that may stand in one another.
const DEPTH: usize = 32;

/// A part of a condition.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Bool(bool),
    Number(i64),
    Text(String),
    Null,
    List(Vec<Node>),
    Fact(Fact),
    Not(Box<Node>),
    Negative(Box<Node>),
    Both(&'static str, Box<Node>, Box<Node>),
    Call(Method, Box<Node>, Box<Node>),
    Matches(Box<Node>, Regex),
    Glob(Box<Node>, String),
    /// Characters of a text, or values of a list.
    Length(Box<Node>),
    /// Whether something holds for one value of a list, or, with `true`, for all.
    Each(bool, Box<Node>, Box<Node>),
    /// The value of a list that is asked.
    Item,
}

/// A method with one text behind it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Method {
    StartsWith,
    EndsWith,
    Contains,
}

static METHODS: [&str; 8] =
    ["startsWith", "endsWith", "contains", "matches", "glob", "size", "exists", "all"];

/// Methods of lists.
static OF_LISTS: [&str; 3] = ["size", "exists", "all"];

/// Signs that join two values, the loosest first.
static LEVELS: [&[&str]; 5] =
    [&["||"], &["&&"], &["==", "!=", "<=", ">=", "<", ">", "in"], &["+", "-"], &["*", "/"]];

struct Parser<'a> {
    tokens: &'a [(usize, Token)],
    next: usize,
    depth: usize,
    /// What the value of a list is called that is asked, and its type.
    item: Option<(String, Type)>,
    asks: &'a mut Asks,
}

type Typed = (Node, Type);

/// Compiles a condition.
pub(super) fn parse(text: &str, asks: &mut Asks) -> Result<Node, Wrong> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, next: 0, depth: 0, item: None, asks };
    let (node, found) = parser.joined(0)?;
    let (at, token) = parser.peek();
    if *token != Token::End {
        return Err(Wrong { at, message: format!("expected an operator, found {}", shown(token)) });
    }
    if found != Type::Bool {
        let message = format!("expected true or false, this is {}", found.name());
        return Err(Wrong { at: 0, message });
    }
    Ok(node)
}

fn shown(token: &Token) -> String {
    match token {
        Token::Name(name) => format!("{name:?}"),
        Token::Number(number) => number.to_string(),
        Token::Text(text) => format!("{text:?}"),
        Token::Sign(sign) => format!("{sign:?}"),
        Token::End => "the end".to_owned(),
    }
}

impl Parser<'_> {
    fn peek(&self) -> (usize, &Token) {
        self.tokens.get(self.next).map_or((0, &Token::End), |(at, token)| (*at, token))
    }

    fn take(&mut self) -> (usize, Token) {
        let (at, token) = self.peek();
        let word = (at, token.clone());
        self.next += 1;
        word
    }

    fn takes(&mut self, sign: &str) -> bool {
        let is = match self.peek().1 {
            Token::Sign(found) => *found == sign,
            Token::Name(name) => name == sign,
            _ => false,
        };
        self.next += usize::from(is);
        is
    }

    fn expect(&mut self, sign: &str) -> Result<(), Wrong> {
        let (at, token) = self.peek();
        let message = format!("expected {sign:?}, found {}", shown(token));
        if self.takes(sign) { Ok(()) } else { Err(Wrong { at, message }) }
    }

    /// Values that are joined by signs of this level or a tighter one.
    fn joined(&mut self, level: usize) -> Result<Typed, Wrong> {
        let Some(signs) = LEVELS.get(level) else { return self.signed() };
        let mut left = self.joined(level + 1)?;
        loop {
            let at = self.peek().0;
            let Some(sign) = signs.iter().find(|sign| self.takes(sign)) else { return Ok(left) };
            let right = self.joined(level + 1)?;
            let Some(of) = joins(sign, left.1, right.1) else {
                let (left, right) = (left.1.name(), right.1.name());
                let message = format!("{sign:?} does not join {left} and {right}");
                return Err(Wrong { at, message });
            };
            left = (Node::Both(sign, Box::new(left.0), Box::new(right.0)), of);
        }
    }

    fn signed(&mut self) -> Result<Typed, Wrong> {
        self.depth += 1;
        let at = self.peek().0;
        if self.depth > DEPTH {
            let message = format!("more than {DEPTH} brackets or signs in one another");
            return Err(Wrong { at, message });
        }
        let typed = if self.takes("!") {
            match self.signed()? {
                (node, Type::Bool) => (Node::Not(Box::new(node)), Type::Bool),
                (_, other) => return Err(not(at, "!", other)),
            }
        } else if self.takes("-") {
            match self.signed()? {
                (node, Type::Number) => (Node::Negative(Box::new(node)), Type::Number),
                (_, other) => return Err(not(at, "-", other)),
            }
        } else {
            self.called()?
        };
        self.depth -= 1;
        Ok(typed)
    }

    /// A value and the methods behind it.
    fn called(&mut self) -> Result<Typed, Wrong> {
        let (mut node, mut of) = self.value()?;
        while self.takes(".") {
            let (at, token) = self.take();
            let Token::Name(name) = token else {
                let message = format!("expected a method, found {}", shown(&token));
                return Err(Wrong { at, message });
            };
            self.expect("(")?;
            let fits = match of {
                Type::Text => !matches!(name.as_str(), "exists" | "all"),
                Type::Texts | Type::Numbers => OF_LISTS.contains(&name.as_str()),
                _ => false,
            };
            if !fits && METHODS.contains(&name.as_str()) {
                return Err(not(at, &name, of));
            }
            let place = self.peek().0;
            (node, of) = match name.as_str() {
                "size" => (Node::Length(Box::new(node)), Type::Number),
                "exists" | "all" => {
                    let item = if of == Type::Texts { Type::Text } else { Type::Number };
                    let asked = self.asked_of(at, &name, item)?;
                    (Node::Each(name == "all", Box::new(node), Box::new(asked)), Type::Bool)
                }
                "matches" | "glob" => {
                    let (_, Token::Text(text)) = self.take() else {
                        let message = format!("{name} expects a text in quotes");
                        return Err(Wrong { at: place, message });
                    };
                    let node = Box::new(node);
                    if name == "glob" {
                        (Node::Glob(node, text), Type::Bool)
                    } else {
                        let regex = shape::compile(&text);
                        let regex = regex.map_err(|message| Wrong { at: place, message })?;
                        (Node::Matches(node, regex), Type::Bool)
                    }
                }
                "startsWith" | "endsWith" | "contains" => {
                    let method = match name.as_str() {
                        "startsWith" => Method::StartsWith,
                        "endsWith" => Method::EndsWith,
                        _ => Method::Contains,
                    };
                    let (argument, given) = self.joined(0)?;
                    if given != Type::Text {
                        return Err(not(place, &name, given));
                    }
                    (Node::Call(method, Box::new(node), Box::new(argument)), Type::Bool)
                }
                _ => {
                    let meant = did_you_mean(&METHODS, &name);
                    return Err(Wrong { at, message: format!("no method {name:?}{meant}") });
                }
            };
            self.expect(")")?;
        }
        Ok((node, of))
    }

    /// What is asked of each value of a list: a name for it, and behind a comma the condition.
    fn asked_of(&mut self, at: usize, macro_name: &str, of: Type) -> Result<Node, Wrong> {
        // One in another would cost the length of both lists, multiplied.
        if self.item.is_some() {
            let message = format!("{macro_name:?} does not stand within another list's condition");
            return Err(Wrong { at, message });
        }
        let (at, token) = self.take();
        let name = match token {
            Token::Name(name) if !is_taken(&name) => name,
            token => {
                let found = shown(&token);
                let message = format!("expected a name of your own for a value, found {found}");
                return Err(Wrong { at, message });
            }
        };
        self.expect(",")?;
        self.item = Some((name, of));
        let at = self.peek().0;
        let (node, found) = self.joined(0)?;
        self.item = None;
        if found != Type::Bool {
            let message = format!("expected true or false, this is {}", found.name());
            return Err(Wrong { at, message });
        }
        Ok(node)
    }

    fn value(&mut self) -> Result<Typed, Wrong> {
        let (at, token) = self.take();
        match token {
            Token::Number(number) => Ok((Node::Number(number), Type::Number)),
            Token::Text(text) => Ok((Node::Text(text), Type::Text)),
            Token::Sign("(") => {
                let typed = self.joined(0)?;
                self.expect(")")?;
                Ok(typed)
            }
            Token::Sign("[") => self.list(at),
            Token::Name(name) => match name.as_str() {
                "true" | "false" => Ok((Node::Bool(name == "true"), Type::Bool)),
                "null" => Ok((Node::Null, Type::Null)),
                _ if self.item.as_ref().is_some_and(|(item, _)| *item == name) => {
                    let of = self.item.as_ref().map_or(Type::Null, |(_, of)| *of);
                    Ok((Node::Item, of))
                }
                _ => self.fact(at, &name),
            },
            token => {
                let message = format!("expected a fact or a value, found {}", shown(&token));
                Err(Wrong { at, message })
            }
        }
    }

    fn list(&mut self, at: usize) -> Result<Typed, Wrong> {
        let mut nodes = Vec::new();
        let mut of = None;
        loop {
            let (node, one) = self.joined(0)?;
            if !matches!(one, Type::Text | Type::Number) || of.is_some_and(|of| of != one) {
                let message = "expected a list of texts, or one of numbers".to_owned();
                return Err(Wrong { at, message });
            }
            of = Some(one);
            nodes.push(node);
            if !self.takes(",") {
                break;
            }
        }
        self.expect("]")?;
        let of = if of == Some(Type::Text) { Type::Texts } else { Type::Numbers };
        Ok((Node::List(nodes), of))
    }

    fn fact(&mut self, at: usize, name: &str) -> Result<Typed, Wrong> {
        let Some((name, fact, of)) = FACTS.iter().find(|(known, ..)| *known == name) else {
            let known: Vec<_> = FACTS.iter().map(|(name, ..)| *name).collect();
            let meant = did_you_mean(&known, name);
            let known = known.join(", ");
            let message = format!("no fact {name:?}{meant} (there are {known})");
            return Err(Wrong { at, message });
        };
        self.asks.path |= *fact == Fact::Path;
        self.asks.arch |= *fact == Fact::Arch;
        if fact.is_of_program() {
            self.asks.program.get_or_insert(name);
        }
        self.asks.change |= matches!(fact, Fact::Change | Fact::Fields);
        Ok((Node::Fact(*fact), *of))
    }
}

/// Whether a name means something already.
fn is_taken(name: &str) -> bool {
    matches!(name, "true" | "false" | "null" | "in")
        || FACTS.iter().any(|(known, ..)| *known == name)
}

fn not(at: usize, what: &str, of: Type) -> Wrong {
    Wrong { at, message: format!("{what:?} is not for {}", of.name()) }
}

/// The type of two values that a sign joins, if it does.
fn joins(sign: &str, left: Type, right: Type) -> Option<Type> {
    let equal = left == right;
    let fits = match sign {
        "&&" | "||" => equal && left == Type::Bool,
        "==" | "!=" => equal || left == Type::Null || right == Type::Null,
        "in" => matches!((left, right), (Type::Text, Type::Texts) | (Type::Number, Type::Numbers)),
        "<" | "<=" | ">" | ">=" => equal && matches!(left, Type::Number | Type::Text),
        "+" if equal && left == Type::Text => return Some(Type::Text),
        _ => return (equal && left == Type::Number).then_some(Type::Number),
    };
    fits.then_some(Type::Bool)
}
