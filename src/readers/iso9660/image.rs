//! The image under the reader: bounded reads, and one content for each list of extents however many
//! names in however many trees point at it.

use std::collections::HashMap;

use crate::model::fast_map::FastMap;
use std::ops::Range;

use super::SECTOR;
use super::record::Record;
use crate::model::fact::{Fact, Field, Value};
use crate::model::{ContentId, Extent, Extents, GapKind, NodeId, Owner, Stored, ViewId, Volume};
use crate::readers::{Budget, Spent};
use crate::source::{Source, read_exact};

/// The image and what is known of it so far.
pub(super) struct Image<'a> {
    pub(super) source: &'a dyn Source,
    pub(super) budget: &'a mut Budget,
    pub(super) volume: Volume,
    /// Bytes of a logical block of the set that is being read.
    pub(super) block: u64,
    /// One past the last byte of any extent met.
    pub(super) furthest: u64,
    /// Where the first boot image of the newest session's catalog lies.
    pub(super) boots_from: Option<u64>,
    single: FastMap<(u64, u64), ContentId>,
    /// The content that the next record most likely has: trees of one disc list their files in much
    /// the same order.
    likely: ContentId,
    several: HashMap<Vec<(u64, u64)>, ContentId>,
}

/// The bytes of an entry.
pub(super) struct Placed {
    /// `None` where nothing of them can be read.
    pub(super) content: Option<ContentId>,
    /// Recorded bytes that lie behind the end of the image.
    pub(super) outside: Option<Range<u64>>,
    /// Recorded as interleaved, which this reader does not read.
    pub(super) interleaved: bool,
}

impl<'a> Image<'a> {
    pub(super) fn new(source: &'a dyn Source, budget: &'a mut Budget, volume: Volume) -> Self {
        Self {
            source,
            budget,
            volume,
            block: 2048,
            furthest: 0,
            boots_from: None,
            single: FastMap::default(),
            likely: ContentId(0),
            several: HashMap::new(),
        }
    }

    /// Bytes of the image.
    pub(super) fn length(&self) -> u64 {
        self.source.len()
    }

    /// What there is of `length` bytes at `at`: fewer where the image ends or cannot be read.
    pub(super) fn read(&mut self, at: u64, length: u64) -> Result<Vec<u8>, Spent> {
        let there = self.length().saturating_sub(at).min(length);
        self.budget.structure(there)?;
        Ok(read_exact(self.source, at, there).unwrap_or_default())
    }

    /// The same for bytes that were paid for when they were read first.
    pub(super) fn read_again(&self, at: u64, length: u64) -> Vec<u8> {
        let there = self.length().saturating_sub(at).min(length);
        read_exact(self.source, at, there).unwrap_or_default()
    }

    /// First byte of a logical block.
    pub(super) fn offset(&self, block: u32) -> u64 {
        u64::from(block) * self.block
    }

    /// First byte of a sector, whatever the logical block size.
    #[expect(clippy::unused_self, reason = "stands beside `offset`, which needs the block size")]
    pub(super) fn offset_of_sector(&self, sector: u32) -> u64 {
        u64::from(sector) * SECTOR as u64
    }

    /// Notes a field whose two byte orders differ.
    pub(super) fn both_endian(&mut self, owner: Owner, at: u64, what: &str, little: u32, big: u32) {
        self.volume.defect(
            "structure/iso-both-endian",
            owner,
            Some(at..at + 8),
            format!("{what}: little-endian {little}, big-endian {big}"),
        );
    }

    /// Adds a date that a further copy of an entry's record has of its own: to the entry's facts, or
    /// to the view's if it belongs to the root.
    pub(super) fn copy_fact(
        &mut self,
        view: ViewId,
        node: Option<NodeId>,
        field: Field,
        text: &str,
    ) {
        let known = if let Some(id) = node {
            self.volume.node(id).map(|node| self.volume.facts_of(node).to_vec())
        } else {
            let view = self.volume.views.get_mut(usize::from(view.0));
            view.map(|view| std::mem::take(&mut view.facts))
        };
        let mut facts = known.unwrap_or_default();
        match facts.iter_mut().find(|fact| fact.field == field) {
            Some(fact) => fact.value = Value::Text(format!("{}; {text}", fact.value.text()).into()),
            None => facts.push(Fact::new(field, Value::Text(text.into()))),
        }
        match (node, self.volume.views.get_mut(usize::from(view.0))) {
            (Some(id), _) => self.volume.set_facts(id, facts),
            (None, Some(view)) => view.facts = facts,
            _ => {}
        }
    }

