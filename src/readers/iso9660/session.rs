//! Sessions: every set of volume descriptors in the image, and the trees of each.
//!
//! ECMA-119 6.7.1 puts the first set at sector 16. A later session has its own, sixteen sectors
//! behind its start; the last one describes the disc as it is seen today.

use std::ops::Range;

use super::SECTOR;
use super::descriptor::{self, Checked, Descriptor, Set, Type};
use super::image::Image;
use super::path_table::{self, Table};
use super::tree::{Naming, Tree};
use super::{el_torito, hybrid, rock_ridge, susp};
use crate::model::claim::SLACK;
use crate::model::{GapKind, Owner, Role, Value, ViewId, field};
use crate::readers::Spent;

static SYSTEM_AREA: Role = Role::reserved("system area");

/// Ranks of the views of the last session.
pub(super) struct Rank;

impl Rank {
    pub(super) const ROCK_RIDGE: u8 = 40;
    pub(super) const JOLIET: u8 = 30;
    pub(super) const ENHANCED: u8 = 15;
    pub(super) const SUPPLEMENTARY: u8 = 12;
    pub(super) const ISO: u8 = 10;
}

/// Bytes of the part of an image that libisofs writes again when a session is added
/// (`libisofs.h`, `iso_write_opts_set_overwrite_buf`).
const HEAD: u64 = 64 << 10;

/// Sectors behind a volume in which the start of a further session is looked for.
const MOST_PROBED: u64 = 16 << 10;

/// Names of the views of an earlier session.
macro_rules! names_of {
    ($session:literal) => {
        [
            concat!($session, "-iso"),
            concat!($session, "-rr"),
            concat!($session, "-joliet"),
            concat!($session, "-enhanced"),
            concat!($session, "-supplementary"),
            concat!($session, "-boot"),
        ]
    };
}

/// Names of the views: the last session's first, then those of the first, second… session.
const NAMES: [[&str; 6]; 9] = [
    ["iso", "rr", "joliet", "enhanced", "supplementary", "boot"],
    names_of!("session1"),
    names_of!("session2"),
    names_of!("session3"),
    names_of!("session4"),
    names_of!("session5"),
    names_of!("session6"),
    names_of!("session7"),
    names_of!("session8"),
];

/// Reads every session.
pub(super) fn read_all(image: &mut Image<'_>) -> Result<(), Spent> {
    let mut sets: Vec<Set> = Set::read(image, 0)?.into_iter().collect();
    while let Some(set) = sets.last()
        && let Some(next) = following(image, set)?
    {
        sets.push(next);
    }
    let Some(last) = sets.pop() else { return Ok(()) };
    let mut known = Known::default();
    read_set(image, &last, 0, &mut known)?;
    // Sessions that the last one's descriptors were copied over leave theirs between the claims.
    let mut older = sets;
    older.extend(unclaimed(image, last.start)?);
    older.sort_by_key(|set| set.start);
    older.dedup_by_key(|set| set.start);
    let mut number = 0;
    for set in older.iter().filter(|set| set.start != last.start) {
        let is_copy = set.primary().is_some_and(|primary| known.has(primary));
        number += usize::from(!is_copy);
        if number >= NAMES.len() {
            let message = format!("session at {}: more than {} sessions", set.start, NAMES.len());
            image.volume.unread(GapKind::Unsupported, Owner::Volume, None, message);
            continue;
        }
        read_set(image, set, number, &mut known)?;
    }
    fill_head(image);
    Ok(())
}

/// Claims what libisofs leaves free so that the tables of an image take [`HEAD`] bytes at least: it
/// shrinks when they grow. A sector for empty files may follow.
fn fill_head(image: &mut Image<'_>) {
    let (mut end, mut next) = (0, u64::MAX);
    for claim in &image.volume.claims {
        if claim.start < HEAD {
            end = claim.end.max(end);
        } else {
            next = claim.start.min(next);
        }
    }
    if (HEAD..=HEAD + SECTOR as u64).contains(&next) {
        image.volume.claim(ViewId(0), end..HEAD, &SLACK, Owner::Volume);
    }
}

