//! The tar reader: POSIX.1-2017 pax and ustar, GNU tar's own headers, and the Seventh Edition's.
//!
//! It reads forward and never goes back, so everything that is not the content of an entry is
//! accounted for as it passes. `header` and `number` know the header block, `pax` and `sparse` their
//! formats, `entry` makes an entry of a header and those before it (`told` its facts, `style` how it
//! was written, `body` its data); this file finds the headers.

mod body;
mod entry;
pub(super) mod header;
mod number;
mod pax;
mod sparse;
mod stream;
mod style;
mod told;

use std::io::{self, Read};

use self::header::{BLOCK, Header};
use self::pax::Record;
use self::sparse::padding;
use self::stream::{Block, Stream};
use super::tree::Tree;
use super::{Doc, Form, Probe, Reader, Sink, Spent, note_spent};
use crate::model::locator::escape_text;
use crate::model::{
    Fact, Filled, GapKind, NodeId, Owner, Part, Role, Structure, Value, ViewId, Volume, field,
};

/// The reader of tar archives.
pub(super) static READER: Reader = Reader {
    doc: Doc {
        id: "tar",
        title: "tar archive",
        specifications: &[
            "POSIX.1-2017 pax, sections \"pax Interchange Format\" and \"ustar Interchange Format\"",
            "GNU tar manual 1.34, chapter \"Tar Internals\"",
        ],
        limitations: &[
            "parts of a multi-volume archive are listed, but not joined",
            "extended attributes of libarchive and access control lists are compared as raw records",
            "the order of the records of one pax header is not compared",
        ],
    },
    probe,
    form: Form::Stream(stream),
};

static HEADER: Role = Role::structure("header");
static LONG: Role = Role::structure("long name");
static PAX: Role = Role::structure("pax header");
static END: Role = Role::structure("end of archive");
static UNREADABLE: Role = Role::reserved("unreadable blocks");
static PADDING: Role = Role::reserved("record padding");
static TRAILING: Role = Role::reserved("trailing data");
static PARTIAL: Role = Role::reserved("partial block");

fn probe(probe: &Probe<'_>) -> bool {
    probe.head.first_chunk::<BLOCK>().is_some_and(header::is_first) || is_empty(probe)
}

/// Whether it is an archive of no entry: the blocks that end it and nothing before. Nothing but the
/// name tells them from other zeros.
fn is_empty(probe: &Probe<'_>) -> bool {
    let length = probe.head.len();
    let is_named =
        probe.name.last_chunk::<4>().is_some_and(|end| end.eq_ignore_ascii_case(b".tar"));
    is_named
        && probe.length == Some(length as u64)
        && length >= 2 * BLOCK
        && length.is_multiple_of(BLOCK)
        && probe.head.iter().all(|&b| b == 0)
}

/// Longest name, bytes; longer ones are passed over.
const LONGEST_NAME: u64 = 64 << 10;
/// Longest pax header, and most of the global records in force, bytes.
const LONGEST_PAX: u64 = 1 << 20;
/// Most global records in force; every entry is held against all of them.
const MOST_GLOBALS: usize = 256;
/// Bytes of a record, which most writers fill up (pax, "ustar Interchange Format": 20 blocks).
const RECORD: u64 = 20 * BLOCK as u64;
/// Bytes of trailing data under one digest.
const CHUNK: usize = 64 << 10;

/// A header that says something about the next entry: `L`, `K`, `x`.
struct Ahead {
    header: Header,
    role: &'static Role,
    /// Where its data start.
    at: u64,
    /// With the padding up to the next block.
    data: Vec<u8>,
    /// Without it.
    length: usize,
    records: Vec<Record>,
}

/// What is carried from entry to entry.
struct Walk<'s, 'i> {
    stream: Stream<'i>,
    sink: &'s mut dyn Sink,
    view: ViewId,
    tree: Tree,
    long_name: Option<Ahead>,
    long_link: Option<Ahead>,
    pax: Option<Ahead>,
    /// Records of global headers, in force until overridden.
    globals: Vec<Record>,
    /// How the first entry was written; others say so where they differ.
    style: Option<String>,
}

