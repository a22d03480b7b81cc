//! A byte order mark before the first line, so that no kernel sees its `#!`.

use super::super::{Detector, Look};
use crate::rules::facts::{EntryFacts, FactsHit};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "script-bom", look: Look::Head(find) };

/// The byte order mark of an encoding, and `#!` in it.
const MARKS: [(&[u8], &[u8]); 3] =
    [(b"\xef\xbb\xbf", b"#!"), (b"\xff\xfe", b"#\0!\0"), (b"\xfe\xff", b"\0#\0!")];

fn find(entry: &EntryFacts<'_>) -> Option<FactsHit> {
    let head = super::head(entry);
    let found = |&&(mark, begin): &&(&[u8], &[u8])| {
        head.strip_prefix(mark).is_some_and(|rest| rest.starts_with(begin))
    };
    let (mark, _) = MARKS.iter().find(found).filter(|_| super::is_run(entry))?;
    Some(FactsHit::at(0..mark.len(), ""))
}
