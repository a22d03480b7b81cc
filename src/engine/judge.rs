//! The judge: which rules look at an entry, whether its bytes must be read again, and what the
//! rules say of it.

use std::io::{self, Read};
use std::sync::Arc;

use super::collect::Collector;
use super::conditions::{Changes, subject_of_judged};
use super::entry::{self, Facts};
use super::hit::Hit;
use super::links::{self, Minds};
use super::parse;
use super::scan::{Tally, Wanted, scan, scan_bytes};
use super::scoped::Scoped;
use super::settings::Settings;
use crate::inspect::{self, Encoding};
use crate::model::{Census, Class, Declared, Finding, Groups, Locator, TextKind};
use crate::rules::condition::Subject;
use crate::rules::detectors::Look;
use crate::rules::program::{ARCH_WITHIN, processors};
use crate::rules::{Catalogue, Literals, Matcher, Oddity, Position, Rule, Target, Targets};

/// Bytes of a resource with records that are split into texts; larger ones are judged as one text.
const RECORDS: u64 = 1 << 20;

/// An entry as the rules see it.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// Its main locator.
    pub path: &'a Locator,
    /// Its own name, raw.
    pub name: &'a [u8],
    /// As settled.
    pub class: Class,
    /// In the approved build.
    pub approved: Option<Class>,
    /// Of all its bytes.
    pub census: &'a Census,
    /// Which rules with literals the pass met a hit of, from a search with [`Judge::literals`].
    pub literals: u64,
    /// Whether it is UTF-8 and names another encoding for itself.
    pub declares_other: bool,
    /// What its container or the configuration says of it.
    pub declared: Declared,
    /// What it is for, if it is a text.
    pub kind: TextKind,
    /// What it was recognised as.
    pub format: Option<&'a str>,
    /// The type of a resource.
    pub resource: Option<[u8; 4]>,
    /// The targets that are named and see it.
    pub targets: &'a [String],
    /// Permission bits, where they are told.
    pub mode: Option<u16>,
    /// Numeric user, where it is told.
    pub owner: Option<i64>,
}

impl Judged<'_> {
    /// Which control bytes it holds by design: bit n for byte n, bit 32 for DEL.
    pub(super) fn by_design(&self) -> u64 {
        match (self.declared, self.resource) {
            (Declared::Nothing, _) => inspect::by_design(self.name, self.format),
            // The command key, the check mark, the diamond and the apple of a menu.
            (_, Some([b'M', b'E', b'N', b'U'])) => 0xf << 0x11,
            _ => 0,
        }
    }
}

/// Rules and settings, ready to judge entries. One serves all threads.
#[derive(Clone, Debug)]
pub struct Judge<'a> {
    catalogue: &'a Catalogue,
    settings: &'a Settings,
    /// Rules that run at all.
    rules: Vec<&'a Rule>,
    /// Control bytes that some rule minds: bit n for byte n, bit 32 for DEL.
    controls: u64,
    /// Of these, those that some rule minds at the end.
    end_controls: u64,
    /// Rules that mind characters, each with the groups that they are of.
    told: Vec<(Groups, &'a Rule)>,
    trailing_blanks: Option<&'a Rule>,
    ill_formed: bool,
    /// Rules that look at entries as a whole, each with how it does.
    pub(super) of_entries: Scoped<'a, Look>,
    /// Rules of cost `parse`, each with its number among all and how it looks.
    pub(super) of_structure: Scoped<'a, (usize, Look)>,
    /// Rules about references.
    pub(super) of_links: Scoped<'a, Minds>,
    /// The targets of the settings.
    pub(super) targets: Vec<&'a Target>,
    literals: Option<Arc<Literals>>,
    /// Whether some condition asks for the processors of a program.
    asks_arch: bool,
    /// Whether some rule has a condition.
    pub(super) has_conditions: bool,
    pub(super) changes: Option<Arc<Changes>>,
}

