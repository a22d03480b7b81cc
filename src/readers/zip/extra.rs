//! Extra fields: APPNOTE 4.5 and Info-ZIP's extrafld.txt.
//!
//! An entry has two extra fields, one in each of its headers. A record that both hold alike, or that
//! its usual writer puts into one of them, becomes facts; whatever differs from that is kept as raw
//! bytes in the fact `extra`, so that two different fields never look equal.

use std::ops::Range;

use crate::model::{Fact, Field, Part, Value, field};
use crate::source::{le16, le32, le64};

const ZIP64: u16 = 0x0001;
const NTFS: u16 = 0x000a;
const PKWARE_UNIX: u16 = 0x000d;
const TIMES: u16 = 0x5455;
/// Info-ZIP's first Unix record, as macOS still writes it.
const OLD_UNIX: u16 = 0x5855;
const UNICODE_PATH: u16 = 0x7075;
const OWNER: u16 = 0x7875;
/// Android: the alignment in two bytes, then as many zeros as it takes.
const ALIGNMENT: u16 = 0xd935;

/// What the two extra fields of an entry say.
#[derive(Default)]
pub(super) struct Extra {
    /// Facts of the entry.
    pub facts: Vec<Fact>,
    /// Fields within the central extra field.
    pub central: Vec<Part>,
    /// Fields within the local extra field.
    pub local: Vec<Part>,
    /// Whether a record reaches past its field.
    pub is_malformed: bool,
    /// Whether the name is told in UTF-8 too.
    pub has_unicode_path: bool,
}

/// A record: its id, where it lies with its head, its data.
#[derive(Clone)]
struct Record<'a> {
    id: u16,
    at: Range<usize>,
    data: &'a [u8],
}

/// The same part within a structure that starts `by` bytes earlier.
pub(super) fn moved(part: &Part, by: usize) -> Part {
    Part { at: part.at.start + by..part.at.end + by, mask: part.mask }
}

/// The records of a field and what is left over.
fn split(field: &[u8]) -> (Vec<Record<'_>>, Range<usize>) {
    let mut records = Vec::new();
    let mut at = 0;
    while let (Some(id), Some(length)) = (le16(field, at), le16(field, at + 2)) {
        // A run of zeros to the end aligns the member that follows.
        if field.get(at..).is_some_and(|rest| rest.iter().all(|&b| b == 0)) {
            break;
        }
        let end = at + 4 + usize::from(length);
        let Some(data) = field.get(at + 4..end) else { break };
        records.push(Record { id, at: at..end, data });
        at = end;
    }
    (records, at..field.len())
}

/// The data of the ZIP64 record of a field.
pub(super) fn zip64(field: &[u8]) -> Option<&[u8]> {
    split(field).0.into_iter().find(|record| record.id == ZIP64).map(|record| record.data)
}

/// Reads both fields; `local` is `None` where the local header could not be read.
pub(super) fn read(central: &[u8], local: Option<&[u8]>) -> Extra {
    let mut extra = Extra::default();
    let (central_records, central_rest) = split(central);
    let (local_records, local_rest) = split(local.unwrap_or_default());
    for (place, field, rest) in
        [("central", central, central_rest), ("local", local.unwrap_or_default(), local_rest)]
    {
        let bytes = field.get(rest.clone()).unwrap_or_default();
        if bytes.iter().all(|&b| b == 0) {
            continue;
        }
        extra.is_malformed = true;
        extra.facts.push(raw(place, None, bytes));
        let parts = if place == "central" { &mut extra.central } else { &mut extra.local };
        parts.push(Part::fact(rest));
    }
    let mut ids: Vec<u16> = Vec::new();
    for record in central_records.iter().chain(&local_records) {
        if ids.contains(&record.id) {
            continue;
        }
        ids.push(record.id);
        let of = |records: &[Record<'_>]| -> Vec<_> {
            records
                .iter()
                .filter(|other| other.id == record.id)
                .map(|r| (r.at.clone(), r.data.len()))
                .collect()
        };
        for (records, parts) in
            [(&central_records, &mut extra.central), (&local_records, &mut extra.local)]
        {
            for (at, _) in of(records) {
                if record.id == ZIP64 {
                    parts.push(Part::layout(at, true));
                } else {
                    parts.push(Part::fact(at));
                }
            }
        }
        extra.has_unicode_path |= record.id == UNICODE_PATH;
        if record.id == ZIP64 {
            continue;
        }
        let data = |records: &[Record<'_>]| -> Vec<Vec<u8>> {
            records.iter().filter(|other| other.id == record.id).map(|r| r.data.to_vec()).collect()
        };
        let (here, there) = (data(&central_records), data(&local_records));
        record_facts(&mut extra.facts, record.id, &here, &there);
    }
    extra
}

