//! The whole program on one page: scan, compare, reconcile, judge, decide.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::approve::{self, ManifestError, ManifestFile};
use crate::compare::{self, Comparison, Normalizer, Policy};
use crate::config::{Config, ConfigError};
use crate::engine::{Judge, Judged, Settings, Spot};
use crate::gate;
use crate::inspect;
use crate::intent::{self, Bytes, Checksum, Intent, Reconciled};
use crate::model::manifest::{ContainerId, ContentPlace};
use crate::model::outcome::{IntentSubject, Subject};
use crate::model::{
    Change, Class, ContentId, Declared, Digest, Finding, Gap, Locator, Manifest, Outcome, Row,
    RowKind, Severity, Waived, field, row,
};
use crate::readers::READERS;
use crate::rules::Catalogue;
use crate::source::Source;
use crate::walk::{self, Artifact, OpenError, Options};

/// What `check` is asked.
#[derive(Clone, Debug)]
pub struct Request {
    /// What may ship or not.
    pub artifact: PathBuf,
    /// The approved build: an artifact or a manifest.
    pub against: Option<PathBuf>,
    /// The intent.
    pub intent: Option<PathBuf>,
    /// Whether undeclared changes are told without blocking.
    pub report_only: bool,
    /// Findings from here on block.
    pub fail_on: Severity,
    /// Whether findings of the approved build block too.
    pub all_findings: bool,
    /// How to walk.
    pub options: Options,
    /// The settings.
    pub config: Config,
    /// Targets beside those of the settings.
    pub targets: Vec<String>,
    /// Rules that cost more do not run.
    pub cost: crate::rules::Cost,
    /// Seconds since 1970.
    pub now: i64,
}

/// Why nothing could be decided at all: a mistake of the caller, exit code 2.
#[derive(Debug)]
pub enum Failure {
    /// An artifact cannot be opened.
    Open(OpenError),
    /// The settings are wrong.
    Config(ConfigError),
    /// A file that the caller named is wrong: the file, the line, and what was expected.
    File {
        /// The file.
        path: PathBuf,
        /// Line, from 1, if it is known.
        line: Option<usize>,
        /// What was found and what was expected.
        message: String,
    },
    /// The manifest is wrong.
    Manifest(ManifestError),
    /// Something else that the caller said.
    Usage(String),
    /// The artifact has errors and was not approved.
    NotApproved(Box<Outcome>),
    /// A file could not be written.
    Write(PathBuf, io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(error) => error.fmt(f),
            Self::Config(error) => error.fmt(f),
            Self::Manifest(error) => error.fmt(f),
            Self::Usage(message) => f.write_str(message),
            Self::File { path, line, message } => {
                write!(f, "{}", path.display())?;
                if let Some(line) = line {
                    write!(f, ":{line}")?;
                }
                write!(f, ": {message}")
            }
            Self::NotApproved(outcome) => {
                let count = outcome.blocking().count();
                let errors = if count == 1 { "1 error" } else { &format!("{count} errors") };
                write!(
                    f,
                    "{} has {errors} and was not approved; see `premaster check`, or approve it \
                     with --with-findings",
                    outcome.artifact.path
                )
            }
            Self::Write(path, error) => write!(f, "cannot write {}: {error}", path.display()),
        }
    }
}

impl std::error::Error for Failure {}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

/// The old side of a comparison.
enum Approved {
    Artifact(Box<Artifact>),
    Manifest(Box<ManifestFile>),
}

impl Approved {
    fn open(path: &Path, options: &Options) -> Result<Self, Failure> {
        // Only a file is opened to see whether it is a manifest: a FIFO would wait for ever.
        if path.is_file() && approve::is_manifest(path) {
            let file = ManifestFile::open(path).map_err(Failure::Manifest)?;
            return Ok(Self::Manifest(Box::new(file)));
        }
        let mut artifact = walk::scan(path, options)?;
        identify(&mut artifact.manifest);
        Ok(Self::Artifact(Box::new(artifact)))
    }

    fn is_folder(&self) -> bool {
        match self {
            Self::Artifact(artifact) => artifact.manifest.folder,
            Self::Manifest(file) => file.is_folder(),
        }
    }

    fn subject(&self, path: &Path) -> Subject {
        match self {
            Self::Artifact(artifact) => subject(path, &artifact.manifest),
            Self::Manifest(file) => Subject {
                path: path.display().to_string(),
                format: file.format().map(str::to_owned),
                size: file.size(),
                blake3: file.blake3(),
            },
        }
    }
}

