//! Hunks: which bytes differ between two contents.
//!
//! Equal ends are found by blocks and never held. What is left is aligned: byte by byte where it is
//! small, by lines where it is text, by content-defined chunks where it is large. Every limit counts
//! bytes, so the outcome does not depend on the machine.

use std::io;

use similar::{Algorithm, DiffTag, capture_diff_slices};

use crate::model::change::{Granularity, HUNK_BYTES};
use crate::model::{ContentRow, Disposition, Hunk};
use crate::source::Source;

/// Bytes compared at a time.
const BLOCK: usize = 64 << 10;
/// Up to here the differing middles are held and aligned in full.
const HELD: u64 = 4 << 20;
/// Up to here bytes are aligned one by one.
const BYTEWISE: usize = 2 << 10;
/// Tokens (lines, or runs without one) that are aligned at the most.
const TOKENS: usize = 20_000;
/// Hunks that are listed; the rest is counted.
pub const LISTED: usize = 64;

/// A run that differs: old offset and length, new offset and length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// Offset in the old content.
    pub old: u64,
    /// Bytes of the old content.
    pub old_length: u64,
    /// Offset in the new content.
    pub new: u64,
    /// Bytes of the new content.
    pub new_length: u64,
}

impl Span {
    /// Bytes that come or go.
    pub const fn cost(&self) -> u64 {
        self.old_length + self.new_length
    }
}

/// The runs in which two contents differ, in ascending order.
pub fn spans(old: &dyn Source, new: &dyn Source) -> io::Result<Vec<Span>> {
    let mut spans = differing(old, new)?;
    if !spans.is_empty() && is_utf16(old)? && is_utf16(new)? {
        to_units(&mut spans, old, new)?;
    }
    Ok(spans)
}

fn differing(old: &dyn Source, new: &dyn Source) -> io::Result<Vec<Span>> {
    let (old_end, new_end) = (old.len(), new.len());
    let prefix = common_prefix(old, new)?;
    if prefix == old_end && prefix == new_end {
        return Ok(Vec::new());
    }
    let suffix = common_suffix(old, new, prefix)?;
    let middle = Span {
        old: prefix,
        old_length: old_end - suffix - prefix,
        new: prefix,
        new_length: new_end - suffix - prefix,
    };
    if middle.old_length == 0 || middle.new_length == 0 {
        return Ok(vec![middle]);
    }
    if middle.old_length == middle.new_length
        && let Some(spans) = same_place(old, new, middle)?
    {
        return Ok(spans);
    }
    if middle.old_length > HELD || middle.new_length > HELD {
        return by_chunks(old, new, middle);
    }
    aligned(old, new, middle)
}

