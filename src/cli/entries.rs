//! `ls`, `cat` and `map`: what is in an artifact.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::output::{self, Kind};
use super::{Done, Exit, Format, Reading, Stop};
use crate::config::Config;
use crate::model::Kind as EntryKind;
use crate::model::claim::overlay;
use crate::model::manifest::{ContainerId, ContentPlace, Place};
use crate::model::{Container, Gap, Locator, Manifest, Row, RowKind};
use crate::pipeline::Failure;
use crate::report::{self, Listed};
use crate::rules::near::did_you_mean;
use crate::walk::{self, Sha256};

/// `OUTER!/inner/path` as the host path of the artifact and the locator inside; an argument that
/// exists as a host path is that path.
fn split(argument: &str) -> (PathBuf, Option<Locator>) {
    let whole = PathBuf::from(argument);
    if std::fs::symlink_metadata(&whole).is_ok() {
        return (whole, None);
    }
    for (at, _) in argument.match_indices('!') {
        let (outer, inner) = argument.split_at(at);
        if std::path::Path::new(outer).exists() {
            return (PathBuf::from(outer), Some(Locator::parse(inner)));
        }
    }
    (whole, None)
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum DigestName {
    Sha256,
    Blake3,
}

#[derive(Args, Debug)]
pub(super) struct LsArgs {
    /// An artifact, or OUTER!/inner/path to list what is below
    artifact: String,
    /// Kind, mode, size, date, type and creator beside the locator
    #[arg(short, long)]
    long: bool,
    /// Go into the containers inside
    #[arg(short, long)]
    recursive: bool,
    /// The view to list: joliet, iso, hfs, … or all [default: the best, and what it lacks]
    #[arg(long, value_name = "NAME")]
    view: Option<String>,
    /// Digests of the contents, which reads them
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    digest: Vec<DigestName>,
    /// human, json or jsonl; FORMAT=FILE writes to a file
    #[arg(long, value_name = "FORMAT[=FILE]")]
    format: Vec<Format<Kind>>,
    #[command(flatten)]
    reading: Reading,
}

impl LsArgs {
    pub(super) fn run(self) -> Done {
        output::one_a_place(&self.format)?;
        let (path, inner) = split(&self.artifact);
        let mut options = self.reading.options(&Config::default());
        options.contents = !self.digest.is_empty();
        if self.digest.contains(&DigestName::Sha256) {
            options.sha256 = Sha256::All;
        }
        options.nested = self.recursive || inner.as_ref().is_some_and(|i| i.as_str().contains('!'));
        let mut artifact = walk::scan(&path, &options)?;
        if is_wrapper(&artifact.manifest) {
            // A wrapper is transparent: what it wraps is listed.
            options.nested = true;
            artifact = walk::scan(&path, &options)?;
        }
        let mut listed = self.entries(&artifact.manifest, inner.as_ref());
        if listed.is_empty() {
            let named = inner.as_ref().and_then(|inner| artifact.manifest.by_main_name(inner));
            listed = named.map_or(listed, |named| self.entries(&artifact.manifest, Some(&named)));
        }
        if listed.is_empty()
            && let Some(name) = self.view.as_deref().filter(|name| *name != "all")
        {
            let views = views(&artifact.manifest);
            let meant = did_you_mean(&views, name);
            let views = views.join(", ");
            let message = format!("{}: no view {name:?}, it has {views}{meant}", path.display());
            return Err(Stop::Failure(Failure::Usage(message)));
        }
        if listed.is_empty()
            && let Some(inner) = &inner
        {
            return Err(no_entry(&path, &artifact.manifest, inner));
        }
        let text = |of: fn(&Listed) -> String| listed.iter().map(of).collect::<String>();
        output::render(&self.format, |kind, _| match kind {
            Kind::Human if self.long => report::list_long(&listed),
            Kind::Human => text(report::list_short),
            Kind::Json | Kind::Jsonl => kind.listed(text(report::list_jsonl)),
        })?;
        Ok(tell_gaps(&artifact.manifest.gaps))
    }

    fn entries(&self, manifest: &Manifest, inner: Option<&Locator>) -> Vec<Listed> {
        let chosen = Chosen::of(manifest);
        let wanted = |row: &Row| {
            let Some(inner) = inner else { return true };
            let (path, inner) = (row.path.as_str(), inner.as_str().trim_end_matches('/'));
            path == inner
                || path.strip_prefix(inner).is_some_and(|rest| rest.starts_with(['/', '!']))
        };
        let mut out = Vec::new();
        for mut row in manifest.listed_rows() {
            let (&RowKind::Entry(kind), Some(place)) = (&row.kind, row.place) else { continue };
            // `App/..namedfork` only spells the way to the fork; no disc records it.
            if kind == EntryKind::Fork && row.content.is_none() {
                continue;
            }
            let view = chosen.view_name(place);
            let shown = match self.view.as_deref() {
                Some("all") => true,
                Some(name) => view == name || chosen.locator_name(place) == name,
                None => chosen.is_shown(place),
            };
            let is_deep = !self.recursive && inner.is_none() && !is_outer(manifest, place);
            if !shown || !wanted(&row) || is_deep {
                continue;
            }
            if let Some(content) = &mut row.content {
                // A digest that was not asked for is not shown.
                content.blake3 =
                    content.blake3.filter(|_| self.digest.contains(&DigestName::Blake3));
            }
            out.push(Listed { row, view: view.to_owned() });
        }
        out
    }
}

fn is_wrapper(manifest: &Manifest) -> bool {
    manifest.containers.first().is_some_and(Container::is_wrapper)
}

/// Whether an entry lies in the artifact itself or, if that is a wrapper, in what it wraps.
fn is_outer(manifest: &Manifest, place: Place) -> bool {
    let inside = manifest.container(place.container).and_then(|container| container.inside);
    inside.is_none_or(|inside| is_wrapper(manifest) && inside.container == ContainerId(0))
}

/// The names of all views, each once.
fn views(manifest: &Manifest) -> Vec<&str> {
    let volumes = manifest.containers.iter().flat_map(|container| &container.volumes);
    let mut names: Vec<&str> =
        volumes.flat_map(|volume| volume.views.iter().map(|view| view.name)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Which entries a listing shows: those of each container's best view, and every entry whose content
/// that view lacks.
struct Chosen<'a> {
    manifest: &'a Manifest,
    covered: HashSet<ContentPlace>,
}

impl<'a> Chosen<'a> {
    fn of(manifest: &'a Manifest) -> Self {
        let mut chosen = Self { manifest, covered: HashSet::new() };
        let covered: Vec<_> = manifest
            .places()
            .filter(|&place| chosen.is_default(place))
            .filter_map(|place| manifest.content_place(place))
            .collect();
        chosen.covered.extend(covered);
        chosen
    }

    fn view_name(&self, place: Place) -> &'a str {
        let Some((volume, node)) = self.manifest.node(place) else { return "" };
        volume.views.get(usize::from(node.view.0)).map_or("", |view| view.name)
    }

    fn locator_name(&self, place: Place) -> &'a str {
        let Some((_, node)) = self.manifest.node(place) else { return "" };
        self.manifest
            .container(place.container)
            .and_then(|container| container.view_names.get(usize::from(place.volume)))
            .and_then(|names| names.get(usize::from(node.view.0)))
            .map_or("", String::as_str)
    }

    fn is_default(&self, place: Place) -> bool {
        self.locator_name(place).is_empty()
    }

    fn is_shown(&self, place: Place) -> bool {
        self.is_default(place)
            || self.manifest.content_place(place).is_some_and(|content| {
                !self.covered.contains(&content) && self.manifest.main_place(content) == Some(place)
            })
    }
}

