//! Rules of cost `parse`: which contents they look at, and what they say of the bytes.

use std::io;
use std::sync::Arc;

use super::collect::{finding, number_occurrences};
use super::judge::{Judge, Judged};
use super::links::Followed;
use super::sight::Sight;
use crate::inspect::Encoding;
use crate::model::{Census, Class, Evidence, Finding, Manifest, Wide};
use crate::rules::detectors::{Detector, Listed, Look, ParsedOn};
use crate::rules::faults::Reopen;
use crate::rules::parsed::{HEAD, Hit, Hits, Join, Noted, Notes, Parsed, Unchanged, WHOLE};
use crate::rules::program::{self, Tables};
use crate::rules::{Matcher, Rule, Target, Targets, line_and_column, wide_line_and_column};
use crate::source::Source;

/// What rules of cost `parse` say of one content.
#[derive(Debug, Default)]
pub struct Parsing {
    /// Their findings.
    pub findings: Vec<Finding>,
    /// What its references lead to.
    pub followed: Followed,
    /// What detectors of the whole artifact noted, each with the number of its rule.
    pub notes: Vec<(usize, Notes)>,
    /// Why some of its bytes could not be read again.
    pub failed: Option<io::Error>,
}

/// The notes of all contents, for each rule.
pub type AllNotes = Vec<Vec<Noted>>;

