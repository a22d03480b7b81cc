//! Findings that are not about the text of an entry: bytes outside any file, trailing data, gaps,
//! and the defects that readers tell.

use super::collect::finding;
use super::judge::{Judge, Judged};
use crate::model::{
    Census, Class, Confidence, Declared, Defect, Evidence, Finding, Gap, Locator, Severity,
    TextKind,
};
use crate::rules::detectors::{Look, WaiverState};
use crate::rules::{Matcher, Rule};

/// Bytes in a container outside its entries.
#[derive(Clone, Copy, Debug)]
pub struct Spot<'a> {
    /// The container.
    pub path: &'a Locator,
    /// What the place is for, as a reader calls it, or `unclaimed`.
    pub place: &'a str,
    /// Offset of the first of `bytes` in the container.
    pub offset: u64,
    /// The bytes, or as many as one chunk holds.
    pub bytes: &'a [u8],
}

impl Judge<'_> {
    /// Judges bytes that no file owns and that should be zero: `bytes/outside-any-file-not-zero`,
    /// or another rule with a detector of bytes.
    pub fn bytes(&self, id: &str, spot: &Spot<'_>) -> Option<Finding> {
        let rule = self.running(id)?;
        let Matcher::Detector(detector) = rule.matcher else { return None };
        let Look::Bytes(find) = detector.look else { return None };
        Some(self.at(rule, spot, &find(spot.bytes)?))
    }

    /// Judges bytes that no file owns against those of the approved build:
    /// `bytes/outside-any-file-changed`.
    pub fn change(&self, id: &str, spot: &Spot<'_>, old: &[u8]) -> Option<Finding> {
        let rule = self.running(id)?;
        let Matcher::Detector(detector) = rule.matcher else { return None };
        let Look::Change(find) = detector.look else { return None };
        Some(self.at(rule, spot, &find(old, spot.bytes)?))
    }

    /// Judges what could not be read: `bytes/unread-content`. The gap itself makes the verdict
    /// incomplete; the finding tells what that means.
    pub fn gap(&self, id: &str, gap: &Gap) -> Option<Finding> {
        let rule = self.running(id)?;
        let Matcher::Detector(detector) = rule.matcher else { return None };
        let Look::Gap(find) = detector.look else { return None };
        if !find(gap.kind) {
            return None;
        }
        let detail = format!("{}: {}", gap.kind.name(), gap.message);
        let mut finding = self.about(rule, &gap.path, &detail, gap.range.map(|range| range.0));
        finding.length = gap.range.map_or(0, |(start, end)| end.saturating_sub(start));
        Some(finding)
    }

    /// Whether a rule looks at the artifact as a whole, so that it says nothing of a part.
    pub fn looks_at_whole(&self, id: &str) -> bool {
        id != "gap"
            && self.running(id).is_none_or(|rule| match &rule.matcher {
                Matcher::Detector(detector) => detector.look.is_of_whole(),
                Matcher::Facts(asked) => asked.copies.is_some() || asked.released,
                _ => false,
            })
    }

    /// Judges what became of a waiver: `waiver/unused`. `number` counts the findings of this kind,
    /// none of which has bytes that tell it from another.
    pub fn waiver(
        &self,
        id: &str,
        state: WaiverState,
        detail: &str,
        number: u32,
    ) -> Option<Finding> {
        let rule = self.running(id)?;
        let Matcher::Detector(detector) = rule.matcher else { return None };
        let Look::Waiver(find) = detector.look else { return None };
        let occurrence = number;
        let finding = || self.about(rule, &Locator::root(), detail, None);
        find(state).then(|| Finding { occurrence, of_settings: true, ..finding() })
    }

    /// The finding of a defect in the container or entry `path`. A rule that the catalogue lacks is
    /// a mistake in premaster, which the finding says rather than keep silent; one that is disabled
    /// or too costly gives none.
    pub fn defect(&self, path: &Locator, defect: &Defect) -> Option<Finding> {
        let offset = defect.at.as_ref().map(|at| at.start);
        let mut finding = if let Some(known) = self.catalogue().get(defect.rule) {
            self.about(self.running(&known.id)?, path, &defect.message, offset)
        } else {
            let message = format!("{} (premaster has no rule {})", defect.message, defect.rule);
            let (severity, confidence) = (Severity::Error, Confidence::High);
            let at = path.clone();
            Finding { offset, ..Finding::new(defect.rule, severity, confidence, at, message) }
        };
        finding.length = defect.at.as_ref().map_or(0, |at| at.end.saturating_sub(at.start));
        Some(finding)
    }

    /// A rule that runs, by its id.
    fn running(&self, id: &str) -> Option<&Rule> {
        self.rules().find(|rule| rule.id == id)
    }

    fn about(&self, rule: &Rule, path: &Locator, detail: &str, offset: Option<u64>) -> Finding {
        let message = rule.render(|fact| match fact {
            "detail" => Some(detail.to_owned()),
            "offset" => offset.map(|offset| offset.to_string()),
            _ => None,
        });
        let mut finding = self.of_container(rule, path, message);
        finding.offset = offset;
        finding
    }

    /// A finding about a container: every target sees it.
    fn of_container(&self, rule: &Rule, path: &Locator, message: String) -> Finding {
        let census = Census::default();
        let judged = Judged { targets: &self.settings().targets, ..nameless(path, &census) };
        finding(rule, &judged, self.settings(), message)
    }

    fn at(&self, rule: &Rule, spot: &Spot<'_>, hit: &std::ops::Range<usize>) -> Finding {
        let offset = spot.offset + hit.start as u64;
        let length = hit.end - hit.start;
        let message = rule.render(|fact| match fact {
            "detail" => Some(spot.place.to_owned()),
            "offset" => Some(offset.to_string()),
            "count" => Some(length.to_string()),
            "hex" => Some(
                spot.bytes
                    .get(hit.start)
                    .map_or_else(|| "nothing".to_owned(), |b| format!("0x{b:02x}")),
            ),
            _ => None,
        });
        Finding {
            offset: Some(offset),
            length: length as u64,
            evidence: Evidence::around(spot.bytes, hit.start, spot.offset),
            ..self.of_container(rule, spot.path, message)
        }
    }
}

/// A container as an entry without a name of its own.
pub(super) fn nameless<'a>(path: &'a Locator, census: &'a Census) -> Judged<'a> {
    Judged {
        path,
        name: b"",
        class: Class::Container,
        approved: None,
        census,
        literals: 0,
        declares_other: false,
        declared: Declared::Nothing,
        kind: TextKind::Unknown,
        format: None,
        resource: None,
        targets: &[],
        mode: None,
        owner: None,
    }
}
