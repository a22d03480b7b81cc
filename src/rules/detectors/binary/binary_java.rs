//! A version of Java that the oldest system of the release does not have.

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};
use crate::rules::program::version_of;
use crate::source::be16;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-java", look: Look::Parsed(find) };

/// What a class file has more than the version of Java that it is for (JVMS 4.1, table 4.1-A).
const CLASS_FILES: u32 = 44;

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    let Some(oldest) = parsed.oldest.get("java") else { return };
    // Java 8 was 1.8, too.
    let has = match version_of(oldest) {
        Some((1, minor)) => minor,
        Some((major, _)) => major,
        None => return,
    };
    let Some(version) = be16(parsed.bytes, 6).map(u32::from) else { return };
    let asks = version.saturating_sub(CLASS_FILES);
    if asks > has {
        let detail =
            format!("class file version {version} is of Java {asks}, the oldest is {oldest}");
        hits.tell(Hit::new(detail).at(6, 2));
    }
}
