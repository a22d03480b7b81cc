//! Where a literal of ECMAScript stands: in code, or in a string, a comment, a template or a regular
//! expression (ECMA-262, 12).
//!
//! Not a parser: tokens are passed over, and what is open around them is kept. Whether a `/` divides is
//! told by the token before it. A text that is lost track of says so, and nothing is told of the rest.

use memchr::{memchr, memchr2, memchr3, memmem};

/// What the token before a `/` was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// The end of a value: it divides.
    Value,
    /// Something that a value follows: it begins a regular expression.
    Operator,
    /// A `.`: what follows is a name, whatever it says.
    Dot,
    /// A word whose parentheses a statement follows.
    Condition,
}

/// Where a literal stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stand {
    /// In code that nothing encloses.
    Top,
    /// In code.
    Code,
    /// In a text.
    Hidden,
}

/// A script under way.
pub(super) struct Code<'a> {
    bytes: &'a [u8],
    /// Of the next token.
    at: usize,
    /// What is open: `(`, `[`, `{`, `c` for the parentheses of a condition, `$` for a part of a template.
    open: Vec<u8>,
    before: Before,
    lost: bool,
}

impl<'a> Code<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let mut at = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        if bytes.get(at..).is_some_and(|rest| rest.starts_with(b"#!")) {
            at = memchr(b'\n', bytes).unwrap_or(bytes.len());
        }
        Self { bytes, at, open: Vec::new(), before: Before::Operator, lost: false }
    }

    /// Where the string stands that may begin at a place, which is behind those asked for before; none
    /// if track was lost.
    pub(super) fn stand(&mut self, quote: usize) -> Option<Stand> {
        while self.at < quote && !self.lost {
            self.lost = self.step().is_none();
        }
        match self.at {
            _ if self.lost => None,
            at if at > quote => Some(Stand::Hidden),
            _ if self.open.is_empty() => Some(Stand::Top),
            _ => Some(Stand::Code),
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Passes over a token; none if it has no end or closes what is not open.
    fn step(&mut self) -> Option<()> {
        let rest = self.rest();
        let (&byte, behind) = rest.split_first()?;
        let mut length = 1;
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => {}
            b'"' | b'\'' => {
                length += quoted(byte, behind)?;
                self.before = Before::Value;
            }
            b'`' => {
                self.at += 1;
                return self.template();
            }
            b'/' if behind.first() == Some(&b'/') => {
                length = memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            }
            b'/' if behind.first() == Some(&b'*') => {
                length = 4 + memmem::find(rest.get(2..)?, b"*/")?;
            }
            b'/' if self.before != Before::Value => {
                length += expression(behind)?;
                self.before = Before::Value;
            }
            b'(' => {
                self.open.push(if self.before == Before::Condition { b'c' } else { b'(' });
                self.before = Before::Operator;
            }
            b'[' | b'{' => {
                self.open.push(byte);
                self.before = Before::Operator;
            }
            b')' => {
                let opened = self.open.pop().filter(|open| matches!(open, b'(' | b'c'))?;
                self.before = if opened == b'c' { Before::Operator } else { Before::Value };
            }
            b']' => {
                self.open.pop().filter(|open| *open == b'[')?;
                self.before = Before::Value;
            }
            b'}' => {
                let opened = self.open.pop().filter(|open| matches!(open, b'{' | b'$'))?;
                if opened == b'$' {
                    self.at += 1;
                    return self.template();
                }
                // Behind a block a statement follows; an object is seldom divided.
                self.before = Before::Operator;
            }
            b'+' | b'-' if behind.first() == Some(&byte) => {
                length = 2;
                self.before = Before::Value;
            }
            b'.' => self.before = Before::Dot,
            _ if is_name(byte) => {
                length = rest.iter().position(|&b| !is_name(b)).unwrap_or(rest.len());
                self.before = match (self.before, word(rest.get(..length)?)) {
                    (Before::Dot, _) => Before::Value,
                    (_, before) => before,
                };
            }
            _ => self.before = Before::Operator,
        }
        self.at += length;
        Some(())
    }

    /// Passes over the text of a template, up to its end or to code in it.
    fn template(&mut self) -> Option<()> {
        loop {
            let rest = self.rest();
            let found = memchr3(b'`', b'\\', b'$', rest)?;
            let behind = rest.get(found + 1);
            self.at += found + 1;
            match rest.get(found)? {
                b'`' => {
                    self.before = Before::Value;
                    return Some(());
                }
                b'\\' => self.at += 1,
                _ if behind == Some(&b'{') => {
                    self.at += 1;
                    self.open.push(b'$');
                    self.before = Before::Operator;
                    return Some(());
                }
                _ => {}
            }
        }
    }
}

/// Whether a byte is of a name or a number.
pub(super) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

fn word(word: &[u8]) -> Before {
    match word {
        b"if" | b"while" | b"for" | b"with" => Before::Condition,
        b"return" | b"typeof" | b"case" | b"do" | b"else" | b"in" | b"instanceof" | b"new"
        | b"void" | b"delete" | b"throw" | b"yield" | b"await" | b"of" | b"export" | b"default"
        | b"extends" => Before::Operator,
        _ => Before::Value,
    }
}

/// Bytes of a string behind its quote, with the one that ends it, on one line.
fn quoted(quote: u8, bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = bytes.get(at..)?;
        let found = memchr3(quote, b'\\', b'\n', rest)?;
        at += found + 1;
        match rest.get(found)? {
            b'\\' => at += if rest.get(found + 1..)?.starts_with(b"\r\n") { 2 } else { 1 },
            b'\n' => return None,
            _ => return Some(at),
        }
    }
}

/// Bytes of a regular expression behind its `/`, with the one that ends it.
fn expression(bytes: &[u8]) -> Option<usize> {
    let (mut in_class, mut escaped) = (false, false);
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'\n' | b'\r' => return None,
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'/' if !in_class => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_literal_stands_the_code_before_it_tells() {
        use Stand::{Code as Within, Hidden, Top};
        for (text, expected) in [
            ("«", Some(Top)),
            ("#!/usr/bin/env node's\n«", Some(Top)),
            ("const e=1;import{a}from«", Some(Top)),
            ("f(«", Some(Within)),
            ("'\\'«", Some(Hidden)),
            ("\"a'\\\n«\"", Some(Hidden)),
            ("// it's «", Some(Hidden)),
            ("/* it's */«", Some(Top)),
            ("`it's «`", Some(Hidden)),
            ("`${a?`'${«", Some(Within)),
            ("`${'}'}'`;«", Some(Top)),
            ("a=/'/;«", Some(Top)),
            ("a=/[/']/g;«", Some(Top)),
            ("a=/\\/'/.exec(b);«", Some(Top)),
            ("a/2;'/«", Some(Hidden)),
            ("a[0]/2+b()/2;'/«", Some(Hidden)),
            ("if(a)/'/.exec(b);«", Some(Top)),
            ("a.if(b)/2;'/«", Some(Hidden)),
            ("{}/'/.exec(b);«", Some(Top)),
            ("return/'/;«", Some(Top)),
            ("a++/2;'/«", Some(Hidden)),
            ("it's\n«", None),
            (")«", None),
            ("(]«", None),
            ("a=/(\n«", None),
        ] {
            let quote = text.find('«').expect("a place");
            let text = text.replace('«', "'x'");
            assert_eq!(Code::new(text.as_bytes()).stand(quote), expected, "{text}");
        }
    }
}
