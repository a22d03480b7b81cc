//! The end of central directory record, its ZIP64 form and the locator between them: APPNOTE
//! 4.3.14 to 4.3.16.

use std::ops::Range;

use super::{Spent, Walk};
use crate::model::{Owner, Part, Role, Structure, Value, field};
use crate::source::{le16, le32, le64, read_exact};

static END: Role = Role::structure("end record");
static END64: Role = Role::structure("ZIP64 end record");
static LOCATOR: Role = Role::structure("ZIP64 end locator");

const SIGNATURE: &[u8; 4] = b"PK\x05\x06";
const LENGTH: usize = 22;

/// The end records, and what they say about the central directory.
pub(super) struct End {
    /// Where the end record starts.
    pub at: u64,
    /// Where its comment ends.
    pub stop: u64,
    bytes: Vec<u8>,
    /// Position and bytes of the ZIP64 end record.
    zip64: Option<(u64, Vec<u8>)>,
    /// Where the central directory lies in the source.
    pub directory: Range<u64>,
    /// What offsets must be moved by: bytes put before the archive after it was made.
    pub shift: u64,
    /// Entries recorded.
    pub entries: u64,
    /// Where the first of the end records starts.
    pub first: u64,
    /// Why this is not the whole archive.
    pub split: Option<String>,
}

/// What reading the central directory found.
pub(super) struct Outcome {
    /// Headers met.
    pub entries: u64,
    /// One past the last header.
    pub end: u64,
}

/// Whether the last bytes of a file hold an end record that ends where the file does.
pub(super) fn is_in(tail: &[u8], length: Option<u64>) -> bool {
    // Every content is probed: a comment of more than 1 KiB behind foreign data is not looked for.
    let tail = tail.get(tail.len().saturating_sub(1 << 10)..).unwrap_or_default();
    let base = length.map_or(0, |length| length.saturating_sub(tail.len() as u64));
    memchr::memmem::find_iter(tail, SIGNATURE).any(|at| {
        let Some(comment) = le16(tail, at + 20) else { return false };
        let (Some(size), Some(offset)) = (le32(tail, at + 12), le32(tail, at + 16)) else {
            return false;
        };
        at + LENGTH + usize::from(comment) == tail.len()
            && (length.is_none()
                || offset == u32::MAX
                || u64::from(size) + u64::from(offset) <= base + at as u64)
    })
}

/// Finds the end record: the last whose comment reaches exactly to the end, else the last of all.
pub(super) fn find(walk: &mut Walk<'_>) -> Result<Option<End>, Spent> {
    let length = walk.source.len();
    let base = length.saturating_sub(LENGTH as u64 + 0xffff);
    walk.budget.structure(length - base)?;
    let Ok(tail) = read_exact(walk.source, base, length - base) else { return Ok(None) };
    let whole = |&at: &usize| tail.len() >= at + LENGTH;
    let exact = |at: usize| {
        le16(&tail, at + 20).is_some_and(|n| at + LENGTH + usize::from(n) == tail.len())
    };
    let mut candidates: Vec<usize> =
        memchr::memmem::find_iter(&tail, SIGNATURE).filter(whole).collect();
    // Members that are zip files themselves hold end records too; those that matter are the chosen
    // one, those behind it, and those whose comment would reach the end as well.
    let chosen = candidates.iter().rposition(|&at| exact(at));
    let Some(chosen) = chosen.or(candidates.len().checked_sub(1)) else { return Ok(None) };
    let Some(&at) = candidates.get(chosen) else { return Ok(None) };
    let mut index = 0;
    candidates.retain(|&other| {
        index += 1;
        other != at && (index > chosen || exact(other))
    });
    let comment = usize::from(le16(&tail, at + 20).unwrap_or_default());
    let stop = (at + LENGTH + comment).min(tail.len());
    let bytes = tail.get(at..stop).unwrap_or_default().to_vec();
    if let Some(&other) = candidates.first() {
        let what = format!(
            "the end record at {} is one of {}; another reader may take the one at {}",
            base + at as u64,
            candidates.len() + 1,
            base + other as u64
        );
        let range = base + other as u64;
        let range = Some(range..range + LENGTH as u64);
        walk.volume.defect("structure/zip-end-record-ambiguous", Owner::Volume, range, what);
    }
    if stop < at + LENGTH + comment {
        let what = format!(
            "the comment of the end record at {} is {comment} bytes long, but only {} follow",
            base + at as u64,
            stop - at - LENGTH
        );
        let range = Some(base + at as u64..length);
        walk.volume.defect("structure/zip-end-record-broken", Owner::Volume, range, what);
    }
    let mut end = End {
        at: base + at as u64,
        stop: base + stop as u64,
        bytes,
        zip64: None,
        directory: 0..0,
        shift: 0,
        entries: 0,
        first: base + at as u64,
        split: None,
    };
    locate(walk, &mut end)?;
    Ok(Some(end))
}