/// The facts of the records of one id in both fields.
fn record_facts(facts: &mut Vec<Fact>, id: u16, central: &[Vec<u8>], local: &[Vec<u8>]) {
    let (first, second) = match (central, local) {
        ([first], [second]) => (Some(first.as_slice()), Some(second.as_slice())),
        ([first], []) => (Some(first.as_slice()), None),
        ([], [second]) => (None, Some(second.as_slice())),
        _ => (None, None),
    };
    let known = match id {
        TIMES => times(first, second),
        OWNER => owner(first, second),
        NTFS => ntfs(first, second),
        PKWARE_UNIX => pkware_unix(first, second),
        OLD_UNIX => old_unix(first, second),
        _ => None,
    };
    // A second source of the same field says it differently: its bytes are kept as they are.
    let is_new = |found: &[Fact]| {
        found.iter().all(|fact| {
            fact.field == field::EXTRA || facts.iter().all(|other| other.field != fact.field)
        })
    };
    if let Some(found) = known.filter(|found| is_new(found)) {
        facts.extend(found);
        return;
    }
    if first.is_some() && first == second {
        facts.extend(first.map(|data| raw("both", Some(id), data)));
        return;
    }
    facts.extend(central.iter().map(|data| raw("central", Some(id), data)));
    facts.extend(local.iter().map(|data| raw("local", Some(id), data)));
}

/// Bytes as they stand, with the place where they stand.
fn raw(place: &str, id: Option<u16>, data: &[u8]) -> Fact {
    let mut bytes = match (place, id) {
        ("both", Some(id)) => format!("{id:#06x} "),
        (_, Some(id)) => format!("{id:#06x} {place} "),
        (_, None) => format!("{place} rest "),
    }
    .into_bytes();
    bytes.extend_from_slice(data);
    // How many zeros align a member follows from where it lies; the headers' lengths tell them.
    while id == Some(ALIGNMENT) && bytes.last() == Some(&0) {
        bytes.pop();
    }
    Fact::new(field::EXTRA, Value::Bytes(bytes.into()))
}

/// Says that a record stands where its usual writer does not put it.
fn unusual(facts: &mut Vec<Fact>, what: &str) {
    facts.push(Fact::new(field::EXTRA, Value::Text(what.into())));
}

/// A number of `id` at `at` as a UTC time.
fn unix_time(field: Field, data: &[u8], at: usize) -> Option<Fact> {
    // Signed by the specification: 2038 is not reached, 1901 is.
    let seconds = le32(data, at)?.cast_signed();
    Some(Fact::new(field, Value::utc(seconds.into(), 0)))
}

/// 0x5455: flags and up to three times; the central one repeats the flags and the first time only.
fn times(central: Option<&[u8]>, local: Option<&[u8]>) -> Option<Vec<Fact>> {
    let any = local.or(central)?;
    let flags = any.first().copied().filter(|flags| *flags < 8)?;
    let mut facts = Vec::new();
    let mut at = 1;
    for (bit, name) in [(1, field::MTIME), (2, field::ATIME), (4, field::BIRTHTIME)] {
        if flags & bit != 0 && (bit == 1 || local.is_some()) {
            facts.push(unix_time(name, any, at)?);
            at += 4;
        }
    }
    if at != any.len() {
        return None;
    }
    match (central, local) {
        (Some(central), Some(local))
            if local.get(..1 + 4 * usize::from(flags & 1)) == Some(central) => {}
        (Some(central), Some(local)) if central == local => {
            unusual(&mut facts, "0x5455 whole in the central header");
        }
        (Some(_), None) => unusual(&mut facts, &format!("0x5455 central only, flags {flags}")),
        (None, Some(_)) => unusual(&mut facts, "0x5455 local only"),
        _ => return None,
    }
    Some(facts)
}

/// 0x7875: version 1, then user and group, each with its length; the same in both headers.
fn owner(central: Option<&[u8]>, local: Option<&[u8]>) -> Option<Vec<Fact>> {
    let data = local.or(central)?;
    let &[1, 4, _, _, _, _, 4, _, _, _, _] = data else { return None };
    let mut facts =
        vec![Fact::number(field::UID, le32(data, 2)?), Fact::number(field::GID, le32(data, 7)?)];
    match (central, local) {
        (Some(central), Some(local)) if central == local => {}
        (Some(_), None) => unusual(&mut facts, "0x7875 central only"),
        (None, Some(_)) => unusual(&mut facts, "0x7875 local only"),
        _ => return None,
    }
    Some(facts)
}

