//! El Torito: the boot record, the boot catalog and every boot image it names.
//!
//! "El Torito" Bootable CD-ROM Format Specification 1.0, section 2.

use super::SECTOR;
use super::boot_table;
use super::descriptor::Descriptor;
use super::image::Image;
use crate::model::fact::{Fact, Value, field};
use crate::model::{
    ContentId, Declared, GapKind, Kind, NewNode, Owner, Part, Role, Structure, ViewId,
};
use crate::readers::Spent;
use crate::source::{le16, le32};

static BOOT_RECORD: Role = Role::structure("boot record");
static CATALOG: Role = Role::structure("boot catalog");

/// Bytes of a catalog entry.
const ENTRY: usize = 32;
/// Bytes of a catalog that are read: 2048 entries.
const MOST: u64 = 64 << 10;

/// Whether a boot record is that of El Torito.
pub(super) fn is_boot_record(descriptor: &Descriptor) -> bool {
    descriptor.bytes.get(7..39) == Some(b"EL TORITO SPECIFICATION\0\0\0\0\0\0\0\0\0")
}

/// Accounts for a boot record; returns the catalog's offset if it is El Torito's.
pub(super) fn boot_record(
    image: &mut Image<'_>,
    view: ViewId,
    descriptor: &Descriptor,
) -> Option<u64> {
    let Descriptor { at, bytes } = descriptor;
    let mut parts = vec![Part::layout(0..7, bytes.get(6) == Some(&1))];
    let catalog = is_boot_record(descriptor)
        .then(|| image.offset_of_sector(le32(bytes, 71).unwrap_or_default()));
    let held = image.length();
    if let Some(catalog) = catalog {
        parts.push(Part::fact(7..39));
        parts.push(Part::layout(71..75, catalog < held));
    }
    let (role, owner) = (&BOOT_RECORD, Owner::Volume);
    image.volume.structure(&Structure { view, role, owner, at: *at, bytes, parts: &parts });
    if catalog.is_none() {
        let message = "boot record of a boot system other than El Torito";
        let here = Some(*at..at + SECTOR as u64);
        image.volume.unread(GapKind::Unsupported, owner, here, message);
    }
    catalog
}

/// The catalog while it is being read.
struct Catalog<'b> {
    view: ViewId,
    at: u64,
    bytes: &'b [u8],
    parts: Vec<Part>,
    images: u32,
    /// Where the primary volume descriptor lies.
    primary: u64,
    /// Boot files that tell their own place.
    tables: Vec<(ContentId, [Fact; 4])>,
}

/// Reads the catalog and adds an entry for it and for every boot image. `primary` is where the
/// primary volume descriptor of its session lies.
pub(super) fn read_catalog(
    image: &mut Image<'_>,
    view: ViewId,
    at: u64,
    primary: u64,
) -> Result<(), Spent> {
    let bytes = image.read(at, MOST)?;
    if bytes.len() < ENTRY * 2 {
        image.outside(Owner::Volume, at..at + SECTOR as u64, "boot catalog");
        return Ok(());
    }
    // The catalog's entry stands first, its size is known only at the end.
    image.budget.entry()?;
    let (parts, tables) = (Vec::new(), Vec::new());
    let mut catalog = Catalog { view, at, bytes: &bytes, parts, images: 0, primary, tables };
    let used = catalog.entries(image)?;
    boot_table::tell(image, &catalog.tables);
    let length = (used.div_ceil(SECTOR) * SECTOR).min(bytes.len());
    let content = match file_at(image, at, length as u64) {
        Some((content, _)) => content,
        None => image.place_run(view, at, length as u64),
    };
    if let Some(stored) = image.volume.contents.get_mut(content.0 as usize) {
        stored.declared = Declared::Structure;
    }
    let new = NewNode {
        view,
        parent: None,
        name: b"catalog",
        kind: Kind::File,
        content: Some(content),
        facts: Vec::new(),
    };
    let owner = Owner::Node(image.volume.add_node(new));
    let parts = catalog.parts;
    let bytes = bytes.get(..length).unwrap_or_default();
    let region = Structure { view, role: &CATALOG, owner, at, bytes, parts: &parts };
    image.volume.structure(&region);
    Ok(())
}

