//! References of XML vocabularies: SVG 2, EPUB packages (OPF 2 and 3, NCX, OCF), sitemaps
//! (sitemaps.org 0.9), playlists (XSPF 1), Office Open XML relationships (ECMA-376 part 2, 6.5), and of any its style
//! sheet (Associating Style Sheets with XML documents 1.0) and what it includes.

use super::inclusion::Inclusions;
use super::markup::{Attribute, Item, Markup, decoded, value};
use super::url::on_host;
use super::{Base, Piece, Reference, Role, Sink, Vocabulary, css};

pub(super) fn read(vocabulary: Vocabulary, bytes: &[u8], sink: &mut Sink<'_>) {
    let mut markup = Markup::new(bytes, false);
    let mut inclusions = Inclusions::of(bytes);
    while let Some(item) = markup.next() {
        if let Some(inclusions) = &mut inclusions {
            inclusions.see(&item, markup.attributes(), sink);
        }
        match item {
            Item::Instruction { name: b"xml-stylesheet" } => {
                tell(markup.attributes(), b"href", Role::Asset, Base::Folder, sink);
            }
            // A style sheet is named before the root element.
            Item::Start { .. } if vocabulary == Vocabulary::Other && inclusions.is_none() => return,
            Item::Start { name, end, .. } => {
                let attributes = markup.attributes();
                // Without the prefix of a namespace.
                let local = memchr::memrchr(b':', name).and_then(|colon| name.get(colon + 1..));
                let local = local.unwrap_or(name);
                match (vocabulary, local) {
                    (Vocabulary::Svg, b"style") => css::read(markup.text(end), end, sink),
                    (Vocabulary::Svg, _) => svg(local, attributes, sink),
                    (Vocabulary::Opf, b"item" | b"reference") => {
                        tell(attributes, b"href", Role::Part, Base::Folder, sink);
                    }
                    (Vocabulary::Ncx, b"content") => {
                        tell(attributes, b"src", Role::Part, Base::Folder, sink);
                    }
                    (Vocabulary::Ocf, b"rootfile") => {
                        tell(attributes, b"full-path", Role::Part, Base::Root, sink);
                    }
                    (Vocabulary::Rels, b"Relationship") => relationship(attributes, sink),
                    (Vocabulary::Xspf, b"location") => {
                        let text = markup.text(end);
                        let begins = end + text.len() - text.trim_ascii_start().len();
                        let text = text.trim_ascii();
                        if !text.is_empty() {
                            let found = Reference::marked(Role::Part, begins, text);
                            sink(Piece::Reference(found));
                        }
                    }
                    (Vocabulary::Sitemap, b"loc") => page(markup.text(end), end, sink),
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

fn tell(attributes: &[Attribute<'_>], name: &[u8], role: Role, base: Base, sink: &mut Sink<'_>) {
    if let Some(found) = value(attributes, name).filter(|found| !found.value.is_empty()) {
        let reference = Reference::marked(role, found.at, found.value);
        sink(Piece::Reference(Reference { base, ..reference }));
    }
}

fn svg(element: &[u8], attributes: &[Attribute<'_>], sink: &mut Sink<'_>) {
    let mut seen = false;
    for found in attributes {
        match found.name {
            b"id" => sink(Piece::Id(decoded(found.value))),
            // Editors leave names of their own gradients and filters behind.
            b"href" | b"xlink:href" if !found.value.starts_with(b"#") => {
                let role = if element == b"a" { Role::Page } else { Role::Asset };
                if !std::mem::replace(&mut seen, true) && !found.value.is_empty() {
                    let reference = Reference::marked(role, found.at, found.value);
                    sink(Piece::Reference(reference));
                }
            }
            b"style" | b"fill" | b"filter" | b"mask" | b"clip-path"
                if memchr::memchr(b'(', found.value).is_some() =>
            {
                css::read(found.value, found.at, sink);
            }
            _ => {}
        }
    }
}

fn relationship(attributes: &[Attribute<'_>], sink: &mut Sink<'_>) {
    let mode = value(attributes, b"TargetMode");
    let target = value(attributes, b"Target").map(|found| found.value).unwrap_or_default();
    // Excel writes NULL where it has lost what it linked to.
    let is_none = target == b"NULL" || target.starts_with(b"#");
    if !is_none && mode.is_none_or(|mode| !mode.value.eq_ignore_ascii_case(b"External")) {
        tell(attributes, b"Target", Role::Part, Base::Above, sink);
    }
}

/// A page by its whole URL: what follows the host is a path of the site.
fn page(text: &[u8], at: usize, sink: &mut Sink<'_>) {
    let begins = text.len() - text.trim_ascii_start().len();
    if let Some((from, path)) = on_host(text.trim_ascii()).filter(|(_, path)| path.len() > 1) {
        let reference = Reference::marked(Role::Page, at + begins + from, path);
        sink(Piece::Reference(reference));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::told;
    use super::super::{Syntax, Vocabulary};

    #[test]
    fn references_are_found_with_their_places() {
        for (vocabulary, text, expected) in [
            (
                Vocabulary::Other,
                "<?xml version='1.0'?><?xml-stylesheet type='text/xsl' href='a.xsl'?><item href='x'/>",
                &["Asset a.xsl @60"][..],
            ),
            (Vocabulary::Other, "<?xml-stylesheet a>b href='a.xsl'?><a/>", &["Asset a.xsl @27"]),
            (Vocabulary::Other, "<?xml-stylesheet href='a.xsl?><a/>", &["Asset a.xsl @23"]),
            (Vocabulary::Other, "<a><?xml-stylesheet href='a.xsl'?></a>", &[]),
            (
                Vocabulary::Svg,
                "<svg><image id='i' xlink:href='a.png'/><use href='#i'/></svg>",
                &["#i", "Asset a.png @31"],
            ),
            (Vocabulary::Opf, "<opf:item href='a%20b.xhtml'/>", &["Part a%20b.xhtml @16"]),
            (
                Vocabulary::Xspf,
                "<track><location> a%20b.ogg</location><location/></track>",
                &["Part a%20b.ogg @18"],
            ),
            (Vocabulary::Ncx, "<content src='a.xhtml#p'/>", &["Part a.xhtml#p @14"]),
            (Vocabulary::Ocf, "<rootfile full-path='O/c.opf'/>", &["Part O/c.opf @21"]),
            (
                Vocabulary::Rels,
                "<Relationship Target='w/d.xml'/><Relationship Target='http://x/' TargetMode='External'/>",
                &["Part w/d.xml @22"],
            ),
            (Vocabulary::Sitemap, "<loc>\nhttps://x.org/a?b&amp;c</loc>", &["Page /a?b&c @19"]),
            (
                Vocabulary::Opf,
                "<!DOCTYPE x [<!ENTITY a '<item href=\"no\"/>'>]><!-- <item href='no'/> --><![CDATA[<item href='no'/>]]><item href='y'/>",
                &["Part y @113"],
            ),
        ] {
            assert_eq!(told(Syntax::Xml(vocabulary), text.as_bytes()), expected, "{text}");
        }
    }
}
