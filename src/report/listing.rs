//! Listings: one entry a line.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::model::{Fact, Kind, Row, RowKind, Value, field};

/// An entry to list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The entry.
    pub row: Row,
    /// The view that it is in.
    pub view: String,
}

impl Listed {
    fn kind(&self) -> Option<Kind> {
        match self.row.kind {
            RowKind::Entry(kind) => Some(kind),
            _ => None,
        }
    }

    fn number(&self, wanted: crate::model::Field) -> Option<i64> {
        match self.row.fact(wanted)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn text(&self, wanted: crate::model::Field) -> Option<String> {
        self.row.fact(wanted).map(Value::text)
    }

    /// The date that a listing shows: of modification, or of recording.
    fn time(&self) -> Option<&Fact> {
        let find = |wanted| self.row.facts.iter().find(|fact| fact.field == wanted);
        find(field::MTIME).or_else(|| find(field::RECORDED))
    }
}

/// The locator alone.
pub fn short(listed: &Listed) -> String {
    let slash = if listed.kind() == Some(Kind::Directory) { "/" } else { "" };
    format!("{}{slash}\n", listed.row.path)
}

/// Kind and mode, size, date, Mac type and creator if any entry has them, locator, link target.
pub fn long(listed: &[Listed]) -> String {
    let has_mac = listed.iter().any(|listed| listed.text(field::MAC_TYPE).is_some());
    listed.iter().map(|listed| line(listed, has_mac)).collect()
}

fn line(listed: &Listed, has_mac: bool) -> String {
    let letter = match listed.kind() {
        Some(Kind::Directory) => 'd',
        Some(Kind::Symlink) => 'l',
        Some(Kind::Hardlink) => 'h',
        Some(Kind::CharDevice) => 'c',
        Some(Kind::BlockDevice) => 'b',
        Some(Kind::Fifo) => 'p',
        Some(Kind::Socket) => 's',
        Some(Kind::Fork) => 'f',
        Some(Kind::Resource) => 'r',
        Some(Kind::File) | None => '-',
    };
    let mode = listed.text(field::MODE).unwrap_or_else(|| "   -".to_owned());
    let size = listed.row.content.as_ref().map_or_else(|| "-".to_owned(), |c| c.size.to_string());
    let time = listed.time().map(|fact| fact.value.text());
    let time = time.map_or_else(|| "-".to_owned(), |time| time.chars().take(19).collect());
    let mac = match (listed.text(field::MAC_TYPE), listed.text(field::MAC_CREATOR)) {
        (Some(kind), Some(creator)) => format!(" {:9}", format!("{kind}/{creator}")),
        _ if has_mac => " ".repeat(10),
        _ => String::new(),
    };
    let format = listed.row.content.as_ref().and_then(|content| content.format.as_deref());
    let format = format.map(|format| format!("  [{format}]")).unwrap_or_default();
    let target =
        listed.text(field::TARGET).map(|target| format!(" -> {target}")).unwrap_or_default();
    format!("{letter}{mode:>5} {size:>12} {time:>19}{mac} {}{target}{format}\n", listed.row.path)
}

/// One object: the contract of `ls --format jsonl`.
pub fn jsonl(listed: &Listed) -> String {
    let content = listed.row.content.as_ref();
    let time = listed.time();
    let unzoned = matches!(time, Some(Fact { value: Value::Time { zone: None, .. }, .. }));
    let mac = listed.text(field::MAC_TYPE).map(|kind| {
        json!({
            "type": kind,
            "creator": listed.text(field::MAC_CREATOR),
            "flags": listed.number(field::MAC_FLAGS),
        })
    });
    let mut object = json!({
        "path": listed.row.path,
        "kind": listed.kind().map(Kind::name),
        "size": content.map(|content| content.size),
        "mode": listed.text(field::MODE),
        "mtime": time.map(|fact| fact.value.text()),
        "target": listed.text(field::TARGET),
        "sha256": content.and_then(|content| content.sha256),
        "blake3": content.and_then(|content| content.blake3),
        "format": content.and_then(|content| content.format.as_deref()),
        "view": listed.view,
        "mac": mac,
    });
    if let Some(map) = object.as_object_mut() {
        if unzoned {
            map.insert("mtime_zone".into(), json!("unknown"));
        }
        if let Some(raw) = listed.row.raw_name() {
            map.insert("raw_path".into(), json!(STANDARD.encode(raw)));
        }
        if let Some(main) = &listed.row.main {
            map.insert("main".into(), json!(main));
        }
    }
    format!("{object}\n")
}
