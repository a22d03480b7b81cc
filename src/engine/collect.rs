//! From hits to findings: which rules mind a hit, how bad it is, what is said of it, and how many
//! are listed.

use std::collections::HashMap;

use super::entry::Facts;
use super::hit::Hit;
use super::judge::Judged;
use super::scan::LISTED;
use super::settings::Settings;
use crate::model::Finding;
use crate::rules::detectors::Told;
use crate::rules::{Event, Literals, Matcher, Position, Rule, name_of};

/// Findings of one entry under way.
pub(super) struct Collector<'a> {
    judged: &'a Judged<'a>,
    settings: &'a Settings,
    /// Rules that look at this entry.
    rules: Vec<&'a Rule>,
    literals: Option<&'a Literals>,
    /// For each rule: findings listed, index of the last, hits not listed.
    counts: Vec<(usize, usize, u64)>,
    found: Vec<(Finding, bool)>,
    /// Findings that a rule lists.
    cap: usize,
    by_design: u64,
}

impl<'a> Collector<'a> {
    pub(super) fn new(
        judged: &'a Judged<'a>,
        settings: &'a Settings,
        rules: Vec<&'a Rule>,
        literals: Option<&'a Literals>,
        looks_binary: bool,
    ) -> Self {
        let counts = vec![(0, 0, 0); rules.len()];
        // A text full of stray bytes is one defect, and each rule names its first place.
        let cap = if looks_binary { 1 } else { LISTED };
        Self {
            judged,
            settings,
            rules,
            literals,
            counts,
            found: Vec::new(),
            cap,
            by_design: judged.by_design(),
        }
    }

    /// Takes a hit of the scan.
    pub(super) fn hit(&mut self, hit: &Hit) {
        // A format may prescribe one on every page.
        if let Event::Control { byte, .. } = hit.event
            && self.by_design >> byte.min(32) & 1 == 1
            && !hit.at_end
        {
            return;
        }
        for index in 0..self.rules.len() {
            let Some(&rule) = self.rules.get(index) else { continue };
            let is_minded = match hit.event {
                Event::Literal(number) => self.minds_literal(rule, number, hit),
                _ => minds(rule, hit, self.by_design),
            };
            if !is_minded {
                continue;
            }
            let Some((listed, last, more)) = self.counts.get_mut(index) else { continue };
            *more += hit.more;
            if *listed == self.cap {
                *more += 1;
                continue;
            }
            *listed += 1;
            *last = self.found.len();
            let needs_utf8 = match hit.event {
                Event::CodePoint(point) => !is_unmistakable(point),
                Event::IllFormed(_) => true,
                Event::Oddity(oddity, point) => oddity.needs_unicode() && !is_unmistakable(point),
                Event::Control { .. } | Event::Literal(_) => false,
            };
            self.found.push((self.finding(rule, hit), needs_utf8));
        }
    }

    /// Whether a literal is of the rule, and where the rule wants it.
    fn minds_literal(&self, rule: &Rule, number: usize, hit: &Hit) -> bool {
        matches!(rule.matcher, Matcher::Literals { line_start, .. } if !line_start || hit.column == 1)
            && self.literals.is_some_and(|literals| literals.id(number) == rule.id)
    }

    fn finding(&self, rule: &Rule, hit: &Hit) -> Finding {
        let bytes = hit.bytes();
        let message = rule.render(|fact| match fact {
            "offset" => Some(hit.offset.to_string()),
            "line" => Some(hit.line.to_string()),
            "column" => Some(hit.column.to_string()),
            "count" => Some(hit.length.to_string()),
            "hex" => {
                let shown: Vec<_> = bytes.iter().take(4).map(|b| format!("0x{b:02x}")).collect();
                // A run of one control byte is named by the byte.
                let run = matches!(hit.event, Event::Control { .. });
                Some(if run { format!("0x{:02x}", control(hit.event)) } else { shown.join(" ") })
            }
            "name" => Some(name_of(hit.event, bytes)),
            _ => None,
        });
        Finding {
            offset: Some(hit.offset),
            length: hit.length,
            // Lines begin at 1; what is no text has none.
            line: (hit.line > 0).then_some(hit.line),
            column: (hit.line > 0).then_some(hit.column),
            evidence: Some(hit.evidence()),
            ..finding(rule, self.judged, self.settings, message)
        }
    }