fn stream(input: &mut dyn Read, sink: &mut dyn Sink) {
    let view = sink.volume().add_view("tar", 50);
    sink.volume().ordered = true;
    sink.volume().filled = Some(Filled { unit: RECORD, beside: false });
    let mut walk = Walk {
        stream: Stream::new(input),
        sink,
        view,
        tree: Tree::new(view, "structure/tar-duplicate-name"),
        long_name: None,
        long_link: None,
        pax: None,
        globals: Vec::new(),
        style: None,
    };
    if let Err(spent) = walk.read() {
        note_spent(walk.sink.volume(), spent);
    }
    if let Some(failure) = walk.stream.failure.take() {
        let at = walk.stream.at;
        let what = format!("the archive cannot be read past {at}: {failure}");
        walk.volume().unread(GapKind::Damaged, Owner::Volume, Some(at..at + 1), what);
    }
}

impl Walk<'_, '_> {
    fn volume(&mut self) -> &mut Volume {
        self.sink.volume()
    }

    fn read(&mut self) -> Result<(), Spent> {
        // Where the zero blocks at hand start, and whether two of them ended the archive before.
        let mut zeros: Option<u64> = None;
        let mut is_ended = false;
        loop {
            let at = self.stream.at;
            let block = self.stream.block();
            if let Block::Full(block) = &block
                && block.iter().all(|&b| b == 0)
            {
                zeros = zeros.or(Some(at));
                continue;
            }
            let count = zeros.take().map_or(0, |start| {
                let end = at.min(start + 2 * BLOCK as u64);
                self.sink.volume().claim(self.view, start..end, &END, Owner::Volume);
                self.sink.volume().claim(self.view, end..at, &PADDING, Owner::Volume);
                (at - start) / BLOCK as u64
            });
            is_ended |= count >= 2;
            let is_data = match &block {
                Block::Full(_) => true,
                Block::Partial(bytes) => !is_ended || bytes.iter().any(|&b| b != 0),
                Block::End => false,
            };
            if is_data && count == 1 && !is_ended {
                let what = format!(
                    "one zero block at {} is followed by more, two end an archive",
                    at - 512
                );
                let range = Some(at - BLOCK as u64..at);
                self.volume().defect("structure/tar-lone-zero-block", Owner::Volume, range, what);
            }
            match block {
                Block::End => {
                    self.dangling();
                    if !is_ended && self.stream.failure.is_none() {
                        let what = format!("the archive ends at {at} without two zero blocks");
                        let id = "structure/tar-end-missing";
                        self.volume().defect(id, Owner::Volume, Some(at..at), what);
                        // Writers that leave the two blocks out end behind a block, never within.
                        if !at.is_multiple_of(BLOCK as u64) {
                            let what = format!("the archive is cut off at {at}, within a block");
                            self.volume().unread(GapKind::Damaged, Owner::Volume, None, what);
                        }
                    }
                    return Ok(());
                }
                Block::Partial(bytes) => {
                    self.partial(at, &bytes, is_data, is_ended);
                }
                Block::Full(block) => match Header::parse(at, &block) {
                    Some(header) => {
                        if count >= 2 {
                            let what = format!(
                                "an entry at {at} follows the end of the archive; most readers do not see it"
                            );
                            let range = Some(at..at + BLOCK as u64);
                            let id = "structure/tar-data-after-end";
                            self.volume().defect(id, Owner::Volume, range, what);
                            is_ended = false;
                        }
                        self.header(header)?;
                    }
                    None => self.skip(at, &block, is_ended)?,
                },
            }
        }
    }

