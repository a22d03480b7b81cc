//! A byte order mark before UTF-8 on a target that shows it as characters.

use encoding_rs::Encoding;

use super::{Detector, Entry, Look, Place, Told};
use crate::model::{Class, TextKind};
use crate::rules::Target;
use crate::rules::targets::Bom;

pub(super) const DETECTOR: Detector =
    Detector { name: "mark-on-target", look: Look::EntryOn(find) };

fn find(entry: &Entry<'_>, target: &Target, _: &[&Target]) -> Option<Told> {
    // Markup and programs have readers of their own, which know the mark.
    let own_reader = matches!(entry.kind, TextKind::Markup | TextKind::Source);
    let hit = entry.class == Class::Text && entry.has_mark() && !own_reader;
    if !hit || target.text.bom != Some(Bom::Shown) {
        return None;
    }
    let first = target.text.encodings.first()?;
    let detail = match Encoding::for_label(first.as_bytes()) {
        Some(encoding) if encoding != encoding_rs::UTF_8 && first != "us-ascii" => {
            let (shown, _) = encoding.decode_without_bom_handling(b"\xef\xbb\xbf");
            format!("shown as {shown}")
        }
        _ => "read as part of the first line".to_owned(),
    };
    Some(Told::at(Place::Start(3), detail))
}
