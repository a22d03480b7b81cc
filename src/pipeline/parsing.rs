//! Rules of cost `parse`: the contents that they look at are read once more, whole up to a limit, in
//! the order in which they lie on the medium, on all cores.

use std::io::Read;

use super::cores;
use super::jobs::{Changed, Job, Why, gone, jobs};
use super::judging::{Round, judged_of, mode_and_owner};
use crate::compare::Comparison;
use crate::engine::{AllNotes, Followed, Gone, Judge, Judged, Links, Parsing};
use crate::model::manifest::ContentPlace;
use crate::model::{Census, Content, Finding, Gap, GapKind, Locator, Manifest};
use crate::rules::faults::{Reopen, reads_end};
use crate::rules::parsed::{HEAD, Noted, TAIL, Unchanged, WHOLE};
use crate::rules::sums::Algorithm;
use crate::source::{Forward, Permits};
use crate::walk::Artifact;

/// Contents of one run.
const BATCH: usize = 16;

/// What the stage found.
#[derive(Default)]
pub(super) struct Found {
    /// Findings, by content.
    pub(super) findings: Vec<(ContentPlace, Vec<Finding>)>,
    /// Findings about contents together.
    pub(super) joined: Vec<Finding>,
    /// What could not be read again.
    pub(super) gaps: Vec<Gap>,
}

/// Runs every rule of cost `parse` over the contents in its scope: all of them, or what changed and what
/// that makes wrong.
pub(super) fn parse_all(round: &Round<'_>) -> Found {
    let Round { judge, artifact, sight, .. } = *round;
    if !judge.has_structure() {
        return Found::default();
    }
    let manifest = &artifact.manifest;
    let compared = round.comparison.filter(|_| round.only_changed);
    let changed = compared.map(|comparison| Changed::new(manifest, comparison));
    let trees = Links::new(judge, manifest, sight, compared.is_some());
    // What is missing from a part may well stand in the whole.
    let links = trees.as_ref().filter(|_| !round.partial);
    let gone = compared.and_then(|comparison| gone(comparison, links));
    let jobs = jobs(round, changed.as_ref(), gone.as_ref());
    let runs = cores::runs(artifact, jobs.iter().map(|job| job.place.container), BATCH);
    let mut found = Found::default();
    let mut notes: AllNotes = vec![Vec::new(); judge.rules().len()];
    // Spools of nested containers keep what they took; the stage takes its own part at once.
    artifact.close();
    let threads = round.threads.clamp(1, runs.len().max(1));
    let share = (artifact.permits().total() / 2).min(threads as u64 * WHOLE);
    let _reserved = artifact.permits().take(share);
    let pool = Permits::new(share);
    let mut done = cores::on_all(threads, &runs, |run, buffer| {
        let jobs = jobs.get(run).unwrap_or_default().iter();
        let found = |job: &Job| (job.place, one(round, (links, gone.as_ref()), job, &pool, buffer));
        jobs.map(found).collect()
    });
    done.sort_by_key(|(place, _)| *place);
    let mut followed = Vec::new();
    for (place, result) in done {
        match result {
            Ok(parsing) => {
                let path = || manifest.content_path(place);
                found.gaps.extend(parsing.failed.map(|error| unreadable(&path(), &error)));
                followed.push((place, parsing.followed));
                for (rule, of) in parsing.notes {
                    if let Some(all) = notes.get_mut(rule) {
                        all.extend(of.into_vec().into_iter().map(|note| Noted { place, note }));
                    }
                }
                if !parsing.findings.is_empty() {
                    found.findings.push((place, parsing.findings));
                }
            }
            Err(gap) => found.gaps.push(gap),
        }
    }
    if round.partial {
        // A link that leaves does so whatever else there is.
        found.joined = trees.map_or(Vec::new(), |links| links.leaving(sight));
        return found;
    }
    found.joined = judge.join(manifest, sight, &notes);
    if let Some(comparison) = compared.filter(|_| gone.as_ref().is_some_and(Gone::has_libraries)) {
        name_gone(&mut found.joined, manifest, comparison);
    }
    let mut unread = Vec::new();
    let is_new = |place| changed.as_ref().is_none_or(|changed| changed.has(place));
    let listed = judge.sums(manifest, sight, &notes, &is_new, &mut |place, algorithm| {
        let content = manifest.content(place);
        let known = match algorithm {
            Algorithm::Blake3 => content.and_then(|content| content.blake3),
            Algorithm::Sha256 => content.and_then(Content::sha256),
            Algorithm::Md5 | Algorithm::Sha1 | Algorithm::Sha512 => None,
        };
        if let Some(known) = known {
            return Some(known.0.to_vec());
        }
        let digest =
            artifact.content_reader(place).and_then(|mut data| algorithm.digest(&mut data));
        digest.map_err(|error| unread.push(unreadable(&manifest.content_path(place), &error))).ok()
    });
    found.joined.extend(listed);
    found.gaps.extend(unread);
    if let Some(links) = links {
        follow(round, links, followed, compared.is_none(), &mut found);
    }
    found
}

