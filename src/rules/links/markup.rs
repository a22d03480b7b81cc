//! Tags of HTML and XML, as a stream of borrowed slices.
//!
//! Not a parser: no tree is built, and what is broken is passed over as a browser would (HTML Living
//! Standard 13.2.5; XML 1.0, 2.4 and 3.1). A third-party tokenizer took six times as long, and pages
//! are read whole on every first check. No entity is ever looked up but those that HTML
//! names (13.5) and characters by number, so that none expands.

use std::borrow::Cow;

use html_escape::NAMED_ENTITIES;
use memchr::{memchr, memchr2, memmem};

/// Bytes of the longest name of characters, with its end.
const LONGEST: usize = 32;
/// Attributes of a tag that are told; those behind them are passed over.
const ATTRIBUTES: usize = 4096;

/// Elements of HTML whose content is no markup.
const RAW: &[&[u8]] =
    &[b"script", b"style", b"textarea", b"title", b"xmp", b"noembed", b"noframes"];

/// A part of a markup text.
pub(super) enum Item<'a> {
    /// A start tag, or an empty-element tag.
    Start {
        /// Of the element, as spelled.
        name: &'a [u8],
        /// The byte behind it.
        end: usize,
        /// Whether it is an empty-element tag.
        empty: bool,
    },
    /// An end tag, in XML.
    End {
        /// Of the element, as spelled.
        name: &'a [u8],
    },
    /// The content of an element in which nothing is markup, in HTML.
    Raw {
        /// Of the element, as spelled.
        name: &'a [u8],
        /// The first byte of the content.
        at: usize,
        /// The content.
        bytes: &'a [u8],
    },
    /// A processing instruction.
    Instruction {
        /// What it is for.
        name: &'a [u8],
    },
}

/// The parts of a markup text.
pub(super) struct Markup<'a> {
    bytes: &'a [u8],
    at: usize,
    html: bool,
    /// The element whose content is raw and comes next.
    raw: Option<&'a [u8]>,
    attributes: Vec<Attribute<'a>>,
}

impl<'a> Markup<'a> {
    pub(super) fn new(bytes: &'a [u8], html: bool) -> Self {
        Self { bytes, at: 0, html, raw: None, attributes: Vec::new() }
    }

    /// What the tag or the instruction says that came last.
    pub(super) fn attributes(&self) -> &[Attribute<'a>] {
        &self.attributes
    }

    /// The text from `at` to the next markup.
    pub(super) fn text(&self, at: usize) -> &'a [u8] {
        let rest = self.bytes.get(at..).unwrap_or_default();
        rest.get(..memchr(b'<', rest).unwrap_or(rest.len())).unwrap_or_default()
    }

    /// Goes behind the next `end`, or to the end of all.
    fn skip(&mut self, end: &[u8]) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += memmem::find(rest, end).map_or(rest.len(), |found| found + end.len());
    }

    /// `<!`: a comment, a section, or a declaration with what it encloses.
    fn declaration(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if rest.starts_with(b"<!--") {
            self.at += 2;
            self.skip(b"-->");
        } else if rest.starts_with(b"<![CDATA[") && !self.html {
            self.skip(b"]]>");
        } else {
            let end = memchr2(b'>', b'[', rest).unwrap_or(rest.len());
            self.at += end;
            if rest.get(end) == Some(&b'[') && !self.html {
                self.skip(b"]");
            }
            self.skip(b">");
        }
    }

    /// The content of a raw element, up to its end tag.
    fn raw(&mut self, name: &'a [u8]) -> Item<'a> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let is_end = |found: &usize| {
            let after = rest.get(found + 2..).unwrap_or_default();
            after.get(..name.len()).is_some_and(|end| end.eq_ignore_ascii_case(name))
        };
        let end = memmem::find_iter(rest, b"</").find(is_end).unwrap_or(rest.len());
        let at = self.at;
        self.at += end;
        Item::Raw { name, at, bytes: rest.get(..end).unwrap_or_default() }
    }
}

impl<'a> Iterator for Markup<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        if let Some(name) = self.raw.take() {
            return Some(self.raw(name));
        }
        loop {
            let rest = self.bytes.get(self.at..)?;
            if rest.first() != Some(&b'<') {
                self.at += memchr(b'<', rest)?;
            }
            let from = self.at + 1;
            match self.bytes.get(from)? {
                b'!' => self.declaration(),
                b'?' => {
                    let rest = self.bytes.get(from + 1..)?;
                    let end =
                        if self.html { memchr(b'>', rest)? } else { memmem::find(rest, b"?>")? };
                    let inside = rest.get(..end)?;
                    let name = inside.get(..name_length(inside))?;
                    self.at = from + 1 + end + 1;
                    let whole = self.bytes.get(..from + 1 + end)?;
                    read_attributes(whole, from + 1 + name.len(), false, &mut self.attributes);
                    return Some(Item::Instruction { name });
                }
                b'/' => {
                    let rest = self.bytes.get(from + 1..)?;
                    let end = memchr(b'>', rest)?;
                    self.at = from + 1 + end + 1;
                    if !self.html {
                        let inside = rest.get(..end)?;
                        return Some(Item::End { name: inside.get(..name_length(inside))? });
                    }
                }
                b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => {
                    let rest = self.bytes.get(from..)?;
                    let name = rest.get(..name_length(rest))?;
                    let at = from + name.len();
                    let close = read_attributes(self.bytes, at, true, &mut self.attributes)?;
                    self.at = close + 1;
                    let empty = self.bytes.get(at..close)?.ends_with(b"/");
                    if self.html && is_raw(name) && !empty {
                        self.raw = Some(name);
                    }
                    return Some(Item::Start { name, end: close + 1, empty });
                }
                _ => self.at = from,
            }
        }
    }
}

