//! Globs over the names of entries, and a table of many.

use serde::Deserialize;

/// A name with at most one `*`, which stands for any bytes. ASCII case is no difference: a disc and a
/// FAT volume spell names in upper case.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct NameGlob {
    before: String,
    after: Option<String>,
}

impl TryFrom<String> for NameGlob {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (before, after) = match text.split_once('*') {
            Some((before, after)) => (before, Some(after.to_owned())),
            None => (text.as_str(), None),
        };
        let fixed = before.len() + after.as_ref().map_or(0, String::len);
        if fixed == 0 || after.as_ref().is_some_and(|after| after.contains('*')) {
            return Err(format!("{text:?}: expected a name with at most one `*`"));
        }
        Ok(Self { before: before.to_owned(), after })
    }
}

impl NameGlob {
    /// Whether a name is one of those meant.
    pub fn matches(&self, name: &[u8]) -> bool {
        let Some(after) = &self.after else {
            return name.eq_ignore_ascii_case(self.before.as_bytes());
        };
        let (before, after) = (self.before.as_bytes(), after.as_bytes());
        let begins =
            name.get(..before.len()).is_some_and(|start| start.eq_ignore_ascii_case(before));
        let rest = name.get(before.len()..).unwrap_or_default();
        let cut = rest.len().checked_sub(after.len());
        begins && cut.and_then(|cut| rest.get(cut..)).is_some_and(|e| e.eq_ignore_ascii_case(after))
    }

    /// A byte that each of its names ends with, or else begins with, in lower case.
    fn key(&self) -> Key {
        let end = self.after.as_ref().unwrap_or(&self.before).as_bytes().last();
        match end.or(self.before.as_bytes().first()) {
            Some(byte) if end.is_some() => Key::Last(byte.to_ascii_lowercase()),
            Some(byte) => Key::First(byte.to_ascii_lowercase()),
            None => Key::Last(0),
        }
    }

    /// As it is written in rule files.
    pub fn text(&self) -> String {
        match &self.after {
            Some(after) => format!("{}*{after}", self.before),
            None => self.before.clone(),
        }
    }
}

/// Where a name must have which byte to match a glob.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Key {
    /// At its start.
    First(u8),
    /// At its end.
    Last(u8),
}

/// Globs of many, each with a number: those few that a name may match are found by one of its bytes.
#[derive(Clone, Debug)]
pub struct NameTable<'a> {
    /// By the first byte, and by the last.
    rows: [Vec<Vec<(usize, &'a NameGlob)>>; 2],
}

impl Default for NameTable<'_> {
    fn default() -> Self {
        Self { rows: [vec![Vec::new(); 256], vec![Vec::new(); 256]] }
    }
}

impl<'a> NameTable<'a> {
    /// Takes a glob.
    pub fn add(&mut self, number: usize, glob: &'a NameGlob) {
        let [first, last] = &mut self.rows;
        let (table, byte) = match glob.key() {
            Key::First(byte) => (first, byte),
            Key::Last(byte) => (last, byte),
        };
        if let Some(row) = table.get_mut(usize::from(byte)) {
            row.push((number, glob));
        }
    }

    /// The numbers of the globs that a name matches. One may come several times.
    pub fn of<'s>(&'s self, name: &'s [u8]) -> impl Iterator<Item = usize> + 's {
        let key = |byte: Option<&u8>| usize::from(byte.map_or(0, u8::to_ascii_lowercase));
        let [first, last] = &self.rows;
        let rows = [first.get(key(name.first())), last.get(key(name.last()))];
        let globs = rows.into_iter().flatten().flatten();
        globs.filter(|(_, glob)| glob.matches(name)).map(|(number, _)| *number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_matches_the_whole_name_whatever_its_case() {
        for (glob, name, expected) in [
            ("*.orig", "a.orig", true),
            ("*.orig", "A.ORIG", true),
            ("*.orig", ".orig", true),
            ("*.orig", "a.origin", false),
            ("._*", "._a", true),
            ("._*", "a._a", false),
            ("#*#", "#a#", true),
            ("#*#", "#", false),
            ("CVS", "cvs", true),
            ("CVS", "cvs2", false),
        ] {
            let glob = NameGlob::try_from(glob.to_owned()).expect("sound");
            assert_eq!(glob.matches(name.as_bytes()), expected, "{glob:?} {name}");
            let mut table = NameTable::default();
            table.add(7, &glob);
            let numbers: Vec<_> = table.of(name.as_bytes()).collect();
            assert_eq!(numbers, if expected { vec![7] } else { vec![] }, "{glob:?} {name}");
        }
        for wrong in ["", "*", "a*b*c"] {
            assert!(NameGlob::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}
