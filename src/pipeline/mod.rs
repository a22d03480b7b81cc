//! The whole program on one page: scan, compare, reconcile, judge, decide.

mod cores;
mod fix;
mod guess;
mod jobs;
mod judging;
mod parsing;
mod request;
mod settings;
mod sides;
mod suppressions;

use std::io;
use std::path::Path;

use self::judging::{Round, judge_all, judge_waivers, mark_existing};
use self::settings::settings;
use self::sides::{Approved, compare_with, identify, policy, read_intent, source_of, subject};
use crate::approve;
use crate::config::Config;
use crate::engine::{Changes, Judge, Sight};
use crate::gate;
use crate::intent::{self, Checksum, Intent};
use crate::model::outcome::{IntentSubject, RulesSubject};
use crate::model::{Content, Digest, Locator, Manifest, Outcome, Row, Severity, Waived};
use crate::readers::{READERS, directory};
use crate::walk::{self, Artifact, Options, Sha256};

pub use self::fix::{Fixed, fix};
pub use self::guess::{Guess, guess};
pub use self::request::{Failure, Input, Request};
pub use self::settings::catalogue;

/// All that a check gives.
pub struct Checked {
    /// For reports.
    pub outcome: Outcome,
    /// What waivers accepted.
    pub waived: Vec<Waived>,
    /// What was scanned.
    pub artifact: Artifact,
}

