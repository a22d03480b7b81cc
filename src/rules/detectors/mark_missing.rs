//! No byte order mark before UTF-8 where the readers of a target need one.

use super::{Detector, Entry, Look, Place, Told};
use crate::model::Class;
use crate::rules::Target;
use crate::rules::detectors::Charset;
use crate::rules::targets::Bom;

pub(super) const DETECTOR: Detector = Detector { name: "mark-missing", look: Look::EntryOn(find) };

/// Scripts of Windows PowerShell, which takes what has no mark for the system's code page.
const NEED_IT: [&str; 3] = [".ps1", ".psm1", ".psd1"];

fn find(entry: &Entry<'_>, target: &Target, _: &[&Target]) -> Option<Told> {
    let has_code_page = target.text.encodings.iter().any(|label| label.starts_with("windows-"));
    let hit = target.text.bom == Some(Bom::Understood)
        && has_code_page
        && entry.class == Class::Text
        && entry.charset == Charset::Utf8
        && !entry.has_mark()
        && entry.ends_with(&NEED_IT);
    hit.then(|| {
        Told::at(Place::FirstHigh, "Windows PowerShell takes it for the system's code page")
    })
}