impl<'a> Judge<'a> {
    /// A judge with the rules of the catalogue that the settings let run.
    pub fn new(catalogue: &'a Catalogue, settings: &'a Settings) -> Self {
        let runs = |rule: &&Rule| rule.cost <= settings.cost && settings.is_on_somewhere(rule);
        let rules: Vec<_> = catalogue.iter().filter(runs).collect();
        let targets = settings.targets.iter().filter_map(|name| Targets::built_in().get(name));
        let targets: Vec<_> = targets.collect();
        let all = || rules.iter().copied();
        let mut judge = Self {
            catalogue,
            settings,
            literals: Literals::of(all()).map(Arc::new),
            of_entries: Scoped::new(entry::rules(all())),
            of_structure: Scoped::new(parse::of_structure(all(), &targets)),
            of_links: Scoped::new(links::rules(all())),
            rules,
            controls: 0,
            end_controls: 0,
            told: Vec::new(),
            trailing_blanks: None,
            ill_formed: false,
            targets,
            has_conditions: false,
            asks_arch: false,
            changes: None,
        };
        let mut conditions = judge.rules.iter().filter_map(|rule| rule.when.as_ref());
        judge.asks_arch = conditions.clone().any(|when| when.asks().arch);
        judge.has_conditions = conditions.next().is_some();
        for &rule in &judge.rules {
            match &rule.matcher {
                Matcher::Control { bytes, position, .. } => {
                    for &byte in bytes {
                        judge.controls |= 1 << byte.min(32);
                        if *position == Position::End {
                            judge.end_controls |= 1 << byte.min(32);
                        }
                    }
                }
                Matcher::CodePoints(ranges) => {
                    let points = ranges.iter().cloned().flatten();
                    let groups =
                        points.fold(Groups::NONE, |groups, point| groups | Groups::of(point));
                    judge.told.push((groups, rule));
                }
                Matcher::Oddity(Oddity::TrailingBlank) => judge.trailing_blanks = Some(rule),
                Matcher::Oddity(oddity) => judge.told.push((oddity.told(), rule)),
                Matcher::IllFormed(_) => judge.ill_formed = true,
                Matcher::Literals { .. }
                | Matcher::Facts(_)
                | Matcher::Program
                | Matcher::Detector(_) => {}
            }
        }
        judge
    }

