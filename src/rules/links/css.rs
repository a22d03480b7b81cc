//! References of style sheets: `url(…)` and `@import` (CSS Syntax Module Level 3, 4.3.6).

use memchr::{memchr, memmem};

use super::{Piece, Reference, Role, Sink};

/// Tells the references of a style sheet that begins at `from` in its content.
pub(super) fn read(bytes: &[u8], from: usize, sink: &mut Sink<'_>) {
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        match byte {
            b'/' if rest.starts_with(b"/*") => {
                let inside = rest.get(2..).unwrap_or_default();
                at += 4 + memmem::find(inside, b"*/").unwrap_or(inside.len());
            }
            b'"' | b'\'' => at += string(rest).0,
            b'u' | b'U' if begins(rest, b"url(") && !is_name(bytes, at) => {
                let inside = rest.get(4..).unwrap_or_default();
                let blanks = inside.len() - inside.trim_ascii_start().len();
                let inside = inside.get(blanks..).unwrap_or_default();
                at += 4 + blanks;
                let (length, url, skip) = if let Some(b'"' | b'\'') = inside.first() {
                    let (length, url) = string(inside);
                    (length, url, 1)
                } else {
                    let end = memchr(b')', inside).unwrap_or(inside.len());
                    (end, inside.get(..end).unwrap_or_default().trim_ascii_end(), 0)
                };
                tell(url, from + at + skip, sink);
                at += length;
            }
            b'@' if begins(rest, b"@import") => {
                let inside = rest.get(7..).unwrap_or_default();
                let blanks = inside.len() - inside.trim_ascii_start().len();
                at += 7 + blanks;
                let inside = inside.get(blanks..).unwrap_or_default();
                if let Some(b'"' | b'\'') = inside.first() {
                    let (length, url) = string(inside);
                    tell(url, from + at + 1, sink);
                    at += length;
                }
            }
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

fn begins(rest: &[u8], word: &[u8]) -> bool {
    rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// Whether the byte at `at` goes on with a name.
fn is_name(bytes: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| bytes.get(at));
    before.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// Bytes of the string at the start, and what it says. It ends with its line.
fn string(bytes: &[u8]) -> (usize, &[u8]) {
    let Some((&quote, inside)) = bytes.split_first() else { return (0, b"") };
    let mut at = 0;
    while let Some(&byte) = inside.get(at) {
        match byte {
            b'\\' => at += 1,
            b'\n' => break,
            _ if byte == quote => break,
            _ => {}
        }
        at += 1;
    }
    let at = at.min(inside.len());
    ((at + 2).min(bytes.len()), inside.get(..at).unwrap_or_default())
}

fn tell(url: &[u8], at: usize, sink: &mut Sink<'_>) {
    // Escapes are for characters that no file of a site has; a fragment alone names a part of the
    // page that the style is for.
    if !url.is_empty() && !url.starts_with(b"#") && memchr(b'\\', url).is_none() {
        sink(Piece::Reference(Reference::marked(Role::Asset, at, url)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::Syntax;
    use super::super::tests::told;

    #[test]
    fn references_are_found_with_their_places() {
        for (text, expected) in [
            ("a{b:url(c.png)}", &["Asset c.png @8"][..]),
            ("a{b:URL( \"c d.png\" )}", &["Asset c d.png @10"]),
            ("@import 'x.css'; @import url(y.css);", &["Asset x.css @9", "Asset y.css @29"]),
            ("/* url(c) */ d{content:'url(e)'}", &[]),
            ("a{b:url(#f)} c:hurl(d)", &[]),
            ("@font-face{src:url(f.eot?#iefix)}", &["Asset f.eot?#iefix @19"]),
            ("a{b:url(", &[]),
            ("a{b:url('c", &["Asset c @9"]),
            ("a{}\n/*# sourceMappingURL=a.css.map */\n", &["SourceMap a.css.map @25"]),
        ] {
            assert_eq!(told(Syntax::Css, text.as_bytes()), expected, "{text}");
        }
    }
}