    /// A block that the end of the archive cuts off.
    fn partial(&mut self, at: u64, bytes: &[u8], is_data: bool, is_ended: bool) {
        let end = at + bytes.len() as u64;
        let view = self.view;
        let role = match (is_data, is_ended) {
            (false, _) => &PADDING,
            (true, false) => &PARTIAL,
            (true, true) => &TRAILING,
        };
        self.volume().claim(view, at..end, role, Owner::Volume);
        self.volume().add_residue(view, role, Owner::Volume, at, bytes);
        if is_data && is_ended {
            let what = format!("{} bytes follow the end of the archive", end - at);
            let id = "structure/tar-trailing-data";
            self.volume().defect(id, Owner::Volume, Some(at..end), what);
        } else if is_data {
            let what = format!("expected a block of 512 bytes at {at}, but the data end at {end}");
            self.volume().unread(GapKind::Damaged, Owner::Volume, Some(at..end), what);
        }
    }

    /// Passes over blocks that are no header, up to one that is.
    fn skip(&mut self, at: u64, first: &[u8; BLOCK], is_ended: bool) -> Result<(), Spent> {
        let role = if is_ended { &TRAILING } else { &UNREADABLE };
        let view = self.view;
        let mut chunk = first.to_vec();
        let mut chunk_at = at;
        loop {
            let block = self.stream.block();
            let more: &[u8] = match &block {
                Block::Full(block) if header::checks(block) => {
                    self.stream.push_back(block);
                    &[]
                }
                // Zero blocks within trailing data are part of it; else they end the archive.
                Block::Full(block) if !is_ended && block.iter().all(|&b| b == 0) => {
                    self.stream.push_back(block);
                    &[]
                }
                Block::Full(block) => &block[..],
                Block::Partial(bytes) => bytes,
                Block::End => &[],
            };
            chunk.extend_from_slice(more);
            if more.is_empty() || chunk.len() >= CHUNK {
                self.sink.budget().structure(chunk.len() as u64)?;
                self.volume().add_residue(view, role, Owner::Volume, chunk_at, &chunk);
                chunk_at += chunk.len() as u64;
                chunk.clear();
            }
            if more.is_empty() {
                break;
            }
        }
        let range = at..self.stream.at;
        self.volume().claim(view, range.clone(), role, Owner::Volume);
        if is_ended {
            let what = format!("{} bytes follow the end of the archive", range.end - at);
            let id = "structure/tar-trailing-data";
            self.volume().defect(id, Owner::Volume, Some(range), what);
            return Ok(());
        }
        let recorded = first.get(header::CHECKSUM).unwrap_or_default();
        let what = format!(
            "expected a header at {at} with the checksum {:o}, found \"{}\"",
            header::sums(first).0,
            escape_text(recorded)
        );
        let owner = Owner::Volume;
        let id = "structure/tar-checksum-mismatch";
        self.volume().defect(id, owner, Some(at..at + BLOCK as u64), &*what);
        self.volume().unread(GapKind::Damaged, owner, Some(range), what);
        Ok(())
    }

    /// One header, and what belongs to it.
    fn header(&mut self, header: Header) -> Result<(), Spent> {
        match header.kind() {
            b'L' => {
                let ahead = self.ahead(header, LONGEST_NAME)?;
                self.replace(ahead, |walk| &mut walk.long_name);
            }
            b'K' => {
                let ahead = self.ahead(header, LONGEST_NAME)?;
                self.replace(ahead, |walk| &mut walk.long_link);
            }
            b'x' | b'X' => {
                let ahead = self.ahead(header, LONGEST_PAX)?;
                self.replace(ahead, |walk| &mut walk.pax);
            }
            b'g' => {
                if let Some(ahead) = self.ahead(header, LONGEST_PAX)? {
                    self.global(ahead);
                }
            }
            b'V' => self.label(&header),
            _ => entry::read(self, &header)?,
        }
        Ok(())
    }

