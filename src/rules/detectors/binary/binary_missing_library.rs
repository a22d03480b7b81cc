//! A library that a program needs by its name and the image does not hold: ELF finds it in the folders of
//! the system, Windows beside the program, macOS below what `@rpath` stands for.
//!
//! A library that a program may do without is none: one that is loaded when it is first called (PE's
//! delayed imports, Mach-O's lazy ones), or weakly (Mach-O).

use std::collections::{BTreeMap, HashSet};

use super::super::{Detector, Look};
use crate::model::{Kind, Locator, Manifest};
use crate::rules::parsed::{Hit, Join, Noted, Notes, Parsed, Unchanged};
use crate::rules::program::{
    Image, MachO, Pe, file_of, is_of_loader, is_of_windows, last_name, redistributable,
};

pub(in super::super) const DETECTOR: Detector = Detector {
    name: "binary-missing-library",
    look: Look::Joined(Join { note, join, unchanged: Unchanged::Naming }),
};

/// What every system has: told only where the image is a system itself.
const EVERYWHERE: [&str; 10] = [
    "ld-",
    "libc.",
    "libm.",
    "libdl.",
    "libpthread.",
    "librt.",
    "libgcc_s.",
    "libstdc++.",
    "libresolv.",
    "linux-vdso.",
];

/// What a program brings that loads plug-ins for Windows.
const OF_HOSTS: [&str; 7] = ["python", "perl5", "jvm.", "jawt.", "lua5", "tcl8", "tk8"];

/// First byte of a note: the format of the program. The name of the library follows.
const ELF: u8 = b'e';
const PE: u8 = b'p';
const MACHO: u8 = b'm';

fn note(parsed: &Parsed<'_>, notes: &mut Notes) {
    let mut take = |format: u8, name: &[u8]| notes.take([&[format], name].concat(), None);
    for program in parsed.programs() {
        match &program.image {
            Image::Elf(elf) => elf.needed().for_each(|name| take(ELF, last_name(name))),
            Image::Pe(pe) => of_windows(pe, |name| take(PE, name)),
            Image::MachO(macho) => of_apple(macho, |name| take(MACHO, name)),
        }
    }
}

/// Names in small letters, without those of Windows itself.
fn of_windows(pe: &Pe<'_>, mut take: impl FnMut(&[u8])) {
    if pe.is_native() {
        return;
    }
    let is_of_host = |name: &[u8]| {
        OF_HOSTS.iter().any(|start| name.starts_with(start.as_bytes())) || name.ends_with(b".exe")
    };
    for (_, name) in pe.libraries() {
        let name = file_of(name);
        if !(is_of_windows(&name) || pe.is_library() && is_of_host(&name)) {
            take(&name);
        }
    }
}

/// Names of what lies where only the release itself says: below folders that it names from its own
/// place, or from that of a program which is another one.
fn of_apple(macho: &MachO<'_>, mut take: impl FnMut(&[u8])) {
    let is_own = |path: &[u8]| {
        [&b"@loader_path"[..], b"@executable_path"].iter().any(|own| path.starts_with(own))
    };
    let mut folders = macho.folders().peekable();
    let is_inside = folders.peek().is_some() && folders.all(is_own);
    for path in macho.required() {
        let is_of_program = !macho.is_application() && path.starts_with(b"@executable_path/");
        if is_inside && path.starts_with(b"@rpath/") || is_of_program {
            take(last_name(path));
        }
    }
}

/// What the image has, by the names of its entries.
#[derive(Default)]
struct Held {
    names: HashSet<Vec<u8>>,
    /// The same in small letters, for systems to which capitals do not matter.
    small: HashSet<Vec<u8>>,
    /// Formats of which it has libraries; for ELF, a folder of them.
    formats: HashSet<u8>,
    /// It is a system itself.
    has_system: bool,
    /// Editions of Visual C++ of which it has libraries.
    editions: HashSet<Vec<u8>>,
}

impl Held {
    /// `wanted` are the names that are looked for, in small letters.
    fn new(manifest: &Manifest, wanted: &HashSet<Vec<u8>>) -> Self {
        let mut held = Self::default();
        for (volume, node) in manifest.places().filter_map(|place| manifest.node(place)) {
            let name = volume.name(node);
            let is_folder = node.kind == Kind::Directory;
            held.has_system |= is_of_loader(name);
            let small = name.to_ascii_lowercase();
            if is_folder && matches!(name, b"lib" | b"lib64") {
                held.formats.insert(ELF);
            }
            if small.ends_with(b".dylib") || is_folder && small.ends_with(b".framework") {
                held.formats.insert(MACHO);
            }
            if !is_folder && small.ends_with(b".dll") {
                held.formats.insert(PE);
                held.editions.extend(redistributable(&small).map(<[u8]>::to_vec));
            }
            if wanted.contains(&small) {
                held.names.insert(name.to_vec());
                held.small.insert(small);
            }
        }
        held
    }

    /// Whether a program of a format lacks a library of which nothing but the name is known.
    fn lacks(&self, format: u8, name: &[u8]) -> bool {
        let is_everywhere = || EVERYWHERE.iter().any(|start| name.starts_with(start.as_bytes()));
        let is_ours = match format {
            ELF => self.has_system || !is_everywhere(),
            // Installers bring these, all of an edition or none.
            PE => redistributable(name).is_none_or(|edition| self.editions.contains(edition)),
            _ => true,
        };
        let is_held = || match format {
            ELF => self.names.contains(name),
            _ => self.small.contains(&name.to_ascii_lowercase()),
        };
        self.formats.contains(&format) && is_ours && !is_held()
    }
}

fn join(manifest: &Manifest, notes: &[Noted], tell: &mut dyn FnMut(usize, Hit)) {
    let name = |noted: &Noted| noted.note.key.get(1..).map(<[u8]>::to_ascii_lowercase);
    let wanted: HashSet<Vec<u8>> = notes.iter().filter_map(name).collect();
    if wanted.is_empty() {
        return;
    }
    let held = Held::new(manifest, &wanted);
    let mut absent: BTreeMap<&[u8], (usize, usize)> = BTreeMap::new();
    // The slices of a fat program need the same.
    let mut seen = HashSet::new();
    for (index, Noted { note, place }) in notes.iter().enumerate() {
        let Some((format, name)) = note.key.split_first() else { continue };
        if held.lacks(*format, name) && seen.insert((*place, name)) {
            absent.entry(name).or_insert((index, 0)).1 += 1;
        }
    }
    for (key, (index, count)) in absent {
        let name = String::from_utf8_lossy(key);
        let others = match count {
            1 => String::new(),
            2 => ", and one more program does".to_owned(),
            _ => format!(", and {} more programs do", count - 1),
        };
        // It may have been in any folder.
        let missing = Some(Locator::root().view("").child(key, 0));
        tell(index, Hit { missing, ..Hit::new(format!("{name}{others}")) });
    }
}
