//! TIFF: Adobe's TIFF 6.0, section 2: directories, their entries and the strips that they name.

use super::{Faults, Window};

/// Directories that are looked at.
const DIRECTORIES: usize = 256;
/// Strips of a directory that are looked at.
const STRIPS: u64 = 65_536;

/// An entry of a directory: how many values, of how many bytes each, and where they lie.
#[derive(Clone, Copy)]
struct Values {
    count: u64,
    width: u64,
    at: u64,
}

pub(super) fn walk(bytes: &Window<'_>, faults: &mut Faults) {
    let big = bytes.head().starts_with(b"MM");
    let mut seen = std::collections::HashSet::new();
    let mut next = u64::from(bytes.u32(4, big).unwrap_or_default());
    while next != 0 && seen.len() < DIRECTORIES {
        if !seen.insert(next) {
            return faults.malformed(next, 2, format!("the directory at {next} leads to itself"));
        }
        let Some(entries) = bytes.u16(next, big).map(u64::from) else {
            if next + 2 > bytes.size() {
                let size = bytes.size();
                faults.truncated(
                    size,
                    format!("a directory begins at {next}, the file ends at {size}"),
                );
            }
            return;
        };
        let end = next + 2 + 12 * entries;
        if end + 4 > bytes.size() {
            let size = bytes.size();
            return faults
                .truncated(next, format!("a directory ends at {end}, the file at {size}"));
        }
        directory(bytes, big, next, entries, faults);
        next = u64::from(bytes.u32(end, big).unwrap_or_default());
    }
}

fn directory(bytes: &Window<'_>, big: bool, start: u64, entries: u64, faults: &mut Faults) {
    let (mut offsets, mut lengths) = (None, None);
    for at in (0..entries).map(|index| start + 2 + 12 * index) {
        let (Some(tag), Some(kind), Some(count)) =
            (bytes.u16(at, big), bytes.u16(at + 2, big), bytes.u32(at + 4, big))
        else {
            return;
        };
        let width = match kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 => 8,
            // Readers pass over an entry of a type that they do not know.
            _ => continue,
        };
        let length = width * u64::from(count);
        let place = if length <= 4 {
            at + 8
        } else {
            u64::from(bytes.u32(at + 8, big).unwrap_or_default())
        };
        if place.saturating_add(length) > bytes.size() {
            let end = place + length;
            let size = bytes.size();
            faults
                .truncated(at, format!("the values of tag {tag} end at {end}, the file at {size}"));
            continue;
        }
        let values = Values { count: u64::from(count), width, at: place };
        match tag {
            273 | 324 => offsets = Some(values),
            279 | 325 => lengths = Some(values),
            _ => {}
        }
    }
    let (Some(offsets), Some(lengths)) = (offsets, lengths) else { return };
    let value = |of: Values, index: u64| {
        let at = of.at + index * of.width;
        match of.width {
            2 => bytes.u16(at, big).map(u64::from),
            4 => bytes.u32(at, big).map(u64::from),
            _ => None,
        }
    };
    for index in 0..offsets.count.min(lengths.count).min(STRIPS) {
        let (Some(at), Some(length)) = (value(offsets, index), value(lengths, index)) else {
            return;
        };
        if at + length > bytes.size() {
            let (end, size) = (at + length, bytes.size());
            let detail = format!("strip {index} ends at {end}, the file at {size}");
            return faults.truncated(offsets.at + index * offsets.width, detail);
        }
    }
}
