//! References that a content makes to others: which texts make any, and where in them they stand.
//!
//! Each syntax has a file that tells [`Piece`]s in the order of the text, with nothing of it copied
//! that need not be. What a reference leads to, and whether that is there, the engine finds out.

mod bplist;
mod css;
mod html;
mod inclusion;
mod lines;
mod markup;
mod plist;
mod script;
mod script_calls;
mod script_code;
mod shortcut;
mod url;
mod web_manifest;
mod xml;

use std::borrow::Cow;

use crate::model::Class;

pub use url::{Goal, decode, goal};

/// What a reference is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// A page that a person goes to.
    Page,
    /// What a page is shown with: an image, a style sheet, a script, a font.
    Asset,
    /// A module that a script imports.
    Module,
    /// Where a script or style sheet came from.
    SourceMap,
    /// A part of a document or set that consists of several files.
    Part,
    /// A program or file that is started.
    Program,
}

/// How a reference spells its path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Form {
    /// As a URL: percent signs, a query, a fragment.
    Url,
    /// As a path, in which every byte is itself.
    File,
    /// As a path on Windows: `\` is `/`, and case is no difference.
    Dos,
}

/// Where a relative path starts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Base {
    /// In the folder of the content.
    Folder,
    /// In the folder above that one.
    Above,
    /// At the root of its tree.
    Root,
    /// At the root of the system that it is installed on: another package may bring it.
    System,
    /// In the folders of commands of the system; only a whole one has them all.
    Commands,
}

/// A reference as it stands in a content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reference<'a> {
    /// What it is for.
    pub role: Role,
    /// How it is spelled.
    pub form: Form,
    /// Where it starts.
    pub base: Base,
    /// Its first byte in the content.
    pub at: usize,
    /// Bytes in the content.
    pub length: usize,
    /// Its path, with character references of the markup decoded.
    pub text: Cow<'a, [u8]>,
    /// Other paths at which that may be which it means.
    pub also: Vec<Vec<u8>>,
}

impl<'a> Reference<'a> {
    /// A URL that starts in the content's own folder.
    fn url(role: Role, at: usize, raw: &'a [u8]) -> Self {
        let text = Cow::Borrowed(raw);
        let (form, base) = (Form::Url, Base::Folder);
        Self { role, form, base, at, length: raw.len(), text, also: Vec::new() }
    }

    /// The same, in markup.
    fn marked(role: Role, at: usize, raw: &'a [u8]) -> Self {
        Self { text: markup::decoded(raw), ..Self::url(role, at, raw) }
    }

    /// A path.
    fn path(form: Form, base: Base, role: Role, at: usize, raw: &'a [u8]) -> Self {
        Self { form, base, ..Self::url(role, at, raw) }
    }
}

/// What a content tells of itself and others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece<'a> {
    /// A reference to another content, or to a place in one.
    Reference(Reference<'a>),
    /// A place in the content that others may name.
    Id(Cow<'a, [u8]>),
    /// There are places that only a script or a host names.
    AnyId,
    /// What relative URLs start from.
    BaseUrl(Cow<'a, [u8]>),
    /// The path of the content itself on its host.
    Own(Cow<'a, [u8]>),
    /// The text is one from which a host makes pages: its references are not those of the release.
    Template,
}

/// What takes the pieces.
pub type Sink<'s> = dyn FnMut(Piece<'_>) + 's;

/// How a content makes references.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Syntax {
    /// HTML and XHTML.
    Html,
    /// A vocabulary of XML.
    Xml(Vocabulary),
    /// A style sheet.
    Css,
    /// ECMAScript.
    Script,
    /// A web application's manifest.
    WebManifest,
    /// Properties of a bundle of Apple's.
    Plist,
    /// `autorun.inf`.
    Autorun,
    /// A desktop entry.
    Desktop,
    /// A unit of systemd, or a service of D-Bus.
    Unit,
    /// A playlist in which lines are paths.
    Playlist,
    /// A playlist in which `File1=` has one.
    Pls,
    /// A cue sheet.
    Cue,
    /// A Windows shortcut.
    Shortcut,
}

/// What the elements of an XML text mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Vocabulary {
    /// Scalable Vector Graphics.
    Svg,
    /// The package of an electronic book.
    Opf,
    /// Its old table of contents.
    Ncx,
    /// The pointer to the package.
    Ocf,
    /// The pages of a site.
    Sitemap,
    /// Relationships of an Office Open XML part.
    Rels,
    /// A playlist.
    Xspf,
    /// Any: only its style sheet.
    Other,
}

/// Bytes of the longest end of a name that says what a content is.
const LONGEST: usize = 12;

