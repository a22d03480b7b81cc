//! A signed program whose bytes are not those that were signed.

use std::ops::Range;

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed, Stretch};
use crate::rules::program::{Algorithm, Authenticode, Image, MachO, Pe, Signed, authenticode};
use crate::source::{be32, be64};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-signature", look: Look::Parsed(find) };

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    for program in parsed.programs() {
        match &program.image {
            Image::Pe(pe) => of_pe(parsed, pe, hits),
            Image::MachO(macho) => {
                let mut directories = Vec::new();
                for found in directories_of(macho, program.bytes.size()) {
                    match found {
                        Found::Directory(directory) => directories.push(directory),
                        Found::Broken(why) => hits.tell(Hit::new(why)),
                        Found::Unknown => {}
                    }
                }
                if directories.is_empty() {
                    continue;
                }
                parsed.stretches(&mut |stretch| {
                    for directory in &mut directories {
                        directory.update(inside(stretch, program.start..u64::MAX));
                    }
                });
                for directory in &directories {
                    directory.tell(program.start, hits);
                }
            }
            Image::Elf(_) => {}
        }
    }
}

/// Whether a program has a signature that is not one of those which are checked.
pub(super) fn is_unknown(parsed: &Parsed<'_>) -> bool {
    parsed.programs().iter().any(|program| match &program.image {
        Image::Pe(pe) => {
            let table = pe.certificates().filter(|table| !table.is_empty());
            table.is_some_and(|table| authenticode(table) == Authenticode::Unknown)
        }
        Image::MachO(macho) => {
            let found = directories_of(macho, program.bytes.size());
            found.iter().any(|found| matches!(found, Found::Unknown))
        }
        Image::Elf(_) => false,
    })
}

/// Those bytes of a stretch that lie in a range of the content.
fn inside<'s>(stretch: &'s Stretch<'_>, range: Range<u64>) -> &'s [u8] {
    let (start, own) = stretch.own();
    let at = |offset: u64| {
        usize::try_from(offset.saturating_sub(start)).unwrap_or(usize::MAX).min(own.len())
    };
    own.get(at(range.start)..at(range.end)).unwrap_or_default()
}

/// The digest is over all but the checksum, the entry of the certificate table, and the table.
fn of_pe(parsed: &Parsed<'_>, pe: &Pe<'_>, hits: &mut Hits) {
    let Some(parts) = pe.signed().filter(|parts| !parts.table.is_empty()) else { return };
    // Of a large program they may be more than is held.
    let Some(table) = pe.certificates() else { return };
    let (told, digest) = match authenticode(table) {
        Authenticode::Digest(algorithm, told) => {
            let digest = match algorithm {
                Algorithm::Md5 => digest::<Md5>(parsed, &parts),
                Algorithm::Sha1 => digest::<Sha1>(parsed, &parts),
                Algorithm::Sha256 => digest::<Sha256>(parsed, &parts),
                Algorithm::Sha384 => digest::<Sha384>(parsed, &parts),
                Algorithm::Sha512 => digest::<Sha512>(parsed, &parts),
            };
            (told, digest)
        }
        Authenticode::Broken => {
            let hit = Hit::new("the Authenticode signature cannot be read");
            return hits.tell(hit.at(parts.table.start, parts.table.end - parts.table.start));
        }
        Authenticode::Unknown => return,
    };
    if digest.is_some_and(|digest| told != digest) {
        hits.tell(Hit::new("the Authenticode digest does not match"));
    }
}

/// The digest of what is signed; none if it cannot be read again.
fn digest<D: Digest>(parsed: &Parsed<'_>, parts: &Signed) -> Option<Vec<u8>> {
    let mut digest = D::new();
    let signed = [
        0..parts.checksum.start,
        parts.checksum.end..parts.entry.start,
        parts.entry.end..parts.table.start,
        // The table is padded to eight bytes; what is signed is padded so before the table is there.
        parts.table.end..u64::MAX,
    ];
    let is_whole = parsed.stretches(&mut |stretch| {
        for part in &signed {
            digest.update(inside(stretch, part.clone()));
        }
    });
    is_whole.then(|| digest.finalize().to_vec())
}

/// Apple, `cs_blobs.h`: the magic numbers of a signature and of a code directory, and the slots in which
/// directories stand: the first, and those with other digests.
const SIGNATURE: u32 = 0xfade_0cc0;
const DIRECTORY: u32 = 0xfade_0c02;
const SLOTS: [Range<u32>; 2] = [0..1, 0x1000..0x1005];
/// Parts of a signature: code directories, requirements, entitlements, constraints, certificates.
const PARTS: u32 = 64;
/// The version of a code directory that has a place for longer code.
const LONG: u32 = 0x2_0300;

/// The digest of a page.
type OfPage = fn(&[u8]) -> Vec<u8>;

/// What stands in a slot for a code directory.
enum Found<'a> {
    Directory(Directory<'a>),
    /// One of a kind that is not known here.
    Unknown,
    /// It is damaged.
    Broken(String),
}

