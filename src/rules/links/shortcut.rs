//! Where a Windows shortcut leads by its relative path (MS-SHLLINK 2.1 to 2.4).

use std::borrow::Cow;

use super::{Base, Form, Piece, Reference, Role, Sink};
use crate::source::{le16, le32};

/// Bytes of the header.
const HEADER: usize = 0x4c;
const CLASS: &[u8] = b"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46";
const HAS_ID_LIST: u32 = 1;
const HAS_LINK_INFO: u32 = 1 << 1;
const HAS_NAME: u32 = 1 << 2;
const HAS_RELATIVE_PATH: u32 = 1 << 3;
const IS_UNICODE: u32 = 1 << 7;

pub(super) fn read(bytes: &[u8], sink: &mut Sink<'_>) {
    let _ = relative_path(bytes, sink);
}

fn relative_path(bytes: &[u8], sink: &mut Sink<'_>) -> Option<()> {
    let flags = le32(bytes, 20).filter(|_| bytes.starts_with(CLASS))?;
    if flags & HAS_RELATIVE_PATH == 0 {
        return None;
    }
    let mut at = HEADER;
    if flags & HAS_ID_LIST != 0 {
        at += 2 + usize::from(le16(bytes, at)?);
    }
    if flags & HAS_LINK_INFO != 0 {
        at = at.checked_add(usize::try_from(le32(bytes, at)?).ok()?)?;
    }
    let width = if flags & IS_UNICODE != 0 { 2 } else { 1 };
    if flags & HAS_NAME != 0 {
        at += 2 + width * usize::from(le16(bytes, at)?);
    }
    let length = width * usize::from(le16(bytes, at)?);
    let raw = bytes.get(at + 2..at + 2 + length)?;
    let path = if width == 2 {
        let units: Vec<u16> =
            raw.as_chunks::<2>().0.iter().map(|&u| u16::from_le_bytes(u)).collect();
        Cow::Owned(String::from_utf16_lossy(&units).into_bytes())
    } else {
        Cow::Borrowed(raw)
    };
    let found = Reference::path(Form::Dos, Base::Folder, Role::Program, at + 2, raw);
    sink(Piece::Reference(Reference { text: path, ..found }));
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::Syntax;
    use super::super::tests::told;
    use super::{CLASS, HEADER};

    #[test]
    fn the_relative_path_is_found_behind_what_precedes_it() {
        let mut bytes = CLASS.to_vec();
        bytes.extend([0b1000_1111, 0, 0, 0]);
        bytes.resize(HEADER, 0);
        // An id list of three bytes, a link info of four, the name "n".
        bytes.extend([3, 0, 9, 9, 9, 4, 0, 0, 0, 1, 0, b'n', 0]);
        bytes.extend([3, 0, b'a', 0, b'\\', 0, 0xe9, 0]);
        assert_eq!(told(Syntax::Shortcut, &bytes), [r"Program a\é @91"]);
        for length in 0..bytes.len() {
            assert!(told(Syntax::Shortcut, &bytes[..length]).is_empty(), "{length}");
        }
    }
}