/// How a content of this name and recognised format makes references.
pub fn syntax(name: &[u8], format: Option<&str>) -> Option<Syntax> {
    use Vocabulary::{Ncx, Ocf, Opf, Other, Rels, Sitemap, Svg, Xspf};
    let mut lower = [0; LONGEST];
    let dot = memchr::memrchr(b'.', name);
    let end = dot.and_then(|dot| name.get(dot + 1..)).filter(|end| end.len() <= LONGEST);
    let end = end.unwrap_or_default();
    let lower = lower.get_mut(..end.len()).unwrap_or_default();
    lower.copy_from_slice(end);
    lower.make_ascii_lowercase();
    Some(match &*lower {
        b"html" | b"htm" | b"xhtml" | b"xht" => Syntax::Html,
        b"svg" => Syntax::Xml(Svg),
        b"opf" => Syntax::Xml(Opf),
        b"ncx" => Syntax::Xml(Ncx),
        b"rels" => Syntax::Xml(Rels),
        b"xspf" => Syntax::Xml(Xspf),
        b"xml" if name == b"container.xml" => Syntax::Xml(Ocf),
        b"xml" if name.starts_with(b"sitemap") => Syntax::Xml(Sitemap),
        b"xml" => Syntax::Xml(Other),
        b"css" => Syntax::Css,
        b"js" | b"mjs" => Syntax::Script,
        b"webmanifest" => Syntax::WebManifest,
        b"plist" if name == b"Info.plist" => Syntax::Plist,
        b"inf" if name.eq_ignore_ascii_case(b"autorun.inf") => Syntax::Autorun,
        b"desktop" => Syntax::Desktop,
        b"service" | b"socket" | b"mount" | b"timer" => Syntax::Unit,
        b"m3u" | b"m3u8" => Syntax::Playlist,
        b"pls" => Syntax::Pls,
        b"cue" => Syntax::Cue,
        b"lnk" => Syntax::Shortcut,
        _ if format == Some("html") => Syntax::Html,
        _ => return None,
    })
}

impl Syntax {
    /// Whether contents of this syntax have a place to go to for every id in them.
    pub const fn has_places(self) -> bool {
        matches!(self, Self::Html | Self::Xml(Vocabulary::Svg))
    }

    /// Whether it is a text.
    pub const fn is_text(self) -> bool {
        !matches!(self, Self::Shortcut)
    }

    /// Whether a content of a class may be of it.
    pub fn may_be(self, class: Class) -> bool {
        class == Class::Text || matches!(self, Self::Shortcut | Self::Plist)
    }

    /// Tells the pieces of a content.
    pub fn read(self, bytes: &[u8], sink: &mut Sink<'_>) {
        match self {
            Self::Html => html::read(bytes, sink),
            Self::Xml(vocabulary) => xml::read(vocabulary, bytes, sink),
            Self::Css => {
                css::read(bytes, 0, sink);
                script::source_map(bytes, sink);
            }
            Self::Script => script::read(bytes, sink),
            Self::WebManifest => web_manifest::read(bytes, sink),
            Self::Plist => plist::read(bytes, sink),
            Self::Autorun => lines::autorun(bytes, sink),
            Self::Desktop => lines::desktop(bytes, sink),
            Self::Unit => lines::unit(bytes, sink),
            Self::Playlist => lines::playlist(bytes, sink),
            Self::Pls => lines::pls(bytes, sink),
            Self::Cue => lines::cue(bytes, sink),
            Self::Shortcut => shortcut::read(bytes, sink),
        }
    }
}

/// What an engine found out about a reference, a page or a link of the file system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// What it leads to is not there.
    Absent,
    /// It is there by a name that differs in case, or in how its characters are composed.
    OtherCase,
    /// It is not there, and may well be brought by another package.
    Elsewhere,
    /// It leads out of the artifact.
    Leaves,
    /// The page is there, the place in it is not.
    NoPlace,
    /// A page that nothing leads to.
    Unreached,
    /// A link of the file system that leads to nothing.
    Dangling,
    /// One that leads back to itself.
    Loop,
    /// One that leads out of the artifact.
    LinkLeaves,
    /// A content whose references were not followed.
    NotFollowed,
    /// A site that is taken to be served below a path of its host.
    AssumedBase,
}

