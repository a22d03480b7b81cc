//! References that a script makes while it runs, where they are spelled as literals: `import('./a.js')`
//! (ECMA-262, 13.3.10), `new URL('./a', import.meta.url)`, `new Worker('a.js')`,
//! `serviceWorker.register('/a.js')`, `importScripts('a.js')` (HTML Living Standard 10.3.1), and the
//! lists of a service worker (`cache.addAll(['a'])`, or of a name that is declared with one; Workbox: `[{ url: 'a', revision: 'b' }]`).

use memchr::memmem;

use super::script::{Found, Use};
use super::script_code::is_name;

/// Bytes before a call in which a comment may have begun.
const COMMENT: usize = 1024;
/// Bytes of the longest reference.
const LONGEST: usize = 1024;
/// Bytes between the mark of a list and the list.
const NEAR: usize = 256;

pub(super) fn read(bytes: &[u8], found: &mut Vec<Found>) {
    for at in memmem::find_iter(bytes, b"import") {
        let behind = at + b"import".len();
        let rest = bytes.get(behind..).unwrap_or_default();
        if rest.starts_with(b".meta.url") {
            of_module(bytes, at, found);
        } else if let Some(from) =
            rest.strip_prefix(b"Scripts").and_then(|_| opens(bytes, behind + 7))
        {
            if stands_alone(bytes, at) {
                scripts(bytes, from, found);
            }
        } else if let Some((at, path)) = call(bytes, behind)
            && is_relative(path)
            && stands_alone(bytes, behind - 6)
        {
            found.push(Found::new(Use::Module, behind - 6, at, path));
        }
    }
    for at in memmem::find_iter(bytes, b"Worker") {
        let behind = at + b"Worker".len();
        let before = bytes.get(..at).unwrap_or_default();
        let before = before.strip_suffix(b"Shared").unwrap_or(before);
        let is_new = before.trim_ascii_end().ends_with(b"new") && before.ends_with(b" ");
        let register = bytes.get(behind..).and_then(|rest| rest.strip_prefix(b".register"));
        let from = match register {
            Some(_) if before.ends_with(b"service") => behind + b".register".len(),
            _ if is_new => behind,
            _ => continue,
        };
        if let Some((start, path)) = call(bytes, from)
            && !in_comment(bytes, at)
            && is_plain(path)
        {
            found.push(Found::new(Use::Start, at, start, path));
        }
    }
    if memmem::find(bytes, b"caches.open").is_some() {
        // Of a list that is kept twice, once.
        let mut named = Vec::new();
        for at in memmem::find_iter(bytes, b".addAll") {
            let Some(from) = opens(bytes, at + b".addAll".len()) else { continue };
            if list(bytes, from, found).is_none()
                && let Some(from) = declared(bytes, from).filter(|from| !named.contains(from))
            {
                named.push(from);
                list(bytes, from, found);
            }
        }
    }
    for mark in [&b"precache"[..], b"__WB_MANIFEST"] {
        let mut done = 0;
        for at in memmem::find_iter(bytes, mark) {
            if at >= done && !in_comment(bytes, at) {
                done = precached(bytes, at, found).unwrap_or(done);
            }
        }
    }
}

/// The name that begins somewhere.
fn name(bytes: &[u8], at: usize) -> &[u8] {
    let rest = bytes.get(at..).unwrap_or_default();
    let near = rest.get(..LONGEST.min(rest.len())).unwrap_or_default();
    near.get(..near.iter().position(|&b| !is_name(b)).unwrap_or(near.len())).unwrap_or_default()
}

fn is_relative(path: &[u8]) -> bool {
    path.starts_with(b"./") || path.starts_with(b"../")
}

/// Whether a path is of a file, and not made by a program.
fn is_plain(path: &[u8]) -> bool {
    let last = path.split(|b| matches!(b, b'?' | b'#')).next().unwrap_or_default();
    !last.is_empty() && !last.ends_with(b"/") && !last.ends_with(b".")
}

