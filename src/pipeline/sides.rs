//! The two sides of a comparison: opened, identified, and compared to the byte.

use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::{Failure, Input};
use crate::approve::{self, ManifestFile};
use crate::compare::{self, Comparison, Normalizer, Policy};
use crate::config::{Config, ConfigError};
use crate::intent::{self, Bytes, Checksum, Intent, Reconciled};
use crate::model::outcome::{IntentSubject, Subject};
use crate::model::{
    Change, Class, Digest, Manifest, Row, RowKind, RowStream, Subject as About, Value, Verb, field,
};
use crate::rules::near::did_you_mean;
use crate::source::Source;
use crate::walk::{Artifact, Options};

/// The old side of a comparison.
pub(super) enum Approved {
    Artifact(Box<Artifact>),
    Manifest(Box<ManifestFile>),
}

impl Approved {
    pub(super) fn open(input: &Input, options: &Options) -> Result<Self, Failure> {
        if Self::is_manifest(input) {
            let file = ManifestFile::open(input.path()).map_err(Failure::Manifest)?;
            return Ok(Self::Manifest(Box::new(file)));
        }
        let mut artifact = input.scan(options)?;
        identify(&mut artifact.manifest);
        Ok(Self::Artifact(Box::new(artifact)))
    }

    /// Whether an old side is a manifest.
    pub(super) fn is_manifest(input: &Input) -> bool {
        // Only a file is opened to see whether it is one: a FIFO would wait for ever.
        let path = input.path();
        path.is_file() && approve::is_manifest(path)
    }

    pub(super) fn is_folder(&self) -> bool {
        match self {
            Self::Artifact(artifact) => artifact.manifest.folder,
            Self::Manifest(file) => file.is_folder(),
        }
    }

    pub(super) fn subject(&self, input: &Input) -> Subject {
        match self {
            Self::Artifact(artifact) => subject(input, &artifact.manifest),
            Self::Manifest(file) => Subject {
                path: input.to_string(),
                on_host: true,
                format: file.format().map(str::to_owned),
                size: file.size(),
                blake3: file.blake3(),
            },
        }
    }

    fn sha256(&self) -> Option<Digest> {
        match self {
            Self::Artifact(artifact) => artifact.manifest.artifact.sha256(),
            Self::Manifest(file) => file.sha256(),
        }
    }

    /// Refuses an intent that was written against another build; `path` is the intent.
    pub(super) fn check_base(
        &self,
        intent: &Intent,
        subject: &Subject,
        path: &Path,
    ) -> Result<(), Failure> {
        let Some(base) = intent.base else { return Ok(()) };
        let found = match base {
            Checksum::Blake3(_) => subject.blake3.map(Checksum::Blake3),
            Checksum::Sha256(_) => self.sha256().map(Checksum::Sha256),
        };
        let is = &subject.path;
        let message = match found {
            Some(found) if found == base => return Ok(()),
            Some(found) => format!(
                "its base is {base}, but {is} is {found}: it was written against another build"
            ),
            None if self.is_folder() => {
                format!("its base is {base}, but {is} is a folder: give its base as blake3")
            }
            None => format!(
                "its base is {base}, but {is} does not record it: give the base as blake3, or \
                 approve the build again"
            ),
        };
        Err(Failure::File { path: path.to_path_buf(), line: None, message })
    }
}

pub(super) fn subject(input: &Input, manifest: &Manifest) -> Subject {
    Subject {
        path: input.to_string(),
        on_host: matches!(input, Input::Path(_)),
        format: manifest.format.map(str::to_owned),
        size: manifest.artifact.size(),
        blake3: manifest.artifact.blake3,
    }
}

/// The identity of a folder, version 1: BLAKE3 over the sorted rows of its entries, each the
/// locator, kind, exec and set-id bits, link target and content digest, with a NUL behind each.
/// What is nested in its files is in their digests.
pub(super) fn identify(manifest: &mut Manifest) {
    if !manifest.folder || manifest.artifact.blake3.is_some() {
        return;
    }
    let mut hasher = blake3::Hasher::new();
    let mut size = 0;
    let mut text = String::new();
    let mut rows = manifest.rows();
    while rows.advance() {
        let row = rows.glance();
        let About::Entry(kind) = row.subject else { continue };
        if row.path.contains('!') {
            continue;
        }
        let value = |field| row.facts.iter().find(|fact| fact.field == field).map(|f| &f.value);
        let mode = compare::release_mode(value(field::MODE), kind);
        let target = value(field::TARGET).map(Value::text).unwrap_or_default();
        let digest = row.content.and_then(|content| content.blake3);
        let digest = digest.map(|digest| digest.to_string()).unwrap_or_default();
        let _ = write!(text, "{}\0{}\0{mode:04o}\0{target}\0{digest}\0", row.path, kind.name());
        // Many rows at a time are hashed faster.
        if text.len() > 1 << 16 {
            hasher.update(text.as_bytes());
            text.clear();
        }
        size += row.content.map_or(0, |content| content.size);
    }
    hasher.update(text.as_bytes());
    manifest.artifact.blake3 = Some(hasher.finalize().into());
    manifest.artifact.census.size = size;
}

/// The bytes of both sides, for hunks and proofs.
struct Sides<'a> {
    old: Option<&'a Artifact>,
    new: &'a Artifact,
}