/// A reference that does not do what it is for, as rules see it.
#[derive(Clone, Copy, Debug)]
pub struct Broken<'a> {
    /// What became of it.
    pub fate: Fate,
    /// What it is for.
    pub role: Role,
    /// Whether it stands in a site: a tree with a page at its root.
    pub in_site: bool,
    /// What to say of it.
    pub detail: &'a str,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The references of a text, as `role path @offset`.
    pub(super) fn told(syntax: Syntax, text: &[u8]) -> Vec<String> {
        let mut told = Vec::new();
        syntax.read(text, &mut |piece| match piece {
            Piece::Reference(found) => {
                let path = String::from_utf8_lossy(&found.text).into_owned();
                told.push(format!("{:?} {path} @{}", found.role, found.at));
            }
            Piece::Id(id) => told.push(format!("#{}", String::from_utf8_lossy(&id))),
            Piece::BaseUrl(url) => told.push(format!("base {}", String::from_utf8_lossy(&url))),
            Piece::Own(path) => told.push(format!("own {}", String::from_utf8_lossy(&path))),
            Piece::AnyId => told.push("any id".into()),
            Piece::Template => told.push("template".into()),
        });
        told
    }

    const ALL: &[Syntax] = &[
        Syntax::Html,
        Syntax::Xml(Vocabulary::Svg),
        Syntax::Xml(Vocabulary::Opf),
        Syntax::Xml(Vocabulary::Ncx),
        Syntax::Xml(Vocabulary::Ocf),
        Syntax::Xml(Vocabulary::Sitemap),
        Syntax::Xml(Vocabulary::Rels),
        Syntax::Xml(Vocabulary::Xspf),
        Syntax::Xml(Vocabulary::Other),
        Syntax::Css,
        Syntax::Script,
        Syntax::WebManifest,
        Syntax::Plist,
        Syntax::Autorun,
        Syntax::Desktop,
        Syntax::Unit,
        Syntax::Playlist,
        Syntax::Pls,
        Syntax::Cue,
        Syntax::Shortcut,
    ];

    /// Every reference lies in the text, and there are not more than the text has bytes.
    fn stays_within(text: &[u8]) {
        for &syntax in ALL {
            let mut count = 0;
            syntax.read(text, &mut |piece| {
                count += 1;
                if let Piece::Reference(found) = piece {
                    assert!(found.at + found.length <= text.len(), "{syntax:?} {found:?}");
                    let _ = goal(&found.text, found.form);
                }
            });
            assert!(count <= text.len() + 1, "{syntax:?}");
        }
    }

    #[test]
    fn what_a_content_is_its_name_says() {
        for (name, format, expected) in [
            (&b"a.HTML"[..], None, Some(Syntax::Html)),
            (b"a", Some("html"), Some(Syntax::Html)),
            (b"AUTORUN.INF", None, Some(Syntax::Autorun)),
            (b"setup.inf", None, None),
            (b"Info.plist", None, Some(Syntax::Plist)),
            (b"x.plist", None, None),
            (b"sitemap-2.xml", None, Some(Syntax::Xml(Vocabulary::Sitemap))),
            (b"html", None, None),
            (b"a.averyveryverylongend", None, None),
        ] {
            assert_eq!(syntax(name, format), expected, "{}", name.escape_ascii());
        }
    }

    #[test]
    fn deep_and_broken_texts_end() {
        for piece in [
            "<a href='x'>",
            "<",
            "<!--",
            "<![CDATA[",
            "&#x",
            "url(",
            "@import '",
            "[",
            "{\"icons\":",
            "import('./",
            "importScripts('a',",
            "precacheAndRoute([{url:'a'},",
            "new Worker('a')",
            "'./a',import.meta.url",
            "import'./a'",
            "<script>import'./a'",
            "caches.open(.addAll(['/a',",
            "`${import('./a')",
        ] {
            stays_within(piece.repeat(20_000).as_bytes());
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_broken(parts in proptest::collection::vec(prop_oneof![
            "[ -~]{0,6}",
            proptest::sample::select(vec![
                "<a href=", "<style>", "</style", "\"", "'", ">", "<!--", "-->", "<![CDATA[", "]]>",
                "<!DOCTYPE x [", "<?xml-stylesheet href='", "?>", "url(", ")", "@import ", "/*", "*/",
                "\\", "&amp;", "&#x41;", "&#", ";", "<img srcset='a 1x, b'", "<base href=/x>", "\n",
                "import a from './", "//# sourceMappingURL=", "<key>CFBundleExecutable</key>",
                "<string>", "<dict>", "import(", "new Worker(", "importScripts(", "import.meta.url",
                "precacheAndRoute([{", "url:'", "__WB_MANIFEST=[", "new URL(", "bplist00", "`", "${", "}", "{", "(", "/", "<script>", "caches.open(", ".addAll(['/a',", "[Desktop Entry]\n", "Exec=\"", "ExecStart=-/", "FILE \"",
                "File1=", "open=", "<loc>", "{\"start_url\":\"", "\u{e9}", "\0",
            ]).prop_map(str::to_owned),
        ], 0..40)) {
            stays_within(parts.concat().as_bytes());
        }

        #[test]
        fn no_bytes_are_too_odd(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            stays_within(&bytes);
            let mut shortcut = b"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46".to_vec();
            shortcut.extend(bytes);
            stays_within(&shortcut);
            let trailer = [0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0];
            let list = [&b"bplist00"[..], &shortcut, &trailer, &[0, 0, 0, 0, 0, 0, 0, 20]].concat();
            stays_within(&list);
        }
    }
}
