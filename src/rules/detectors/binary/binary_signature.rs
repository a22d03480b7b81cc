//! A signed program whose bytes are not those that were signed.

use memchr::memmem;
use sha2::{Digest as _, Sha256};

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};
use crate::rules::program::{Image, Pe};
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
/// The object identifiers of what is signed, and of SHA-256, in DER.
const INDIRECT_DATA: &[u8] = b"\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x04";
const SHA256: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";

/// Microsoft, Windows Authenticode Portable Executable Signature Format: the digest in
/// `SpcIndirectDataContent` is over all but the checksum, the entry of the certificate table, and
/// the table.
fn authenticode(pe: &Pe<'_>, bytes: &[u8], hits: &mut Hits) {
    let Some(parts) = pe.signed().filter(|parts| !parts.table.is_empty()) else { return };
    let table = bytes.get(parts.table.clone()).unwrap_or_default();
    let told = memmem::find(table, INDIRECT_DATA).and_then(|at| {
        let near = table.get(at..table.len().min(at + 512))?;
        let digest = near.get(memmem::find(near, SHA256)? + SHA256.len()..)?;
        digest.first_chunk::<32>()
    });
    let Some(told) = told else { return };
    let mut digest = Sha256::new();
    let mut from = 0;
    for left_out in [&parts.checksum, &parts.entry, &parts.table] {
        digest.update(bytes.get(from..left_out.start).unwrap_or_default());
        from = left_out.end;
    }
    // The table is padded to eight bytes; what is signed is padded so before the table is there.
    digest.update(bytes.get(from..).unwrap_or_default());
    if digest.finalize().as_slice() != told {
        hits.tell(Hit::new("the Authenticode digest does not match"));
    }
}

/// Apple, `cs_blobs.h`: a superblob holds code directories, each with a digest for every page.
fn pages(bytes: &[u8], blob: &[u8], start: u64, hits: &mut Hits) {
    if be32(blob, 0) != Some(0xfade_0cc0) {
        return;
    }
    let count = be32(blob, 8).unwrap_or_default().min(DIRECTORIES) as usize;
    for index in 0..count {
        let at = be32(blob, 12 + index * 8 + 4).map_or(usize::MAX, |at| at as usize);
        let Some(directory) = blob.get(at..) else { continue };
        if be32(directory, 0) != Some(0xfade_0c02) || directory.get(36..38) != Some(&[32, 2]) {
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
            let at = number.checked_mul(32).and_then(|at| at.checked_add(hashes));
            let told = at.and_then(|at| directory.get(at..)?.get(..32));
            if told != Some(Sha256::digest(chunk).as_slice()) {
                let offset = start + (number * page) as u64;
                let detail = format!("page {number} of the code directory does not match");
                hits.tell(Hit::new(detail).at(offset, chunk.len() as u64));
                break;
            }
        }
    }
}