/// Whether a word is not the end of another, a property, in quotes or in a comment.
fn stands_alone(bytes: &[u8], at: usize) -> bool {
    let last = bytes.get(..at).unwrap_or_default().last();
    let is_bound = |b: u8| is_name(b) || matches!(b, b'.' | b'"' | b'\'' | b'`' | b'#');
    !last.is_some_and(|&b| is_bound(b)) && !in_comment(bytes, at)
}

/// Whether a comment has begun shortly before and has not ended.
pub(super) fn in_comment(bytes: &[u8], at: usize) -> bool {
    let near = bytes.get(at.saturating_sub(COMMENT)..at).unwrap_or_default();
    if memmem::rfind(near, b"/*") > memmem::rfind(near, b"*/") {
        return true;
    }
    let line = near.rsplit(|b| matches!(b, b'\n' | b'\r')).next().unwrap_or_default();
    let trimmed = line.trim_ascii_start();
    trimmed.starts_with(b"*")
        || memmem::find_iter(line, b"//")
            .any(|at| at.checked_sub(1).is_none_or(|at| line.get(at) != Some(&b':')))
}

/// Where that begins which follows blanks.
fn skip(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let near = rest.get(..NEAR.min(rest.len())).unwrap_or_default();
    from + (near.len() - near.trim_ascii_start().len())
}

/// The byte behind a `(`.
fn opens(bytes: &[u8], from: usize) -> Option<usize> {
    let at = skip(bytes, from);
    (bytes.get(at) == Some(&b'(')).then_some(at + 1)
}

/// A string without escapes, and where its content begins.
fn literal(bytes: &[u8], from: usize) -> Option<(usize, &[u8])> {
    let at = skip(bytes, from);
    let quote = *bytes.get(at).filter(|quote| matches!(quote, b'"' | b'\''))?;
    let inside = bytes.get(at + 1..)?;
    let inside = inside.get(..LONGEST.min(inside.len()))?;
    let end = inside.iter().position(|b| matches!(b, b'\\' | b'\n') || *b == quote)?;
    (inside.get(end) == Some(&quote)).then(|| (at + 1, inside.get(..end).unwrap_or_default()))
}

/// The only or first argument of a call, if it is a string.
fn call(bytes: &[u8], from: usize) -> Option<(usize, &[u8])> {
    let mut from = opens(bytes, from)?;
    // What bundlers are told: `import(/* webpackChunkName: "a" */ './a.js')`.
    let at = skip(bytes, from);
    if let Some(comment) = bytes.get(at..).and_then(|rest| rest.strip_prefix(b"/*")) {
        let near = comment.get(..NEAR.min(comment.len())).unwrap_or_default();
        from = at + 2 + memmem::find(near, b"*/")? + 2;
    }
    let (at, path) = literal(bytes, from)?;
    let behind = skip(bytes, at + path.len() + 1);
    bytes.get(behind).is_some_and(|b| matches!(b, b')' | b',')).then_some((at, path))
}

fn scripts(bytes: &[u8], mut from: usize, found: &mut Vec<Found>) {
    while let Some((at, path)) = literal(bytes, from) {
        let behind = skip(bytes, at + path.len() + 1);
        let next = bytes.get(behind);
        if !next.is_some_and(|b| matches!(b, b')' | b',')) {
            return;
        }
        if is_plain(path) {
            found.push(Found::new(Use::Asset, at, at, path));
        }
        if next == Some(&b')') {
            return;
        }
        from = behind + 1;
    }
}

/// `cache.addAll(['/', 'a.css'])` (Service Workers, 5.4.3).
fn list(bytes: &[u8], from: usize, found: &mut Vec<Found>) -> Option<()> {
    let mut at = skip(bytes, from);
    bytes.get(at).filter(|b| **b == b'[')?;
    while let Some((start, path)) = literal(bytes, at + 1) {
        at = skip(bytes, start + path.len() + 1);
        // What is put together is another path.
        let Some(next) = bytes.get(at).filter(|b| matches!(b, b',' | b']')) else { break };
        let is_path = !path.is_empty() && path.iter().any(|b| matches!(b, b'/' | b'.'));
        if is_path {
            found.push(Found::new(Use::Asset, start, start, path));
        }
        if *next == b']' {
            break;
        }
    }
    Some(())
}

