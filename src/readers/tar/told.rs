//! What the fields of an entry say, as facts.
//!
//! A field that a pax header or a long name overrides is told only where it does not follow from the
//! overriding one.

use std::collections::HashMap;

use super::header::{
    Dialect, GID, GNU_ATIME, GNU_CTIME, GNU_OFFSET, GROUP, Header, LINK, MAJOR, MINOR, MODE, MTIME,
    NAME, PREFIX, SIZE, UID, USER,
};
use super::pax::{self, Record};
use super::style::pax_writer;
use super::{Ahead, number, words};
use crate::model::locator::escape_text;
use crate::model::{Fact, Kind, Part, Value, field};

/// The headers ahead of an entry, taken for it.
pub(super) struct Before {
    pub long_name: Option<Ahead>,
    pub long_link: Option<Ahead>,
    pub pax: Option<Ahead>,
}

/// Records that say where bytes lie.
pub(super) fn is_layout(key: &[u8]) -> bool {
    let is_sparse = key.starts_with(b"GNU.sparse.");
    key == b"size"
        || is_sparse
            && !matches!(key, b"GNU.sparse.name" | b"GNU.sparse.major" | b"GNU.sparse.minor")
}

/// The name that an `L` or `K` header carries.
pub(super) fn long_text(ahead: &Ahead) -> &[u8] {
    let data = ahead.data.get(..ahead.length).unwrap_or_default();
    data.split(|&b| b == 0).next().unwrap_or_default()
}

/// A header and what overrides it.
pub(super) struct Told<'a> {
    pub header: &'a Header,
    pub before: &'a Before,
    pub globals: &'a [Record],
}

