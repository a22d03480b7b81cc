//! Rules about entries as a whole: what their detectors are told, first from the census alone, then,
//! where a place is wanted, after the second look; and where in the entry their hits stand.

use std::fmt::Write as _;
use std::io::{self, Read};

use super::hit::Hit;
use super::judge::{Judge, Judged};
use super::scan::Tally;
use crate::inspect::{self, Encoding, MultiByte};
use crate::model::{Class, Declaration, Declared, Evidence, LineEnds};
use crate::rules::detectors::{Charset, Detector, Look, Place, Told};
use crate::rules::{Entry, Matcher, Rule, Target};

/// What is known of an entry, and what the second look added.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, not a state")]
pub(super) struct Facts<'a> {
    judged: &'a Judged<'a>,
    charset: Charset,
    label: Option<&'static str>,
    pub(super) looks_binary: bool,
    named_text: bool,
    may_declare: bool,
    declaration: Option<Declaration>,
    head: Vec<u8>,
    /// From the second look.
    pub(super) tally: Option<Tally>,
    /// Whether nothing more will be known, and the targets are those that see the entry.
    pub(super) settled: bool,
}

/// Where a hit stands.
#[derive(Default)]
pub(super) struct Spot {
    pub(super) offset: Option<u64>,
    pub(super) length: u64,
    pub(super) line: Option<u64>,
    pub(super) column: Option<u64>,
    pub(super) evidence: Evidence,
}

impl<'a> Facts<'a> {
    /// What the census tells.
    pub(super) fn new(judge: &Judge<'_>, judged: &'a Judged<'a>) -> Self {
        let census = judged.census;
        let encoding = judge.encoding(judged);
        // The length bytes of records and the zeros of UTF-16 are no sign of anything.
        let has_zeros = matches!(judged.declared, Declared::TextRecords(_))
            || matches!(encoding, Encoding::Utf16Le | Encoding::Utf16Be);
        let looks_binary = !has_zeros && inspect::looks_binary(census);
        let charset = match encoding {
            Encoding::Utf16Le => Charset::Utf16Le,
            Encoding::Utf16Be => Charset::Utf16Be,
            _ if census.high == 0 => Charset::Ascii,
            Encoding::Utf8 { .. } if census.utf8 => Charset::Utf8,
            Encoding::Utf8 { .. } | Encoding::SingleByte | Encoding::MultiByte(_) => {
                Charset::EightBit
            }
        };
        Self {
            judged,
            charset,
            label: match judged.declared {
                Declared::Text(label) | Declared::TextRecords(label) => Some(label),
                Declared::Nothing => judge.settings().encoding,
                _ => None,
            },
            looks_binary,
            named_text: looks_binary
                && judged.declared == Declared::Nothing
                && match judged.format {
                    None => inspect::is_text_name(judged.name),
                    Some(format) => inspect::is_text(format) == Some(true),
                },
            may_declare: charset != Charset::Ascii
                && judged.class == Class::Text
                && inspect::may_declare(judged.name, &census.head),
            declaration: None,
            head: Vec::new(),
            tally: None,
            settled: false,
        }
    }