fn name_length(bytes: &[u8]) -> usize {
    let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'/' | b'>');
    bytes.iter().position(ends).unwrap_or(bytes.len())
}

/// Whether the content of an element of HTML is no markup.
fn is_raw(name: &[u8]) -> bool {
    // Most begin with another letter.
    name.first().is_some_and(|b| matches!(b | 0x20, b's' | b't' | b'x' | b'n'))
        && RAW.iter().any(|raw| name.eq_ignore_ascii_case(raw))
}

/// An attribute of a tag.
pub(super) struct Attribute<'a> {
    /// As spelled.
    pub(super) name: &'a [u8],
    /// Where its value begins.
    pub(super) at: usize,
    /// As it stands between the quotes.
    pub(super) value: &'a [u8],
}

/// The value of an attribute by its name in lower case, as it stands.
pub(super) fn value<'f, 'a>(found: &'f [Attribute<'a>], name: &[u8]) -> Option<&'f Attribute<'a>> {
    found.iter().find(|found| found.name.eq_ignore_ascii_case(name))
}

/// Reads attributes from `at` to the `>` of their tag, which stands in no value, and gives its place; none
/// if the bytes end before. Those of an instruction, which is no tag, end with the bytes.
fn read_attributes<'a>(
    bytes: &'a [u8],
    mut at: usize,
    is_tag: bool,
    found: &mut Vec<Attribute<'a>>,
) -> Option<usize> {
    let is_close = |b: &u8| is_tag && *b == b'>';
    found.clear();
    loop {
        let is_between = |b: &u8| b.is_ascii_whitespace() || *b == b'/';
        while bytes.get(at).is_some_and(is_between) {
            at += 1;
        }
        if is_close(bytes.get(at)?) {
            return Some(at);
        }
        // A `=` where a name is expected is the first byte of one.
        let rest = bytes.get(at..)?;
        let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'=' | b'/') || is_close(b);
        let length = 1 + rest.get(1..)?.iter().position(ends).unwrap_or(rest.len() - 1);
        let name = rest.get(..length)?;
        at = behind_blanks(bytes, at + length);
        let (mut length, mut quotes) = (0, 0);
        if bytes.get(at) == Some(&b'=') {
            at = behind_blanks(bytes, at + 1);
            if let Some(quote @ (b'"' | b'\'')) = bytes.get(at) {
                (at, quotes) = (at + 1, 1);
                let rest = bytes.get(at..)?;
                length = memchr(*quote, rest).or_else(|| (!is_tag).then_some(rest.len()))?;
            } else {
                let ends = |b: &u8| b.is_ascii_whitespace() || is_close(b);
                let rest = bytes.get(at..)?;
                length = rest.iter().position(ends).unwrap_or(rest.len());
            }
        }
        if found.len() < ATTRIBUTES {
            found.push(Attribute { name, at, value: bytes.get(at..at + length)? });
        }
        at += length + quotes;
    }
}

fn behind_blanks(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// A value with the character references that stand in URLs decoded; others stay as they are.
pub(super) fn decoded(raw: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr(b'&', raw) else { return Cow::Borrowed(raw) };
    let mut out = raw.get(..first).unwrap_or_default().to_vec();
    let mut rest = raw.get(first..).unwrap_or_default();
    let mut buffer = [0; 4];
    while let Some((&byte, behind)) = rest.split_first() {
        let end = behind.iter().take(LONGEST).position(|b| *b == b';').filter(|_| byte == b'&');
        let found = end.and_then(|end| characters(behind.get(..end)?, &mut buffer));
        if let (Some(characters), Some(end)) = (found, end) {
            out.extend(characters.as_bytes());
            rest = behind.get(end + 1..).unwrap_or_default();
        } else {
            out.push(byte);
            rest = behind;
        }
    }
    Cow::Owned(out)
}

/// What a reference stands for, by its name or number.
fn characters<'b>(name: &[u8], buffer: &'b mut [u8; 4]) -> Option<&'b str> {
    let number = |digits: &[u8], radix| {
        let digits = std::str::from_utf8(digits).ok()?;
        char::from_u32(u32::from_str_radix(digits, radix).ok()?)
    };
    match name {
        [b'#', b'x' | b'X', digits @ ..] => Some(number(digits, 16)?.encode_utf8(buffer)),
        [b'#', digits @ ..] => Some(number(digits, 10)?.encode_utf8(buffer)),
        _ => {
            let found = NAMED_ENTITIES.binary_search_by_key(&name, |(name, _)| name).ok()?;
            NAMED_ENTITIES.get(found).map(|(_, characters)| *characters)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn character_references_are_decoded_once() {
        for (raw, expected) in [
            ("a&amp;b", "a&b"),
            ("&amp;lt;", "&lt;"),
            ("&#65;&#x42;&#xD800;", "AB&#xD800;"),
            ("a&b=c;", "a&b=c;"),
            ("caf&eacute;&nbsp;&copy;", "caf\u{e9}\u{a0}\u{a9}"),
            ("&CounterClockwiseContourIntegral;&apos;&QUOT;", "\u{2233}'\""),
            ("?a=1&copy=2&nosuch;", "?a=1&copy=2&nosuch;"),
            ("&", "&"),
        ] {
            assert_eq!(decoded(raw.as_bytes()), expected.as_bytes(), "{raw}");
        }
    }
}
