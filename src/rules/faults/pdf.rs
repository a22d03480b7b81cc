//! PDF: ISO 32000-1, 7.5: header, cross-reference table, and the end that leads to it.

use super::{FaultKind, Faults, LEADING, Window};

const MAGIC: &[u8] = b"%PDF-";

/// Within so many bytes of the end readers look for `%%EOF` and `startxref`.
const END: usize = 1024;
/// Entries of a cross-reference section that are looked up.
const ENTRIES: u64 = 100_000;

/// Where it starts: readers find that behind other bytes, too.
pub(super) fn start(head: &[u8]) -> Option<usize> {
    memchr::memmem::find(head.get(..head.len().min(LEADING + MAGIC.len()))?, MAGIC)
}

/// Bytes before the magic number, which must stand at the start.
pub(super) fn leading(head: &[u8], faults: &mut Faults) {
    if let Some(at) = start(head).filter(|at| *at > 0) {
        let found = head.get(..at.min(8)).unwrap_or_default().escape_ascii();
        let magic = MAGIC.escape_ascii();
        let detail = format!("{at} bytes stand before \"{magic}\", beginning with \"{found}\"");
        faults.tell(FaultKind::Leading, 0, at as u64, detail);
    }
}

pub(super) fn walk(bytes: &Window<'_>, faults: &mut Faults) {
    let (tail, start) = bytes.tail();
    let Some(eof) = memchr::memmem::rfind(tail, b"%%EOF") else {
        return faults.truncated(bytes.size(), "there is no %%EOF".into());
    };
    let behind = tail.get(eof + 5..).unwrap_or_default();
    let blank = behind.iter().take_while(|b| b.is_ascii_whitespace()).count();
    if blank < behind.len() {
        faults.ends_at(bytes, start + (eof + 5 + blank) as u64, "%%EOF");
    }
    let before = tail.get(eof.saturating_sub(END)..eof).unwrap_or_default();
    let Some(keyword) = memchr::memmem::rfind(before, b"startxref") else {
        let detail = "no startxref stands before the last %%EOF".into();
        return faults.malformed(start + eof as u64, 5, detail);
    };
    let at = start + (eof.saturating_sub(END) + keyword) as u64;
    let Some(offset) = number(before.get(keyword + 9..).unwrap_or_default()) else {
        return faults.malformed(at, 9, "no number follows startxref".into());
    };
    let found = bytes.up_to(offset, 32);
    // What was not read cannot be judged: it lies in the middle of a large file.
    if found.is_empty() && offset < bytes.size() && !bytes.is_whole() {
        return;
    }
    let table = trimmed(found);
    if let Some(entries) = table.strip_prefix(b"xref") {
        let skipped = (found.len() - entries.len()) as u64;
        return sections(bytes, offset + skipped, faults);
    }
    if !is_object(table) {
        let found = found.get(..found.len().min(12)).unwrap_or_default().escape_ascii();
        let detail =
            format!("startxref says {offset}, expected a cross-reference there, found \"{found}\"");
        faults.malformed(at, 9, detail);
    }
}

/// The subsections of a cross-reference table: an object must stand where an entry says so.
fn sections(bytes: &Window<'_>, mut at: u64, faults: &mut Faults) {
    let mut left = ENTRIES;
    loop {
        let line = bytes.up_to(at, 48);
        let text = trimmed(line);
        if text.starts_with(b"trailer") || !bytes.is_whole() {
            return;
        }
        let mut numbers = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let mut next = || numbers.next().and_then(number);
        let (Some(first), Some(count)) = (next(), next()) else {
            let found = text.get(..text.len().min(12)).unwrap_or_default().escape_ascii();
            let detail =
                format!("expected a section of the cross-reference table, found \"{found}\"");
            return faults.malformed(at, 1, detail);
        };
        at += (line.len() - text.len()) as u64;
        let Some(end) = text.iter().position(|b| matches!(b, b'\r' | b'\n')) else {
            return faults.malformed(at, 1, "no line ends the head of a section".into());
        };
        at += end as u64;
        while bytes.byte(at).is_some_and(|b| b.is_ascii_whitespace()) {
            at += 1;
        }
        for index in 0..count.min(left) {
            let place = at + 20 * index;
            let entry = bytes.get(place, 20).unwrap_or_default();
            let (offset, kind) = (number(entry), entry.get(17));
            let (Some(offset), Some(b'n' | b'f')) = (offset, kind) else {
                let object = first.saturating_add(index);
                let detail = format!("the entry of object {object} is not 20 bytes with n or f");
                return faults.malformed(place, 20, detail);
            };
            if kind == Some(&b'n') && offset > 0 && !is_object(trimmed(bytes.up_to(offset, 32))) {
                let object = first.saturating_add(index);
                let detail =
                    format!("object {object} is said to be at {offset}, and none is there");
                return faults.malformed(place, 20, detail);
            }
        }
        if count > left {
            return;
        }
        left -= count;
        at += 20 * count;
    }
}

/// Whether `12 0 obj` stands at the start.
fn is_object(bytes: &[u8]) -> bool {
    let digits = |bytes: &[u8]| bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let mut rest = bytes;
    for _ in 0..2 {
        let n = digits(rest);
        if n == 0 {
            return false;
        }
        rest = trimmed(rest.get(n..).unwrap_or_default());
    }
    rest.starts_with(b"obj")
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    let blank = bytes.iter().take_while(|b| b.is_ascii_whitespace() || **b == 0).count();
    bytes.get(blank..).unwrap_or_default()
}

/// A decimal number behind blanks.
fn number(bytes: &[u8]) -> Option<u64> {
    let text = trimmed(bytes);
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    std::str::from_utf8(text.get(..digits)?).ok()?.parse().ok()
}
