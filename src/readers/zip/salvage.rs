//! Members of an archive whose end is missing: local headers from the start, one behind the other,
//! as long as each says how long its member is.

use super::central::method_name;
use super::local::{FIXED, HEADER};
use super::{PACKED, Spent, Walk, extra};
use crate::model::{
    Codec, Extent, Fact, GapKind, Kind, Owner, Part, Stored, Structure, Value, field,
};
use crate::readers::tree::Entry;
use crate::source::{le16, le32, le64};

/// Reads what can be read. The archive is known to be damaged already.
pub(super) fn read(walk: &mut Walk<'_>) -> Result<(), Spent> {
    let mut at = 0u64;
    loop {
        let Walk { source, budget, members, view, .. } = walk;
        let (view, length) = (*view, source.len());
        let Some(fixed) = members.get(*source, budget, at, FIXED)? else { return Ok(()) };
        if !fixed.starts_with(b"PK\x03\x04") {
            return Ok(());
        }
        let half = |at| usize::from(le16(fixed, at).unwrap_or_default());
        let (name_end, end) = (FIXED + half(26), FIXED + half(26) + half(28));
        let Some(bytes) = members.get(*source, budget, at, end)? else { return Ok(()) };
        let bytes = bytes.to_vec();
        let half = |at| le16(&bytes, at).unwrap_or_default();
        let (flags, method) = (half(6), half(8));
        let name = bytes.get(FIXED..name_end).unwrap_or_default();
        let wide = extra::zip64(bytes.get(name_end..).unwrap_or_default()).unwrap_or_default();
        let packed = match le32(&bytes, 18) {
            Some(u32::MAX) => le64(wide, 8).unwrap_or_default(),
            packed => packed.unwrap_or_default().into(),
        };
        let start = at + bytes.len() as u64;
        // With bit 3 the sizes follow the data, which therefore have no known end.
        let is_open = flags & 8 != 0 && packed == 0;
        let stop = if is_open { start } else { start.saturating_add(packed) };
        let codec = match method {
            0 => Some(Codec::Plain),
            8 => Some(Codec::Deflate),
            _ => None,
        };
        let kind = if name.ends_with(b"/") { Kind::Directory } else { Kind::File };
        let is_whole = !is_open && stop <= length && kind == Kind::File && flags & 1 == 0;
        let content = codec.filter(|_| is_whole).map(|codec| {
            let stored = Stored {
                extents: Extent { start, length: packed }.into(),
                codec,
                crc32: le32(&bytes, 14),
                ..Stored::default()
            };
            walk.volume.add_claimed_content(view, stored, 1)
        });
        let facts = vec![
            Fact::new(field::METHOD, Value::Text(method_name(method).into())),
            Fact::number(field::FLAGS, flags),
        ];
        let name_at = at + FIXED as u64;
        let entry =
            Entry { path: name, kind, content, facts, at: name_at..name_at + name.len() as u64 };
        let node = walk.tree.place(&mut walk.volume, walk.budget, entry)?;
        let owner = Owner::Node(node);
        walk.volume.structure(&Structure {
            view,
            role: &HEADER,
            owner,
            at,
            bytes: &bytes,
            parts: &[
                Part::fact(0..4),
                Part::fact(6..10),
                Part::layout(14..30, true),
                Part::fact(FIXED..name_end),
            ],
        });
        if content.is_none() && kind == Kind::File {
            let what = "the member is not whole, or cannot be decoded";
            let range = start..if is_open { length } else { stop };
            walk.volume.claim(view, range.clone(), &PACKED, owner);
            walk.volume.unread(GapKind::Damaged, owner, Some(range), what);
        }
        if is_open || stop >= length {
            return Ok(());
        }
        at = stop;
    }
}