/// Gaps on standard error, and the exit code that they make.
#[expect(clippy::print_stderr, reason = "standard output holds the listing")]
fn tell_gaps(gaps: &[Gap]) -> Exit {
    for gap in gaps {
        let message = crate::model::locator::escape_text(gap.message.as_bytes());
        eprintln!("premaster: not read ({}): {}: {message}", gap.kind.name(), gap.path);
    }
    if gaps.is_empty() { Exit::Good } else { Exit::Incomplete }
}

/// Tells that there is no such entry, and which beside it has a name like it.
fn no_entry(path: &Path, manifest: &Manifest, inner: &Locator) -> Stop {
    let (above, name) = inner.as_str().split_at(inner.as_str().rfind('/').map_or(0, |at| at + 1));
    let rows: Vec<Row> = manifest.rows().collect();
    let names = rows.iter().filter_map(|row| row.path.as_str().strip_prefix(above));
    // Names may be of any length and number; a misspelt one is found among the first ordinary ones.
    let names = names.filter(|name| name.len() < 100 && !name.contains('/')).take(1000);
    let meant = did_you_mean(&names.collect::<Vec<_>>(), name);
    Stop::Failure(Failure::Usage(format!("{}: no entry {inner}{meant}", path.display())))
}

#[derive(Args, Debug)]
pub(super) struct CatArgs {
    /// OUTER!/inner/path
    entry: String,
    #[command(flatten)]
    reading: Reading,
}

