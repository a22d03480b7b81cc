//! Checks that compilers of C put around buffers.

use std::collections::HashSet;

use goblin::elf::header::{ET_DYN, ET_EXEC};
use memchr::memmem;

use super::super::{Detector, Look};
use crate::rules::parsed::{Hit, Hits, Parsed};
use crate::rules::program::Elf;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "binary-fortification", look: Look::Parsed(find) };

/// Functions that fill buffers which mostly lie on the stack: a program of some size that calls one
/// has a function that is guarded, if any is.
const FILLING: [&[u8]; 8] =
    [b"sprintf", b"snprintf", b"vsnprintf", b"fgets", b"gets", b"strcpy", b"strcat", b"recv"];
/// Bytes of code from which on a program is of some size.
const SIZE: u64 = 16 << 10;
/// Functions of which a header of glibc makes the checked one at every call.
const CHECKED: [&[u8]; 4] = [b"printf", b"fprintf", b"vprintf", b"vfprintf"];

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    for elf in parsed.programs().iter().filter_map(|program| program.elf()) {
        if !is_of_c(elf) {
            continue;
        }
        let imports: HashSet<&[u8]> = elf.imports().collect();
        let has = |names: &[&[u8]]| names.iter().any(|name| imports.contains(name));
        let is_large = elf.section(b".text").is_some_and(|text| text.sh_size >= SIZE);
        let mut missing = Vec::new();
        if is_large && has(&FILLING) && !has(&[b"__stack_chk_fail", b"__stack_chk_guard"]) {
            missing.push("guards of the stack (-fstack-protector-strong)");
        }
        let is_checked = |name: &&[u8]| name.starts_with(b"__") && name.ends_with(b"_chk");
        if has(&CHECKED) && !imports.iter().any(is_checked) {
            missing.push("checks of buffers (-O2 -D_FORTIFY_SOURCE=2)");
        }
        if !missing.is_empty() {
            hits.tell(Hit::new(missing.join(", ")));
        }
    }
}

/// Whether it was made by a compiler of C or C++ and nothing else, and asks for glibc.
fn is_of_c(elf: &Elf<'_>) -> bool {
    let is_linked = matches!(elf.header.e_type, ET_EXEC | ET_DYN);
    if !is_linked || elf.dynamic.is_none() || elf.is_symbols_only() {
        return false;
    }
    let comment = elf.section(b".comment").and_then(|s| elf.slice(s.sh_offset, s.sh_size));
    let says = |text: &[u8]| comment.is_some_and(|all| memmem::find(all, text).is_some());
    let is_go = || elf.section(b".go.buildinfo").is_some() || elf.section(b".gopclntab").is_some();
    (says(b"GCC: (") || says(b"clang version"))
        && !says(b"rustc version")
        && !is_go()
        && elf.versions().iter().any(|(_, version)| version.starts_with(b"GLIBC_"))
}
