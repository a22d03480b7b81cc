//! The judge: which rules look at an entry, whether its bytes must be read again, and what the
//! rules say of it.

use std::io::{self, Read};
use std::sync::Arc;

use super::collect::Collector;
use super::conditions::{Changes, subject_of_judged};
use super::hit::Hit;
use super::scan::{Tally, scan, scan_bytes};
use super::settings::Settings;
use crate::inspect::{self, Encoding};
use crate::model::{Census, Class, Declared, Finding, Locator, TextKind};
use crate::rules::detectors::Look;
use crate::rules::{Catalogue, Entry, Literals, Matcher, Position, Rule};

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
        match self.declared {
            Declared::Nothing => inspect::by_design(self.name, self.format),
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
    code_points: bool,
    ill_formed: bool,
    literals: Option<Arc<Literals>>,
    /// Whether some rule has a condition.
    pub(super) has_conditions: bool,
    pub(super) changes: Option<Arc<Changes>>,
}

impl<'a> Judge<'a> {
    /// A judge with the rules of the catalogue that the settings let run.
    pub fn new(catalogue: &'a Catalogue, settings: &'a Settings) -> Self {
        let disabled = |rule: &Rule| {
            settings.disabled.contains(&rule.id)
                || rule.aliases.iter().any(|id| settings.disabled.contains(id))
        };
        let rules: Vec<_> =
            catalogue.iter().filter(|rule| rule.cost <= settings.cost && !disabled(rule)).collect();
        let mut judge = Self {
            catalogue,
            settings,
            literals: Literals::of(rules.iter().copied()).map(Arc::new),
            rules,
            controls: 0,
            end_controls: 0,
            code_points: false,
            ill_formed: false,
            has_conditions: false,
            changes: None,
        };
        judge.has_conditions = judge.rules.iter().any(|rule| rule.when.is_some());
        for rule in &judge.rules {
            match &rule.matcher {
                Matcher::Control { bytes, position, .. } => {
                    for &byte in bytes {
                        judge.controls |= 1 << byte.min(32);
                        if *position == Position::End {
                            judge.end_controls |= 1 << byte.min(32);
                        }
                    }
                }
                Matcher::CodePoints(_) => judge.code_points = true,
                Matcher::IllFormed(_) => judge.ill_formed = true,
                Matcher::Literals { .. } | Matcher::Facts(_) | Matcher::Detector(_) => {}
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

    /// The encoding of an entry. A declaration, and a byte order mark, go before the setting.
    fn encoding(&self, judged: &Judged<'_>) -> Encoding {
        let has_mark = judged.census.head.starts_with(b"\xef\xbb\xbf");
        let declared = match (judged.declared, self.settings.encoding) {
            (Declared::Nothing, Some(label)) if !has_mark => Declared::Text(label),
            (declared, _) => declared,
        };
        inspect::encoding(judged.census, declared)
    }

    /// Whether the bytes must be read again to judge the entry. Most entries need not: the census
    /// tells that no rule on texts can hit.
    pub fn needs_look(&self, judged: &Judged<'_>) -> bool {
        let census = judged.census;
        if census.size == 0 {
            return false;
        }
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
        let minded = self.controls & !(judged.by_design() & !self.end_controls);
        let del = u64::from(census.del > 0) << 32;
        let held = if census.controls_exact { u64::from(census.controls) } else { 0xffff_ffff };
        let by_controls = (held | del) & minded != 0;
        let by_utf8 = self.ill_formed
            && census.high > 0
            && !census.utf8
            && matches!(encoding, Encoding::Utf8 { .. });
        let by_points =
            self.code_points && encoding != Encoding::SingleByte && (census.invisible || by_utf8);
        by_controls || by_utf8 || by_points
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
        // The length bytes of records are no sign of anything.
        let looks_binary = !matches!(judged.declared, Declared::TextRecords(_))
            && inspect::looks_binary(judged.census);
        let needs_look = self.needs_look(judged);
        // Detectors of entries mind only what looks binary or was approved as text.
        if !needs_look && !looks_binary && judged.approved != Some(Class::Text) {
            return Ok(Vec::new());
        }
        let minded =
            |rule: &&Rule| in_scope(rule, judged) && !self.settings.is_off(rule, judged.path);
        let rules: Vec<_> = self.rules().filter(minded).collect();
        let entry = Entry {
            census: judged.census,
            class: judged.class,
            approved: judged.approved,
            looks_binary,
            named_text: judged.format.is_none()
                && judged.declared == Declared::Nothing
                && inspect::is_text_name(judged.name),
        };
        let literals = self.literals.as_deref();
        let mut collector =
            Collector::new(judged, self.settings, rules.clone(), literals, looks_binary);
        for rule in &rules {
            if let Matcher::Detector(detector) = rule.matcher
                && let Look::Entry(find) = detector.look
                && let Some(detail) = find(&entry)
            {
                collector.about_entry(rule, &detail);
            }
        }
        let mut is_unicode = false;
        if let Some(literals) = literals.filter(|_| needs_look && judged.class != Class::Text) {
            scan_bytes(data, literals, &mut |hit| collector.hit(hit))?;
        } else if needs_look {
            let encoding = self.encoding(judged);
            let tally = look(judged, data, encoding, literals, &mut collector)?;
            is_unicode = match encoding {
                Encoding::Utf8 { declared } => {
                    declared || tally.well_formed >= tally.ill_formed.max(1)
                }
                Encoding::SingleByte => false,
                Encoding::Utf16Le | Encoding::Utf16Be => true,
            };
        }
        let mut found = collector.finish(is_unicode);
        self.keep_met(&mut found, subject_of_judged(judged));
        Ok(found)
    }
}

fn look(
    judged: &Judged<'_>,
    data: &mut dyn Read,
    encoding: Encoding,
    literals: Option<&Literals>,
    collector: &mut Collector<'_>,
) -> io::Result<Tally> {
    let mut sink = |hit: &Hit| collector.hit(hit);
    let has_records =
        matches!(judged.declared, Declared::TextRecords(_)) && judged.census.size <= RECORDS;
    let Some(kind) = judged.resource.filter(|_| has_records) else {
        return scan(data, 0, encoding, literals, &mut sink);
    };
    let mut bytes = Vec::new();
    data.take(RECORDS).read_to_end(&mut bytes)?;
    let Some(texts) = inspect::text_records(kind, &bytes) else {
        return scan(&mut bytes.as_slice(), 0, encoding, literals, &mut sink);
    };
    let mut all = Tally::default();
    for range in texts.ranges {
        let start = range.start as u64;
        let text = &mut bytes.get(range).unwrap_or_default();
        let tally = scan(text, start, encoding, literals, &mut sink)?;
        all.well_formed += tally.well_formed;
        all.ill_formed += tally.ill_formed;
    }
    Ok(all)
}

/// Whether a rule looks at an entry of this class, kind and format.
pub(super) fn in_scope(rule: &Rule, judged: &Judged<'_>) -> bool {
    let scope = &rule.scope;
    (scope.classes.is_empty() || scope.classes.contains(&judged.class))
        && (scope.kinds.is_empty() || scope.kinds.contains(&judged.kind))
        && (scope.formats.is_empty()
            || judged
                .format
                .is_some_and(|format| scope.formats.iter().any(|wanted| wanted == format)))
}