impl Judge<'_> {
    /// Whether some rule of cost `parse` runs.
    pub fn has_structure(&self) -> bool {
        !self.of_structure.all().is_empty() || !self.of_links.all().is_empty()
    }

    /// Whether some rule of cost `parse` looks at an entry. Rules name the formats that they read.
    pub fn wants_parse(&self, judged: &Judged<'_>) -> bool {
        let is_parsed = || self.of_structure.of(judged).next().is_some();
        judged.census.size > 0 && (is_parsed() || self.wants_links(judged))
    }

    /// Whether an entry must be looked at though it is as it was in the approved build: what it says
    /// of others may no longer hold.
    pub fn wants_parse_always(&self, judged: &Judged<'_>) -> bool {
        self.of_structure.of(judged).any(|(_, (_, look))| matches!(look, Look::Listed(_)))
    }

    /// Judges the structure of an entry. `bytes` are all of it, or as many of the first, and behind
    /// them of the last, as [`crate::rules::parsed`] says, and `reopen` opens it from its start; `now` is
    /// in seconds since 1970.
    pub fn parse(
        &self,
        judged: &Judged<'_>,
        bytes: &[u8],
        reopen: Reopen<'_>,
        now: i64,
    ) -> Parsing {
        let (large, failed) = large(judged, bytes, reopen);
        let large = large.as_ref().map(|(source, tables)| (&**source, tables));
        let parsed = Parsed { reopen: Some(reopen), large, ..self.parsed(judged, bytes, now) };
        let mut parsing = Parsing { failed, ..Parsing::default() };
        for (rule, (number, look)) in self.of_structure.of(judged) {
            if !self.meets(rule, judged, &parsed) {
                continue;
            }
            match look {
                Look::Parsed(_) | Look::ParsedOn(_) => {
                    let mut hits = Hits::default();
                    match look {
                        Look::Parsed(find) => find(&parsed, &mut hits),
                        Look::ParsedOn(ParsedOn { wants, find }) => {
                            for target in parsed.targets.iter().filter(|target| wants(target)) {
                                find(&parsed, target, &mut hits);
                            }
                        }
                        _ => {}
                    }
                    let from = parsing.findings.len();
                    let told =
                        hits.listed.iter().map(|hit| self.of_hit(rule, judged, &parsed, hit));
                    parsing.findings.extend(told);
                    if let Some(last) = parsing.findings.get_mut(from..).and_then(<[_]>::last_mut) {
                        last.more = hits.more;
                    }
                }
                Look::Joined(Join { note, .. }) | Look::Listed(Listed { note, .. }) => {
                    let mut notes = Notes::default();
                    note(&parsed, &mut notes);
                    parsing.notes.push((number, notes));
                }
                _ => {}
            }
        }
        number_occurrences(&mut parsing.findings);
        parsing.failed = parsing.failed.or(parsed.failed());
        parsing
    }

    /// The units of a text that is UTF-16.
    fn wide(&self, judged: &Judged<'_>) -> Option<Wide> {
        match self.encoding(judged) {
            Encoding::Utf16Le if judged.class == Class::Text => Some(Wide::Utf16Le),
            Encoding::Utf16Be if judged.class == Class::Text => Some(Wide::Utf16Be),
            _ => None,
        }
    }

    /// A content as rules see it.
    fn parsed<'p>(&'p self, judged: &'p Judged<'_>, bytes: &'p [u8], now: i64) -> Parsed<'p> {
        let targets = Targets::built_in();
        let large = judged.census.size > WHOLE;
        let head = if large { bytes.len().min(HEAD as usize) } else { bytes.len() };
        let (bytes, tail) = bytes.split_at_checked(head).unwrap_or((bytes, &[]));
        Parsed {
            tail,
            size: judged.census.size,
            name: judged.name,
            format: judged.format.unwrap_or_default(),
            class: judged.class,
            kind: judged.kind,
            declared: judged.declared,
            wide: self.wide(judged),
            targets: judged.targets.iter().filter_map(|name| targets.get(name)).collect(),
            architectures: &self.settings().architectures,
            oldest: &self.settings().oldest,
            now,
            ..Parsed::new(bytes)
        }
    }

    /// Whether some detector of the whole artifact notes an entry that is as it was in the approved build.
    pub fn wants_note(&self, judged: &Judged<'_>, unchanged: Unchanged) -> bool {
        self.joins(judged, unchanged).next().is_some()
    }

    /// What these detectors note of such an entry. `bytes`, `reopen` and `now` are as for
    /// [`Judge::parse`].
    pub fn notes(
        &self,
        judged: &Judged<'_>,
        bytes: &[u8],
        reopen: Reopen<'_>,
        now: i64,
        unchanged: Unchanged,
    ) -> Parsing {
        let (large, failed) = large(judged, bytes, reopen);
        let large = large.as_ref().map(|(source, tables)| (&**source, tables));
        let parsed = Parsed { large, ..self.parsed(judged, bytes, now) };
        let note = |(number, join): (usize, Join)| {
            let mut notes = Notes::default();
            (join.note)(&parsed, &mut notes);
            (number, notes)
        };
        Parsing {
            notes: self.joins(judged, unchanged).map(note).collect(),
            failed,
            ..Parsing::default()
        }
    }

    /// The detectors of the whole artifact that need such a content.
    fn joins(
        &self,
        judged: &Judged<'_>,
        unchanged: Unchanged,
    ) -> impl Iterator<Item = (usize, Join)> {
        self.of_structure.of(judged).filter_map(move |(_, (number, look))| match look {
            Look::Joined(join) if join.unchanged == unchanged => Some((number, join)),
            _ => None,
        })
    }

    /// What detectors of the whole artifact say when every content is noted. `notes` has, for each
    /// rule that runs, its notes in the order of places.
    pub fn join(&self, manifest: &Manifest, sight: &Sight<'_>, notes: &AllNotes) -> Vec<Finding> {
        let mut findings = Vec::new();
        let census = Census::default();
        for &(rule, (number, look)) in self.of_structure.all() {
            let (Look::Joined(join), Some(notes)) = (look, notes.get(number)) else { continue };
            let from = findings.len();
            (join.join)(manifest, notes, &mut |index, hit| {
                let Some(Noted { place, note }) = notes.get(index) else { return };
                let path = manifest.content_path(*place);
                let targets = sight.of_content(*place, &path);
                let judged =
                    Judged { targets: &targets, ..super::artifact::nameless(&path, &census) };
                let hit = Hit { range: hit.range.or(note.range.clone()), ..hit };
                findings.push(self.of_hit(rule, &judged, &Parsed::new(&[]), &hit));
            });
            // Notes of one content are many, and so are contents: what tells two apart is the path.
            findings.get_mut(from..).unwrap_or_default().sort_by(|a, b| a.path.cmp(&b.path));
        }
        for same in findings.chunk_by_mut(|a, b| a.path == b.path && a.rule == b.rule) {
            number_occurrences(same);
        }
        findings
    }

    pub(super) fn of_hit(
        &self,
        rule: &Rule,
        judged: &Judged<'_>,
        parsed: &Parsed<'_>,
        hit: &Hit,
    ) -> Finding {
        let range = hit.range.clone();
        let place = range.as_ref().filter(|_| judged.class == Class::Text).and_then(|range| {
            match self.wide(judged) {
                Some(wide) => wide_line_and_column(parsed.bytes, range.start, wide),
                None => line_and_column(parsed.bytes, range.start),
            }
        });
        let message = rule.render(|fact| match fact {
            "detail" => Some(hit.detail.clone()),
            "offset" => range.as_ref().map(|range| range.start.to_string()),
            "line" => place.map(|(line, _)| line.to_string()),
            "column" => place.map(|(_, column)| column.to_string()),
            "count" => range.as_ref().map(|range| (range.end - range.start).to_string()),
            _ => None,
        });
        let mut finding = finding(rule, judged, self.settings(), message);
        finding.missing.clone_from(&hit.missing);
        if hit.target.is_some() {
            finding.target.clone_from(&hit.target);
        }
        if let Some(range) = range {
            finding.offset = Some(range.start);
            finding.length = range.end - range.start;
            finding.evidence = hit.evidence.clone().or_else(|| evidence(parsed, range.start));
            (finding.line, finding.column) = place.unzip();
        }
        finding
    }
}

