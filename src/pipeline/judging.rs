//! Every rule over everything that the scan found.

use std::collections::BTreeSet;
use std::ops::Range;

use super::cores;
use super::parsing::{parse_all, parse_single, place_in_image, unreadable};
use crate::compare::{Comparison, ItemKind};
use crate::config::Waiver;
use crate::engine::{Judge, Judged, LEFT_OUT, Sight, Spot};
use crate::inspect;
use crate::model::fast_map::FastMap;
use crate::model::manifest::{ContainerId, ContentPlace};
use crate::model::{
    Change, Class, Declared, Disposition, Finding, Gap, Location, Locator, Manifest, Region, field,
};
use crate::rules::detectors::WaiverState;
use crate::walk::Artifact;

/// Contents of one run; the census tells of most that no rule hits them.
const BATCH: usize = 256;

/// What all rules of one check look at.
#[derive(Clone, Copy)]
pub(super) struct Round<'a> {
    /// The rules.
    pub(super) judge: &'a Judge<'a>,
    /// What was scanned.
    pub(super) artifact: &'a Artifact,
    /// What each target sees of it.
    pub(super) sight: &'a Sight<'a>,
    /// How it differs from the approved build.
    pub(super) comparison: Option<&'a Comparison>,
    /// The same changes, with what became of them; none where what nobody declared is told only.
    pub(super) changes: &'a [Change],
    /// Whether what is as in the approved build need not be looked at for structure.
    pub(super) only_changed: bool,
    /// Whether the artifact is a part of something.
    pub(super) partial: bool,
    /// Whether a version control system holds it.
    pub(super) versioned: bool,
    /// Seconds since 1970.
    pub(super) now: i64,
    /// Threads.
    pub(super) threads: usize,
}

/// Runs every rule over everything that was found.
pub(super) fn judge_all(round: &Round<'_>, gaps: &mut Vec<Gap>) -> Vec<Finding> {
    let Round { judge, artifact, sight, comparison, now, .. } = *round;
    let manifest = &artifact.manifest;
    let mut findings = Vec::new();
    // Texts of the approved build that are none now.
    let flipped: BTreeSet<&Locator> = comparison
        .iter()
        .flat_map(|comparison| &comparison.flipped)
        .filter(|(old, _)| old.content.as_ref().is_some_and(|c| c.class == Class::Text))
        .map(|(_, new)| &new.path)
        .collect();
    // Which findings are about which content.
    let mut about: FastMap<ContentPlace, Range<usize>> = FastMap::default();
    for (place, result) in judge_contents(round, &flipped) {
        match result {
            Ok(mut found) => {
                about.insert(place, findings.len()..findings.len() + found.len());
                findings.append(&mut found);
            }
            Err(gap) => gaps.push(gap),
        }
    }
    for id in manifest.container_ids() {
        judge_structure(judge, manifest, id, &mut findings);
    }
    findings.extend(judge_regions(round));
    let parsed = parse_all(round);
    gaps.extend(parsed.gaps);
    let mut structures = FastMap::default();
    let mut of_structure = Vec::new();
    for (place, found) in parsed.findings {
        structures.insert(place, of_structure.len()..of_structure.len() + found.len());
        of_structure.extend(found);
    }
    name_aliases(manifest, &structures, &mut of_structure);
    name_aliases(manifest, &about, &mut findings);
    findings.append(&mut of_structure);
    findings.extend(parsed.joined);
    findings.extend(judge.names(manifest, sight));
    findings.extend(judge.entries(manifest, sight, now, round.versioned));
    if manifest.is_single() {
        judge_single(round, &sight.all(), &flipped, &mut findings, gaps);
        findings.extend(judge.single_entry(&artifact.name(), &manifest.artifact, now));
    }
    for (place, bytes, zero) in &manifest.trailing {
        if *zero {
            continue;
        }
        let location = Location::of(manifest.content_path(*place));
        let detail = format!("{bytes} bytes behind the packed data");
        let spot = Spot { at: &location, place: &detail, bytes: &[1] };
        findings.extend(judge.bytes("bytes/data-after-end", &spot).map(|mut finding| {
            finding.offset = None;
            finding.evidence = None;
            finding.length = *bytes;
            finding.message = format!("{bytes} bytes follow the end of the packed data");
            finding
        }));
    }
    findings.extend(gaps.iter().filter_map(|gap| judge.gap("bytes/unread-content", gap)));
    findings.retain(|finding| !judge.is_off(finding));
    sort(&mut findings);
    findings
}

/// The order of reports: by locator, offset and rule.
pub(super) fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| (&a.path, a.offset, &a.rule).cmp(&(&b.path, b.offset, &b.rule)));
}

/// Gives findings the other names of their content. Of a disc with three trees only the few names
/// that a finding needs are ever spelled out.
fn name_aliases(
    manifest: &Manifest,
    about: &FastMap<ContentPlace, Range<usize>>,
    findings: &mut [Finding],
) {
    if about.is_empty() {
        return;
    }
    for place in manifest.places() {
        let Some(content) = manifest.content_place(place) else { continue };
        let Some(found) = about.get(&content).and_then(|range| findings.get_mut(range.clone()))
        else {
            continue;
        };
        if manifest.main_place(content) != Some(place) {
            let path = manifest.path(place);
            for finding in found {
                finding.aliases.push(path.clone());
            }
        }
    }
}