/// Reads the ZIP64 records, if there are any, and settles where the central directory lies.
fn locate(walk: &mut Walk<'_>, end: &mut End) -> Result<(), Spent> {
    let (mut size, mut offset) = (
        u64::from(le32(&end.bytes, 12).unwrap_or_default()),
        u64::from(le32(&end.bytes, 16).unwrap_or_default()),
    );
    end.entries = u64::from(le16(&end.bytes, 10).unwrap_or_default());
    let mut disks =
        (le16(&end.bytes, 4).unwrap_or_default(), le16(&end.bytes, 6).unwrap_or_default());
    let locator = end.at.checked_sub(20).and_then(|at| read_exact(walk.source, at, 20).ok());
    if let Some(locator) = locator.filter(|bytes| bytes.starts_with(b"PK\x06\x07")) {
        let at = end.at - 20;
        end.first = at;
        let recorded = le64(&locator, 8).unwrap_or_default();
        let record = zip64_record(walk, recorded, at)?;
        let found = record.as_ref().map(|record| record.0);
        if found != Some(recorded) && found.is_none() {
            let what = format!(
                "the ZIP64 locator at {at} points at {recorded}, where no ZIP64 end record is"
            );
            walk.volume.defect(
                "structure/zip-end-record-broken",
                Owner::Volume,
                Some(at..at + 20),
                what,
            );
        }
        if le32(&locator, 4) != Some(0) || le32(&locator, 16).is_none_or(|disks| disks > 1) {
            end.split = Some("the ZIP64 locator speaks of several disks: a split archive".into());
        }
        walk.volume.structure(&Structure {
            view: walk.view,
            role: &LOCATOR,
            owner: Owner::Volume,
            at,
            bytes: &locator,
            parts: &[
                Part::fact(0..4),
                Part::layout(8..16, found.is_some()),
                // Info-ZIP writes 1 disk in all, others 0; both are told by the volume's fact.
                Part::fact(16..20),
            ],
        });
        let total = Value::Number(i64::from(le32(&locator, 16).unwrap_or_default()));
        walk.volume.add_fact(walk.view, field::SET_SIZE, total);
        if let Some((at, bytes)) = record {
            end.first = at;
            size = le64(&bytes, 40).unwrap_or_default();
            offset = le64(&bytes, 48).unwrap_or_default();
            end.entries = le64(&bytes, 32).unwrap_or_default();
            disks = (disks.0 & le16(&bytes, 16).unwrap_or_default(), 0);
            end.zip64 = Some((at, bytes));
        }
    }
    if end.split.is_none() && disks.0 != 0 {
        end.split = Some(format!("this is part {} of a split archive", u32::from(disks.0) + 1));
    }
    // Where the directory ends right before the end records, its start follows from its size.
    let before = end.first.saturating_sub(size);
    let is_header = |at: u64| {
        read_exact(walk.source, at, 4).is_ok_and(|bytes| bytes == b"PK\x01\x02") || size == 0
    };
    let start = if offset <= before && is_header(before) && !is_header(offset) || offset == before {
        before
    } else {
        offset
    };
    end.shift = start.saturating_sub(offset);
    end.directory = start..start.saturating_add(size);
    Ok(())
}

/// The ZIP64 end record: where the locator says, else right before the locator.
fn zip64_record(
    walk: &mut Walk<'_>,
    recorded: u64,
    locator: u64,
) -> Result<Option<(u64, Vec<u8>)>, Spent> {
    for at in [recorded, locator.saturating_sub(56)] {
        let Ok(fixed) = read_exact(walk.source, at, 56) else { continue };
        if !fixed.starts_with(b"PK\x06\x06") {
            continue;
        }
        // The size leaves out its own field and the signature. What follows the fixed part is
        // kept up to the locator.
        let length = le64(&fixed, 4).unwrap_or_default().saturating_add(12);
        let length = length.clamp(56, locator.saturating_sub(at).max(56));
        walk.budget.structure(length)?;
        let bytes = read_exact(walk.source, at, length).unwrap_or(fixed);
        return Ok(Some((at, bytes)));
    }
    Ok(None)
}

