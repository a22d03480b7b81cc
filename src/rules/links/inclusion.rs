//! What an XML document takes in (`XInclude` 1.1, 3.1 and 3.2): `<xi:include href="a.xml"/>`, whatever the
//! prefix of the namespace.
//!
//! What has a fallback is left alone, for it may be missing; so are a document with `xml:base`, which says from
//! where paths are meant, the descriptions of plug-ins that `IntelliJ` looks for along its class path, and an
//! absolute path, of whose root nothing is known.

use memchr::memmem;

use super::markup::{Attribute, Item, value};
use super::{Piece, Reference, Role, Sink};

const NAMESPACE: &[u8] = b"http://www.w3.org/2001/XInclude";

/// The inclusions of a document, item by item.
pub(super) struct Inclusions<'a> {
    /// Prefixes of the namespace; an empty one where it is the default.
    prefixes: Vec<&'a [u8]>,
    /// One that may yet have a fallback.
    open: Option<Reference<'a>>,
}

impl<'a> Inclusions<'a> {
    /// Of a document; none if it includes nothing.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let has = |what: &[u8]| memmem::find(bytes, what).is_some();
        (has(NAMESPACE) && !has(b"xml:base") && !has(b"<idea-plugin"))
            .then(|| Self { prefixes: Vec::new(), open: None })
    }

    /// Takes the next item.
    pub(super) fn see(
        &mut self,
        item: &Item<'a>,
        attributes: &[Attribute<'a>],
        sink: &mut Sink<'_>,
    ) {
        let mut before = self.open.take();
        if let Item::Start { name, empty, .. } = item {
            for found in attributes.iter().filter(|found| found.value == NAMESPACE) {
                let default = (found.name == b"xmlns").then_some(&b""[..]);
                let prefix = found.name.strip_prefix(b"xmlns:").or(default);
                self.prefixes.extend(prefix.filter(|prefix| !self.prefixes.contains(prefix)));
            }
            let colon = memchr::memchr(b':', name);
            let prefix = colon.and_then(|colon| name.get(..colon)).unwrap_or_default();
            let local = colon.and_then(|colon| name.get(colon + 1..)).unwrap_or(name);
            match local {
                _ if !self.prefixes.contains(&prefix) => {}
                b"fallback" => before = None,
                b"include" => {
                    let href = value(attributes, b"href");
                    let is_path = |value: &[u8]| !value.is_empty() && !value.starts_with(b"/");
                    let href = href.filter(|href| is_path(href.value));
                    let made = href.map(|href| Reference::marked(Role::Asset, href.at, href.value));
                    self.open = made;
                    if *empty {
                        tell(self.open.take(), sink);
                    }
                }
                _ => {}
            }
        }
        tell(before, sink);
    }
}

fn tell(reference: Option<Reference<'_>>, sink: &mut Sink<'_>) {
    if let Some(reference) = reference {
        sink(Piece::Reference(reference));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::told;
    use super::super::{Syntax, Vocabulary};

    #[test]
    fn inclusions_without_a_fallback_are_found() {
        for (text, expected) in [
            ("<a xmlns:xi='NS'><xi:include href='b.xml'/></a>", &["Asset b.xml @64"][..]),
            (
                "<a><i:include xmlns:i='NS' href='b/c.xml' parse='text'></i:include></a>",
                &["Asset b/c.xml @62"],
            ),
            ("<include xmlns='NS' href='b.xml'/>", &["Asset b.xml @55"]),
            (
                "<a xmlns:xi='NS'><xi:include href='b'> <!-- c --> <xi:fallback/></xi:include></a>",
                &[],
            ),
            (
                "<a xmlns:xi='NS'><xi:include href='b'></xi:include><xi:include href='c'><xi:fallback/></xi:include></a>",
                &["Asset b @64"],
            ),
            (
                "<a xmlns:xi='NS'><include href='b'/><y:include href='b'/><xi:include xpointer='b'/></a>",
                &[],
            ),
            ("<a xmlns:xi='NS' xml:base='../'><xi:include href='b'/></a>", &[]),
            ("<a xmlns:xi='NS'><xi:include href='/b'/></a>", &[]),
            ("<idea-plugin xmlns:xi='NS'><xi:include href='b'/></idea-plugin>", &[]),
            ("<a xmlns:xi='urn:other'><xi:include href='b'/></a>", &[]),
        ] {
            let text = text.replace("NS", "http://www.w3.org/2001/XInclude");
            assert_eq!(told(Syntax::Xml(Vocabulary::Other), text.as_bytes()), expected, "{text}");
        }
    }
}
