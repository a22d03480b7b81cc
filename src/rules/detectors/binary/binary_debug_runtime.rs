//! Libraries that only a development system has.

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};
use crate::rules::program::Pe;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-debug-runtime", look: Look::Parsed(find) };

/// Debug builds of the runtime of Visual C++, without version and `D.DLL`.
const STEMS: [&str; 8] =
    ["msvcr", "msvcp", "vcruntime", "ucrtbase", "concrt", "mfc", "vccorlib", "msvcrt"];

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    for program in parsed.programs() {
        for (at, name) in program.pe().into_iter().flat_map(Pe::libraries) {
            let lower = String::from_utf8_lossy(name).to_ascii_lowercase();
            let is_debug = lower.strip_suffix("d.dll").is_some_and(|stem| {
                let version = |rest: &str| {
                    rest.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'_' | b'u'))
                };
                STEMS.iter().any(|start| stem.strip_prefix(start).is_some_and(version))
            });
            if is_debug {
                hits.tell(Hit::new(String::from_utf8_lossy(name)).at(at as u64, name.len() as u64));
            }
        }
    }
}