    /// The rules that run.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = &'a Rule> + '_ {
        self.rules.iter().copied()
    }

    /// What the pass is to look for: the literals of the rules that run.
    pub fn literals(&self) -> Option<Arc<Literals>> {
        self.literals.clone()
    }

    pub(super) fn settings(&self) -> &'a Settings {
        self.settings
    }

    pub(super) fn catalogue(&self) -> &'a Catalogue {
        self.catalogue
    }

    /// The encoding of an entry. A declaration, and a byte order mark, go before the setting; and one of
    /// wide characters says nothing of a text that is ASCII.
    pub(super) fn encoding(&self, judged: &Judged<'_>) -> Encoding {
        let census = judged.census;
        let has_mark = census.head.starts_with(b"\xef\xbb\xbf");
        let is_ascii = census.nul == 0 && census.high == 0;
        let declared = match (judged.declared, self.settings.encoding) {
            (Declared::Nothing, Some("utf-16le" | "utf-16be")) if is_ascii => Declared::Nothing,
            (Declared::Nothing, Some(label)) if !has_mark => Declared::Text(label),
            (declared, _) => declared,
        };
        inspect::encoding(census, declared)
    }

    /// The class of a content of which nothing is known but its bytes: a setting may say that texts are
    /// UTF-16.
    pub fn class(&self, class: Class, census: &Census, format: Option<&str>) -> Class {
        let is_wide = matches!(self.settings.encoding, Some("utf-16le" | "utf-16be"));
        match class {
            Class::Binary
                if is_wide && format.is_none() && inspect::is_utf16_to_who_knows(census) =>
            {
                Class::Text
            }
            class => class,
        }
    }

    /// Whether any rule may hit. Most entries are done with that: the census tells that none can.
    pub fn wants(&self, judged: &Judged<'_>) -> bool {
        judged.census.size > 0
            && (self.bytes_may_hit(judged)
                || !entry::told(self, &Facts::new(self, judged)).is_empty())
    }

    /// Whether the bytes must be read again to judge the entry.
    pub fn needs_look(&self, judged: &Judged<'_>) -> bool {
        if judged.census.size == 0 || self.bytes_may_hit(judged) {
            return judged.census.size > 0;
        }
        entry::told(self, &Facts::new(self, judged))
            .iter()
            .any(|(.., told)| told.place.needs_look())
    }

    /// Whether a rule about the bytes of texts, or about literals, may hit.
    fn bytes_may_hit(&self, judged: &Judged<'_>) -> bool {
        let census = judged.census;
        if self.needs_look_for_literals(judged) {
            return true;
        }
        if judged.class != Class::Text {
            return false;
        }
        let encoding = self.encoding(judged);
        if matches!(encoding, Encoding::Utf16Le | Encoding::Utf16Be) {
            return true;
        }
        // What a format prescribes is minded at the end of the text only.
        let at_end = if ends_plainly(census) { 0 } else { self.end_controls };
        let minded = self.controls & !(judged.by_design() & !at_end);
        let del = u64::from(census.del > 0) << 32;
        let held = if census.controls_exact { u64::from(census.controls) } else { 0xffff_ffff };
        let by_controls = (held | del) & minded != 0;
        let by_utf8 = self.ill_formed
            && census.high > 0
            && !census.utf8
            && matches!(encoding, Encoding::Utf8 { .. });
        let by_points = census.told != Groups::NONE
            && !matches!(encoding, Encoding::SingleByte | Encoding::MultiByte(_))
            && self
                .told
                .iter()
                .any(|(told, rule)| census.told.meets(*told) && in_scope(rule, judged));
        by_controls
            || by_utf8
            || by_points
            || self.trailing_blanks.is_some_and(|rule| in_scope(rule, judged))
    }

    /// The pass gave up searching what is plainly binary, so what is text all the same is read again.
    /// It knew nothing of records either, at whose borders lines begin.
    fn needs_look_for_literals(&self, judged: &Judged<'_>) -> bool {
        let Some(literals) = &self.literals else { return false };
        let unknown =
            !judged.census.controls_exact || matches!(judged.declared, Declared::TextRecords(_));
        match judged.class {
            Class::Text => {
                judged.literals != 0
                    || unknown
                    || literals.is_everywhere() && self.rules().any(|rule| {
                        matches!(&rule.matcher, Matcher::Literals { literals, .. } if literals.is_empty())
                            && in_scope(rule, judged)
                    })
            }
            Class::Binary => judged.literals != 0 && literals.beyond_texts(),
            _ => false,
        }
    }

    /// Judges an entry. `data` gives its bytes from first to last and is not read where
    /// [`Judge::needs_look`] says no.
    pub fn judge(&self, judged: &Judged<'_>, data: &mut dyn Read) -> io::Result<Vec<Finding>> {
        if !self.wants(judged) {
            return Ok(Vec::new());
        }
        let needs_look = self.needs_look(judged);
        let is_on = |rule: &Rule| !self.settings.is_off(rule, judged.path);
        let minded = |rule: &&Rule| in_scope(rule, judged) && is_on(rule);
        let rules: Vec<_> = self.rules().filter(minded).collect();
        let literals = self.literals.as_deref();
        let mut facts = Facts::new(self, judged);
        let mut collector =
            Collector::new(judged, self.settings, rules, literals, facts.looks_binary);
        let mut is_unicode = false;
        let mut arch = Vec::new();
        if let Some(literals) = literals.filter(|_| needs_look && judged.class != Class::Text) {
            let mut head = Vec::new();
            if let Some(format) = judged.format.filter(|_| self.asks_arch) {
                Read::take(&mut *data, ARCH_WITHIN as u64).read_to_end(&mut head)?;
                arch = processors(format, &head);
            }
            let mut data = head.as_slice().chain(data);
            scan_bytes(&mut data, literals, &mut |hit| collector.hit(hit))?;
        } else if needs_look {
            let encoding = self.encoding(judged);
            let minded = self.told.iter().filter(|(_, rule)| minded(rule));
            let told = minded.fold(Groups::NONE, |all, (told, _)| all | *told);
            let wanted = Wanted {
                literals,
                trailing_blanks: self.trailing_blanks.is_some(),
                told,
                by_design: judged.by_design(),
            };
            let head = facts.read_head(judged, encoding, data)?;
            let encoding = facts.declared(encoding);
            let mut data = head.as_slice().chain(data);
            let tally = look(judged, &mut data, encoding, wanted, &mut collector)?;
            is_unicode = match encoding {
                Encoding::Utf8 { declared } => declared || tally.well_formed >= tally.ill_formed,
                Encoding::SingleByte | Encoding::MultiByte(_) => false,
                Encoding::Utf16Le | Encoding::Utf16Be => true,
            };
            facts.tally = Some(tally);
        }
        facts.settled = true;
        for (rule, targets, told) in entry::told(self, &facts) {
            if !is_on(rule) {
                continue;
            }
            collector.about_entry(rule, &targets, &told, &facts);
        }
        let mut found = collector.finish(is_unicode);
        self.keep_met(&mut found, Subject { arch: &arch, ..subject_of_judged(judged) });
        Ok(found)
    }
}

