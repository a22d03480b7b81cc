//! What the text of a reference asks for (WHATWG URL 4.4; RFC 3986 4.2 and 5.2).

use std::borrow::Cow;

use super::Form;

/// What a reference asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Goal<'a> {
    /// Something that is no part of any release: another host, a mail address, data, a script.
    Elsewhere,
    /// A file of the machine that the text was written on, or of the one that shows it.
    Machine(Cow<'a, [u8]>),
    /// A path, which may be empty: then the content itself is meant.
    Path {
        /// Whether it starts at a root.
        absolute: bool,
        /// Segments parted by `/`, still encoded.
        path: Cow<'a, [u8]>,
        /// What follows `#`, decoded.
        fragment: Option<Cow<'a, [u8]>>,
    },
}

/// What the text of a reference asks for.
pub fn goal(text: &[u8], form: Form) -> Goal<'_> {
    match form {
        Form::Url => url(text),
        Form::File => Goal::Path {
            absolute: text.starts_with(b"/"),
            path: Cow::Borrowed(text),
            fragment: None,
        },
        Form::Dos => dos(text),
    }
}

fn dos(text: &[u8]) -> Goal<'_> {
    if has_drive(text) || text.starts_with(br"\\") {
        return Goal::Machine(Cow::Borrowed(text));
    }
    let path = slashes(text);
    Goal::Path { absolute: path.starts_with(b"/"), path, fragment: None }
}

fn slashes(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'\\') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.iter().map(|&b| if b == b'\\' { b'/' } else { b }).collect())
}

/// `C:\` or `C:/`.
fn has_drive(text: &[u8]) -> bool {
    matches!(text, [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic())
}

fn url(text: &[u8]) -> Goal<'_> {
    let text = text.trim_ascii();
    let is_break = |b: &u8| matches!(b, b'\n' | b'\r' | b'\t');
    if !text.iter().any(is_break) {
        return whole(text);
    }
    // Line ends within a URL are no part of it.
    match whole(&text.iter().copied().filter(|b| !is_break(b)).collect::<Vec<_>>()) {
        Goal::Elsewhere => Goal::Elsewhere,
        Goal::Machine(path) => Goal::Machine(path.into_owned().into()),
        Goal::Path { absolute, path, fragment } => Goal::Path {
            absolute,
            path: path.into_owned().into(),
            fragment: fragment.map(|fragment| fragment.into_owned().into()),
        },
    }
}

fn whole(text: &[u8]) -> Goal<'_> {
    if has_drive(text) || text.starts_with(br"\\") {
        return Goal::Machine(Cow::Borrowed(text));
    }
    if text.starts_with(b"//") {
        return Goal::Elsewhere;
    }
    if let Some(end) = scheme(text) {
        let is_file = text.get(..end).is_some_and(|name| name.eq_ignore_ascii_case(b"file"));
        return if is_file {
            file(text.get(end + 1..).unwrap_or_default())
        } else {
            Goal::Elsewhere
        };
    }
    let mark = memchr::memchr(b'#', text);
    let fragment = mark.and_then(|at| text.get(at + 1..)).map(decode);
    let path = text.get(..mark.unwrap_or(text.len())).unwrap_or_default();
    let path = path.get(..memchr::memchr(b'?', path).unwrap_or(path.len())).unwrap_or_default();
    let path = slashes(path);
    Goal::Path { absolute: path.starts_with(b"/"), path, fragment }
}

/// `file:///a`, `file:/a` or `file://localhost/a`; with another host it is elsewhere.
fn file(rest: &[u8]) -> Goal<'static> {
    let path = match rest.strip_prefix(b"//") {
        Some(rest) => rest.strip_prefix(b"localhost").unwrap_or(rest),
        None => rest,
    };
    let end = path.iter().position(|b| matches!(b, b'#' | b'?')).unwrap_or(path.len());
    let path = decode(path.get(..end).unwrap_or_default()).into_owned();
    if path.starts_with(b"/") { Goal::Machine(path.into()) } else { Goal::Elsewhere }
}

/// The `:` behind a scheme.
fn scheme(text: &[u8]) -> Option<usize> {
    let colon =
        memchr::memchr3(b':', b'/', b'?', text).filter(|&at| text.get(at) == Some(&b':'))?;
    let name = text.get(..colon)?;
    let goes_on = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    (name.first()?.is_ascii_alphabetic() && name.iter().all(goes_on)).then_some(colon)
}

/// What follows the host of a whole URL, and where that begins.
pub(super) fn on_host(url: &[u8]) -> Option<(usize, &[u8])> {
    let scheme = memchr::memmem::find(url, b"//").map(|found| found + 2)?;
    let is_whole = scheme == 2 || url.get(scheme - 3) == Some(&b':');
    let rest = url.get(scheme..).filter(|_| is_whole)?;
    let end = rest.iter().position(|b| matches!(b, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    match rest.get(end..)? {
        path @ [b'/', ..] => Some((scheme + end, path)),
        _ => Some((scheme + end, b"/")),
    }
}

/// A part of a URL with its percent signs decoded.
pub fn decode(part: &[u8]) -> Cow<'_, [u8]> {
    if !part.contains(&b'%') {
        return Cow::Borrowed(part);
    }
    let mut out = Vec::with_capacity(part.len());
    let mut rest = part;
    while let Some((&byte, behind)) = rest.split_first() {
        let digit = |at: usize| Some(char::from(*behind.get(at)?).to_digit(16)? as u8);
        if let (b'%', Some(high), Some(low)) = (byte, digit(0), digit(1)) {
            out.push(high << 4 | low);
            rest = behind.get(2..).unwrap_or_default();
        } else {
            out.push(byte);
            rest = behind;
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reference_asks_for() {
        let path = |absolute, path: &str, fragment: Option<&str>| Goal::Path {
            absolute,
            path: Cow::Owned(path.as_bytes().to_vec()),
            fragment: fragment.map(|f| Cow::Owned(f.as_bytes().to_vec())),
        };
        let machine = |path: &str| Goal::Machine(Cow::Owned(path.as_bytes().to_vec()));
        for (text, expected) in [
            (" a/b.html?q#f%20g ", path(false, "a/b.html", Some("f g"))),
            ("/a", path(true, "/a", None)),
            ("#", path(false, "", Some(""))),
            ("?x", path(false, "", None)),
            (r"a\b", path(false, "a/b", None)),
            ("a\n b", path(false, "a b", None)),
            ("a:b", Goal::Elsewhere),
            ("./a:b", path(false, "./a:b", None)),
            ("HTTP://x/", Goal::Elsewhere),
            ("//host/x", Goal::Elsewhere),
            ("mailto:x", Goal::Elsewhere),
            ("file:///home/x#y", machine("/home/x")),
            ("file://server/x", Goal::Elsewhere),
            (r"C:\x", machine(r"C:\x")),
        ] {
            assert_eq!(goal(text.as_bytes(), Form::Url), expected, "{text}");
        }
        assert_eq!(goal(br"a\b#c", Form::Dos), path(false, "a/b#c", None));
        assert_eq!(goal(b"a%20#c", Form::File), path(false, "a%20#c", None));
        assert_eq!(*decode(b"%4a%zz%"), *b"J%zz%");
    }
}
