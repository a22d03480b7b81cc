//! A signed program whose bytes are not those that were signed.

use memchr::memmem;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};
use crate::rules::program::{Image, Pe, Signed};
use crate::source::be32;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-signature", look: Look::Parsed(find) };

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    for program in parsed.programs().iter().filter(|program| program.is_whole()) {
        match &program.image {
            Image::Pe(pe) => authenticode(pe, program.bytes, hits),
            Image::MachO(macho) => {
                let Some((at, size)) = macho.signature() else { continue };
                let at = usize::try_from(at).unwrap_or(usize::MAX);
                let end = at.saturating_add(usize::try_from(size).unwrap_or(usize::MAX));
                let blob = program.bytes.get(at..end.min(program.bytes.len()));
                pages(program.bytes, blob.unwrap_or_default(), program.start, hits);
            }
            Image::Elf(_) => {}
        }
    }
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
fn authenticode(pe: &Pe<'_>, bytes: &[u8], hits: &mut Hits) {
    let Some(parts) = pe.signed().filter(|parts| !parts.table.is_empty()) else { return };
    let table = bytes.get(parts.table.clone()).unwrap_or_default();
    let near = memmem::find(table, INDIRECT_DATA).and_then(|at| {
        let near = table.get(at..)?;
        Some(near.get(..512).unwrap_or(near))
    });
    let Some(near) = near else { return };
    let told = |prefix: &[u8]| near.get(memmem::find(near, prefix)? + prefix.len()..);
    let matches = if let Some(told) = told(SHA256) {
        told.starts_with(&digest::<Sha256>(bytes, &parts))
    } else if let Some(told) = told(SHA1) {
        told.starts_with(&digest::<Sha1>(bytes, &parts))
    } else {
        return;
    };
    if !matches {
        hits.tell(Hit::new("the Authenticode digest does not match"));
    }
}

fn digest<D: Digest>(bytes: &[u8], parts: &Signed) -> Vec<u8> {
    let mut digest = D::new();
    let mut from = 0;
    for left_out in [&parts.checksum, &parts.entry, &parts.table] {
        digest.update(bytes.get(from..left_out.start).unwrap_or_default());
        from = left_out.end;
    }
    // The table is padded to eight bytes; what is signed is padded so before the table is there.
    digest.update(bytes.get(from..).unwrap_or_default());
    digest.finalize().to_vec()
}

/// The digest of a page.
type OfPage = fn(&[u8]) -> Vec<u8>;

/// Apple, `cs_blobs.h`: a superblob holds code directories, each with a digest for every page.
fn pages(bytes: &[u8], blob: &[u8], start: u64, hits: &mut Hits) {
    if be32(blob, 0) != Some(0xfade_0cc0) {
        return;
    }
    let count = be32(blob, 8).unwrap_or_default().min(DIRECTORIES) as usize;
    for index in 0..count {
        let at = be32(blob, 12 + index * 8 + 4).map_or(usize::MAX, |at| at as usize);
        let Some(directory) = blob.get(at..) else { continue };
        // SHA-256 may be cut to the length of SHA-1, which old systems have.
        let (length, digest): (usize, OfPage) = match directory.get(36..38) {
            Some([20, 1]) => (20, |page| Sha1::digest(page).to_vec()),
            Some([32, 2]) => (32, |page| Sha256::digest(page).to_vec()),
            Some([20, 3]) => (20, |page| Sha256::digest(page).to_vec()),
            _ => continue,
        };
        if be32(directory, 0) != Some(0xfade_0c02) {
            continue;
        }
        let field = |at| be32(directory, at).unwrap_or_default() as usize;
        let (hashes, slots, limit) = (field(16), field(28), field(32));
        let shift = u32::from(directory.get(39).copied().unwrap_or_default());
        let page = 1usize.checked_shl(shift).filter(|page| (1 << 9..=1 << 20).contains(page));
        let (Some(page), Some(code)) = (page, bytes.get(..limit)) else {
            hits.tell(Hit::new("the code directory covers more than there is"));
            continue;
        };
        for (number, chunk) in code.chunks(page).enumerate().take(slots) {
            let at = number.checked_mul(length).and_then(|at| at.checked_add(hashes));
            let told = at.and_then(|at| directory.get(at..)?.get(..length));
            if told.is_none_or(|told| !digest(chunk).starts_with(told)) {
                let offset = start + (number * page) as u64;
                let detail = format!("page {number} of the code directory does not match");
                hits.tell(Hit::new(detail).at(offset, chunk.len() as u64));
                break;
            }
        }
    }
}
