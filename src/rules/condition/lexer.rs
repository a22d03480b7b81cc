//! The words of a condition.

use super::Wrong;

/// One word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Token {
    Name(String),
    Number(i64),
    Text(String),
    /// An operator or a bracket.
    Sign(&'static str),
    End,
}

/// Longer ones before those that they begin with.
static SIGNS: [&str; 19] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "(", ")", "[", "]", ",", ".", "+", "-", "*",
    "/",
];

/// The words of a text, each with its place; the last is the end.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, Wrong> {
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().unwrap_or_default();
        let (token, length) = match first {
            c if c.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            '"' | '\'' => quoted(rest, first).map_err(|message| Wrong { at, message })?,
            '0'..='9' => number(rest).map_err(|message| Wrong { at, message })?,
            c if c.is_ascii_alphabetic() || c == '_' => {
                let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
                let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                (Token::Name(rest.get(..end).unwrap_or_default().to_owned()), end)
            }
            c => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                Some(sign) => (Token::Sign(sign), sign.len()),
                None => return Err(Wrong { at, message: format!("unexpected {c:?}") }),
            },
        };
        all.push((at, token));
        at += length;
    }
    all.push((text.len(), Token::End));
    Ok(all)
}

fn number(rest: &str) -> Result<(Token, usize), String> {
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
    let digits = rest.get(..end).unwrap_or_default();
    let parsed = match digits.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16),
        None => digits.parse(),
    };
    match parsed {
        Ok(number) => Ok((Token::Number(number), end)),
        Err(_) => Err(format!("{digits:?} is no whole number of 63 bits")),
    }
}

fn quoted(rest: &str, quote: char) -> Result<(Token, usize), String> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => return Ok((Token::Text(text), at + 1)),
            '\\' => match chars.next().map(|(_, c)| c) {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some(c @ ('\\' | '\'' | '"')) => text.push(c),
                _ => return Err("expected \\\\, \\', \\\", \\n or \\t behind a backslash".into()),
            },
            c => text.push(c),
        }
    }
    Err("the text does not end".into())
}
