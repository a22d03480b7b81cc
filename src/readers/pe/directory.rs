//! The directory of resources: three levels, types, names and languages, then where the data lie.
//!
//! Microsoft, *PE Format*, "The .rsrc Section". All numbers are little-endian; offsets count from the
//! start of the directory, only data are told by their address.

use super::texts::{Kind, Text};
use crate::source::{Source, le16, le32, read_exact};

/// Entries of all directories together; a program has some hundred.
const MOST: usize = 1 << 16;
/// The bit that says a name, or a directory below.
const FLAG: u32 = 1 << 31;

/// A resource that holds text.
pub(super) struct Leaf {
    pub(super) kind: Kind,
    /// Its name: a number, or a text.
    name: String,
    /// Its number; 0 if it has a name.
    pub(super) number: u32,
    language: u32,
    /// The address of its data.
    pub(super) address: u32,
    /// Bytes of its data.
    pub(super) size: u32,
}

impl Leaf {
    /// Type, name and language.
    pub(super) fn path(&self) -> String {
        format!("{}/{}/{}", self.kind.name(), self.name, self.language)
    }

    /// The names down to one of its texts.
    pub(super) fn path_of(&self, text: &Text) -> Vec<String> {
        let (kind, language) = (self.kind.name().to_owned(), self.language.to_string());
        match self.kind {
            // Strings have numbers of their own; the block that they lie in says nothing.
            Kind::String | Kind::Message => vec![kind, text.name.clone(), language],
            _ if text.whole => vec![kind, self.name.clone(), language],
            _ => {
                let below = text.name.split('/').map(str::to_owned);
                [kind, self.name.clone(), language].into_iter().chain(below).collect()
            }
        }
    }
}

/// What is wrong with a directory, and where in it.
pub(super) struct Broken {
    pub(super) at: u64,
    pub(super) message: String,
}

/// An entry of a directory.
struct Entry {
    /// A number, or [`FLAG`] and where the name lies.
    name: u32,
    /// Where the data entry lies, or [`FLAG`] and where the directory below lies.
    to: u32,
}

struct Walk<'a> {
    source: &'a dyn Source,
    base: u64,
    room: u64,
    seen: usize,
}

/// The resources that hold text, in the order of the directories; what was found before a mistake
/// stays in `out`.
pub(super) fn leaves(
    source: &dyn Source,
    base: u64,
    room: u64,
    out: &mut Vec<Leaf>,
) -> Result<(), Broken> {
    let mut walk = Walk { source, base, room, seen: 0 };
    for of_type in walk.directory(0, "types")? {
        let Some(kind) = Kind::numbered(of_type.name) else { continue };
        for of_name in walk.below(&of_type, "names")? {
            let name = walk.name(of_name.name)?;
            for of_language in walk.below(&of_name, "languages")? {
                if of_language.to & FLAG != 0 {
                    return Err(broken(of_language.to & !FLAG, "a directory, expected data"));
                }
                let data = walk.read(of_language.to, 16, "a data entry")?;
                out.push(Leaf {
                    kind,
                    name: name.clone(),
                    number: if of_name.name & FLAG == 0 { of_name.name } else { 0 },
                    language: of_language.name & !FLAG,
                    address: le32(&data, 0).unwrap_or_default(),
                    size: le32(&data, 4).unwrap_or_default(),
                });
            }
        }
    }
    Ok(())
}

fn broken(at: u32, message: impl Into<String>) -> Broken {
    Broken { at: u64::from(at), message: message.into() }
}

impl Walk<'_> {
    fn read(&self, at: u32, length: u64, what: &str) -> Result<Vec<u8>, Broken> {
        let start = u64::from(at);
        if start + length > self.room {
            let message = format!("{what} at {start} of {} bytes of resources", self.room);
            return Err(broken(at, message));
        }
        read_exact(self.source, self.base + start, length)
            .map_err(|error| broken(at, format!("{what}: {error}")))
    }

    fn below(&mut self, entry: &Entry, what: &str) -> Result<Vec<Entry>, Broken> {
        if entry.to & FLAG == 0 {
            return Err(broken(entry.to, format!("data, expected a directory of {what}")));
        }
        self.directory(entry.to & !FLAG, what)
    }

    fn directory(&mut self, at: u32, what: &str) -> Result<Vec<Entry>, Broken> {
        let what = format!("directory of {what}");
        let header = self.read(at, 16, &what)?;
        let count = |at| le16(&header, at).map_or(0, usize::from);
        let count = count(12) + count(14);
        self.seen += count;
        if self.seen > MOST {
            return Err(broken(
                at,
                format!("more than {MOST} entries in directories of resources"),
            ));
        }
        let Some(first) = at.checked_add(16) else { return Err(broken(at, what)) };
        let list = self.read(first, 8 * count as u64, &what)?;
        let entry = |of: &[u8]| Some(Entry { name: le32(of, 0)?, to: le32(of, 4)? });
        Ok(list.chunks_exact(8).filter_map(entry).collect())
    }

    fn name(&self, name: u32) -> Result<String, Broken> {
        if name & FLAG == 0 {
            return Ok(name.to_string());
        }
        let at = name & !FLAG;
        let length = le16(&self.read(at, 2, "a name")?, 0).map_or(0, u64::from);
        let Some(text) = at.checked_add(2) else { return Err(broken(at, "a name")) };
        let units = self.read(text, 2 * length, "a name")?;
        let units = units.chunks_exact(2).filter_map(|unit| le16(unit, 0));
        Ok(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
    }
}