/// The set of the session behind another's volume, if there is one.
fn following(image: &mut Image<'_>, set: &Set) -> Result<Option<Set>, Spent> {
    let Some(primary) = set.primary() else { return Ok(None) };
    let blocks = u64::from(primary.volume_size().value);
    let size = blocks * u64::from(primary.block_size());
    // Some writers count a later session's volume from the start of the disc, some from its own.
    let end = if size > set.start { size } else { set.start + size };
    let first = end.max(set.end).next_multiple_of(SECTOR as u64);
    probe(image, first, image.length())
}

/// The first set whose session starts between two offsets.
fn probe(image: &mut Image<'_>, first: u64, end: u64) -> Result<Option<Set>, Spent> {
    let mut head = [0; 7];
    for number in 0..MOST_PROBED {
        let start = first + number * SECTOR as u64;
        let at = start + 16 * SECTOR as u64;
        if at + SECTOR as u64 > end {
            break;
        }
        let read = image.source.read_at(at, &mut head).unwrap_or_default();
        if read == head.len()
            && head == *b"\x01CD001\x01"
            && let Some(set) = Set::read(image, start)?
            && set.primary().is_some_and(|primary| counts_from_the_image(image, primary))
        {
            return Ok(Some(set));
        }
    }
    Ok(None)
}

/// Whether the root of a set lies where its descriptor says, counted from the start of the image.
/// The descriptors of an image within a file are not those of a session.
fn counts_from_the_image(image: &mut Image<'_>, primary: &Descriptor) -> bool {
    let root = primary.root().block.value;
    let at = u64::from(root) * u64::from(primary.block_size());
    let mut head = [0; 34];
    let read = image.source.read_at(at, &mut head).unwrap_or_default();
    let block = crate::source::le32(&head, 2);
    read == head.len() && block == Some(root) && head.get(32..34) == Some(&[1, 0])
}

/// Sets in sectors that nobody claims.
fn unclaimed(image: &mut Image<'_>, known: u64) -> Result<Vec<Set>, Spent> {
    let sector = SECTOR as u64;
    let mut claimed: Vec<(u64, u64)> =
        image.volume.claims.iter().map(|claim| (claim.start, claim.end)).collect();
    claimed.push((image.length(), image.length()));
    claimed.sort_unstable();
    let mut free = Vec::new();
    let mut at = 0;
    for (start, end) in claimed {
        // A session takes sixteen sectors and one descriptor at least.
        if start.saturating_sub(at) >= 17 * sector {
            free.push(at..start);
        }
        at = at.max(end);
    }
    let mut sets = Vec::new();
    let mut left = MOST_PROBED * 4;
    for range in free {
        let mut first = range.start.next_multiple_of(sector);
        left = left.saturating_sub((range.end - range.start) / sector);
        if left == 0 {
            break;
        }
        while let Some(set) = probe(image, first, range.end)? {
            first = set.end;
            if set.start != known {
                sets.push(set);
            }
        }
    }
    Ok(sets)
}

/// Root directories whose trees were read.
#[derive(Default)]
struct Known {
    roots: Vec<(u32, ViewId, Vec<u8>)>,
}

impl Known {
    fn has(&self, descriptor: &Descriptor) -> bool {
        self.find(descriptor).is_some()
    }

    fn find(&self, descriptor: &Descriptor) -> Option<(ViewId, Descriptor)> {
        let root = descriptor.root().block.value;
        let (_, view, bytes) = self.roots.iter().find(|(block, ..)| *block == root)?;
        Some((*view, Descriptor { at: 0, bytes: bytes.clone() }))
    }
}

