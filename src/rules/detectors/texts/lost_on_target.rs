//! Characters of a text that the code pages of a target lack.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::super::{Detector, Look, ParsedOn};
use super::{names_encoding, utf8};
use crate::model::{Class, Declared};
use crate::rules::Target;
use crate::rules::code_pages::CodePage;
use crate::rules::parsed::{Hit, Hits, Parsed};

pub(in super::super) const DETECTOR: Detector = Detector {
    name: "lost-on-target",
    look: Look::ParsedOn(ParsedOn { wants: |target| pages(target).is_some(), find }),
};

/// Characters that a message names.
const NAMED: usize = 6;
/// Different characters that are remembered.
const REMEMBERED: usize = 4096;

/// The code pages of a target that reads texts in these and in nothing else. What ASCII alone makes of
/// other characters is told by `other-meaning`.
fn pages(target: &Target) -> Option<Vec<CodePage>> {
    let labels = target.text.encodings.iter();
    let of = |label: &String| {
        CodePage::of(label).filter(|page| page.is_single_byte() && label != "us-ascii")
    };
    labels.map(of).collect::<Option<Vec<_>>>().filter(|pages| !pages.is_empty())
}

/// Where the first lost character is, its bytes, and those that are lost.
#[derive(Default)]
struct Lost {
    first: Option<(u64, u64)>,
    known: HashSet<char>,
    named: Vec<char>,
    different: usize,
}

fn find(parsed: &Parsed<'_>, target: &Target, hits: &mut Hits) {
    let Some(pages) = pages(target) else { return };
    if parsed.class != Class::Text || names_encoding(parsed) {
        return;
    }
    let mut lost = Lost::default();
    match (parsed.declared, parsed.bytes) {
        (Declared::Nothing, [0xff, 0xfe, units @ ..]) => {
            wide(units, u16::from_le_bytes, &pages, &mut lost);
        }
        (Declared::Nothing, [0xfe, 0xff, units @ ..]) => {
            wide(units, u16::from_be_bytes, &pages, &mut lost);
        }
        (Declared::Nothing | Declared::Text("utf-8"), _) => {
            let Some(text) = utf8(parsed) else { return };
            for (at, c) in text.char_indices() {
                lost.see(c, at, c.len_utf8(), &pages);
            }
        }
        (Declared::Text(of), bytes) => {
            let Some(of) = CodePage::of(of) else { return };
            if !of.is_single_byte() || pages.contains(&of) {
                return;
            }
            let table: Vec<Option<char>> = (0..=255u8).map(|byte| decoded(of, byte)).collect();
            for (at, &byte) in bytes.iter().enumerate() {
                if let Some(Some(c)) = table.get(usize::from(byte)) {
                    lost.see(*c, at, 1, &pages);
                }
            }
        }
        _ => return,
    }
    let Some((at, length)) = lost.first else { return };
    let mut named = String::new();
    for c in &lost.named {
        let blank = if named.is_empty() { "" } else { ", " };
        let point = u32::from(*c);
        let _ = write!(named, "{blank}U+{point:04X}");
        if c.is_alphanumeric() {
            let _ = write!(named, " {c}");
        }
    }
    let more = lost.different - lost.named.len();
    if more > 0 {
        let _ = write!(named, " and {more} more");
    }
    let labels = target.text.encodings.join(" and ");
    let has = if pages.len() > 1 { "have" } else { "has" };
    let detail = format!("{labels} {has} no {named}");
    hits.tell(Hit::new(detail).at(at, length).on(target));
}

/// The same of units of UTF-16 behind their mark.
fn wide(units: &[u8], order: fn([u8; 2]) -> u16, pages: &[CodePage], lost: &mut Lost) {
    let mut at = 2;
    let units = units.as_chunks::<2>().0.iter().map(|unit| order(*unit));
    for c in char::decode_utf16(units) {
        let length = c.as_ref().map_or(2, |c| 2 * c.len_utf16());
        if let Ok(c) = c {
            lost.see(c, at, length, pages);
        }
        at += length;
    }
}

fn decoded(encoding: CodePage, byte: u8) -> Option<char> {
    encoding.decode(&[byte])?.chars().next()
}

impl Lost {
    fn see(&mut self, c: char, at: usize, length: usize, pages: &[CodePage]) {
        if c.is_ascii() || c == '\u{feff}' {
            return;
        }
        if self.known.contains(&c) {
            return;
        }
        if self.known.len() < REMEMBERED {
            self.known.insert(c);
        } else if self.first.is_some() {
            return;
        }
        if !pages.iter().any(|page| page.has(c)) {
            self.first.get_or_insert((at as u64, length as u64));
            self.different += 1;
            if self.named.len() < NAMED {
                self.named.push(c);
            }
        }
    }
}