/// A code directory, with a digest for every page.
struct Directory<'a> {
    bytes: &'a [u8],
    /// Offset of the digests in it, bytes of each, and how many.
    digests: usize,
    length: usize,
    slots: usize,
    digest: OfPage,
    /// Bytes of a page, and of the code.
    page: usize,
    left: usize,
    /// The page that is being read, and its number.
    held: Vec<u8>,
    number: usize,
    /// Bytes of the page that does not match, if that is so.
    wrong: Option<usize>,
}

/// The code directories of a program of `size` bytes.
fn directories_of<'a>(macho: &MachO<'a>, size: u64) -> Vec<Found<'a>> {
    let Some((start, length)) = macho.signature() else { return Vec::new() };
    let broken = |why: &str| vec![Found::Broken(why.to_owned())];
    if start.saturating_add(length) > size {
        return broken("the signature does not lie in the file");
    }
    // Of a large program it may be more than is held.
    let Some(blob) = macho.signature_bytes() else { return Vec::new() };
    if be32(blob, 0) != Some(SIGNATURE) {
        return broken("where the signature should be is none");
    }
    let count = be32(blob, 8).unwrap_or_default().min(PARTS) as usize;
    let mut found = Vec::new();
    for index in 0..count {
        let part = be32(blob, 12 + index * 8).zip(be32(blob, 16 + index * 8));
        let Some((_, at)) = part.filter(|(slot, _)| SLOTS.iter().any(|of| of.contains(slot)))
        else {
            continue;
        };
        let bytes = blob.get(at as usize..).unwrap_or_default();
        found.push(directory(bytes, start).unwrap_or_else(Found::Broken));
    }
    if found.is_empty() {
        return broken("the signature has no code directory");
    }
    found
}

/// A code directory of a program that is signed up to `end`.
fn directory(bytes: &[u8], end: u64) -> Result<Found<'_>, String> {
    let field = |at| be32(bytes, at).unwrap_or_default() as usize;
    if be32(bytes, 0) != Some(DIRECTORY) {
        return Err("a code directory cannot be read".to_owned());
    }
    // SHA-256 may be cut to the length of SHA-1, which old systems have.
    let (length, digest): (usize, OfPage) = match bytes.get(36..38) {
        Some([20, 1]) => (20, |page| Sha1::digest(page).to_vec()),
        Some([32, 2]) => (32, |page| Sha256::digest(page).to_vec()),
        Some([20, 3]) => (20, |page| Sha256::digest(page).to_vec()),
        Some([48, 4]) => (48, |page| Sha384::digest(page).to_vec()),
        Some([_, 1..=4]) | None => return Err("a code directory cannot be read".to_owned()),
        Some(_) => return Ok(Found::Unknown),
    };
    let long = be64(bytes, 56).filter(|long| *long > 0 && field(8) >= LONG as usize);
    let limit = long.unwrap_or(field(32) as u64);
    if limit > end {
        return Err("the code directory covers more than there is".to_owned());
    }
    if limit < end {
        return Err(format!("the code directory covers {limit} bytes of {end}"));
    }
    let shift = u32::from(bytes.get(39).copied().unwrap_or_default());
    let page = 1usize.checked_shl(shift).filter(|page| (1 << 9..=1 << 20).contains(page));
    let Some(page) = page else { return Ok(Found::Unknown) };
    let (digests, slots) = (field(16), field(28));
    let needed = limit.div_ceil(page as u64);
    if (slots as u64) < needed {
        return Err(format!("the code directory covers {slots} pages of {needed}"));
    }
    let left = usize::try_from(limit).map_err(|_| "the code is too long".to_owned())?;
    let (held, number, wrong) = (Vec::new(), 0, None);
    Ok(Found::Directory(Directory {
        bytes,
        digests,
        length,
        slots,
        digest,
        page,
        left,
        held,
        number,
        wrong,
    }))
}

impl Directory<'_> {
    /// Takes the next bytes of the code.
    fn update(&mut self, mut bytes: &[u8]) {
        while self.wrong.is_none() && self.number < self.slots {
            let room = (self.page - self.held.len()).min(self.left);
            let Some((now, later)) = bytes.split_at_checked(room.min(bytes.len())) else { return };
            if now.is_empty() {
                return;
            }
            self.held.extend_from_slice(now);
            self.left -= now.len();
            bytes = later;
            if self.held.len() == self.page || self.left == 0 {
                self.check();
            }
        }
    }

    fn check(&mut self) {
        let at = self.number.checked_mul(self.length).and_then(|at| at.checked_add(self.digests));
        let told = at.and_then(|at| self.bytes.get(at..)?.get(..self.length));
        if told.is_none_or(|told| !(self.digest)(&self.held).starts_with(told)) {
            self.wrong = Some(self.held.len());
            return;
        }
        self.held.clear();
        self.number += 1;
    }

    /// Tells the page that does not match, of a program that starts at an offset of the content.
    fn tell(&self, start: u64, hits: &mut Hits) {
        if let Some(length) = self.wrong {
            let offset = start + (self.number * self.page) as u64;
            let detail = format!("page {} of the code directory does not match", self.number);
            hits.tell(Hit::new(detail).at(offset, length as u64));
        }
    }
}