    /// Keeps a header for the next entry; one that stood there already speaks for nobody.
    fn replace(&mut self, ahead: Option<Ahead>, slot: fn(&mut Self) -> &mut Option<Ahead>) {
        let Some(ahead) = ahead else { return };
        if let Some(earlier) = slot(self).replace(ahead) {
            self.orphan(&earlier);
        }
    }

    fn dangling(&mut self) {
        let left = [self.long_name.take(), self.long_link.take(), self.pax.take()];
        left.iter().flatten().for_each(|ahead| self.orphan(ahead));
    }

    /// A header that no entry follows is accounted for and reported.
    fn orphan(&mut self, ahead: &Ahead) {
        let at = ahead.header.at;
        let kind = escape_text(&[ahead.header.kind()]);
        let what = format!("the header of type {kind} at {at} belongs to no entry");
        let range = Some(at..ahead.at + ahead.data.len() as u64);
        self.volume().defect("structure/tar-dangling-header", Owner::Volume, range, what);
        self.account_ahead(ahead, Owner::Volume, &[]);
    }

    /// Reads the data of a header that speaks about others; `None` if they are too long or cut off.
    fn ahead(&mut self, header: Header, limit: u64) -> Result<Option<Ahead>, Spent> {
        let size = number::unsigned(header.field(header::SIZE));
        let at = self.stream.at;
        let role = if matches!(header.kind(), b'L' | b'K') { &LONG } else { &PAX };
        let kind = escape_text(&[header.kind()]);
        let Some(size) = size.filter(|&size| size <= limit) else {
            let what = match size {
                Some(size) => format!(
                    "the data of the header of type {kind} at {} are {size} bytes long, at most {limit} are read",
                    header.at
                ),
                None => format!("the size in the header at {} is no number", header.at),
            };
            let range = Some(header.at..at);
            self.volume().defect("structure/tar-oversized-header", Owner::Volume, range, &*what);
            self.account_alone(&header);
            let length = size.map_or(0, |size| size.saturating_add(padding(size)));
            self.pass(length, role)?;
            let range = Some(at..self.stream.at.max(at + 1));
            self.volume().unread(GapKind::Limit, Owner::Volume, range, what);
            return Ok(None);
        };
        let whole = size + padding(size);
        self.sink.budget().structure(whole)?;
        let data = self.stream.up_to(whole as usize);
        let length = data.len().min(size as usize);
        let (records, end) = match header.kind() {
            b'L' | b'K' => (Vec::new(), length),
            _ => pax::parse(data.get(..length).unwrap_or_default()),
        };
        let short = length < size as usize;
        if short {
            let what =
                format!("expected {size} bytes at {at}, but the data end at {}", self.stream.at);
            let range = Some(at..self.stream.at);
            self.volume().unread(GapKind::Damaged, Owner::Volume, range, what);
        } else if end < length {
            let what =
                format!("the pax header at {} holds no record at {}", header.at, at + end as u64);
            let range = at + end as u64..at + length as u64;
            let id = "structure/tar-pax-record-broken";
            self.volume().defect(id, Owner::Volume, Some(range.clone()), &*what);
            self.volume().unread(GapKind::Damaged, Owner::Volume, Some(range), what);
        }
        Ok(Some(Ahead { header, role, at, data, length, records }))
    }

    /// Reads over data that are not kept, and keeps their digest.
    fn pass(&mut self, length: u64, role: &'static Role) -> Result<(), Spent> {
        let start = self.stream.at;
        let mut left = length;
        while left > 0 {
            let at = self.stream.at;
            let bytes = self.stream.up_to(left.min(CHUNK as u64) as usize);
            self.sink.budget().structure(bytes.len() as u64)?;
            if bytes.is_empty() {
                break;
            }
            let view = self.view;
            self.volume().add_residue(view, role, Owner::Volume, at, &bytes);
            left -= bytes.len() as u64;
        }
        let (view, end) = (self.view, self.stream.at);
        self.volume().claim(view, start..end, role, Owner::Volume);
        Ok(())
    }

