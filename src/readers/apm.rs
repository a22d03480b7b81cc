//! The Apple partition map: the driver descriptor map and one entry for each partition.
//!
//! *Inside Macintosh: Devices*, ch. 3 "SCSI Manager", "The Structure of Block Devices". All numbers
//! are big-endian. Entries follow block 0, one a block, and count in blocks of their own map: 512
//! bytes on disks; discs have 2048, or both maps, one for drivers that see 512 bytes and one for
//! those that see whole sectors. An entry that serves both maps is told once.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::model::{
    Field, GapKind, Owner, Part, Partition, Role, Structure, Value, ViewId, Volume, field,
};
use crate::readers::tar::header::is_first;
use crate::readers::{Context, Doc, Form, Probe, Reader, note_spent};
use crate::source::{Source, be16, be32, read_exact};

/// The reader of Apple partition maps.
pub const READER: Reader = Reader {
    doc: Doc {
        id: "apm",
        title: "Apple partition map",
        specifications: &["Inside Macintosh: Devices, ch. 3 \"SCSI Manager\", partition map"],
        limitations: &[
            "Drivers are located, not read.",
            "Blocks of the map other than 512 and 2048 bytes are not looked for.",
            "At most 1024 entries are read.",
        ],
    },
    probe,
    form: Form::Map(map),
};

static DRIVERS: Role = Role::structure("driver descriptor map");
static ENTRY: Role = Role::structure("partition map entry");
static REST: Role = Role::reserved("rest of a partition map block");
static MAP: Role = Role::reserved("partition map");

const ENTRY_LENGTH: u64 = 512;
const MOST: u32 = 1024;
const SIGNATURE: &[u8] = b"PM";

/// Types of entries that hold no volume.
const NO_VOLUME: [&[u8]; 4] =
    [b"Apple_partition_map", b"Apple_Free", b"Apple_Void", b"Apple_Scratch"];

fn probe(probe: &Probe<'_>) -> bool {
    let entry = |at: usize| {
        probe.head.get(at..at + 136).is_some_and(|entry| {
            entry.starts_with(SIGNATURE)
                && be32(entry, 4).is_some_and(|count| (1..=MOST).contains(&count))
                && entry.get(48).is_some_and(u8::is_ascii_graphic)
        })
    };
    let marked = |at: usize| probe.head.get(at..at + 2) == Some(SIGNATURE);
    // The map of a disk that is the first member of an archive is that member's.
    if probe.head.first_chunk().is_some_and(is_first) {
        return false;
    }
    entry(512) || entry(2048) || probe.head.starts_with(b"ER") && (marked(512) || marked(2048))
}

fn map(source: &dyn Source, context: &mut Context<'_>) -> Volume {
    let mut volume = Volume::new(READER.doc.id);
    let view = volume.add_view("apm", 0);
    let mut map = Map {
        source,
        view,
        volume: &mut volume,
        entries: BTreeMap::new(),
        known: Vec::new(),
        told: Vec::new(),
    };
    let recorded = read_exact(source, 0, 4).ok().filter(|block| block.starts_with(b"ER"));
    let unit = recorded.as_deref().and_then(|block| be16(block, 2)).unwrap_or(512);
    let read = map.follow(512, context).and_then(|found| {
        // The block at 2048 may be the fourth entry of the map in small blocks, the first of a map in
        // whole sectors, or both: then the next sector holds an entry too.
        let fourth = map.entries.contains_key(&2048);
        if !fourth || (map.is_entry(4096) && !map.entries.contains_key(&4096)) {
            return map.follow(2048, context).map(|more| found || more);
        }
        Ok(found)
    });
    match read {
        Ok(true) => {}
        Ok(false) => {
            let message = "no partition map entry at 512 or 2048";
            map.volume.unread(GapKind::Damaged, Owner::Volume, Some(512..2048), message);
        }
        Err(spent) => note_spent(map.volume, spent),
    }
    map.bounds();
    map.drivers(unit);
    map.overlaps();
    volume
}

