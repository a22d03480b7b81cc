//! An entry: its header, the headers ahead of it that override fields, its data.
//!
//! Every byte of a header ends in a fact of the entry, in the layout, or in the residue. `told` makes
//! the facts, `style` says how the entry was written, `body` reads the data.

use super::body::Body;
use super::header::{
    CHECKSUM, Dialect, GID, GNU_ATIME, GNU_CTIME, GNU_OFFSET, GROUP, Header, LINK, MAGIC, MAJOR,
    MINOR, MODE, MTIME, NAME, PREFIX, SIZE, TYPE, UID, USER,
};
use super::told::{Before, Told, is_layout, long_text};
use super::{HEADER, Issue, Spent, Walk, sparse};
use crate::model::locator::escape_text;
use crate::model::{ContentId, Fact, GapKind, Kind, Owner, Part, Role, Stored, Value, field};
use crate::model::{Fact, GapKind, Kind, Owner, Part, Value, field};
use crate::readers::tree::Entry;

/// Reads the entry that a header starts.
pub(super) fn read(walk: &mut Walk<'_, '_>, header: &Header) -> Result<(), Spent> {
    let before = Before {
        long_name: walk.long_name.take(),
        long_link: walk.long_link.take(),
        pax: walk.pax.take(),
    };
    let told = Told { header, before: &before, globals: &walk.globals };
    let (path, path_parts, path_facts) = told.path();
    let kind = told.kind(&path);
    let (target, target_parts, target_facts) = told.target(kind);
    let mut facts = told.facts(kind, &path);
    facts.extend(path_facts);
    facts.extend(target_facts);
    facts.extend(told.records());
    let style = told.style(&path);
    let (size, is_sound) = told.size();
    let records = before.pax.as_ref().map_or(&[][..], |ahead| &ahead.records);
    let map = sparse::Pax::read(walk.globals.iter().chain(records));

    let mut issues = Vec::new();
    let mut regions = Vec::new();
    if !is_sound {
        let what = format!("the size of the entry at {} is no number", header.at);
        let range = header.at + SIZE.start as u64..header.at + SIZE.end as u64;
        let kind = Some(GapKind::Damaged);
        issues.push(Issue { rule: Some("structure/tar-size-unreadable"), kind, range, what });
    }
    let mut body = Body { walk, header, issues: &mut issues, regions: &mut regions };
    let size = body.real_size(size, kind);
    let (size, map) = body.map(size, map)?;
    let content = match kind {
        Kind::File => Some(body.content(size, map)),
        // Entries of other kinds have data by mistake, or as GNU's incremental directories do.
        _ if size > 0 => Some(body.content(size, map)),
        _ => None,
    };
    let mut placed = content.as_ref().and_then(|content| content.id);
    if kind == Kind::Hardlink {
        let earlier = walk.tree.find(walk.sink.volume(), &target);
        let found = earlier.and_then(|id| walk.volume().node(id).map(|node| node.content));
        placed = placed.or(found.flatten());
        if found.is_none() {
            let what = format!("no earlier entry is named {}", escape_text(&target));
            let range = header.at + LINK.start as u64..header.at + LINK.end as u64;
            let rule = Some("structure/tar-hardlink-target-missing");
            issues.push(Issue { rule, kind: None, range, what });
        }
    }
    if header.kind() == b'M' {
        let what = "the entry continues one of an earlier volume".into();
        let range = header.at..header.at + 512;
        issues.push(Issue { rule: None, kind: Some(GapKind::Unsupported), range, what });
    }

    match &walk.style {
        None => {
            let view = walk.view;
            let value = Value::Text(style.as_str().into());
            walk.volume().add_fact(view, field::VERSION, value);
            walk.style = Some(style);
        }
        Some(first) if *first == style => {}
        Some(_) => facts.push(Fact::new(field::VERSION, Value::Text(style.into()))),
    }
    let at = header.at..header.at + NAME.end as u64;
    let entry = Entry { path: &path, kind, content: placed, facts, at };
    let Walk { tree, sink, .. } = walk;
    // The volume and the budget are one object's: a copy of the budget is spent and put back.
    let mut budget = sink.budget().clone();
    let node = tree.place(sink.volume(), &mut budget, entry);
    *sink.budget() = budget;
    let node = node?;
    let owner = Owner::Node(node);

    let mut parts = field_parts(header);
    parts.extend(path_parts);
    parts.extend(target_parts);
    walk.structure(&HEADER, owner, header.at, &header.bytes[..], &parts);
    account_before(walk, &before, owner);
    for region in regions {
        walk.structure(region.role, owner, region.at, &region.bytes, &region.parts);
    }
    if let Some(content) = content {
        content.account(walk, owner);
    }
    for issue in issues {
        issue.report(walk.volume(), node);
    }
    Ok(())
}