fn look(
    judged: &Judged<'_>,
    data: &mut dyn Read,
    encoding: Encoding,
    wanted: Wanted<'_>,
    collector: &mut Collector<'_>,
) -> io::Result<Tally> {
    let mut sink = |hit: &Hit| collector.hit(hit);
    let has_records =
        matches!(judged.declared, Declared::TextRecords(_)) && judged.census.size <= RECORDS;
    let Some(kind) = judged.resource.filter(|_| has_records) else {
        return scan(data, 0, encoding, wanted, &mut sink);
    };
    let mut bytes = Vec::new();
    data.take(RECORDS).read_to_end(&mut bytes)?;
    let Some(texts) = inspect::text_records(kind, &bytes) else {
        return scan(&mut bytes.as_slice(), 0, encoding, wanted, &mut sink);
    };
    let mut all = Tally::default();
    for range in texts.ranges {
        let start = range.start as u64;
        let text = &mut bytes.get(range).unwrap_or_default();
        let tally = scan(text, start, encoding, wanted, &mut sink)?;
        all.well_formed += tally.well_formed;
        all.ill_formed += tally.ill_formed;
    }
    Ok(all)
}

/// Whether no control byte can stand at the end of a text of bytes: among the last ones is none, and some
/// character is.
fn ends_plainly(census: &Census) -> bool {
    let length = usize::try_from(census.size).unwrap_or(usize::MAX).min(census.tail.len());
    let tail = census.tail.iter().rev().take(length);
    let is_control = |b: &u8| matches!(b, 0..0x20 | 0x7f) && !matches!(b, b'\t' | b'\n' | b'\r');
    !tail.clone().any(is_control) && tail.clone().any(|b| *b > b' ')
}

/// Whether a rule looks at an entry of this class, kind and format.
pub(super) fn in_scope(rule: &Rule, judged: &Judged<'_>) -> bool {
    let scope = &rule.scope;
    fits(rule, judged)
        && (scope.has(judged.format, judged.name) || scope.has_text(|| text_format(judged)))
}

/// The same but for the name and the format.
pub(super) fn fits(rule: &Rule, judged: &Judged<'_>) -> bool {
    let scope = &rule.scope;
    (scope.classes.is_empty() || scope.classes.contains(&judged.class))
        && (scope.kinds.is_empty() || scope.kinds.contains(&judged.kind))
}

/// `text/utf-8`, `text/8-bit`…; nothing for what is no text.
pub(super) fn text_format(judged: &Judged<'_>) -> &'static str {
    match judged.class {
        Class::Text => inspect::text_format(judged.census, judged.declared),
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_ends_plainly_where_its_last_bytes_say_so() {
        for (text, expected) in [
            (&b"\x1f\nEnd Tag Table\n"[..], true),
            (b"a\r\n", true),
            (b"ab\x04\n", false),
            (b"\x1f\n\n\n\n", false),
            (b"\x1f \n\t\n", false),
            (b"\x04", false),
            (b"a", true),
            (b"\xe9\n\n\n", true),
            (b"ab\x7f", false),
        ] {
            let mut sweep = inspect::Sweep::new();
            sweep.update(text);
            assert_eq!(ends_plainly(&sweep.finish()), expected, "{}", text.escape_ascii());
        }
    }
}
