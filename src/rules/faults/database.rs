//! `SQLite` ("Database File Format", 1.3), GNU gettext .mo ("The Format of GNU MO Files") and binary
//! property lists (CFBinaryPList.c): counts and offsets against the size of the file.

use super::{Faults, Window};

/// Bytes by which strings of a catalogue are compared: any number of them may share their bytes.
const KEY: usize = 1024;

/// An `SQLite` database: pages in the header against those that are there.
pub(super) fn sqlite(bytes: &Window<'_>, faults: &mut Faults) {
    let (Some(raw), Some(changed), Some(pages), Some(valid)) =
        (bytes.be16(16), bytes.be32(24), bytes.be32(28), bytes.be32(92))
    else {
        if bytes.size() < 100 {
            faults.truncated(bytes.size(), "its header is not whole".into());
        }
        return;
    };
    let page = if raw == 1 { 65_536 } else { u64::from(raw) };
    if !page.is_power_of_two() || page < 512 {
        return faults.malformed(16, 2, format!("a page has {page} bytes"));
    }
    // The count is only as good as the program that wrote last: 1.3.7.
    if pages == 0 || changed != valid {
        if !bytes.size().is_multiple_of(page) {
            let size = bytes.size();
            faults.truncated(size, format!("{size} bytes are no whole pages of {page}"));
        }
        return;
    }
    let end = u64::from(pages) * page;
    if end > bytes.size() {
        let size = bytes.size();
        return faults.truncated(
            28,
            format!("{pages} pages of {page} bytes end at {end}, the file at {size}"),
        );
    }
    faults.ends_at(bytes, end, "the last page");
}

/// A catalogue of translations: both tables of strings, and the order that a search relies on.
pub(super) fn mo(bytes: &Window<'_>, faults: &mut Faults) {
    let big = bytes.head().starts_with(b"\x95\x04\x12\xde");
    let (Some(count), Some(originals), Some(translations)) =
        (bytes.u32(8, big), bytes.u32(12, big), bytes.u32(16, big))
    else {
        return faults.truncated(bytes.size(), "its header is not whole".into());
    };
    let (count, size) = (u64::from(count), bytes.size());
    for table in [originals, translations].map(u64::from) {
        let end = table + 8 * count;
        if end > size {
            let detail = format!("a table of {count} strings ends at {end}, the file at {size}");
            return faults.truncated(table.min(size), detail);
        }
    }
    let string = |table: u32, index: u64| {
        let at = u64::from(table) + 8 * index;
        Some((at, u64::from(bytes.u32(at, big)?), u64::from(bytes.u32(at + 4, big)?)))
    };
    let mut before: &[u8] = &[];
    for index in 0..count {
        for table in [originals, translations] {
            let Some((at, length, offset)) = string(table, index) else { return };
            let end = offset + length + 1;
            if end > size {
                let detail = format!("string {index} ends at {end}, the file at {size}");
                return faults.truncated(at, detail);
            }
            if bytes.byte(end - 1).is_some_and(|last| last != 0) {
                faults.malformed(end - 1, 1, format!("no NUL ends string {index}"));
            }
            let Some(text) = bytes.get(offset, length).filter(|_| table == originals) else {
                continue;
            };
            // Plural forms follow the singular behind a NUL, and are no part of the key.
            let text = text.get(..text.len().min(KEY)).unwrap_or_default();
            let key = text.split(|b| *b == 0).next().unwrap_or_default();
            if index > 0 && key < before {
                let detail =
                    format!("string {index} sorts before the one ahead of it: a search misses it");
                faults.malformed(at, 8, detail);
            }
            before = key;
        }
    }
}

/// A binary property list: the trailer, and the table of offsets that it tells of.
pub(super) fn plist(bytes: &Window<'_>, faults: &mut Faults) {
    let Some(trailer) = bytes.size().checked_sub(32).filter(|at| *at > 8) else {
        return faults.truncated(bytes.size(), "it has no trailer".into());
    };
    let (Some(sizes), Some(objects), Some(top), Some(table)) = (
        bytes.get(trailer + 6, 2),
        bytes.be64(trailer + 8),
        bytes.be64(trailer + 16),
        bytes.be64(trailer + 24),
    ) else {
        return;
    };
    let width = sizes.first().copied().map_or(0, u64::from);
    let end = objects.checked_mul(width).and_then(|length| table.checked_add(length));
    if end != Some(trailer) || top >= objects || !(1..=8).contains(&width) {
        let detail = format!(
            "its trailer tells of {objects} objects and a table of their offsets at {table}, which does not end where the trailer begins ({trailer})"
        );
        return faults.malformed(trailer, 32, detail);
    }
    for index in 0..objects {
        let at = table + index * width;
        let Some(offset) = bytes.get(at, width) else { return };
        let offset = offset.iter().fold(0u64, |sum, &byte| sum << 8 | u64::from(byte));
        if !(8..table).contains(&offset) {
            let detail =
                format!("object {index} is said to be at {offset}, objects end at {table}");
            return faults.malformed(at, width, detail);
        }
    }
}