impl CatArgs {
    pub(super) fn run(self) -> Done {
        let (path, inner) = split(&self.entry);
        let Some(inner) = inner else {
            if let Err(cause) = std::fs::metadata(&path) {
                return Err(walk::OpenError { path, cause }.into());
            }
            let message = format!("{}: name an entry, as {0}!/inner/path", self.entry);
            return Err(Stop::Failure(Failure::Usage(message)));
        };
        let mut options = self.reading.options(&Config::default());
        options.contents = false;
        options.nested = inner.as_str().contains('!');
        let mut artifact = walk::scan(&path, &options)?;
        if artifact.manifest.find(&inner).is_none() && !options.nested {
            // A wrapper is a container around what it wraps.
            options.nested = true;
            artifact = walk::scan(&path, &options)?;
        }
        let manifest = &artifact.manifest;
        let place =
            manifest.find_by_any_name(&inner).ok_or_else(|| no_entry(&path, manifest, &inner))?;
        let content = artifact
            .manifest
            .content_place(place)
            .ok_or_else(|| Stop::Failure(Failure::Usage(format!("{inner} has no content"))))?;
        let unreadable = |error: io::Error| Stop::Unreadable(format!("{inner}: {error}"));
        let mut data = artifact.content_reader(content).map_err(unreadable)?;
        let mut out = io::stdout().lock();
        let mut buffer = vec![0; 256 << 10];
        loop {
            let n = match data.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(unreadable(error)),
            };
            out.write_all(buffer.get(..n).unwrap_or_default())
                .map_err(|error| Stop::Output(None, error))?;
        }
        out.flush().map_err(|error| Stop::Output(None, error))?;
        Ok(Exit::Good)
    }
}

#[derive(Args, Debug)]
pub(super) struct MapArgs {
    /// A disc image or archive
    artifact: PathBuf,
    /// human, json or jsonl; FORMAT=FILE writes to a file
    #[arg(long, value_name = "FORMAT[=FILE]")]
    format: Vec<Format<Kind>>,
    #[command(flatten)]
    reading: Reading,
}

impl MapArgs {
    pub(super) fn run(self) -> Done {
        output::one_a_place(&self.format)?;
        let mut options = self.reading.options(&Config::default());
        options.contents = false;
        options.nested = false;
        let artifact = walk::scan(&self.artifact, &options)?;
        let manifest = &artifact.manifest;
        let Some(container) = manifest.containers.first().filter(|_| !manifest.folder) else {
            let message = format!("{} has no structure to map", self.artifact.display());
            return Err(Stop::Failure(Failure::Usage(message)));
        };
        let claims: Vec<_> =
            container.volumes.iter().flat_map(|volume| volume.claims.iter().cloned()).collect();
        let said = |index: u32| {
            let claim = claims.get(index as usize)?;
            let volume = container.volumes.get(usize::from(claim.volume))?;
            let view = volume.views.get(usize::from(claim.view.0)).map_or("", |view| view.name);
            let owner = manifest.owner_path(ContainerId(0), claim.volume, claim.owner);
            Some((volume.format, view, claim.role.name, owner))
        };
        output::render(&self.format, |kind, _| {
            let mut text = String::new();
            for tile in overlay(&claims, container.length) {
                let said: Vec<_> = tile.claims.iter().filter_map(|&index| said(index)).collect();
                if kind == Kind::Human {
                    let mut who: Vec<String> = said
                        .iter()
                        .map(|(_, view, role, owner)| format!("{view}: {role} ({owner})"))
                        .collect();
                    who.dedup();
                    let who = if who.is_empty() { "unclaimed".to_owned() } else { who.join("; ") };
                    let _ = writeln!(
                        text,
                        "{:>10x} {:>10x} {:>10}  {who}",
                        tile.start,
                        tile.end,
                        tile.end - tile.start
                    );
                } else {
                    let said: Vec<_> = said
                        .iter()
                        .map(|(format, view, role, owner)| {
                            serde_json::json!({ "format": format, "view": view, "role": role, "owner": owner })
                        })
                        .collect();
                    let line =
                        serde_json::json!({ "start": tile.start, "end": tile.end, "claims": said });
                    let _ = writeln!(text, "{line}");
                }
            }
            kind.listed(text)
        })?;
        Ok(tell_gaps(&manifest.gaps))
    }
}
