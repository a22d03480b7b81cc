//! The ar reader: static libraries (`.a`, `.lib`, `.rlib`) and Debian packages, which are ar archives
//! of two tars.
//!
//! There is no standard: System V and GNU end a name with `/` and keep long ones in a member `//`, BSD
//! writes them in front of the data, Microsoft has two tables of symbols. `header` knows the text of a
//! header, `tables` the members that speak of others; this file finds the members.

mod header;
mod tables;

use std::collections::HashSet;
use std::io::{self, Read};
use std::ops::Range;

use self::header::{Header, LENGTH, at};
use self::tables::{Kind as TableKind, Table};
use super::{Doc, Form, Probe, Reader, Sink, Spent, note_spent};
use crate::model::claim::{CONTENT, SLACK};
use crate::model::{
    Fact, GapKind, Kind, NewNode, Owner, Part, Role, Stored, Structure, Value, ViewId, field,
};

/// The reader of ar archives.
pub(super) static READER: Reader = Reader {
    doc: Doc {
        id: "ar",
        title: "ar archive: static library, Debian package",
        specifications: &[
            "System V ABI, gABI 4.1, chapter 7 \"Archive File\"",
            "FreeBSD ar(5): names in front of the data",
            "Microsoft, PE Format, \"Archive (Library) File Format\"",
            "deb(5): Debian binary package format",
        ],
        limitations: &[
            "thin archives, whose members lie elsewhere, are not opened",
            "BSD tables of symbols (__.SYMDEF) are entries, and are not held against the members",
            "names of symbols are not held against the members that define them",
            "a path in a name is part of the name: there are no folders",
        ],
    },
    probe: |probe: &Probe<'_>| probe.head.starts_with(MAGIC),
    form: Form::Stream(stream),
};

const MAGIC: &[u8] = b"!<arch>\n";

static START: Role = Role::structure("magic");
static HEADER: Role = Role::structure("header");
static NAME: Role = Role::structure("long name");
static TABLE: Role = Role::structure("table of the archive");
static UNREADABLE: Role = Role::reserved("unreadable bytes");

/// Bytes of all tables of symbols and names, which are kept until all members are known.
const KEPT: u64 = 64 << 20;
/// Bytes of a name in front of the data.
const LONGEST_NAME: u64 = 4 << 10;
/// Bytes under one digest where nothing is understood.
const CHUNK: usize = 64 << 10;

/// The archive as it comes.
struct Stream<'a> {
    input: &'a mut dyn Read,
    /// Bytes read.
    at: u64,
    failure: Option<(GapKind, String)>,
}

impl Stream<'_> {
    /// Up to `length` bytes, fewer only at the end or where reading fails. The caller has bounded
    /// `length`.
    fn up_to(&mut self, length: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        if let Err(error) = self.take(length).read_to_end(&mut bytes) {
            self.fail(&error);
        }
        bytes
    }

    /// Keeps the first failure; nothing is read after it.
    fn fail(&mut self, error: &io::Error) {
        let kind = match error.kind() {
            io::ErrorKind::OutOfMemory => GapKind::Unreadable,
            _ => GapKind::Damaged,
        };
        self.failure.get_or_insert_with(|| (kind, error.to_string()));
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.failure.is_some() {
            return Ok(0);
        }
        match self.input.read(buffer) {
            Ok(n) => {
                self.at += n as u64;
                Ok(n)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                self.fail(&error);
                Err(error)
            }
        }
    }
}

struct Walk<'s, 'i> {
    stream: Stream<'i>,
    sink: &'s mut dyn Sink,
    view: ViewId,
    tables: Vec<Table>,
    /// Tables of which there was one already: the first, and how many.
    repeated: Option<(Range<u64>, u64)>,
    /// Where members begin: tables point there.
    members: HashSet<u64>,
    /// Whether all members were met.
    is_whole: bool,
}

