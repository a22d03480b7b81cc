//! What a build says about itself: the targets that it seems to be for, and where a site lies in it.

use crate::model::{Kind, Locator, Manifest};

/// A setting that was found out: its name, its value as TOML, and why.
pub type Guess = (&'static str, String, String);

/// Programs that run on one platform only.
const PROGRAMS: [(&str, &str, &str); 3] =
    [("elf", "linux", "ELF"), ("pe", "windows", "PE"), ("mach-o", "macos", "Mach-O")];

/// What a first file of settings may say of this build.
pub fn guess(manifest: &Manifest) -> Vec<Guess> {
    let mut targets: Vec<(&str, String)> = Vec::new();
    let volumes = || manifest.containers.iter().flat_map(|container| &container.volumes);
    if volumes().any(|volume| volume.format == "hfs") {
        targets.push(("classic-mac", "an HFS volume".into()));
    }
    let views = || volumes().flat_map(|volume| &volume.views);
    if views().any(|view| view.name == "joliet") {
        targets.push(("windows", "a Joliet tree".into()));
    }
    for (format, target, name) in PROGRAMS {
        let contents = manifest.containers.iter().flat_map(|container| &container.contents);
        let count = contents.flatten().filter(|content| content.format() == Some(format)).count();
        let files = if count == 1 { "file" } else { "files" };
        match targets.iter_mut().find(|(known, _)| *known == target) {
            _ if count == 0 => {}
            Some((_, why)) => *why = format!("{why}, {count} {name} {files}"),
            None => targets.push((target, format!("{count} {name} {files}"))),
        }
    }
    let mut found = Vec::new();
    if !targets.is_empty() {
        let names: Vec<_> = targets.iter().map(|(name, _)| format!("{name:?}")).collect();
        let why: Vec<_> = targets.into_iter().map(|(_, why)| why).collect();
        found.push(("release.targets", format!("[{}]", names.join(", ")), why.join("; ")));
    }
    if let Some(root) = site(manifest) {
        let why = "it has an index page, the folders above it have none".to_owned();
        found.push(("links.root", toml::Value::from(root.as_str()).to_string(), why));
    }
    found
}

/// The folder nearest to the top that has an index page, unless that is the top.
fn site(manifest: &Manifest) -> Option<Locator> {
    let pages = manifest.places().filter_map(|place| {
        let (volume, node) = manifest.node(place)?;
        let is_page = node.kind == Kind::File && volume.name(node) == b"index.html";
        is_page.then(|| manifest.path(place))
    });
    let depth = |path: &Locator| path.as_str().matches(['/', '!']).count();
    let first = pages.min_by(|a, b| (depth(a), a).cmp(&(depth(b), b)))?;
    let folder = first.as_str().strip_suffix("/index.html")?;
    Some(Locator::parse(folder))
}
