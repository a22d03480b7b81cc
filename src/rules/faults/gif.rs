//! GIF: the GIF 89a specification, 17 to 27: blocks from the header to the trailer.

use super::{Faults, Window};

pub(super) fn walk(bytes: &Window<'_>, faults: &mut Faults) {
    let Some(flags) = bytes.byte(10) else { return };
    let mut at = 13 + colours(flags);
    loop {
        let Some(kind) = bytes.byte(at) else { return short(bytes, at, faults) };
        let data = match kind {
            0x3b => return faults.ends_at(bytes, at + 1, "the trailer"),
            0x21 => Some(at + 2),
            0x2c => bytes.byte(at + 9).map(|flags| at + 11 + colours(flags)),
            _ => {
                let detail = format!("expected a block or the trailer, found 0x{kind:02x}");
                return faults.malformed(at, 1, detail);
            }
        };
        match data.and_then(|data| sub_blocks(bytes, data)) {
            Some(next) => at = next,
            None => return short(bytes, at, faults),
        }
    }
}

/// Bytes of the colour table that a byte of flags tells of.
fn colours(flags: u8) -> u64 {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// The end of a chain of sub-blocks; none if the content ends first.
fn sub_blocks(bytes: &Window<'_>, mut at: u64) -> Option<u64> {
    loop {
        let length = bytes.byte(at)?;
        at += 1 + u64::from(length);
        if length == 0 {
            return Some(at);
        }
    }
}

fn short(bytes: &Window<'_>, at: u64, faults: &mut Faults) {
    if bytes.is_whole() {
        return faults.truncated(at, "it ends inside a block, before the trailer".into());
    }
    if bytes.tail().0.last() != Some(&0x3b) {
        faults.malformed(bytes.size() - 1, 1, "it does not end with the trailer 0x3b".into());
    }
}
