//! MP4 and `QuickTime`: ISO/IEC 14496-12, 4.2: the boxes of the file.

use super::{Faults, Window};

pub(super) fn walk(bytes: &Window<'_>, faults: &mut Faults) {
    let (mut at, mut data, mut index) = (0, false, false);
    while at < bytes.size() {
        let (Some(length), Some(name)) = (bytes.be32(at), bytes.get(at + 4, 4)) else {
            if bytes.size() - at < 8 {
                faults.truncated(at, "a box begins and has no whole header".into());
            }
            return;
        };
        // Zero bytes behind the last box are padding that players pass over, as does the format.
        if length == 0 && name == [0; 4] {
            return;
        }
        let end = match length {
            0 => bytes.size(),
            1 => match bytes.be64(at + 8) {
                Some(long) if long >= 16 => at.saturating_add(long),
                _ => at,
            },
            short => at + u64::from(short),
        };
        let text = name.escape_ascii();
        let plain = |b: &u8| b.is_ascii_graphic() || matches!(b, b' ' | 0xa9);
        if end < at + 8 || !name.iter().all(plain) {
            let detail = format!("expected a box, found the name \"{text}\" and length {length}");
            return faults.malformed(at, 8, detail);
        }
        if end > bytes.size() {
            let size = bytes.size();
            return faults
                .truncated(at, format!("box \"{text}\" ends at {end}, the file at {size}"));
        }
        data |= name == b"mdat";
        index |= matches!(name, b"moov" | b"moof" | b"meta");
        at = end;
    }
    if data && !index {
        let detail = "it has media data and no moov box that tells what they are".into();
        faults.truncated(bytes.size(), detail);
    }
}