fn stream(input: &mut dyn Read, sink: &mut dyn Sink) {
    let view = sink.volume().add_view("ar", 50);
    sink.volume().ordered = true;
    let mut walk = Walk {
        stream: Stream { input, at: 0, failure: None },
        sink,
        view,
        tables: Vec::new(),
        repeated: None,
        members: HashSet::new(),
        is_whole: false,
    };
    if let Err(spent) = walk.read() {
        note_spent(walk.sink.volume(), spent);
    }
    walk.account_tables();
    if let Some((kind, failure)) = walk.stream.failure.take() {
        let at = walk.stream.at;
        let what = format!("the archive cannot be read past {at}: {failure}");
        walk.sink.volume().unread(kind, Owner::Volume, Some(at..at + 1), what);
    }
}

impl Walk<'_, '_> {
    fn read(&mut self) -> Result<(), Spent> {
        let magic = self.stream.up_to(MAGIC.len() as u64);
        let parts = [Part::fact(0..MAGIC.len())];
        let parts = if magic == MAGIC { &parts[..] } else { &[] };
        self.structure(&START, Owner::Volume, 0, &magic, parts);
        if magic != MAGIC {
            if self.stream.failure.is_some() {
                return Ok(());
            }
            let what = "expected !<arch> and a line feed at 0";
            self.sink.volume().unread(GapKind::Damaged, Owner::Volume, Some(0..8), what);
            return Ok(());
        }
        loop {
            let at = self.stream.at;
            let bytes = self.stream.up_to(LENGTH as u64);
            if bytes.is_empty() {
                self.is_whole = self.stream.failure.is_none();
                return Ok(());
            }
            let Some(header) = Header::parse(at, &bytes) else { return self.give_up(at, bytes) };
            match TableKind::of(header.name(), &self.tables) {
                Some(kind) => self.table(header, kind)?,
                None => self.member(&header)?,
            }
        }
    }

    /// Where there is no header, nothing tells where the next one is.
    fn give_up(&mut self, at: u64, mut bytes: Vec<u8>) -> Result<(), Spent> {
        if self.stream.failure.is_some() {
            // What there is of it says nothing.
        } else if bytes.len() < LENGTH {
            let what = format!(
                "expected a header of 60 bytes at {at}, but the data end after {}",
                bytes.len()
            );
            let range = Some(at..at + bytes.len() as u64);
            self.sink.volume().unread(GapKind::Damaged, Owner::Volume, range, what);
        } else {
            let what =
                format!("expected a header at {at}: a size, and ` with a line feed at its end");
            let range = Some(at..at + LENGTH as u64);
            self.sink.volume().defect("structure/ar-header", Owner::Volume, range, &*what);
            self.sink.volume().unread(GapKind::Damaged, Owner::Volume, Some(at..at + 1), what);
        }
        let mut from = at;
        while !bytes.is_empty() {
            self.sink.budget().structure(bytes.len() as u64)?;
            let (view, owner) = (self.view, Owner::Volume);
            self.sink.volume().add_residue(view, &UNREADABLE, owner, from, &bytes);
            from += bytes.len() as u64;
            bytes = self.stream.up_to(CHUNK as u64);
        }
        let view = self.view;
        self.sink.volume().claim(view, at..from, &UNREADABLE, Owner::Volume);
        Ok(())
    }

    /// A member that speaks of the others.
    fn table(&mut self, header: Header, kind: TableKind) -> Result<(), Spent> {
        self.sink.budget().entry()?;
        let start = self.stream.at;
        let range = start..start.saturating_add(header.size);
        let kept: u64 = self.tables.iter().map(|table| table.data.len() as u64).sum();
        let is_other = kind == TableKind::Other;
        let is_repeated = !is_other && self.tables.iter().any(|table| table.kind == kind);
        let is_large = !is_other && header.size > KEPT.saturating_sub(kept);
        let is_kept = !is_other && !is_repeated && !is_large;
        if is_repeated {
            self.repeated.get_or_insert((range, 0)).1 += 1;
        } else if is_large {
            let what = format!(
                "the table at {} has {} bytes, at most {KEPT} of all are read",
                header.at, header.size
            );
            self.sink.volume().unread(GapKind::Limit, Owner::Volume, Some(range), what);
        }
        let (data, is_whole) = if is_kept {
            self.sink.budget().structure(header.size)?;
            let data = self.stream.up_to(header.size);
            let is_whole = data.len() as u64 == header.size;
            (data, is_whole)
        } else {
            (Vec::new(), self.pass(header.size)?)
        };
        let mut parts = vec![Part::layout(at::SIZE, is_whole), Part::fact(at::END)];
        if let Some(date) = header.number(at::MTIME, 10).filter(|date| date.is_plain) {
            parts.push(Part::fact(at::MTIME));
            if let Some(date) = i64::try_from(date.value).ok().filter(|date| *date != 0) {
                let view = self.view;
                self.sink.volume().add_fact(view, field::VOLUME_MTIME, Value::utc(date, 0));
            }
        }
        self.structure(&HEADER, Owner::Volume, header.at, &header.bytes, &parts);
        if is_whole {
            self.padding(header.size, Owner::Volume);
        } else {
            self.short(&header, Owner::Volume);
        }
        if is_kept {
            self.tables.push(Table { header, kind, data, used: Vec::new() });
        }
        Ok(())
    }

