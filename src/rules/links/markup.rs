//! Tags of HTML and XML, as a stream of borrowed slices.
//!
//! Not a parser: no tree is built, and what is broken is passed over as a browser would (HTML Living
//! Standard 13.2.5; XML 1.0, 2.4 and 3.1). A third-party tokenizer took six times as long, and pages
//! are read whole on every first check. No entity is ever looked up but those that HTML
//! names (13.5) and characters by number, so that none expands.

use std::borrow::Cow;

use html_escape::NAMED_ENTITIES;
use memchr::{memchr, memchr2, memchr3, memmem};

/// Bytes of the longest name of characters, with its end.
const LONGEST: usize = 32;

/// Elements of HTML whose content is no markup.
const RAW: &[&[u8]] =
    &[b"script", b"style", b"textarea", b"title", b"xmp", b"noembed", b"noframes"];

/// A part of a markup text.
pub(super) enum Item<'a> {
    /// A start tag, or an empty-element tag.
    Start {
        /// Of the element, as spelled.
        name: &'a [u8],
        /// What it says.
        attributes: Attributes<'a>,
        /// The byte behind it.
        end: usize,
        /// Whether it is an empty-element tag.
        empty: bool,
    },
    /// An end tag.
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
        /// What it says.
        attributes: Attributes<'a>,
    },
}

/// The parts of a markup text.
pub(super) struct Markup<'a> {
    bytes: &'a [u8],
    at: usize,
    html: bool,
    /// The element whose content is raw and comes next.
    raw: Option<&'a [u8]>,
}

impl<'a> Markup<'a> {
    pub(super) fn new(bytes: &'a [u8], html: bool) -> Self {
        Self { bytes, at: 0, html, raw: None }
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

    /// The end of the tag whose attributes begin at `from`: its `>`, which no value hides.
    fn end_of_tag(&self, from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            let rest = self.bytes.get(at..)?;
            let found = at + memchr3(b'>', b'"', b'\'', rest)?;
            let quote = *self.bytes.get(found)?;
            if quote == b'>' {
                return Some(found);
            }
            let before = self.bytes.get(from..found)?;
            at = found + 1;
            if before.trim_ascii_end().ends_with(b"=") {
                at += memchr(quote, self.bytes.get(at..)?)? + 1;
            }
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
            self.at += memchr(b'<', self.bytes.get(self.at..)?)?;
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
                    let bytes = inside.get(name.len()..)?;
                    let attributes = Attributes { bytes, at: from + 1 + name.len() };
                    return Some(Item::Instruction { name, attributes });
                }
                b'/' => {
                    let rest = self.bytes.get(from + 1..)?;
                    let end = memchr(b'>', rest)?;
                    let inside = rest.get(..end)?;
                    self.at = from + 1 + end + 1;
                    return Some(Item::End { name: inside.get(..name_length(inside))? });
                }
                b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => {
                    let rest = self.bytes.get(from..)?;
                    let name = rest.get(..name_length(rest))?;
                    let at = from + name.len();
                    let close = self.end_of_tag(at)?;
                    self.at = close + 1;
                    let bytes = self.bytes.get(at..close)?;
                    let is_raw = |raw: &&[u8]| name.eq_ignore_ascii_case(raw);
                    let empty = bytes.ends_with(b"/");
                    if self.html && RAW.iter().any(is_raw) && !empty {
                        self.raw = Some(name);
                    }
                    let attributes = Attributes { bytes, at };
                    return Some(Item::Start { name, attributes, end: close + 1, empty });
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

/// The attributes of a tag.
#[derive(Clone)]
pub(super) struct Attributes<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// One of them.
pub(super) struct Attribute<'a> {
    /// As spelled.
    pub(super) name: &'a [u8],
    /// Where its value begins.
    pub(super) at: usize,
    /// As it stands between the quotes.
    pub(super) value: &'a [u8],
}

impl<'a> Attributes<'a> {
    fn skip(&mut self, count: usize) {
        self.bytes = self.bytes.get(count..).unwrap_or_default();
        self.at += count;
    }

    fn skip_blanks(&mut self, more: u8) {
        let stays = |b: &u8| !b.is_ascii_whitespace() && *b != more;
        self.skip(self.bytes.iter().position(stays).unwrap_or(self.bytes.len()));
    }

    /// The value of an attribute by its name in lower case, as it stands.
    pub(super) fn value(&self, name: &[u8]) -> Option<Attribute<'a>> {
        self.clone().find(|found| found.name.eq_ignore_ascii_case(name))
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        self.skip_blanks(b'/');
        let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'=' | b'/');
        // A `=` where a name is expected is the first byte of one.
        let rest = self.bytes.get(1..)?;
        let length = 1 + rest.iter().position(ends).unwrap_or(rest.len());
        let name = self.bytes.get(..length)?;
        self.skip(length);
        self.skip_blanks(b' ');
        if self.bytes.first() != Some(&b'=') {
            return Some(Attribute { name, at: self.at, value: b"" });
        }
        self.skip(1);
        self.skip_blanks(b' ');
        let found = if let Some(&quote @ (b'"' | b'\'')) = self.bytes.first() {
            self.skip(1);
            let end = memchr(quote, self.bytes).unwrap_or(self.bytes.len());
            let found = (self.bytes.get(..end)?, self.at);
            self.skip((end + 1).min(self.bytes.len()));
            found
        } else {
            let end = self.bytes.iter().position(u8::is_ascii_whitespace);
            let end = end.unwrap_or(self.bytes.len());
            let found = (self.bytes.get(..end)?, self.at);
            self.skip(end);
            found
        };
        let (value, at) = found;
        Some(Attribute { name, at, value })
    }
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
