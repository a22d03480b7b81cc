//! References of HTML (HTML Living Standard, 4.2 and 4.8; SVG 2 inside of it).

use std::borrow::Cow;
use std::cell::OnceCell;

use super::markup::{self, Attribute, Item, Markup, decoded};
use super::{Piece, Reference, Role, Sink, css, script, url};

/// Bytes of the longest element or attribute name that matters.
const LONGEST: usize = 12;

/// A URL of which nothing is known.
const ELSEWHERE: &[u8] = b"any:";

/// A name in lower case; empty if it is too long to matter.
fn lower<'b>(name: &'b [u8], buffer: &'b mut [u8; LONGEST]) -> &'b [u8] {
    let Some(out) = buffer.get_mut(..name.len()) else { return &[] };
    if !name.iter().any(u8::is_ascii_uppercase) {
        return name;
    }
    out.copy_from_slice(name);
    out.make_ascii_lowercase();
    out
}

pub(super) fn read(bytes: &[u8], sink: &mut Sink<'_>) {
    let mut is_script = false;
    // With blocks around it, a value is filled in by a host, and so is all else.
    let has_blocks = OnceCell::new();
    let has_blocks = || *has_blocks.get_or_init(|| memchr::memmem::find(bytes, b"{%").is_some());
    let mut markup = Markup::new(bytes, true);
    while let Some(item) = markup.next() {
        let attributes = markup.attributes();
        match item {
            Item::Start { name, .. } => {
                is_script = name.eq_ignore_ascii_case(b"script") && runs(attributes);
                if !attributes.is_empty() {
                    start(lower(name, &mut [0; LONGEST]), attributes, &has_blocks, sink);
                }
            }
            Item::Raw { name, at, bytes } if name.eq_ignore_ascii_case(b"script") => {
                if is_script {
                    script::within(bytes, at, sink);
                }
            }
            Item::Raw { name, at, bytes } if name.eq_ignore_ascii_case(b"style") => {
                css::read(bytes, at, sink);
            }
            Item::Instruction { name } if name.eq_ignore_ascii_case(b"php") || name == b"=" => {
                sink(Piece::Template);
            }
            Item::Instruction { .. } | Item::Raw { .. } | Item::End { .. } => {}
        }
    }
}

