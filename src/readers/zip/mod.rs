//! The zip reader: APPNOTE.TXT 6.3.10, from the end record to the members.
//!
//! `end` finds the end records, `central` reads the central directory's headers, `local` the members
//! they point at, `extra` the extra fields of both; this file drives them and looks at what lies
//! between. `salvage` reads members of an archive whose end is missing.

mod central;
mod end;
mod extra;
mod local;
mod salvage;

use std::ops::Range;

use super::tree::Tree;
use super::{Budget, Context, Doc, Form, Probe, Reader, Spent, note_spent};
use crate::model::{Digest, GapKind, NodeId, Owner, Role, Value, ViewId, Volume, field};
use crate::source::{Source, read_exact};

/// The reader of zip archives.
pub(super) static READER: Reader = Reader {
    doc: Doc {
        id: "zip",
        title: "zip archive",
        specifications: &[
            "APPNOTE.TXT 6.3.10, sections 4.3 to 4.6",
            "Info-ZIP extra fields, extrafld.txt",
        ],
        limitations: &[
            "methods other than stored and deflate are listed, their bytes compared packed only",
            "encrypted members, encrypted central directories and split archives are not decoded",
            "the order of the extra fields of one header is not compared",
        ],
    },
    probe,
    form: Form::Map(map),
};

static PREFIX: Role = Role::reserved("prefix");
static GAP: Role = Role::reserved("gap between members");
static SIGNING_BLOCK: Role = Role::reserved("APK signing block");
static TRAILING: Role = Role::reserved("trailing data");
/// The stored bytes of a member that is not decoded.
static PACKED: Role = Role::reserved("undecoded member");

fn probe(probe: &Probe<'_>) -> bool {
    const STARTS: [&[u8]; 4] =
        [b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08PK\x03\x04", b"PK00PK\x03\x04"];
    STARTS.iter().any(|start| probe.head.starts_with(start)) || end::is_in(probe.tail, probe.length)
}

/// Where a header says that its member lies, and whose it is.
struct Span {
    range: Range<u64>,
    node: NodeId,
}

/// What is carried from member to member.
struct Walk<'a> {
    source: &'a dyn Source,
    budget: &'a mut Budget,
    volume: Volume,
    view: ViewId,
    tree: Tree,
    spans: Vec<Span>,
    /// Of the central directory.
    directory: Window,
    /// Of the local headers.
    members: Window,
}

fn map(source: &dyn Source, context: &mut Context<'_>) -> Volume {
    let mut volume = Volume::new(READER.doc.id);
    let view = volume.add_view("zip", 50);
    volume.ordered = true;
    let mut walk = Walk {
        source,
        budget: context.budget,
        volume,
        view,
        tree: Tree::new(view, "structure/zip-duplicate-name"),
        spans: Vec::new(),
        directory: Window::new(64 << 10),
        members: Window::new(512),
    };
    if let Err(spent) = read(&mut walk) {
        note_spent(&mut walk.volume, spent);
    }
    walk.volume
}

fn read(walk: &mut Walk<'_>) -> Result<(), Spent> {
    let length = walk.source.len();
    let Some(end) = end::find(walk)? else {
        let what = format!("no end record in the last 65557 of {length} bytes");
        let owner = Owner::Volume;
        walk.volume.defect("structure/zip-end-record-missing", owner, Some(0..length), &*what);
        walk.volume.unread(GapKind::Damaged, owner, Some(0..length), what);
        return salvage::read(walk);
    };
    if let Some(what) = &end.split {
        let range = Some(end.at..end.at + 22);
        walk.volume.unread(GapKind::Unsupported, Owner::Volume, range, what.clone());
        end::account(walk, &end, None);
        return Ok(());
    }
    let outcome = central::read(walk, &end);
    end::account(walk, &end, outcome.as_ref().ok());
    between(walk, &end);
    if end.stop < length {
        let range = end.stop..length;
        let what = format!(
            "{} bytes follow the end record, which ends at {}",
            length - end.stop,
            end.stop
        );
        walk.volume.claim(walk.view, range.clone(), &TRAILING, Owner::Volume);
        walk.volume.defect("structure/zip-trailing-data", Owner::Volume, Some(range), what);
    }
    outcome.map(|_| ())
}

