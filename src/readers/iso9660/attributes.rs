//! What the Rock Ridge entries of one record say: mode, owner, links, device, target, time stamps.
//!
//! IEEE P1282 (RRIP 1.12) 4.1, Apple's "AA" entry, AAIP 2.0 ("AL"). How entries follow each other is
//! left to [`super::susp`].

use std::ops::Range;

use super::field::{Both, both32, long_date, short_date};
use super::susp::{Attributes, Here, each};
use crate::model::fact::{Fact, Field, Value, field};
use crate::model::{Kind, Part};
use crate::source::be16;

/// Bytes of a stamp and how they are read.
type StampForm = (usize, fn(&[u8]) -> Option<Value>);

impl Attributes {
    /// What the entry is, by its recorded type; a directory is one by its record. Adds the facts
    /// that need all entries: mode and target.
    pub(super) fn settle(&mut self, is_directory: bool) -> Kind {
        const TYPES: [(u32, Kind); 7] = [
            (0o100_000, Kind::File),
            (0o040_000, Kind::Directory),
            (0o120_000, Kind::Symlink),
            (0o060_000, Kind::BlockDevice),
            (0o020_000, Kind::CharDevice),
            (0o010_000, Kind::Fifo),
            (0o140_000, Kind::Socket),
        ];
        let by_mode = self.mode.and_then(|mode| {
            TYPES.iter().find(|(bits, _)| *bits == mode & !0o7777).map(|(_, kind)| *kind)
        });
        let kind = match by_mode {
            _ if is_directory => Kind::Directory,
            Some(Kind::Directory) | None if self.target.is_some() => Kind::Symlink,
            Some(Kind::Directory) | None => Kind::File,
            Some(kind) => kind,
        };
        if let Some(mode) = self.mode {
            self.facts.push(Fact::new(field::MODE, Value::Mode((mode & 0o7777) as u16)));
            if by_mode != Some(kind) {
                let text = format!("PX mode {mode:o}");
                self.facts.push(Fact::new(field::EXTRA, Value::Text(text.into())));
            }
        }
        if let Some(target) = self.target.take() {
            self.facts.push(Fact::new(field::TARGET, Value::Bytes(target.into())));
        }
        kind
    }

    /// Keeps in mind that an entry is there.
    pub(super) fn note_presence(&mut self, signature: [u8; 2]) {
        self.present |= match &signature {
            b"PX" => 0x01,
            b"PN" => 0x02,
            b"SL" => 0x04,
            b"TF" => 0x80,
            _ => 0,
        };
    }

    /// Entries whose fields are facts.
    pub(super) fn tell(
        &mut self,
        signature: [u8; 2],
        entry: &[u8],
        here: &Here,
        parts: &mut Vec<Part>,
    ) {
        let length = entry.len();
        self.note_presence(signature);
        match &signature {
            b"PX" if matches!(length, 36 | 44) && self.mode.is_none() => {
                let fields = [
                    (4, None),
                    (12, Some(field::LINKS)),
                    (20, Some(field::UID)),
                    (28, Some(field::GID)),
                    (36, Some(field::SERIAL)),
                ];
                for (at, name) in fields {
                    let Some(both) = both32(entry, at) else { break };
                    match name {
                        None => self.mode = Some(both.value),
                        Some(name) => self.facts.push(Fact::number(name, both.value)),
                    }
                    self.both_fact(both, here, at, parts);
                }
            }
            b"PN" if length == 20 => {
                if let (Some(high), Some(low)) = (both32(entry, 4), both32(entry, 12)) {
                    let text = format!("{},{}", high.value, low.value);
                    self.facts.push(Fact::new(field::DEVICE, Value::Text(text.into())));
                    self.both_fact(high, here, 4, parts);
                    self.both_fact(low, here, 12, parts);
                }
            }
            b"SL" if length >= 5 => self.link(entry, here, parts),
            b"TF" if length >= 5 => self.stamps(entry, here, parts, None),
            b"SF" | b"ZF" | b"ER" | b"AL" => {
                let payload = Value::bytes(entry.get(4..).unwrap_or_default());
                let name = if &signature == b"AL" { field::XATTR } else { field::EXTRA };
                self.facts.push(Fact::new(name, payload));
                parts.push(here.fact(4..length));
                match &signature {
                    b"SF" => self.unsupported = Some("sparse file (SF) is read as it is stored"),
                    b"ZF" => {
                        self.unsupported = Some("compressed file (ZF, zisofs) is read as stored");
                    }
                    _ => {}
                }
            }
            // Apple's entry has its system identifier, 2 for HFS, in place of a version.
            b"AA" if length == 14 && entry.get(3) == Some(&2) => {
                let four = |range| Value::bytes(entry.get(range).unwrap_or_default());
                self.facts.push(Fact::new(field::MAC_TYPE, four(4..8)));
                self.facts.push(Fact::new(field::MAC_CREATOR, four(8..12)));
                self.facts.extend(be16(entry, 12).map(|f| Fact::number(field::MAC_FLAGS, f)));
                parts.push(here.fact(3..14));
            }
            _ => {}
        }
    }

