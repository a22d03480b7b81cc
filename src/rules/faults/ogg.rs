//! Ogg: RFC 3533, 6: pages, their checksum and their numbers.

use std::collections::HashMap;

use super::{Faults, Window};

/// Logical streams whose page numbers are followed.
const STREAMS: usize = 64;

pub(super) fn walk(bytes: &Window<'_>, faults: &mut Faults) {
    let mut at = 0;
    let mut numbers: HashMap<u32, u32> = HashMap::new();
    while at < bytes.size() {
        let first = bytes.up_to(at, 4);
        if !first.is_empty() && !b"OggS".starts_with(first) {
            return not_a_page(bytes, at, faults);
        }
        let Some(header) = bytes.get(at, 27) else {
            if bytes.is_whole() {
                faults.truncated(at, "a page begins and has no whole header".into());
            }
            return;
        };
        let segments = u64::from(header.last().copied().unwrap_or_default());
        let table = bytes.get(at + 27, segments);
        let body: u64 = table.into_iter().flatten().map(|&b| u64::from(b)).sum();
        let end = at + 27 + segments + body;
        let Some(page) = bytes.get(at, end - at).filter(|_| table.is_some()) else {
            if bytes.is_whole() {
                let there = bytes.size() - at;
                faults
                    .truncated(at, format!("the last page is not whole: {there} bytes are there"));
            }
            return;
        };
        let (stored, found) = (bytes.le32(at + 22).unwrap_or_default(), checksum(page));
        if stored != found {
            let detail = format!("the page has checksum {stored:08x}, its bytes give {found:08x}");
            faults.checksum(at + 22, 4, detail);
        }
        let serial = bytes.le32(at + 14).unwrap_or_default();
        let number = bytes.le32(at + 18).unwrap_or_default();
        if let Some(before) = numbers.get(&serial).copied()
            && number != before.wrapping_add(1)
        {
            let detail = format!("page {number} of its stream follows page {before}");
            faults.malformed(at + 18, 4, detail);
        }
        if numbers.len() < STREAMS || numbers.contains_key(&serial) {
            numbers.insert(serial, number);
        }
        at = end;
    }
}

/// What follows the last page, or stands where one is expected.
fn not_a_page(bytes: &Window<'_>, at: u64, faults: &mut Faults) {
    let rest = bytes.up_to(at, bytes.size() - at);
    if at > 0 && !rest.is_empty() && memchr::memmem::find(rest, b"OggS").is_none() {
        return faults.ends_at(bytes, at, "the last page");
    }
    let found = bytes.up_to(at, 4).escape_ascii();
    faults.malformed(at, 4, format!("expected a page, found \"{found}\""));
}

/// CRC-32 with the polynomial 0x04C11DB7, not reflected, from zero, with its own field as zeros.
fn checksum(page: &[u8]) -> u32 {
    page.iter().enumerate().fold(0, |crc: u32, (at, &byte)| {
        let byte = if (22..26).contains(&at) { 0 } else { byte };
        crc << 8 ^ TABLE[usize::from((crc >> 24) as u8 ^ byte)]
    })
}

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000_0000 == 0 { crc << 1 } else { crc << 1 ^ 0x04c1_1db7 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};