/// Facts and layout of the end records, when the central directory has been read.
pub(super) fn account(walk: &mut Walk<'_>, end: &End, outcome: Option<&Outcome>) {
    let counted = outcome.map(|outcome| outcome.entries);
    let is_count = |recorded: u64, limit: u64| {
        counted.is_none_or(|n| n == recorded || n >= limit && recorded == n & limit)
            || end.zip64.is_some() && recorded == limit
    };
    let (all, here) = (le16(&end.bytes, 10), le16(&end.bytes, 8));
    let mut agrees = is_count(all.unwrap_or_default().into(), 0xffff)
        && is_count(here.unwrap_or_default().into(), 0xffff);
    if let Some((at, bytes)) = &end.zip64 {
        let counts = [le64(bytes, 24), le64(bytes, 32)];
        let agrees64 = counts.iter().all(|&n| counted.is_none() || n == counted);
        agrees &= agrees64;
        account_zip64(walk, *at, bytes, end, agrees64);
    }
    if !agrees && let Some(counted) = counted {
        let what = format!(
            "the end record at {} counts {} entries on this disk and {} in all, but the central directory holds {counted}",
            end.at,
            here.unwrap_or_default(),
            all.unwrap_or_default()
        );
        let range = Some(end.at + 8..end.at + 12);
        walk.volume.defect("structure/zip-entry-count-mismatch", Owner::Volume, range, what);
    }
    let is_whole = outcome.is_none_or(|outcome| outcome.end == end.directory.end);
    let (size, offset) = (le32(&end.bytes, 12), le32(&end.bytes, 16));
    let real_size = end.directory.end - end.directory.start;
    let is_size = size == Some(u32::MAX) || size.map(u64::from) == Some(real_size);
    let real = end.directory.start - end.shift;
    let is_offset = offset == Some(u32::MAX) || offset.map(u64::from) == Some(real);
    let disks =
        |range: Range<usize>| end.bytes.get(range).is_some_and(|b| b.iter().all(|&b| b == 0xff));
    let mut parts = vec![
        Part::fact(0..4),
        Part::layout(8..10, agrees),
        Part::layout(10..12, agrees),
        Part::layout(12..16, is_size && is_whole),
        Part::layout(16..20, is_offset),
        Part::layout(
            20..22,
            end.bytes.len() == LENGTH + usize::from(le16(&end.bytes, 20).unwrap_or_default()),
        ),
        Part::fact(LENGTH..end.bytes.len()),
    ];
    if end.zip64.is_some() && disks(4..8) {
        // The disk numbers defer to the ZIP64 record like the counts.
        parts.push(Part::layout(4..8, true));
    }
    if let Some(comment) = end.bytes.get(LENGTH..).filter(|comment| !comment.is_empty()) {
        walk.volume.add_fact(walk.view, field::COMMENT, Value::bytes(comment));
    }
    walk.volume.structure(&Structure {
        view: walk.view,
        role: &END,
        owner: Owner::Volume,
        at: end.at,
        bytes: &end.bytes,
        parts: &parts,
    });
}

fn account_zip64(walk: &mut Walk<'_>, at: u64, bytes: &[u8], end: &End, agrees: bool) {
    let number = |value: Option<u16>| Value::Number(value.map_or(0, i64::from));
    walk.volume.add_fact(walk.view, field::HOST_SYSTEM, number(le16(bytes, 12)));
    walk.volume.add_fact(walk.view, field::VERSION, number(le16(bytes, 14)));
    let is_length = le64(bytes, 4) == Some(bytes.len() as u64 - 12);
    walk.volume.structure(&Structure {
        view: walk.view,
        role: &END64,
        owner: Owner::Volume,
        at,
        bytes,
        parts: &[
            Part::fact(0..4),
            Part::layout(4..12, is_length),
            Part::fact(12..16),
            Part::layout(24..32, agrees),
            Part::layout(32..40, agrees),
            Part::layout(40..48, end.directory.end <= at),
            Part::layout(48..56, end.directory.start <= at),
        ],
    });
}
