//! `intend`: an intent drafted from the changes that there are, for a person to prune.

use std::fmt::Write as _;

use crate::compare::{Item, ItemKind};
use crate::model::change::{Granularity, HUNK_BYTES};
use crate::model::{Change, Digest, Hunk, Nature, Verb};

/// The text of an intent that declares every change of `items` that can be declared. `changes` are
/// the same changes with their hunks, in the same order.
pub fn draft(items: &[Item], changes: &[Change], base: Option<Digest>) -> String {
    let mut out = String::from(
        "# Drafted from what differs. Keep what was meant, delete the rest, and say why it was meant.\n\
         summary = \"\"\n",
    );
    if let Some(base) = base {
        let _ = writeln!(out, "base = \"blake3:{base}\"");
    }
    for (item, change) in items.iter().zip(changes) {
        match item.kind {
            ItemKind::Entry => out.push_str(&table(item, change)),
            ItemKind::Layout { agrees: true } => {}
            _ => {
                let note = change.note.as_deref().unwrap_or("the structure differs");
                let _ = writeln!(out, "\n# Cannot be declared: {}: {note}", change.path);
            }
        }
    }
    out
}

fn table(item: &Item, change: &Change) -> String {
    let mut out = String::new();
    let mut open = |body: &str| {
        let path = change.from.as_ref().unwrap_or(&change.path);
        let _ = write!(out, "\n[[change]]\npath = {}\n{body}", quote(path.as_str()));
    };
    match change.verb {
        Verb::Added => open("action = \"add\"\n"),
        Verb::Removed => open("action = \"remove\"\n"),
        Verb::Renamed => {
            open(&format!("action = \"rename\"\nto = {}\n", quote(change.path.as_str())));
        }
        Verb::Modified => open(&content(item, change)),
        Verb::Metadata | Verb::Region => {}
    }
    // Dates follow from an edit; whatever else differs has to be said.
    let mut fields: Vec<String> = change
        .fields
        .iter()
        .zip(&item.natures)
        .filter(|(_, nature)| {
            change.verb == Verb::Metadata || !matches!(nature, Nature::Date | Nature::Stamp)
        })
        .map(|(field, _)| format!("{:?}", field.field))
        .collect();
    fields.sort();
    fields.dedup();
    if !fields.is_empty() && matches!(change.verb, Verb::Modified | Verb::Metadata) {
        let path = quote(change.path.as_str());
        let list = fields.join(", ");
        let _ =
            write!(out, "\n[[change]]\npath = {path}\naction = \"metadata\"\nfields = [{list}]\n");
    }
    out
}

/// A TOML string: literal where it can be, so that locators read as they are.
fn quote(text: &str) -> String {
    if text.contains('\'') || text.chars().any(char::is_control) {
        toml::Value::String(text.to_owned()).to_string()
    } else {
        format!("'{text}'")
    }
}

fn content(item: &Item, change: &Change) -> String {
    if let [hunk] = change.hunks.as_slice()
        && change.more_hunks == 0
        && let Some(text) = single(hunk, change.encoding.as_deref())
    {
        return text;
    }
    let digest = item.new.as_ref().and_then(|row| row.content.as_ref()).and_then(|c| c.blake3);
    match digest {
        Some(digest) => format!("content = \"blake3:{digest}\"\n"),
        None => "action = \"modify\"\n".to_owned(),
    }
}

/// One small hunk as an insertion or a replacement.
fn single(hunk: &Hunk, encoding: Option<&str>) -> Option<String> {
    let (old, new) = (hunk.old_bytes.as_ref()?, hunk.new_bytes.as_ref()?);
    let fits = |length: u64| length <= HUNK_BYTES as u64;
    if hunk.granularity != Granularity::Exact || !fits(hunk.old_length) || !fits(hunk.new_length) {
        return None;
    }
    let at = hunk.old_offset;
    if old.is_empty() {
        return Some(match text_of(new, encoding) {
            Some((text, label)) => format!("insert = {text}\n{label}at = {at}\n"),
            None => format!("insert-hex = \"{}\"\nat = {at}\n", hex(new)),
        });
    }
    let body = match (text_of(old, encoding), text_of(new, encoding)) {
        (Some((from, label)), Some((to, _))) => {
            format!("replace = {{ from = {from}, to = {to} }}\n{label}")
        }
        _ => format!("replace = {{ from-hex = \"{}\", to-hex = \"{}\" }}\n", hex(old), hex(new)),
    };
    Some(format!("{body}at = {at}\n"))
}

/// Printable text that turns back into the same bytes, as a TOML string, and the line that names
/// its encoding.
fn text_of(bytes: &[u8], label: Option<&str>) -> Option<(String, String)> {
    let label = label.unwrap_or("utf-8");
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes())?;
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    let (back, _, unmappable) = encoding.encode(&text);
    if unmappable || *back != *bytes || text.chars().any(char::is_control) {
        return None;
    }
    let line = match label {
        "utf-8" => String::new(),
        label => format!("encoding = \"{label}\"\n"),
    };
    Some((toml::Value::String(text.into_owned()).to_string(), line))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
