//! Accounting for a directory: every byte of its records, its own two records, the padding of its
//! sectors.
//!
//! ECMA-119 6.8.1, 6.8.2.2 and 9.1. Of a record, identifier, date and flags are told by the facts of
//! its entry; lengths, places and sizes are layout; what is left is residue.

use super::field::{Both, short_date};
use super::image::Image;
use super::record::{DIRECTORY, FIXED, Record, Rest};
use super::tree::{Directory, Tree};
use super::xa;
use crate::model::fact::field;
use crate::model::{GapKind, Owner, Part, Role, Structure};

static DIRECTORY_RECORD: Role = Role::structure("directory record");
static DIRECTORY_PADDING: Role = Role::structure("directory padding");
static ATTRIBUTE_RECORD: Role = Role::structure("extended attribute record");

/// What of a record the facts of its owner tell.
#[derive(Clone, Copy)]
pub(super) struct Told {
    /// The date is the one that a fact tells.
    pub(super) date: bool,
    /// The XA field is the one that facts tell.
    pub(super) xa: bool,
    /// `None` if a fact tells the flags, else whether they are what they have to be; otherwise they
    /// stay as they are.
    pub(super) flags: Option<bool>,
}

/// The system use field of a record.
pub(super) fn system_use<'b>(bytes: &'b [u8], record: &Record) -> &'b [u8] {
    bytes.get(record.start + record.system_start()..record.range().end).unwrap_or_default()
}

impl Tree {
    /// Padding and broken records.
    pub(super) fn between(&self, image: &mut Image<'_>, index: usize, bytes: &[u8], rest: &[Rest]) {
        let Some(directory) = self.directories.get(index) else { return };
        let owner = directory.owner();
        for rest in rest {
            let (Rest::Padding(range) | Rest::Broken(range, _)) = rest;
            let here = directory.at + range.start as u64..directory.at + range.end as u64;
            if let Rest::Broken(_, message) = rest {
                let message = format!("{message} at {}", here.start);
                let at = Some(here.clone());
                let volume = &mut image.volume;
                volume.defect("structure/iso-directory-record", owner, at.clone(), message.clone());
                volume.unread(GapKind::Damaged, owner, at, message);
            }
            let left = bytes.get(range.clone()).unwrap_or_default();
            image.volume.add_residue(self.view, &DIRECTORY_PADDING, owner, here.start, left);
        }
    }

