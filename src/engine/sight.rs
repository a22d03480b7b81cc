//! Which targets see which entries.
//!
//! A disc has several namespaces, and a platform reads one of them: a Macintosh the HFS tree, Windows
//! Joliet. Which, the target's file says; configuration may bind a target to globs instead. Where an
//! image has none of a target's views, it sees all.

use crate::model::manifest::{ContainerId, ContentPlace, Place};
use crate::model::{Locator, Manifest, View, glob_matches};
use crate::rules::{Target, Targets};

use super::settings::Settings;

/// The targets that are named, and what each sees of a manifest.
#[derive(Clone, Debug, Default)]
pub struct Sight<'a> {
    targets: Vec<Seer<'a>>,
    /// Per container, volume and view: bit n for target n.
    views: Vec<Vec<Vec<u64>>>,
    /// Per container, volume and content: the same of all its entries.
    contents: Vec<Vec<Vec<u64>>>,
}

#[derive(Clone, Debug)]
struct Seer<'a> {
    target: &'a Target,
    /// Globs that the configuration binds it to.
    bound: Option<&'a [String]>,
}

impl<'a> Sight<'a> {
    /// What the targets of the settings see of a manifest.
    pub fn of(manifest: &Manifest, settings: &'a Settings) -> Self {
        let known = settings.targets.iter().filter_map(|name| Targets::built_in().get(name));
        // A bit each; there are not as many targets.
        let bind = |target: &'a Target| Seer {
            target,
            bound: settings.bound.get(&target.name).map(Vec::as_slice),
        };
        let targets: Vec<_> = known.take(64).map(bind).collect();
        let mut sight = Self { targets, ..Self::default() };
        if sight.targets.is_empty() {
            return sight;
        }
        let outermost = outermost(manifest);
        let volumes = sight.targets().filter(|(_, target)| target.volume);
        let volumes = volumes.fold(0, |mask, (bit, _)| mask | bit);
        for (number, container) in manifest.containers.iter().enumerate() {
            // What is in a file that a platform does not see, it does not see either.
            let inside = container.inside.and_then(|place| sight.content(place));
            let inherited = inside.map_or(u64::MAX, |mask| mask | volumes);
            let all = || container.volumes.iter().flat_map(|volume| &volume.views);
            let mask = |view: &View| {
                let is_seen_by = |seer: &Seer<'_>| {
                    seer.bound.is_some()
                        || sees(seer.target, view, all, manifest, number == outermost)
                };
                let minding = sight.targets.iter().enumerate().filter(|(_, seer)| is_seen_by(seer));
                inherited & minding.fold(0, |mask, (bit, _)| mask | 1 << bit)
            };
            let of_volume = |views: &Vec<View>| views.iter().map(mask).collect();
            sight.views.push(container.volumes.iter().map(|v| of_volume(&v.views)).collect());
            let mut contents: Vec<Vec<u64>> =
                container.volumes.iter().map(|volume| vec![0; volume.contents.len()]).collect();
            for (v, volume) in container.volumes.iter().enumerate() {
                for node in &volume.nodes {
                    let Some(content) = node.content() else { continue };
                    let (first, content) = container.canonical(v as u16, content);
                    let of_volume = contents.get_mut(usize::from(first));
                    if let Some(mask) = of_volume.and_then(|c| c.get_mut(content.0 as usize)) {
                        *mask |= sight.view(number, v, usize::from(node.view.0));
                    }
                }
            }
            sight.contents.push(contents);
        }
        sight
    }

    /// The names of all targets.
    pub fn all(&self) -> Vec<String> {
        self.targets().map(|(_, target)| target.name.clone()).collect()
    }

    /// The targets, each with its bit.
    pub(super) fn targets(&self) -> impl Iterator<Item = (u64, &'a Target)> + '_ {
        self.targets.iter().enumerate().map(|(bit, seer)| (1 << bit, seer.target))
    }

    /// Which targets see a view, as bits.
    pub(super) fn view(&self, container: usize, volume: usize, view: usize) -> u64 {
        let of = self.views.get(container).and_then(|c| c.get(volume)).and_then(|v| v.get(view));
        of.copied().unwrap_or_default()
    }

    /// Whether a target, by its bit, is bound to other paths than this.
    pub(super) fn is_bound_elsewhere(&self, bit: u64, path: &Locator) -> bool {
        let seer = self.targets.get(bit.trailing_zeros() as usize);
        let matches =
            |glob: &String| glob_matches(glob, path.as_str()) || *glob == path.to_string();
        seer.and_then(|seer| seer.bound).is_some_and(|globs| !globs.iter().any(matches))
    }

    /// The targets that see one of the entries of a content, by name. `path` is its main locator.
    pub fn of_content(&self, place: ContentPlace, path: &Locator) -> Vec<String> {
        if self.targets.is_empty() {
            return Vec::new();
        }
        let mask = self.content(place).unwrap_or_default();
        self.named(mask, path)
    }

    /// The targets that see an entry, by name. `path` is its locator.
    pub fn of_place(&self, place: Place, path: &Locator) -> Vec<String> {
        if self.targets.is_empty() {
            return Vec::new();
        }
        // Entries of a volume without views are not there.
        let ContainerId(container) = place.container;
        let of_volume = self.views.get(container as usize);
        let views = of_volume.and_then(|views| views.get(usize::from(place.volume)));
        let mask = views.into_iter().flatten().fold(0, |mask, seen| mask | seen);
        self.named(mask, path)
    }

    /// Which targets see a content, as bits.
    fn content(&self, place: ContentPlace) -> Option<u64> {
        let ContainerId(container) = place.container;
        let of_container = self.contents.get(container as usize)?;
        let of_volume = of_container.get(usize::from(place.volume))?;
        of_volume.get(place.content.0 as usize).copied()
    }

    /// The names of targets by their bits, without those that are bound to other paths.
    pub(super) fn named(&self, mask: u64, path: &Locator) -> Vec<String> {
        let seen = self.targets().filter(|(bit, _)| mask & bit != 0);
        let here = seen.filter(|(bit, _)| !self.is_bound_elsewhere(*bit, path));
        here.map(|(_, target)| target.name.clone()).collect()
    }
}

/// The first container that is more than a wrapper.
fn outermost(manifest: &Manifest) -> usize {
    let is_more = |number: &usize| !manifest.is_transparent(ContainerId(*number as u32));
    (0..manifest.containers.len()).find(is_more).unwrap_or_default()
}

fn sees<'v, I: Iterator<Item = &'v View>>(
    target: &Target,
    view: &View,
    views: impl Fn() -> I,
    manifest: &Manifest,
    outermost: bool,
) -> bool {
    let group = target
        .sees
        .iter()
        .find(|group| views().any(|other| group.iter().any(|seen| seen == other.name)));
    match group {
        Some(group) => group.iter().any(|seen| seen == view.name),
        // Earlier sessions, boot catalogues and partition maps are nobody's tree.
        None if view.rank == 0 => false,
        None if !target.volume => true,
        // A file system minds its own names: those of the images of its kind, or, before there is
        // one, of the files that are to go there.
        None => outermost && !has_view_of(manifest, target),
    }
}

fn has_view_of(manifest: &Manifest, target: &Target) -> bool {
    let volumes = manifest.containers.iter().flat_map(|container| &container.volumes);
    volumes.flat_map(|volume| &volume.views).any(|view| target.reads(view.name))
}