/// Whether the content of a `<script>` is ECMAScript that runs in the page.
fn runs(attributes: &[Attribute<'_>]) -> bool {
    let types: [&[u8]; 4] = [b"", b"module", b"text/javascript", b"application/javascript"];
    let kind =
        markup::value(attributes, b"type").map(|kind| kind.value.trim_ascii()).unwrap_or_default();
    types.iter().any(|name| name.eq_ignore_ascii_case(kind))
        && markup::value(attributes, b"src").is_none()
}

/// Whether a host makes the page from a text with a mark in it: what it leads to, and from where, only
/// the host knows.
fn is_made(text: &[u8]) -> bool {
    let marks: [&[u8]; 3] = [b"{%", b"<%", b"<?"];
    marks.iter().any(|mark| memchr::memmem::find(text, mark).is_some())
}

/// Whether a value is filled in, by the host or by a script in the page. Others of the page stand as
/// they are.
fn is_filled_in(value: &[u8]) -> bool {
    memchr::memmem::find(value, b"{{").is_some()
}

fn start(
    element: &[u8],
    attributes: &[Attribute<'_>],
    has_blocks: &dyn Fn() -> bool,
    sink: &mut Sink<'_>,
) {
    // Of two attributes with one name, the first counts.
    let mut seen_goal = false;
    for attribute in attributes {
        let &Attribute { name, at, value } = attribute;
        if name.starts_with(b"{%") {
            sink(Piece::Template);
        }
        let mut buffer = [0; LONGEST];
        let name = lower(name, &mut buffer);
        if value.is_empty() || !is_known(name) {
            continue;
        }
        // Most values hold neither of the bytes that a mark begins with.
        let may_be_marked = memchr::memchr2(b'{', b'<', value).is_some();
        let is_told = || {
            matches!(name, b"href" | b"src" | b"action" | b"content" | b"id" | b"class" | b"value")
        };
        if may_be_marked && is_told() && is_made(value) {
            sink(Piece::Template);
        }
        let names_place =
            name == b"id" || name == b"name" && matches!(element, b"a" | b"map" | b"img");
        if may_be_marked
            && is_filled_in(value)
            && (names_place
                || matches!(name, b"href" | b"src" | b"action" | b"srcset" | b"content"))
        {
            match name {
                _ if has_blocks() => sink(Piece::Template),
                _ if names_place => sink(Piece::AnyId),
                b"href" if element == b"base" => sink(Piece::BaseUrl(Cow::Borrowed(ELSEWHERE))),
                _ => {}
            }
            continue;
        }
        if matches!((element, name), (b"link" | b"base", b"href") | (b"meta", b"content"))
            && std::mem::replace(&mut seen_goal, true)
        {
            continue;
        }
        match name {
            _ if names_place => sink(Piece::Id(decoded(value))),
            b"style" if memchr::memchr(b'(', value).is_some() => css::read(value, at, sink),
            b"srcset" | b"imagesrcset" => srcset(value, at, sink),
            b"content" if element == b"meta" => {
                let property = markup::value(attributes, b"property");
                if property.is_some_and(|of| of.value.eq_ignore_ascii_case(b"og:url")) {
                    own(value, sink);
                }
                refresh(attributes, attribute, sink);
            }
            b"href" if element == b"link" && is_canonical(attributes) => own(value, sink),
            b"href" if element == b"base" => sink(Piece::BaseUrl(decoded(value))),
            _ => {
                if let Some(role) = role(element, name, value, attributes) {
                    sink(Piece::Reference(Reference::marked(role, at, value)));
                }
            }
        }
    }
}

/// Whether some element has an attribute of that name that matters here.
fn is_known(name: &[u8]) -> bool {
    matches!(
        name,
        b"id"
            | b"src"
            | b"href"
            | b"name"
            | b"data"
            | b"class"
            | b"style"
            | b"value"
            | b"action"
            | b"poster"
            | b"srcset"
            | b"content"
            | b"background"
            | b"formaction"
            | b"xlink:href"
            | b"imagesrcset"
    )
}

fn role(element: &[u8], name: &[u8], value: &[u8], attributes: &[Attribute<'_>]) -> Option<Role> {
    match (element, name) {
        (b"a" | b"area", b"href" | b"xlink:href") | (b"iframe" | b"frame", b"src") => {
            Some(Role::Page)
        }
        (b"link", b"href") => {
            let role = markup::value(attributes, b"rel").and_then(|rel| of_link(rel.value));
            role.or_else(|| markup::value(attributes, b"hreflang").map(|_| Role::Page))
        }
        (
            b"img" | b"script" | b"source" | b"video" | b"audio" | b"track" | b"embed" | b"input",
            b"src",
        )
        | (b"video", b"poster")
        | (b"object", b"data")
        | (b"body" | b"table" | b"td" | b"th" | b"tr", b"background")
        | (b"image" | b"use", b"href" | b"xlink:href") => Some(Role::Asset),
        // Where forms go is a program's matter, unless it is a page.
        (b"form", b"action") | (b"button" | b"input", b"formaction") => {
            let path = value.split(|b| matches!(b, b'?' | b'#')).next().unwrap_or_default();
            (path.ends_with(b".html") || path.ends_with(b".htm")).then_some(Role::Page)
        }
        _ => None,
    }
}

fn is_canonical(attributes: &[Attribute<'_>]) -> bool {
    markup::value(attributes, b"rel")
        .is_some_and(|rel| rel.value.eq_ignore_ascii_case(b"canonical"))
}

/// The page by its whole URL (RFC 6596; the Open Graph protocol).
fn own(url: &[u8], sink: &mut Sink<'_>) {
    let url = decoded(url);
    if let Some((_, path)) = url::on_host(&url) {
        sink(Piece::Own(Cow::Borrowed(path)));
    }
}

/// What a `<link>` of this relation is for.
fn of_link(relation: &[u8]) -> Option<Role> {
    let words: Vec<_> = relation.split(u8::is_ascii_whitespace).collect();
    let has = |name: &[u8]| words.iter().any(|word| word.eq_ignore_ascii_case(name));
    let assets: [&[u8]; 8] = [
        b"stylesheet",
        b"icon",
        b"apple-touch-icon",
        b"apple-touch-icon-precomposed",
        b"manifest",
        b"preload",
        b"modulepreload",
        b"mask-icon",
    ];
    let pages: [&[u8]; 12] = [
        b"next",
        b"prev",
        b"up",
        b"start",
        b"index",
        b"contents",
        b"search",
        b"help",
        b"author",
        b"copyright",
        b"license",
        b"glossary",
    ];
    match () {
        () if assets.iter().any(|name| has(name)) => Some(Role::Asset),
        () if pages.iter().any(|name| has(name)) => Some(Role::Page),
        () => None,
    }
}

/// `a.png 1x, b.png 2x`: HTML Living Standard 4.8.4.2.1. A comma is a part of a URL unless a blank
/// follows it.
fn srcset(value: &[u8], from: usize, sink: &mut Sink<'_>) {
    let mut at = 0;
    loop {
        let rest = value.get(at..).unwrap_or_default();
        let skip = |b: &u8| !b.is_ascii_whitespace() && *b != b',';
        let Some(begins) = rest.iter().position(skip) else { return };
        let rest = rest.get(begins..).unwrap_or_default();
        at += begins;
        let length = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
        let url = rest.get(..length).unwrap_or_default();
        let bare = url.strip_suffix(b",").unwrap_or(url);
        sink(Piece::Reference(Reference::marked(Role::Asset, from + at, bare)));
        at += length;
        if bare.len() == url.len() {
            let rest = value.get(at..).unwrap_or_default();
            at += memchr::memchr(b',', rest).unwrap_or(rest.len());
        }
    }
}

/// `<meta http-equiv="refresh" content="0; url=next.html">`.
fn refresh(attributes: &[Attribute<'_>], content: &Attribute<'_>, sink: &mut Sink<'_>) {
    let is_refresh = markup::value(attributes, b"http-equiv")
        .is_some_and(|a| a.value.eq_ignore_ascii_case(b"refresh"));
    let value = content.value;
    let Some(mark) = value.iter().position(|b| matches!(b, b';' | b',')).filter(|_| is_refresh)
    else {
        return;
    };
    let behind = value.get(mark + 1..).unwrap_or_default().trim_ascii_start();
    let url = match behind.get(..3) {
        Some(key) if key.eq_ignore_ascii_case(b"url") => {
            let rest = behind.get(3..).unwrap_or_default().trim_ascii_start();
            rest.strip_prefix(b"=").unwrap_or(rest).trim_ascii_start()
        }
        _ => behind,
    };
    let begins = value.len() - url.len();
    let (url, begins) = match url.first() {
        Some(&quote @ (b'"' | b'\'')) => {
            let inside = url.get(1..).unwrap_or_default();
            let end = memchr::memchr(quote, inside).unwrap_or(inside.len());
            (inside.get(..end).unwrap_or_default(), begins + 1)
        }
        _ => (url, begins),
    };
    sink(Piece::Reference(Reference::marked(Role::Page, content.at + begins, url)));
}

#[cfg(test)]
mod tests {
    use super::super::Syntax;
    use super::super::tests::told;

    #[test]
    fn references_are_found_with_their_places() {
        for (text, expected) in [
            ("<a href=x.html>", &["Page x.html @8"][..]),
            ("<A HREF = 'a b.html' id=p>", &["Page a b.html @11", "#p"]),
            ("<a href=\"a?b&amp;c\">", &["Page a?b&c @9"]),
            ("<a title=it's href=y>", &["Page y @19"]),
            ("<a title='>' href=y>", &["Page y @18"]),
            ("<!-- <a href=x> --><a name=n>", &["#n"]),
            ("<script>'<a href=x>'</script><img src=i>", &["Asset i @38"]),
            ("<style>a{b:url( 'c.png' )}</style>", &["Asset c.png @17"]),
            ("<p style=\"background:url(d.png)\">", &["Asset d.png @25"]),
            ("<img srcset=\"a.png 1x, b,c.png 2x\">", &["Asset a.png @13", "Asset b,c.png @23"]),
            ("<img srcset='a, b'>", &["Asset a @13", "Asset b @16"]),
            ("<meta http-equiv=Refresh content='0; URL=n.html'>", &["Page n.html @41"]),
            ("<meta content='0; url=n.html'>", &[]),
            ("<link rel='shortcut icon' href=f>", &["Asset f @31"]),
            ("<link rel=canonical href=f>", &[]),
            ("<link rel=canonical href=https://x.org/p/a>", &["own /p/a"]),
            ("<link rel=canonical href=//x.org>", &["own /"]),
            ("<meta property='og:url' content='https://x.org/p/?a&amp;b'>", &["own /p/?a&b"]),
            ("<meta property='og:image' content='https://x.org/p/'>", &[]),
            ("<base href=/b/><form action=go.cgi>", &["base /b/"]),
            ("<form action=go.html?x>", &["Page go.html?x @13"]),
            ("<svg><use xlink:href='s.svg#i'/>", &["Asset s.svg#i @22"]),
            ("<a href='{{ url }}'><p id='{{ id }}'><a href=x>", &["any id", "Page x @45"]),
            ("<input value='{{ v }}'><base href='{{ b }}'>", &["base any:"]),
            ("<a href='<?php x ?>'><?php y ?>", &["template", "Page <?php x ?> @9", "template"]),
            ("{% block b %}<a href='{{ url }}'>", &["template"]),
            ("<a {% if x %} href=y>", &["template", "Page y @19"]),
            ("<link rel=alternate hreflang=de href=de.html>", &["Page de.html @37"]),
            ("<link rel=alternate type=application/rss+xml href=f>", &[]),
            (
                "<script type=module>import'./a.js'</script><script>new Worker('w.js')</script>",
                &["Module ./a.js @27", "Asset w.js @63"],
            ),
            (
                "<script type='text/x'>import './a.js'</script><script src=b>import './a.js'</script>",
                &["Asset b @58"],
            ),
            ("<tr {%endcomment%}><a href=x>", &["template", "Page x @27"]),
            ("</td <img src=no.gif>", &[]),
            ("</b <script><a href=x>", &["Page x @20"]),
            ("</a title='<b>'><a href=x/y>z</a>", &["Page x/y @24"]),
            ("<IMG SRC=a.png><script SRC=b></SCRIPT >", &["Asset a.png @9", "Asset b @27"]),
            ("<a\nhref\n=\n'x'/><td background=b/>", &["Page x @11", "Asset b/ @30"]),
            ("<a ='x' href=y =>", &["Page y @13"]),
            ("<a href='x", &[]),
            ("<a href", &[]),
            ("a < b <a href=x>", &["Page x @14"]),
        ] {
            assert_eq!(told(Syntax::Html, text.as_bytes()), expected, "{text}");
        }
        let many = format!("<a {} href=x><a href=y>", "a ".repeat(5000));
        assert_eq!(told(Syntax::Html, many.as_bytes()).len(), 1);
    }
}