/// What may have been in any folder is missed by its name alone, to which on some systems capitals do not
/// matter: says where it was.
fn name_gone(findings: &mut [Finding], manifest: &Manifest, comparison: &Comparison) {
    for finding in findings {
        let Some(missing) = finding.missing.as_mut().filter(|path| manifest.find(path).is_none())
        else {
            continue;
        };
        let is_it = |path: &&Locator| {
            [path.as_str(), path.last_segment()]
                .iter()
                .any(|name| name.eq_ignore_ascii_case(missing.as_str()))
        };
        if let Some(path) = comparison.gone().find(is_it) {
            *missing = path.clone();
        }
    }
}

/// Reads and judges one content.
fn one(
    round: &Round<'_>,
    (links, gone): (Option<&Links<'_>>, Option<&Gone>),
    job: &Job,
    pool: &std::sync::Arc<Permits>,
    buffer: &mut Vec<u8>,
) -> Result<Parsing, Gap> {
    let Round { judge, artifact, now, .. } = *round;
    let size = artifact.manifest.content(job.place).map_or(0, Content::size);
    // What is larger is read in part, or forward.
    let _permit = pool.take(size.min(WHOLE));
    let mut parsing = Parsing::default();
    let reopen = Reopen {
        forward: &|| artifact.content_reader(job.place),
        source: &|| artifact.large_source(job.place),
    };
    look(round, job.place, buffer, |judged, bytes| {
        match job.why {
            Why::New | Why::Always => parsing = judge.parse(judged, bytes, reopen, now),
            Why::Beside => {
                parsing = judge.notes(judged, bytes, reopen, now, Unchanged::Beside);
                return;
            }
            Why::Named => {
                let is_named = gone.is_some_and(|gone| gone.may_be_named_in(bytes));
                // Of a large program the names are not among the bytes that are read.
                if is_named || (bytes.len() as u64) < size {
                    parsing = judge.notes(judged, bytes, reopen, now, Unchanged::Naming);
                }
                if !is_named {
                    return;
                }
            }
        }
        if let Some(links) = links {
            parsing.followed = links.follow(job.place, judged, bytes);
        }
    })?;
    place_in_image(artifact, job.place, &mut parsing.findings);
    place_in_image(artifact, job.place, &mut parsing.followed.findings);
    Ok(parsing)
}

/// Reads a content, and shows it as rules see it.
fn look(
    round: &Round<'_>,
    place: ContentPlace,
    buffer: &mut Vec<u8>,
    see: impl FnOnce(&Judged<'_>, &[u8]),
) -> Result<(), Gap> {
    let Round { judge, artifact, sight, .. } = *round;
    let manifest = &artifact.manifest;
    let path = manifest.content_path(place);
    let Some(mut judged) = judged_of(judge, manifest, place, &path) else { return Ok(()) };
    (judged.mode, judged.owner) = mode_and_owner(judge, manifest, place);
    let targets = sight.of_content(place, &path);
    judged.targets = &targets;
    let wanted = wanted(judged.census.size);
    if judged.census.size > WHOLE {
        // What it is read with may take as much.
        *buffer = Vec::new();
    }
    let mut read_all = || {
        let mut data = artifact.content_reader(place)?;
        read(&mut data, wanted, judged.census, buffer)?;
        let Some(start) = tail_start(&judged) else { return Ok(()) };
        if artifact.is_packed(place) {
            std::io::copy(&mut (&mut data).take(start - wanted), &mut std::io::sink())?;
            return read_tail(data, buffer);
        }
        let source = artifact.content_source(place)?;
        read_tail(Forward::range(source, start, judged.census.size), buffer)
    };
    read_all().map_err(|error| unreadable(&path, &error))?;
    see(&judged, buffer);
    Ok(())
}

/// Tells where the hits in a content lie in the outermost file.
pub(super) fn place_in_image(artifact: &Artifact, place: ContentPlace, findings: &mut [Finding]) {
    for finding in findings {
        finding.image_offset =
            finding.offset.and_then(|offset| artifact.manifest.image_offset(place, offset));
    }
}

/// Adds to what following the references of a content gave.
type See<'a> = &'a dyn Fn(ContentPlace, &Judged<'_>, &[u8], &mut Followed);

/// What rules about references say when every content was read: what lies below the path at which a
/// site is served, and places that are not there, for which the contents that name them are read again,
/// and entries.
fn follow(
    round: &Round<'_>,
    links: &Links<'_>,
    mut followed: Vec<(ContentPlace, Followed)>,
    all: bool,
    found: &mut Found,
) {
    let mut buffer = Vec::new();
    for place in links.unread(&followed) {
        let mut places = Followed::default();
        let seen = look(round, place, &mut buffer, |judged, bytes| {
            places = links.follow(place, judged, bytes).places_only();
        });
        found.gaps.extend(seen.err());
        match followed.binary_search_by_key(&place, |(place, _)| *place) {
            Ok(at) => {
                if let Some((_, of)) = followed.get_mut(at) {
                    *of = places;
                }
            }
            Err(at) => followed.insert(at, (place, places)),
        }
    }
    let mut again =
        |followed: &mut [(ContentPlace, Followed)], places: &[ContentPlace], see: See<'_>| {
            for &place in places {
                let at = followed.binary_search_by_key(&place, |(place, _)| *place);
                let Some((_, of)) = at.ok().and_then(|at| followed.get_mut(at)) else { continue };
                let seen =
                    look(round, place, &mut buffer, |judged, bytes| see(place, judged, bytes, of));
                place_in_image(round.artifact, place, &mut of.findings);
                found.gaps.extend(seen.err());
            }
        };
    let below = links.settle(&followed);
    again(&mut followed, &below, &|place, judged, bytes, of| {
        links.follow_below(place, judged, bytes, of);
    });
    let places = links.places(&mut followed);
    again(&mut followed, places.broken(), &|place, judged, bytes, of| {
        links.again(place, judged, bytes, &places, of);
    });
    links.bound(&mut followed);
    for (place, mut of) in followed.into_iter().filter(|(_, of)| !of.findings.is_empty()) {
        match found.findings.binary_search_by_key(&place, |(place, _)| *place) {
            Ok(at) => {
                if let Some((_, all)) = found.findings.get_mut(at) {
                    all.append(&mut of.findings);
                }
            }
            Err(at) => found.findings.insert(at, (place, of.findings)),
        }
    }
    found.gaps.extend(places.gap());
    found.gaps.extend(links.lost_root());
    found.joined.extend(links.entries(round.sight, &places, all));
}

/// Runs them over an artifact that is a single file.
pub(super) fn parse_single(
    judge: &Judge<'_>,
    judged: &Judged<'_>,
    artifact: &Artifact,
    now: i64,
    gaps: &mut Vec<Gap>,
) -> Result<Vec<Finding>, Gap> {
    if !judge.wants_parse(judged) {
        return Ok(Vec::new());
    }
    let mut buffer = Vec::new();
    let read = artifact.source().and_then(|source| {
        read(Forward::new(&*source), wanted(judged.census.size), judged.census, &mut buffer)?;
        tail_start(judged).map_or(Ok(()), |start| {
            read_tail(Forward::range(&*source, start, judged.census.size), &mut buffer)
        })
    });
    read.map_err(|error| unreadable(judged.path, &error))?;
    let reopen = Reopen {
        forward: &|| Ok(Box::new(Forward::new(artifact.source()?))),
        source: &|| artifact.source(),
    };
    let parsing = judge.parse(judged, &buffer, reopen, now);
    gaps.extend(parsing.failed.map(|error| unreadable(judged.path, &error)));
    Ok(parsing.findings)
}

/// Bytes that are read of a content.
fn wanted(size: u64) -> u64 {
    if size <= WHOLE { size } else { HEAD }
}

/// Where the end of a large content begins, if it is to be read too.
fn tail_start(judged: &Judged<'_>) -> Option<u64> {
    let wanted = judged.census.size > WHOLE && judged.format.is_some_and(reads_end);
    wanted.then(|| judged.census.size - TAIL)
}

/// Reads the end of a large content behind its first bytes.
fn read_tail(data: impl Read, buffer: &mut Vec<u8>) -> std::io::Result<()> {
    match data.take(TAIL).read_to_end(buffer)? as u64 {
        TAIL => Ok(()),
        _ => Err(std::io::Error::other("it is shorter than before")),
    }
}

fn read(
    data: impl Read,
    wanted: u64,
    census: &Census,
    buffer: &mut Vec<u8>,
) -> std::io::Result<()> {
    buffer.clear();
    // One byte more tells a file that has grown since.
    let more = u64::from(wanted == census.size);
    data.take(wanted + more).read_to_end(buffer)?;
    if buffer.len() as u64 == wanted {
        return Ok(());
    }
    Err(std::io::Error::other("it is of another size than before"))
}

pub(super) fn unreadable(path: &Locator, error: &std::io::Error) -> Gap {
    let message = format!("cannot be read again for the rules: {error}");
    Gap::new(path.clone(), GapKind::Unreadable, message)
}
