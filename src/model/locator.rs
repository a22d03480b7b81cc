//! Locators: the name of an entry inside an artifact, in the one printable form that reports,
//! manifests and intents share.
//!
//! Names are bytes. In a locator `\` is `\\`, a literal `!` is `\x21`, `/` inside a name is `\x2f`,
//! and controls, invisible or direction-changing characters and bytes that are not UTF-8 are `\xNN`.
//! So are the first characters of what a build log takes for a command (`::` at the start of a word,
//! `##[`, `##vso[`). The n-th duplicate of a name is `name\#n`. The form is injective, so comparing two
//! locators is comparing two strings.

use std::fmt::{self, Write as _};

/// The inner locator of an entry. The artifact itself is the empty string, printed as `.`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Locator(String);

impl Locator {
    /// The artifact itself.
    pub const fn root() -> Self {
        Self(String::new())
    }

    /// Takes a locator as a person or a manifest writes it; `.` is the artifact.
    pub fn parse(text: &str) -> Self {
        Self(Self::inner(text).to_owned())
    }

    /// The locator that [`Locator::parse`] gives, as compared and sorted.
    pub fn inner(text: &str) -> &str {
        match text {
            "." => "",
            _ => text.strip_prefix("!/").unwrap_or(text),
        }
    }

    /// The locator as compared and sorted: the artifact is empty.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the artifact itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The locator of a view's root inside the container `self`; `""` is the default view.
    #[must_use]
    pub fn view(&self, view: &str) -> Self {
        Self(format!("{}!{view}", self.0))
    }

    /// The locator of `name` below `self`, which is a view's root or a directory.
    ///
    /// ```
    /// use premaster::model::Locator;
    /// let dir = Locator::root().view("hfs").child(b"Folder", 0);
    /// assert_eq!(dir.child(b"App\r", 0).to_string(), r"!hfs/Folder/App\x0d");
    /// assert_eq!(Locator::root().view("").child(b"a/b!", 2).to_string(), r"a\x2fb\x21\#2");
    /// ```
    #[must_use]
    pub fn child(&self, name: &[u8], duplicate: u32) -> Self {
        let mut text = String::with_capacity(self.0.len() + 1 + name.len());
        if self.0 != "!" {
            text.push_str(&self.0);
            text.push('/');
        }
        name_into(&mut text, name, duplicate);
        if text == "." {
            text.clear();
            text.push_str(DOT);
        }
        Self(text)
    }

    /// The name after the last `/` or `!`, still escaped.
    pub fn last_segment(&self) -> &str {
        self.0.rsplit(['/', '!']).next().unwrap_or_default()
    }

    /// The container that it lies in: `a!/b/c` and `a!hfs` give `a`, `b/c` gives the artifact.
    pub fn container(&self) -> &str {
        self.0.rsplit_once('!').map_or("", |(container, _)| container)
    }

    /// The directories and containers above, nearest first: `a!/b/c` gives `a!/b`, `a!`, `a`.
    pub fn ancestors(&self) -> impl Iterator<Item = &str> {
        let mut rest = self.0.as_str();
        std::iter::from_fn(move || {
            let cut = rest.rfind(['/', '!'])?;
            let is_view_root = rest.as_bytes().get(cut) == Some(&b'!');
            // `a!hfs` is a view's root: above it stands the container `a`.
            rest = rest.get(..cut)?;
            if !is_view_root && rest.is_empty() {
                return None;
            }
            Some(rest)
        })
    }
}

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0.as_str() {
            "" | "!" => ".",
            text => text,
        })
    }
}

impl fmt::Debug for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl serde::Serialize for Locator {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Whether a name is printed as it stands: no byte of it needs an escape.
pub fn is_plain(name: &[u8]) -> bool {
    let mut text = String::new();
    escape_into(&mut text, name);
    text.as_bytes() == name
}

/// The entry `.` at the top of an artifact: `.` alone is the artifact.
pub(super) const DOT: &str = "\\x2e";

/// Appends the last segment of a locator.
pub(super) fn name_into(out: &mut String, name: &[u8], duplicate: u32) {
    escape_into(out, name);
    if duplicate > 0 {
        let _ = write!(out, "\\#{duplicate}");
    }
}

/// Appends `name` to `out` in the escaped form of a locator.
pub fn escape_into(out: &mut String, name: &[u8]) {
    let is_plain = |byte: &u8| {
        matches!(byte, b' '..=b'~') && !matches!(byte, b'\\' | b'!' | b'/' | b':' | b'#')
    };
    if name.iter().all(is_plain) {
        out.push_str(std::str::from_utf8(name).unwrap_or_default());
        return;
    }
    escape(out, name, |c| match c {
        '\\' => Escape::Double,
        '!' | '/' => Escape::Hex,
        c if is_hidden(c) => Escape::Hex,
        _ => Escape::None,
    });
}

/// Artifact bytes as text that is safe on a terminal: the escapes of a locator, except that `!` and
/// `/` stay.
pub fn escape_text(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    escape(&mut out, bytes, |c| match c {
        '\\' => Escape::Double,
        c if is_hidden(c) => Escape::Hex,
        _ => Escape::None,
    });
    out
}

/// Text of several sources, in which bytes of the artifact are escaped already, with nothing left that
/// a terminal, a build log or a document format could obey. Line feeds stay.
pub fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape(&mut out, text.as_bytes(), |c| match c {
        '\n' => Escape::None,
        c if is_hidden(c) => Escape::Hex,
        _ => Escape::None,
    });
    out
}

