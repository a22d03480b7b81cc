//! The examples of a rule, run: the same for the catalogue's own tests and for `rules test`.

use std::fmt::Write as _;
use std::io;
use std::sync::Arc;

use super::artifact::Spot;
use super::conditions::Changes;
use super::judge::{Judge, Judged};
use super::links::Links;
use super::parse::{AllNotes, Parsing};
use super::sample::{NOW, content_of, manifest_of};
use super::settings::Settings;
use super::sight::Sight;
use crate::inspect::{self, Facts, Sweep};
use crate::model::{
    Change, Class, ContainerId, ContentId, ContentPlace, Declared, Finding, Gap, GapKind, Location,
    Locator,
};
use crate::rules::detectors::Look;
use crate::rules::faults::Reopen;
use crate::rules::parsed::{HEAD, Noted, WHOLE};
use crate::rules::{Catalogue, Example, Finder, Matcher, Rule};
use crate::source::Source;

/// Bytes at either end that a format is recognised by.
const ENDS: usize = 4096;
/// The content of an example that has one.
const FIRST: ContentPlace =
    ContentPlace { container: ContainerId(0), volume: 0, content: ContentId(0) };

/// An entry that consists of its bytes, its name and what is declared of it.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// Its own name, or its path.
    pub name: &'a [u8],
    /// Its content.
    pub bytes: &'a [u8],
    /// What a container would say of it.
    pub declared: Declared,
    /// The type of a resource.
    pub resource: Option<[u8; 4]>,
    /// In the approved build.
    pub approved: Option<Class>,
}

/// The whole way from bytes to findings.
pub fn judge_case(judge: &Judge<'_>, case: &Case<'_>) -> io::Result<Vec<Finding>> {
    let mut sweep = Sweep::new();
    sweep.update(case.bytes);
    let may_be_text = sweep.may_be_text();
    let mut census = sweep.finish();
    let all = judge.literals();
    let mut finder = all.as_deref().map(Finder::new);
    if let Some(finder) = &mut finder {
        finder.update(case.bytes, may_be_text);
    }
    let literals = finder.map_or(0, |finder| finder.rules());
    let path = case.name.split(|b| *b == b'/');
    let path = path.fold(Locator::root().view(""), |path, name| path.child(name, 0));
    let name = case.name.rsplit(|b| *b == b'/').next().unwrap_or_default();
    let cut = case.bytes.len().min(ENDS);
    let (head, tail) = (case.bytes.get(..cut), case.bytes.get(case.bytes.len() - cut..));
    let (head, tail) = (head.unwrap_or_default(), tail.unwrap_or_default());
    let format = inspect::recognise(head, tail, census.size, name);
    inspect::note_wide(&mut census, head, tail, format, case.declared);
    let facts =
        Facts { census: &census, declared: case.declared, name, format, approved: case.approved };
    let judged = Judged {
        path: &path,
        name,
        class: inspect::settle(&facts),
        approved: case.approved,
        census: &census,
        literals,
        declares_other: inspect::declares_other(name, head, &census),
        declared: case.declared,
        kind: inspect::text_kind(name, case.declared),
        format,
        resource: case.resource,
        targets: &judge.settings().targets,
        mode: None,
        owner: None,
    };
    judge.judge(&judged, &mut &*case.bytes)
}

/// Whether the examples of a rule need a reader: their files are broken containers.
pub fn needs_reader(rule: &Rule) -> bool {
    matches!(&rule.matcher, Matcher::Detector(detector) if matches!(detector.look, Look::Reader))
}

/// Runs an example of a rule and tells what is not as it says. `read` gives the files that it names.
pub fn check_example(
    catalogue: &Catalogue,
    rule: &Rule,
    example: &Example,
    read: &dyn Fn(&str) -> io::Result<Vec<u8>>,
) -> Result<(), String> {
    let found = run(catalogue, rule, example, read)?;
    let Some(first) = found.first() else {
        return if example.hit { Err("expected a hit, found none".into()) } else { Ok(()) };
    };
    let at: Vec<u64> = found.iter().filter_map(|finding| finding.offset).collect();
    if !example.hit {
        return Err(format!("expected no hit, it hits at {at:?}: {}", first.message));
    }
    if !example.at.is_empty() && at != example.at {
        return Err(format!("expected hits at {:?}, found {at:?}", example.at));
    }
    for (what, found, expected) in
        [("line", first.line, example.line), ("column", first.column, example.column)]
    {
        if expected.is_some() && found != expected {
            return Err(format!("expected {what} {expected:?}, found {found:?}"));
        }
    }
    let severity = first.severity.name();
    if example.severity.as_deref().is_some_and(|expected| expected != severity) {
        return Err(format!("expected severity {:?}, found {severity:?}", example.severity));
    }
    if first.message.contains(['{', '}']) {
        return Err(format!("a place in the message is not filled: {}", first.message));
    }
    Ok(())
}

