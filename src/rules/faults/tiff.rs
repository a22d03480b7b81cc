//! TIFF: Adobe's TIFF 6.0, section 2: directories, their entries and the strips that they name.

use super::{Faults, Window};

/// Directories that are looked at.
const DIRECTORIES: usize = 256;
/// Strips of a directory that are looked at.
const STRIPS: u64 = 65_536;

/// An entry of a directory: how many values, of how many bytes each, and where they lie.
#[derive(Clone, Copy)]
struct Values {
    count: u64,
    width: u64,
    at: u64,
}

impl Values {
    /// A value that is a number, as offsets and lengths are.
    fn get(self, bytes: &Window<'_>, big: bool, index: u64) -> Option<u64> {
        let at = self.at + index * self.width;
        match self.width {
            2 => bytes.u16(at, big).map(u64::from),
            4 => bytes.u32(at, big).map(u64::from),
            _ => None,
        }
    }
}

/// How far what the directories name reaches.
struct Reach {
    last: u64,
    /// Whether there is nothing that may lead further: a tag or type that is not known here.
    sure: bool,
    /// Directories that a tag leads to: parts of an image, and what a camera tells.
    below: Vec<u64>,
}

pub(super) fn walk(bytes: &Window<'_>, faults: &mut Faults) {
    let big = bytes.head().starts_with(b"MM");
    let mut seen = std::collections::HashSet::new();
    let mut next = u64::from(bytes.u32(4, big).unwrap_or_default());
    let mut reach = Reach { last: 8, sure: true, below: Vec::new() };
    while next != 0 && seen.len() < DIRECTORIES {
        if !seen.insert(next) {
            return faults.malformed(next, 2, format!("the directory at {next} leads to itself"));
        }
        let Some(entries) = bytes.u16(next, big).map(u64::from) else {
            if next + 2 > bytes.size() {
                let size = bytes.size();
                faults.truncated(
                    size,
                    format!("a directory begins at {next}, the file ends at {size}"),
                );
            }
            return;
        };
        let end = next + 2 + 12 * entries;
        if end + 4 > bytes.size() {
            let size = bytes.size();
            return faults
                .truncated(next, format!("a directory ends at {end}, the file at {size}"));
        }
        reach.last = reach.last.max(end + 4);
        directory(bytes, (big, false), next, entries, (&mut reach, faults));
        next = u64::from(bytes.u32(end, big).unwrap_or_default());
    }
    while let Some(at) = reach.below.pop().filter(|_| reach.sure && faults.0.is_empty()) {
        let entries = bytes.u16(at, big).map(u64::from).filter(|_| seen.len() < DIRECTORIES);
        let Some(entries) = entries.filter(|_| seen.insert(at)) else { return };
        reach.last = reach.last.max(at + 2 + 12 * entries + 4);
        directory(bytes, (big, true), at, entries, (&mut reach, faults));
    }
    let padding = bytes.up_to(reach.last, 4);
    let is_padding = bytes.size() < reach.last + 4 && padding.iter().all(|b| *b == 0);
    if reach.sure && next == 0 && faults.0.is_empty() && !is_padding {
        faults.ends_at(bytes, reach.last, "what the directories name");
    }
}

/// Tags whose values are all that they name. Those of a maker and of a single program may hold offsets.
fn is_plain(tag: u16, below: bool) -> bool {
    match tag {
        288 | 289 | 37500 => false,
        254..=347
        | 529..=532
        | 700
        | 33432
        | 33434
        | 33437
        | 33723
        | 34377
        | 34675
        | 33550
        | 33922
        | 34264
        | 34735..=34737
        | 42112
        | 42113 => true,
        // Of the position of a camera, how EXIF goes together with others, and EXIF itself.
        0..=31 | 34_850..=34_864 | 36_864..=42_240 => below,
        _ => false,
    }
}

fn directory(
    bytes: &Window<'_>,
    (big, below): (bool, bool),
    start: u64,
    entries: u64,
    (reach, faults): (&mut Reach, &mut Faults),
) {
    let (mut offsets, mut lengths, mut jpeg, mut jpeg_length) = (None, None, None, None);
    for at in (0..entries).map(|index| start + 2 + 12 * index) {
        let (Some(tag), Some(kind), Some(count)) =
            (bytes.u16(at, big), bytes.u16(at + 2, big), bytes.u32(at + 4, big))
        else {
            reach.sure = false;
            return;
        };
        let width = match kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 => 8,
            // Readers pass over an entry of a type that they do not know.
            _ => {
                reach.sure = false;
                continue;
            }
        };
        let length = width * u64::from(count);
        let place = if length <= 4 {
            at + 8
        } else {
            u64::from(bytes.u32(at + 8, big).unwrap_or_default())
        };
        if place.saturating_add(length) > bytes.size() {
            reach.sure = false;
            // What a camera wrote below is not judged.
            if !below {
                let (end, size) = (place + length, bytes.size());
                let detail = format!("the values of tag {tag} end at {end}, the file at {size}");
                faults.truncated(at, detail);
            }
            continue;
        }
        reach.last = reach.last.max(if length <= 4 { 0 } else { place + length });
        let values = Values { count: u64::from(count), width, at: place };
        match tag {
            273 | 324 => offsets = Some(values),
            279 | 325 => lengths = Some(values),
            513 => jpeg = values.get(bytes, big, 0),
            514 => jpeg_length = values.get(bytes, big, 0),
            330 | 34665 | 34853 | 40965 if count <= 64 => {
                let all = (0..values.count).filter_map(|index| values.get(bytes, big, index));
                let before = reach.below.len();
                reach.below.extend(all);
                reach.sure &= (reach.below.len() - before) as u64 == values.count;
            }
            // Images that lie behind the one that a directory tells of.
            270 if bytes.get(place, 6) == Some(b"ImageJ") => reach.sure = false,
            _ => reach.sure &= is_plain(tag, below),
        }
    }
    match (jpeg, jpeg_length) {
        (Some(at), Some(length)) if at + length <= bytes.size() => {
            reach.last = reach.last.max(at + length);
        }
        (None, None) => {}
        _ => reach.sure = false,
    }
    let (Some(offsets), Some(lengths)) = (offsets, lengths) else {
        reach.sure &= below || jpeg.is_some();
        return;
    };
    reach.sure &= offsets.count == lengths.count && offsets.count <= STRIPS;
    for index in 0..offsets.count.min(lengths.count).min(STRIPS) {
        let (Some(at), Some(length)) =
            (offsets.get(bytes, big, index), lengths.get(bytes, big, index))
        else {
            reach.sure = false;
            return;
        };
        if at + length > bytes.size() {
            let (end, size) = (at + length, bytes.size());
            let detail = format!("strip {index} ends at {end}, the file at {size}");
            return faults.truncated(offsets.at + index * offsets.width, detail);
        }
        reach.last = reach.last.max(at + length);
    }
}