/// Reads the trees of one set. `session` chooses the names of the views: 0 for the last.
fn read_set(
    image: &mut Image<'_>,
    set: &Set,
    session: usize,
    known: &mut Known,
) -> Result<(), Spent> {
    let rank = |rank: u8| if session == 0 { rank } else { 0 };
    let names = NAMES.get(session).or(NAMES.first()).copied().unwrap_or_default();
    let [iso, rr, joliet, enhanced, supplementary, boot] = names;
    let mut main = None;
    let of_trees = [
        (Type::Primary, iso, Rank::ISO),
        (Type::Joliet, joliet, Rank::JOLIET),
        (Type::Enhanced, enhanced, Rank::ENHANCED),
        (Type::Supplementary, supplementary, Rank::SUPPLEMENTARY),
    ];
    for (kind, name, height) in of_trees {
        for descriptor in set.of(kind) {
            block_size(image, descriptor);
            if let Some((view, model)) = known.find(descriptor) {
                let same = |range: Range<usize>| {
                    descriptor.bytes.get(range.clone()) == model.bytes.get(range)
                };
                let checked = Checked {
                    volume_size: true,
                    path_tables: same(132..156),
                    root: same(158..174),
                    root_date: false,
                };
                if !same(80..88) {
                    let of_model = model.volume_size().value;
                    tell_size(image, view, descriptor, ("other descriptor", of_model.into()));
                }
                descriptor::account(image, view, descriptor, Some(&model), checked);
                main = main.or(Some(view));
                continue;
            }
            let view = image.volume.add_view(name, rank(height));
            let naming = if kind == Type::Joliet { Naming::Ucs2 } else { Naming::Plain };
            let with_rr = (kind == Type::Primary).then(|| (rr, rank(Rank::ROCK_RIDGE)));
            main = main.or(Some(view));
            let root = descriptor.root().block.value;
            known.roots.push((root, view, descriptor.bytes.clone()));
            read_tree(image, descriptor, view, naming, with_rr, set)?;
        }
    }
    let view = main.unwrap_or_else(|| image.volume.add_view(iso, rank(Rank::ISO)));
    if set.primary().is_none() {
        let message = "a descriptor set without a primary volume descriptor";
        image.volume.unread(GapKind::Damaged, Owner::Volume, None, message);
    }
    let area = set.start..set.start + 16 * SECTOR as u64;
    image.volume.claim(view, area, &SYSTEM_AREA, Owner::Volume);
    set.account_rest(image, view)?;
    for descriptor in set.of(Type::Boot) {
        let boots = el_torito::is_boot_record(descriptor);
        let catalog_view = if boots { image.volume.add_view(boot, 0) } else { view };
        if let Some(at) = el_torito::boot_record(image, catalog_view, descriptor) {
            let primary = set.primary().map_or(0, |primary| primary.at);
            el_torito::read_catalog(image, catalog_view, at, primary)?;
        }
    }
    if set.start == 0 {
        hybrid::read(image, view)?;
    }
    Ok(())
}

/// Takes over the block size of a descriptor, if it is one.
fn block_size(image: &mut Image<'_>, descriptor: &Descriptor) {
    let size = descriptor.block_size();
    image.block = size.into();
    if !matches!(size, 512 | 1024 | 2048) {
        let at = descriptor.at + 128;
        let message = format!("logical block size {size} at {at}, expected 512, 1024 or 2048");
        let here = Some(at..at + 4);
        image.volume.defect("structure/iso-block-size", Owner::Volume, here, message);
        image.block = SECTOR as u64;
    }
}