/// The headers ahead of the entry: their own fields are in the style, their data in facts.
fn account_before(walk: &mut Walk<'_, '_>, before: &Before, owner: Owner) {
    for ahead in [&before.long_name, &before.long_link].into_iter().flatten() {
        let parts = plain_parts(&ahead.header);
        walk.structure(ahead.role, owner, ahead.header.at, &ahead.header.bytes[..], &parts);
        let name = long_text(ahead).len();
        walk.structure(ahead.role, owner, ahead.at, &ahead.data, &[Part::fact(0..name)]);
    }
    if let Some(ahead) = &before.pax {
        let parts = plain_parts(&ahead.header);
        walk.structure(ahead.role, owner, ahead.header.at, &ahead.header.bytes[..], &parts);
        let parts: Vec<_> = ahead
            .records
            .iter()
            .map(|record| {
                let at = record.at.clone();
                if is_layout(&record.key) { Part::layout(at, true) } else { Part::fact(at) }
            })
            .collect();
        walk.structure(ahead.role, owner, ahead.at, &ahead.data, &parts);
    }
}

/// Records that say where bytes lie.
fn is_layout(key: &[u8]) -> bool {
    let is_sparse = key.starts_with(b"GNU.sparse.");
    key == b"size"
        || is_sparse
            && !matches!(key, b"GNU.sparse.name" | b"GNU.sparse.major" | b"GNU.sparse.minor")
}

/// The name that an `L` or `K` header carries.
fn long_text(ahead: &Ahead) -> &[u8] {
    let data = ahead.data.get(..ahead.length).unwrap_or_default();
    data.split(|&b| b == 0).next().unwrap_or_default()
}

/// The fields that every header has, apart from name and link.
fn field_parts(header: &Header) -> Vec<Part> {
    let mut parts: Vec<_> = [MODE, UID, GID, MTIME, TYPE, MAGIC].map(Part::fact).into();
    parts.extend([SIZE, CHECKSUM].map(|at| Part::layout(at, true)));
    let dialect = header.dialect();
    if dialect != Dialect::Other {
        parts.extend([MAJOR, MINOR].map(Part::fact));
        parts.extend([USER, GROUP].map(|at| Part::fact(header.text_range(at))));
    }
    if dialect == Dialect::Gnu {
        parts.extend([GNU_ATIME, GNU_CTIME].map(Part::fact));
        match header.kind() {
            b'S' => parts.push(Part::layout(386..495, true)),
            b'M' => parts.extend([Part::fact(GNU_OFFSET), Part::layout(483..495, true)]),
            _ => {}
        }
    }
    parts
}

/// All fields of a header that [`plain_words`] or a style tells.
pub(super) fn plain_parts(header: &Header) -> Vec<Part> {
    let mut parts = field_parts(header);
    parts.push(Part::fact(header.text_range(NAME)));
    if header.dialect() == Dialect::Ustar {
        parts.push(Part::fact(header.text_range(PREFIX)));
    }
    parts
}

/// Every field of a header but its date, in words.
pub(super) fn plain_words(header: &Header, what: &str) -> String {
    let number = |at| number_word(header, at);
    let (path, prefix) = header.path();
    format!(
        "{what} {} ({prefix}) mode {} uid {} gid {} user {} group {} device {},{} {}",
        escape_text(&path),
        header.number(MODE).value.map_or("-".into(), |mode| format!("{mode:o}")),
        number(UID),
        number(GID),
        escape_text(header.text(USER)),
        escape_text(header.text(GROUP)),
        number(MAJOR),
        number(MINOR),
        header.style()
    )
}