impl Told<'_> {
    fn local(&self) -> &[Record] {
        self.before.pax.as_ref().map_or(&[], |ahead| &ahead.records)
    }

    /// The value in force: the last of the entry's own, else the global one.
    fn value(&self, key: &str) -> Option<&[u8]> {
        let of = |records: &'_ [Record]| records.iter().rposition(|r| r.key == key.as_bytes());
        let record = match of(self.local()) {
            Some(at) => self.local().get(at),
            None => of(self.globals).and_then(|at| self.globals.get(at)),
        };
        // An empty value takes back what another header says.
        record.map(|record| record.value.as_slice()).filter(|value| !value.is_empty())
    }

    pub(super) fn size(&self) -> (u64, bool) {
        let size = match self.value("size") {
            Some(text) => pax::decimal(text),
            None => number::unsigned(self.header.field(SIZE)),
        };
        (size.unwrap_or_default(), size.is_some())
    }

    /// The path, what of the header it masks, and what of the header differs from it.
    pub(super) fn path(&self) -> (Vec<u8>, Vec<Part>, Vec<Fact>) {
        let (own, prefix) = self.header.path();
        let mut parts = vec![Part::fact(self.header.text_range(NAME))];
        if self.header.dialect() == Dialect::Ustar {
            parts.push(Part::fact(self.header.text_range(PREFIX)));
        }
        let mut facts = Vec::new();
        let over = self
            .value("GNU.sparse.name")
            .or_else(|| self.value("path"))
            .or_else(|| self.before.long_name.as_ref().map(long_text));
        let Some(over) = over else {
            if prefix > 0 {
                facts.push(words(format!("prefix of {prefix} bytes")));
            }
            return (own, parts, facts);
        };
        let start = over.get(..over.len().min(NAME.end)).unwrap_or_default();
        if own != start {
            let mut value = own;
            if prefix > 0 {
                value.extend_from_slice(format!(" ({prefix})").as_bytes());
            }
            facts.push(Fact::new(field::ALIAS, Value::Bytes(value.into())));
        } else if prefix > 0 {
            facts.push(words(format!("prefix of {prefix} bytes")));
        }
        if self.before.long_name.is_some()
            && (over.len() < NAME.end || self.value("path").is_some())
        {
            let name = self.before.long_name.as_ref().map_or(&[][..], long_text);
            facts.push(words(format!("long name {}", escape_text(name))));
        }
        if self.value("GNU.sparse.name").is_some()
            && let Some(path) = self.value("path")
        {
            facts.push(words(format!("path={}", escape_text(path))));
        }
        (over.to_vec(), parts, facts)
    }

    /// The link target, likewise.
    pub(super) fn target(&self, kind: Kind) -> (Vec<u8>, Vec<Part>, Vec<Fact>) {
        let own = self.header.text(LINK);
        let long = self.before.long_link.as_ref().map(long_text);
        let over = self.value("linkpath").or(long);
        let is_link = matches!(kind, Kind::Symlink | Kind::Hardlink);
        if !is_link && over.is_none() {
            // A target that means nothing stays in the residue.
            return (Vec::new(), Vec::new(), Vec::new());
        }
        let parts = vec![Part::fact(self.header.text_range(LINK))];
        let target = over.unwrap_or(own).to_vec();
        let mut facts = vec![Fact::new(field::TARGET, Value::bytes(&target))];
        if over.is_some() && target.get(..target.len().min(LINK.len())) != Some(own) {
            facts.push(words(format!("header link {}", escape_text(own))));
        }
        if let Some(long) = long.filter(|long| long.len() < LINK.len() || *long != target) {
            facts.push(words(format!("long link {}", escape_text(long))));
        }
        (target, parts, facts)
    }

    pub(super) fn kind(&self, path: &[u8]) -> Kind {
        match self.header.kind() {
            b'1' => Kind::Hardlink,
            b'2' => Kind::Symlink,
            b'3' => Kind::CharDevice,
            b'4' => Kind::BlockDevice,
            b'5' | b'D' => Kind::Directory,
            b'6' => Kind::Fifo,
            // Before ustar a directory was a file whose name ends so.
            0 | b'0' if path.ends_with(b"/") => Kind::Directory,
            _ => Kind::File,
        }
    }

    /// The facts of the numeric and text fields.
    pub(super) fn facts(&self, kind: Kind, path: &[u8]) -> Vec<Fact> {
        let header = self.header;
        let mut facts = Vec::new();
        let mut notes = Vec::new();
        if let Some(mode) = header.number(MODE).value {
            let value = match u16::try_from(mode) {
                Ok(bits) if bits <= 0o7777 => Value::Mode(bits),
                _ => Value::Text(format!("{mode:o}").into()),
            };
            facts.push(Fact::new(field::MODE, value));
        }
        for (name, key, at) in [(field::UID, "uid", UID), (field::GID, "gid", GID)] {
            let own = header.number(at).value;
            let over = self.value(key).and_then(pax::decimal).and_then(|n| i64::try_from(n).ok());
            facts.extend(over.or(own).map(|value| Fact::number(name, value)));
            if over.is_some() && over != own {
                let own = own.map_or("-".into(), |own| own.to_string());
                notes.push(words(format!("header {key} {own}")));
            }
        }
        for (name, key, at) in [(field::USER, "uname", USER), (field::GROUP, "gname", GROUP)] {
            let own = if header.dialect() == Dialect::Other { b"" } else { header.text(at) };
            let over = self.value(key);
            let value = over.unwrap_or(own);
            if !value.is_empty() {
                facts.push(Fact::new(name, Value::bytes(value)));
            }
            if over.is_some_and(|over| over != own) {
                notes.push(words(format!("header {key} {}", escape_text(own))));
            }
        }
        let own = header.number(MTIME).value;
        let over = self.value("mtime").and_then(pax::time);
        let time = over.or(own.map(|seconds| (seconds, 0)));
        facts.extend(
            time.map(|(seconds, nanos)| Fact::new(field::MTIME, Value::utc(seconds, nanos))),
        );
        if over.is_some_and(|(seconds, _)| own != Some(seconds)) {
            let value = own.map_or(Value::Text("-".into()), |own| Value::utc(own, 0));
            facts.push(Fact::new(field::OTHER_MTIME, value));
        }
        for (name, key, at) in [
            (field::ATIME, "atime", GNU_ATIME),
            (field::CTIME, "ctime", GNU_CTIME),
            (field::BIRTHTIME, "LIBARCHIVE.creationtime", 0..0),
        ] {
            let own = (header.dialect() == Dialect::Gnu && !at.is_empty())
                .then(|| header.number(at).value)
                .flatten();
            let over = self.value(key).and_then(pax::time);
            let time = over.or(own.map(|seconds| (seconds, 0)));
            facts.extend(time.map(|(seconds, nanos)| Fact::new(name, Value::utc(seconds, nanos))));
            if let (Some(_), Some(own)) = (over, own) {
                notes.push(words(format!("header {key} {own}")));
            }
        }
        let is_device = matches!(kind, Kind::CharDevice | Kind::BlockDevice);
        let numbers = [MAJOR, MINOR].map(|at| header.number(at).value.unwrap_or_default());
        if header.dialect() != Dialect::Other && (is_device || numbers != [0, 0]) {
            let [major, minor] = numbers;
            facts.push(Fact::new(field::DEVICE, Value::Text(format!("{major},{minor}").into())));
        }
        if header.kind() == b'M' {
            notes.push(words(format!("continued at {}", escape_text(header.field(GNU_OFFSET)))));
        }
        if let Some(ahead) = &self.before.pax
            && pax_writer(&ahead.header, path).is_none()
        {
            let name = ahead.header.path().0;
            notes.push(words(format!("pax header named {}", escape_text(&name))));
        }
        facts.extend(notes);
        facts
    }

    /// Records of the entry's own pax header that no other fact tells whole.
    pub(super) fn records(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        let last: HashMap<_, _> =
            self.local().iter().enumerate().map(|(at, record)| (&record.key, at)).collect();
        for (index, record) in self.local().iter().enumerate() {
            let key = record.key.as_slice();
            let is_last = last.get(&record.key) == Some(&index);
            let told = match key {
                _ if is_layout(key) => true,
                _ if !is_last || !record.is_plain || record.value.is_empty() => false,
                b"path" | b"linkpath" | b"uname" | b"gname" | b"GNU.sparse.name" => true,
                b"uid" | b"gid" => {
                    pax::decimal(&record.value).is_some_and(|n| i64::try_from(n).is_ok())
                }
                b"mtime" | b"atime" | b"ctime" | b"LIBARCHIVE.creationtime" => {
                    pax::time(&record.value).is_some()
                }
                _ => false,
            };
            if told {
                continue;
            }
            let whole = [key, b"=", &record.value].concat();
            match key.strip_prefix(b"SCHILY.xattr.") {
                Some(name) if record.is_plain && is_last => {
                    let value = [name, b"=", &record.value].concat();
                    facts.push(Fact::new(field::XATTR, Value::Bytes(value.into())));
                }
                _ if record.is_plain => {
                    facts.push(Fact::new(field::EXTRA, Value::Bytes(whole.into())));
                }
                _ => facts.push(words(format!(
                    "a record of {} bytes, its length written in another way: {}",
                    record.at.len(),
                    escape_text(&whole)
                ))),
            }
        }
        facts
    }
}
