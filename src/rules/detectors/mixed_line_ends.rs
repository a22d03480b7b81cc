//! Lines of one text end in more than one way. A lone CR among other line ends is another detector's.

use super::{Detector, Entry, Look, Place, Told};
use crate::model::LineEnd;

pub(super) const DETECTOR: Detector = Detector { name: "mixed-line-ends", look: Look::Entry(find) };

fn find(entry: &Entry<'_>) -> Option<Told> {
    let ends = entry.ends;
    // Of two the rarer is the odd one; a few LF or CR LF among CR are odd in a text of a classic Mac.
    let (odd, others) = if ends.lf > 0 && ends.crlf > 0 {
        if ends.lf < ends.crlf {
            (LineEnd::Lf, LineEnd::Crlf)
        } else {
            (LineEnd::Crlf, LineEnd::Lf)
        }
    } else if ends.cr > ends.lf + ends.crlf && ends.lf + ends.crlf > 0 {
        (if ends.lf > 0 { LineEnd::Lf } else { LineEnd::Crlf }, LineEnd::Cr)
    } else {
        return None;
    };
    let count = ends.of(odd);
    let verb = if count == 1 { "line ends" } else { "lines end" };
    entry.is_file_of_text().then(|| {
        Told::at(
            Place::FirstEnd(odd),
            format!(
                "{count} {verb} with {}, {} with {}",
                odd.name(),
                ends.of(others),
                others.name()
            ),
        )
    })
}