/// What was found in a content, or why it cannot be read.
type Judgement = (ContentPlace, Result<Vec<Finding>, Gap>);

/// Judges all contents that some rule may hit, in their order.
fn judge_contents(round: &Round<'_>, flipped: &BTreeSet<&Locator>) -> Vec<Judgement> {
    let manifest = &round.artifact.manifest;
    let places: Vec<_> = manifest.container_ids().flat_map(|id| manifest.contents_of(id)).collect();
    let ids = places.iter().map(|place| place.container);
    let runs = cores::runs(round.artifact, ids, BATCH);
    let mut all = cores::on_all(round.threads, &runs, |run, _| {
        let places = places.get(run).unwrap_or_default().iter();
        places.filter_map(|&place| judge_content(round, place, flipped)).collect()
    });
    all.sort_by_key(|(place, _)| *place);
    all
}

/// Judges a content; `None` if no rule hits it.
fn judge_content(
    round: &Round<'_>,
    place: ContentPlace,
    flipped: &BTreeSet<&Locator>,
) -> Option<Judgement> {
    let Round { judge, artifact, sight, .. } = *round;
    let manifest = &artifact.manifest;
    let root = Locator::root();
    let mut judged = judged_of(judge, manifest, place, &root)?;
    if flipped.is_empty() && !judge.wants(&judged) {
        return None;
    }
    let path = manifest.content_path(place);
    if flipped.contains(&path) {
        judged.approved = Some(Class::Text);
        judged.class = Class::Text;
    }
    if !judge.wants(&judged) {
        return None;
    }
    judged.path = &path;
    (judged.mode, judged.owner) = mode_and_owner(judge, manifest, place);
    let targets = sight.of_content(place, &path);
    judged.targets = &targets;
    let found = artifact.content_reader(place).and_then(|mut data| judge.judge(&judged, &mut data));
    match found {
        Ok(mut found) => {
            place_in_image(artifact, place, &mut found);
            (!found.is_empty()).then_some((place, Ok(found)))
        }
        Err(error) => Some((place, Err(unreadable(&path, &error)))),
    }
}

/// Mode and owner of a content under its main name, for conditions.
pub(super) fn mode_and_owner(
    judge: &Judge<'_>,
    manifest: &Manifest,
    place: ContentPlace,
) -> (Option<u16>, Option<i64>) {
    let host = manifest.folder && place.container == ContainerId(0);
    let main = manifest.main_place(place).and_then(|at| manifest.node(at));
    main.map_or((None, None), |(volume, node)| judge.mode_and_owner(volume, node, host))
}

/// A content as rules see it, under its main name; none if nothing names it or its bytes were not
/// all read.
pub(super) fn judged_of<'a>(
    judge: &Judge<'_>,
    manifest: &'a Manifest,
    place: ContentPlace,
    path: &'a Locator,
) -> Option<Judged<'a>> {
    let content = manifest.content(place).filter(|content| content.blake3.is_some())?;
    let (volume, node) = manifest.node(manifest.main_place(place)?)?;
    let declared = manifest.stored(place).map_or(Declared::Nothing, |stored| stored.declared);
    let name = volume.name(node);
    let resource = volume.facts_of(node).iter().find(|fact| fact.field == field::RESOURCE_TYPE);
    Some(Judged {
        path,
        name,
        class: match declared {
            Declared::Nothing => judge.class(content.class, &content.census, content.format()),
            _ => content.class,
        },
        approved: None,
        census: &content.census,
        literals: content.literals,
        declares_other: content.declares_other,
        declared,
        kind: inspect::text_kind(name, declared),
        format: content.format(),
        resource: resource.and_then(|fact| match &fact.value {
            crate::model::Value::Bytes(bytes) => bytes.first_chunk().copied(),
            _ => None,
        }),
        targets: &[],
        mode: None,
        owner: None,
    })
}

/// The artifact is a single file that is no container.
fn judge_single(
    round: &Round<'_>,
    targets: &[String],
    flipped: &BTreeSet<&Locator>,
    findings: &mut Vec<Finding>,
    gaps: &mut Vec<Gap>,
) {
    let Round { judge, artifact, now, .. } = *round;
    let content = &artifact.manifest.artifact;
    let root = Locator::root();
    let name = artifact.name();
    let was_text = flipped.contains(&root);
    let judged = Judged {
        path: &root,
        name: &name,
        class: if was_text {
            Class::Text
        } else {
            judge.class(content.class, &content.census, content.format())
        },
        approved: was_text.then_some(Class::Text),
        census: &content.census,
        literals: content.literals,
        declares_other: content.declares_other,
        declared: Declared::Nothing,
        kind: inspect::text_kind(&name, Declared::Nothing),
        format: content.format(),
        resource: None,
        targets,
        mode: None,
        owner: None,
    };
    let is_known = content.blake3.is_some();
    let is_same = round.only_changed && round.comparison.is_some_and(|c| c.items.is_empty());
    if is_known && !is_same {
        match parse_single(judge, &judged, artifact, now, gaps) {
            Ok(found) => findings.extend(found),
            Err(gap) => gaps.push(gap),
        }
    }
    if !judge.wants(&judged) {
        return;
    }
    let found = artifact
        .source()
        .and_then(|source| judge.judge(&judged, &mut crate::source::Forward::new(source)));
    match found {
        Ok(found) => findings.extend(found),
        Err(error) => gaps.push(unreadable(&root, &error)),
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
            let location = manifest.locate(id, v as u16, defect.owner, defect.at.as_ref());
            findings.extend(judge.defect(&location, defect));
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
        let location =
            manifest.locate(id, loose.volume, loose.owner, Some(&(loose.first..loose.end)));
        let spot = Spot { at: &location, place: loose.role.name, bytes: &loose.sample };
        if let Some(finding) = judge.bytes("bytes/outside-any-file-not-zero", &spot) {
            first_of.push((loose.role.name, findings.len()));
            findings.push(finding);
        }
    }
}

