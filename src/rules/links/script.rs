//! References of ECMAScript: static imports of relative paths (ECMA-262, 16.2), and the source map on the
//! last line (ECMA-426, 11). What it refers to while it runs is in [`super::script_calls`].
//!
//! All that looks like a reference is found first, which is quick. Only then the text is followed from its
//! start to the last of them, to see which of them stand in code.

use memchr::{memchr, memmem};

use super::script_code::{Code, Stand, is_name};
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

/// What a literal is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// A static import.
    Import,
    /// A module that is loaded while the script runs.
    Module,
    /// A script that is started: from the folder of the page, which may be any.
    Start,
    /// A file beside the script.
    Asset,
}

/// A literal that is a reference if it stands in code.
pub(super) struct Found {
    /// Its first byte behind the quote.
    pub(super) at: u32,
    /// Bytes between the quotes.
    pub(super) length: u32,
    /// The word that makes it one.
    pub(super) word: u32,
    /// What it is for.
    pub(super) used: Use,
}

impl Found {
    /// Texts are read up to 8 MiB.
    pub(super) fn new(used: Use, word: usize, at: usize, path: &[u8]) -> Self {
        Self { at: at as u32, length: path.len() as u32, word: word as u32, used }
    }

    fn reference<'a>(&self, bytes: &'a [u8], from: usize) -> Option<Reference<'a>> {
        let at = self.at as usize;
        let path = bytes.get(at..at + self.length as usize)?;
        let (role, also) = match self.used {
            Use::Import | Use::Module => {
                let also = ENDS.iter().map(|end| [path, end.as_bytes()].concat()).collect();
                (Role::Module, also)
            }
            // Mostly the page is in the folder of the script, or at the root.
            Use::Start if !path.starts_with(b"/") => (Role::Asset, vec![[b"/", path].concat()]),
            Use::Start | Use::Asset => (Role::Asset, Vec::new()),
        };
        Some(Reference { also, ..Reference::url(role, from + at, path) })
    }
}

pub(super) fn read(bytes: &[u8], sink: &mut Sink<'_>) {
    within(bytes, 0, sink);
    source_map(bytes, sink);
}

/// A script in a page, from an offset of that.
pub(super) fn within(bytes: &[u8], from: usize, sink: &mut Sink<'_>) {
    let mut found = Vec::new();
    for word in [&b"import"[..], b"export"] {
        // Each byte is looked at once, however many statements begin in a clause.
        let mut done = 0;
        for at in memmem::find_iter(bytes, word) {
            let last = at.checked_sub(1).and_then(|at| bytes.get(at));
            let is_bound = |b: u8| is_name(b) || matches!(b, b'.' | b'"' | b'\'' | b'`' | b'#');
            if at >= done && !last.is_some_and(|&b| is_bound(b)) {
                done = imports(bytes, at, word, &mut found);
            }
        }
    }
    script_calls::read(bytes, &mut found);
    found.sort_by_key(|found| found.at);
    let mut code = Code::new(bytes);
    for found in &found {
        let is_meant = match code.stand((found.at as usize).saturating_sub(1)) {
            Some(Stand::Hidden) => false,
            Some(stand) => found.used != Use::Import || stand == Stand::Top,
            None => is_likely(bytes, found),
        };
        if let Some(reference) = found.reference(bytes, from).filter(|_| is_meant) {
            sink(Piece::Reference(reference));
        }
    }
}

/// Whether a literal is likely to stand in code, where that could not be followed.
fn is_likely(bytes: &[u8], found: &Found) -> bool {
    let before = bytes.get(..found.word as usize).unwrap_or_default();
    match found.used {
        Use::Import => begins_line(before) && !in_comment(before),
        _ => !script_calls::in_comment(bytes, found.at as usize),
    }
}

fn begins_line(before: &[u8]) -> bool {
    let last = before.iter().rev().find(|b| !matches!(b, b' ' | b'\t'));
    last.is_none_or(|b| matches!(b, b'\n' | b'\r'))
}

/// Finds what a statement imports; where its clause ends.
fn imports(bytes: &[u8], at: usize, word: &[u8], found: &mut Vec<Found>) -> usize {
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
    if (is_bare || is_from) && is_relative {
        found.push(Found::new(Use::Import, at, from + stop + 1, path));
    }
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
            ("const e=1;import{a as t}from\"./c.js\"", &["Module ./c.js @29"]),
            (
                "import*as e from'./a.js';import'./b.js'",
                &["Module ./a.js @17", "Module ./b.js @32"],
            ),
            (
                "const a=`b`;export*from'./a.js';export{b as default}from'../c.mjs'",
                &["Module ./a.js @24", "Module ../c.mjs @57"],
            ),
            ("if(a)/'/.test(b);import'./a.js'", &["Module ./a.js @24"]),
            ("a='it\\'s;import{b}from\"./a.js\"'", &[]),
            ("a=`\nimport {b} from './a.js'\n`", &[]),
            ("a=/import '.\\/a.js'/", &[]),
            ("a=1 // import './a.js'", &[]),
            ("f(()=>{import{a}from'./a.js'})", &[]),
            ("a.import'./a.js'", &[]),
            // Not ECMAScript: lines tell.
            ("<p>it's</p>\nimport './a.js';x;import './b.js'", &["Module ./a.js @20"]),
            ("x()\n//# sourceMappingURL=x.js.map\n", &["SourceMap x.js.map @25"]),
            ("'//# sourceMappingURL=' + x", &[]),
            ("//# sourceMappingURL=x.map\ny()", &[]),
        ] {
            assert_eq!(told(Syntax::Script, text.as_bytes()), expected, "{text}");
        }
    }
}
