//! Characters that are not seen: of no width, fillers, tags.
//!
//! Joiners and direction marks are part of the writing of Persian, Arabic, Hebrew and the scripts of
//! India, and of emoji: they count only where no such character stands beside them.

use super::super::{Detector, Look};
use crate::rules::name::{Name, points};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "name-invisible", look: Look::Name(find) };

fn find(name: &Name<'_>) -> Option<String> {
    let text = name.text?;
    if text.is_ascii() {
        return None;
    }
    let mut before = None;
    let mut chars = text.chars().peekable();
    let mut seen = String::new();
    while let Some(c) = chars.next() {
        let after = chars.peek().copied();
        let hidden = match u32::from(c) {
            0xad
            | 0x034f
            | 0x115f
            | 0x1160
            | 0x17b4
            | 0x17b5
            | 0x180e
            | 0x200b
            | 0x2060..=0x2064
            | 0x206a..=0x206f
            | 0x3164
            | 0xfeff
            | 0xffa0
            | 0xe0001 => true,
            0x061c | 0x200c..=0x200f => !written_with(before) && !written_with(after),
            // The flags of England, Scotland and Wales are a flag with tags behind it.
            0xe0020..=0xe007f => {
                !before.is_some_and(|c| c == '\u{1f3f4}' || matches!(c, '\u{e0020}'..='\u{e007f}'))
            }
            _ => false,
        };
        if hidden {
            seen.push(c);
        }
        before = Some(c);
    }
    points(seen.chars())
}

/// Whether joiners and marks are written beside a character: of a script that has them, or emoji.
fn written_with(c: Option<char>) -> bool {
    c.is_some_and(|c| matches!(u32::from(c), 0x0590..=0x1cff | 0x2600..=0x27bf | 0xa840..=0xabff | 0xfb1d..=0xfdff | 0xfe0f | 0x1f000..=0x1faff))
}