    /// An entry.
    fn member(&mut self, header: &Header) -> Result<(), Spent> {
        self.members.insert(header.at);
        let mut parts = vec![Part::fact(at::END)];
        let mut facts = Vec::new();
        let recorded = header.name();
        let (mut size, mut name_at) = (header.size, header.at..header.at + 16);
        let mut front = Vec::new();
        let digits = |prefix: &[u8]| {
            let digits = recorded.strip_prefix(prefix).filter(|digits| !digits.is_empty())?;
            let is_plain = digits.iter().all(u8::is_ascii_digit) && digits.len() <= 10;
            std::str::from_utf8(digits).ok().filter(|_| is_plain)?.parse::<u64>().ok()
        };
        let name = if let Some(length) =
            digits(b"#1/").filter(|&length| length <= size.min(LONGEST_NAME))
        {
            let start = self.stream.at;
            front = self.stream.up_to(length);
            size -= length;
            parts.push(Part::layout(at::NAME, front.len() as u64 == length));
            name_at = start..start + front.len() as u64;
            let end = front.iter().rposition(|&b| b != 0).map_or(0, |last| last + 1);
            front.get(..end).unwrap_or_default().to_vec()
        } else if let Some((name, range, is_line)) = digits(b"/").and_then(|at| self.long_name(at))
        {
            parts.push(Part::layout(at::NAME, true));
            name_at = range;
            if !is_line {
                let style = "a long name with a zero at its end";
                facts.push(Fact::new(field::EXTRA, Value::Text(style.into())));
            }
            name
        } else {
            // What is left of the field are blanks, or a slash and blanks.
            let (name, style) = match recorded.strip_suffix(b"/") {
                Some(name) if !name.is_empty() => (name, None),
                _ => (recorded, Some("a name without / at its end")),
            };
            if header.is_padded(at::NAME, recorded) {
                parts.push(Part::fact(at::NAME));
            }
            facts.extend(style.map(|style| Fact::new(field::EXTRA, Value::Text(style.into()))));
            if recorded.starts_with(b"/") {
                let what =
                    format!("the name at {} refers to a long name that is not there", header.at);
                let range = Some(name_at.clone());
                self.sink.volume().defect("structure/ar-long-name", Owner::Volume, range, what);
            }
            name.to_vec()
        };
        tell(header, &mut facts, &mut parts);
        let start = self.stream.at;
        let stored = Stored::plain(start, size);
        let (taken, missing) = {
            let mut run = (&mut self.stream).take(size);
            let taken = self.sink.content(self.view, &name, stored, &mut run);
            let _ = io::copy(&mut run, &mut io::sink());
            (taken.ok(), run.limit())
        };
        parts.push(Part::layout(at::SIZE, missing == 0));
        self.sink.budget().entry()?;
        let kind = Kind::File;
        let new =
            NewNode { view: self.view, parent: None, name: &name, kind, content: taken, facts };
        let node = Owner::Node(self.sink.volume().add_node(new));
        self.structure(&HEADER, node, header.at, &header.bytes, &parts);
        if !front.is_empty() {
            let name = [Part::fact(0..name.len())];
            self.structure(&NAME, node, name_at.start, &front, &name);
        }
        if taken.is_none() {
            let view = self.view;
            self.sink.volume().claim(view, start..self.stream.at, &CONTENT, node);
        }
        if missing > 0 {
            let view = self.view;
            self.sink.volume().distrust_layout(view);
            self.short(header, node);
        } else {
            self.padding(header.size, node);
        }
        Ok(())
    }

