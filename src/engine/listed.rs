//! Where the names of a list of checksums count from: its own folder, or, for the lists of Debian
//! packages, the root of what the package installs.
//!
//! A package is an `ar` archive with `control.tar*`, which holds the list as `md5sums`, and `data.tar*`,
//! which holds the files (deb(5), deb-md5sums(5)); unpacked, the list lies in `DEBIAN/`, and once it is
//! installed in `var/lib/dpkg/info/` (debsums(1)).

use crate::model::manifest::{Container, ContainerId, ContentPlace, Place};
use crate::model::{ContentId, Manifest, NodeId, Volume};

/// A folder that names count from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Base {
    /// Its container.
    pub(super) container: ContainerId,
    /// Its volume in the container.
    pub(super) volume: u16,
    /// The folder; none is the root.
    pub(super) folder: Option<NodeId>,
}

/// Folders that the names of a list may count from, the likeliest first; none if the part of the
/// package that they are in was not read.
pub(super) fn bases(manifest: &Manifest, list: Place) -> Vec<Base> {
    let Some((volume, node)) = manifest.node(list) else { return Vec::new() };
    let at = |folder| Base { container: list.container, volume: list.volume, folder };
    let own = at(node.parent());
    let name = volume.name(node);
    if name.ends_with(b".md5sums") {
        return vec![own, at(None)];
    }
    if name != b"md5sums" {
        return vec![own];
    }
    match node.parent() {
        None if is_control(manifest, list.container) => {
            data(manifest, list.container).into_iter().collect()
        }
        Some(folder) => match volume.node(folder) {
            Some(above) if volume.name(above) == b"DEBIAN" => vec![at(above.parent())],
            _ => vec![own],
        },
        None => vec![own],
    }
}

/// The entry that holds a container, whatever is around it.
fn holder(manifest: &Manifest, mut container: ContainerId) -> Option<Place> {
    loop {
        let inside = manifest.container(container)?.inside?;
        if !manifest.container(inside.container)?.is_wrapper() {
            return manifest.main_place(inside);
        }
        container = inside.container;
    }
}

fn is_control(manifest: &Manifest, container: ContainerId) -> bool {
    let holder = holder(manifest, container).and_then(|place| manifest.node(place));
    holder.is_some_and(|(volume, node)| {
        volume.format == "ar" && volume.name(node).starts_with(b"control.tar")
    })
}

/// The root of the files of the package whose control files a container holds.
fn data(manifest: &Manifest, control: ContainerId) -> Option<Base> {
    let package = holder(manifest, control)?;
    let (volume, _) = manifest.node(package)?;
    let data = volume.nodes.iter().position(|node| volume.name(node).starts_with(b"data.tar"))?;
    let data = manifest.content_place(Place { node: NodeId(data as u32), ..package })?;
    let mut container = manifest.inside(data)?;
    while manifest.container(container).is_some_and(Container::is_wrapper) {
        container =
            manifest.inside(ContentPlace { container, volume: 0, content: ContentId(0) })?;
    }
    let is_tar = |volume: &Volume| volume.format == "tar";
    let volume = manifest.container(container)?.volumes.iter().position(is_tar)?;
    Some(Base { container, volume: volume as u16, folder: None })
}
