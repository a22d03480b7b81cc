//! A signed program whose bytes are not those that were signed.

use std::ops::Range;

use memchr::memmem;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed, Stretch};
use crate::rules::program::{Image, Pe, Signed};
use crate::source::be32;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-signature", look: Look::Parsed(find) };

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    for program in parsed.programs() {
        match &program.image {
            Image::Pe(pe) => authenticode(parsed, pe, hits),
            Image::MachO(macho) => {
                let blob = macho.signature_bytes().unwrap_or_default();
                let mut directories = directories(blob, program.bytes.size(), hits);
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

/// Those bytes of a stretch that lie in a range of the content.
fn inside<'s>(stretch: &'s Stretch<'_>, range: Range<u64>) -> &'s [u8] {
    let (start, own) = stretch.own();
    let at = |offset: u64| {
        usize::try_from(offset.saturating_sub(start)).unwrap_or(usize::MAX).min(own.len())
    };
    own.get(at(range.start)..at(range.end)).unwrap_or_default()
}

/// Parts of a signature: a code directory, another for old systems, requirements, certificates.
const DIRECTORIES: u32 = 8;
/// The object identifiers of what is signed, and of two digests with what stands before them, in DER.
const INDIRECT_DATA: &[u8] = b"\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x04";
const SHA256: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";
const SHA1: &[u8] = b"\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14";

/// Microsoft, Windows Authenticode Portable Executable Signature Format: the digest in
/// `SpcIndirectDataContent` is over all but the checksum, the entry of the certificate table, and
/// the table.
fn authenticode(parsed: &Parsed<'_>, pe: &Pe<'_>, hits: &mut Hits) {
    let Some(parts) = pe.signed().filter(|parts| !parts.table.is_empty()) else { return };
    let table = pe.certificates().unwrap_or_default();
    let near = memmem::find(table, INDIRECT_DATA).and_then(|at| {
        let near = table.get(at..)?;
        Some(near.get(..512).unwrap_or(near))
    });
    let Some(near) = near else { return };
    let told = |prefix: &[u8]| near.get(memmem::find(near, prefix)? + prefix.len()..);
    let (told, digest) = if let Some(told) = told(SHA256) {
        (told, digest::<Sha256>(parsed, &parts))
    } else if let Some(told) = told(SHA1) {
        (told, digest::<Sha1>(parsed, &parts))
    } else {
        return;
    };
    if digest.is_some_and(|digest| !told.starts_with(&digest)) {
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

/// The digest of a page.
type OfPage = fn(&[u8]) -> Vec<u8>;

/// Apple, `cs_blobs.h`: a code directory, with a digest for every page.
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

/// The code directories of a superblob, over a program of `size` bytes.
fn directories<'a>(blob: &'a [u8], size: u64, hits: &mut Hits) -> Vec<Directory<'a>> {
    let mut found = Vec::new();
    if be32(blob, 0) != Some(0xfade_0cc0) {
        return found;
    }
    let count = be32(blob, 8).unwrap_or_default().min(DIRECTORIES) as usize;
    for index in 0..count {
        let at = be32(blob, 12 + index * 8 + 4).map_or(usize::MAX, |at| at as usize);
        let Some(bytes) = blob.get(at..) else { continue };
        // SHA-256 may be cut to the length of SHA-1, which old systems have.
        let (length, digest): (usize, OfPage) = match bytes.get(36..38) {
            Some([20, 1]) => (20, |page| Sha1::digest(page).to_vec()),
            Some([32, 2]) => (32, |page| Sha256::digest(page).to_vec()),
            Some([20, 3]) => (20, |page| Sha256::digest(page).to_vec()),
            _ => continue,
        };
        if be32(bytes, 0) != Some(0xfade_0c02) {
            continue;
        }
        let field = |at| be32(bytes, at).unwrap_or_default() as usize;
        let (digests, slots, left) = (field(16), field(28), field(32));
        let shift = u32::from(bytes.get(39).copied().unwrap_or_default());
        let page = 1usize.checked_shl(shift).filter(|page| (1 << 9..=1 << 20).contains(page));
        let Some(page) = page.filter(|_| left as u64 <= size) else {
            hits.tell(Hit::new("the code directory covers more than there is"));
            continue;
        };
        let (held, number, wrong) = (Vec::new(), 0, None);
        found.push(Directory {
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
        });
    }
    found
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
