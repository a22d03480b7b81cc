//! The conditions of rules, put to entries; and what they may ask of the approved build.

use std::collections::HashMap;
use std::sync::Arc;

use super::entries::facts_of;
use super::judge::{Judge, Judged};
use crate::inspect;
use crate::model::manifest::Place;
use crate::model::{Change, Class, Content, Declared, Finding, Locator, Manifest, Node, Volume};
use crate::rules::facts::{Around, EntryFacts};
use crate::rules::parsed::Parsed;
use crate::rules::{Condition, Rule, Subject};

/// What differs from the approved build, by locator.
#[derive(Clone, Debug, Default)]
pub struct Changes(HashMap<String, (&'static str, Vec<String>)>);

impl Changes {
    /// Of all changes.
    pub fn of(changes: &[Change]) -> Self {
        let mut all = HashMap::new();
        for change in changes {
            let fields: Vec<_> = change.fields.iter().map(|field| field.field.clone()).collect();
            for path in std::iter::once(&change.path).chain(&change.aliases) {
                all.insert(path.as_str().to_owned(), (change.verb.name(), fields.clone()));
            }
        }
        Self(all)
    }

    /// Of these paths, for examples.
    pub(super) fn all(paths: impl Iterator<Item = Locator>, verb: &'static str) -> Self {
        Self(paths.map(|path| (path.as_str().to_owned(), (verb, Vec::new()))).collect())
    }

    fn tell<'a>(&'a self, subject: Subject<'a>) -> Subject<'a> {
        match self.0.get(subject.path) {
            Some((verb, fields)) => Subject { change: Some(*verb), fields, ..subject },
            None => Subject { change: Some("unchanged"), ..subject },
        }
    }
}

impl Judge<'_> {
    /// Tells what differs from the approved build to rules that ask.
    pub fn against(&mut self, changes: Changes) {
        self.changes = Some(Arc::new(changes));
    }

    /// Whether the settings turn the rule of a finding off at its place.
    pub fn is_off(&self, finding: &Finding) -> bool {
        !self.settings().by_path.is_empty()
            && self
                .catalogue()
                .get(&finding.rule)
                .is_some_and(|rule| self.settings().is_off(rule, &finding.path))
    }

    /// Mode and numeric user of an entry, which conditions may ask; the user is the `host`'s in a folder
    /// of it.
    pub fn mode_and_owner(
        &self,
        volume: &Volume,
        node: &Node,
        host: bool,
    ) -> (Option<u16>, Option<i64>) {
        if !self.has_conditions {
            return (None, None);
        }
        let around = Around::default();
        let entry = facts_of(volume, node, &around);
        (entry.mode, entry.owner.filter(|_| !host))
    }

    /// Leaves of the findings about an entry those whose rules have no condition, or one that holds.
    pub(super) fn keep_met(&self, found: &mut Vec<Finding>, subject: Subject<'_>) {
        if !self.has_conditions {
            return;
        }
        let subject = self.changes.as_ref().map_or(subject, |changes| changes.tell(subject));
        found.retain(|finding| {
            let rule = self.catalogue().get(&finding.rule);
            rule.and_then(|rule| rule.when.as_ref()).is_none_or(|when| when.holds(&subject))
        });
    }

    /// Whether the condition of a rule about structure, if it has one, holds for a content: for one of
    /// the slices of a fat program, each of which is asked by itself.
    pub(super) fn meets(&self, rule: &Rule, judged: &Judged<'_>, parsed: &Parsed<'_>) -> bool {
        let Some(when) = &rule.when else { return true };
        let asks = when.asks();
        let programs = if asks.arch { parsed.programs() } else { &[] };
        let arch: Vec<_> = programs.iter().filter_map(|program| program.arch).collect();
        let subject = Subject { arch: &arch, ..subject_of_judged(judged) };
        let subject = self.changes.as_ref().map_or(subject, |changes| changes.tell(subject));
        let programs = asks.program.map(|_| parsed.program_facts()).unwrap_or_default();
        let mut slices =
            programs.iter().map(|program| Subject { program: Some(program), ..subject });
        match programs {
            [] => when.holds(&subject),
            _ => slices.any(|slice| when.holds(&slice)),
        }
    }

    /// Whether a rule about facts minds an artifact that is a single file.
    pub(super) fn minds_single(&self, rule: &Rule, entry: &EntryFacts<'_>) -> bool {
        let path = Locator::root();
        let subject = subject_of(&path, entry, Declared::Nothing);
        let subject = self.changes.as_ref().map_or(subject, |changes| changes.tell(subject));
        !self.settings().is_off(rule, &path)
            && rule.when.as_ref().is_none_or(|when| when.holds(&subject))
    }

    /// Whether a rule about facts minds this entry: neither its condition nor the settings say no.
    pub(super) fn minds(
        &self,
        rule: &Rule,
        manifest: &Manifest,
        place: Place,
        entry: &EntryFacts<'_>,
    ) -> bool {
        let is_set = self.settings().is_set_by_path(rule);
        if !is_set && rule.when.is_none() {
            return true;
        }
        let asks = rule.when.as_ref().map(Condition::asks).unwrap_or_default();
        let path =
            if is_set || asks.path || asks.change { manifest.path(place) } else { Locator::root() };
        if is_set && self.settings().is_off(rule, &path) {
            return false;
        }
        let Some(when) = &rule.when else { return true };
        let declared = manifest.content_place(place).and_then(|at| manifest.stored(at));
        let declared = declared.map_or(Declared::Nothing, |stored| stored.declared);
        let subject = subject_of(&path, entry, declared);
        let subject = self.changes.as_ref().map_or(subject, |changes| changes.tell(subject));
        when.holds(&subject)
    }
}

/// An entry as conditions see it.
pub(super) fn subject_of<'a>(
    path: &'a Locator,
    entry: &EntryFacts<'a>,
    declared: Declared,
) -> Subject<'a> {
    let encoding = |content: &Content| {
        (content.class == Class::Text).then(|| encoding(&content.census, declared))
    };
    Subject {
        path: path.as_str(),
        name: entry.name,
        kind: entry.kind.name(),
        size: entry.content.map(Content::size),
        class: entry.content.map(|content| content.class.name()),
        format: entry.content.and_then(Content::format),
        encoding: entry.content.and_then(encoding),
        mode: entry.mode,
        owner: entry.owner,
        ..Subject::default()
    }
}

/// A file of which only the content is known.
pub(super) fn subject_of_judged<'a>(judged: &Judged<'a>) -> Subject<'a> {
    let is_text = judged.class == Class::Text;
    Subject {
        path: judged.path.as_str(),
        name: judged.name,
        kind: "file",
        size: Some(judged.census.size),
        class: Some(judged.class.name()),
        format: judged.format,
        encoding: is_text.then(|| encoding(judged.census, judged.declared)),
        mode: judged.mode,
        owner: judged.owner,
        ..Subject::default()
    }
}

/// `utf-8`, `ascii`, `8-bit`…
fn encoding(census: &crate::model::Census, declared: Declared) -> &'static str {
    let format = inspect::text_format(census, declared);
    format.strip_prefix("text/").unwrap_or(format)
}