    /// A name of the table of long ones, and where it stands in the archive.
    fn long_name(&mut self, at: u64) -> Option<(Vec<u8>, Range<u64>, bool)> {
        let table = self.tables.iter_mut().find(|table| table.kind == TableKind::Names)?;
        let (range, end, is_line) = table.name_at(at)?;
        let name = table.data.get(range.clone())?.to_vec();
        table.used.push(range.start..end);
        let start = table.header.at + LENGTH as u64;
        Some((name, start + range.start as u64..start + range.end as u64, is_line))
    }

    /// Members begin at even offsets; a line feed fills up.
    fn padding(&mut self, size: u64, owner: Owner) {
        let (view, at) = (self.view, self.stream.at);
        let bytes = self.stream.up_to(size % 2);
        self.sink.volume().claim(view, at..at + bytes.len() as u64, &SLACK, owner);
        self.sink.volume().add_residue(view, &SLACK, owner, at, &but_line_feeds(&bytes));
    }

    /// Data that end before their size says.
    fn short(&mut self, header: &Header, owner: Owner) {
        if self.stream.failure.is_some() {
            return;
        }
        let start = header.at + LENGTH as u64;
        let what = format!(
            "expected {} bytes at {start}, but the data end at {}",
            header.size, self.stream.at
        );
        let range = start..start.saturating_add(header.size);
        self.sink.volume().unread(GapKind::Damaged, owner, Some(range), what);
    }

    /// Reads over a table that is not kept; whether it is all there.
    fn pass(&mut self, mut left: u64) -> Result<bool, Spent> {
        let (view, start) = (self.view, self.stream.at);
        while left > 0 {
            let at = self.stream.at;
            let bytes = self.stream.up_to(left.min(CHUNK as u64));
            self.sink.budget().structure(bytes.len() as u64)?;
            if bytes.is_empty() {
                break;
            }
            left -= bytes.len() as u64;
            self.sink.volume().add_residue(view, &TABLE, Owner::Volume, at, &bytes);
        }
        let end = self.stream.at;
        self.sink.volume().claim(view, start..end, &TABLE, Owner::Volume);
        Ok(left == 0)
    }

    /// The tables, now that all members are known.
    fn account_tables(&mut self) {
        if let Some((range, count)) = self.repeated.take() {
            let more = match count {
                1 => String::new(),
                _ => format!(", and {} more so", count - 1),
            };
            let what = format!("the table at {} is one that was there already{more}", range.start);
            let id = "structure/ar-repeated-table";
            self.sink.volume().defect(id, Owner::Volume, Some(range), what);
        }
        for table in std::mem::take(&mut self.tables) {
            let start = table.header.at + LENGTH as u64;
            let agrees = table.agrees(&self.members);
            // Of members that were not met, nothing is known.
            if !agrees && self.is_whole {
                let what =
                    format!("the table at {} points where no member begins", table.header.at);
                let range = Some(start..start + table.data.len() as u64);
                let id = "structure/ar-symbol-table";
                self.sink.volume().defect(id, Owner::Volume, range, what);
            }
            if table.kind == TableKind::Names {
                // What members are called by is told there; a table that grew is no residue.
                let (view, end) = (self.view, start + table.data.len() as u64);
                let mut left = table.data;
                for range in &table.used {
                    left.get_mut(range.clone()).unwrap_or_default().fill(b'\n');
                }
                left.retain(|byte| *byte != b'\n');
                for byte in &mut left {
                    *byte ^= b'\n';
                }
                self.sink.volume().claim(view, start..end, &TABLE, Owner::Volume);
                self.sink.volume().add_residue(view, &TABLE, Owner::Volume, start, &left);
                continue;
            }
            let parts = [Part::layout(0..table.data.len(), agrees)];
            self.structure(&TABLE, Owner::Volume, start, &table.data, &parts);
        }
    }

