//! A byte order mark before UTF-8 on a target that shows it as characters.

use super::{Detector, Entry, Look, Place, Told};
use crate::model::{Class, TextKind};
use crate::rules::Target;
use crate::rules::code_pages::CodePage;
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
    let page = CodePage::of(first).filter(|page| page.is_single_byte() && first != "us-ascii");
    let detail = match page.and_then(|page| page.decode(b"\xef\xbb\xbf")) {
        Some(shown) => format!("shown as {shown}"),
        None => "read as part of the first line".to_owned(),
    };
    Some(Told::at(Place::Start(3), detail))
}
