//! `premaster fix`: does what findings with a certain remedy ask for, in a folder.

mod attributes;
mod host;
mod wanted;

use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;

use self::host::{executable, names_of, replace, set_mode};
use self::wanted::{Wanted, asked, is_versioned};
use super::{Checked, Failure, Request, catalogue, check};
use crate::compare::{self, hunks::Span};
use crate::gate;
use crate::model::{
    Change, Class, Content, Digest, Disposition, FieldChange, Hunk, Kind, Locator, Outcome,
    Severity, Verb, field,
};
use crate::rules::{Fix, fixed};
use crate::walk::Artifact;

/// What was done, or would be.
pub struct Fixed {
    /// The changes, for the reports of `diff`.
    pub outcome: Outcome,
    /// What was not done, and why.
    pub refused: Vec<(Locator, String)>,
}

/// What was done about a file.
struct Done {
    change: Change,
    /// Of each hunk, the findings that it answers; of a change without one, at the end.
    answers: Vec<Vec<usize>>,
}

/// Fixes what can be fixed; with `dry` nothing is written. A file is replaced whole or not at all.
pub fn fix(request: &Request, dry: bool) -> Result<Fixed, Failure> {
    // What is not there, the check tells.
    if fs::metadata(request.artifact.path()).is_ok_and(|found| !found.is_dir()) {
        let message = format!(
            "{} is no folder: what is packed is not edited, fix what it is built from",
            request.artifact
        );
        return Err(Failure::Usage(message));
    }
    if let Some(folder) = versioned_above(request.artifact.path()) {
        let message =
            format!("{folder} is what a version control system keeps: nothing is edited there");
        return Err(Failure::Usage(message));
    }
    let Checked { outcome, artifact, .. } = check(request)?;
    let mut refused = Vec::new();
    let mut changes = Vec::new();
    let mut answers = Vec::new();
    let catalogue = catalogue(&request.config)?;
    let asked = asked(&catalogue, &outcome.findings);
    for folder in asked.versioned {
        refused.push((folder, "a version control system keeps it".to_owned()));
    }
    for (path, mut wanted) in asked.files {
        match one(&artifact, path, &mut wanted, dry) {
            Ok(Some(done)) => {
                changes.push(done.change);
                answers.push(done.answers);
            }
            Ok(None) => {}
            Err(Refusal(message)) => refused.push((path.clone(), message)),
        }
    }
    refused.sort();
    let policy = gate::Policy { fail_on: Severity::Error, report_only: false, all_findings: false };
    let mut decision = gate::decide(&[], &changes, &[], policy);
    for cause in &mut decision.causes {
        let of = cause.change.and_then(|change| answers.get(change));
        let of = of.and_then(|of| of.get(cause.hunk.unwrap_or(of.len().saturating_sub(1))));
        cause.findings = of.cloned().unwrap_or_default();
    }
    let outcome = Outcome {
        verdict: decision.verdict,
        causes: decision.causes,
        gaps: Vec::new(),
        changes,
        ..outcome
    };
    Ok(Fixed { outcome, refused })
}

/// The hidden folder of a version control system that a folder is, or lies in. `CVS` may be anybody's.
fn versioned_above(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let found = folder.ancestors().find(|above| {
        let name = above.file_name().map_or(&[][..], |name| name.as_encoded_bytes());
        name.starts_with(b".") && is_versioned(name)
    })?;
    Some(found.display().to_string())
}

/// Why a file is left as it is.
struct Refusal(String);

