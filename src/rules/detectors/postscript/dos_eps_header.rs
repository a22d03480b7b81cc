//! The header of a DOS EPS file, which gives the places of its parts (TN 5002, 5.2).

use super::super::{Detector, Look};
use crate::rules::facts::EntryFacts;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "dos-eps-header", look: Look::Facts(find) };

/// Bytes of the header.
const HEADER: usize = 30;

fn find(entry: &EntryFacts<'_>) -> Option<String> {
    let content = entry.content.filter(|content| content.format == Some("dos-eps"))?;
    let head = &content.ends.as_ref()?.head;
    let header = head.get(..HEADER)?;
    let number = |at: usize| {
        let bytes = header.get(at..at + 4).and_then(|bytes| bytes.first_chunk()).copied();
        u64::from(u32::from_le_bytes(bytes.unwrap_or_default()))
    };
    for (part, at) in [("PostScript", 4), ("metafile", 12), ("TIFF", 20)] {
        let (start, length) = (number(at), number(at + 4));
        let absent = start == 0 && length == 0 && part != "PostScript";
        if !absent && (start < HEADER as u64 || start + length > content.size || length == 0) {
            let size = content.size;
            return Some(format!("the {part} part is at {start} with {length} of {size} bytes"));
        }
    }
    let start = usize::try_from(number(4)).unwrap_or(usize::MAX);
    if head.get(start..start.saturating_add(2)).is_some_and(|bytes| bytes != b"%!") {
        return Some(format!("at {start} begins no PostScript"));
    }
    let sum = header.as_chunks::<2>().0.iter().take(14);
    let sum = sum.fold(0, |sum, &word| sum ^ u16::from_le_bytes(word));
    let recorded = u16::from_le_bytes(header.last_chunk().copied().unwrap_or_default());
    let agrees = recorded == 0xffff || recorded == sum;
    (!agrees).then(|| format!("its checksum is {recorded:#06x}, computed {sum:#06x}"))
}
