//! References of a web application's manifest (W3C Web Application Manifest, 1.1 to 1.17).

use memchr::memmem;
use serde_json::Value;

use super::{Piece, Reference, Role, Sink};

/// Bytes of the largest that is read.
const LARGEST: usize = 1 << 20;
/// References that are told of one.
const TOLD: usize = 256;

pub(super) fn read(bytes: &[u8], sink: &mut Sink<'_>) {
    let json = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.len() > LARGEST {
        return;
    }
    let Ok(manifest) = serde_json::from_slice::<Value>(json) else { return };
    let mut left = TOLD;
    let mut tell = |role, value: Option<&Value>| {
        let Some(text) = value.and_then(Value::as_str).filter(|text| !text.is_empty()) else {
            return;
        };
        if left == 0 {
            return;
        }
        left -= 1;
        // The parser tells no places; a string that is spelled with escapes has none.
        let spelled = serde_json::to_string(text).unwrap_or_default();
        let found = memmem::find(bytes, spelled.as_bytes());
        let (at, length) = found.map_or((0, 0), |at| (at + 1, spelled.len() - 2));
        let found = Reference::url(role, at, text.as_bytes());
        sink(Piece::Reference(Reference { length, ..found }));
    };
    tell(Role::Page, manifest.get("start_url"));
    let list = |of: &Value, name: &str| {
        of.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    for image in ["icons", "screenshots"].into_iter().flat_map(|name| list(&manifest, name)) {
        tell(Role::Asset, image.get("src"));
    }
    for shortcut in list(&manifest, "shortcuts") {
        tell(Role::Page, shortcut.get("url"));
        for image in list(&shortcut, "icons") {
            tell(Role::Asset, image.get("src"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Syntax;
    use super::super::tests::told;

    #[test]
    fn references_are_found_with_their_places() {
        let text = br#"{"start_url":"/?a","icons":[{"src":"i.png"},{"src":7}],"shortcuts":[{"url":"b.html"}]}"#;
        let expected = ["Page /?a @14", "Asset i.png @36", "Page b.html @76"];
        assert_eq!(told(Syntax::WebManifest, text), expected);
        assert!(told(Syntax::WebManifest, b"[").is_empty());
    }
}