fn subject(path: &Path, manifest: &Manifest) -> Subject {
    Subject {
        path: path.display().to_string(),
        format: manifest.format.map(str::to_owned),
        size: manifest.artifact.size,
        blake3: manifest.artifact.blake3,
    }
}

/// The identity of a folder, version 1: BLAKE3 over the sorted rows of its entries, each the
/// locator, kind, exec and set-id bits, link target and content digest, with a NUL behind each.
/// What is nested in its files is in their digests.
fn identify(manifest: &mut Manifest) {
    if !manifest.folder || manifest.artifact.blake3.is_some() {
        return;
    }
    let mut hasher = blake3::Hasher::new();
    let mut size = 0;
    let mut put = |bytes: &[u8]| {
        hasher.update(bytes);
        hasher.update(&[0]);
    };
    for row in manifest.rows() {
        let RowKind::Entry(kind) = row.kind else { continue };
        if row.path.as_str().contains('!') {
            continue;
        }
        put(row.path.as_str().as_bytes());
        put(kind.name().as_bytes());
        let mode = compare::release_mode(row.fact(field::MODE), kind);
        put(format!("{mode:04o}").as_bytes());
        put(row.fact(field::TARGET).map(crate::model::Value::text).unwrap_or_default().as_bytes());
        let digest = row.content.as_ref().and_then(|content| content.blake3);
        put(digest.map(|digest| digest.to_string()).unwrap_or_default().as_bytes());
        size += row.content.as_ref().map_or(0, |content| content.size);
    }
    manifest.artifact.blake3 = Some(hasher.finalize().into());
    manifest.artifact.size = size;
}

/// The bytes of both sides, for hunks and proofs.
struct Sides<'a> {
    old: Option<&'a Artifact>,
    new: &'a Artifact,
}