    /// The XA field of a record; empty if it has none.
    pub(super) fn xa_of<'b>(&self, bytes: &'b [u8], record: &Record) -> &'b [u8] {
        let field = if self.has_xa(bytes, record) { system_use(bytes, record) } else { &[] };
        field.get(..xa::LENGTH).unwrap_or_default()
    }

    /// Whether a record has an XA field, which Rock Ridge, if it is there, skips.
    pub(super) fn has_xa(&self, bytes: &[u8], record: &Record) -> bool {
        self.skip.is_none_or(|skip| skip >= xa::LENGTH) && xa::is_record(system_use(bytes, record))
    }

    /// The records of the directory itself and of the one above, which stand first.
    pub(super) fn own_records(
        &self,
        image: &mut Image<'_>,
        index: usize,
        bytes: &[u8],
        records: &[Record],
        own_parents: &mut u64,
    ) {
        let Some(directory) = self.directories.get(index) else { return };
        let Some(above) = self.directories.get(directory.parent) else { return };
        let owner = directory.owner();
        for (at, target, name) in [(0, directory, &[0u8]), (1, above, &[1u8])] {
            let Some(record) = records.get(at).filter(|record| record.name(bytes) == name) else {
                let message = format!("directory at {} lacks its record number {at}", directory.at);
                image.volume.defect("structure/iso-dot-records", owner, None, message);
                continue;
            };
            let points_at = |target: &Directory| {
                record.extent.value == target.block && record.size.value == target.size
            };
            if !points_at(target) && points_at(directory) {
                *own_parents += 1;
            } else if !points_at(target) {
                self.misdirected(image, directory, record, at, target);
            }
            let date = record.date(bytes);
            if directory.node.is_none() && at == 0 {
                if let Some(date) = short_date(date) {
                    image.volume.add_fact(self.view, field::RECORDED, date);
                }
            } else if date != target.date {
                let name = if at == 0 { "." } else { ".." };
                let date = short_date(date).map_or_else(String::new, |date| date.text());
                let text = format!("{name} recorded {date}");
                image.copy_fact(self.view, directory.node, field::COPY_DATES, &text);
            }
            let is_own = directory.node.is_none() && at == 0;
            let xa_field = self.xa_of(bytes, record);
            if is_own {
                let mut facts = Vec::new();
                xa::facts(xa_field, &mut facts);
                for fact in facts {
                    image.volume.add_fact(self.view, fact.field, fact.value);
                }
            }
            let xa = is_own || xa_field == target.xa;
            let told = Told { date: true, xa, flags: Some(record.flags == DIRECTORY) };
            self.account(image, index, bytes, record, owner, told);
        }
        // What stands first under another name is an entry like any other.
        for (at, name) in [(0, [0u8]), (1, [1u8])] {
            if let Some(record) = records.get(at)
                && matches!(record.name(bytes), [0 | 1])
                && record.name(bytes) != name
            {
                self.stray(image, index, bytes, record);
            }
        }
    }

    /// A record of the directory itself or its parent that points elsewhere.
    fn misdirected(
        &self,
        image: &mut Image<'_>,
        directory: &Directory,
        record: &Record,
        number: usize,
        target: &Directory,
    ) {
        let start = directory.at + record.start as u64;
        let message = format!(
            "record number {number} of the directory at {} points at block {} ({} bytes), expected \
             block {} ({} bytes)",
            directory.at, record.extent.value, record.size.value, target.block, target.size
        );
        let here = Some(start..start + FIXED as u64);
        image.volume.defect("structure/iso-dot-records", directory.owner(), here, message);
        image.volume.distrust_layout(self.view);
    }

    /// A record of the directory itself or its parent where none belongs: nothing of it is told.
    pub(super) fn stray(&self, image: &mut Image<'_>, index: usize, bytes: &[u8], record: &Record) {
        let Some(directory) = self.directories.get(index) else { return };
        let at = directory.at + record.start as u64;
        let owner = directory.owner();
        let message = format!("record at {at} names the directory itself or its parent again");
        let left = bytes.get(record.range()).unwrap_or_default();
        let here = Some(at..at + left.len() as u64);
        image.volume.defect("structure/iso-dot-records", owner, here, message);
        image.volume.add_residue(self.view, &DIRECTORY_RECORD, owner, at, left);
    }

    /// Accounts for a record up to its system use field, or whole where there is no Rock Ridge.
    pub(super) fn account(
        &self,
        image: &mut Image<'_>,
        index: usize,
        bytes: &[u8],
        record: &Record,
        owner: Owner,
        told: Told,
    ) {
        let Some(directory) = self.directories.get(index) else { return };
        let at = directory.at + record.start as u64;
        let range = record.range();
        let system = record.system_start();
        let whole = bytes.get(range).unwrap_or_default();
        let end = self.skip.map_or(whole.len(), |skip| (system + skip).min(whole.len()));
        let here = whole.get(..end).unwrap_or_default();
        let name = record.name_range();
        let mut parts = [const { Part::layout(0..0, true) }; 8];
        let mut count = 0;
        let mut push = |part: Part| {
            if let Some(slot) = parts.get_mut(count) {
                *slot = part;
                count += 1;
            }
        };
        // Without Rock Ridge a record ends with what is in it; with it, `susp` looks at the end.
        let rest = whole.get(system..).unwrap_or_default();
        let exact = self.skip.is_some()
            || rest.is_empty()
            || rest.len() == xa::LENGTH && self.has_xa(bytes, record)
            || rest.iter().any(|&byte| byte != 0);
        let agree = record.extent.agrees() && record.size.agrees() && exact;
        push(Part::layout(0..18, agree));
        push(Part::layout(32..33, true));
        push(Part::fact(FIXED..FIXED + name.len()));
        if told.date {
            push(Part::fact(18..25));
        }
        match told.flags {
            Some(true) => push(Part::layout(25..26, true)),
            // A zero would leave no residue.
            Some(false) if record.flags == 0 => push(Part::layout(25..26, false)),
            Some(false) => {}
            None => push(Part::fact(25..26)),
        }
        if record.sequence.agrees() && record.sequence.value == self.sequence {
            push(Part::fact(28..32));
        }
        if told.xa && self.has_xa(bytes, record) {
            push(Part::fact(system..system + xa::LENGTH));
        }
        let parts = parts.get(..count).unwrap_or_default();
        image.volume.account(&Structure {
            view: self.view,
            role: &DIRECTORY_RECORD,
            owner,
            at,
            bytes: here,
            parts,
        });
        let fields = [
            ("location of extent", 2, record.extent),
            ("data length", 10, record.size),
            ("volume sequence number", 28, record.sequence),
        ];
        for (what, offset, Both { value, big }) in fields {
            if value != big {
                image.both_endian(owner, at + offset, what, value, big);
            }
        }
        if record.attribute_blocks != 0 {
            let start = image.offset(record.extent.value);
            let length = u64::from(record.attribute_blocks) * image.block;
            let Ok(bytes) = image.read(start, length) else { return };
            let (view, role) = (self.view, &ATTRIBUTE_RECORD);
            let parts = &[];
            image.volume.structure(&Structure {
                view,
                role,
                owner,
                at: start,
                bytes: &bytes,
                parts,
            });
        }
    }
}