fn number_word(header: &Header, at: Range<usize>) -> String {
    header.number(at).value.map_or("-".into(), |value| value.to_string())
}

/// A header and what overrides it.
struct Told<'a> {
    header: &'a Header,
    before: &'a Before,
    globals: &'a [Record],
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

    fn size(&self) -> (u64, bool) {
        let size = match self.value("size") {
            Some(text) => pax::decimal(text),
            None => number::unsigned(self.header.field(SIZE)),
        };
        (size.unwrap_or_default(), size.is_some())
    }

    /// The path, what of the header it masks, and what of the header differs from it.
    fn path(&self) -> (Vec<u8>, Vec<Part>, Vec<Fact>) {
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
    fn target(&self, kind: Kind) -> (Vec<u8>, Vec<Part>, Vec<Fact>) {
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

    fn kind(&self, path: &[u8]) -> Kind {
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
    fn facts(&self, kind: Kind, path: &[u8]) -> Vec<Fact> {
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
            notes.push(words(format!("continued at {}", number_word(header, GNU_OFFSET))));
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
    fn records(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        for (index, record) in self.local().iter().enumerate() {
            let key = record.key.as_slice();
            let is_last = !self.local().iter().skip(index + 1).any(|other| other.key == key);
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
                b"GNU.sparse.major" | b"GNU.sparse.minor" => false,
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

    /// How the entry was written: its header, and those ahead of it.
    fn style(&self, path: &[u8]) -> String {
        let mut style = self.header.style();
        for (word, ahead) in [("L", &self.before.long_name), ("K", &self.before.long_link)] {
            let Some(ahead) = ahead else { continue };
            let header = &ahead.header;
            let words = plain_words(header, word);
            let expected =
                "././@LongLink (0) mode 644 uid 0 gid 0 user root group root device -,- gnu";
            let time = number_word(header, MTIME);
            if words != format!("{word} {expected}") || time != "0" {
                style = format!("{style} [{words} mtime {time}]");
            }
        }
        if let Some(ahead) = &self.before.pax {
            style = format!("{style} {}", self.pax_style(ahead, path));
        }
        style
    }

    /// Who wrote the pax header, and what it has otherwise than that writer's.
    fn pax_style(&self, ahead: &Ahead, path: &[u8]) -> String {
        let writer = pax_writer(&ahead.header, path);
        let mut style = format!("pax={}", writer.unwrap_or("other"));
        let (mode, is_same) = match writer {
            Some("libarchive") => (None, true),
            Some("python") => (Some(0), false),
            _ => (Some(0o644), false),
        };
        for (name, at) in [("mode", MODE), ("uid", UID), ("gid", GID), ("mtime", MTIME)] {
            let own = self.header.number(at.clone()).value;
            let expected = match name {
                _ if is_same => own,
                "mode" => mode,
                "mtime" if writer != Some("python") => own,
                _ => Some(0),
            };
            if ahead.header.number(at.clone()).value != expected {
                style = format!("{style} pax.{name}={}", number_word(&ahead.header, at));
            }
        }
        for (name, at) in [("user", USER), ("group", GROUP)] {
            let expected = if is_same { self.header.text(at.clone()) } else { b"" };
            let found = ahead.header.text(at);
            if found != expected {
                style = format!("{style} pax.{name}={}", escape_text(found));
            }
        }
        let devices = [MAJOR, MINOR].map(|at| ahead.header.number(at).value.unwrap_or_default());
        if devices != [0, 0] {
            style = format!("{style} pax.device={devices:?}");
        }
        let own = ahead.header.style();
        if own != self.header.style() {
            style = format!("{style} ({own})");
        }
        style
    }
}

/// Which writer names its pax headers so for an entry of that path.
fn pax_writer(header: &Header, path: &[u8]) -> Option<&'static str> {
    let (name, prefix) = header.path();
    if name == b"././@PaxHeader" && prefix == 0 {
        return Some("python");
    }
    let trimmed = path.strip_suffix(b"/").unwrap_or(path);
    let cut = trimmed.iter().rposition(|&b| b == b'/').map_or(0, |at| at + 1);
    let (folder, base) = trimmed.split_at(cut);
    let is = |folder: &[u8], middle: &[u8]| {
        let expected = [folder, middle, base].concat();
        prefix == 0 && expected.get(..expected.len().min(NAME.len())) == Some(&name[..])
    };
    let gnu = if folder.is_empty() { b"./" } else { folder };
    if is(gnu, b"PaxHeaders/") {
        Some("gnu")
    } else if is(folder, b"PaxHeader/") {
        Some("libarchive")
    } else {
        None
    }
}

/// Where the reading of an entry's data stands.
struct Body<'w, 's, 'i, 'a> {
    walk: &'w mut Walk<'s, 'i>,
    header: &'a Header,
    issues: &'w mut Vec<Issue>,
    regions: &'w mut Vec<Region>,
}

/// The data of an entry, read.
struct Data {
    id: Option<ContentId>,
    /// Where they lie.
    range: Range<u64>,
    /// What fills the last block.
    padding: Vec<u8>,
}

impl Body<'_, '_, '_, '_> {
    /// The bytes that follow the header. For entries that have none a size may mean nothing, or the
    /// writer meant it; the next block tells.
    fn real_size(&mut self, size: u64, kind: Kind) -> u64 {
        let has_none = !matches!(kind, Kind::File) && self.header.kind() != b'D';
        if size == 0 || !has_none {
            return size;
        }
        let next = self.walk.stream.block();
        let (follows, back) = match &next {
            Block::Full(block) => {
                let is_other = block.iter().all(|&b| b == 0) || super::header::checks(block);
                (!is_other, Some(block))
            }
            // Bytes that were cut off are data that are missing.
            Block::Partial(_) | Block::End => (false, None),
        };
        if let Some(block) = back {
            self.walk.stream.push_back(block);
        }
        let what = format!(
            "a {} at {} has a size of {size} bytes, {}",
            kind.name(),
            self.header.at,
            if follows { "which follow it" } else { "but no data follow it" }
        );
        let range = self.header.at + SIZE.start as u64..self.header.at + SIZE.end as u64;
        let rule = Some("structure/tar-size-without-data");
        self.issues.push(Issue { rule, kind: None, range, what });
        if follows { size } else { 0 }
    }

    /// The sparse map, if the entry has one, and the stored bytes that are left behind it.
    fn map(
        &mut self,
        size: u64,
        pax: Option<Result<sparse::Pax, String>>,
    ) -> Result<(u64, Option<Map>), Spent> {
        let found = match pax {
            _ if self.header.kind() == b'S' => self.old_map(size)?,
            None => return Ok((size, None)),
            Some(Err(what)) => Err(what),
            Some(Ok(pax)) if pax.is_in_data => self.map_in_data(size, pax)?,
            Some(Ok(pax)) => Ok((size, pax.into_map())),
        };
        let (left, what) = match found {
            Ok((left, map)) => match map.fault(left) {
                None if map.is_reasonable(left) => return Ok((left, Some(map))),
                None => {
                    let at = self.header.at;
                    let what =
                        format!("{left} stored bytes make a file of {}: too many holes", map.size);
                    let kind = Some(GapKind::Limit);
                    self.issues.push(Issue { rule: None, kind, range: at..at + 512, what });
                    return Ok((left, None));
                }
                Some(what) => (left, what),
            },
            Err(what) => (size, what),
        };
        let at = self.header.at;
        let what = format!("the sparse map of the entry at {at} is broken: {what}");
        let rule = Some("structure/tar-sparse-map-broken");
        let kind = Some(GapKind::Damaged);
        self.issues.push(Issue { rule, kind, range: at..at + 512, what });
        Ok((left, None))
    }

    /// The map in a GNU header and in the blocks that extend it, which the size does not count.
    fn old_map(&mut self, size: u64) -> Result<Result<(u64, Map), String>, Spent> {
        let Some((mut map, mut is_extended)) = sparse::old(self.header) else {
            return Ok(Err("a field is no number".into()));
        };
        let mut blocks = 0;
        while is_extended && blocks < MAP_BLOCKS {
            blocks += 1;
            let at = self.walk.stream.at;
            self.walk.sink.budget().structure(512)?;
            let Block::Full(block) = self.walk.stream.block() else {
                return Ok(Err(format!("the data end within it, at {at}")));
            };
            let pairs = block.get(..sparse::EXTENSION_FLAG).unwrap_or_default();
            let is_sound = sparse::old_pairs(&mut map, pairs);
            is_extended = block.get(sparse::EXTENSION_FLAG).is_some_and(|&b| b != 0);
            let parts = vec![Part::layout(0..sparse::EXTENSION_FLAG + 1, is_sound)];
            self.regions.push(Region { role: &MAP, at, bytes: block.to_vec(), parts });
            if !is_sound {
                return Ok(Err(format!("a field at {at} is no number")));
            }
        }
        Ok(Ok((size, map)))
    }

    /// The map in front of the data, which the size does count.
    fn map_in_data(
        &mut self,
        size: u64,
        pax: sparse::Pax,
    ) -> Result<Result<(u64, Map), String>, Spent> {
        let mut reader = sparse::InData::new();
        let mut left = size;
        while left >= 512 {
            let at = self.walk.stream.at;
            self.walk.sink.budget().structure(512)?;
            let Block::Full(block) = self.walk.stream.block() else { break };
            let fed = reader.feed(&block[..]);
            let Some(fed) = fed else {
                self.walk.stream.push_back(&block);
                break;
            };
            left -= 512;
            let parts = vec![Part::layout(0..fed.unwrap_or(512), true)];
            self.regions.push(Region { role: &MAP, at, bytes: block.to_vec(), parts });
            if fed.is_some() {
                let mut map = pax.into_map();
                map.runs = reader.runs();
                return Ok(Ok((left, map)));
            }
            if self.regions.len() > MAP_BLOCKS {
                break;
            }
        }
        let at = self.walk.stream.at;
        let what = format!("the map in front of the data is not whole at {at}");
        let kind = Some(GapKind::Damaged);
        let rule = Some("structure/tar-sparse-map-broken");
        self.issues.push(Issue { rule, kind, range: at..at + 1, what });
        // What is left is read as it is stored.
        Ok(Ok((left, Map { runs: vec![(0, left)], size: left })))
    }

    /// Hands the data to the sink and reads up to the next block.
    fn content(&mut self, size: u64, map: Option<Map>) -> Data {
        let start = self.walk.stream.at;
        let mut stored = Stored::plain(start, size);
        let Walk { stream, sink, view, .. } = &mut *self.walk;
        let mut run = stream.run(size);
        let taken = match map {
            None => sink.content(*view, stored, &mut run),
            Some(map) => {
                let extents = map.extents(start);
                stored = Stored { size: Some(map.size), extents: extents.clone(), ..stored };
                let mut expanded = sparse::Expanded::new(&mut run, extents);
                sink.content(*view, stored, &mut expanded)
            }
        };
        drain(&mut run);
        let missing = run.left;
        let end = stream.at;
        let range = start..start.saturating_add(size);
        if missing > 0 {
            let what = format!("expected {size} bytes at {start}, but the data end at {end}");
            let kind = Some(GapKind::Damaged);
            self.issues.push(Issue { rule: None, kind, range: range.clone(), what });
        }
        let id = match taken {
            Ok(id) => Some(id),
            Err(error) if missing == 0 => {
                let what = format!("the content at {start} was not taken: {error}");
                let kind = Some(GapKind::Damaged);
                self.issues.push(Issue { rule: None, kind, range: range.clone(), what });
                None
            }
            Err(_) => None,
        };
        let mut rest = Vec::new();
        if missing == 0 {
            let _ = self.walk.stream.run(padding(size)).read_to_end(&mut rest);
        }
        Data { id, range, padding: rest }
    }
}

impl Data {
    /// Claims the padding, and the data where the sink did not.
    fn account(self, walk: &mut Walk<'_, '_>, node: Owner) {
        let view = walk.view;
        let owner = match self.id {
            Some(id) => Owner::Content(id),
            None => node,
        };
        if self.id.is_none() {
            walk.volume().claim(view, self.range.clone(), &CONTENT, node);
        }
        let end = self.range.end;
        let stop = end.saturating_add(self.padding.len() as u64);
        walk.volume().claim(view, end..stop, &SLACK, owner);
        walk.volume().add_residue(view, &SLACK, owner, end, &self.padding);
    }
}
