//! Which contents the rules of cost `parse` look at: all of them, or, against an approved manifest, what
//! is new or changed and those others of which the changes may make something wrong.

use std::collections::HashSet;

use super::judging::{Round, judged_of};
use crate::compare::{Comparison, Item};
use crate::engine::{Gone, Judged, Links};
use crate::model::manifest::{ContainerId, ContentPlace};
use crate::model::{Kind, Locator, Manifest, NodeId, Verb};
use crate::rules::parsed::{Unchanged, is_of_language};

/// A content to look at, and where it begins in its container.
pub(super) struct Job {
    pub(super) place: ContentPlace,
    start: u64,
    pub(super) why: Why,
}

/// Why a content is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// It is new or changed, or nothing is compared.
    New,
    /// It is as it was in the approved build, and some rule looks at such contents too.
    Always,
    /// It is as it was, and may refer to an entry that is gone or to a place in one that changed.
    Named,
    /// It is as it was, and lies beside one that changed.
    Beside,
}

/// What contents that are as they were may name, and is not as it was.
pub(super) fn gone(comparison: &Comparison, links: Option<&Links<'_>>) -> Option<Gone> {
    let gone: Vec<_> = comparison.gone().collect();
    let is_page = |item: &&Item| {
        let place = item.new.as_ref().and_then(|row| row.place);
        item.change.verb == Verb::Modified
            && place.zip(links).is_some_and(|(place, links)| links.has_places(place))
    };
    let changed = comparison.items.iter().filter(is_page).map(|item| &item.change.path);
    let changed: Vec<_> = changed.collect();
    (!gone.is_empty() || !changed.is_empty()).then(|| Gone::new(&gone, &changed))
}

/// The contents that some rule looks at, each once, in the order of the medium: all, or those that
/// `changed` holds and what they make wrong.
pub(super) fn jobs(
    round: &Round<'_>,
    changed: Option<&Changed<'_>>,
    gone: Option<&Gone>,
) -> Vec<Job> {
    let manifest = &round.artifact.manifest;
    let root = Locator::root();
    let mut jobs = Vec::new();
    // Contents that are as they were, in the folders of those that changed.
    let mut folders: HashSet<Folder> = HashSet::new();
    let mut others: Vec<(Folder, bool, Job)> = Vec::new();
    // Symbols lie in folders of their own: they are beside every program.
    let has_symbols = holds_symbols(manifest);
    let mut has_program = false;
    for id in manifest.container_ids() {
        for place in manifest.contents_of(id) {
            let judged = judged_of(round.judge, manifest, place, &root);
            let Some(judged) = judged.filter(|judged| judged.census.size > 0) else { continue };
            let extents = manifest.stored(place).map(|stored| &stored.extents);
            let start = extents.and_then(|extents| extents.first()).map_or(0, |e| e.start);
            let job = |why| Job { place, start, why };
            let is_program = has_symbols && judged.format == Some("elf");
            let has_beside = || round.judge.wants_note(&judged, Unchanged::Beside);
            if changed.is_none_or(|changed| changed.has(place)) {
                if !round.judge.wants_parse(&judged) {
                    continue;
                }
                if changed.is_some() && has_beside() {
                    folders.extend(folder(round, place));
                    has_program |= is_program;
                }
                jobs.push(job(Why::New));
            } else if round.judge.wants_parse_always(&judged) {
                jobs.push(job(Why::Always));
            } else if gone.is_some_and(|gone| may_name(round, gone, &judged)) {
                jobs.push(job(Why::Named));
            } else if has_beside()
                && let Some(folder) = folder(round, place)
            {
                others.push((folder, is_program, job(Why::Beside)));
            }
        }
    }
    others.retain(|(folder, is_program, _)| folders.contains(folder) || has_program && *is_program);
    jobs.extend(others.into_iter().map(|(.., job)| job));
    jobs.sort_by_key(|job| (job.place.container, job.start, job.place));
    jobs
}

/// Whether some entry holds the symbols of a program that lies elsewhere.
fn holds_symbols(manifest: &Manifest) -> bool {
    let mut nodes = manifest.places().filter_map(|place| manifest.node(place));
    nodes.any(|(volume, node)| {
        let name = volume.name(node);
        name == b".build-id" || node.kind == Kind::File && name.ends_with(b".debug")
    })
}

/// What is new, or not as it was in the approved build, in its bytes or in what is told of it.
pub(super) struct Changed<'a> {
    manifest: &'a Manifest,
    contents: HashSet<ContentPlace>,
}

impl<'a> Changed<'a> {
    pub(super) fn new(manifest: &'a Manifest, comparison: &Comparison) -> Self {
        let changed = comparison.items.iter().filter_map(|item| item.new.as_deref());
        let flipped = comparison.flipped.iter().map(|(_, new)| new);
        let places = changed.chain(flipped).filter_map(|row| row.place);
        let contents = places.filter_map(|place| manifest.content_place(place)).collect();
        Self { manifest, contents }
    }

    /// Whether a content is of these. Texts in a file change with it.
    pub(super) fn has(&self, content: ContentPlace) -> bool {
        let manifest = self.manifest;
        if manifest.container(content.container).is_none_or(|of| !of.embedded) {
            return self.contents.contains(&content);
        }
        let file = manifest.main_place(content).and_then(|place| manifest.compared(place));
        file.and_then(|file| manifest.content_place(file))
            .is_some_and(|file| self.contents.contains(&file))
    }
}

/// Whether a content is of those that may name what is gone.
fn may_name(round: &Round<'_>, gone: &Gone, judged: &Judged<'_>) -> bool {
    round.judge.wants_links(judged)
        || gone.has_libraries() && round.judge.wants_note(judged, Unchanged::Naming)
}

/// Container, volume and folder.
type Folder = (ContainerId, u16, Option<NodeId>);

/// The folder of a content. The resources of a fork are together, whatever their types, and so are what
/// lies in the folders of several languages.
fn folder(round: &Round<'_>, content: ContentPlace) -> Option<Folder> {
    let place = round.artifact.manifest.main_place(content)?;
    let (volume, node) = round.artifact.manifest.node(place)?;
    let parent = node.parent().filter(|_| node.kind != Kind::Resource);
    let own = parent.and_then(|parent| volume.node(parent));
    let parent = match own.filter(|own| is_of_language(volume.name(own))) {
        Some(own) => own.parent(),
        None => parent,
    };
    Some((place.container, place.volume, parent))
}
