//! The lines of a manifest file as serde structs. Unknown fields are ignored when reading, so that a
//! newer minor version can add some.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::model::{
    Census, Class, ContentRow, Digest, Fact, Field, Kind, Locator, ResidueRow, Room, Row, RowKind,
    Subject, Sum, Value, VolumeRow,
};

/// The first line.
#[derive(Serialize, Deserialize, Debug, Clone)]
pub(super) struct Header {
    pub(super) schema: String,
    pub(super) tool: String,
    pub(super) readers: Vec<String>,
    pub(super) rules: Option<Digest>,
    pub(super) targets: Vec<String>,
    pub(super) folder: bool,
    pub(super) format: Option<String>,
    pub(super) size: u64,
    pub(super) blake3: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sha256: Option<Digest>,
}

/// The last line.
#[derive(Serialize, Deserialize, Debug)]
pub(super) struct Trailer {
    /// Rows between header and trailer.
    pub(super) rows: u64,
    /// BLAKE3 of every byte before this line.
    pub(super) blake3: Digest,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}

/// A row.
#[derive(Serialize, Deserialize, Debug, Default)]
pub(super) struct Line<'a> {
    #[serde(borrow)]
    path: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_path: Option<String>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    blake3: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stored: Option<Digest>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    class: Option<Cow<'a, str>>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    format: Option<Cow<'a, str>>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    encoding: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    census: Option<Counts>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chunks: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bytes: Option<String>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    main: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "is_false")]
    opened: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ordinal: Option<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    facts: Vec<(String, serde_json::Value)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    layout: Option<Layout>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    room: Option<Room>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    residue: Vec<ResidueLine>,
}

/// What of a row tells it from another; the rest is passed over.
#[derive(Deserialize, Debug)]
#[serde(rename = "Line")]
pub(super) struct Head<'a> {
    #[serde(borrow)]
    pub(super) path: Cow<'a, str>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    size: Option<u64>,
    blake3: Option<Digest>,
    stored: Option<Digest>,
    #[serde(borrow)]
    class: Option<Text<'a>>,
    #[serde(default)]
    pub(super) opened: bool,
    pub(super) ordinal: Option<u32>,
    #[serde(borrow)]
    pub(super) facts: Option<&'a RawValue>,
}

/// A text that is borrowed where it holds no escape. An optional `Cow` alone is always copied.
#[derive(Deserialize, Debug)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Head<'_> {
    /// What the row is about; the error says what is wrong.
    pub(super) fn subject(&self) -> Result<Subject, String> {
        match self.kind.as_ref() {
            "artifact" => Ok(Subject::Artifact),
            "view" => Ok(Subject::View),
            name => entry_kind(name).map(Subject::Entry),
        }
    }

    /// What its content is known by.
    pub(super) fn content(&self) -> Option<Sum> {
        let class = self.class.as_ref().and_then(|class| Class::named(&class.0));
        let class = class.unwrap_or_default();
        self.size.map(|size| Sum { size, blake3: self.blake3, stored: self.stored, class })
    }
}

fn entry_kind(name: &str) -> Result<Kind, String> {
    Kind::named(name).ok_or_else(|| format!("unknown kind {name:?}"))
}

#[derive(Serialize, Deserialize, Debug)]
struct Layout {
    blake3: Digest,
    fields: u64,
    agrees: bool,
}

#[derive(Serialize, Deserialize, Debug)]
struct ResidueLine {
    role: String,
    owner: String,
    ordinal: u32,
    at: u64,
    length: u64,
    blake3: Digest,
}

/// The census, counts that are not zero only.
#[derive(Serialize, Deserialize, Debug, Default)]
#[serde(default)]
struct Counts {
    #[serde(skip_serializing_if = "is_zero")]
    nul: u64,
    #[serde(skip_serializing_if = "is_zero")]
    control: u64,
    #[serde(skip_serializing_if = "is_zero")]
    del: u64,
    #[serde(skip_serializing_if = "is_zero")]
    high: u64,
    #[serde(skip_serializing_if = "is_zero")]
    lf: u64,
    #[serde(skip_serializing_if = "is_zero")]
    cr: u64,
    #[serde(skip_serializing_if = "is_zero")]
    crlf: u64,
    #[serde(skip_serializing_if = "is_false")]
    utf8: bool,
}