fn read_tree(
    image: &mut Image<'_>,
    descriptor: &Descriptor,
    view: ViewId,
    naming: Naming,
    rock_ridge: Option<(&'static str, u8)>,
    set: &Set,
) -> Result<(), Spent> {
    image.furthest = 0;
    let root = descriptor.root();
    let mut tree = Tree::new(view, naming, descriptor.sequence());
    let skip_of = |bytes: &[u8]| rock_ridge.and_then(|_| susp::skip_of(bytes));
    let mut outcome = tree.read(image, root.block.value, root.size.value, skip_of);
    if let (Some((name, rank)), Some(_), Ok(())) = (rock_ridge, tree.skip, outcome) {
        let view = image.volume.add_view(name, rank);
        outcome = rock_ridge::read(image, &tree, view);
    }
    outcome?;
    let size = descriptor.path_table_size().value;
    for (block, big) in descriptor.path_tables() {
        if block != 0 {
            path_table::read(image, &tree, Table { block, size, big })?;
        }
    }
    tell_tables(image, view, descriptor);
    let used = image.furthest.div_ceil(image.block);
    tell_size(image, view, descriptor, ("last extent", used));
    let expected = path_table::expected_size(&tree);
    let checked = Checked {
        volume_size: volume_size(image, descriptor, set),
        path_tables: u64::from(size) == expected,
        root: true,
        root_date: tree.root_date() == descriptor.bytes.get(174..181),
    };
    if !checked.path_tables {
        let at = descriptor.at + 132;
        let message = format!("path table size {size} at {at}, expected {expected}");
        let here = Some(at..at + 8);
        image.volume.defect("structure/iso-path-table-size", Owner::Volume, here, message);
    }
    descriptor::account(image, view, descriptor, None, checked);
    Ok(())
}

/// Adds how the recorded size of the volume stands to the image and to another number of blocks,
/// unless it ends with the image.
fn tell_size(
    image: &mut Image<'_>,
    view: ViewId,
    descriptor: &Descriptor,
    (name, other): (&str, u64),
) {
    let recorded = i64::from(descriptor.volume_size().value);
    let over = |blocks: u64| recorded - blocks.cast_signed();
    let whole = over(image.length() / image.block);
    if whole != 0 {
        let value = Value::relations(&[("image", whole), (name, over(other))]);
        image.volume.add_fact(view, field::VOLUME_SIZE, value);
    }
}

/// Adds where the path tables stand to each other, unless there are two and the second begins right
/// behind the first, in the next block or the next even one. What they list is checked in
/// [`path_table`], but the same list may stand in several places.
fn tell_tables(image: &mut Image<'_>, view: ViewId, descriptor: &Descriptor) {
    let [first, optional, big, optional_big] =
        descriptor.path_tables().map(|(block, _)| i64::from(block));
    let blocks = u64::from(descriptor.path_table_size().value).div_ceil(image.block);
    let over = |blocks: u64| big - first - blocks.cast_signed();
    let (next, even) = (over(blocks), over(blocks.next_multiple_of(2)));
    if next != 0 && even != 0 {
        let value = Value::relations(&[("next block", next), ("next even block", even)]);
        image.volume.add_fact(view, field::PATH_TABLES, value);
    }
    let optional = [("L", optional, first), ("M", optional_big, big)];
    let there = optional.iter().filter(|(_, block, _)| *block != 0);
    let there: Vec<_> = there.map(|(name, block, of)| (*name, block - of)).collect();
    if !there.is_empty() {
        image.volume.add_fact(view, field::OPTIONAL_PATH_TABLES, Value::relations(&there));
    }
}

/// Whether the recorded size of the volume lies in the image and holds all that was met.
fn volume_size(image: &mut Image<'_>, descriptor: &Descriptor, set: &Set) -> bool {
    let recorded = u64::from(descriptor.volume_size().value) * image.block;
    let (least, most) = (image.furthest, image.length());
    // A later session's volume may be counted from its own start.
    let agrees = |start: u64| (least..=most).contains(&(start + recorded));
    let is_right = agrees(0) || agrees(set.start);
    if !is_right {
        let at = descriptor.at + 80;
        let message = format!(
            "volume of {recorded} bytes at {at}, expected {least} (the last extent) to {most} \
             (the image)"
        );
        let here = Some(at..at + 8);
        image.volume.defect("structure/iso-volume-size", Owner::Volume, here, message);
    }
    // The sectors that the image lacks cannot be inspected, also where no file lies in them.
    if recorded > most && set.start + recorded > most {
        let message = format!("the image is cut off: it ends at {most}, its volume at {recorded}");
        image.volume.unread(GapKind::Damaged, Owner::Volume, None, message);
    }
    is_right
}
