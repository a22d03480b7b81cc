//! Rule files: TOML, every key known, every value checked; an error names file, line and what was
//! expected. Rules of a user's own folder go the same way as those that are built in.

mod examples;
mod inherit;
mod pattern;
mod place;

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;
use toml::de::DeTable;

use self::examples::check_examples;
use self::pattern::{MatchTable, ScopeTable, is_of_facts, matcher, scope, when};
use super::example::Example;
use super::fix::Fix;
use super::name_glob::NameGlob;
use super::rule::{Cost, Matcher, PLACEHOLDERS, Rule};
use super::targets::Targets;
use crate::model::{Confidence, Digest, Severity, TextKind};

pub(super) use self::inherit::Parents;
pub use self::inherit::has_examples;
pub use self::place::LoadError;
pub(super) use self::place::Place;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    id: Spanned<String>,
    extends: Option<String>,
    #[serde(default)]
    overrides: bool,
    #[serde(default)]
    aliases: Vec<Spanned<String>>,
    title: Spanned<String>,
    severity: Severity,
    #[serde(default)]
    severity_in: BTreeMap<TextKind, Severity>,
    #[serde(default)]
    severity_on: BTreeMap<Spanned<String>, Severity>,
    #[serde(default)]
    severity_below: BTreeMap<String, Severity>,
    confidence: Confidence,
    cost: Spanned<Cost>,
    since: String,
    #[serde(default, rename = "opt-in")]
    opt_in: bool,
    scope: Option<Spanned<ScopeTable>>,
    why: Spanned<String>,
    remedy: Spanned<String>,
    references: Spanned<Vec<String>>,
    fix: Option<Fix>,
    #[serde(default, rename = "fix-names")]
    fix_names: Option<Spanned<Vec<NameGlob>>>,
    #[serde(rename = "match")]
    pattern: Option<Spanned<MatchTable>>,
    when: Option<Spanned<String>>,
    detector: Option<Spanned<String>>,
    except: Option<Spanned<Vec<String>>>,
    message: Option<Spanned<String>>,
    #[serde(default)]
    example: Vec<Spanned<Example>>,
}

/// Reads the text of a rule file, which may extend one of `parents`.
pub(super) fn load<'a>(
    file: &'a str,
    text: &'a str,
    parents: &Parents<'a>,
) -> Result<Rule, LoadError> {
    let place = Place { file, text };
    let (table, extended) = inherit::table(&place, parents)?;
    rule_of(&place, table, &extended)
}

/// The rule of a file with `instead` in the place of what it says. The error names no file: what is
/// wrong is in the settings.
pub(super) fn tuned<'a>(
    file: &'a str,
    text: &'a str,
    instead: &'a str,
    parents: &Parents<'a>,
) -> Result<Rule, String> {
    let place = Place { file, text };
    let (below, mut texts) = inherit::table(&place, parents).map_err(|error| error.message)?;
    let mut table = DeTable::parse(instead).map_err(|error| error.message().to_owned())?;
    inherit::overlay(table.get_mut(), below.into_inner());
    texts.push(instead);
    rule_of(&place, table, &texts).map_err(|error| error.message)
}

