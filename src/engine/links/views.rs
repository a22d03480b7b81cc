//! Where the named targets read a content: each platform follows references in the tree that it sees.

use crate::engine::sight::Sight;
use crate::model::fast_map::FastMap;
use crate::model::manifest::{ContainerId, ContentPlace, Place};
use crate::model::{Content, Manifest, ViewId};
use crate::rules::links::syntax;

/// The entries of contents that make references which some target reads in another tree than that of
/// the main name.
#[derive(Default)]
pub(super) struct Views {
    /// Each with the targets, as bits.
    others: FastMap<ContentPlace, Vec<(Place, u64)>>,
}

impl Views {
    pub(super) fn of(manifest: &Manifest, sight: &Sight<'_>) -> Self {
        let mut views = Self::default();
        // File systems follow nothing.
        let platforms = sight.targets().filter(|(_, target)| !target.volume);
        let platforms = platforms.fold(0, |mask, (bit, _)| mask | bit);
        if platforms == 0 {
            return views;
        }
        for place in manifest.places() {
            let Some((_, node)) = manifest.node(place) else { continue };
            let seen_here = platforms & seen(sight, place, node.view);
            let content = manifest.content_place(place).filter(|_| seen_here != 0);
            let Some(content) = content else { continue };
            let main = manifest.main_place(content).filter(|main| *main != place);
            let Some((main, (volume, node))) = main.zip(main.and_then(|main| manifest.node(main)))
            else {
                continue;
            };
            let format = manifest.content(content).and_then(Content::format);
            if syntax(volume.name(node), format).is_none() {
                continue;
            }
            // A target reads a content once: under the main name, if it sees that.
            let others = views.others.entry(content).or_default();
            let known = others.iter().fold(0, |mask, (_, targets)| mask | targets);
            let targets = seen_here & !known & !seen(sight, main, node.view);
            if targets != 0 {
                others.push((place, targets));
            }
        }
        views.others.retain(|_, others| !others.is_empty());
        views
    }

    /// The entries under which targets read a content elsewhere, each with the targets as bits.
    pub(super) fn others(&self, content: ContentPlace) -> &[(Place, u64)] {
        self.others.get(&content).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Which targets see an entry, as bits.
fn seen(sight: &Sight<'_>, place: Place, view: ViewId) -> u64 {
    let ContainerId(container) = place.container;
    sight.view(container as usize, usize::from(place.volume), usize::from(view.0))
}
