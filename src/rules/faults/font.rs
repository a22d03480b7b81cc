//! Fonts: OpenType 1.9, "Organization of an OpenType font", and WOFF 1.0 and 2.0 of the W3C: table
//! directories, bounds and checksums.

use std::collections::HashSet;

use super::{Faults, Window};
use crate::source::be32;

/// Fonts of a collection that are looked at.
const FONTS: u64 = 64;
/// Bytes whose sums are made. Fonts of a collection share tables, and hostile ones let all overlap.
const SUMMED: u64 = 256 << 20;

/// A single font, or a collection.
pub(super) fn sfnt(bytes: &Window<'_>, faults: &mut Faults) {
    if !bytes.head().starts_with(b"ttcf") {
        return font(bytes, 0, &mut HashSet::new(), &mut { SUMMED }, faults);
    }
    let fonts = u64::from(bytes.be32(8).unwrap_or_default());
    let (mut seen, mut left) = (HashSet::new(), SUMMED);
    for index in 0..fonts.min(FONTS) {
        let Some(at) = bytes.be32(12 + 4 * index).map(u64::from) else { return };
        if at + 12 > bytes.size() {
            let size = bytes.size();
            let detail = format!("font {index} begins at {at}, the file ends at {size}");
            return faults.truncated(12 + 4 * index, detail);
        }
        font(bytes, at, &mut seen, &mut left, faults);
    }
}

/// One font. `seen` has the tables that were summed, with what their directory says of them; `left`
/// is how many bytes may be summed still.
fn font(
    bytes: &Window<'_>,
    start: u64,
    seen: &mut HashSet<(u64, u64, u32)>,
    left: &mut u64,
    faults: &mut Faults,
) {
    let tables = u64::from(bytes.be16(start + 4).unwrap_or_default());
    if tables == 0 {
        return faults.malformed(start + 4, 2, "its directory tells of no table".into());
    }
    let mut last = start + 12 + 16 * tables;
    if last > bytes.size() {
        let size = bytes.size();
        let detail = format!("its directory of {tables} tables ends at {last}, the file at {size}");
        return faults.truncated(start + 4, detail);
    }
    for at in (0..tables).map(|index| start + 12 + 16 * index) {
        let (Some(tag), Some(sum), Some(offset), Some(length)) =
            (bytes.get(at, 4), bytes.be32(at + 4), bytes.be32(at + 8), bytes.be32(at + 12))
        else {
            return;
        };
        if !tag.iter().all(|b| (b' '..=b'~').contains(b)) {
            let tag = tag.escape_ascii();
            let detail = format!("expected a table of {tables} in the directory, found \"{tag}\"");
            return faults.malformed(at, 4, detail);
        }
        let tag = tag.escape_ascii();
        let (offset, length) = (u64::from(offset), u64::from(length));
        let end = offset + length;
        last = last.max(end);
        if end > bytes.size() {
            let size = bytes.size();
            faults.truncated(at, format!("table \"{tag}\" ends at {end}, the file at {size}"));
            continue;
        }
        let Some(table) = bytes.get(offset, length).filter(|_| length <= *left) else { continue };
        if !seen.insert((offset, length, sum)) {
            continue;
        }
        *left -= length;
        let is_head = tag.to_string() == "head";
        if is_head && be32(table, 12) != Some(0x5f0f_3cf5) {
            faults.malformed(offset, 16, "table \"head\" lacks the magic number 5f0f3cf5".into());
        }
        let found = checksum(table, is_head);
        if found != sum {
            let detail =
                format!("table \"{tag}\" has checksum {sum:08x}, its bytes give {found:08x}");
            faults.checksum(at + 4, 4, detail);
        }
    }
    // Tables are padded to four bytes. A signature or a further font may lie behind those of one.
    if start == 0 && bytes.is_whole() && !bytes.head().starts_with(b"ttcf") {
        faults.ends_at(bytes, last.next_multiple_of(4).min(bytes.size()), "the last table");
    }
}

/// The sum of big-endian words; in `head` the adjustment of the whole font counts as zero.
fn checksum(table: &[u8], is_head: bool) -> u32 {
    let (words, rest) = table.as_chunks::<4>();
    let sum = words.iter().fold(0u32, |sum, &word| sum.wrapping_add(u32::from_be_bytes(word)));
    let mut last = [0; 4];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    let adjustment = if is_head { be32(table, 8).unwrap_or_default() } else { 0 };
    sum.wrapping_add(u32::from_be_bytes(last)).wrapping_sub(adjustment)
}

/// WOFF and WOFF2: the length in the header, and, in WOFF, the tables.
pub(super) fn woff(bytes: &Window<'_>, faults: &mut Faults) {
    let Some(declared) = bytes.be32(8).map(u64::from) else {
        return faults.truncated(bytes.size(), "its header is not whole".into());
    };
    if declared > bytes.size() {
        let size = bytes.size();
        return faults.truncated(8, format!("its header says {declared} bytes, {size} are there"));
    }
    faults.ends_at(bytes, declared, "the length that its header says");
    if !bytes.head().starts_with(b"wOFF") {
        return;
    }
    let tables = u64::from(bytes.be16(12).unwrap_or_default());
    for at in (0..tables).map(|index| 44 + 20 * index) {
        let (Some(tag), Some(offset), Some(packed), Some(length)) =
            (bytes.get(at, 4), bytes.be32(at + 4), bytes.be32(at + 8), bytes.be32(at + 12))
        else {
            return;
        };
        let end = u64::from(offset) + u64::from(packed);
        if end > declared || packed > length {
            let tag = tag.escape_ascii();
            let detail = format!(
                "table \"{tag}\" has {packed} bytes for {length} and ends at {end} of {declared}"
            );
            faults.malformed(at, 20, detail);
        }
    }
}