impl Catalog<'_> {
    fn entry(&self, at: usize) -> Option<&[u8]> {
        self.bytes.get(at..at + ENTRY)
    }

    /// All entries; returns the bytes that they take.
    fn entries(&mut self, image: &mut Image<'_>) -> Result<usize, Spent> {
        let platform = self.validation(image);
        let mut at = self.image(image, ENTRY, platform)?;
        while let Some(header) = self.entry(at)
            && let (Some(&id), Some(&platform), Some(count)) =
                (header.first(), header.get(1), le16(header, 2))
            && matches!(id, 0x90 | 0x91)
        {
            let text = header.get(4..ENTRY).unwrap_or_default();
            if text.iter().any(|&b| b != 0) {
                let text = Value::bytes(text);
                image.volume.add_fact(self.view, field::EXTRA, text);
            }
            // The entries below tell the platform, their number is the count.
            if count > 0 {
                self.parts.push(Part::layout(at + 1..at + 4, true));
            }
            self.parts.push(Part::fact(at + 4..at + ENTRY));
            at += ENTRY;
            for _ in 0..count {
                if self.entry(at).is_none() {
                    self.wrong(image, at, "a section ends behind the catalog");
                    return Ok(at);
                }
                at = self.image(image, at, platform)?;
            }
            if id == 0x91 {
                break;
            }
        }
        Ok(at.min(self.bytes.len()))
    }

    fn wrong(&self, image: &mut Image<'_>, at: usize, message: &str) {
        let here = self.at + at as u64;
        let message = format!("boot catalog at {here}: {message}");
        let range = Some(here..here + ENTRY as u64);
        image.volume.defect("structure/el-torito-catalog", Owner::Volume, range, message);
    }

    /// The validation entry; returns the platform.
    fn validation(&mut self, image: &mut Image<'_>) -> u8 {
        let Some(entry) = self.entry(0).map(<[u8]>::to_vec) else { return 0 };
        let words = entry.chunks_exact(2).filter_map(|word| le16(word, 0));
        let sum = words.fold(0u16, u16::wrapping_add);
        let starts = entry.first() == Some(&1);
        if !starts {
            self.wrong(image, 0, "the validation entry does not start with 1");
        }
        let has_key = entry.get(30..32) == Some(&[0x55, 0xaa]);
        if !has_key {
            self.wrong(image, 0, "the key bytes 55 AA are missing");
        }
        if sum != 0 {
            self.wrong(image, 0, &format!("the words sum up to {sum:#06x}, expected 0"));
        }
        self.parts.push(Part::layout(0..1, starts));
        self.parts.push(Part::layout(28..30, sum == 0));
        self.parts.push(Part::layout(30..32, has_key));
        self.parts.push(Part::fact(1..2));
        self.parts.push(Part::fact(4..28));
        let text = entry.get(4..28).unwrap_or_default();
        if text.iter().any(|&b| b != 0) {
            image.volume.add_fact(self.view, field::PUBLISHER, Value::bytes(text));
        }
        entry.get(1).copied().unwrap_or_default()
    }

    /// One boot image and its extension entries; returns where the next entry stands.
    fn image(&mut self, image: &mut Image<'_>, at: usize, platform: u8) -> Result<usize, Spent> {
        let Some(entry) = self.entry(at).map(<[u8]>::to_vec) else { return Ok(at) };
        let byte = |at: usize| entry.get(at).copied().unwrap_or_default();
        image.budget.entry()?;
        self.images += 1;
        let media = byte(1);
        let count = le16(&entry, 6).unwrap_or_default();
        let start = image.offset_of_sector(le32(&entry, 8).unwrap_or_default());
        // The newest session is read first.
        image.boots_from.get_or_insert(start);
        let (content, recomputed) = self.content(image, start, media, count)?;
        let mut facts = vec![
            Fact::number(field::BOOT_INDICATOR, byte(0)),
            Fact::number(field::BOOT_PLATFORM, platform),
            Fact::number(field::BOOT_MEDIA, media),
            Fact::number(field::BOOT_SEGMENT, le16(&entry, 2).unwrap_or_default()),
            Fact::number(field::BOOT_SYSTEM, byte(4)),
        ];
        if recomputed {
            self.parts.push(Part::layout(at + 6..at + 8, true));
        } else {
            facts.push(Fact::number(field::BOOT_SECTORS, count));
            self.parts.push(Part::fact(at + 6..at + 8));
        }
        self.parts.push(Part::fact(at..at + 5));
        self.parts.push(Part::layout(at + 8..at + 12, content.is_some()));
        let vendor = entry.get(12..ENTRY).unwrap_or_default();
        if vendor.iter().any(|&b| b != 0) {
            facts.push(Fact::new(field::EXTRA, Value::bytes(vendor)));
        }
        self.parts.push(Part::fact(at + 12..at + ENTRY));
        let mut next = at + ENTRY;
        // An extension entry follows an entry that says so, or one that says that it goes on.
        let mut goes_on = media & 0x20 != 0 && self.images > 1;
        while goes_on
            && let Some(extension) = self.entry(next)
            && extension.first() == Some(&0x44)
        {
            goes_on = extension.get(1).is_some_and(|flags| flags & 0x20 != 0);
            facts.push(Fact::new(field::EXTRA, Value::bytes(extension)));
            self.parts.push(Part::fact(next..next + ENTRY));
            next += ENTRY;
        }
        let name = format!("{}-{}-{}.img", self.images, platform_name(platform), media_name(media));
        let new = NewNode {
            view: self.view,
            parent: None,
            name: name.as_bytes(),
            kind: Kind::File,
            content,
            facts,
        };
        let node = image.volume.add_node(new);
        if content.is_none() {
            let end = start + SECTOR as u64;
            image.outside(Owner::Node(node), start..end, "boot image");
        }
        Ok(next)
    }

    /// The bytes of a boot image, and whether its sector count follows from them.
    fn content(
        &mut self,
        image: &mut Image<'_>,
        start: u64,
        media: u8,
        count: u16,
    ) -> Result<(Option<ContentId>, bool), Spent> {
        let held = image.length().saturating_sub(start);
        let loaded = u64::from(count) * 512;
        let by_media = match media & 0x0f {
            1 => Some(1_228_800),
            2 => Some(1_474_560),
            3 => Some(2_949_120),
            _ => None,
        };
        let least = by_media.unwrap_or(loaded);
        if let Some((content, size)) = file_at(image, start, least) {
            let recomputed = count != 0
                && (u64::from(count) == size.div_ceil(512)
                    || u64::from(count) == size.div_ceil(2048) * 4);
            if self.tables.iter().all(|(known, _)| *known != content) {
                let table = boot_table::facts(image, self.primary, start, size)?;
                self.tables.extend(table.map(|table| (content, table)));
            }
            return Ok((Some(content), recomputed));
        }
        if held == 0 {
            return Ok((None, false));
        }
        let length = least.max(if by_media.is_none() { 512 } else { 1 }).min(held);
        Ok((Some(image.place_run(self.view, start, length)), false))
    }
}

/// The file that starts at `start` and holds at least `least` bytes, up to a full sector: the
/// smallest of them.
fn file_at(image: &Image<'_>, start: u64, least: u64) -> Option<(ContentId, u64)> {
    let contents = image.volume.contents.iter().enumerate();
    contents
        .filter(|(_, stored)| stored.contiguous().is_some_and(|(at, _)| at == start))
        .filter_map(|(id, stored)| Some((ContentId(id as u32), stored.size?)))
        .filter(|(_, size)| size.next_multiple_of(SECTOR as u64) >= least)
        .min_by_key(|(_, size)| *size)
}

fn platform_name(platform: u8) -> String {
    match platform {
        0 => "x86".into(),
        1 => "powerpc".into(),
        2 => "mac".into(),
        0xef => "efi".into(),
        other => format!("platform-{other:02x}"),
    }
}

fn media_name(media: u8) -> String {
    match media & 0x0f {
        0 => "no-emulation".into(),
        1 => "floppy-1.2".into(),
        2 => "floppy-1.44".into(),
        3 => "floppy-2.88".into(),
        4 => "hard-disk".into(),
        other => format!("media-{other:02x}"),
    }
}
