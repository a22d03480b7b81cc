//! References of ECMAScript: static imports of relative paths at the start of a line (ECMA-262,
//! 16.2), and the source map on the last line (ECMA-426, 11). What it refers to while it runs is in
//! [`super::script_calls`].

use memchr::{memchr, memmem};

use super::{Piece, Reference, Role, Sink, script_calls};

/// Bytes between `import` and what it imports.
const STATEMENT: usize = 4096;
/// Bytes before a statement in which a comment may have begun.
const COMMENT: usize = 4096;
/// What resolvers append to a path that is not there.
const ENDS: &[&str] = &[
    ".js",
    ".mjs",
    ".cjs",
    ".json",
    ".ts",
    ".tsx",
    ".jsx",
    ".d.ts",
    ".vue",
    ".css",
    ".node",
    "/index.js",
    "/index.mjs",
    "/index.cjs",
    "/index.json",
    "/index.ts",
    "/package.json",
];

pub(super) fn read(bytes: &[u8], sink: &mut Sink<'_>) {
    for word in [&b"import"[..], b"export"] {
        // Each byte is looked at once, however many statements begin in a clause.
        let mut done = 0;
        for at in memmem::find_iter(bytes, word) {
            if at >= done && begins_line(bytes.get(..at).unwrap_or_default()) {
                done = imports(bytes, at, word, sink);
            }
        }
    }
    script_calls::read(bytes, ENDS, sink);
    source_map(bytes, sink);
}

fn begins_line(before: &[u8]) -> bool {
    let last = before.iter().rev().find(|b| !matches!(b, b' ' | b'\t'));
    last.is_none_or(|b| matches!(b, b'\n' | b'\r'))
}

/// Tells what a statement imports, and where its clause ends.
fn imports(bytes: &[u8], at: usize, word: &[u8], sink: &mut Sink<'_>) -> usize {
    let before = bytes.get(..at).unwrap_or_default();
    let from = at + word.len();
    let rest = bytes.get(from..).unwrap_or_default();
    let rest = rest.get(..STATEMENT.min(rest.len())).unwrap_or_default();
    let goes_on = |b: &u8| {
        b.is_ascii_alphanumeric()
            || b.is_ascii_whitespace()
            || matches!(b, b'{' | b'}' | b',' | b'*' | b'_' | b'$')
            || *b >= 0x80
    };
    let stop = rest.iter().position(|b| !goes_on(b)).unwrap_or(rest.len());
    let done = from + stop;
    let clause = rest.get(..stop).unwrap_or_default().trim_ascii();
    let is_bare = clause.is_empty() && word == b"import";
    let is_from = clause.strip_suffix(b"from").is_some_and(|names| {
        names.last().is_some_and(|b| b.is_ascii_whitespace() || matches!(b, b'}' | b'*'))
    });
    let Some(&quote @ (b'"' | b'\'')) = rest.get(stop) else { return done };
    let inside = rest.get(stop + 1..).unwrap_or_default();
    let Some(end) = memchr(quote, inside) else { return done };
    let path = inside.get(..end).unwrap_or_default();
    let is_relative = path.starts_with(b"./") || path.starts_with(b"../");
    if !(is_bare || is_from) || !is_relative || in_comment(before) {
        return done;
    }
    let also = ENDS.iter().map(|end| [path, end.as_bytes()].concat()).collect();
    let reference = Reference::url(Role::Module, from + stop + 1, path);
    sink(Piece::Reference(Reference { also, ..reference }));
    done
}

/// Whether a comment has begun shortly before and has not ended.
fn in_comment(before: &[u8]) -> bool {
    let near = before.get(before.len().saturating_sub(COMMENT)..).unwrap_or_default();
    memmem::rfind(near, b"/*") > memmem::rfind(near, b"*/")
}

/// The source map that the last line of a script or style sheet names.
pub(super) fn source_map(bytes: &[u8], sink: &mut Sink<'_>) {
    const MARK: &[u8] = b"# sourceMappingURL=";
    let whole = bytes.trim_ascii_end();
    let line = memchr::memrchr(b'\n', whole).map_or(0, |newline| newline + 1);
    let last = whole.get(line..).unwrap_or_default();
    let Some(mark) = memmem::rfind(last, MARK) else { return };
    let opened = last.get(..mark).unwrap_or_default();
    let url = last.get(mark + MARK.len()..).unwrap_or_default();
    let end = match opened {
        [.., b'/', b'/'] => url.len(),
        [.., b'/', b'*'] => memmem::find(url, b"*/").unwrap_or(url.len()),
        _ => return,
    };
    let url = url.get(..end).unwrap_or_default().trim_ascii();
    if !url.is_empty() && !url.iter().any(|b| b.is_ascii_whitespace() || *b == b'"' || *b == b'\'')
    {
        let at = line + mark + MARK.len();
        sink(Piece::Reference(Reference::url(Role::SourceMap, at, url)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::Syntax;
    use super::super::tests::told;

    #[test]
    fn imports_are_found_with_their_places() {
        for (text, expected) in [
            ("import './a.js';", &["Module ./a.js @8"][..]),
            ("import {\n  b,\n} from \"../c.js\"", &["Module ../c.js @22"]),
            ("export * from './d'", &["Module ./d @15"]),
            ("import x from 'react'", &[]),
            ("// import './a.js'", &[]),
            ("/*\nimport './a.js'\n*/", &[]),
            ("let s = \"import './a.js'\"", &[]),
            ("export default './a.js'", &[]),
            ("x()\n//# sourceMappingURL=x.js.map\n", &["SourceMap x.js.map @25"]),
            ("'//# sourceMappingURL=' + x", &[]),
            ("//# sourceMappingURL=x.map\ny()", &[]),
        ] {
            assert_eq!(told(Syntax::Script, text.as_bytes()), expected, "{text}");
        }
    }
}
