//! Findings that are not about the text of an entry: bytes outside any file, trailing data, gaps,
//! and the defects that readers tell.

use super::collect::finding;
use super::judge::{Judge, Judged};
use crate::model::{
    Census, Change, Class, Confidence, Declared, Defect, Evidence, Finding, Gap, Location, Locator,
    Severity, TextKind,
};
use crate::rules::detectors::{Look, WaiverState};
use crate::rules::{Matcher, Rule};

/// Bytes in a container outside its entries.
#[derive(Clone, Copy, Debug)]
pub struct Spot<'a> {
    /// Whose they are, and where.
    pub at: &'a Location,
    /// What the place is for, as a reader calls it, or `unclaimed`.
    pub place: &'a str,
    /// The first of them.
    pub bytes: &'a [u8],
}

impl Judge<'_> {
    /// Judges bytes that no file owns and that should be zero: `bytes/outside-any-file-not-zero`,
    /// or another rule with a detector of bytes.
    pub fn bytes(&self, id: &str, spot: &Spot<'_>) -> Option<Finding> {
        let rule = self.running(id)?;
        let Matcher::Detector(detector) = rule.matcher else { return None };
        let Look::Bytes(find) = detector.look else { return None };
        Some(self.at(rule, spot, find(spot.bytes)?.start))
    }

    /// Judges what nobody declared and no entry explains: `bytes/outside-any-file-changed`.
    pub fn change(&self, id: &str, change: &Change) -> Option<Finding> {
        let rule = self.running(id)?;
        let Matcher::Detector(detector) = rule.matcher else { return None };
        let Look::Change(find) = detector.look else { return None };
        let detail = change.note.as_deref().unwrap_or_default();
        let mut location = Location::of(change.path.clone());
        match change.bytes() {
            Some(of) if of.path == change.path => {
                location.range = Some(of.offset..of.offset.saturating_add(of.length));
            }
            beside => location.related = beside.cloned().map(Box::new),
        }
        find(change).then(|| self.about(rule, &location, detail))
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
        let range = gap.range.map(|(start, end)| start..end);
        let related = gap.related.clone();
        let path = gap.path.clone();
        let image_offset = range.as_ref().filter(|_| path.is_root()).map(|range| range.start);
        Some(self.about(rule, &Location { path, range, related, image_offset }, &detail))
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
        let finding = || self.about(rule, &Location::of(Locator::root()), detail);
        find(state).then(|| Finding { occurrence, of_settings: true, ..finding() })
    }

    /// The finding of a defect at a place. A rule that the catalogue lacks is a mistake in premaster,
    /// which the finding says rather than keep silent; one that is disabled
    /// or too costly gives none.
    pub fn defect(&self, location: &Location, defect: &Defect) -> Option<Finding> {
        if let Some(known) = self.catalogue().get(defect.rule) {
            return Some(self.about(self.running(&known.id)?, location, &defect.message));
        }
        let message = format!("{} (premaster has no rule {})", defect.message, defect.rule);
        let (severity, confidence) = (Severity::Error, Confidence::High);
        let found = Finding::new(defect.rule, severity, confidence, location.path.clone(), message);
        Some(placed(found, location))
    }

    /// A rule that runs, by its id.
    fn running(&self, id: &str) -> Option<&Rule> {
        self.rules().find(|rule| rule.id == id)
    }

    fn about(&self, rule: &Rule, location: &Location, detail: &str) -> Finding {
        let offset = location.range.as_ref().map(|range| range.start);
        let message = rule.render(|fact| match fact {
            "detail" => Some(detail.to_owned()),
            "offset" => offset.map(|offset| offset.to_string()),
            _ => None,
        });
        placed(self.of_container(rule, &location.path, message), location)
    }

    /// A finding about a container: every target sees it.
    fn of_container(&self, rule: &Rule, path: &Locator, message: String) -> Finding {
        let census = Census::default();
        let judged = Judged { targets: &self.settings().targets, ..nameless(path, &census) };
        finding(rule, &judged, self.settings(), message)
    }

    /// A finding about bytes from `hit` of those of a spot on.
    fn at(&self, rule: &Rule, spot: &Spot<'_>, hit: usize) -> Finding {
        let location = spot.at.clone().behind(hit as u64);
        let (start, length) = location.bytes();
        let message = rule.render(|fact| match fact {
            "detail" => Some(spot.place.to_owned()),
            "count" => Some(length.to_string()),
            "hex" => spot.bytes.get(hit).map(|byte| format!("0x{byte:02x}")),
            _ => None,
        });
        Finding {
            evidence: Evidence::around(spot.bytes, hit, start.saturating_sub(hit as u64)),
            ..placed(self.of_container(rule, &location.path, message), &location)
        }
    }
}

/// A finding with the place of its bytes.
fn placed(found: Finding, location: &Location) -> Finding {
    let offset = location.range.as_ref().map(|range| range.start);
    let length = offset.map_or(0, |_| location.bytes().1);
    let (related, image_offset) = (location.related.clone(), location.image_offset);
    Finding { offset, length, related, image_offset, ..found }
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