/// The findings of `rule` alone.
fn run(
    catalogue: &Catalogue,
    rule: &Rule,
    example: &Example,
    read: &dyn Fn(&str) -> io::Result<Vec<u8>>,
) -> Result<Vec<Finding>, String> {
    let named = example.facts.get("arch").into_iter().flat_map(|named| named.split_whitespace());
    let architectures = named.map(str::to_owned).collect();
    let targets = example.targets.clone();
    let mut oldest = example.facts.clone();
    oldest.remove("arch");
    let mut settings = Settings { targets, architectures, oldest, ..Settings::default() };
    if rule.opt_in {
        settings.severities.insert(rule.id.clone(), rule.severity);
    }
    let mut judge = Judge::new(catalogue, &settings);
    if let Some(verb) = example.change {
        let manifest = manifest_of(example);
        let paths = manifest.places().map(|place| manifest.path(place));
        judge.against(Changes::all(paths, verb.name()));
    }
    let bytes = example.content(read)?.unwrap_or_default();
    let at = Locator::parse("disc.iso");
    let location = Location { range: Some(0..bytes.len() as u64), ..Location::of(at.clone()) };
    let spot = Spot { at: &location, place: "slack", bytes: &bytes };
    let found = match &rule.matcher {
        Matcher::Detector(detector) => match detector.look {
            Look::Bytes(_) => judge.bytes(&rule.id, &spot).into_iter().collect(),
            Look::Change(_) => {
                let verb = example.change.ok_or("an example of a change needs `change`, a verb")?;
                judge.change(&rule.id, &Change::new(at, verb)).into_iter().collect()
            }
            Look::Gap(_) => {
                let kind = example.gap.as_deref().and_then(GapKind::named);
                let kind = kind.ok_or("an example of a gap needs `gap`, the kind of one")?;
                judge.gap(&rule.id, &Gap::new(at, kind, "why")).into_iter().collect()
            }
            Look::Waiver(_) => {
                let state = example.waiver.ok_or("an example of a waiver needs `waiver`")?;
                judge.waiver(&rule.id, state, "why", 0).into_iter().collect()
            }
            Look::Entry(_) | Look::EntryOn(_) => entry(&judge, example, &bytes)?,
            Look::Facts(_) | Look::Head(_) => facts(&judge, example),
            Look::Parsed(_) | Look::ParsedOn(_) => parsed(&judge, example, &bytes),
            Look::Joined(_) | Look::Listed(_) | Look::Link(_) => joined(&judge, example, read)?,
            Look::Name(_) | Look::NameOn(_) | Look::Meeting(_) => {
                let manifest = manifest_of(example);
                judge.names(&manifest, &Sight::of(&manifest, &settings))
            }
            Look::Reader => return Err("its examples run with the readers".into()),
        },
        Matcher::Facts(_) => facts(&judge, example),
        Matcher::Program => parsed(&judge, example, &bytes),
        _ => entry(&judge, example, &bytes)?,
    };
    Ok(found.into_iter().filter(|finding| finding.rule == rule.id).collect())
}

/// The findings of rules of cost `parse` in the content of an example.
fn parsed(judge: &Judge<'_>, example: &Example, bytes: &[u8]) -> Vec<Finding> {
    let name = example.name.as_deref().unwrap_or("example");
    parse(judge, name.as_bytes(), bytes, None, FIRST).findings
}

/// What rules of cost `parse` say of a content that has all its bytes.
fn parse(
    judge: &Judge<'_>,
    name: &[u8],
    bytes: &[u8],
    links: Option<&Links<'_>>,
    place: ContentPlace,
) -> Parsing {
    let mut parsing = Parsing::default();
    with_judged(judge, name, bytes, |judged| {
        if judge.wants_parse(judged) {
            let all = bytes;
            let there = if bytes.len() as u64 <= WHOLE { bytes.len() } else { HEAD as usize };
            let bytes = bytes.get(..there).unwrap_or_default();
            let forward = || -> io::Result<Box<dyn io::Read + Send>> {
                Ok(Box::new(io::Cursor::new(all.to_vec())))
            };
            let source = || -> io::Result<Arc<dyn Source>> { Ok(Arc::new(all.to_vec())) };
            let reopen = Reopen { forward: &forward, source: &source };
            parsing = judge.parse(judged, bytes, reopen, NOW);
            if let Some(links) = links {
                parsing.followed = links.follow(place, judged, bytes);
            }
        }
    });
    parsing
}