/// 0x000a: four zero bytes, then one attribute with three times in 100 ns since 1601; its writers
/// put it into the central header only.
fn ntfs(central: Option<&[u8]>, local: Option<&[u8]>) -> Option<Vec<Fact>> {
    let data = central?;
    if data.len() != 32 || data.get(..8) != Some(&[0, 0, 0, 0, 1, 0, 24, 0]) {
        return None;
    }
    let mut facts = Vec::new();
    for (at, name) in [(8, field::MTIME), (16, field::ATIME), (24, field::BIRTHTIME)] {
        let ticks = le64(data, at)?;
        let seconds = i64::try_from(ticks / 10_000_000).ok()? - 11_644_473_600;
        let nanos = (ticks % 10_000_000) as u32 * 100;
        facts.push(Fact::new(name, Value::utc(seconds, nanos)));
    }
    match local {
        None => {}
        Some(local) if local == data => unusual(&mut facts, "0x000a in both headers"),
        Some(_) => return None,
    }
    Some(facts)
}

/// 0x000d: access and modification time, user and group of 16 bits; the same in both headers.
fn pkware_unix(central: Option<&[u8]>, local: Option<&[u8]>) -> Option<Vec<Fact>> {
    let data = central?;
    if data.len() != 12 || local.is_some_and(|local| local != data) {
        return None;
    }
    let mut facts = vec![
        unix_time(field::MTIME, data, 4)?,
        unix_time(field::ATIME, data, 0)?,
        Fact::number(field::UID, le16(data, 8)?),
        Fact::number(field::GID, le16(data, 10)?),
    ];
    unusual(
        &mut facts,
        if local.is_some() { "0x000d in both headers" } else { "0x000d central only" },
    );
    Some(facts)
}

/// 0x5855: access and modification time in both headers, user and group of 16 bits in the local one.
fn old_unix(central: Option<&[u8]>, local: Option<&[u8]>) -> Option<Vec<Fact>> {
    let (central, local) = (central?, local?);
    let times = local.get(..8)?;
    if local.len() != 12 || central != times && central != local {
        return None;
    }
    let mut facts = vec![
        unix_time(field::MTIME, local, 4)?,
        unix_time(field::ATIME, local, 0)?,
        Fact::number(field::UID, le16(local, 8)?),
        Fact::number(field::GID, le16(local, 10)?),
    ];
    if central == local {
        unusual(&mut facts, "0x5855 whole in the central header");
    }
    Some(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: u16, data: &[u8]) -> Vec<u8> {
        [&id.to_le_bytes()[..], &(data.len() as u16).to_le_bytes(), data].concat()
    }

    fn texts(central: &[u8], local: Option<&[u8]>) -> Vec<String> {
        let facts = read(central, local).facts;
        facts.iter().map(|fact| format!("{}={}", fact.field.name(), fact.value.text())).collect()
    }

    #[test]
    fn every_way_to_write_the_times_is_told_apart() {
        let mtime = record(TIMES, &[1, 0, 0, 0, 0]);
        let both = record(TIMES, &[3, 0, 0, 0, 0, 1, 0, 0, 0]);
        let head = record(TIMES, &[3, 0, 0, 0, 0]);
        let cases: [(&[u8], Option<&[u8]>); 8] = [
            (&mtime, Some(&mtime)),
            (&head, Some(&both)),
            (&both, Some(&both)),
            (&head, Some(&[])),
            (&mtime, Some(&[])),
            (&[], Some(&both)),
            (&mtime, Some(&both)),
            (&[], Some(&mtime)),
        ];
        let mut seen = std::collections::HashSet::new();
        for (central, local) in cases {
            assert!(seen.insert(texts(central, local)), "{central:?} {local:?}");
        }
        assert_eq!(
            texts(&head, Some(&both)),
            ["mtime=1970-01-01T00:00:00Z", "atime=1970-01-01T00:00:01Z"]
        );
    }

    #[test]
    fn what_is_not_known_is_kept_as_bytes() {
        let field = [record(0x9901, b"AE"), vec![1, 2, 3]].concat();
        assert_eq!(
            texts(&field, Some(b"")),
            [r"extra=central rest \x01\x02\x03", "extra=0x9901 central AE"]
        );
        assert!(read(&field, None).is_malformed);
        assert!(!read(&[0, 0, 0], None).is_malformed);
    }
}
