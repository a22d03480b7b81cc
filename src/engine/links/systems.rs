//! Whole systems in an artifact: a root file system, or the layers of a container image that become one.
//!
//! A script says by a path of its system which program reads it. What an archive lacks says nothing
//! unless it holds a whole system: programs in `bin` or `usr/bin`, with a shell among them or beside
//! what tells the system's name and users.

use std::collections::HashSet;
use std::fmt;
use std::sync::OnceLock;

use super::tree::{How, Tree, Way};
use crate::model::manifest::ContainerId;
use crate::model::{Container, Kind, Manifest, Node, Volume};
use crate::rules::facts::System;

/// Where the programs of a system are.
const PROGRAMS: [&[&[u8]]; 2] = [&[b"bin"], &[b"usr", b"bin"]];

/// The systems of a manifest.
#[derive(Default)]
pub(in crate::engine) struct Systems<'a> {
    all: Vec<Whole<'a>>,
    /// By container, which of them it is a part of.
    of: Vec<Option<usize>>,
}

/// A system: the volumes whose roots are one.
struct Whole<'a> {
    /// The container that they all lie in.
    outer: Option<ContainerId>,
    volumes: Vec<&'a Volume>,
    /// Whether one of them holds what makes a system.
    found: bool,
    trees: OnceLock<Vec<Tree<'a>>>,
    programs: OnceLock<HashSet<&'a [u8]>>,
}

impl<'a> Systems<'a> {
    pub(in crate::engine) fn of(manifest: &'a Manifest) -> Self {
        let mut systems = Self::default();
        for (c, container) in manifest.containers.iter().enumerate() {
            let found = is_system(container);
            systems.of.push(None);
            if container.is_wrapper() || !found && !is_layer(manifest, container) {
                continue;
            }
            let outer = outer(manifest, container);
            let known = systems.all.iter().position(|whole| whole.outer == outer);
            let number = known.unwrap_or(systems.all.len());
            if known.is_none() {
                systems.all.push(Whole {
                    outer,
                    volumes: Vec::new(),
                    found: false,
                    trees: OnceLock::new(),
                    programs: OnceLock::new(),
                });
            }
            if let Some(whole) = systems.all.get_mut(number) {
                whole.volumes.extend(&container.volumes);
                whole.found |= found;
            }
            if let Some(of) = systems.of.get_mut(c) {
                *of = Some(number);
            }
        }
        systems
    }

    /// The system that the entries of a container are a part of.
    pub(in crate::engine) fn holding(&self, container: usize) -> Option<&dyn System> {
        let number = self.of.get(container).copied().flatten()?;
        let whole = self.all.get(number).filter(|whole| whole.found)?;
        Some(whole)
    }
}

impl Whole<'_> {
    /// Whether a path leads to something in one of the volumes. Where there are several, a link of one
    /// may lead into another, `/bin` to `/usr/bin` first of all.
    fn leads(&self, path: &[u8]) -> bool {
        let trees = self.trees.get_or_init(|| self.volumes.iter().map(|v| Tree::of(v)).collect());
        trees.iter().zip(&self.volumes).any(|(tree, volume)| {
            let view = best(volume);
            let how = How { view, encoded: false, any_case: false, rooted: true };
            match tree.follow(how, None, path) {
                Way::Found(Some(_)) => true,
                Way::Unknown | Way::Leaves => trees.len() > 1,
                _ => false,
            }
        })
    }
}

impl System for Whole<'_> {
    fn has(&self, path: &[u8]) -> bool {
        let merged = || [b"/usr".as_slice(), path].concat();
        self.leads(path)
            || self.volumes.len() > 1 && !path.starts_with(b"/usr/") && self.leads(&merged())
    }

    fn has_program(&self, name: &[u8]) -> bool {
        let programs = self.programs.get_or_init(|| {
            let all = self.volumes.iter().flat_map(|v| v.nodes.iter().map(move |node| (*v, node)));
            let is_program = |(volume, node): &(&Volume, &Node)| {
                let folder = node.parent().and_then(|id| volume.node(id));
                node.kind != Kind::Directory
                    && folder.is_some_and(|of| matches!(volume.name(of), b"bin" | b"sbin"))
            };
            all.filter(is_program).map(|(volume, node)| volume.name(node)).collect()
        });
        programs.contains(name)
    }
}

impl fmt::Debug for Whole<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Whole").field("volumes", &self.volumes.len()).finish_non_exhaustive()
    }
}

/// The view that a system would read.
fn best(volume: &Volume) -> usize {
    let ranked = volume.views.iter().enumerate();
    ranked.max_by_key(|(number, view)| (view.rank, usize::MAX - number)).map_or(0, |(n, _)| n)
}

/// Whether an entry lies in these folders, the first of them at the root.
fn is_in(volume: &Volume, node: &Node, folders: &[&[u8]]) -> bool {
    let mut at = node.parent();
    for name in folders.iter().rev() {
        let Some(folder) = at.and_then(|id| volume.node(id)) else { return false };
        if volume.name(folder) != *name {
            return false;
        }
        at = folder.parent();
    }
    at.is_none()
}

fn is_system(container: &Container) -> bool {
    let (mut told, mut runs) = (false, false);
    for (v, volume) in container.volumes.iter().enumerate() {
        for node in &volume.nodes {
            let name = volume.name(node);
            let is_program = || PROGRAMS.iter().any(|folders| is_in(volume, node, folders));
            match name {
                b"sh" if is_program() => return true,
                b"passwd" => told |= is_in(volume, node, &[b"etc"]),
                b"os-release" => {
                    told |=
                        is_in(volume, node, &[b"etc"]) || is_in(volume, node, &[b"usr", b"lib"]);
                }
                _ => {}
            }
            let format = || container.content(v as u16, node.content()?)?.format();
            runs = runs || format() == Some("elf") && is_program();
        }
    }
    told && runs
}

/// Whether a container is a layer of an image, by what `docker save` and the OCI layout call it.
fn is_layer(manifest: &Manifest, container: &Container) -> bool {
    let Some(mut content) = container.inside else { return false };
    while let Some(of) = manifest.container(content.container).filter(|of| of.is_wrapper()) {
        let Some(inside) = of.inside else { break };
        content = inside;
    }
    let place = manifest.main_place(content);
    let Some((volume, node)) = place.and_then(|place| manifest.node(place)) else { return false };
    let folder = node.parent().and_then(|id| volume.node(id));
    volume.name(node) == b"layer.tar" || folder.is_some_and(|of| volume.name(of) == b"sha256")
}

/// The container that one lies in, wrappers aside.
fn outer(manifest: &Manifest, container: &Container) -> Option<ContainerId> {
    let mut at = container.inside?.container;
    while let Some(of) = manifest.container(at).filter(|of| of.is_wrapper()) {
        at = of.inside?.container;
    }
    Some(at)
}