/// `premaster check`.
pub fn check(request: &Request) -> Result<Checked, Failure> {
    let catalogue = catalogue(&request.config)?;
    let catalogue = catalogue.as_ref();
    let settings = settings(request, catalogue)?;
    policy(&request.config, false)?;
    let mut judge = Judge::new(catalogue, &settings);
    let intent = request.intent.as_deref().map(read_intent).transpose()?;
    if intent.is_some() && request.against.is_none() {
        return Err(Failure::Usage("--intent needs --against: the approved build".into()));
    }
    let mut approved = request
        .against
        .as_ref()
        .map(|input| Approved::open(input, &base_options(request, intent.as_ref())))
        .transpose()?;
    if let (Some((intent, _)), Some(approved), Some(against), Some(path)) =
        (&intent, &approved, &request.against, &request.intent)
    {
        approved.check_base(intent, &approved.subject(against), path)?;
    }
    let options = Options { literals: judge.literals(), ..request.options.clone() };
    let mut artifact = request.artifact.scan(&options)?;
    identify(&mut artifact.manifest);
    let mut compared = None;
    if let Some(approved) = &mut approved {
        let folders = approved.is_folder() && artifact.manifest.folder;
        let policy = policy(&request.config, folders)?;
        let intent = intent.as_ref().map(|(intent, _)| intent);
        request.options.progress.begin("comparing".into());
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
    if comparison.is_some() {
        judge.against(Changes::of(&changes));
    }
    let sight = Sight::of(&artifact.manifest, &settings);
    let by_manifest = matches!(approved, Some(Approved::Manifest(_)));
    let round = Round {
        judge: &judge,
        artifact: &artifact,
        sight: &sight,
        comparison: comparison.as_ref(),
        changes: if request.report_only { &[] } else { &changes },
        only_changed: by_manifest && !request.all_findings,
        partial: request.partial,
        versioned: matches!(request.artifact, Input::Tree(_)),
        now: request.now,
        threads: walk::threads(&request.options),
    };
    request.options.progress.begin("judging".into());
    let mut findings = judge_all(&round, &mut gaps);
    if let Some(comparison) = &comparison
        && by_manifest
    {
        mark_existing(&mut findings, comparison, &artifact.manifest);
    }
    let suppress = &request.config.suppress;
    let suppressed = suppressions::suppress(&judge, catalogue, suppress, &artifact, &mut findings);
    let digests = |path: &Locator| digest_at(&artifact.manifest, path);
    // A waiver may call a rule by a former id.
    let mut waivers = request.config.waivers.clone();
    for waiver in &mut waivers {
        waiver.rule = catalogue.get(&waiver.rule).map_or(waiver.rule.clone(), |r| r.id.clone());
    }
    let waivers = &waivers;
    let gate::Waivers { mut waived, states } =
        gate::waive(&mut findings, &mut gaps, waivers, request.now, &digests);
    waived.extend(suppressed);
    waived.sort_by(|a, b| (&a.path, a.line, &a.rule).cmp(&(&b.path, b.line, &b.rule)));
    findings.extend(judge_waivers(&round, waivers, &states));
    judging::sort(&mut findings);
    let gate = gate::Policy {
        fail_on: request.fail_on,
        report_only: request.report_only,
        all_findings: request.all_findings,
    };
    let decision = gate::decide(&findings, &changes, &gaps, gate);
    let (entries, bytes) = totals(&artifact.manifest);
    let outcome = Outcome {
        verdict: decision.verdict,
        artifact: subject(&request.artifact, &artifact.manifest),
        approved: approved
            .as_ref()
            .zip(request.against.as_ref())
            .map(|(approved, input)| approved.subject(input)),
        intent: intent.map(|(_, subject)| subject),
        entries,
        bytes,
        causes: decision.causes,
        findings,
        changes,
        gaps,
        targets: settings.targets.clone(),
        rules: Some(RulesSubject {
            blake3: catalogue.digest(),
            own: catalogue.iter().filter(|rule| rule.own).map(|rule| rule.id.clone()).collect(),
        }),
        config: request.config.digest,
    };
    Ok(Checked { outcome, waived, artifact })
}

/// Whether the settings name rules, targets and normalizers that are there.
pub fn verify(config: &Config) -> Result<(), Failure> {
    let catalogue = catalogue(config)?;
    policy(config, false)?;
    settings(&Request::of(Input::Path(std::path::PathBuf::new()), config.clone()), &catalogue)?;
    Ok(())
}

/// How to walk the approved build: its SHA-256 is computed where the intent names it.
fn base_options(request: &Request, intent: Option<&(Intent, IntentSubject)>) -> Options {
    let mut options = request.options.clone();
    if let Some((Intent { base: Some(Checksum::Sha256(_)), .. }, _)) = intent {
        options.sha256 = options.sha256.max(Sha256::Artifact);
    }
    options
}

fn digest_at(manifest: &Manifest, path: &Locator) -> Option<Digest> {
    if path.is_root() {
        return manifest.artifact.blake3;
    }
    let place = manifest.find_by_any_name(path)?;
    manifest.content(manifest.content_place(place)?)?.known_by()
}

fn totals(manifest: &Manifest) -> (u64, u64) {
    let mut entries = 0;
    let mut bytes = manifest.artifact.size();
    if !manifest.is_single() && !manifest.folder {
        bytes = 0;
    }
    for container in &manifest.containers {
        entries += container.volumes.iter().map(|volume| volume.nodes.len() as u64).sum::<u64>();
        if !container.embedded && (!manifest.folder || container.inside.is_some()) {
            // Of what does not decode the size is what a header says.
            let sizes = container.contents.iter().flatten().map(Content::size);
            bytes = sizes.fold(bytes, u64::saturating_add);
        }
    }
    (entries, bytes)
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
    old: &Input,
    new: &Input,
    options: &Options,
    config: &Config,
) -> Result<Compared, Failure> {
    // Classes are recorded in manifests; else they are asked of what was modified only.
    let options = &Options { census: Approved::is_manifest(old), ..options.clone() };
    let mut approved = Approved::open(old, options)?;
    let mut artifact = new.scan(options)?;
    identify(&mut artifact.manifest);
    let folders = approved.is_folder() && artifact.manifest.folder;
    let policy = policy(config, folders)?;
    options.progress.begin("comparing".into());
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
    let gate = gate::Policy { fail_on: Severity::Error, report_only: false, all_findings: false };
    let decision = gate::decide(&[], &changes, &gaps, gate);
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
        rules: None,
        config: config.digest,
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
    refuse_inside(request.artifact.path(), output)?;
    let Checked { outcome, artifact, .. } = check(request)?;
    if outcome.blocking().next().is_some() && !with_findings {
        return Err(Failure::NotApproved(Box::new(outcome)));
    }
    request.options.progress.begin("recording".into());
    // A folder is listed by its own reader, which stands in no table of formats.
    let folder = artifact.manifest.folder.then_some(&directory::DOC);
    let docs = folder.into_iter().chain(READERS.iter().map(|reader| &reader.doc));
    let facts = approve::HeaderFacts {
        readers: docs.map(|doc| format!("{}/1", doc.id)).collect(),
        rules: outcome.rules.as_ref().map(|rules| rules.blake3),
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

/// Refuses to write a manifest over the artifact or into it, where the next check would find an
/// added file. Links are followed as the file system will.
fn refuse_inside(artifact: &Path, output: &Path) -> Result<(), Failure> {
    let parent = |path: &Path| {
        let above = path.parent().filter(|above| !above.as_os_str().is_empty());
        above.unwrap_or(Path::new(".")).canonicalize().ok()
    };
    // What does not exist is told where it is opened.
    let (Ok(whole), Some(folder), Some(name)) =
        (artifact.canonicalize(), parent(output), output.file_name())
    else {
        return Ok(());
    };
    let place = folder.join(name);
    let named = parent(artifact).zip(artifact.file_name()).map(|(above, name)| above.join(name));
    let told = match () {
        () if whole.is_dir() && place.starts_with(&whole) => "into the artifact",
        () if place == whole || Some(place) == named => "over the artifact",
        () => return Ok(()),
    };
    let message = format!(
        "{} would be written {told} {}: give a place outside of it with -o",
        output.display(),
        artifact.display()
    );
    Err(Failure::Usage(message))
}