    fn structure(
        &mut self,
        role: &'static Role,
        owner: Owner,
        at: u64,
        bytes: &[u8],
        parts: &[Part],
    ) {
        let view = self.view;
        self.sink.volume().structure(&Structure { view, role, owner, at, bytes, parts });
    }
}

/// What differs from line feeds, which fill up; nothing else becomes zeros.
fn but_line_feeds(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| byte ^ b'\n').collect()
}

/// The fields of a member that are facts. What is not spelled as its value would be is left.
fn tell(header: &Header, facts: &mut Vec<Fact>, parts: &mut Vec<Part>) {
    let number = |at: Range<usize>, radix| header.number(at, radix).filter(|n| n.is_plain);
    // A blank date, owner or mode is none: Microsoft's librarian writes no owners.
    // Zero is what is written in place of a date.
    if let Some(date) = number(at::MTIME, 10) {
        parts.push(Part::fact(at::MTIME));
        if let Some(date) = i64::try_from(date.value).ok().filter(|date| *date != 0) {
            facts.push(Fact::new(field::MTIME, Value::utc(date, 0)));
        }
    }
    for (at, field) in [(at::UID, field::UID), (at::GID, field::GID)] {
        if let Some(id) = number(at.clone(), 10).and_then(|id| u32::try_from(id.value).ok()) {
            parts.push(Part::fact(at));
            facts.push(Fact::number(field, id));
        }
    }
    if let Some(mode) = number(at::MODE, 8).and_then(|mode| u32::try_from(mode.value).ok()) {
        facts.push(Fact::number(field::MODE, mode & 0o7777));
        match mode >> 12 {
            0o10 => parts.push(Part::fact(at::MODE)),
            0 => {
                parts.push(Part::fact(at::MODE));
                facts.push(Fact::new(field::EXTRA, Value::Text("a mode without the kind".into())));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::{Budget, Lister};

    fn member(name: &str, size: usize) -> Vec<u8> {
        let header = format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 644);
        [header.as_bytes(), &vec![b'x'; size]].concat()
    }

    fn read(input: &mut dyn Read) -> Lister<'static> {
        let volume = crate::model::Volume::new("ar");
        let mut sink = Lister { volume, budget: Budget::default(), name: b"a.a" };
        stream(input, &mut sink);
        sink
    }

    #[test]
    fn a_table_that_was_there_already_is_passed_over() {
        let once = ["/", "/", "//", "/<ECSYMBOLS>/", "/<XFGHASHMAP>/"];
        let all = once.map(|name| member(name, 2)).concat();
        let whole = [MAGIC, &all, &member("a.o/", 2)].concat();
        let repeated = |archive: &[u8]| {
            let volume = read(&mut &archive[..]).volume;
            assert_eq!((volume.nodes.len(), volume.unread.len()), (1, 0));
            let is_so = |defect: &&crate::model::Defect| defect.rule.ends_with("repeated-table");
            volume.defects.iter().find(is_so).map(|defect| defect.message.clone())
        };
        assert_eq!(repeated(&whole), None);
        let more = [&whole[..], &member("//", 4), &member("/", 4)].concat();
        let expected = format!(
            "the table at {} is one that was there already, and 1 more so",
            whole.len() + 60
        );
        assert_eq!(repeated(&more), Some(expected));
    }

    #[test]
    fn what_fails_is_told_as_that_and_as_nothing_else() {
        /// Gives some bytes and then no more memory.
        struct Failing<'a>(&'a [u8]);
        impl Read for Failing<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                if self.0.is_empty() {
                    Err(io::ErrorKind::OutOfMemory.into())
                } else {
                    self.0.read(buffer)
                }
            }
        }
        let table = member("/", 40);
        let whole = [MAGIC, &table, &member("a.o/", 8)].concat();
        for length in 0..=whole.len() {
            let volume = read(&mut Failing(whole.get(..length).unwrap_or_default())).volume;
            let gaps: Vec<_> = volume.unread.iter().map(|gap| gap.kind).collect();
            assert_eq!((gaps, volume.defects.len()), (vec![GapKind::Unreadable], 0), "{length}");
        }
    }
}
