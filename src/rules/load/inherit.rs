//! Rules that extend another: what a file does not say it takes from the rule that it names in
//! `extends`, and from the one that this extends in turn.
//!
//! The tables are merged before any value is read, so that a rule that extends another is checked as
//! if it were written out. What comes from elsewhere has the place of `extends` in errors.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{LoadError, Place};
use crate::rules::Catalogue;

/// What a rule never takes from another.
const OWN: [&str; 4] = ["id", "aliases", "extends", "overrides"];
/// Tables that are merged key by key; all else is taken as a whole or not at all.
const MERGED: [&str; 2] = ["match", "scope"];
/// Rules that may stand between one and what it extends in the end.
const DEPTH: usize = 16;

/// Rules that may be extended.
pub(in crate::rules) struct Parents<'a> {
    base: &'a Catalogue,
    /// Files that are being loaded, each with its text.
    files: &'a [(&'a str, &'a str)],
    /// Which of them has which id.
    ids: OnceCell<HashMap<String, usize>>,
}

impl<'a> Parents<'a> {
    pub(in crate::rules) fn new(base: &'a Catalogue, files: &'a [(&'a str, &'a str)]) -> Self {
        Self { base, files, ids: OnceCell::new() }
    }

    /// File and text of the rule that `file` extends by this id. A file that replaces a rule may
    /// extend the one that it replaces.
    fn find(&self, id: &str, file: &str) -> Option<(&'a str, &'a str)> {
        let ids = self.ids.get_or_init(|| {
            let id_of = |text: &str| {
                let table = DeTable::parse(text).ok()?;
                Some(table.get_ref().get("id")?.get_ref().as_str()?.to_owned())
            };
            let files = self.files.iter().enumerate();
            files.filter_map(|(index, (_, text))| Some((id_of(text)?, index))).collect()
        });
        let among = ids.get(id).and_then(|&index| self.files.get(index)).copied();
        among.filter(|(other, _)| *other != file).or_else(|| self.base.source(id))
    }
}

/// The table of a file, with all that it takes from others; and the texts of these.
pub(super) fn table<'a>(
    place: &Place<'a>,
    parents: &Parents<'a>,
) -> Result<(Spanned<DeTable<'a>>, Vec<&'a str>), LoadError> {
    let mut table = match DeTable::parse(place.text) {
        Ok(table) => table,
        Err(error) => return place.refuse(&error),
    };
    let mut texts = Vec::new();
    let Some((mut id, at)) = extends(table.get_ref()) else { return Ok((table, texts)) };
    let mut file = place.file;
    loop {
        let Some((other, text)) = parents.find(&id, file) else {
            return place.error(at.start, parents.base.unknown(&id));
        };
        if texts.len() == DEPTH || other == place.file || texts.contains(&text) {
            return place.error(at.start, format!("{id:?} extends this rule in turn"));
        }
        let Ok(parent) = DeTable::parse(text) else {
            return place.error(at.start, format!("{other}, which it extends, is no TOML"));
        };
        texts.push(text);
        let next = extends(parent.get_ref());
        merge(table.get_mut(), parent.into_inner(), &at);
        match next {
            Some((next, _)) => (id, file) = (next, other),
            None => return Ok((table, texts)),
        }
    }
}

/// Whether a rule file gives examples itself.
pub fn has_examples(text: &str) -> bool {
    DeTable::parse(text).is_ok_and(|table| table.get_ref().contains_key("example"))
}

/// The id in `extends`, and its place.
fn extends(table: &DeTable<'_>) -> Option<(String, Range<usize>)> {
    let value = table.get("extends")?;
    Some((value.get_ref().as_str()?.to_owned(), value.span()))
}

/// Adds what settings do not say of a rule, its id included.
pub(super) fn overlay<'a>(table: &mut DeTable<'a>, mut below: DeTable<'a>) {
    for key in OWN {
        if let Some((key, value)) = below.remove_entry(key) {
            table.insert(key, value);
        }
    }
    merge(table, below, &(0..0));
}

/// Adds what `table` does not say.
fn merge<'a>(table: &mut DeTable<'a>, parent: DeTable<'a>, at: &Range<usize>) {
    // Of two ways to tell a hit the own one counts.
    let looks = ["match", "detector"].iter().any(|way| table.contains_key(*way));
    for (key, value) in parent {
        let name = key.get_ref().as_ref();
        if OWN.contains(&name) {
            continue;
        }
        let is_merged = MERGED.contains(&name);
        match (table.get_mut(name).map(Spanned::get_mut), value.into_inner()) {
            (Some(DeValue::Table(own)), DeValue::Table(parent)) if is_merged => {
                merge(own, parent, at);
            }
            (Some(_), _) => {}
            (None, _) if looks && matches!(name, "match" | "detector" | "except") => {}
            (None, value) => {
                let key = Spanned::new(at.clone(), key.into_inner());
                table.insert(key, Spanned::new(at.clone(), moved(value, at)));
            }
        }
    }
}

/// A value with the place of `extends`.
fn moved<'a>(value: DeValue<'a>, at: &Range<usize>) -> DeValue<'a> {
    match value {
        DeValue::Table(table) => {
            let all = table.into_iter().map(|(key, value)| {
                let value = moved(value.into_inner(), at);
                (Spanned::new(at.clone(), key.into_inner()), Spanned::new(at.clone(), value))
            });
            DeValue::Table(all.collect())
        }
        DeValue::Array(array) => {
            let all = array
                .into_iter()
                .map(|value| Spanned::new(at.clone(), moved(value.into_inner(), at)));
            DeValue::Array(all.collect())
        }
        value => value,
    }
}