impl From<&str> for Refusal {
    fn from(why: &str) -> Self {
        Self(why.to_owned())
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

/// Fixes one file, and says what that changes.
fn one(
    artifact: &Artifact,
    path: &Locator,
    wanted: &mut Wanted<'_>,
    dry: bool,
) -> Result<Option<Done>, Refusal> {
    if path.as_str().contains('!') {
        return Err("it is packed: fix what it is packed from".into());
    }
    let manifest = &artifact.manifest;
    let node = manifest.find(path).and_then(|place| {
        let (volume, node) = manifest.node(place)?;
        Some((place, volume, node))
    });
    let Some((place, volume, node)) = node else { return Err("it is there no more".into()) };
    if node.kind != Kind::File {
        let what = if node.kind == Kind::Directory { "folder" } else { node.kind.name() };
        return Err(Refusal(format!("it is a {what}: only files are edited or removed")));
    }
    wanted.narrow(volume.name(node)).map_err(Refusal)?;
    let wanted = &*wanted;
    let content = manifest.content_place(place);
    let host = content.and_then(|place| artifact.host_file(place));
    let (Some(content), Some(host)) = (content.and_then(|c| manifest.content(c)), host) else {
        return Err("it was not read".into());
    };
    if names_of(&host)? > 1 {
        return Err("it has several names (hard links): they would part".into());
    }
    if wanted.has(Fix::Remove) {
        if let Some(rule) = wanted.error() {
            return Err(Refusal(format!("a person decides: {rule} finds an error in it")));
        }
        if !dry {
            fs::remove_file(&host)?;
        }
        let answers = vec![wanted.findings(|of| of.fix == Fix::Remove)];
        return Ok(Some(Done { change: Change::new(path.clone(), Verb::Removed), answers }));
    }
    let is_text = wanted.by_rule.iter().any(|of| of.fix != Fix::Executable);
    let bytes = if is_text { Some(new_bytes(&host, content, wanted)?) } else { None };
    let mode = if wanted.has(Fix::Executable) { executable(&host)? } else { None };
    let mut change = Change::new(path.clone(), Verb::Metadata);
    let mut answers = Vec::new();
    if let Some((old, new)) = bytes.as_ref().filter(|(old, new)| old != new) {
        change.verb = Verb::Modified;
        let spans = compare::hunks::spans(old, new)?;
        change.hunks = compare::hunks::hunks(&spans, old, new, Disposition::Undeclared)?;
        answers = answered(old, &change.hunks, wanted)?;
    }
    if let Some((old, new)) = mode {
        let text = |mode: u32| Some(format!("{mode:04o}"));
        let (field, disposition) = (field::MODE.name().to_owned(), Disposition::Undeclared);
        change.fields = vec![FieldChange { field, old: text(old), new: text(new), disposition }];
        answers.push(wanted.findings(|of| of.fix == Fix::Executable));
    }
    if change.hunks.is_empty() && change.fields.is_empty() {
        return Ok(None);
    }
    if !dry {
        if let Some((_, new)) = bytes.filter(|_| change.verb == Verb::Modified) {
            replace(&host, &new)?;
        }
        if let Some((_, mode)) = mode {
            set_mode(&host, mode)?;
        }
    }
    Ok(Some(Done { change, answers }))
}

/// The bytes of a text, as they are and as they should be.
fn new_bytes(
    host: &Path,
    content: &Content,
    wanted: &Wanted<'_>,
) -> Result<(Vec<u8>, Vec<u8>), Refusal> {
    if content.class != Class::Text {
        return Err("it is not certain that it is text".into());
    }
    if wanted.more {
        return Err("it has more hits than a report lists".into());
    }
    let old = fs::read(host)?;
    if content.blake3 != Some(Digest::of(&old)) {
        return Err("it changed since it was checked".into());
    }
    let fixes: Vec<Fix> = wanted.by_rule.iter().map(|of| of.fix).collect();
    let deleted: Vec<Range<usize>> =
        wanted.by_rule.iter().flat_map(|of| of.deleted.clone()).collect();
    let new = fixed(&old, &fixes, &deleted)?;
    Ok((old, new))
}

/// Of each hunk, the findings that it answers: those of the rules whose fixes alone would change bytes
/// there too; of all, where only their sum does.
fn answered(
    old: &Vec<u8>,
    hunks: &[Hunk],
    wanted: &Wanted<'_>,
) -> Result<Vec<Vec<usize>>, Refusal> {
    let mut alone = Vec::new();
    for of in wanted.by_rule.iter().filter(|of| of.fix != Fix::Executable) {
        let new = fixed(old, &[of.fix], &of.deleted)?;
        alone.push((of.finding, compare::hunks::spans(old, &new)?));
    }
    let of_hunk = |hunk: &Hunk| {
        let end = hunk.old_offset + hunk.old_length;
        let meets = |span: &Span| span.old <= end && hunk.old_offset <= span.old + span.old_length;
        let meets = alone.iter().filter(|(_, spans)| spans.iter().any(meets));
        let found: Vec<usize> = meets.map(|(finding, _)| *finding).collect();
        if found.is_empty() { alone.iter().map(|(finding, _)| *finding).collect() } else { found }
    };
    Ok(hunks.iter().map(of_hunk).collect())
}