fn rule_of(
    place: &Place<'_>,
    table: Spanned<DeTable<'_>>,
    extended: &[&str],
) -> Result<Rule, LoadError> {
    let Place { file, text } = *place;
    let raw = match RuleFile::deserialize(toml::Deserializer::from(table)) {
        Ok(raw) => raw,
        Err(error) => return place.refuse(&error),
    };
    check_id(place, &raw.id)?;
    for alias in &raw.aliases {
        check_id(place, alias)?;
    }
    for filled in [&raw.title, &raw.why, &raw.remedy] {
        if filled.get_ref().trim().is_empty() {
            return place.error(filled.span().start, "expected a text, found none");
        }
    }
    if raw.title.get_ref().contains('\n') {
        return place.error(raw.title.span().start, "expected a title of one line");
    }
    if raw.references.get_ref().is_empty() {
        return place.error(raw.references.span().start, "expected at least one reference");
    }
    for target in raw.severity_on.keys() {
        if Targets::built_in().get(target.get_ref()).is_none() {
            let unknown = Targets::built_in().unknown(target.get_ref());
            return place.error(target.span().start, unknown);
        }
    }
    let matcher = matcher(place, &raw)?;
    let when = when(place, raw.when.as_ref(), &matcher)?;
    let scope = scope(place, raw.scope.as_ref(), &matcher)?;
    let expected = match &matcher {
        Matcher::Detector(_) => None,
        Matcher::Literals { literals, .. } if literals.is_empty() => Some((
            Cost::Parse,
            "\"parse\": an expression that begins with no literal reads every text in scope again",
        )),
        Matcher::Program => {
            Some((Cost::Parse, "\"parse\": the tables of programs are read for the condition"))
        }
        Matcher::Literals { .. } => {
            Some((Cost::Literal, "\"literal\": `literals` are looked for in the pass"))
        }
        _ => Some((Cost::Census, "\"census\": the census tells what a `match` may hit")),
    };
    if let Some((_, why)) = expected.filter(|(cost, _)| raw.cost.get_ref() != cost) {
        return place.error(raw.cost.span().start, format!("expected cost = {why}"));
    }
    let of_facts = is_of_facts(&matcher);
    let of_names = matches!(&matcher, Matcher::Detector(detector) if detector.look.is_of_names());
    if let Some(except) = raw.except.as_ref().filter(|_| !of_names) {
        return place.error(except.span().start, "`except` is for detectors of names");
    }
    if let Some(names) = &raw.fix_names
        && (raw.fix != Some(Fix::Remove) || names.get_ref().is_empty())
    {
        return place.error(names.span().start, "`fix-names` names files for fix = \"remove\"");
    }
    check_examples(place, &raw, of_names, of_facts)?;
    let message = match &raw.message {
        Some(message) => {
            check_message(place, message)?;
            message.get_ref().clone()
        }
        None => "{detail}".to_owned(),
    };
    let at = place.line_and_column(raw.id.span().start);
    Ok(Rule {
        id: raw.id.into_inner(),
        extends: raw.extends,
        aliases: raw.aliases.into_iter().map(Spanned::into_inner).collect(),
        title: raw.title.into_inner(),
        severity: raw.severity,
        severity_in: raw.severity_in,
        severity_below: raw.severity_below,
        severity_on: raw.severity_on.into_iter().map(|(name, s)| (name.into_inner(), s)).collect(),
        confidence: raw.confidence,
        cost: raw.cost.into_inner(),
        since: raw.since,
        opt_in: raw.opt_in,
        scope,
        why: raw.why.into_inner(),
        remedy: one_line(raw.remedy.get_ref()),
        references: raw.references.into_inner(),
        fix: raw.fix,
        fix_names: raw.fix_names.map(Spanned::into_inner).unwrap_or_default(),
        matcher,
        when,
        except: raw.except.map(Spanned::into_inner).unwrap_or_default(),
        message,
        examples: raw.example.into_iter().map(Spanned::into_inner).collect(),
        file: file.to_owned(),
        digest: match extended {
            [] => Digest::of(text.as_bytes()),
            extended => Digest::of([&[text], extended].concat().join("\0").as_bytes()),
        },
        at,
        overrides: raw.overrides,
        own: false,
    })
}

/// Text that a file wraps as it likes.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn check_id(place: &Place<'_>, id: &Spanned<String>) -> Result<(), LoadError> {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && !part.ends_with('-')
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    match id.get_ref().split_once('/') {
        Some((family, name)) if part(family) && part(name) => Ok(()),
        _ => place.error(
            id.span().start,
            format!("expected an id such as \"text/eot-at-end\", found {:?}", id.get_ref()),
        ),
    }
}

fn check_message(place: &Place<'_>, message: &Spanned<String>) -> Result<(), LoadError> {
    let mut rest = message.get_ref().as_str();
    while let Some((_, after)) = rest.split_once('{') {
        let name = after.split_once('}').map(|(name, _)| name);
        match name {
            Some(name) if PLACEHOLDERS.contains(&name) => rest = &after[name.len() + 1..],
            _ => {
                let known = PLACEHOLDERS.join("}, {");
                return place.error(
                    message.span().start,
                    format!("expected one of {{{known}}} after \"{{\""),
                );
            }
        }
    }
    Ok(())
}
