//! What becomes of file names on a target: as it is, in another form, cut, or refused; and which of
//! several become one.

use super::short;
use super::target::Target;
use crate::rules::name::Name;

/// What becomes of one name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Fate {
    /// Why the target does not take it; empty if it does.
    pub refused: Vec<String>,
    /// How it is stored, where that is not as given.
    pub stored: Option<String>,
    /// Whether that is so because it was too long.
    pub cut: bool,
    /// The second, short name that it gets.
    pub short: Option<String>,
}

/// What becomes of a name on a target.
pub fn fate(target: &Target, bytes: &[u8]) -> Fate {
    let names = &target.names;
    let name = Name::new(bytes);
    let mut fate = Fate::default();
    if let Some(wrong) = names.wrong_character(&name) {
        fate.refused.push(wrong);
    }
    if let Some(word) = names.is_reserved(&name) {
        fate.refused.push(format!("{word} is reserved"));
    }
    if let Some(start) = names.reserved_beginning(&name) {
        fate.refused.push(format!("{start} at the start is reserved"));
    }
    if let Some(start) = names.wrong_start(&name) {
        fate.refused.push(format!("{start:?} at the start"));
    }
    let written = names.written(&name);
    let kept = names.without_end(&written);
    if kept.is_empty() {
        fate.refused.push("nothing is left of it".to_owned());
    }
    let stored = names.cut_to_fit(kept);
    fate.cut = *stored != *kept;
    if !names.cut {
        fate.refused.extend(names.too_long(&name));
    }
    if fate.refused.is_empty() && stored.as_bytes() != bytes && name.text.is_some() {
        fate.stored = Some(stored.into_owned());
    }
    if fate.refused.is_empty() && names.short_names {
        fate.short = name.text.and_then(short::alias).map(|short| short.first());
    }
    fate
}

/// Which of several names meet on a target: two indices, and how they meet.
pub fn meetings(target: &Target, names: &[&[u8]]) -> Vec<(usize, usize, String)> {
    let rules = &target.names;
    let forms: Vec<Option<String>> = names
        .iter()
        .map(|bytes| {
            let name = Name::new(bytes);
            let mut form = String::new();
            if !rules.compared(&name, &mut form) {
                form.push_str(name.text?);
            }
            Some(rules.cut_to_fit(&form).into_owned())
        })
        .collect();
    let text = |index: usize| names.get(index).and_then(|name| std::str::from_utf8(name).ok());
    let mut met = Vec::new();
    for b in 0..names.len() {
        for a in 0..b {
            let (Some(Some(one)), Some(Some(two))) = (forms.get(a), forms.get(b)) else { continue };
            if one == two {
                met.push((a, b, "become one name".to_owned()));
                continue;
            }
            if !rules.short_names {
                continue;
            }
            let is_alias = |long, spelled| {
                let alias = text(long).and_then(short::alias);
                alias.is_some() && alias == text(spelled).and_then(short::spelled)
            };
            if is_alias(a, b) || is_alias(b, a) {
                met.push((a, b, "meet: one spells the short name of the other".to_owned()));
            }
        }
    }
    met
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Targets;

    #[test]
    fn names_fare_as_the_target_makes_them() {
        let of = |target: &str, name: &str| {
            let fate = fate(Targets::built_in().get(target).expect(target), name.as_bytes());
            (fate.refused.join("; "), fate.stored.unwrap_or_default(), fate.cut)
        };
        let is = |stored: &str, cut| (String::new(), stored.to_owned(), cut);
        assert_eq!(of("linux", "Aux. "), is("", false));
        assert_eq!(of("dos", "longfilename.html"), is("LONGFILE.HTM", true));
        assert_eq!(of("dos", "readme.txt"), is("README.TXT", false));
        assert_eq!(of("windows", "end. ."), is("end", false));
        assert_eq!(of("hfs-plus", "é"), is("e\u{301}", false));
        assert_eq!(of("windows", "a:b").0, ": (U+003A)");
        assert_eq!(of("windows", "...").0, "nothing is left of it");
    }

    #[test]
    fn names_that_become_one_are_told() {
        let of = |target: &str, names: &[&str]| {
            let names: Vec<&[u8]> = names.iter().map(|name| name.as_bytes()).collect();
            let met = meetings(Targets::built_in().get(target).expect(target), &names);
            met.into_iter().map(|(a, b, _)| (a, b)).collect::<Vec<_>>()
        };
        assert_eq!(of("windows", &["Makefile", "makefile", "x"]), [(0, 1)]);
        assert_eq!(of("linux", &["Makefile", "makefile"]), []);
        assert_eq!(of("dos", &["longfile1.txt", "longfile2.txt"]), [(0, 1)]);
        assert_eq!(of("ntfs", &["LongFileName.txt", "longfi~1.txt"]), [(0, 1)]);
        assert_eq!(of("ntfs", &["LongFileName.txt", "LongFileNames.txt"]), []);
    }
}
