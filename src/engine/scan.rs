//! The second look: one forward pass over a text that finds what rules may mind, with offset, line
//! and column. Memory is one buffer, whatever the size of the text.
//!
//! A control byte is *at the end* if only line ends and other control bytes follow. Which it is
//! shows later, so control bytes wait, at most [`LISTED`] of each value; the rest are counted.

use std::io::{self, Read};

use super::decode;
use super::hit::Hit;
use super::points::{Points, Seen, is_isolate};
use super::window::{View, Window};
use crate::inspect::{Encoding, Sweep};
use crate::model::{Evidence, Groups, LineEnd, LineEnds};
use crate::rules::literals::{Form, Match};
use crate::rules::{Event, IllFormed, Literals, Oddity};

/// Hits of one control byte that wait in full.
pub(super) const LISTED: usize = 16;
/// Bytes that are passed over together.
const STRETCH: usize = 4 << 10;

/// What was counted along the way.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// Characters of more than one byte.
    pub(super) well_formed: u64,
    /// Places that are of another encoding, or damaged.
    pub(super) ill_formed: u64,
    /// How lines end.
    pub(super) ends: LineEnds,
    /// The first line that ends so, in the order of [`LineEnd`].
    pub(super) first_ends: [Option<Hit>; 3],
    /// The first character, or byte, that is not ASCII.
    pub(super) first_high: Option<Hit>,
}

/// What a scan looks for that costs time where nobody asks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted<'a> {
    /// Byte strings.
    pub(super) literals: Option<&'a Literals>,
    /// Blanks before line ends.
    pub(super) trailing_blanks: bool,
    /// The groups of characters that are minded.
    pub(super) told: Groups,
    /// Control bytes that are minded at the end alone: bit n for byte n, bit 32 for DEL.
    pub(super) by_design: u64,
}

/// A scan under way.
struct Scan<'a> {
    encoding: Encoding,
    sink: &'a mut dyn FnMut(&Hit),
    line: u64,
    column: u64,
    points: Points,
    /// Controls that turn the direction in this line and that nothing has closed yet.
    open: Vec<Hit>,
    wanted: Wanted<'a>,
    /// Where what could not be passed over ends.
    tried: u64,
    /// Control bytes of which it is not yet known whether they stand at the end.
    waiting: Vec<Hit>,
    /// How many of each wait; DEL is the last.
    kept: [usize; 33],
    tally: Tally,
}

/// Reads a text to its end and gives each hit to `sink`. `start` is the offset of its first byte in
/// the entry.
pub(super) fn scan(
    data: &mut dyn Read,
    start: u64,
    encoding: Encoding,
    wanted: Wanted<'_>,
    sink: &mut dyn FnMut(&Hit),
) -> io::Result<Tally> {
    let mut scan = Scan {
        encoding,
        sink,
        line: 1,
        column: 1,
        points: Points::default(),
        open: Vec::new(),
        wanted,
        tried: 0,
        waiting: Vec::new(),
        kept: [0; 33],
        tally: Tally::default(),
    };
    let mut window = Window::new(data, start);
    let mut at = 0;
    let mut is_first = true;
    while let Some(view) = window.next(at)? {
        at = view.from;
        if is_first {
            at = byte_order_mark(view.bytes, encoding);
            is_first = false;
        }
        // A text is looked at from literal to literal, so that each is told at its line and column.
        let found = wanted
            .literals
            .map(|literals| literals.matches(view.bytes, at, view.limit, form(encoding)));
        for found in found.iter().flatten() {
            at = scan.piece(&View { limit: found.at, ..view }, at);
            let hit = scan.hit(&view, found.at, Event::Literal(found.rule), found.length);
            (scan.sink)(&hit);
        }
        at = scan.piece(&view, at);
    }
    scan.settle(true);
    scan.end_paragraph();
    Ok(scan.tally)
}

/// How literals stand in a text of that encoding.
fn form(encoding: Encoding) -> Form {
    match encoding {
        Encoding::Utf8 { .. } | Encoding::SingleByte | Encoding::MultiByte(_) => Form::Narrow,
        Encoding::Utf16Le => Form::Utf16Le,
        Encoding::Utf16Be => Form::Utf16Be,
    }
}

