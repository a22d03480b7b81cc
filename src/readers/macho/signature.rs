//! The code signature of a program (Apple, `kern/cs_blobs.h`): an index of blobs, one of which may hold
//! the entitlements as a property list. Always big-endian.

use std::ops::Range;

use super::commands::Broken;
use crate::source::{Source, be32, read_exact};

/// `CSMAGIC_EMBEDDED_SIGNATURE`.
const SIGNATURE: u32 = 0xfade_0cc0;
/// `CSMAGIC_EMBEDDED_ENTITLEMENTS`.
const ENTITLEMENTS: u32 = 0xfade_7171;
/// Blobs of a signature; there are about ten kinds.
const BLOBS: u32 = 64;

/// Where the entitlements of the signature at `at` lie, of which `room` bytes are there; none if it
/// has none. What is no signature is left to those who check signatures.
pub(super) fn entitlements(
    source: &dyn Source,
    at: u64,
    room: u64,
) -> Result<Option<Range<u64>>, Broken> {
    let words = |from: u64, length: u64, what: &str| {
        let message = || format!("{what} at {from} of {room} bytes of the signature");
        let inside = from.checked_add(length).is_some_and(|end| end <= room);
        let bytes = inside.then(|| read_exact(source, at + from, length).ok()).flatten();
        bytes.ok_or_else(|| Broken { at: at.saturating_add(from.min(room)), message: message() })
    };
    let header = words(0, 12, "the header")?;
    let word = |bytes: &[u8], at| be32(bytes, at).unwrap_or_default();
    if word(&header, 0) != SIGNATURE {
        return Ok(None);
    }
    let count = word(&header, 8).min(BLOBS);
    let index = words(12, 8 * u64::from(count), "the index")?;
    for entry in index.chunks_exact(8) {
        let from = u64::from(word(entry, 4));
        let blob = words(from, 8, "a blob")?;
        let length = u64::from(word(&blob, 4));
        if word(&blob, 0) == ENTITLEMENTS {
            if length < 8 || length > room - from {
                let message = format!(
                    "entitlements of {length} bytes at {from} of {room} bytes of the signature"
                );
                return Err(Broken { at: at + from, message });
            }
            return Ok(Some(at + from + 8..at + from + length));
        }
    }
    Ok(None)
}