/// A content as the pass would find it.
fn with_judged(judge: &Judge<'_>, name: &[u8], bytes: &[u8], see: impl FnOnce(&Judged<'_>)) {
    let content = content_of(name, bytes);
    let path = Locator::root().view("").child(name, 0);
    see(&Judged {
        path: &path,
        name,
        class: content.class,
        approved: None,
        census: &content.census,
        literals: 0,
        declares_other: false,
        declared: Declared::Nothing,
        kind: inspect::text_kind(name, Declared::Nothing),
        format: content.format(),
        resource: None,
        targets: &judge.settings().targets,
        mode: None,
        owner: None,
    });
}

/// The findings about all the entries that an example gives.
fn joined(
    judge: &Judge<'_>,
    example: &Example,
    read: &dyn Fn(&str) -> io::Result<Vec<u8>>,
) -> Result<Vec<Finding>, String> {
    let mut example = example.clone();
    for entry in &mut example.entries {
        if let Some(file) = entry.file.take() {
            let bytes = read(&file).map_err(|error| format!("{file}: {error}"))?;
            let mut hex = String::new();
            for byte in bytes {
                let _ = write!(hex, "{byte:02x}");
            }
            entry.hex = Some(hex);
        }
    }
    let manifest = manifest_of(&example);
    let sight = Sight::of(&manifest, judge.settings());
    let mut notes: AllNotes = vec![Vec::new(); judge.rules().len()];
    let links = Links::new(judge, &manifest, &sight, false);
    let mut followed = Vec::new();
    let mut read_again = Vec::new();
    let entries = example.entries.iter().filter_map(|entry| Some((entry, entry.bytes()?)));
    for (number, (entry, bytes)) in entries.enumerate() {
        let content = ContentId(number as u32);
        let place = ContentPlace { container: ContainerId(0), volume: 0, content };
        let name = entry.path.rsplit('/').next().unwrap_or_default();
        let parsing = parse(judge, name.as_bytes(), &bytes, links.as_ref(), place);
        followed.push((place, parsing.followed));
        read_again.push((place, name, bytes));
        for (rule, of) in parsing.notes {
            if let Some(all) = notes.get_mut(rule) {
                all.extend(of.into_vec().into_iter().map(|note| Noted { place, note }));
            }
        }
    }
    let mut found = judge.join(&manifest, &sight, &notes);
    found.extend(judge.sums(&manifest, &sight, &notes, &|_| true, &mut |place, algorithm| {
        let (.., bytes) = read_again.get(place.content.0 as usize)?;
        algorithm.digest(&mut bytes.as_slice()).ok()
    }));
    if let Some(links) = links {
        let below = links.settle(&followed);
        for ((place, name, bytes), (_, of)) in read_again.iter().zip(&mut followed) {
            if below.contains(place) {
                with_judged(judge, name.as_bytes(), bytes, |judged| {
                    links.follow_below(*place, judged, bytes, of);
                });
            }
        }
        let places = links.places(&mut followed);
        for ((place, name, bytes), (_, of)) in read_again.iter().zip(&mut followed) {
            if places.broken().contains(place) {
                with_judged(judge, name.as_bytes(), bytes, |judged| {
                    links.again(*place, judged, bytes, &places, of);
                });
            }
        }
        links.bound(&mut followed);
        found.extend(followed.into_iter().flat_map(|(_, followed)| followed.findings));
        found.extend(links.entries(&sight, &places, true));
    }
    Ok(found)
}

/// The findings about the facts of the entries that an example gives.
fn facts(judge: &Judge<'_>, example: &Example) -> Vec<Finding> {
    let manifest = manifest_of(example);
    judge.entries(&manifest, &Sight::of(&manifest, judge.settings()), NOW, false)
}

fn entry(judge: &Judge<'_>, example: &Example, bytes: &[u8]) -> Result<Vec<Finding>, String> {
    let name = example.name.as_deref().unwrap_or("example");
    let resource = example.resource.as_deref().map(|kind| {
        kind.as_bytes().try_into().map_err(|_| format!("resource {kind:?}: expected four bytes"))
    });
    let case = Case {
        name: name.as_bytes(),
        bytes,
        declared: declared(example)?,
        resource: resource.transpose()?,
        approved: example.approved.as_deref().and_then(Class::named),
    };
    judge_case(judge, &case).map_err(|error| error.to_string())
}

fn declared(example: &Example) -> Result<Declared, String> {
    if example.resource.is_some() {
        return Ok(Declared::TextRecords("macintosh"));
    }
    match example.declared.as_deref() {
        None => Ok(Declared::Nothing),
        Some("utf-8") => Ok(Declared::Text("utf-8")),
        Some("macintosh") => Ok(Declared::Text("macintosh")),
        Some("binary") => Ok(Declared::Binary),
        Some(other) => {
            Err(format!("declared {other:?}: expected \"utf-8\", \"macintosh\" or \"binary\""))
        }
    }
}
