//! Settings in sections: `.ini` of many programs, and Windows' `.inf` (Microsoft Learn, General syntax
//! rules for INF files). There is no one grammar, so that little is wrong in all of its dialects.

use std::collections::HashMap;

use super::Faults;
use super::units::Units;

/// Keys that are compared.
const KEYS: usize = 1 << 16;
/// Keys that stand for lists, one item a line.
const LISTS: [&[u8]; 6] =
    [b"extension", b"zend_extension", b"include", b"needs", b"exec", b"environment"];

/// A section without its bracket, and keys that stand in their section already, with another value.
pub(super) fn walk(content: &[u8], faults: &mut Faults) {
    let text = Units::of(content);
    let mut keys: HashMap<Vec<u8>, Vec<(usize, usize)>> = HashMap::new();
    let (mut at, mut is_inf, mut in_strings) = (0, false, false);
    let (mut has_section, mut has_key) = (false, false);
    let mut broken = None;
    let mut compared = 0;
    while at < text.len() {
        let end = text.line_end(at);
        let stop = (at..end).rev().find(|at| !is_blank(&text, *at)).map_or(at, |last| last + 1);
        match text.get(at) {
            Some(b'[') if at < stop => {
                let close = (at..stop).find(|at| text.get(*at) == Some(b']'));
                match close {
                    Some(close) => {
                        tell_twice(&text, &mut keys, faults);
                        let name = lower(&text, at + 1, close);
                        has_section = true;
                        is_inf |= name == b"version" || name == b"manufacturer";
                        in_strings = name.starts_with(b"strings");
                    }
                    None => broken = broken.or(Some((at, stop))),
                }
            }
            Some(first) if !matches!(first, b';' | b'#' | b' ' | b'\t') => {
                let equals = (at..stop).find(|at| text.get(*at) == Some(b'='));
                has_key |= equals.is_some_and(|equals| equals > at);
                if let Some(equals) = equals.filter(|equals| *equals > at)
                    && has_section
                    && (!is_inf || in_strings)
                    && compared < KEYS
                {
                    compared += 1;
                    let key = lower(&text, at, equals);
                    keys.entry(key).or_default().push((at, stop));
                }
            }
            _ => {}
        }
        at = end + 1;
    }
    tell_twice(&text, &mut keys, faults);
    // Lists of other programs begin with a bracket, too.
    let is_section = |(at, stop): &(usize, usize)| {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"_-. ".contains(&b);
        has_section || has_key && (at + 1..*stop).all(|at| text.get(at).is_some_and(is_plain))
    };
    if let Some((at, stop)) = broken.filter(is_section) {
        let (line, found) = (text.line(at), text.shown(at, stop));
        let detail = format!("line {line}: no ] closes the name of the section {found}");
        faults.malformed(text.offset(at), text.bytes_of(stop - at), detail);
    }
}

/// Tells the keys of a section that stand in it twice and say two things. One that stands there more
/// often is a list.
fn tell_twice(
    text: &Units<'_>,
    keys: &mut HashMap<Vec<u8>, Vec<(usize, usize)>>,
    faults: &mut Faults,
) {
    // Another table for each section: to clear a large one takes as long as it is large.
    let mut twice: Vec<(usize, usize)> = std::mem::take(keys)
        .into_iter()
        .filter(|(key, _)| !key.ends_with(b"[]") && !LISTS.contains(&key.as_slice()))
        .filter_map(|(_, places)| match *places {
            [(first, end), (second, stop)] => {
                let differ = text.raw(first, end) != text.raw(second, stop);
                differ.then_some((second, stop))
            }
            _ => None,
        })
        .collect();
    twice.sort_unstable();
    for (at, stop) in twice {
        if faults.is_full() {
            return;
        }
        let equals = (at..stop).find(|at| text.get(*at) == Some(b'=')).unwrap_or(stop);
        let (line, key) = (text.line(at), text.shown(at, equals));
        let key = key.trim_ascii_end();
        let detail =
            format!("line {line}: key {key} stands in its section already, with another value");
        faults.twice(text.offset(at), text.bytes_of(key.chars().count()), detail);
    }
}

fn is_blank(text: &Units<'_>, at: usize) -> bool {
    matches!(text.get(at), Some(b' ' | b'\t'))
}

/// A name without blanks around it, in lower case; what is not ASCII as its bytes.
fn lower(text: &Units<'_>, from: usize, to: usize) -> Vec<u8> {
    let stop = (from..to).rev().find(|at| !is_blank(text, *at)).map_or(from, |last| last + 1);
    let start = (from..stop).find(|at| !is_blank(text, *at)).unwrap_or(stop);
    let mut name = text.raw(start, stop).to_vec();
    if name.len() > stop - start {
        name.retain(|b| *b != 0);
    }
    name.make_ascii_lowercase();
    name
}