    /// Reads the first bytes, in which the text may name its encoding. They are returned, for they
    /// are gone from `data`.
    pub(super) fn read_head(
        &mut self,
        judged: &Judged<'_>,
        encoding: Encoding,
        data: &mut dyn Read,
    ) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        if self.may_declare {
            data.take(inspect::DECLARED_WITHIN as u64).read_to_end(&mut head)?;
            self.declaration = inspect::declaration(judged.name, &head, encoding);
            self.head.clone_from(&head);
        }
        Ok(head)
    }

    /// The encoding by what its head declares, where its bytes are no UTF-8: characters of several bytes
    /// are counted as such.
    pub(super) fn declared(&self, encoding: Encoding) -> Encoding {
        let is_open = encoding == Encoding::Utf8 { declared: false } && !self.judged.census.utf8;
        let declared = self.declaration.as_ref().filter(|_| is_open);
        let named = declared.and_then(|declaration| MultiByte::of(&declaration.label));
        named.map_or(encoding, Encoding::MultiByte)
    }

    /// How its lines end.
    fn ends(&self) -> LineEnds {
        match &self.tally {
            Some(tally) if self.charset.is_wide() => tally.ends,
            _ if self.charset.is_wide() => LineEnds::default(),
            _ => self.judged.census.line_ends(),
        }
    }

    fn entry(&self) -> Entry<'_> {
        let judged = self.judged;
        Entry {
            name: judged.name,
            census: judged.census,
            class: judged.class,
            approved: judged.approved,
            kind: judged.kind,
            declared: judged.declared,
            looks_binary: self.looks_binary,
            named_text: self.named_text,
            charset: self.charset,
            ends: self.ends(),
            label: self.label,
            may_declare: self.may_declare,
            declares_other: judged.declares_other,
            declaration: self.declaration.as_ref(),
            high: self.first_high().map_or(&[], Hit::bytes),
            read: self.tally.is_some(),
        }
    }

    fn first_high(&self) -> Option<&Hit> {
        self.tally.as_ref()?.first_high.as_ref()
    }

    /// Where a place is.
    pub(super) fn spot(&self, place: Place) -> Spot {
        let census = self.judged.census;
        let size = usize::try_from(census.size).unwrap_or(usize::MAX);
        let head = census.head.get(..size).unwrap_or(&census.head);
        let start = Evidence { bytes: head.to_vec(), start: 0 };
        let whole = Spot { evidence: start.clone(), ..Spot::default() };
        let of_hit = |hit: Option<&Hit>| match hit {
            Some(hit) => Spot {
                offset: Some(hit.offset),
                length: hit.length,
                line: Some(hit.line),
                column: Some(hit.column),
                evidence: hit.evidence(),
            },
            None => Spot { evidence: start.clone(), ..Spot::default() },
        };
        match place {
            Place::Whole => whole,
            Place::Start(length) => {
                Spot { offset: Some(0), length, line: Some(1), column: Some(1), evidence: start }
            }
            Place::End | Place::LastLine(_) => {
                let (length, line, column) = match place {
                    Place::LastLine(length) => (length, self.ends().all(), Some(1)),
                    _ => (0, self.ends().all() + 1, None),
                };
                let kept = size.min(census.tail.len());
                let bytes =
                    census.tail.get(census.tail.len() - kept..).unwrap_or_default().to_vec();
                Spot {
                    offset: Some(census.size.saturating_sub(length)),
                    length,
                    line: Some(line),
                    column,
                    evidence: Evidence { bytes, start: census.size - kept as u64 },
                }
            }
            Place::FirstEnd(end) => {
                let firsts = self.tally.as_ref().map(|tally| &tally.first_ends);
                of_hit(firsts.and_then(|firsts| firsts.get(end as usize)?.as_ref()))
            }
            Place::FirstHigh => of_hit(self.first_high()),
            Place::Declaration => match &self.declaration {
                Some(declaration) => self.declared_at(declaration),
                None => of_hit(self.first_high()),
            },
        }
    }

    fn declared_at(&self, declaration: &Declaration) -> Spot {
        let at = usize::try_from(declaration.offset).unwrap_or(usize::MAX).min(self.head.len());
        let before = self.head.get(..at).unwrap_or_default();
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        // What stands before it is ASCII, in UTF-16 two bytes each, and maybe a byte order mark.
        let plain = |b: &&u8| matches!(b, b'\t' | 0x20..0x7f);
        let column = before.get(line_start..).unwrap_or_default().iter().filter(plain).count();
        let from = at.saturating_sub(16);
        let bytes = self.head.get(from..).unwrap_or_default();
        Spot {
            offset: Some(declaration.offset),
            length: declaration.label.len() as u64 * if self.charset.is_wide() { 2 } else { 1 },
            line: Some(1 + memchr::memchr_iter(b'\n', before).count() as u64),
            column: Some(1 + column as u64),
            evidence: Evidence {
                bytes: bytes.get(..32).unwrap_or(bytes).to_vec(),
                start: from as u64,
            },
        }
    }
}

/// Those of some rules that look at entries as a whole, each with how it does.
pub(super) fn rules<'a>(
    all: impl Iterator<Item = &'a Rule>,
) -> impl Iterator<Item = (&'a Rule, Look)> {
    all.filter_map(|rule| match rule.matcher {
        Matcher::Detector(Detector {
            look: look @ (Look::Entry(_) | Look::EntryOn(_)), ..
        }) => Some((rule, *look)),
        _ => None,
    })
}

/// What rules about entries tell of one; with the targets that mind, for rules about those.
pub(super) fn told<'a>(judge: &Judge<'a>, facts: &Facts<'_>) -> Vec<(&'a Rule, Vec<String>, Told)> {
    let judged = facts.judged;
    let entry = facts.entry();
    let mut all = Vec::new();
    for (rule, look) in judge.of_entries.of(judged) {
        match look {
            Look::Entry(find) => all.extend(find(&entry).map(|told| (rule, Vec::new(), told))),
            Look::EntryOn(find) => {
                let first = all.len();
                // Before it is known which of them see the entry, all may.
                let sees = |name: &String| !facts.settled || judged.targets.contains(name);
                let seeing = judge.targets.iter().copied().filter(|target| sees(&target.name));
                let seeing: Vec<&Target> = seeing.collect();
                for &target in &seeing {
                    let Some(told) = find(&entry, target, &seeing) else { continue };
                    let same = all.iter_mut().skip(first).find(|(.., other)| *other == told);
                    match same {
                        Some((_, targets, _)) => targets.push(target.name.clone()),
                        None => all.push((rule, vec![target.name.clone()], told)),
                    }
                }
            }
            _ => {}
        }
    }
    for (_, targets, told) in &mut all {
        if let Some((_, others @ [_, ..])) = targets.split_first() {
            let _ = write!(told.detail, "; so too on {}", others.join(", "));
        }
    }
    all
}