/// Where the list begins that the only argument of a call names, if it is a name that is set once:
/// `const FILES = [`.
fn declared(bytes: &[u8], from: usize) -> Option<usize> {
    let start = skip(bytes, from);
    let name = name(bytes, start);
    let behind = skip(bytes, start + name.len());
    if name.is_empty() || bytes.get(behind) != Some(&b')') {
        return None;
    }
    let equals = |at: usize| skip(bytes, at + name.len());
    let is_set = |at: &usize| {
        let before = bytes.get(..*at).unwrap_or_default().last();
        let (sign, next) = (bytes.get(equals(*at)), bytes.get(equals(*at) + 1));
        !before.is_some_and(|&b| is_name(b))
            && sign == Some(&b'=')
            && !matches!(next, Some(b'=' | b'>'))
    };
    let mut all = memmem::find_iter(bytes, name).filter(is_set);
    // Minifiers give one name to many things, and what is set again is another list.
    let at = all.next().filter(|_| all.next().is_none())?;
    let from = skip(bytes, equals(at) + 1);
    (bytes.get(from) == Some(&b'[') && stands_alone(bytes, at)).then_some(from)
}

/// `new URL('./a', import.meta.url)`, of which `at` is the `import`.
fn of_module(bytes: &[u8], at: usize, found: &mut Vec<Found>) -> Option<()> {
    let near = bytes.get(at.saturating_sub(LONGEST)..at)?;
    let from = at - near.len();
    let before = near.trim_ascii_end().strip_suffix(b",")?.trim_ascii_end();
    let (&quote, inside) =
        before.split_last().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
    let begins = inside.iter().rposition(|b| *b == quote)?;
    let path = inside.get(begins + 1..)?;
    let open = inside.get(..begins)?.trim_ascii_end().strip_suffix(b"(")?;
    let is_url = open.trim_ascii_end().ends_with(b"URL");
    if is_url && is_relative(path) && is_plain(path) && !path.contains(&b'\\') {
        let at = from + begins + 1;
        if !in_comment(bytes, at) {
            found.push(Found::new(Use::Asset, at, at, path));
        }
    }
    Some(())
}

/// The list behind a mark; where it ends.
fn precached(bytes: &[u8], mark: usize, found: &mut Vec<Found>) -> Option<usize> {
    let rest = bytes.get(mark..)?;
    let near = rest.get(..NEAR.min(rest.len()))?;
    let list = memchr::memchr_iter(b'[', near).find(|&at| {
        let inside = skip(bytes, mark + at + 1);
        bytes.get(inside) == Some(&b'{')
    })?;
    let mut at = mark + list + 1;
    loop {
        at = skip(bytes, at);
        match bytes.get(at) {
            Some(b',') => at += 1,
            Some(b'{') => match entry(bytes, at + 1, found) {
                Ok(end) => at = end,
                Err(end) => return Some(end),
            },
            _ => return Some(at),
        }
    }
}