/// Reads what is no text to its end and gives each literal in it to `sink`, without line and column.
pub(super) fn scan_bytes(
    data: &mut dyn Read,
    literals: &Literals,
    sink: &mut dyn FnMut(&Hit),
) -> io::Result<()> {
    let mut window = Window::new(data, 0);
    let mut at = 0;
    while let Some(view) = window.next(at)? {
        for Match { at, length, rule } in
            literals.matches(view.bytes, view.from, view.limit, Form::Narrow)
        {
            sink(&view.hit(at, Event::Literal(rule), length, (0, 0)));
        }
        at = view.limit;
    }
    Ok(())
}

/// Bytes of a byte order mark: no character of the text.
fn byte_order_mark(bytes: &[u8], encoding: Encoding) -> usize {
    match encoding {
        Encoding::Utf8 { .. } if bytes.starts_with(b"\xef\xbb\xbf") => 3,
        Encoding::Utf16Le if bytes.starts_with(b"\xff\xfe") => 2,
        Encoding::Utf16Be if bytes.starts_with(b"\xfe\xff") => 2,
        _ => 0,
    }
}

/// Bytes from the first on that no rule minds; in an eight-bit text with those above 0x7F. Asked of
/// blocks that the compiler makes vector code of.
#[expect(clippy::needless_bitwise_bool, reason = "lazy operators are branches, and no vector code")]
fn ordinary_run(bytes: &[u8], single: bool) -> usize {
    const BLOCK: usize = 32;
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    let high = if single { 0x80 } else { 0 };
    let is_ordinary = |b: u8| (b.wrapping_sub(0x20) < 0x5f) | (b == b'\t') | (b & high != 0);
    let all = |block: &&[u8; BLOCK]| block.iter().fold(true, |all, &b| all & is_ordinary(b));
    let passed = blocks.iter().take_while(all).count() * BLOCK;
    let rest = bytes.get(passed..).unwrap_or_default();
    passed + rest.iter().position(|&b| !is_ordinary(b)).unwrap_or(rest.len())
}

/// How many bytes are of a kind: in runs that a counter of eight bits holds, as vectors have most of.
fn count(bytes: &[u8], is: impl Fn(u8) -> bool) -> u64 {
    let of_run = |run: &[u8]| run.iter().map(|&b| u8::from(is(b))).sum::<u8>();
    bytes.chunks(255).map(|run| u64::from(of_run(run))).sum()
}

