//! Symbols in files of their own (GDB manual, Separate Debug Files): a program names them by its build id,
//! which is their path below `.build-id`, and in `.gnu_debuglink` by name and CRC-32. Of those that the
//! artifact holds both must be true, or the debugger does not take them.

use std::collections::HashMap;

use super::super::{Detector, Look};
use crate::model::digest::hex;
use crate::model::{Kind, Locator, Manifest, Value, field};
use crate::rules::parsed::{Hit, Join, Noted, Notes, Parsed, Unchanged};

pub(in super::super) const DETECTOR: Detector = Detector {
    name: "binary-debug-files",
    look: Look::Joined(Join { note, join, unchanged: Unchanged::Beside }),
};

/// First bytes of notes: the build id of a program, the CRC-32 of a file of symbols, and the CRC-32 and
/// the name that a program tells of its own.
const ID: u8 = b'i';
const SYMBOLS: u8 = b's';
const LINK: u8 = b'l';

fn note(parsed: &Parsed<'_>, notes: &mut Notes) {
    for elf in parsed.programs().iter().filter_map(|program| program.elf()) {
        if let Some(id) = elf.build_id() {
            notes.take([&[ID], id].concat(), None);
        }
        if let Some((name, crc, at)) = elf.debug_link() {
            let key = [&[LINK][..], &crc.to_be_bytes(), name].concat();
            notes.take(key, Some(at..at + name.len() as u64));
        }
        if elf.is_symbols_only() || parsed.name.ends_with(b".debug") {
            let mut crc = crc32fast::Hasher::new();
            let is_read = parsed.stretches(&mut |stretch| {
                crc.update(stretch.bytes.get(stretch.own.clone()).unwrap_or_default());
            });
            if is_read {
                notes.take([&[SYMBOLS][..], &crc.finalize().to_be_bytes()].concat(), None);
            }
        }
    }
}

/// What is noted of a program: the number of a note, its build id, the CRC-32 of its bytes.
#[derive(Default)]
struct Known<'a> {
    index: usize,
    id: Option<&'a [u8]>,
    crc: Option<&'a [u8]>,
}

fn join(manifest: &Manifest, notes: &[Noted], tell: &mut dyn FnMut(usize, Hit)) {
    let mut known: HashMap<String, Known<'_>> = HashMap::new();
    let mut links = Vec::new();
    for (index, Noted { place, note }) in notes.iter().enumerate() {
        let Some((&kind, told)) = note.key.split_first() else { continue };
        let known = known.entry(manifest.content_path(*place).as_str().to_owned()).or_default();
        known.index = index;
        match kind {
            ID => known.id = Some(told),
            SYMBOLS => known.crc = Some(told),
            _ => links.extend(told.split_first_chunk::<4>().map(|link| (index, link))),
        }
    }
    if known.is_empty() {
        return;
    }
    for (path, Known { index, id, .. }) in &known {
        if let (Some(said), Some(id)) = (said_by(path), id.map(hex))
            && said != id
        {
            tell(*index, Hit::new(format!("{id}, its path says {said}")));
        }
    }
    for place in manifest.places() {
        let Some((volume, node)) = manifest.node(place) else { continue };
        if node.kind != Kind::Symlink {
            continue;
        }
        let target = volume.facts_of(node).iter().find(|fact| fact.field == field::TARGET);
        let Some(Value::Bytes(target)) = target.map(|fact| &fact.value) else { continue };
        let link = manifest.path(place);
        let Some(said) = said_by(link.as_str()) else { continue };
        let resolved = resolve(link.as_str(), &String::from_utf8_lossy(target));
        let Some(Known { index, id: Some(id), .. }) = known.get(&resolved) else { continue };
        let id = hex(id);
        if said != id {
            let hit = Hit::new(format!("{id}, {link} leads here"));
            tell(*index, Hit { missing: Some(link), ..hit });
        }
    }
    for (index, (said, name)) in links {
        let Some(Noted { place, .. }) = notes.get(index) else { continue };
        let program = manifest.content_path(*place);
        let name = String::from_utf8_lossy(name);
        let (root, inner) = split(program.as_str());
        let folder = inner.rsplit_once('/').map_or("", |(folder, _)| folder);
        let beside = [format!("{folder}/{name}"), format!("{folder}/.debug/{name}")];
        let all = beside.into_iter().chain([format!("usr/lib/debug/{folder}/{name}")]);
        let paths = all.map(|path| format!("{root}{}", path.trim_start_matches('/')));
        let there: Vec<_> =
            paths.filter_map(|path| known.get(&path)?.crc.map(|crc| (path, crc))).collect();
        if let Some((path, crc)) = there.first()
            && there.iter().all(|(_, crc)| *crc != said)
        {
            let (said, crc) = (hex(said), hex(crc));
            let detail = format!("a CRC-32 of {said} for its symbols, {path} has {crc}");
            let missing = Some(Locator::parse(path));
            tell(index, Hit { missing, ..Hit::new(detail) });
        }
    }
}

/// What a path below `.build-id` says that the build id is: two digits, a slash, the others.
fn said_by(path: &str) -> Option<String> {
    let (folder, name) = path.rsplit_once('/')?;
    let (above, first) = folder.rsplit_once('/')?;
    let rest = name.strip_suffix(".debug").unwrap_or(name);
    let is_hex = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let is_one = above.rsplit('/').next() == Some(".build-id")
        && first.len() == 2
        && rest.len() >= 6
        && is_hex(first)
        && is_hex(rest);
    is_one.then(|| format!("{first}{rest}"))
}

/// The root of the tree that a path lies in, and the path there.
fn split(path: &str) -> (&str, &str) {
    let root = path.rfind('!').and_then(|mark| Some(mark + path.get(mark..)?.find('/')? + 1));
    path.split_at_checked(root.unwrap_or(0)).unwrap_or(("", path))
}

/// Where a link leads, as far as names tell.
fn resolve(link: &str, target: &str) -> String {
    let (root, inner) = split(link);
    let mut names: Vec<&str> = inner.split('/').collect();
    names.pop();
    if target.starts_with('/') {
        names.clear();
    }
    for name in target.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()),
            _ => names.push(name),
        }
    }
    format!("{root}{}", names.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_below_build_id_say_one() {
        for (path, expected) in [
            ("usr/lib/debug/.build-id/ab/cdef0123.debug", Some("abcdef0123")),
            ("a.tar!/usr/lib/.build-id/ab/cdef0123", Some("abcdef0123")),
            ("usr/lib/.build-id/ab/cdef0123.1", None),
            ("usr/lib/debug/ab/cdef0123.debug", None),
            ("usr/lib/debug/.build-id/ab/readme.debug", None),
        ] {
            assert_eq!(said_by(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn links_lead_within_their_tree() {
        for (link, target, expected) in [
            ("usr/lib/.build-id/ab/cd", "../../../bin/ls", "usr/bin/ls"),
            ("a.tar!/usr/lib/x", "/usr/bin/ls", "a.tar!/usr/bin/ls"),
            ("a.iso!rr/x", "../../ls", "a.iso!rr/ls"),
        ] {
            assert_eq!(resolve(link, target), expected);
        }
    }
}