    /// A symbolic link's components: their flags and lengths are layout, their text is the target.
    fn link(&mut self, entry: &[u8], here: &Here, parts: &mut Vec<Part>) {
        let mut target = self.target.take().unwrap_or_default();
        let mut goes_on = std::mem::take(&mut self.component_goes_on);
        parts.push(here.layout(2..4, entry.get(3) == Some(&1)));
        let mut at = 5;
        while let (Some(&flags), Some(&length)) = (entry.get(at), entry.get(at + 1)) {
            let end = at + 2 + usize::from(length);
            let Some(text) = entry.get(at + 2..end) else { break };
            if !goes_on && !target.is_empty() && target != b"/" {
                target.push(b'/');
            }
            match flags & 0x0e {
                2 => target.push(b'.'),
                4 => target.extend_from_slice(b".."),
                8 => target = b"/".to_vec(),
                _ => {}
            }
            target.extend_from_slice(text);
            goes_on = flags & 1 != 0;
            parts.push(here.layout(at + 1..at + 2, flags & !0x0f == 0));
            parts.push(here.fact(at + 2..end));
            at = end;
        }
        self.component_goes_on = goes_on;
        self.target = Some(target);
    }

    /// Time stamps, in the short or the long form. In a copy, those that `told` has at the same place
    /// need no second fact.
    pub(super) fn stamps(
        &mut self,
        entry: &[u8],
        here: &Here,
        parts: &mut Vec<Part>,
        told: Option<&[u8]>,
    ) {
        const STAMPS: [Field; 7] = [
            field::BIRTHTIME,
            field::MTIME,
            field::ATIME,
            field::CTIME,
            field::BACKUP_TIME,
            field::EXPIRATION_TIME,
            field::EFFECTIVE_TIME,
        ];
        if told.is_some() {
            self.told.extend_from_slice(entry);
        }
        let flags = entry.get(4).copied().unwrap_or_default();
        let (size, date): StampForm =
            if flags & 0x80 == 0 { (7, short_date) } else { (17, long_date) };
        let expected = 5 + size * (flags & 0x7f).count_ones() as usize;
        let fits = expected == entry.len();
        parts.push(here.layout(2..5, fits && entry.get(3) == Some(&1)));
        let mut at = 5;
        for (bit, name) in STAMPS.into_iter().enumerate() {
            if flags >> bit & 1 == 0 {
                continue;
            }
            let Some(bytes) = entry.get(at..at + size) else { break };
            let recorded = date(bytes);
            match told {
                // A second stamp of one kind is told by nothing.
                None if self.facts.iter().any(|fact| fact.field == name) => {
                    at += size;
                    continue;
                }
                None => self.facts.extend(recorded.map(|date| Fact::new(name, date))),
                Some(told) if has_stamp(told, entry, at..at + size) => {}
                Some(_) => {
                    let date = recorded.map_or_else(String::new, |date| date.text());
                    let is_access = name == field::ATIME;
                    let copy = if is_access { field::COPY_ACCESS } else { field::COPY_DATES };
                    self.copies.push((copy, format!("{} {date}", name.name())));
                }
            }
            parts.push(here.fact(at..at + size));
            at += size;
        }
    }

    /// A number told by a fact: where the byte orders differ, the big-endian half is a
    /// layout field that does not recompute.
    fn both_fact(&mut self, both: Both, here: &Here, at: usize, parts: &mut Vec<Part>) {
        self.check(both, here, at, "Rock Ridge attribute");
        if both.agrees() {
            parts.push(here.fact(at..at + 8));
        } else {
            parts.push(here.fact(at..at + 4));
            parts.push(here.layout(at + 4..at + 8, false));
        }
    }
}

/// Whether an entry of time stamps of the same form was told with the same stamp in that place.
fn has_stamp(told: &[u8], entry: &[u8], at: Range<usize>) -> bool {
    each(told).any(|known| {
        known.get(..5) == entry.get(..5) && known.get(at.clone()) == entry.get(at.clone())
    })
}
