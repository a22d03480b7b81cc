//! Libraries that only a development system has.

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};
use crate::rules::program::{Elf, MachO, Pe};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-debug-runtime", look: Look::Parsed(find) };

/// Debug builds of the runtime of Visual C++, without version and `D.DLL`.
const STEMS: [&str; 13] = [
    "msvcr",
    "msvcp",
    "vcruntime",
    "ucrtbase",
    "concrt",
    "mfc",
    "mfcm",
    "vccorlib",
    "msvcrt",
    "vcomp",
    "vcamp",
    "atl",
    "libcef_",
];
/// Parts of that runtime whose names have the `d` in the middle.
const INNER: [&str; 2] = ["d_atomic_wait.dll", "d_codecvt_ids.dll"];
/// Debug builds of Qt, which all need the first of its libraries.
const QT: [&str; 3] = ["qtcored4.dll", "qt5cored.dll", "qt6cored.dll"];
/// What `-fsanitize` links, of gcc and of clang.
const SANITIZERS: [&str; 7] = [
    "libasan.so",
    "libhwasan.so",
    "liblsan.so",
    "libtsan.so",
    "libclang_rt.asan",
    "libclang_rt.tsan",
    "clang_rt.asan",
];

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    for program in parsed.programs() {
        for (at, name) in program.pe().into_iter().flat_map(Pe::libraries) {
            if is_debug(name) {
                hits.tell(Hit::new(String::from_utf8_lossy(name)).at(at as u64, name.len() as u64));
            }
        }
        let linked = program.macho().into_iter().flat_map(MachO::libraries);
        for name in program.elf().into_iter().flat_map(Elf::needed).chain(linked) {
            if is_debug(name) {
                hits.tell(Hit::new(String::from_utf8_lossy(name)));
            }
        }
    }
}

/// Whether a library is one for development, by its name or path.
fn is_debug(path: &[u8]) -> bool {
    let name = path.rsplit(|b| *b == b'/').next().unwrap_or_default();
    let lower = String::from_utf8_lossy(name).to_ascii_lowercase();
    let version = |rest: &str| rest.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'_' | b'u'));
    let of_runtime =
        |stem: &str| STEMS.iter().any(|start| stem.strip_prefix(start).is_some_and(version));
    let python = lower.strip_prefix("python").and_then(|rest| rest.strip_suffix("_d.dll"));
    lower.strip_suffix("d.dll").is_some_and(of_runtime)
        || INNER.iter().any(|end| lower.strip_suffix(end).is_some_and(of_runtime))
        || python.is_some_and(|version| version.bytes().all(|b| b.is_ascii_digit()))
        || QT.contains(&lower.as_str())
        || SANITIZERS.iter().any(|start| lower.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_for_development_are_known_by_their_names() {
        for name in [
            "VCRUNTIME140D.dll",
            "vcruntime140_1d.dll",
            "MSVCP140D_ATOMIC_WAIT.dll",
            "mfc140ud.dll",
            "mfcm140d.dll",
            "vcomp140d.dll",
            "ucrtbased.dll",
            "python312_d.dll",
            "Qt5Cored.dll",
            "libcef_d.dll",
            "libasan.so.8",
            "@rpath/libclang_rt.asan_osx_dynamic.dylib",
            "clang_rt.asan_dynamic-x86_64.dll",
        ] {
            assert!(is_debug(name.as_bytes()), "{name}");
        }
        for name in [
            "VCRUNTIME140.dll",
            "MSVCP140_ATOMIC_WAIT.dll",
            "Qt5VirtualKeyboard.dll",
            "Qt6Quick3D.dll",
            "python312.dll",
            "libcef.dll",
            "mfreadwrite.dll",
            "atlthunk.dll",
            "sound.dll",
            "libasound.so.2",
        ] {
            assert!(!is_debug(name.as_bytes()), "{name}");
        }
    }
}