impl Scan<'_> {
    /// Looks at the text up to the view's limit; returns where it stopped.
    fn piece(&mut self, view: &View<'_>, at: usize) -> usize {
        match self.encoding {
            Encoding::Utf8 { .. } | Encoding::SingleByte | Encoding::MultiByte(_) => {
                self.bytes(view, at)
            }
            Encoding::Utf16Le => self.units(view, at, u16::from_le_bytes),
            Encoding::Utf16Be => self.units(view, at, u16::from_be_bytes),
        }
    }

    /// Looks at texts of bytes up to the view's limit; returns where it stopped.
    fn bytes(&mut self, view: &View<'_>, mut at: usize) -> usize {
        while let Some(&byte) = view.bytes.get(at).filter(|_| at < view.limit) {
            if view.offset(at) >= self.tried && self.points.is_behind_ascii() {
                let passed = self.pass_over(view, at);
                if passed > 0 {
                    at += passed;
                    continue;
                }
            }
            match byte {
                b'\n' | b'\r' => {
                    let has_both = byte == b'\r' && view.bytes.get(at + 1) == Some(&b'\n');
                    let length = if has_both { 2 } else { 1 };
                    self.line_end(view, at, byte, length, 1);
                    at += length;
                }
                0..0x20 | 0x7f if byte != b'\t' => {
                    let next = |n: usize| view.bytes.get(at + 1 + n).copied();
                    let sequence = match byte {
                        0x1b => decode::begins_sequence(next),
                        0x08 => {
                            let before = view.bytes.get(at.saturating_sub(4)..at);
                            let after = view.bytes.get(at + 1..).unwrap_or_default();
                            decode::strikes_over(before.unwrap_or_default(), after)
                        }
                        _ => false,
                    };
                    self.control(view, at, byte, 1, sequence);
                    at += 1;
                }
                0x80.. if self.encoding != Encoding::SingleByte => at += self.character(view, at),
                _ => {
                    let rest = view.bytes.get(at..view.limit).unwrap_or_default();
                    let single = self.encoding == Encoding::SingleByte;
                    let run = ordinary_run(rest, single);
                    if single
                        && self.tally.first_high.is_none()
                        && let Some(high) = rest.iter().take(run).position(|&b| b >= 0x80)
                    {
                        let place = (self.line, self.column + high as u64);
                        let event = Event::CodePoint(0);
                        self.tally.first_high = Some(view.hit(at + high, event, 1, place));
                    }
                    if let Some(&last) = run.checked_sub(1).and_then(|last| rest.get(last)) {
                        self.points.ascii(last.min(0x7f));
                    }
                    self.ordinary(run as u64);
                    at += run;
                }
            }
        }
        at
    }

    /// Passes over a stretch of UTF-8 in which nothing is minded, as most of a text is; returns its bytes,
    /// or 0 if they must be looked at one by one.
    ///
    /// It begins behind an ASCII character and ends with one that can be seen, so that no pair is cut
    /// and no control byte in it stands at the end of the text.
    fn pass_over(&mut self, view: &View<'_>, at: usize) -> usize {
        let is_utf8 = matches!(self.encoding, Encoding::Utf8 { .. });
        if !is_utf8 || self.wanted.trailing_blanks || !self.open.is_empty() {
            return 0;
        }
        let end = view.limit.min(at + STRETCH);
        self.tried = view.offset(end);
        let stretch = view.bytes.get(at..end).unwrap_or_default();
        let Some(last) = stretch.iter().rposition(u8::is_ascii_graphic) else { return 0 };
        let stretch = stretch.get(..=last).unwrap_or_default();
        // At the start of a text it is none.
        if stretch.starts_with("\u{feff}".as_bytes()) {
            return 0;
        }
        let mut sweep = Sweep::new();
        sweep.update(stretch);
        let census = sweep.finish();
        let blanks: u64 = 1 << b'\t' | 1 << b'\n' | 1 << b'\r';
        let held = u64::from(census.controls) | u64::from(census.del > 0) << 32;
        let is_plain = census.utf8
            && held & !(blanks | self.wanted.by_design) == 0
            && census.cr == census.crlf
            && !census.told.meets(self.wanted.told);
        // The first of each kind is kept.
        let ends = census.line_ends();
        let [first_lf, first_crlf, _] = &self.tally.first_ends;
        let is_known = (ends.lf == 0 || first_lf.is_some())
            && (ends.crlf == 0 || first_crlf.is_some())
            && (census.high == 0 || self.tally.first_high.is_some());
        if !is_plain || !is_known {
            return 0;
        }
        self.settle(false);
        self.tally.ends.lf += ends.lf;
        self.tally.ends.crlf += ends.crlf;
        let line = memchr::memrchr(b'\n', stretch).map_or(0, |end| end + 1);
        let line = stretch.get(line..).unwrap_or_default();
        let mut characters = line.len() as u64;
        if census.high > 0 {
            self.tally.well_formed += count(stretch, |b| b >= 0xc0);
            characters -= count(line, |b| b & 0xc0 == 0x80);
        }
        if ends.all() > 0 {
            self.line += ends.all();
            self.column = 1;
        }
        self.column += characters;
        self.points.ascii(stretch.last().copied().unwrap_or_default());
        stretch.len()
    }

    /// Takes a character that is not ASCII; returns its bytes.
    fn character(&mut self, view: &View<'_>, at: usize) -> usize {
        let rest = view.bytes.get(at..).unwrap_or_default();
        let (decoded, length) = if let Encoding::MultiByte(of) = self.encoding {
            (None, of.length(rest))
        } else {
            let (decoded, length) = decode::utf8(rest);
            (Some(decoded), length)
        };
        self.settle(false);
        if self.tally.first_high.is_none() {
            self.tally.first_high = Some(self.hit(view, at, Event::CodePoint(0), length));
        }
        match decoded {
            // Characters are told by their numbers, and so are looked for in Unicode alone.
            None => {}
            Some(Ok(point)) => {
                self.tally.well_formed += 1;
                self.point(view, at, point, length, |n| {
                    let mut behind = length;
                    for _ in 0..n {
                        behind += decode::utf8(rest.get(behind..)?).1;
                    }
                    decode::utf8(rest.get(behind..).filter(|rest| !rest.is_empty())?).0.ok()
                });
            }
            Some(Err(why)) => {
                // The other two are built as UTF-8 is, so they say nothing against it.
                self.tally.ill_formed += u64::from(why == IllFormed::Other);
                self.points = Points::default();
                let hit = self.hit(view, at, Event::IllFormed(why), length);
                (self.sink)(&hit);
            }
        }
        self.ordinary(1);
        length
    }

    /// Takes a character that is not ASCII. `next(n)` is the n-th behind it.
    fn point(
        &mut self,
        view: &View<'_>,
        at: usize,
        point: u32,
        length: usize,
        next: impl Fn(usize) -> Option<u32>,
    ) {
        let alone = |scan: &Self| scan.hit(view, at, Event::CodePoint(point), length);
        match self.points.see(point, &next) {
            Seen::Plain => {}
            Seen::Told(event) => {
                let hit = self.hit(view, at, event, length);
                (self.sink)(&hit);
            }
            Seen::Together(event, count) => {
                let others = (0..count - 1).filter_map(next).map(|point| self.width(point));
                let hit = self.hit(view, at, event, length + others.sum::<usize>());
                (self.sink)(&hit);
            }
            Seen::Opens if self.open.len() < LISTED => self.open.push(alone(self)),
            Seen::Opens => {
                if let Some(last) = self.open.last_mut() {
                    last.more += 1;
                }
            }
            closes @ (Seen::Pops | Seen::PopsIsolate) => {
                let isolate = closes == Seen::PopsIsolate;
                let is_it = |hit: &Hit| matches!(hit.event, Event::CodePoint(point) if is_isolate(point) == isolate);
                // An isolate closes with all that it holds; what is outside of it stays open.
                let last = self.open.len().checked_sub(1);
                let from = if isolate {
                    self.open.iter().rposition(is_it)
                } else {
                    last.filter(|_| self.open.last().is_some_and(is_it))
                };
                if let Some(from) = from {
                    self.open.drain(from..).for_each(|hit| (self.sink)(&hit));
                } else {
                    let hit = alone(self);
                    (self.sink)(&hit);
                }
            }
        }
        if matches!(point, 0x85 | 0x2029) {
            self.end_paragraph();
        }
    }

    /// Bytes of a character in this encoding.
    fn width(&self, point: u32) -> usize {
        char::from_u32(point).map_or(1, |c| match self.encoding {
            Encoding::Utf16Le | Encoding::Utf16Be => 2 * c.len_utf16(),
            _ => c.len_utf8(),
        })
    }

    /// Looks at texts of 16-bit units; an odd byte at the end is looked at as it is.
    fn units(&mut self, view: &View<'_>, mut at: usize, order: fn([u8; 2]) -> u16) -> usize {
        let unit = |at: usize| view.bytes.get(at..)?.first_chunk::<2>().map(|&unit| order(unit));
        // The character at an offset, and how many bytes it takes.
        let character = |at: usize| -> Option<(Result<u32, u16>, usize)> {
            let first = unit(at)?;
            let second = unit(at + 2);
            let (high, low) = (0xd800..0xdc00, 0xdc00..0xe000);
            Some(match second {
                Some(second) if high.contains(&first) && low.contains(&second) => {
                    let point = (u32::from(first) - 0xd800) << 10 | (u32::from(second) - 0xdc00);
                    (Ok(0x1_0000 + point), 4)
                }
                _ if high.contains(&first) || low.contains(&first) => (Err(first), 2),
                _ => (Ok(first.into()), 2),
            })
        };
        while at < view.limit {
            let Some((value, length)) = character(at) else {
                if let Some(&byte) = view.bytes.get(at) {
                    self.odd_byte(view, at, byte);
                }
                return view.bytes.len();
            };
            match value {
                Ok(end @ (0x0a | 0x0d)) => {
                    let has_both = end == 0x0d && unit(at + 2) == Some(0x0a);
                    let length = if has_both { 4 } else { 2 };
                    self.line_end(view, at, end as u8, length, 2);
                    at += length;
                    continue;
                }
                Ok(value @ (0x00..0x20 | 0x7f)) if value != 0x09 => {
                    let next = |n: usize| u8::try_from(unit(at + 2 + 2 * n)?).ok();
                    let sequence = value == 0x1b && decode::begins_sequence(next);
                    self.control(view, at, value as u8, 2, sequence);
                }
                Ok(value @ 0..0x80) => {
                    self.points.ascii(value as u8);
                    self.ordinary(1);
                }
                Ok(value) => {
                    self.settle(false);
                    self.point(view, at, value, length, |n| {
                        let mut behind = at + length;
                        for _ in 0..n {
                            behind += character(behind)?.1;
                        }
                        character(behind)?.0.ok()
                    });
                    self.ordinary(1);
                }
                Err(half) => {
                    self.settle(false);
                    let event = Event::Oddity(Oddity::LoneSurrogate, half.into());
                    let hit = self.hit(view, at, event, 2);
                    (self.sink)(&hit);
                    self.ordinary(1);
                }
            }
            at += length;
        }
        at
    }

    /// One byte behind the last unit: a control byte that a stray key left is told as such.
    fn odd_byte(&mut self, view: &View<'_>, at: usize, byte: u8) {
        if byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r') || byte == 0x7f {
            self.control(view, at, byte, 1, false);
            return;
        }
        let hit = self.hit(view, at, Event::Oddity(Oddity::OddByte, byte.into()), 1);
        (self.sink)(&hit);
    }

    /// LF, CR and CR LF each end one line. `length` bytes make the end, `unit` a character.
    fn line_end(&mut self, view: &View<'_>, at: usize, byte: u8, length: usize, unit: usize) {
        let end = match byte {
            b'\n' => LineEnd::Lf,
            _ if length > unit => LineEnd::Crlf,
            _ => LineEnd::Cr,
        };
        let ends = &mut self.tally.ends;
        *match end {
            LineEnd::Lf => &mut ends.lf,
            LineEnd::Crlf => &mut ends.crlf,
            LineEnd::Cr => &mut ends.cr,
        } += 1;
        if self.tally.first_ends.get(end as usize).is_some_and(Option::is_none) {
            let hit = self.hit(view, at, Event::Control { byte, sequence: false }, length);
            self.tally.first_ends[end as usize] = Some(hit);
        }
        if self.wanted.trailing_blanks {
            self.blanks_before(view, at, unit);
        }
        self.end_paragraph();
        self.points = Points::default();
        self.line += 1;
        self.column = 1;
    }

    /// Tells the blanks, at most as many as stay in the buffer, before a line end.
    fn blanks_before(&mut self, view: &View<'_>, at: usize, unit: usize) {
        let is_blank = |bytes: &[u8]| match (bytes, self.encoding) {
            ([b], _) | ([b, 0], Encoding::Utf16Le) | ([0, b], Encoding::Utf16Be) => {
                matches!(b, b' ' | b'\t')
            }
            _ => false,
        };
        let before = view.bytes.get(at.saturating_sub(Evidence::BEFORE)..at).unwrap_or_default();
        let count = before.rchunks_exact(unit).take_while(|bytes| is_blank(bytes)).count();
        let count = count.min(usize::try_from(self.column - 1).unwrap_or(count));
        if count > 0 {
            let event = Event::Oddity(Oddity::TrailingBlank, 0x20);
            let place = (self.line, self.column - count as u64);
            let hit = view.hit(at - count * unit, event, count * unit, place);
            (self.sink)(&hit);
        }
    }

    /// What turns the direction ends with its line (Unicode Standard Annex #9, X8).
    fn end_paragraph(&mut self) {
        for mut hit in self.open.drain(..) {
            if let Event::CodePoint(point) = hit.event {
                hit.event = Event::Oddity(Oddity::UnclosedBidi, point);
            }
            (self.sink)(&hit);
        }
    }

    /// Characters that no rule minds: what waited does not stand at the end.
    fn ordinary(&mut self, characters: u64) {
        self.settle(false);
        self.column += characters;
    }

    fn control(&mut self, view: &View<'_>, at: usize, byte: u8, length: usize, sequence: bool) {
        let event = Event::Control { byte, sequence };
        let offset = view.offset(at);
        let same = |hit: &&mut Hit| hit.event == event && hit.offset + hit.length == offset;
        let kept = self.kept.get_mut(usize::from(byte).min(32));
        if let Some(hit) = self.waiting.last_mut().filter(same) {
            hit.length += length as u64;
        } else if let Some(kept) = kept
            && *kept < LISTED
        {
            *kept += 1;
            let hit = self.hit(view, at, event, length);
            self.waiting.push(hit);
        } else {
            let last = self.waiting.iter_mut().rev().find(|hit| hit.event == event);
            if let Some(hit) = last {
                hit.more += 1;
            } else {
                // Sixteen of the byte wait, and none begins a sequence as this one does.
                let hit = self.hit(view, at, event, length);
                self.waiting.push(hit);
            }
        }
        self.column += 1;
        self.points.ascii(byte);
    }

    /// What waits stands at the end, or does not.
    fn settle(&mut self, at_end: bool) {
        if self.waiting.is_empty() {
            return;
        }
        for mut hit in self.waiting.drain(..) {
            hit.at_end = at_end;
            (self.sink)(&hit);
        }
        self.kept = [0; 33];
    }

    fn hit(&self, view: &View<'_>, at: usize, event: Event, length: usize) -> Hit {
        view.hit(at, event, length, (self.line, self.column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::MultiByte;
    use proptest::prelude::*;

    /// Gives at most `step` bytes a read.
    struct Drip<'a>(&'a [u8], usize);

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let step = self.1.min(buffer.len());
            self.0.read(&mut buffer[..step])
        }
    }

    fn hits(
        bytes: &[u8],
        encoding: Encoding,
        step: usize,
    ) -> Vec<(u64, u64, u64, u64, bool, Vec<u8>)> {
        let mut all = Vec::new();
        scan(&mut Drip(bytes, step), 0, encoding, Wanted::default(), &mut |hit| {
            all.push((
                hit.offset,
                hit.length,
                hit.line,
                hit.column,
                hit.at_end,
                hit.evidence().bytes,
            ));
        })
        .expect("memory");
        all
    }

    fn places(bytes: &[u8], encoding: Encoding) -> Vec<(u64, u64, u64, u64, bool)> {
        hits(bytes, encoding, 7).into_iter().map(|(o, l, n, c, e, _)| (o, l, n, c, e)).collect()
    }

    #[test]
    fn what_is_passed_over_changes_nothing() {
        let minded = Groups(0xff);
        let things = [
            "\u{202e}",
            "\x04",
            "\u{200b}x",
            "\r",
            "\x0c",
            "®",
            "Ã©",
            "\n\n",
            "x\r\n",
            "\x1f\n",
            "\u{fe0f}",
            "\u{fe0f}\u{fe0f}",
            "\u{2066}a",
            "\u{feff}",
            "\n\x1f",
        ];
        for end in ["\n", "\r\n", "; "] {
            let line = format!("word® words{end}");
            for thing in things {
                let text = |before: usize| {
                    let some = line.repeat(before / line.len());
                    format!("{some}{thing}{}{thing}", line.repeat(STRETCH / 4))
                };
                for before in (0..2 * STRETCH).step_by(STRETCH / 9 + 1) {
                    let text = text(before);
                    let told = |text: &str, is_whole: bool| {
                        let mut all = Vec::new();
                        let wanted =
                            Wanted { told: minded, by_design: 1 << 0x1f, ..Wanted::default() };
                        let mut sink = |hit: &Hit| {
                            if hit.at_end || !matches!(hit.event, Event::Control { byte: 0x1f, .. })
                            {
                                all.push((hit.event, hit.offset, hit.line, hit.column, hit.length));
                            }
                        };
                        // Where blanks are minded, nothing is passed over.
                        let wanted = Wanted { trailing_blanks: !is_whole, ..wanted };
                        let tally = scan(&mut text.as_bytes(), 0, UTF8, wanted, &mut sink);
                        all.retain(|(event, ..)| {
                            !matches!(event, Event::Oddity(Oddity::TrailingBlank, _))
                        });
                        (all, format!("{tally:?}"))
                    };
                    assert_eq!(
                        told(&text, true),
                        told(&text, false),
                        "{thing:?} behind {before}, {end:?}"
                    );
                }
            }
        }
    }

    static LONG: [u8; 15_000] = [b'x'; 15_000];
    const UTF8: Encoding = Encoding::Utf8 { declared: false };

    #[test]
    fn places_in_each_encoding() {
        assert_eq!(places(b"a\nbc\x04", UTF8), [(4, 1, 2, 3, true)]);
        assert_eq!(places(b"a\r\nb\rc\x04\r\n", UTF8), [(6, 1, 3, 2, true)]);
        assert_eq!(places("®\x04x".as_bytes(), UTF8), [(2, 1, 1, 2, false)]);
        assert_eq!(places(b"\xa8\x04x", Encoding::SingleByte), [(1, 1, 1, 2, false)]);
        let japanese = Encoding::MultiByte(MultiByte::ShiftJis);
        assert_eq!(places(b"\x93\xfa\x96\x7b\xb1\x04x\x04y", japanese)[0], (5, 1, 1, 4, false));
        assert_eq!(places(b"\xff\xfea\0\x04\0", Encoding::Utf16Le), [(4, 2, 1, 2, true)]);
        assert_eq!(places(b"\xff\xfea\0\n\0\x04", Encoding::Utf16Le), [(6, 1, 2, 1, true)]);
        assert_eq!(
            places(b"\xfe\xff\xd8\x34\xdd\x1e\0\x04\0x", Encoding::Utf16Be),
            [(6, 2, 1, 2, false)]
        );
        assert_eq!(
            places(b"\xef\xbb\xbfa\x04\x04\n\x1a", UTF8),
            [(4, 2, 1, 2, true), (7, 1, 2, 1, true)]
        );
        assert_eq!(places(b"a\x80b", UTF8), [(1, 1, 1, 2, false)]);
    }

    #[test]
    fn a_flood_is_counted_and_not_kept() {
        let bytes = b"\x01\x04".repeat(100_000);
        let mut listed = 0;
        let mut all = 0;
        scan(&mut &bytes[..], 0, UTF8, Wanted::default(), &mut |hit| {
            listed += 1;
            all += 1 + hit.more;
            assert!(hit.at_end);
        })
        .expect("memory");
        assert_eq!((listed, all), (2 * LISTED, 200_000));
    }

    proptest! {
        #[test]
        fn chunks_change_nothing(
            pieces in prop::collection::vec(prop_oneof![
                Just(&b"\x04"[..]), Just(&b"\r\n"[..]), Just(&b"\x1b[0m"[..]), Just(&b"words "[..]),
                Just("é€𝄞\u{85}".as_bytes()), Just(&b"\xff\xc0\x80"[..]), Just(LONG.as_slice()),
            ], 0..24),
            step in 1usize..70_000,
        ) {
            let bytes = pieces.concat();
            for encoding in [UTF8, Encoding::SingleByte, Encoding::Utf16Le] {
                prop_assert_eq!(hits(&bytes, encoding, step), hits(&bytes, encoding, usize::MAX));
            }
            for (offset, length, .., evidence) in hits(&bytes, UTF8, step) {
                let (offset, length) = (offset as usize, length as usize);
                let start = offset.saturating_sub(16);
                prop_assert_eq!(&evidence[..], &bytes[start..bytes.len().min(start + 32)]);
                prop_assert!(length > 0);
            }
        }
    }
}
