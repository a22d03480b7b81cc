//! A version of the C library that a target, or the oldest system of the release, does not have.

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};
use crate::rules::program::version_of;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-glibc", look: Look::Parsed(find) };

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    for elf in parsed.programs().iter().filter_map(|program| program.elf()) {
        let versions = elf.versions().into_iter().filter_map(|(_, version)| {
            let number = std::str::from_utf8(version.strip_prefix(b"GLIBC_")?).ok()?;
            Some((version_of(number)?, number))
        });
        let Some((newest, name)) = versions.max() else { continue };
        let is_above = |has: &str| version_of(has).is_some_and(|has| newest > has);
        if let Some(has) = parsed.oldest.get("glibc") {
            if is_above(has) {
                hits.tell(Hit::new(format!("needs GLIBC_{name}, the oldest system has {has}")));
            }
            continue;
        }
        for target in &parsed.targets {
            if let Some(has) = target.binaries.glibc.as_ref().filter(|has| is_above(has)) {
                let detail = format!("needs GLIBC_{name}, {} has {has}", target.name);
                hits.tell(Hit::new(detail).on(target));
            }
        }
    }
}
