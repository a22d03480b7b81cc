//! BMP and ICO: BITMAPFILEHEADER, BITMAPINFOHEADER and the icon directory, as the Windows SDK
//! (wingdi.h) and "Icons in Win32" tell them.

use super::{Faults, Window};

/// A bitmap file.
pub(super) fn bmp(bytes: &Window<'_>, faults: &mut Faults) {
    let (Some(declared), Some(pixels), Some(header)) =
        (bytes.le32(2), bytes.le32(10), bytes.le32(14))
    else {
        return faults.truncated(bytes.size(), "its header is not whole".into());
    };
    let (width, height, bits, packing, packed) = if header == 12 {
        let half = |at| bytes.le16(at).map(u64::from);
        (half(18), half(20), bytes.le16(24), 0, 0)
    } else {
        // The height is negative where rows go from the top.
        let whole = |at| bytes.le32(at).map(|n| u64::from(n.cast_signed().unsigned_abs()));
        let or_none = |at| bytes.le32(at).unwrap_or_default();
        (whole(18), whole(22), bytes.le16(28), or_none(30), or_none(34))
    };
    let (Some(width), Some(height), Some(bits)) = (width, height, bits) else {
        return faults.truncated(bytes.size(), "its header is not whole".into());
    };
    // Rows are padded to four bytes. Packed images tell their own length.
    let rows = match packing {
        0 | 3 | 6 => {
            (width * u64::from(bits)).div_ceil(32).saturating_mul(4).saturating_mul(height)
        }
        _ => u64::from(packed),
    };
    let end = u64::from(pixels).saturating_add(rows);
    if end > bytes.size() {
        let there = bytes.size();
        return faults.truncated(there, format!("its pixels end at {end}, the file at {there}"));
    }
    // A packed image need not tell its length, nor a writer that of the file; a profile of colours may
    // lie behind the pixels (BITMAPV5HEADER).
    if packing != 0 && rows == 0 && u64::from(declared) <= end {
        return;
    }
    let profile = match (header, bytes.le32(126), bytes.le32(130)) {
        (124, Some(at), Some(length)) if at > 0 => 14 + u64::from(at) + u64::from(length),
        _ => 0,
    };
    let declared = u64::from(declared);
    let last = end.max(profile).max(if declared <= bytes.size() { declared } else { 0 });
    // Some writers fill up with zeros, which are no data.
    let is_padding = bytes.size() < last + 4 && bytes.up_to(last, 4).iter().all(|b| *b == 0);
    if !is_padding {
        faults.ends_at(bytes, last, "the pixels");
    }
}

/// A file of icons or cursors.
pub(super) fn ico(bytes: &Window<'_>, faults: &mut Faults) {
    let images = u64::from(bytes.le16(4).unwrap_or_default());
    let directory = 6 + 16 * images;
    if images == 0 {
        return faults.malformed(4, 2, "its directory tells of no image".into());
    }
    let mut last = directory;
    for at in (0..images).map(|index| 6 + 16 * index) {
        let (Some(length), Some(start)) = (bytes.le32(at + 8), bytes.le32(at + 12)) else {
            return faults.truncated(at, "its directory is not whole".into());
        };
        let (start, end) = (u64::from(start), u64::from(start) + u64::from(length));
        last = last.max(end);
        if end > bytes.size() {
            let size = bytes.size();
            return faults.truncated(at, format!("an image ends at {end}, the file at {size}"));
        }
        let found = bytes.get(start, 4).unwrap_or_default();
        let known = matches!(found, b"\x89PNG" | [12 | 40 | 108 | 124, 0, 0, 0]);
        if start < directory || !known && bytes.get(start, 4).is_some() {
            let found = found.escape_ascii();
            let detail = format!("expected an image at {start}, found \"{found}\"");
            faults.malformed(at + 12, 4, detail);
        }
    }
    faults.ends_at(bytes, last, "the last image");
}
