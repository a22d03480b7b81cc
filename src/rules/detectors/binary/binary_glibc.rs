//! A version of the C library that a target does not have.

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-glibc", look: Look::Parsed(find) };

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    for elf in parsed.programs().iter().filter_map(|program| program.elf()) {
        let versions = elf.versions().into_iter().filter_map(|(_, version)| {
            let number = std::str::from_utf8(version.strip_prefix(b"GLIBC_")?).ok()?;
            Some((super::version(number)?, number))
        });
        let Some((newest, name)) = versions.max() else { continue };
        for target in &parsed.targets {
            let Some(has) = &target.binaries.glibc else { continue };
            if super::version(has).is_some_and(|has| newest > has) {
                let detail = format!("needs GLIBC_{name}, {} has {has}", target.name);
                hits.tell(Hit::new(detail).on(target));
            }
        }
    }
}
