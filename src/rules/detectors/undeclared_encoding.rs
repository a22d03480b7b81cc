//! A format that is UTF-8 where it says nothing else, and bytes that are not.

use super::{Charset, Detector, Entry, Look, Place, Told};

pub(super) const DETECTOR: Detector =
    Detector { name: "undeclared-encoding", look: Look::Entry(find) };

/// Ends of names, and who says so.
const FORMATS: [(&[&str], &str); 5] = [
    (
        &[".xml", ".svg", ".xsl", ".xslt", ".xsd", ".plist", ".xhtml"],
        "XML without a declaration is UTF-8 (XML 1.0 4.3.3)",
    ),
    (&[".json", ".jsonl", ".geojson", ".webmanifest"], "JSON is UTF-8 (RFC 8259 8.1)"),
    (&[".py"], "Python without a cookie is UTF-8 (PEP 3120)"),
    (&[".toml"], "TOML is UTF-8 (TOML 1.0, Spec)"),
    (&[".rs", ".go"], "a program in this language is UTF-8"),
];

fn find(entry: &Entry<'_>) -> Option<Told> {
    if !entry.is_file_of_text() || entry.charset != Charset::EightBit || entry.declaration.is_some()
    {
        return None;
    }
    let (_, why) = FORMATS.iter().find(|(ends, _)| entry.ends_with(ends))?;
    Some(Told::at(Place::FirstHigh, *why))
}