pub(super) fn source_of(artifact: &Artifact, row: &Row) -> io::Result<Arc<dyn Source>> {
    match row.place.and_then(|place| artifact.manifest.content_place(place)) {
        Some(place) => artifact.content_source(place),
        None if row.kind == RowKind::Artifact => artifact.source(),
        None => Err(io::Error::new(io::ErrorKind::NotFound, "the entry has no content")),
    }
}

impl Bytes for Sides<'_> {
    fn before(&self, row: &Row) -> io::Result<Option<Arc<dyn Source>>> {
        if let Some(text) = row.content.as_ref().and_then(|content| content.text.clone()) {
            return Ok(Some(Arc::new(text)));
        }
        self.old.map(|artifact| source_of(artifact, row)).transpose()
    }

    fn after(&self, row: &Row) -> io::Result<Arc<dyn Source>> {
        source_of(self.new, row)
    }
}

/// Compares, and gives the changes with their hunks.
pub(super) fn compare_with(
    approved: &mut Approved,
    artifact: &Artifact,
    policy: &Policy,
    intent: Option<&Intent>,
    encoding: Option<&str>,
) -> Result<(Comparison, Reconciled), Failure> {
    let mut new = artifact.manifest.rows();
    let mut comparison = match approved {
        Approved::Artifact(old) => compare::compare(&mut old.manifest.rows(), &mut new, policy),
        Approved::Manifest(file) => {
            let comparison = compare::compare(&mut **file, &mut new, policy);
            if let Some(error) = file.error() {
                return Err(Failure::Manifest(error.clone()));
            }
            comparison
        }
    };
    let old = match approved {
        Approved::Artifact(old) => Some(&**old),
        Approved::Manifest(_) => None,
    };
    settle_classes(&mut comparison, artifact);
    let sides = Sides { old, new: artifact };
    let mut reconciled = intent::reconcile(&mut comparison.items, intent, &sides);
    for (change, item) in reconciled.changes.iter_mut().zip(&comparison.items) {
        let content = item.new.as_ref().and_then(|row| row.content.as_ref());
        if change.encoding.is_none() && content.is_some_and(|c| c.class == Class::Text) {
            change.encoding = encoding.map(str::to_owned);
        }
    }
    locate(&mut reconciled.changes, &comparison, &sides);
    Ok((comparison, reconciled))
}

/// Settles the classes of what was modified, where the walk counted nothing. What cannot be read again
/// stays as it is: it has no hunks either.
fn settle_classes(comparison: &mut Comparison, artifact: &Artifact) {
    if artifact.is_counted() {
        return;
    }
    let rows = comparison.items.iter_mut().filter(|item| item.change.verb == Verb::Modified);
    for row in rows.filter_map(|item| item.new.as_mut()) {
        let place = row.place.and_then(|place| artifact.manifest.content_place(place));
        if let (Some(content), Some(place)) = (&mut row.content, place)
            && content.class == Class::Binary
            && let Ok(class) = artifact.class_of(place)
        {
            content.class = class;
        }
    }
}

/// Line and column of the hunks of texts.
fn locate(changes: &mut [Change], comparison: &Comparison, sides: &Sides<'_>) {
    for (change, item) in changes.iter_mut().zip(&comparison.items) {
        let Some(row) = &item.new else { continue };
        let is_text = row.content.as_ref().is_some_and(|content| content.class == Class::Text);
        if change.hunks.is_empty() || !is_text {
            continue;
        }
        let Ok(source) = sides.after(row) else { continue };
        let encoding = change.encoding.as_deref();
        for hunk in &mut change.hunks {
            if let Ok(Some((line, column))) = compare::position(&*source, hunk.new_offset, encoding)
            {
                hunk.line = Some(line);
                hunk.column = Some(column);
            }
        }
    }
}

pub(super) fn policy(config: &Config, folders: bool) -> Result<Policy, Failure> {
    let mut normalize = Vec::new();
    for name in &config.normalize {
        let names = Normalizer::ALL.map(Normalizer::name);
        let (known, meant) = (names.join(", "), did_you_mean(&names, name));
        let error = || {
            Failure::Config(ConfigError {
                file: config.file.clone().unwrap_or_default(),
                line: config.lines.get(name).copied(),
                message: format!(
                    "[compare] normalize: unknown {name:?}, expected some of {known}{meant}"
                ),
            })
        };
        normalize.push(Normalizer::named(name).ok_or_else(error)?);
    }
    Ok(Policy { folder: folders && !config.host, normalize })
}

/// Reads an intent file.
pub(super) fn read_intent(path: &Path) -> Result<(Intent, IntentSubject), Failure> {
    let fail = |line, message| Failure::File { path: path.to_path_buf(), line, message };
    let text = std::fs::read(path).map_err(|error| fail(None, error.to_string()))?;
    let blake3 = Digest::of(&text);
    let text = String::from_utf8(text)
        .map_err(|error| fail(None, format!("expected UTF-8: {}", error.utf8_error())))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let intent = Intent::parse(&text, folder).map_err(|error| fail(error.line, error.message))?;
    let subject =
        IntentSubject { path: path.display().to_string(), summary: intent.summary.clone(), blake3 };
    Ok((intent, subject))
}