/// Overlaps that are told one by one.
const LISTED: usize = 16;

/// What lies before, between and across the members.
fn between(walk: &mut Walk<'_>, end: &end::End) {
    let mut spans = std::mem::take(&mut walk.spans);
    let is_listed_so = spans.is_sorted_by_key(|span| span.range.start);
    spans.sort_by_key(|span| (span.range.start, span.range.end));
    if !is_listed_so {
        tell_order(walk, &spans);
    }
    let directory = end.directory.start;
    let mut overlaps = 0usize;
    let mut at = 0u64;
    for span in &spans {
        let Range { start, end } = span.range.clone();
        if start > at {
            free(walk, at..start, at == 0);
        } else if start < at && overlaps >= LISTED {
            overlaps += 1;
        } else if start < at {
            overlaps += 1;
            let what = format!("the member at {start}..{end} overlaps one that ends at {at}");
            let range = Some(start..end.min(at));
            walk.volume.defect("structure/zip-overlap", Owner::Node(span.node), range, what);
        }
        at = at.max(end);
    }
    if overlaps > LISTED {
        let what = format!("{} more members overlap others", overlaps - LISTED);
        walk.volume.defect("structure/zip-overlap", Owner::Volume, None, what);
    }
    if at > directory
        && let Some(last) = spans.iter().max_by_key(|span| span.range.end)
    {
        let what = format!(
            "the member at {}..{at} overlaps the central directory at {directory}",
            last.range.start
        );
        let range = Some(directory..at);
        walk.volume.defect("structure/zip-overlap", Owner::Node(last.node), range, what);
    } else if at < directory {
        free(walk, at..directory, false);
    }
}

/// Tells the order in which the members lie, where the directory lists them in another: who reads
/// forward meets them so.
fn tell_order(walk: &mut Walk<'_>, spans: &[Span]) {
    let mut names = Vec::new();
    for node in spans.iter().filter_map(|span| walk.volume.node(span.node)) {
        names.extend_from_slice(walk.volume.name(node));
        names.push(0);
    }
    let text = Digest::of(&names).to_string();
    walk.volume.add_fact(walk.view, field::ORDER, Value::Text(text.into_boxed_str()));
}

/// Bytes that belong to no member.
fn free(walk: &mut Walk<'_>, range: Range<u64>, is_prefix: bool) {
    let Range { start, end } = range.clone();
    let (role, defect, what) = if is_prefix {
        let what = format!("{end} bytes stand before the first member");
        (&PREFIX, Some("structure/zip-prefix-data"), what)
    } else if ends_in_signing_block(walk.source, end) {
        (&SIGNING_BLOCK, None, String::new())
    } else {
        let what = format!("{} bytes at {start} belong to no member", end - start);
        (&GAP, Some("structure/zip-gap-between-members"), what)
    };
    walk.volume.claim(walk.view, range.clone(), role, Owner::Volume);
    if let Some(rule) = defect {
        walk.volume.defect(rule, Owner::Volume, Some(range), what);
    }
}

/// Whether the bytes up to `end` close an Android package's signing block.
fn ends_in_signing_block(source: &dyn Source, end: u64) -> bool {
    let at = end.saturating_sub(16);
    read_exact(source, at, 16).is_ok_and(|bytes| bytes == b"APK Sig Block 42")
}

/// The stretch of the source that was read last, so that neighbouring headers cost one read.
struct Window {
    step: u64,
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    const fn new(step: u64) -> Self {
        Self { step, start: 0, bytes: Vec::new() }
    }

    /// `length` bytes at `at`; `Ok(None)` if they are not all there.
    fn get(
        &mut self,
        source: &dyn Source,
        budget: &mut Budget,
        at: u64,
        length: usize,
    ) -> Result<Option<&[u8]>, Spent> {
        budget.structure(length as u64)?;
        let end = self.start + self.bytes.len() as u64;
        let stop = at.saturating_add(length as u64);
        if at < self.start || stop > end {
            let wanted = self.step.max(length as u64).min(source.len().saturating_sub(at));
            self.start = at;
            self.bytes = read_exact(source, at, wanted).unwrap_or_default();
        }
        let start = (at - self.start) as usize;
        Ok(self.bytes.get(start..).and_then(|rest| rest.get(..length)))
    }
}