fn read(source: &dyn Source, at: u64, buffer: &mut [u8]) -> io::Result<()> {
    let n = source.read_at(at, buffer)?;
    if n == buffer.len() { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn load(source: &dyn Source, at: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut buffer = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    read(source, at, &mut buffer)?;
    Ok(buffer)
}

/// Whether a content begins as a text of UTF-16 does.
fn is_utf16(source: &dyn Source) -> io::Result<bool> {
    Ok(source.len() >= 2 && matches!(*load(source, 0, 2)?, [0xff, 0xfe] | [0xfe, 0xff]))
}

/// Moves what came or went to whole units of two bytes: a run that begins between two may as well begin
/// a byte before or after, where the bytes at both of its ends are the same.
fn to_units(spans: &mut [Span], old: &dyn Source, new: &dyn Source) -> io::Result<()> {
    let mut free = 0;
    for index in 0..spans.len() {
        let next = spans.get(index + 1).map_or(old.len(), |next| next.old);
        let Some(span) = spans.get_mut(index) else { break };
        let from = std::mem::replace(&mut free, span.old + span.old_length);
        let (side, at, length) = match (span.old_length, span.new_length) {
            (0, length) => (new, span.new, length),
            (length, 0) => (old, span.old, length),
            _ => continue,
        };
        if at % 2 == 0 || length % 2 == 1 {
            continue;
        }
        let is_same =
            |at: u64| Ok::<_, io::Error>(load(side, at, 1)? == load(side, at + length, 1)?);
        if span.old > from && is_same(at - 1)? {
            (span.old, span.new) = (span.old - 1, span.new - 1);
        } else if span.old + span.old_length < next && is_same(at)? {
            (span.old, span.new) = (span.old + 1, span.new + 1);
        }
        free = span.old + span.old_length;
    }
    Ok(())
}

fn common_prefix(old: &dyn Source, new: &dyn Source) -> io::Result<u64> {
    let end = old.len().min(new.len());
    let (mut a, mut b) = (vec![0; BLOCK], vec![0; BLOCK]);
    let mut at = 0;
    while at < end {
        let n = (end - at).min(BLOCK as u64) as usize;
        let (Some(a), Some(b)) = (a.get_mut(..n), b.get_mut(..n)) else { break };
        read(old, at, a)?;
        read(new, at, b)?;
        if a != b {
            let same = a.iter().zip(b.iter()).take_while(|(a, b)| a == b).count();
            return Ok(at + same as u64);
        }
        at += n as u64;
    }
    Ok(end)
}

fn common_suffix(old: &dyn Source, new: &dyn Source, prefix: u64) -> io::Result<u64> {
    let most = old.len().min(new.len()) - prefix;
    let (mut a, mut b) = (vec![0; BLOCK], vec![0; BLOCK]);
    let mut done = 0;
    while done < most {
        let n = (most - done).min(BLOCK as u64) as usize;
        let (Some(a), Some(b)) = (a.get_mut(..n), b.get_mut(..n)) else { break };
        read(old, old.len() - done - n as u64, a)?;
        read(new, new.len() - done - n as u64, b)?;
        if a != b {
            let same = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
            return Ok(done + same as u64);
        }
        done += n as u64;
    }
    Ok(most)
}

/// Runs that differ where nothing moved; `None` if so much differs that something must have moved.
fn same_place(old: &dyn Source, new: &dyn Source, middle: Span) -> io::Result<Option<Vec<Span>>> {
    /// Equal bytes that do not end a run.
    const JOINED: u64 = 4;
    let mut spans: Vec<Span> = Vec::new();
    let mut differing = 0;
    let (mut a, mut b) = (vec![0; BLOCK], vec![0; BLOCK]);
    let mut at = 0;
    while at < middle.old_length {
        let n = (middle.old_length - at).min(BLOCK as u64) as usize;
        let (Some(a), Some(b)) = (a.get_mut(..n), b.get_mut(..n)) else { break };
        read(old, middle.old + at, a)?;
        read(new, middle.new + at, b)?;
        if a != b {
            for (index, _) in a.iter().zip(b.iter()).enumerate().filter(|(_, (a, b))| a != b) {
                differing += 1;
                let here = at + index as u64;
                match spans.last_mut() {
                    Some(last) if middle.old + here <= last.old + last.old_length + JOINED => {
                        last.old_length = middle.old + here + 1 - last.old;
                        last.new_length = last.old_length;
                    }
                    _ => spans.push(Span {
                        old: middle.old + here,
                        old_length: 1,
                        new: middle.new + here,
                        new_length: 1,
                    }),
                }
            }
        }
        at += n as u64;
        if differing > 256 && differing * 8 > at {
            return Ok(None);
        }
    }
    Ok((differing <= 4 || differing * 8 <= middle.old_length).then_some(spans))
}

/// Aligns two middles that are held in memory.
fn aligned(old: &dyn Source, new: &dyn Source, middle: Span) -> io::Result<Vec<Span>> {
    let a = load(old, middle.old, middle.old_length)?;
    let b = load(new, middle.new, middle.new_length)?;
    let mut out = Vec::new();
    align(&a, &b, middle.old, middle.new, &mut out);
    Ok(out)
}

fn align(a: &[u8], b: &[u8], old: u64, new: u64, out: &mut Vec<Span>) {
    if a.len() <= BYTEWISE && b.len() <= BYTEWISE {
        for op in capture_diff_slices(Algorithm::Myers, a, b) {
            if op.tag() != DiffTag::Equal {
                push(out, op.old_range(), op.new_range(), old, new);
            }
        }
        return;
    }
    let (x, y) = (tokens(a), tokens(b));
    if x.len() > TOKENS || y.len() > TOKENS {
        push(out, 0..a.len(), 0..b.len(), old, new);
        return;
    }
    let offset = |tokens: &[&[u8]], index: usize| -> usize {
        tokens.iter().take(index).map(|token| token.len()).sum()
    };
    for op in capture_diff_slices(Algorithm::Myers, &x, &y) {
        if op.tag() == DiffTag::Equal {
            continue;
        }
        let (from, to) = (offset(&x, op.old_range().start), offset(&x, op.old_range().end));
        let (start, stop) = (offset(&y, op.new_range().start), offset(&y, op.new_range().end));
        let (Some(left), Some(right)) = (a.get(from..to), b.get(start..stop)) else { continue };
        let prefix = left.iter().zip(right).take_while(|(l, r)| l == r).count();
        let (l, r) =
            (left.get(prefix..).unwrap_or_default(), right.get(prefix..).unwrap_or_default());
        let suffix = l.iter().rev().zip(r.iter().rev()).take_while(|(l, r)| l == r).count();
        let l = l.get(..l.len() - suffix).unwrap_or_default();
        let r = r.get(..r.len() - suffix).unwrap_or_default();
        let (base_old, base_new) = (old + (from + prefix) as u64, new + (start + prefix) as u64);
        if !l.is_empty() && !r.is_empty() && l.len() <= BYTEWISE && r.len() <= BYTEWISE {
            align(l, r, base_old, base_new, out);
        } else {
            push(out, 0..l.len(), 0..r.len(), base_old, base_new);
        }
    }
}

fn push(
    out: &mut Vec<Span>,
    from: std::ops::Range<usize>,
    to: std::ops::Range<usize>,
    old: u64,
    new: u64,
) {
    let span = Span {
        old: old + from.start as u64,
        old_length: from.len() as u64,
        new: new + to.start as u64,
        new_length: to.len() as u64,
    };
    match out.last_mut() {
        Some(last)
            if last.old + last.old_length == span.old && last.new + last.new_length == span.new =>
        {
            last.old_length += span.old_length;
            last.new_length += span.new_length;
        }
        _ => out.push(span),
    }
}

/// Lines with their ends, and runs of at most 256 bytes where there are none.
fn tokens(bytes: &[u8]) -> Vec<&[u8]> {
    bytes
        .split_inclusive(|&b| matches!(b, b'\n' | b'\r' | 0))
        .flat_map(|line| line.chunks(256))
        .collect()
}

/// Aligns large middles by chunks that end where the content says, so that an insertion moves only
/// the chunk it lies in.
fn by_chunks(old: &dyn Source, new: &dyn Source, middle: Span) -> io::Result<Vec<Span>> {
    let a = chunks(old, middle.old, middle.old_length)?;
    let b = chunks(new, middle.new, middle.new_length)?;
    if a.len() > 10 * TOKENS || b.len() > 10 * TOKENS {
        return Ok(vec![middle]);
    }
    let keys = |chunks: &[(u64, u64, u128)]| chunks.iter().map(|c| c.2).collect::<Vec<_>>();
    let mut out = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &keys(&a), &keys(&b)) {
        if op.tag() == DiffTag::Equal {
            continue;
        }
        let place = |chunks: &[(u64, u64, u128)], index: usize, start: u64| {
            chunks.get(index).map_or_else(
                || chunks.last().map_or(start, |last| last.0 + last.1),
                |chunk| chunk.0,
            )
        };
        let (o, n) = (op.old_range(), op.new_range());
        let (from, to) = (place(&a, o.start, middle.old), place(&a, o.end, middle.old));
        let (start, stop) = (place(&b, n.start, middle.new), place(&b, n.end, middle.new));
        let gap = Span { old: from, old_length: to - from, new: start, new_length: stop - start };
        if gap.old_length == 0 || gap.new_length == 0 || gap.cost() > 2 * HELD {
            out.push(gap);
        } else {
            let (l, r) = (load(old, gap.old, gap.old_length)?, load(new, gap.new, gap.new_length)?);
            align(&l, &r, gap.old, gap.new, &mut out);
        }
    }
    Ok(out)
}

/// Content-defined chunks of about 8 KiB (at most 64 KiB): offset, length, hash. The cut falls where
/// a gear hash over the last 64 bytes has 13 zero bits (Xia et al., "`FastCDC`", section 3).
fn chunks(source: &dyn Source, start: u64, length: u64) -> io::Result<Vec<(u64, u64, u128)>> {
    let mut out = Vec::new();
    let mut buffer = vec![0; BLOCK];
    let (mut at, mut begin) = (start, start);
    let mut gear = 0u64;
    let mut hasher = blake3::Hasher::new();
    let end = start + length;
    while at < end {
        let n = (end - at).min(BLOCK as u64) as usize;
        let Some(bytes) = buffer.get_mut(..n) else { break };
        read(source, at, bytes)?;
        let mut from = 0;
        for (index, &byte) in bytes.iter().enumerate() {
            gear = (gear << 1).wrapping_add(u64::from(byte).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let here = at + index as u64 + 1;
            if gear >> 51 == 0 && here - begin >= 2048 || here - begin >= BLOCK as u64 {
                hasher.update(bytes.get(from..=index).unwrap_or_default());
                out.push((begin, here - begin, key(&hasher)));
                hasher.reset();
                (begin, from) = (here, index + 1);
            }
        }
        hasher.update(bytes.get(from..).unwrap_or_default());
        at += n as u64;
    }
    if begin < end {
        out.push((begin, end - begin, key(&hasher)));
    }
    Ok(out)
}

fn key(hasher: &blake3::Hasher) -> u128 {
    let hash = hasher.finalize();
    u128::from_le_bytes(*hash.as_bytes().first_chunk().unwrap_or(&[0; 16]))
}

/// The hunks of the spans, with the bytes at hand; the first [`LISTED`], and how many more.
pub fn hunks(
    spans: &[Span],
    old: &dyn Source,
    new: &dyn Source,
    disposition: Disposition,
) -> io::Result<Vec<Hunk>> {
    let sample = |source: &dyn Source, at: u64, length: u64| -> io::Result<Vec<u8>> {
        load(source, at, length.min(HUNK_BYTES as u64).min(source.len().saturating_sub(at)))
    };
    let mut out = Vec::new();
    for span in spans.iter().take(LISTED) {
        let before = span.new.min(16);
        out.push(Hunk {
            old_offset: span.old,
            old_length: span.old_length,
            old_bytes: Some(sample(old, span.old, span.old_length)?),
            new_offset: span.new,
            new_length: span.new_length,
            new_bytes: Some(sample(new, span.new, span.new_length)?),
            before: sample(new, span.new - before, before)?,
            after: sample(new, span.new + span.new_length, 8)?,
            line: None,
            column: None,
            granularity: Granularity::Exact,
            disposition,
        });
    }
    Ok(out)
}

/// Hunks by chunks of 64 KiB, where the old bytes are not at hand.
pub fn chunk_hunks(old: &ContentRow, new: &ContentRow) -> Vec<Hunk> {
    const SIZE: u64 = crate::model::content::CHUNK as u64;
    let hunk = |from: u64, old_to: u64, new_to: u64| Hunk {
        old_offset: from,
        old_length: old_to.saturating_sub(from),
        old_bytes: None,
        new_offset: from,
        new_length: new_to.saturating_sub(from),
        new_bytes: None,
        before: Vec::new(),
        after: Vec::new(),
        line: None,
        column: None,
        granularity: Granularity::Chunk,
        disposition: Disposition::Undeclared,
    };
    if old.chunks.is_empty() || new.chunks.is_empty() {
        return vec![hunk(0, old.size, new.size)];
    }
    let same = old.chunks.iter().zip(&new.chunks).take_while(|(a, b)| a == b).count() as u64;
    if old.size != new.size {
        return vec![hunk(same * SIZE, old.size, new.size)];
    }
    let mut out: Vec<Hunk> = Vec::new();
    for (index, _) in old.chunks.iter().zip(&new.chunks).enumerate().filter(|(_, (a, b))| a != b) {
        let from = index as u64 * SIZE;
        let to = (from + SIZE).min(new.size);
        match out.last_mut() {
            Some(last) if last.old_offset + last.old_length == from => {
                last.old_length = to - last.old_offset;
                last.new_length = to - last.new_offset;
            }
            _ => out.push(hunk(from, to, to)),
        }
    }
    out.truncate(LISTED);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rebuild(old: &[u8], new: &[u8], spans: &[Span]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut at = 0;
        for span in spans {
            out.extend_from_slice(&old[at..span.old as usize]);
            out.extend_from_slice(&new[span.new as usize..(span.new + span.new_length) as usize]);
            at = (span.old + span.old_length) as usize;
        }
        out.extend_from_slice(&old[at..]);
        out
    }

    #[test]
    fn an_insertion_and_a_byte_at_the_end_are_two_spans() {
        let old = b"Freedom of Press 3.0\rCopyright\r".to_vec();
        let new = b"Freedom of Press\xa8 3.0\rCopyright\r\x04".to_vec();
        let spans = spans(&old, &new).expect("memory");
        let expected = [
            Span { old: 16, old_length: 0, new: 16, new_length: 1 },
            Span { old: 31, old_length: 0, new: 32, new_length: 1 },
        ];
        assert_eq!(spans, expected);
    }

    #[test]
    fn what_comes_and_goes_in_utf16_are_whole_units() {
        let wide = |text: &str, order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(order).collect()
        };
        for order in [u16::to_le_bytes, u16::to_be_bytes] {
            let old = wide("a\r\nb\nc\r\n\u{4}", order);
            let new = wide("a\r\nb\r\nc\r\n", order);
            let expected = [
                Span { old: 10, old_length: 0, new: 10, new_length: 2 },
                Span { old: 18, old_length: 2, new: 20, new_length: 0 },
            ];
            assert_eq!(spans(&old, &new).expect("memory"), expected);
        }
    }

    #[test]
    fn an_insertion_into_megabytes_is_found_exactly() {
        let mut state = 7u32;
        let old: Vec<u8> = (0..12 << 20)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        let mut new = old.clone();
        new.splice(1_000_000..1_000_000, *b"abc");
        new[11_000_000] ^= 1;
        let spans = spans(&old, &new).expect("memory");
        assert_eq!(rebuild(&old, &new, &spans), new);
        assert!(spans.iter().map(Span::cost).sum::<u64>() <= 8, "{spans:?}");
    }

    proptest! {
        #[test]
        fn spans_turn_old_into_new(old in prop::collection::vec(0u8..4, 0..200), new in prop::collection::vec(0u8..4, 0..200)) {
            let spans = spans(&old, &new).expect("memory");
            prop_assert_eq!(rebuild(&old, &new, &spans), new);
        }

        #[test]
        fn spans_of_units_do_too(old in prop::collection::vec(0u8..3, 0..60), new in prop::collection::vec(0u8..3, 0..60)) {
            let marked = |bytes: &[u8]| [b"\xff\xfe", bytes].concat();
            let (old, new) = (marked(&old), marked(&new));
            let spans = spans(&old, &new).expect("memory");
            prop_assert_eq!(rebuild(&old, &new, &spans), new);
        }
    }
}