    /// Notes bytes that the image does not hold.
    pub(super) fn outside(&mut self, owner: Owner, range: Range<u64>, what: &str) {
        let message = format!(
            "{what} at {} to {}, but the image ends at {}",
            range.start,
            range.end,
            self.length()
        );
        let here = Some(range);
        self.volume.defect("structure/iso-extent-outside", owner, here.clone(), message.clone());
        self.volume.unread(GapKind::Damaged, owner, here, message);
    }

    /// The content of a file with the given records, one for each extent. Recorded extents that
    /// reach past the image are cut off there.
    pub(super) fn place(&mut self, view: ViewId, records: &[Record]) -> Placed {
        let mut placed = Placed { content: None, outside: None, interleaved: false };
        if records.iter().any(|record| record.interleaved) {
            placed.interleaved = true;
            return placed;
        }
        let total: u64 = records.iter().map(|record| u64::from(record.size.value)).sum();
        if let [record] = records {
            let (start, length) = self.run_of(record, &mut placed);
            let key = if length == 0 { (0, total) } else { (start, length) };
            if length == total
                && let Some(content) = self.known(key)
            {
                placed.content = Some(content);
                return placed;
            }
            let run = (length > 0).then_some(Extent { start, length });
            let extents = run.map(Extents::from).unwrap_or_default();
            if length > 0 || total == 0 {
                let content = self.add(view, extents, total);
                if length == total {
                    self.single.insert(key, content);
                }
                placed.content = Some(content);
            }
            return placed;
        }
        let mut extents: Vec<(u64, u64)> = Vec::with_capacity(records.len());
        for record in records {
            let (start, length) = self.run_of(record, &mut placed);
            match extents.last_mut() {
                _ if length == 0 => {}
                // Writers split a large file at 4 GiB: its parts lie one behind the other.
                Some(last) if last.0 + last.1 == start => last.1 += length,
                _ => extents.push((start, length)),
            }
        }
        let known = match extents.as_slice() {
            [one] => self.single.get(one),
            all => self.several.get(all),
        };
        if let Some(&content) = known.filter(|_| placed.outside.is_none()) {
            placed.content = Some(content);
            return placed;
        }
        let list = extents.iter().map(|&(start, length)| Extent { start, length });
        let content = self.add(view, list.collect::<Vec<_>>().into(), total);
        if placed.outside.is_none() {
            match extents.as_slice() {
                &[one] => self.single.insert(one, content),
                _ => self.several.insert(extents, content),
            };
        }
        placed.content = Some(content);
        placed
    }

    /// The content of one run that was placed before.
    fn known(&mut self, (start, length): (u64, u64)) -> Option<ContentId> {
        let likely = self.volume.contents.get(self.likely.0 as usize).and_then(Stored::contiguous);
        let content = if length > 0 && likely == Some((start, start + length)) {
            self.likely
        } else {
            *self.single.get(&(start, length))?
        };
        self.likely = ContentId(content.0 + 1);
        Some(content)
    }

    /// The bytes of one record that the image holds.
    fn run_of(&mut self, record: &Record, placed: &mut Placed) -> (u64, u64) {
        let length = u64::from(record.size.value);
        if length == 0 {
            return (0, 0);
        }
        let start =
            self.offset(record.extent.value) + u64::from(record.attribute_blocks) * self.block;
        let end = start + length;
        let held = self.length();
        if end > held {
            placed.outside.get_or_insert(start..end);
        } else {
            self.furthest = self.furthest.max(end);
        }
        (start, end.min(held).saturating_sub(start))
    }

    /// A content in one run, shared with whoever has that run already.
    pub(super) fn place_run(&mut self, view: ViewId, start: u64, length: u64) -> ContentId {
        if let Some(&content) = self.single.get(&(start, length)) {
            return content;
        }
        let content = self.add(view, Extent { start, length }.into(), length);
        self.single.insert((start, length), content);
        content
    }

    /// Whether some content starts at `start`.
    pub(super) fn starts_content(&self, start: u64) -> bool {
        let mut extents = self.volume.contents.iter().filter_map(|stored| stored.extents.first());
        extents.any(|extent| extent.start == start)
    }

    fn add(&mut self, view: ViewId, extents: Extents, size: u64) -> ContentId {
        let stored = Stored { extents, size: Some(size), ..Stored::default() };
        self.volume.add_claimed_content(view, stored, self.block)
    }
}
