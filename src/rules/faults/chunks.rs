//! Files of chunks: RIFF (WebP, WAV, AVI; Microsoft's "Multimedia Programming Interface", RIFX with
//! the other byte order) and IFF (AIFF; EA IFF 85).

use super::{Faults, Window};

pub(super) fn walk(bytes: &Window<'_>, faults: &mut Faults) {
    let big = bytes.head().starts_with(b"FORM") || bytes.head().starts_with(b"RIFX");
    let Some(length) = bytes.u32(4, big) else { return };
    // Who writes to a pipe cannot go back to fill in the length.
    if length == u32::MAX || length == 0 {
        return;
    }
    let end = 8 + u64::from(length);
    if end > bytes.size() {
        let size = bytes.size();
        return faults
            .truncated(4, format!("its header says that it ends at {end}, it ends at {size}"));
    }
    // The chunk that tells what the sound is stands before it.
    let (header, data): (&[u8], &[u8]) = match bytes.get(8, 4) {
        Some(b"WAVE") => (b"fmt ", b"data"),
        Some(b"AIFF" | b"AIFC") => (b"COMM", b""),
        _ => (b"", b""),
    };
    let mut is_told = header.is_empty();
    let mut at = 12;
    while at + 8 <= end {
        let (Some(name), Some(length)) = (bytes.get(at, 4), bytes.u32(at + 4, big)) else { break };
        let stop = at + 8 + u64::from(length);
        if stop > end {
            let name = name.escape_ascii();
            let detail =
                format!("chunk \"{name}\" ends at {stop}, the file's outer chunk at {end}");
            faults.malformed(at, 8, detail);
            break;
        }
        if name == data && !is_told {
            faults.malformed(at, 8, "the sound has no chunk \"fmt \" before it".into());
        }
        is_told |= name == header || name == data;
        at = stop + stop % 2;
    }
    if !is_told && at >= end {
        let detail = format!("there is no chunk \"{}\"", header.escape_ascii());
        faults.malformed(12, 0, detail);
    }
    // A large AVI goes on with further RIFF chunks.
    let goes_on = bytes.get(end + end % 2, 4) == Some(b"RIFF");
    if !goes_on {
        faults.ends_at(bytes, (end + end % 2).min(bytes.size()), "the outer chunk");
    }
}