/// Those of the rules that run whose cost is `parse`, each with its number among them and how it looks.
/// `targets` are those that are named.
pub(super) fn of_structure<'a>(
    all: impl Iterator<Item = &'a Rule>,
    targets: &[&Target],
) -> impl Iterator<Item = (&'a Rule, (usize, Look))> {
    all.enumerate().filter_map(|(number, rule)| match rule.matcher {
        Matcher::Detector(Detector { look: Look::ParsedOn(ParsedOn { wants, .. }), .. })
            if !targets.iter().any(|target| wants(target)) =>
        {
            None
        }
        Matcher::Detector(detector) if detector.look.is_of_structure() => {
            Some((rule, (number, detector.look)))
        }
        Matcher::Program => Some((rule, (number, Look::Parsed(a_program)))),
        _ => None,
    })
}

/// Tells a program by itself: of which ones the rule tells is the condition's business.
fn a_program(parsed: &Parsed<'_>, hits: &mut Hits) {
    let facts = parsed.program_facts().iter();
    let all = parsed.programs().iter().zip(facts).map(|(program, facts)| {
        let kind = facts.kind.unwrap_or("program");
        let arch = program.arch.map(|arch| format!(" for {arch}")).unwrap_or_default();
        format!("{} {kind}{arch}", program.format())
    });
    let all: Vec<_> = all.collect();
    if !all.is_empty() {
        hits.tell(Hit::new(all.join(", ")));
    }
}

/// A program that is too large to be held.
type Large = (Arc<dyn Source>, Tables);

/// A program that is too large to be held, or why it cannot be read.
fn large(
    judged: &Judged<'_>,
    bytes: &[u8],
    reopen: Reopen<'_>,
) -> (Option<Large>, Option<io::Error>) {
    let format = judged.format.unwrap_or_default();
    if judged.census.size <= WHOLE || !program::is_program(format) {
        return (None, None);
    }
    let head = bytes.get(..HEAD as usize).unwrap_or(bytes);
    let read = (reopen.source)().and_then(|source| {
        let tables = program::tables(format, head, &*source)?;
        Ok((source, tables))
    });
    match read {
        Ok(large) => (Some(large), None),
        Err(error) => (None, Some(error)),
    }
}

fn evidence(parsed: &Parsed<'_>, at: u64) -> Option<Evidence> {
    let behind = parsed.size.saturating_sub(parsed.tail.len() as u64);
    let (bytes, from) = if at < behind || parsed.tail.is_empty() {
        (parsed.bytes, 0)
    } else {
        (parsed.tail, behind)
    };
    Evidence::around(bytes, usize::try_from(at - from).ok()?, from)
}