    /// A global pax header: its records are facts of the volume and hold for the entries after it.
    fn global(&mut self, ahead: Ahead) {
        let view = self.view;
        let header = &ahead.header;
        for record in &ahead.records {
            let mut bytes = b"global ".to_vec();
            bytes.extend_from_slice(ahead.data.get(record.at.clone()).unwrap_or_default());
            self.volume().add_fact(view, field::EXTRA, Value::Bytes(bytes.into()));
        }
        let time = header.number(header::MTIME).value.unwrap_or_default();
        self.volume().add_fact(view, field::VOLUME_MTIME, Value::utc(time, 0));
        let told = style::plain_words(header, "global header");
        self.volume().add_fact(view, field::EXTRA, Value::Text(told.into()));
        self.account_ahead(&ahead, Owner::Volume, &ahead.records);
        let mut bytes: usize = self.globals.iter().map(|record| record.at.len()).sum();
        let mut is_whole = true;
        for record in ahead.records {
            self.globals.retain(|other| other.key != record.key);
            bytes += record.at.len();
            is_whole = bytes as u64 <= LONGEST_PAX && self.globals.len() < MOST_GLOBALS;
            if !is_whole {
                break;
            }
            self.globals.push(record);
        }
        if !is_whole {
            let range = Some(ahead.at..ahead.at + ahead.data.len() as u64);
            let what = format!(
                "of global pax records {MOST_GLOBALS} and {LONGEST_PAX} bytes are kept, there are more"
            );
            self.volume().unread(GapKind::Limit, Owner::Volume, range, what);
        }
    }

    /// A volume label: a header without data.
    fn label(&mut self, header: &Header) {
        let view = self.view;
        let time = header.number(header::MTIME).value.unwrap_or_default();
        let name = Value::bytes(header.text(header::NAME));
        self.volume().add_fact(view, field::VOLUME_NAME, name);
        self.volume().add_fact(view, field::VOLUME_BIRTHTIME, Value::utc(time, 0));
        let told = style::plain_words(header, "label");
        self.volume().add_fact(view, field::EXTRA, Value::Text(told.into()));
        let parts = entry::plain_parts(header);
        self.structure(&HEADER, Owner::Volume, header.at, &header.bytes[..], &parts);
    }

    /// A header of which nothing but the layout is understood.
    fn account_alone(&mut self, header: &Header) {
        let parts = [Part::layout(header::SIZE, true), Part::layout(header::CHECKSUM, true)];
        self.structure(&HEADER, Owner::Volume, header.at, &header.bytes[..], &parts);
    }

    /// Header and data of an [`Ahead`]; with records, those are told by facts.
    fn account_ahead(&mut self, ahead: &Ahead, owner: Owner, told: &[Record]) {
        let parts = entry::plain_parts(&ahead.header);
        self.structure(ahead.role, owner, ahead.header.at, &ahead.header.bytes[..], &parts);
        let parts: Vec<_> = told.iter().map(|record| Part::fact(record.at.clone())).collect();
        self.structure(ahead.role, owner, ahead.at, &ahead.data, &parts);
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
        self.volume().structure(&Structure { view, role, owner, at, bytes, parts });
    }
}

/// Reads `run` to its end.
fn drain(run: &mut dyn Read) {
    let _ = io::copy(run, &mut io::sink());
}

/// A contradiction or a gap that waits for its node.
struct Issue {
    rule: Option<&'static str>,
    kind: Option<GapKind>,
    range: std::ops::Range<u64>,
    what: String,
}

impl Issue {
    fn report(self, volume: &mut Volume, node: NodeId) {
        let owner = Owner::Node(node);
        if let Some(rule) = self.rule {
            volume.defect(rule, owner, Some(self.range.clone()), &*self.what);
        }
        if let Some(kind) = self.kind {
            volume.unread(kind, owner, Some(self.range), self.what);
        }
    }
}

/// A fact in words.
fn words(text: String) -> Fact {
    Fact::new(field::EXTRA, Value::Text(text.into()))
}
