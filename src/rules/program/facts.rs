//! What conditions may ask of a program ([`crate::rules::condition`]): the same few facts of ELF, PE and
//! Mach-O, and none where a format has no such thing.

use goblin::elf::dynamic::{DF_1_PIE, DT_FLAGS_1};
use goblin::elf::header::{ET_CORE, ET_DYN, ET_EXEC, ET_REL};
use goblin::mach::header::{
    MH_BUNDLE, MH_CORE, MH_DSYM, MH_DYLIB, MH_DYLINKER, MH_EXECUTE, MH_KEXT_BUNDLE, MH_OBJECT,
    MH_PIE,
};
use goblin::pe::dll_characteristic::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE;
use goblin::pe::optional_header::MAGIC_64;

use super::{Elf, Image, MachO, Pe, Program};
use crate::model::digest::hex;

/// What conditions may ask of a program.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ProgramFacts {
    /// `executable`, `shared-library`, `object`…; none if the format calls it something else.
    pub kind: Option<&'static str>,
    /// Of an address: 32 or 64.
    pub bits: u8,
    /// Libraries that it is linked with; those of Windows in small letters.
    pub needed: Vec<String>,
    /// The name by which others need it: ELF's `DT_SONAME`, or the install name of Mach-O.
    pub soname: Option<String>,
    /// What loads it.
    pub interpreter: Option<String>,
    /// Folders in which the loader looks for libraries.
    pub rpath: Vec<String>,
    /// The number that tells this link from others, in hex: ELF's build id, or the UUID of Mach-O.
    pub build_id: Option<String>,
    /// Whether an executable may be loaded at any address.
    pub pie: Option<bool>,
    /// Whether its table of symbols was taken out.
    pub stripped: bool,
    /// Whether it holds what a debugger reads; none of PE, which keeps it in a file of its own.
    pub debug_info: Option<bool>,
    /// Whether a signature is in it, of whatever worth; none of ELF.
    pub signed: Option<bool>,
}

/// The facts of a program.
pub(in crate::rules) fn facts(program: &Program<'_>) -> ProgramFacts {
    match &program.image {
        Image::Elf(elf) => of_elf(elf),
        Image::Pe(pe) => of_pe(pe),
        Image::MachO(macho) => of_macho(macho),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const fn bits(is_64: bool) -> u8 {
    if is_64 { 64 } else { 32 }
}

fn of_elf(elf: &Elf<'_>) -> ProgramFacts {
    let is_pie = elf.tag(DT_FLAGS_1).is_some_and(|flags| flags & DF_1_PIE != 0)
        // Linkers of old set no flag.
        || elf.interpreter().is_some() && elf.soname().is_none();
    let kind = match elf.header.e_type {
        _ if elf.is_symbols_only() => Some("symbols"),
        ET_REL => Some("object"),
        ET_EXEC => Some("executable"),
        ET_DYN if is_pie => Some("executable"),
        ET_DYN => Some("shared-library"),
        ET_CORE => Some("core"),
        _ => None,
    };
    let has = |name: &[u8]| elf.section(name).is_some();
    ProgramFacts {
        kind,
        bits: bits(elf.is_64),
        needed: elf.needed().map(text).collect(),
        soname: elf.soname().map(text),
        interpreter: elf.interpreter().map(text),
        rpath: elf.search_paths().map(text).collect(),
        build_id: elf.build_id().map(hex),
        pie: (kind == Some("executable")).then_some(elf.header.e_type == ET_DYN),
        stripped: !has(b".symtab"),
        debug_info: Some(has(b".debug_info") || has(b".zdebug_info")),
        signed: None,
    }
}

fn of_pe(pe: &Pe<'_>) -> ProgramFacts {
    let fields = &pe.optional.windows_fields;
    let moves = fields.dll_characteristics & IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE != 0;
    ProgramFacts {
        kind: Some(if pe.is_library() { "shared-library" } else { "executable" }),
        bits: bits(pe.optional.standard_fields.magic == MAGIC_64),
        needed: pe.libraries().iter().map(|(_, name)| text(&name.to_ascii_lowercase())).collect(),
        pie: (!pe.is_library()).then_some(moves),
        stripped: pe.symbols().is_none(),
        signed: Some(pe.certificate_table().is_some()),
        ..ProgramFacts::default()
    }
}

fn of_macho(macho: &MachO<'_>) -> ProgramFacts {
    let kind = match macho.kind {
        MH_OBJECT => Some("object"),
        MH_EXECUTE => Some("executable"),
        MH_DYLIB => Some("shared-library"),
        MH_BUNDLE => Some("bundle"),
        MH_DYLINKER => Some("loader"),
        MH_KEXT_BUNDLE => Some("kernel-extension"),
        MH_DSYM => Some("symbols"),
        MH_CORE => Some("core"),
        _ => None,
    };
    let has_debug = macho.segments().any(|segment| segment.is_debug);
    ProgramFacts {
        kind,
        bits: bits(macho.is_64()),
        needed: macho.libraries().map(text).collect(),
        soname: macho.install_name().map(text),
        interpreter: macho.interpreter().map(text),
        rpath: macho.folders().map(text).collect(),
        build_id: macho.uuid().map(|uuid| hex(&uuid)),
        pie: macho.is_application().then_some(macho.flags & MH_PIE != 0),
        stripped: !has_debug && !macho.has_symbols(),
        // The sections of an object lie in one segment without a name.
        debug_info: (macho.kind != MH_OBJECT).then_some(has_debug),
        signed: Some(macho.signature().is_some()),
    }
}