/// A flat object, behind its `{`; where it ends, or where it is something else.
fn entry(bytes: &[u8], mut at: usize, found: &mut Vec<Found>) -> Result<usize, usize> {
    loop {
        at = skip(bytes, at);
        if bytes.get(at) == Some(&b'}') {
            return Ok(at + 1);
        }
        let key = if let Some((from, key)) = literal(bytes, at) {
            at = from + key.len() + 1;
            key
        } else {
            let name = name(bytes, at);
            at += name.len();
            name
        };
        at = skip(bytes, at);
        if bytes.get(at) != Some(&b':') {
            return Err(at);
        }
        at += 1;
        if let Some((from, value)) = literal(bytes, at) {
            if key == b"url" && !value.is_empty() {
                found.push(Found::new(Use::Asset, from, from, value));
            }
            at = from + value.len() + 1;
        } else {
            // `null`, or a name.
            at = skip(bytes, at);
            at += name(bytes, at).len();
        }
        at = skip(bytes, at);
        match bytes.get(at) {
            Some(b',') => at += 1,
            Some(b'}') => {}
            _ => return Err(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Syntax;
    use super::super::tests::told;

    #[test]
    fn literals_of_calls_are_found_with_their_places() {
        for (text, expected) in [
            ("x=()=>import('./a.js')", &["Module ./a.js @14"][..]),
            ("await import( /* webpackChunkName: 'b' */ \"../b.js\" )", &["Module ../b.js @43"]),
            ("import('react');import(`./${x}`);import('./a'+x);_import('./b')", &[]),
            ("// import('./a.js')\n/* import('./b.js') */ \"import('./c.js')\"", &[]),
            (" * import('./a.js')", &[]),
            ("new URL('./a.wasm', import.meta.url)", &["Asset ./a.wasm @9"]),
            (
                "new URL(`./${x}`,import.meta.url);new URL('..',import.meta.url);x('./a',import.meta.url)",
                &[],
            ),
            ("w = new Worker(\"w.js\", { type: 'module' })", &["Asset w.js @16"]),
            ("new SharedWorker('/s.js')", &["Asset /s.js @18"]),
            ("new Worker(new URL('./w.js', import.meta.url))", &["Asset ./w.js @20"]),
            ("class Worker{};isWorker('a.js');new Worker(a)", &[]),
            ("navigator.serviceWorker.register('/sw.js')", &["Asset /sw.js @34"]),
            (
                "importScripts('a.js', \"b/c.js\");importScripts(d)",
                &["Asset a.js @15", "Asset b/c.js @23"],
            ),
            (
                "precacheAndRoute([{url:'a.html',revision:'1'},{'revision':null,\"url\":\"/b\"}],{x:[{url:'c'}]})",
                &["Asset a.html @24", "Asset /b @70"],
            ),
            (
                "self.__precacheManifest = (self.__precacheManifest || []).concat([\n{ \"url\": \"i.css\" }\n]);",
                &["Asset i.css @77"],
            ),
            ("const m = self.__WB_MANIFEST = [{url:'a',revision:null}]", &["Asset a @38"]),
            ("precacheAndRoute(self.__WB_MANIFEST)", &[]),
            (
                "caches.open(v).then(c=>c.addAll(['/', \"a.css\" ,]))",
                &["Asset / @34", "Asset a.css @39"],
            ),
            ("list.addAll(['/a'])", &[]),
            (
                "const FILES = [\n '/a.html',\n \"b.css\",\n];caches.open(v).then(c => c.addAll(FILES))",
                &["Asset /a.html @18", "Asset b.css @30"],
            ),
            (
                "var a=['/b'];let ab=['/c'];caches.open(1);x.addAll( a );y.addAll(a)",
                &["Asset /b @8"],
            ),
            // Lists that are not kept, that are put together, and names that are not this list's alone.
            ("const FILES=['/a'];caches.open(v);c.addAll(OTHERS);f(FILES)", &[]),
            ("const FILES=['/a'];caches.open(v);c.addAll(FILES.map(f))", &[]),
            ("const FILES=['/a'];s.addAll(FILES)", &[]),
            ("var a=['/a'];function f(){var a=['/b'];caches.open(v);c.addAll(a)}", &[]),
            ("let a=['/a'];a=a.map(f);caches.open(v);c.addAll(a)", &[]),
            ("const V='1', FILES = ['/a'];caches.open(v);c.addAll(FILES)", &["Asset /a @23"]),
            ("x.FILES=['/a'];caches.open(v);c.addAll(FILES)", &[]),
            ("// const FILES=['/a'];\ncaches.open(v);c.addAll(FILES)", &[]),
            ("let FILES='/a';x.FILES=['/b'];caches.open(v);c.addAll(FILES)", &[]),
            ("const FILES=[BASE+'/a','/b'];caches.open(v);c.addAll(FILES)", &[]),
            ("const FILES=['/a','/b'+v,'/c'];caches.open(v);c.addAll(FILES)", &["Asset /a @14"]),
            ("a='new Worker(\"w.js\")'", &[]),
            ("a=\"importScripts('a.js')\"", &[]),
            ("precacheAndRoute([{url:'a'", &["Asset a @24"]),
        ] {
            assert_eq!(told(Syntax::Script, text.as_bytes()), expected, "{text}");
        }
    }
}
