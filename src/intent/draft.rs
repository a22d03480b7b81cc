//! `intend`: an intent drafted from the changes that there are, for a person to prune.

use std::fmt::Write as _;

use super::prove::HELD;
use super::reconcile::follows;
use crate::compare::{Item, ItemKind};
use crate::model::change::{Granularity, HUNK_BYTES};
use crate::model::digest::hex;
use crate::model::{Change, Digest, FieldChange, Hunk, Nature, Verb};

/// Edits that are drafted of one content; what differs in more places is declared by its digest,
/// which a person can check and not read.
const EDITS: usize = 8;

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
            ItemKind::Entry | ItemKind::VolumeFacts => out.push_str(&tables(item, change)),
            ItemKind::Layout { agrees: true } => {}
            _ => {
                let note = change.note.as_deref().unwrap_or("the structure differs");
                let _ = writeln!(out, "\n# Cannot be declared: {}: {note}", change.path);
            }
        }
    }
    out
}

/// The `[[change]]` tables of one change.
fn tables(item: &Item, change: &Change) -> String {
    let path = quote(change.from.as_ref().unwrap_or(&change.path).as_str());
    let bodies = match change.verb {
        Verb::Added => vec!["action = \"add\"\n".to_owned()],
        Verb::Removed => vec!["action = \"remove\"\n".to_owned()],
        Verb::Renamed => {
            vec![format!("action = \"rename\"\nto = {}\n", quote(change.path.as_str()))]
        }
        Verb::Modified => content(item, change),
        Verb::Metadata | Verb::Region => Vec::new(),
    };
    let metadata = match change.verb {
        Verb::Modified | Verb::Metadata => metadata(item, change),
        _ => None,
    };
    let table = |body: String| format!("\n[[change]]\npath = {path}\n{body}");
    bodies.into_iter().chain(metadata).map(table).collect()
}

/// The fields that nothing else explains. What follows from another change is declared with that;
/// of a modified content the dates follow that go forward.
fn metadata(item: &Item, change: &Change) -> Option<String> {
    if !change.causes.is_empty() {
        return None;
    }
    let fields = &change.fields;
    let is_told = |field: &FieldChange, nature: Nature| {
        change.verb == Verb::Metadata || !follows(field, nature, fields)
    };
    let told = fields.iter().zip(&item.natures).filter(|(field, nature)| is_told(field, **nature));
    let mut names: Vec<String> = told.map(|(field, _)| format!("{:?}", field.field)).collect();
    names.sort();
    names.dedup();
    let list = names.join(", ");
    (!names.is_empty()).then(|| format!("action = \"metadata\"\nfields = [{list}]\n"))
}

/// A TOML string: literal where it can be, so that locators read as they are.
fn quote(text: &str) -> String {
    if text.contains('\'') || text.chars().any(char::is_control) {
        toml::Value::String(text.to_owned()).to_string()
    } else {
        format!("'{text}'")
    }
}

/// What became of a content: its edits, where they are few and known to the byte, else its digest.
fn content(item: &Item, change: &Change) -> Vec<String> {
    let is_held = [&item.old, &item.new].into_iter().flatten().all(|row| {
        let content = row.content.as_ref();
        content.is_none_or(|content| content.size <= HELD)
    });
    if is_held && change.more_hunks == 0 && (1..=EDITS).contains(&change.hunks.len()) {
        let edits = change.hunks.iter().map(|hunk| edit(hunk, change.encoding.as_deref()));
        if let Some(edits) = edits.collect() {
            return edits;
        }
    }
    let digest = item.new.as_ref().and_then(|row| row.content.as_ref()).and_then(|c| c.blake3);
    vec![match digest {
        Some(digest) => format!("content = \"blake3:{digest}\"\n"),
        None => "action = \"modify\"\n".to_owned(),
    }]
}

/// One small hunk as an insertion or a replacement.
fn edit(hunk: &Hunk, encoding: Option<&str>) -> Option<String> {
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