fn source_of(artifact: &Artifact, row: &Row) -> io::Result<Arc<dyn Source>> {
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
fn compare_with(
    approved: &mut Approved,
    artifact: &Artifact,
    policy: &Policy,
    intent: Option<&Intent>,
    encoding: Option<&str>,
) -> Result<(Comparison, Reconciled), Failure> {
    let new = artifact.manifest.rows();
    let comparison = match approved {
        Approved::Artifact(old) => compare::compare(old.manifest.rows(), new, policy),
        Approved::Manifest(file) => {
            let comparison = compare::compare(&mut *file, new, policy);
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
    let sides = Sides { old, new: artifact };
    let mut reconciled = intent::reconcile(comparison.clone(), intent, &sides);
    for (change, item) in reconciled.changes.iter_mut().zip(&comparison.items) {
        let content = item.new.as_ref().and_then(|row| row.content.as_ref());
        if change.encoding.is_none() && content.is_some_and(|c| c.class == Class::Text) {
            change.encoding = encoding.map(str::to_owned);
        }
    }
    locate(&mut reconciled.changes, &comparison, &sides);
    Ok((comparison, reconciled))
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

fn policy(config: &Config, folders: bool) -> Result<Policy, Failure> {
    let mut normalize = Vec::new();
    for name in &config.normalize {
        let known = Normalizer::ALL.map(Normalizer::name).join(", ");
        let error = || {
            Failure::Config(ConfigError {
                file: config.file.clone().unwrap_or_default(),
                line: config.lines.get(name).copied(),
                message: format!("[compare] normalize: unknown {name:?}, expected some of {known}"),
            })
        };
        normalize.push(Normalizer::named(name).ok_or_else(error)?);
    }
    Ok(Policy { folder: folders && !config.host, normalize })
}

/// Reads an intent file.
fn read_intent(path: &Path) -> Result<(Intent, IntentSubject), Failure> {
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

fn check_base(intent: &Intent, subject: &Subject, path: &Path) -> Result<(), Failure> {
    let fail = |message| Failure::File { path: path.to_path_buf(), line: None, message };
    match intent.base {
        Some(Checksum::Blake3(base)) if subject.blake3 != Some(base) => {
            let found = subject.blake3.map(|digest| digest.to_string()).unwrap_or_default();
            Err(fail(format!(
                "its base is blake3:{base}, but {} is blake3:{found}: it was written against \
                 another build",
                subject.path
            )))
        }
        Some(Checksum::Sha256(_)) => {
            Err(fail("a sha256 base cannot be checked yet: give the base as blake3".to_owned()))
        }
        _ => Ok(()),
    }
}

/// All that a check gives.
pub struct Checked {
    /// For reports.
    pub outcome: Outcome,
    /// What waivers accepted.
    pub waived: Vec<Waived>,
    /// Waivers that accepted nothing.
    pub unused_waivers: Vec<String>,
    /// What was scanned.
    pub artifact: Artifact,
}

/// `premaster check`.
pub fn check(request: &Request) -> Result<Checked, Failure> {
    let catalogue = Catalogue::built_in();
    let settings = settings(request, catalogue)?;
    policy(&request.config, false)?;
    let judge = Judge::new(catalogue, &settings);
    let intent = request.intent.as_deref().map(read_intent).transpose()?;
    if intent.is_some() && request.against.is_none() {
        return Err(Failure::Usage("--intent needs --against: the approved build".into()));
    }
    let mut approved = request
        .against
        .as_deref()
        .map(|path| Approved::open(path, &request.options))
        .transpose()?;
    if let (Some((intent, _)), Some(approved), Some(against), Some(path)) =
        (&intent, &approved, &request.against, &request.intent)
    {
        check_base(intent, &approved.subject(against), path)?;
    }
    let options = Options { literals: judge.literals(), ..request.options.clone() };
    let mut artifact = walk::scan(&request.artifact, &options)?;
    identify(&mut artifact.manifest);
    let mut compared = None;
    if let Some(approved) = &mut approved {
        let folders = approved.is_folder() && artifact.manifest.folder;
        let policy = policy(&request.config, folders)?;
        let intent = intent.as_ref().map(|(intent, _)| intent);
        compared = Some(compare_with(approved, &artifact, &policy, intent, settings.encoding)?);
    }
    let mut gaps = artifact.manifest.gaps.clone();
    let (comparison, changes) = match compared {
        Some((comparison, reconciled)) => {
            gaps.extend(reconciled.gaps);
            (Some(comparison), reconciled.changes)
        }
        None => (None, Vec::new()),
    };
    if let Some(Approved::Artifact(old)) = &approved {
        // What could not be read on the old side was not compared either.
        gaps.extend(old.manifest.gaps.iter().cloned().map(|mut gap| {
            gap.message = format!("in the approved build: {}", gap.message);
            gap
        }));
    }
    gaps.sort();
    gaps.dedup();
    let mut findings = judge_all(&judge, &artifact, comparison.as_ref(), &mut gaps);
    if let Some(comparison) = &comparison
        && matches!(approved, Some(Approved::Manifest(_)))
    {
        mark_existing(&mut findings, comparison);
    }
    let digests = |path: &Locator| digest_at(&artifact.manifest, path);
    let gate = gate::Policy {
        fail_on: request.fail_on,
        report_only: request.report_only,
        all_findings: request.all_findings,
        waivers: request.config.waivers.clone(),
        now: request.now,
    };
    let decision = gate::decide(&mut findings, &changes, &mut gaps, &gate, &digests);
    let (entries, bytes) = totals(&artifact.manifest);
    let outcome = Outcome {
        verdict: decision.verdict,
        artifact: subject(&request.artifact, &artifact.manifest),
        approved: approved
            .as_ref()
            .zip(request.against.as_deref())
            .map(|(approved, path)| approved.subject(path)),
        intent: intent.map(|(_, subject)| subject),
        entries,
        bytes,
        causes: decision.causes,
        findings,
        changes,
        gaps,
        targets: settings.targets.clone(),
    };
    Ok(Checked { outcome, waived: decision.waived, unused_waivers: decision.unused, artifact })
}

fn settings(request: &Request, catalogue: &Catalogue) -> Result<Settings, Failure> {
    let mut targets = request.config.targets.clone();
    targets.extend(request.targets.iter().cloned());
    targets.sort();
    targets.dedup();
    let settings = Settings {
        severities: request.config.severities.clone(),
        disabled: request.config.disabled.clone(),
        targets,
        cost: request.cost,
        encoding: request.config.encoding,
    };
    let waived = request.config.waivers.iter().map(|waiver| waiver.rule.as_str());
    let waived = waived.filter(|id| *id != "gap" && catalogue.get(id).is_none());
    let unknown = settings.unknown_rules(catalogue).chain(waived).next().map(str::to_owned);
    match unknown {
        Some(id) => Err(Failure::Config(ConfigError {
            file: request.config.file.clone().unwrap_or_default(),
            line: request.config.lines.get(&id).copied(),
            message: catalogue.unknown(&id),
        })),
        None => Ok(settings),
    }
}

fn digest_at(manifest: &Manifest, path: &Locator) -> Option<Digest> {
    if path.is_root() {
        return manifest.artifact.blake3;
    }
    let place = manifest.find(path)?;
    manifest.content(manifest.content_place(place)?)?.blake3
}

fn totals(manifest: &Manifest) -> (u64, u64) {
    let mut entries = 0;
    let mut bytes = manifest.artifact.size;
    if !manifest.containers.is_empty() && !manifest.folder {
        bytes = 0;
    }
    for container in &manifest.containers {
        entries += container.volumes.iter().map(|volume| volume.nodes.len() as u64).sum::<u64>();
        if !manifest.folder || container.inside.is_some() {
            bytes += container.contents.iter().flatten().map(|content| content.size).sum::<u64>();
        }
    }
    (entries, bytes)
}

/// Runs every rule over everything that was found.
fn judge_all(
    judge: &Judge<'_>,
    artifact: &Artifact,
    comparison: Option<&Comparison>,
    gaps: &mut Vec<Gap>,
) -> Vec<Finding> {
    let manifest = &artifact.manifest;
    let mut findings = Vec::new();
    // Texts of the approved build that are none now.
    let flipped: BTreeSet<&Locator> = comparison
        .iter()
        .flat_map(|comparison| &comparison.flipped)
        .filter(|(old, _)| old.content.as_ref().is_some_and(|c| c.class == Class::Text))
        .map(|(_, new)| &new.path)
        .collect();
    let aliases = Aliases::of(manifest);
    for (c, container) in manifest.containers.iter().enumerate() {
        let id = ContainerId(c as u32);
        for (v, contents) in container.contents.iter().enumerate() {
            for index in 0..contents.len() {
                let content = ContentId(index as u32);
                if container.canonical(v as u16, content) != (v as u16, content) {
                    continue;
                }
                let place = ContentPlace { container: id, volume: v as u16, content };
                judge_content(judge, artifact, place, &flipped, &aliases, &mut findings, gaps);
            }
        }
        judge_structure(judge, manifest, id, &mut findings);
    }
    if manifest.containers.is_empty() {
        judge_single(judge, artifact, &flipped, &mut findings, gaps);
    }
    for (place, bytes, zero) in &manifest.trailing {
        if *zero {
            continue;
        }
        let path = manifest.content_path(*place);
        let detail = format!("{bytes} bytes behind the packed data");
        let spot = Spot { path: &path, place: &detail, offset: 0, bytes: &[1] };
        findings.extend(judge.bytes("bytes/data-after-end", &spot).map(|mut finding| {
            finding.offset = None;
            finding.evidence = None;
            finding.length = *bytes;
            finding.message = format!("{bytes} bytes follow the end of the packed data");
            finding
        }));
    }
    findings.extend(gaps.iter().filter_map(|gap| judge.gap("bytes/unread-content", gap)));
    findings.sort_by(|a, b| (&a.path, a.offset, &a.rule).cmp(&(&b.path, b.offset, &b.rule)));
    findings
}

/// Other names of a content, built only when a finding needs them.
struct Aliases<'a> {
    manifest: &'a Manifest,
    index: RefCell<Option<std::collections::HashMap<ContentPlace, Vec<Locator>>>>,
}

impl<'a> Aliases<'a> {
    fn of(manifest: &'a Manifest) -> Self {
        Self { manifest, index: RefCell::new(None) }
    }

    fn get(&self, place: ContentPlace) -> Vec<Locator> {
        let mut index = self.index.borrow_mut();
        let index = index.get_or_insert_with(|| {
            let mut index = std::collections::HashMap::<_, Vec<_>>::new();
            for at in self.manifest.places() {
                let Some(content) = self.manifest.content_place(at) else { continue };
                if self.manifest.main_place(content) != Some(at) {
                    index.entry(content).or_default().push(self.manifest.path(at));
                }
            }
            index
        });
        index.get(&place).cloned().unwrap_or_default()
    }
}

fn judge_content(
    judge: &Judge<'_>,
    artifact: &Artifact,
    place: ContentPlace,
    flipped: &BTreeSet<&Locator>,
    aliases: &Aliases<'_>,
    findings: &mut Vec<Finding>,
    gaps: &mut Vec<Gap>,
) {
    let manifest = &artifact.manifest;
    let Some(content) = manifest.content(place).filter(|content| content.blake3.is_some()) else {
        return;
    };
    let Some(main) = manifest.main_place(place) else { return };
    let Some((volume, node)) = manifest.node(main) else { return };
    let stored = manifest.stored(place);
    let declared = stored.map_or(Declared::Nothing, |stored| stored.declared);
    let name = volume.name(node);
    let root = Locator::root();
    let mut judged = Judged {
        path: &root,
        aliases: &[],
        name,
        class: content.class,
        approved: None,
        census: &content.census,
        literals: content.literals,
        declared,
        kind: inspect::text_kind(name, declared),
        format: content.format,
        resource: volume
            .facts_of(node)
            .iter()
            .find(|fact| fact.field == field::RESOURCE_TYPE)
            .and_then(|fact| match &fact.value {
                crate::model::Value::Bytes(bytes) => bytes.first_chunk().copied(),
                _ => None,
            }),
    };
    let path;
    if !flipped.is_empty() || wants_look(judge, &judged) {
        path = manifest.path(main);
        if flipped.contains(&path) {
            judged.approved = Some(Class::Text);
            judged.class = Class::Text;
        }
        if !wants_look(judge, &judged) {
            return;
        }
        let aliases = aliases.get(place);
        judged.path = &path;
        judged.aliases = &aliases;
        let found =
            artifact.content_reader(place).and_then(|mut data| judge.judge(&judged, &mut data));
        match found {
            Ok(found) => findings.extend(found.into_iter().map(|mut finding| {
                finding.image_offset =
                    finding.offset.and_then(|offset| artifact.image_offset(place, offset));
                finding
            })),
            Err(error) => {
                let message = format!("cannot be read again for the rules: {error}");
                gaps.push(Gap::new(path, crate::model::GapKind::Unreadable, message));
            }
        }
    }
}

fn wants_look(judge: &Judge<'_>, judged: &Judged<'_>) -> bool {
    judged.approved.is_some()
        || judge.needs_look(judged)
        || judged.class == Class::Text && inspect::looks_binary(judged.census)
}

/// The artifact is a single file that is no container.
fn judge_single(
    judge: &Judge<'_>,
    artifact: &Artifact,
    flipped: &BTreeSet<&Locator>,
    findings: &mut Vec<Finding>,
    gaps: &mut Vec<Gap>,
) {
    let content = &artifact.manifest.artifact;
    let root = Locator::root();
    let name = artifact.name();
    let was_text = flipped.contains(&root);
    let judged = Judged {
        path: &root,
        aliases: &[],
        name: &name,
        class: if was_text { Class::Text } else { content.class },
        approved: was_text.then_some(Class::Text),
        census: &content.census,
        literals: content.literals,
        declared: Declared::Nothing,
        kind: inspect::text_kind(&name, Declared::Nothing),
        format: content.format,
        resource: None,
    };
    if !wants_look(judge, &judged) {
        return;
    }
    let found = artifact
        .source()
        .and_then(|source| judge.judge(&judged, &mut crate::source::Forward::new(source)));
    match found {
        Ok(found) => findings.extend(found),
        Err(error) => {
            let message = format!("cannot be read again for the rules: {error}");
            gaps.push(Gap::new(root.clone(), crate::model::GapKind::Unreadable, message));
        }
    }
}

/// What the readers and the sweep found in a container outside its entries.
fn judge_structure(
    judge: &Judge<'_>,
    manifest: &Manifest,
    id: ContainerId,
    findings: &mut Vec<Finding>,
) {
    let Some(container) = manifest.container(id) else { return };
    for (v, volume) in container.volumes.iter().enumerate() {
        for defect in &volume.defects {
            let path = row::owner_name(manifest, id, v as u16, defect.owner);
            findings.extend(judge.defect(&path, defect));
        }
    }
    // One finding a role: an image whose every slack is dirty is one thing to a person.
    let mut first_of: Vec<(&str, usize)> = Vec::new();
    for loose in &container.loose {
        if let Some(&(_, at)) = first_of.iter().find(|(role, _)| *role == loose.role.name) {
            if let Some(finding) = findings.get_mut(at) {
                finding.more += 1;
            }
            continue;
        }
        let path = row::owner_name(manifest, id, loose.volume, loose.owner);
        let spot =
            Spot { path: &path, place: loose.role.name, offset: loose.first, bytes: &loose.sample };
        if let Some(mut finding) = judge.bytes("bytes/outside-any-file-not-zero", &spot) {
            finding.length = loose.end - loose.first;
            if container.inside.is_none() {
                finding.image_offset = finding.offset;
            }
            first_of.push((loose.role.name, findings.len()));
            findings.push(finding);
        }
    }
}

/// Findings in contents that the approved manifest holds at the same place.
fn mark_existing(findings: &mut [Finding], comparison: &Comparison) {
    let mut changed = BTreeSet::new();
    for item in &comparison.items {
        changed.insert(item.change.path.as_str());
        changed.extend(item.change.aliases.iter().map(Locator::as_str));
    }
    for (_, new) in &comparison.flipped {
        changed.insert(new.path.as_str());
    }
    for finding in findings {
        let changed_here = changed.contains(finding.path.as_str())
            || finding.aliases.iter().any(|alias| changed.contains(alias.as_str()));
        finding.existing = !changed_here;
    }
}

/// What `diff` gives.
pub struct Compared {
    /// For reports; its verdict is "blocked" where anything differs.
    pub outcome: Outcome,
    /// The text of a drafted intent.
    pub draft: String,
}

/// `premaster diff` and `premaster intend`: what differs, without rules and intent.
pub fn diff(
    old: &Path,
    new: &Path,
    options: &Options,
    config: &Config,
) -> Result<Compared, Failure> {
    let mut approved = Approved::open(old, options)?;
    let mut artifact = walk::scan(new, options)?;
    identify(&mut artifact.manifest);
    let folders = approved.is_folder() && artifact.manifest.folder;
    let policy = policy(config, folders)?;
    let (comparison, reconciled) =
        compare_with(&mut approved, &artifact, &policy, None, config.encoding)?;
    let mut gaps = artifact.manifest.gaps.clone();
    gaps.extend(reconciled.gaps);
    if let Approved::Artifact(old) = &approved {
        gaps.extend(old.manifest.gaps.iter().cloned());
    }
    gaps.sort();
    gaps.dedup();
    let changes = reconciled.changes;
    let draft = intent::draft(&comparison.items, &changes, approved.subject(old).blake3);
    let gate = gate::Policy {
        fail_on: Severity::Error,
        report_only: false,
        all_findings: false,
        waivers: Vec::new(),
        now: 0,
    };
    let decision = gate::decide(&mut Vec::new(), &changes, &mut gaps, &gate, &|_| None);
    let (entries, bytes) = totals(&artifact.manifest);
    let outcome = Outcome {
        verdict: decision.verdict,
        artifact: subject(new, &artifact.manifest),
        approved: Some(approved.subject(old)),
        intent: None,
        entries,
        bytes,
        causes: decision.causes,
        findings: Vec::new(),
        changes,
        gaps,
        targets: Vec::new(),
    };
    Ok(Compared { outcome, draft })
}

/// `premaster approve`: checks the artifact and writes its manifest.
pub fn approve(
    request: &Request,
    output: &Path,
    with_findings: bool,
    texts: bool,
) -> Result<(Outcome, approve::Counts), Failure> {
    let Checked { outcome, artifact, .. } = check(request)?;
    if outcome.blocking().next().is_some() && !with_findings {
        return Err(Failure::NotApproved(Box::new(outcome)));
    }
    let facts = approve::HeaderFacts {
        readers: READERS.iter().map(|reader| format!("{}/1", reader.doc.id)).collect(),
        rules: Some(Catalogue::built_in().digest()),
        targets: outcome.targets.clone(),
        texts,
    };
    let mut text = |row: &Row| -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let source = source_of(&artifact, row)?;
        io::Read::read_to_end(&mut crate::source::Forward::new(source), &mut bytes)?;
        Ok(bytes)
    };
    let counts = approve::write(output, &artifact.manifest, &facts, &mut text)
        .map_err(|error| Failure::Write(output.to_path_buf(), error))?;
    Ok((outcome, counts))
}