    /// Takes a finding about the entry as a whole, on those of `targets` if there are any.
    pub(super) fn about_entry(
        &mut self,
        rule: &Rule,
        targets: &[String],
        told: &Told,
        facts: &Facts<'_>,
    ) {
        let spot = facts.spot(told.place);
        let number = |n: Option<u64>| n.map(|n| n.to_string());
        let message = rule.render(|fact| match fact {
            "detail" => Some(told.detail.clone()),
            "offset" => number(spot.offset),
            "line" => number(spot.line),
            "column" => number(spot.column),
            "count" => Some((told.more + 1).to_string()),
            _ => None,
        });
        let judged = match targets {
            [] => *self.judged,
            targets => Judged { targets, ..*self.judged },
        };
        let mut finding = finding(rule, &judged, self.settings, message);
        if let (None, Some(first)) = (&finding.target, targets.first()) {
            finding.target = Some(first.clone());
        }
        self.found.push((
            Finding {
                offset: spot.offset,
                length: spot.length,
                line: spot.line,
                column: spot.column,
                evidence: Some(spot.evidence),
                more: told.more,
                ..finding
            },
            false,
        ));
    }

    /// All findings in the order of offset and rule. Those about characters, and about bytes that
    /// are none, stand only if the text is a Unicode text otherwise: an eight-bit text is not a
    /// defect.
    pub(super) fn finish(mut self, is_unicode: bool) -> Vec<Finding> {
        for &(listed, last, more) in &self.counts {
            if let Some((finding, _)) = self.found.get_mut(last).filter(|_| listed > 0) {
                finding.more = more;
            }
        }
        let mut findings: Vec<_> = self
            .found
            .into_iter()
            .filter(|(_, needs_utf8)| is_unicode || !needs_utf8)
            .map(|(finding, _)| finding)
            .collect();
        findings.sort_by(|a, b| (a.offset, &a.rule).cmp(&(b.offset, &b.rule)));
        number_occurrences(&mut findings);
        findings
    }
}

/// Whether the bytes of a character are UTF-8 in whatever text they stand: no text in another encoding
/// has the marks, invisible characters and controls of the block General Punctuation, nor tags, by
/// chance.
fn is_unmistakable(point: u32) -> bool {
    matches!(point, 0x2000..=0x206f | 0xe_0000..=0xe_007f)
}

fn control(event: Event) -> u8 {
    match event {
        Event::Control { byte, .. } => byte,
        _ => 0,
    }
}

/// Whether a rule minds a hit. What a format prescribes is no hit, except at the very end, where
/// none prescribes anything.
fn minds(rule: &Rule, hit: &Hit, by_design: u64) -> bool {
    match (&rule.matcher, hit.event) {
        (
            Matcher::Control { bytes, position, sequence },
            Event::Control { byte, sequence: begins },
        ) => {
            let here = match position {
                Position::Any => true,
                Position::End => hit.at_end,
                Position::Inside => !hit.at_end,
            };
            let prescribed = by_design >> byte.min(32) & 1 == 1 && *position != Position::End;
            bytes.contains(&byte)
                && here
                && !prescribed
                && sequence.is_none_or(|wanted| wanted == begins)
        }
        (Matcher::CodePoints(ranges), Event::CodePoint(point)) => {
            ranges.iter().any(|range| range.contains(&point))
        }
        (Matcher::IllFormed(kinds), Event::IllFormed(kind)) => kinds.contains(&kind),
        (Matcher::Oddity(wanted), Event::Oddity(odd, _)) => *wanted == odd,
        _ => false,
    }
}

/// A finding of a rule about an entry, without a place.
pub(super) fn finding(
    rule: &Rule,
    judged: &Judged<'_>,
    settings: &Settings,
    message: String,
) -> Finding {
    let (severity, target) = rule.severity_for(judged.kind, judged.targets);
    let most = rule.most_at(judged.path.as_str());
    let severity = most.map_or(severity, |most| severity.min(most));
    let severity = settings.severity(rule, judged.path).unwrap_or(severity);
    Finding {
        target,
        why: rule.why.clone(),
        remedy: rule.remedy.clone(),
        ..Finding::new(&rule.id, severity, rule.confidence, judged.path.clone(), message)
    }
}

/// Numbers findings of one entry that would have the same fingerprint.
pub(super) fn number_occurrences(findings: &mut [Finding]) {
    let mut seen: HashMap<(String, Vec<u8>), u32> = HashMap::new();
    for finding in findings {
        let bytes = finding.around().to_vec();
        let count = seen.entry((finding.rule.clone(), bytes)).or_default();
        finding.occurrence = *count;
        *count += 1;
    }
}
