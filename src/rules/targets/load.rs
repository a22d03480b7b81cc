//! Files of targets: TOML, every key known, every value checked; an error names file, line and what
//! was expected.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::super::load::{LoadError, Place};
use super::charset::Chars;
use super::target::{
    Binaries, Case, Limit, NameEncoding, Names, Normalization, Target, Text, Within,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetFile {
    name: Spanned<String>,
    title: Spanned<String>,
    sees: Spanned<Vec<Vec<String>>>,
    #[serde(default)]
    volume: bool,
    names: NamesTable,
    #[serde(default)]
    text: Text,
    #[serde(default)]
    binaries: Binaries,
    #[serde(default)]
    owners: Vec<[u32; 2]>,
    #[serde(default)]
    controls: BTreeMap<Spanned<String>, String>,
    references: Spanned<Vec<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct NamesTable {
    encoding: NameEncoding,
    length: Option<Spanned<Limit>>,
    base: Option<u32>,
    extension: Option<u32>,
    dots: Option<u32>,
    folder_dots: Option<u32>,
    path: Option<Spanned<Limit>>,
    depth: Option<u32>,
    allowed: Option<Spanned<Vec<String>>>,
    forbidden: Option<Spanned<Vec<String>>>,
    forbidden_start: Option<Spanned<Vec<String>>>,
    forbidden_end: Option<Spanned<Vec<String>>>,
    case: Case,
    normalization: Normalization,
    reserved: Vec<String>,
    reserved_with_extension: bool,
    reserved_start: Vec<String>,
    cut: bool,
    short_names: bool,
    within: Vec<Spanned<Within>>,
    convention: Option<String>,
}

/// Reads the text of a target's file.
pub fn load(file: &str, text: &str) -> Result<Target, LoadError> {
    let place = Place { file, text };
    let raw: TargetFile = match toml::from_str(text) {
        Ok(raw) => raw,
        Err(error) => return place.refuse(&error),
    };
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if !is_name(raw.name.get_ref()) {
        let found = raw.name.get_ref();
        return place.error(
            raw.name.span().start,
            format!("expected a name such as \"classic-mac\", found {found:?}"),
        );
    }
    if raw.title.get_ref().trim().is_empty() || raw.title.get_ref().contains('\n') {
        return place.error(raw.title.span().start, "expected a title of one line");
    }
    if raw.references.get_ref().is_empty() {
        return place.error(raw.references.span().start, "expected at least one reference");
    }
    if let Some(view) = raw.sees.get_ref().iter().flatten().find(|view| !is_name(view)) {
        return place
            .error(raw.sees.span().start, format!("expected names of views, found {view:?}"));
    }
    Ok(Target {
        names: names(&place, raw.names)?,
        controls: controls(&place, raw.controls)?,
        name: raw.name.into_inner(),
        title: raw.title.into_inner(),
        sees: raw.sees.into_inner(),
        volume: raw.volume,
        text: raw.text,
        binaries: raw.binaries,
        owners: raw.owners,
        references: raw.references.into_inner(),
        file: file.to_owned(),
    })
}

fn names(place: &Place<'_>, raw: NamesTable) -> Result<Names, LoadError> {
    for limit in raw.length.iter().chain(&raw.path) {
        if limit.get_ref().limit == 0 {
            return place.error(limit.span().start, "expected a limit of at least 1");
        }
    }
    for within in &raw.within {
        if within.get_ref().patterns.is_empty() {
            return place.error(within.span().start, "expected at least one pattern");
        }
    }
    let chars = |spelled: Option<Spanned<Vec<String>>>| match spelled {
        None => Ok(Chars::default()),
        Some(spelled) => {
            let at = spelled.span().start;
            Chars::of(spelled.into_inner()).or_else(|message| place.error(at, message))
        }
    };
    let NamesTable { encoding, base, extension, dots, folder_dots, depth, case, .. } = raw;
    Ok(Names {
        encoding,
        length: raw.length.map(Spanned::into_inner),
        base,
        extension,
        dots,
        folder_dots,
        path: raw.path.map(Spanned::into_inner),
        depth,
        allowed: chars(raw.allowed)?,
        forbidden: chars(raw.forbidden)?,
        forbidden_start: chars(raw.forbidden_start)?,
        forbidden_end: chars(raw.forbidden_end)?,
        case,
        normalization: raw.normalization,
        reserved: raw.reserved,
        reserved_with_extension: raw.reserved_with_extension,
        reserved_start: raw.reserved_start,
        cut: raw.cut,
        short_names: raw.short_names,
        within: raw.within.into_iter().map(Spanned::into_inner).collect(),
        convention: raw.convention,
    })
}

/// Keys as `0x04`: a table of TOML has no numbers for keys.
fn controls(
    place: &Place<'_>,
    raw: BTreeMap<Spanned<String>, String>,
) -> Result<BTreeMap<u8, String>, LoadError> {
    let mut controls = BTreeMap::new();
    for (key, does) in raw {
        let byte =
            key.get_ref().strip_prefix("0x").and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let Some(byte) = byte.filter(|byte| matches!(byte, 0..0x20 | 0x7f..0xa0)) else {
            let message = format!("{:?}: expected 0x00 to 0x1f, or 0x7f to 0x9f", key.get_ref());
            return place.error(key.span().start, message);
        };
        controls.insert(byte, does);
    }
    Ok(controls)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "name = \"mine\"\ntitle = \"t\"\nsees = [[\"udf\"]]\nreferences = [\"x\"]\n\
                        [names]\nlength = { limit = 8, unit = \"bytes\" }\nforbidden = [\":\"]\n\
                        [controls]\n0x04 = \"ends\"\n";

    #[test]
    fn errors_name_file_line_and_what_was_expected() {
        assert_eq!(load("mine.toml", GOOD).expect("right").controls[&4], "ends");
        for (from, to, expected) in [
            ("title", "titel", "mine.toml:2:1: unknown field `titel`"),
            ("\"mine\"", "\"My OS\"", "mine.toml:1:8: expected a name such as"),
            ("\"udf\"", "\"UDF\"", "mine.toml:3:8: expected names of views"),
            ("[\"x\"]", "[]", "mine.toml:4:14: expected at least one reference"),
            ("\"bytes\"", "\"octets\"", "mine.toml:6:30: unknown variant `octets`"),
            ("limit = 8", "limit = 0", "mine.toml:6:10: expected a limit of at least 1"),
            ("\":\"", "\"U+3\", \"U+Z\"", "mine.toml:7:13: \"U+Z\": expected U+0000"),
            ("0x04", "0x41", "mine.toml:9:1: \"0x41\": expected 0x00 to 0x1f"),
        ] {
            assert!(GOOD.contains(from));
            let error = load("mine.toml", &GOOD.replacen(from, to, 1)).expect_err(to);
            assert!(error.to_string().starts_with(expected), "{error}");
        }
    }
}
