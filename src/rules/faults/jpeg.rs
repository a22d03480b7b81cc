//! JPEG: ITU-T T.81, B.1: marker segments from SOI to EOI.

use super::{Faults, Window};

pub(super) fn walk(bytes: &Window<'_>, faults: &mut Faults) {
    let mut at = 2;
    let mut pictures = false;
    let mut scanned = false;
    loop {
        // Any number of 0xFF may stand before a marker.
        let start = at;
        while bytes.byte(at) == Some(0xff) && bytes.byte(at + 1) == Some(0xff) {
            at += 1;
        }
        let marker = match bytes.get(at, 2) {
            Some(&[0xff, marker]) => marker,
            Some(found) => {
                let found = found.escape_ascii();
                return faults.malformed(at, 2, format!("expected a marker, found \"{found}\""));
            }
            None if bytes.is_whole() || bytes.size() < at + 2 => {
                return faults.truncated(start, "there is no EOI marker".into());
            }
            None => return end_of_large(bytes, faults),
        };
        match marker {
            0xd9 => {
                if !scanned {
                    faults.malformed(at, 2, "EOI stands before any scan".into());
                }
                // Cameras put further pictures behind the first, and tell of them in an MPF segment.
                if !(pictures && bytes.get(at + 2, 2) == Some(&[0xff, 0xd8])) {
                    faults.ends_at(bytes, at + 2, "the EOI marker");
                }
                return;
            }
            0x01 | 0xd0..=0xd7 => {
                at += 2;
                continue;
            }
            0x00 | 0xd8 => {
                let detail = format!("marker {marker:02x} stands where a segment is expected");
                return faults.malformed(at, 2, detail);
            }
            _ => {}
        }
        let Some(length) = bytes.be16(at + 2) else {
            if bytes.is_whole() || bytes.size() < at + 4 {
                faults.truncated(at, format!("segment {marker:02x} has no length"));
            }
            return;
        };
        let end = at + 2 + u64::from(length);
        if length < 2 {
            return faults.malformed(at, 4, format!("segment {marker:02x} has length {length}"));
        }
        if end > bytes.size() {
            let there = bytes.size() - at - 2;
            let detail = format!("segment {marker:02x} takes {length} bytes, {there} are there");
            return faults.truncated(at, detail);
        }
        pictures |= marker == 0xe2 && bytes.get(at + 4, 4) == Some(b"MPF\0");
        at = end;
        if marker == 0xda {
            scanned = true;
            match scan_end(bytes, at) {
                Some(next) => at = next,
                None if bytes.is_whole() => {
                    return faults
                        .truncated(bytes.size(), "the scan has no end: no EOI marker".into());
                }
                None => return end_of_large(bytes, faults),
            }
        }
    }
}

/// Where the coded data of a scan end: at a marker that is no restart and no stuffed 0xFF.
fn scan_end(bytes: &Window<'_>, from: u64) -> Option<u64> {
    let start = usize::try_from(from).ok()?;
    let rest = bytes.head().get(start..)?;
    memchr::memchr_iter(0xff, rest)
        .find(|&at| rest.get(at + 1).is_some_and(|b| !matches!(b, 0 | 0xd0..=0xd7 | 0xff)))
        .map(|at| from + at as u64)
}

fn end_of_large(bytes: &Window<'_>, faults: &mut Faults) {
    let (tail, start) = bytes.tail();
    match memchr::memmem::rfind(tail, b"\xff\xd9") {
        Some(at) => faults.ends_at(bytes, start + at as u64 + 2, "the EOI marker"),
        None => faults.truncated(bytes.size(), "it does not end with an EOI marker".into()),
    }
}