/// A partition as an entry describes it.
struct Known {
    number: u32,
    at: Range<u64>,
    kind: Vec<u8>,
}

struct Map<'a> {
    source: &'a dyn Source,
    view: ViewId,
    volume: &'a mut Volume,
    /// Entries that were told, by their offset.
    entries: BTreeMap<u64, u64>,
    known: Vec<Known>,
    /// The partitions of all entries in their order: which entry, and its bytes.
    told: Vec<(String, Range<u64>)>,
}

impl Map<'_> {
    fn is_entry(&self, at: u64) -> bool {
        read_exact(self.source, at, 2).is_ok_and(|bytes| bytes == SIGNATURE)
    }

    /// Reads the map whose blocks are `unit` bytes; false if there is none.
    fn follow(
        &mut self,
        unit: u64,
        context: &mut Context<'_>,
    ) -> Result<bool, crate::readers::Spent> {
        let Ok(first) = read_exact(self.source, unit, ENTRY_LENGTH) else { return Ok(false) };
        if !first.starts_with(SIGNATURE) {
            return Ok(false);
        }
        let count = be32(&first, 4).unwrap_or_default();
        for number in 1..=count {
            if number > MOST {
                let message = format!("{count} partition map entries; the first {MOST} are read");
                self.volume.unread(GapKind::Limit, Owner::Volume, None, message);
                break;
            }
            context.budget.structure(ENTRY_LENGTH)?;
            let at = u64::from(number) * unit;
            let entry = match read_exact(self.source, at, ENTRY_LENGTH) {
                Ok(entry) if entry.starts_with(SIGNATURE) => entry,
                Ok(_) => {
                    self.missing(at, number, count, "there is no entry");
                    break;
                }
                Err(error) => {
                    self.missing(at, number, count, &error.to_string());
                    break;
                }
            };
            if self.entries.insert(at, unit).is_none() {
                self.entry(at, unit, number, count, &entry);
            }
        }
        Ok(true)
    }

    fn missing(&mut self, at: u64, number: u32, count: u32, why: &str) {
        let message = format!("partition map entry {number} of {count} at {at}: {why}");
        let range = at..at + ENTRY_LENGTH;
        let owner = Owner::Volume;
        self.volume.defect("structure/apm-map-count", owner, Some(range.clone()), &*message);
        self.volume.unread(GapKind::Damaged, owner, Some(range), message);
    }

    fn fact(&mut self, field: Field, number: u32, what: &str, value: &[u8]) {
        let mut text = format!("{number} {what} ").into_bytes();
        text.extend_from_slice(value);
        self.volume.add_fact(self.view, field, Value::bytes(&text));
    }

    /// Tells one entry.
    fn entry(&mut self, at: u64, unit: u64, number: u32, count: u32, entry: &[u8]) {
        let long = |at| be32(entry, at).unwrap_or_default();
        let mut parts = vec![Part::fact(0..2)];
        let same = long(4) == count;
        parts.push(Part::layout(4..8, same));
        if !same {
            let message = format!("entry {number} counts {} entries, the first {count}", long(4));
            let range = at + 4..at + 8;
            self.volume.defect("structure/apm-map-count", Owner::Volume, Some(range), message);
        }
        let start = u64::from(long(8)) * unit;
        let range = start..start + u64::from(long(12)) * unit;
        let fits = range.end <= self.source.len();
        parts.push(Part::layout(8..16, fits));
        let data = u64::from(long(80)) + u64::from(long(84));
        let data_fits = data <= u64::from(long(12));
        parts.push(Part::layout(80..88, data_fits));
        // Facts say which entry they belong to, and an entry of the second map repeats a number.
        let which = if unit == ENTRY_LENGTH { "" } else { "2048 " };
        self.told.push((format!("{number} {which}"), range.clone()));
        // The data fill the partition, or a fact says how much they leave.
        if long(80) != 0 || data != u64::from(long(12)) {
            let left = i64::from(long(12)) - data.cast_signed();
            let text = format!("from {} to {left} before the end", long(80));
            self.fact(field::PARTITION_DATA, number, &format!("{which}data"), text.as_bytes());
        }
        if !fits || !data_fits {
            let message = format!(
                "partition {number}: blocks {} to {}, data to block {data}; the device has {} bytes",
                long(8),
                u64::from(long(8)) + u64::from(long(12)),
                self.source.len()
            );
            let place = if fits { at + 80..at + 88 } else { at + 8..at + 16 };
            self.volume.defect(
                "structure/apm-partition-bounds",
                Owner::Volume,
                Some(place),
                message,
            );
        }
        let kind = text(entry, 48);
        let name = text(entry, 16);
        parts.push(Part::fact(16..16 + name.len()));
        parts.push(Part::fact(48..48 + kind.len()));
        let described = Known { number, at: range.clone(), kind: kind.to_vec() };
        self.fact(field::EXTRA, number, &format!("{which}type"), kind);
        self.fact(field::EXTRA, number, &format!("{which}name"), name);
        self.fact(
            field::EXTRA,
            number,
            &format!("{which}status"),
            format!("{:#x}", long(88)).as_bytes(),
        );
        let boot = entry.get(92..136).unwrap_or_default();
        if boot.iter().any(|&byte| byte != 0) {
            self.fact(field::EXTRA, number, &format!("{which}boot"), boot);
        }
        parts.push(Part::fact(88..136));
        self.volume.structure(&Structure {
            view: self.view,
            role: &ENTRY,
            owner: Owner::Volume,
            at,
            bytes: entry,
            parts: &parts,
        });
        if unit > ENTRY_LENGTH {
            self.volume.claim(self.view, at + ENTRY_LENGTH..at + unit, &REST, Owner::Volume);
        }
        if kind == NO_VOLUME[0] {
            self.volume.claim(self.view, range, &MAP, Owner::Volume);
        }
        let known = self.known.iter().any(|k| k.at == described.at && k.kind == described.kind);
        if known || NO_VOLUME.contains(&kind) || described.at.is_empty() {
            return;
        }
        let taken = self.known.iter().map(|known| known.number).max().unwrap_or_default();
        let number = if number > taken { number } else { taken + 1 };
        let end = described.at.end.min(self.source.len());
        if start < end {
            let kind = described.kind.clone();
            self.volume.partitions.push(Partition { number, at: start..end, kind });
        }
        self.known.push(Known { number, ..described });
    }

    /// Tells of every partition how its bounds stand to its neighbours, the device and its start: a
    /// partition is as long as it was made, and nothing else in the map says how long that is.
    fn bounds(&mut self) {
        let told = std::mem::take(&mut self.told);
        let mut facts = Vec::new();
        for (number, (which, at)) in told.iter().enumerate() {
            let others = || told.iter().enumerate().filter(|(n, _)| *n != number).map(|(_, o)| o);
            let before = others().map(|(_, o)| o.end).filter(|&end| end <= at.start).max();
            let behind = others().map(|(_, o)| o.start).filter(|&start| start >= at.end).min();
            let by = |at: u64, from: u64| at.cast_signed().wrapping_sub(from.cast_signed());
            let neighbour = |name: &str| format!("{which}{name}");
            let mut start = vec![(neighbour("device"), by(at.start, 0))];
            start.extend(before.map(|end| (neighbour("partition before"), by(at.start, end))));
            let mut end = vec![
                (neighbour("device end"), by(at.end, self.source.len())),
                (neighbour("device"), by(at.end, 0)),
            ];
            end.extend(behind.map(|start| (neighbour("partition behind"), by(at.end, start))));
            for (field, all) in [(field::PARTITION_START, start), (field::PARTITION_END, end)] {
                let all: Vec<_> = all.iter().map(|(from, by)| (from.as_str(), *by)).collect();
                facts.push((field, Value::relations(&all)));
            }
        }
        for (field, value) in facts {
            self.volume.add_fact(self.view, field, value);
        }
    }

    /// Tells the driver descriptor map in block 0.
    fn drivers(&mut self, unit: u16) {
        let Ok(block) = read_exact(self.source, 0, ENTRY_LENGTH) else { return };
        if !block.starts_with(b"ER") {
            return;
        }
        let mut parts = vec![Part::fact(0..4)];
        self.volume.add_fact(self.view, field::BLOCK_SIZE, Value::Number(unit.into()));
        let unit = u64::from(unit);
        let blocks = be32(&block, 4).unwrap_or_default();
        let size = u64::from(blocks) * unit;
        let end = self.known.iter().map(|known| known.at.end).max().unwrap_or_default();
        // Tools that make discs bootable elsewhere keep other things there: then it is a fact.
        if (end..=self.source.len()).contains(&size) {
            parts.push(Part::layout(4..8, true));
            let over = size.cast_signed() - self.source.len().cast_signed();
            if over != 0 {
                let relations = [("device", over), ("last partition", (size - end).cast_signed())];
                self.volume.add_fact(self.view, field::VOLUME_SIZE, Value::relations(&relations));
            }
        } else {
            parts.push(Part::fact(4..8));
            self.fact(field::EXTRA, 0, "device blocks", blocks.to_string().as_bytes());
        }
        let count = be16(&block, 16).unwrap_or_default();
        if count > 61 {
            let message = format!("{count} driver descriptors: block 0 has room for 61");
            let range = Some(16..18);
            self.volume.defect("structure/apm-driver-map", Owner::Volume, range, message);
        } else {
            parts.push(Part::layout(16..18, true));
            for n in 0..usize::from(count) {
                let at = 18 + 8 * n;
                let start = u64::from(be32(&block, at).unwrap_or_default()) * unit;
                let length = u64::from(be16(&block, at + 4).unwrap_or_default()) * unit;
                let holds = |known: &&Known| {
                    known.at.start <= start && start + length <= known.at.end && length != 0
                };
                let holder = self.known.iter().find(holds);
                let inside = holder.is_some();
                parts.push(Part::layout(at..at + 6, inside));
                // It moves with its partition, and not within.
                if let Some(holder) = holder {
                    let from = start - holder.at.start;
                    let text = format!("{length} bytes at {from} of partition {}", holder.number);
                    self.fact(field::EXTRA, 0, &format!("driver {}", n + 1), text.as_bytes());
                }
                let system = be16(&block, at + 6).unwrap_or_default();
                self.fact(
                    field::EXTRA,
                    0,
                    &format!("driver {} system", n + 1),
                    system.to_string().as_bytes(),
                );
                parts.push(Part::fact(at + 6..at + 8));
                if !inside {
                    let message =
                        format!("driver {}: bytes {start}+{length} lie in no partition", n + 1);
                    let range = Some(at as u64..at as u64 + 8);
                    self.volume.defect("structure/apm-driver-map", Owner::Volume, range, message);
                }
            }
        }
        self.volume.structure(&Structure {
            view: self.view,
            role: &DRIVERS,
            owner: Owner::Volume,
            at: 0,
            bytes: &block,
            parts: &parts,
        });
    }

    fn overlaps(&mut self) {
        let mut order: Vec<_> = self.known.iter().collect();
        order.sort_by_key(|known| (known.at.start, known.number));
        let mut before: Option<&Known> = None;
        for here in order {
            if let Some(before) = before
                && here.at.start < before.at.end
            {
                let message = format!("partitions {} and {} overlap", before.number, here.number);
                let range = here.at.start..before.at.end.min(here.at.end);
                self.volume.defect("structure/apm-overlap", Owner::Volume, Some(range), message);
                self.volume.distrust_layout(self.view);
            }
            if before.is_none_or(|before| here.at.end > before.at.end) {
                before = Some(here);
            }
        }
    }
}

/// 32 bytes, ended by the first zero.
fn text(entry: &[u8], at: usize) -> &[u8] {
    let field = entry.get(at..at + 32).unwrap_or_default();
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}