enum Escape {
    None,
    Double,
    Hex,
}

fn escape(out: &mut String, bytes: &[u8], how: impl Fn(char) -> Escape) {
    // Whether a word may begin here.
    let mut apart = true;
    for chunk in bytes.utf8_chunks() {
        let text = chunk.valid();
        for (at, c) in text.char_indices() {
            let begins = apart;
            apart = c.is_whitespace();
            let rest = || text.get(at..).unwrap_or_default();
            match how(c) {
                Escape::Double => out.push_str("\\\\"),
                Escape::None if !(matches!(c, ':' | '#') && is_command(rest(), begins)) => {
                    out.push(c);
                }
                _ => {
                    apart = false;
                    push_hex(out, c.encode_utf8(&mut [0; 4]).as_bytes());
                }
            }
        }
        push_hex(out, chunk.invalid());
        apart &= chunk.invalid().is_empty();
    }
}

/// Whether a build log takes it for a command: GitHub `::name` at the start of a line, which may be
/// the start of any word where lines are broken, and `##[name]` anywhere, Azure `##vso[`, `TeamCity`
/// `##teamcity[`.
pub fn is_command(rest: &str, begins: bool) -> bool {
    if begins && rest.starts_with("::") {
        return true;
    }
    let Some(name) = rest.strip_prefix("##") else { return false };
    name.trim_start_matches(|c: char| c.is_ascii_alphanumeric()).starts_with('[')
}

/// The bytes of an escaped name, without a duplicate mark. Unknown escapes stand for themselves.
pub fn unescape(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match (byte, bytes.get(at + 1)) {
            (b'\\', Some(b'\\')) => {
                out.push(b'\\');
                at += 2;
            }
            (b'\\', Some(b'x')) => {
                let hex = text.get(at + 2..at + 4);
                match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                    Some(value) => out.push(value),
                    None => out.extend_from_slice(b"\\x"),
                }
                at += if hex.is_some() { 4 } else { 2 };
            }
            (b'\\', Some(b'#')) => break,
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

fn push_hex(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(out, "\\x{byte:02x}");
    }
}

/// Controls, what a terminal would not show in its place, and what no XML document may hold.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            0x00ad | 0x061c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f
            | 0xfeff | 0xfff9..=0xfffb | 0xfffe..=0xffff | 0xe0000..=0xe007f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaping_is_injective_and_reversible() {
        let names: [&[u8]; 9] = [
            b"plain",
            b"a\\x21",
            b"a!",
            b"a/b",
            b"\x04",
            b"\xa8",
            "®".as_bytes(),
            "\u{202e}".as_bytes(),
            b"",
        ];
        let mut seen = std::collections::HashSet::new();
        for name in names {
            let mut text = String::new();
            escape_into(&mut text, name);
            assert_eq!(unescape(&text), name);
            assert!(seen.insert(text));
        }
    }

    #[test]
    fn no_build_log_takes_a_name_for_a_command() {
        for (name, shown) in [
            ("::error::x", r"\x3a:error::x"),
            ("a ::error::x", r"a \x3a:error::x"),
            ("File::Spec.3", "File::Spec.3"),
            ("##[group]x", r"\x23#[group]x"),
            ("a##vso[task.x]", r"a\x23#vso[task.x]"),
            ("###teamcity[x]", r"#\x23#teamcity[x]"),
            ("## title", "## title"),
            ("#auto#", "#auto#"),
        ] {
            let mut text = String::new();
            escape_into(&mut text, name.as_bytes());
            assert_eq!(text, shown);
            assert_eq!(unescape(&text), name.as_bytes());
            assert_eq!(escape_text(name.as_bytes()), shown);
            assert_eq!(harmless(name), shown);
        }
        assert_eq!(harmless("a\\x04\n\u{1b}\u{ffff}"), "a\\x04\n\\x1b\\xef\\xbf\\xbf");
    }

    #[test]
    fn ancestors_go_through_views_and_containers() {
        let at = Locator::parse("a/b.zip!hfs/x/y");
        let up: Vec<_> = at.ancestors().collect();
        assert_eq!(up, ["a/b.zip!hfs/x", "a/b.zip!hfs", "a/b.zip", "a"]);
        let at = Locator::parse("!hfs/x");
        assert_eq!(at.ancestors().collect::<Vec<_>>(), ["!hfs", ""]);
    }
}
