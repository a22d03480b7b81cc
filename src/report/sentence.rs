//! What happened and what to do about it, in one sentence each.

use super::bytes::{count, spaced, text};
use crate::model::change::Granularity;
use crate::model::locator::harmless;
use crate::model::{Change, Disposition, FieldChange, Finding, Hunk, Related, Verb};

/// What a change is.
pub(super) fn change_sentence(
    disposition: Disposition,
    change: &Change,
    hunk: Option<&Hunk>,
) -> String {
    if disposition == Disposition::Unfulfilled {
        return change.note.clone().unwrap_or_else(|| "it was declared and is not there".into());
    }
    if let Some(hunk) = hunk {
        return hunk_sentence(hunk, change.encoding.as_deref());
    }
    match change.verb {
        Verb::Added => "an entry that the approved build does not have".to_owned(),
        Verb::Removed => "an entry of the approved build is gone".to_owned(),
        Verb::Renamed => match &change.from {
            Some(from) => format!("an entry was renamed from {from}"),
            None => "an entry was renamed".to_owned(),
        },
        Verb::Modified if change.fields.is_empty() => "its bytes differ".to_owned(),
        Verb::Modified | Verb::Metadata => {
            let names: Vec<&str> = change
                .fields
                .iter()
                .filter(|field| field.disposition.blocks())
                .map(|field| field.field.as_str())
                .collect();
            match names.as_slice() {
                [] => "facts of it differ".to_owned(),
                [name] => format!("its {name} differs"),
                names => format!("its {} differ", names.join(", ")),
            }
        }
        Verb::Region => "bytes outside all files differ".to_owned(),
    }
}

/// What became of a run of bytes.
pub(super) fn hunk_sentence(hunk: &Hunk, encoding: Option<&str>) -> String {
    if hunk.granularity == Granularity::Chunk {
        let length = bytes(hunk.new_length.max(hunk.old_length));
        return format!("some of these {length} differ (the manifest has digests)");
    }
    let side = |bytes: &Option<Vec<u8>>, length: u64| {
        let bytes = bytes.as_deref().unwrap_or_default();
        let shown = bytes.get(..bytes.len().min(8)).unwrap_or_default();
        let dots = if length > shown.len() as u64 { "…" } else { "" };
        let quoted = text(shown, encoding).filter(|text| !text.contains('\\'));
        match quoted {
            Some(text) if length <= 8 => format!("{} \"{text}\"", spaced(shown)),
            _ => format!("{}{dots}", spaced(shown)),
        }
    };
    match (hunk.old_length, hunk.new_length) {
        (0, n) => format!("{} inserted: {}", bytes(n), side(&hunk.new_bytes, n)),
        (n, 0) => format!("{} taken out: {}", bytes(n), side(&hunk.old_bytes, n)),
        (o, n) if o == n => format!(
            "{} changed: {} is now {}",
            bytes(o),
            side(&hunk.old_bytes, o),
            side(&hunk.new_bytes, n)
        ),
        (o, n) => format!(
            "{} became {}: {} is now {}",
            bytes(o),
            bytes(n),
            side(&hunk.old_bytes, o),
            side(&hunk.new_bytes, n)
        ),
    }
}

fn bytes(n: u64) -> String {
    count(usize::try_from(n).unwrap_or(usize::MAX), "byte")
}

/// A fact that differs: `mode: 0644 is now 0755`.
pub(super) fn field_sentence(field: &FieldChange) -> String {
    match (&field.old, &field.new) {
        (Some(old), Some(new)) => format!("{}: {old} is now {new}", field.field),
        (None, Some(new)) => format!("{}: {new}, absent before", field.field),
        (Some(old), None) => format!("{}: {old} is gone", field.field),
        (None, None) => field.field.clone(),
    }
}

fn position(line: Option<u64>, column: Option<u64>) -> String {
    match (line, column) {
        (Some(line), Some(column)) => format!(", line {line}, column {column}"),
        _ => String::new(),
    }
}

/// Where in its entry a finding is; empty if it is about the whole.
pub(super) fn finding_place(finding: &Finding) -> String {
    let Some((_, offset)) = finding.place() else {
        return finding.line.map(|line| format!("line {line}")).unwrap_or_default();
    };
    let image = finding
        .image_offset
        .filter(|at| *at != offset)
        .map(|at| format!(" (image offset {at}, 0x{at:x})"))
        .unwrap_or_default();
    let place = match &finding.related {
        Some(related) => related_place(related),
        None => format!("offset {offset}{}", position(finding.line, finding.column)),
    };
    place + &image
}

/// Where the record of an entry lies in its container.
pub(super) fn related_place(related: &Related) -> String {
    let whole = if related.path.is_root() {
        "the artifact".to_owned()
    } else {
        harmless(&related.path.to_string())
    };
    format!("offset {} of {whole}", related.offset)
}

/// Where in its entry a run of bytes is.
pub(super) fn hunk_place(hunk: &Hunk) -> String {
    format!("offset {}{}", hunk.new_offset, position(hunk.line, hunk.column))
}

/// Where the bytes are that [`hunk_sentence`] tells: what was taken out, in the old content. Line and
/// column are those of the new one.
pub(super) fn sentence_place(hunk: &Hunk) -> String {
    if hunk.new_length == 0 && hunk.old_offset != hunk.new_offset {
        return format!("offset {}", hunk.old_offset);
    }
    hunk_place(hunk)
}

/// What to do about a change.
pub(super) fn remedy(disposition: Disposition, change: &Change) -> &'static str {
    match disposition {
        Disposition::Unfulfilled => {
            "Make the declared change, or correct the intent: what is declared must be there."
        }
        _ if change.verb == Verb::Region => {
            "Find what wrote there and build again from the approved inputs. Such bytes cannot be \
             declared."
        }
        _ => {
            "Take it out or, if it is meant, declare it in the intent (`premaster intend` drafts \
             one)."
        }
    }
}

/// The first sentence of a text of several lines. What stands in backquotes ends none.
pub(super) fn first_sentence(text: &str) -> &str {
    let text = text.trim();
    let is_quoted =
        |at: usize| text.get(..at).is_some_and(|before| before.matches('`').count() % 2 == 1);
    let ends = [". ", ".\n", "\n\n"]
        .map(|end| text.match_indices(end).map(|(at, _)| at).find(|&at| !is_quoted(at)));
    let end = ends.into_iter().flatten().min().map_or(text.len(), |at| at + 1);
    text.get(..end).unwrap_or(text).trim_end()
}

#[cfg(test)]
mod tests {
    use super::first_sentence;

    #[test]
    fn a_command_ends_no_sentence() {
        for (text, first) in [
            ("Delete it.\nThen go.", "Delete it."),
            ("`find . -delete` does it. More.", "`find . -delete` does it."),
            ("One paragraph\n\nAnother.", "One paragraph"),
            ("No end", "No end"),
        ] {
            assert_eq!(first_sentence(text), first, "{text:?}");
        }
    }
}