impl<'a> Line<'a> {
    /// The line of a row.
    pub(super) fn of(row: &'a Row) -> Self {
        let mut line = Self {
            path: Cow::Borrowed(row.path.as_str()),
            raw_path: row.raw_name().map(|raw| STANDARD.encode(raw)),
            main: row.main.as_ref().map(|main| Cow::Borrowed(main.as_str())),
            opened: row.opened,
            ordinal: row.ordinal,
            facts: row.facts.iter().map(fact_line).collect(),
            ..Self::default()
        };
        match &row.kind {
            RowKind::Artifact => line.kind = Cow::Borrowed("artifact"),
            RowKind::Entry(kind) => line.kind = Cow::Borrowed(kind.name()),
            RowKind::View(volume) => {
                line.kind = Cow::Borrowed("view");
                line.format = Some(Cow::Borrowed(&volume.format));
                line.layout = Some(Layout {
                    blake3: volume.layout,
                    fields: volume.layout_fields,
                    agrees: volume.layout_agrees,
                });
                line.room = volume.room;
                line.residue = volume.residues.iter().map(residue_line).collect();
            }
        }
        if let Some(content) = &row.content {
            line.size = Some(content.size);
            line.blake3 = content.blake3;
            line.sha256 = content.sha256;
            line.stored = content.stored;
            line.class = Some(Cow::Borrowed(content.class.name()));
            line.encoding = content.encoding.as_deref().map(Cow::Borrowed);
            if !matches!(row.kind, RowKind::View(_)) {
                line.format = content.format.as_deref().map(Cow::Borrowed);
            }
            // Other names of a content carry its digest, the rest stands with the main one.
            if row.main.is_none() {
                line.census = counts(content);
                let chunks = content.chunks.iter().flat_map(|digest| digest.0);
                let chunks: Vec<u8> = chunks.collect();
                line.chunks = (!chunks.is_empty()).then(|| STANDARD.encode(chunks));
                match content.text.as_deref().map(|text| (text, std::str::from_utf8(text))) {
                    Some((_, Ok(text))) => line.text = Some(text.to_owned()),
                    Some((bytes, Err(_))) => line.bytes = Some(STANDARD.encode(bytes)),
                    None => {}
                }
            }
        }
        line
    }

    /// The row of a line; the error says which field is wrong.
    pub(super) fn row(self) -> Result<Row, String> {
        let kind = match self.kind.as_ref() {
            "artifact" => RowKind::Artifact,
            "view" => {
                let layout = self.layout.ok_or("a view needs `layout`")?;
                RowKind::View(VolumeRow {
                    format: self.format.clone().unwrap_or_default().into_owned(),
                    layout: layout.blake3,
                    layout_fields: layout.fields,
                    layout_agrees: layout.agrees,
                    residues: self.residue.into_iter().map(residue_row).collect(),
                    room: self.room,
                })
            }
            name => RowKind::Entry(entry_kind(name)?),
        };
        let content = match self.size {
            None => None,
            Some(size) => {
                let bytes = |text: String| STANDARD.decode(text).map_err(|error| error.to_string());
                let chunks = self.chunks.map(bytes).transpose()?.unwrap_or_default();
                let (chunks, rest) = chunks.as_chunks::<32>();
                if !rest.is_empty() {
                    return Err("`chunks` is not a multiple of 32 bytes".into());
                }
                let text = match (self.text, self.bytes) {
                    (Some(text), _) => Some(text.into_bytes()),
                    (None, Some(base64)) => Some(bytes(base64)?),
                    (None, None) => None,
                };
                Some(ContentRow {
                    size,
                    blake3: self.blake3,
                    sha256: self.sha256,
                    stored: self.stored,
                    class: self.class.as_deref().and_then(Class::named).unwrap_or_default(),
                    census: census(size, &self.census.unwrap_or_default()),
                    format: self.format.map(|format| Cow::Owned(format.into_owned())),
                    encoding: self.encoding.map(|encoding| Cow::Owned(encoding.into_owned())),
                    chunks: chunks.iter().map(|&digest| Digest(digest)).collect(),
                    text,
                })
            }
        };
        Ok(Row {
            path: Locator::parse(&self.path),
            kind,
            facts: facts(self.facts),
            content,
            main: self.main.map(|main| Locator::parse(&main)),
            place: None,
            opened: self.opened,
            ordinal: self.ordinal,
        })
    }
}

/// The facts of a line. Fields that a newer version added are passed over.
pub(super) fn facts(line: Vec<(String, serde_json::Value)>) -> Vec<Fact> {
    let fact = |(name, value): (String, serde_json::Value)| {
        let field = Field::named(&name)?;
        let value = match value {
            serde_json::Value::Number(number) => Value::Number(number.as_i64()?),
            serde_json::Value::String(text) => Value::printed(field, text),
            _ => return None,
        };
        Some(Fact { field, value })
    };
    line.into_iter().filter_map(fact).collect()
}

fn fact_line(fact: &Fact) -> (String, serde_json::Value) {
    let value = match &fact.value {
        Value::Number(number) => serde_json::Value::from(*number),
        value => serde_json::Value::from(value.text()),
    };
    (fact.field.name().to_owned(), value)
}

fn residue_line(row: &ResidueRow) -> ResidueLine {
    ResidueLine {
        role: row.role.to_string(),
        owner: row.owner.clone(),
        ordinal: row.ordinal,
        at: row.at,
        length: row.length,
        blake3: row.digest,
    }
}

fn residue_row(line: ResidueLine) -> ResidueRow {
    ResidueRow {
        role: Cow::Owned(line.role),
        owner: line.owner,
        ordinal: line.ordinal,
        at: line.at,
        length: line.length,
        digest: line.blake3,
    }
}

fn counts(content: &ContentRow) -> Option<Counts> {
    let Census { nul, control, del, high, lf, cr, crlf, utf8, .. } = content.census;
    let counts = Counts { nul, control, del, high, lf, cr, crlf, utf8 };
    (content.class == Class::Text).then_some(counts)
}

fn census(size: u64, counts: &Counts) -> Census {
    let Counts { nul, control, del, high, lf, cr, crlf, utf8 } = *counts;
    Census { size, nul, control, del, high, lf, cr, crlf, utf8, ..Census::default() }
}
