//! CR alone in a text whose lines end otherwise.

use super::{Detector, Entry, Look, Place, Told};
use crate::model::LineEnd;

pub(super) const DETECTOR: Detector = Detector { name: "lone-cr", look: Look::Entry(find) };

fn find(entry: &Entry<'_>) -> Option<Told> {
    let ends = entry.ends;
    let others = ends.lf + ends.crlf;
    let hit = ends.cr > 0 && ends.cr <= others && entry.is_file_of_text();
    let plural = if ends.cr == 1 { "" } else { "s" };
    hit.then(|| {
        let detail = format!("{} CR{plural} without LF among {others} line ends", ends.cr);
        Told::at(Place::FirstEnd(LineEnd::Cr), detail)
    })
}