/// What differs from the approved build, belongs to no entry and was not declared.
fn judge_regions(round: &Round<'_>) -> Vec<Finding> {
    let items = round.comparison.iter().flat_map(|comparison| &comparison.items);
    let regions = items.zip(round.changes).filter(|(item, change)| {
        let is_root = change.causes.is_empty() && change.disposition == Disposition::Undeclared;
        // The rules about defects tell each of them.
        let is_told = matches!(change.region.as_deref(), Some(Region::Defects(_)));
        is_root && item.kind == ItemKind::Residue && !is_told
    });
    let judged =
        regions.map(|(_, change)| round.judge.change("bytes/outside-any-file-changed", change));
    judged.flatten().collect()
}

/// Waivers that accept nothing, in their order. Of a part, only what is over, and what is for one
/// entry that changed: the others may well be used in the whole.
pub(super) fn judge_waivers(
    round: &Round<'_>,
    waivers: &[Waiver],
    states: &[WaiverState],
) -> Vec<Finding> {
    let judge = round.judge;
    let changed = round.comparison.filter(|_| round.partial).map(changed_paths);
    let may_be_used = |waiver: &Waiver| {
        let changed = changed.as_ref()?;
        let is_here =
            waiver.path.as_deref().is_some_and(|path| changed.contains(Locator::inner(path)));
        Some(!is_here || judge.looks_at_whole(&waiver.rule))
    };
    let mut findings = Vec::new();
    for (waiver, &state) in waivers.iter().zip(states) {
        if state == WaiverState::Unused && may_be_used(waiver).unwrap_or_default() {
            continue;
        }
        let place = waiver.path.clone().unwrap_or_else(|| "its digest".to_owned());
        let why = match state {
            WaiverState::Expired => "has expired",
            _ => "accepts nothing",
        };
        let detail = format!("the waiver of {} by {} for {place} {why}", waiver.rule, waiver.owner);
        findings.extend(judge.waiver("waiver/unused", state, &detail, findings.len() as u32));
    }
    findings
}

/// The locators of all that differs from the approved build.
fn changed_paths(comparison: &Comparison) -> BTreeSet<&str> {
    let changes = comparison.items.iter().map(|item| &item.change);
    let names = changes.flat_map(|change| {
        std::iter::once(&change.path).chain(&change.from).chain(&change.aliases)
    });
    names.chain(comparison.flipped.iter().map(|(_, new)| &new.path)).map(Locator::as_str).collect()
}

/// Whether what a finding misses was there before, under the name that it spells or a longer one.
fn is_changed(missing: &Locator, changed: &BTreeSet<&str>) -> bool {
    let ends = std::iter::once(&"").chain(&LEFT_OUT);
    ends.map(|end| format!("{missing}{end}")).any(|name| changed.contains(name.as_str()))
}

/// Findings in contents that the approved manifest holds at the same place.
pub(super) fn mark_existing(
    findings: &mut [Finding],
    comparison: &Comparison,
    manifest: &Manifest,
) {
    let changed = changed_paths(comparison);
    // Texts in a file change with it.
    let embedded =
        manifest.container_ids().filter(|&id| manifest.container(id).is_some_and(|of| of.embedded));
    let renewed: BTreeSet<Locator> = embedded
        .map(|id| manifest.container_path(id))
        .filter(|path| changed.contains(path.as_str()))
        .collect();
    let renewed: BTreeSet<&str> = renewed.iter().map(Locator::as_str).collect();
    let emptied: BTreeSet<&str> =
        comparison.gone().filter_map(|gone| Some(gone.as_str().rsplit_once('/')?.0)).collect();
    for finding in findings {
        let is_emptied = finding.missing.as_ref() == Some(&finding.path)
            && emptied.contains(finding.path.as_str());
        let changed_here = changed.contains(finding.path.as_str())
            || renewed.contains(finding.path.container())
            || finding.aliases.iter().any(|alias| changed.contains(alias.as_str()))
            || finding.missing.as_ref().is_some_and(|path| is_changed(path, &changed));
        finding.existing = !changed_here && !is_emptied;
    }
}
