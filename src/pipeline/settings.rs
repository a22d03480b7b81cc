//! From what a person configured and asked to what the judge goes by.

use std::borrow::Cow;

use super::{Failure, Request};
use crate::config::{Config, ConfigError, RuleSetting};
use crate::engine::Settings;
use crate::model::glob_matches;
use crate::rules::program::version_of;
use crate::rules::{Catalogue, Targets};

/// The rules that are built in and those of the user's own folder, as the settings change them.
pub fn catalogue(config: &Config) -> Result<Cow<'static, Catalogue>, Failure> {
    let mut all = Cow::Borrowed(Catalogue::built_in());
    if let Some(own) = &config.own {
        let files: Vec<_> = own.files.iter().map(|(file, text)| (&**file, &**text)).collect();
        let loaded = Catalogue::built_in().with(&files).map_err(|mut errors| {
            for error in &mut errors {
                error.file = own.path(&error.file).display().to_string();
            }
            Failure::Rules(errors)
        })?;
        all = Cow::Owned(loaded);
    }
    for setting in config.rules.iter().filter(|setting| !setting.instead.is_empty()) {
        let wrong = |line, message| {
            let file = config.file.clone().unwrap_or_default();
            Failure::Config(ConfigError { file, line: Some(line), message })
        };
        if setting.is_glob() {
            let message = "`scope`, `match`, `except` and `when` are for one rule, not for a glob";
            let line = setting.lines.first().map_or(setting.line, |(_, line)| *line);
            return Err(wrong(line, message.to_owned()));
        }
        let tuned = |instead: &toml::Table| all.tuned(&setting.id, &instead.to_string());
        let tuned = tuned(&setting.instead).map_err(|message| {
            wrong(setting.line_of_wrong(|others| tuned(others).is_ok()), message)
        })?;
        all = Cow::Owned(tuned);
    }
    Ok(all)
}

/// What the judge goes by.
pub(super) fn settings(request: &Request, catalogue: &Catalogue) -> Result<Settings, Failure> {
    let config = &request.config;
    let mut targets = config.targets.clone();
    targets.extend(request.targets.iter().cloned());
    targets.sort();
    targets.dedup();
    if let Some(unknown) = targets.iter().find(|name| Targets::built_in().get(name).is_none()) {
        return Err(no_target(request, unknown));
    }
    if let Some(unknown) = config.bound.keys().find(|name| !targets.contains(name)) {
        let message = if Targets::built_in().get(unknown).is_none() {
            Targets::built_in().unknown(unknown)
        } else {
            format!("[release.bind] names {unknown:?}, which is none of the targets")
        };
        return Err(wrong_config(config, unknown, message));
    }
    let targets_of = Targets::built_in();
    for (name, version) in &config.oldest {
        let target = targets.contains(name).then(|| targets_of.get(name)).flatten();
        let is_known = matches!(name.as_str(), "glibc" | "java")
            || target.is_some_and(|target| target.binaries.has_versions());
        let message = if !is_known {
            format!(
                "[release.oldest] names {name:?}: expected glibc, java, or one of the targets whose \
                 programs ask for a version of the system"
            )
        } else if version_of(version).is_none() {
            format!(
                "[release.oldest] {name}: expected a version such as \"12.0\", found {version:?}"
            )
        } else {
            continue;
        };
        return Err(wrong_config(config, name, message));
    }
    let mut settings = Settings {
        targets,
        bound: config.bound.clone(),
        architectures: request.architectures.clone(),
        oldest: config.oldest.clone(),
        cost: request.cost,
        link_root: config.link_root.clone(),
        link_base: config.link_base.clone(),
        encoding: config.encoding,
        ..Settings::default()
    };
    for setting in &config.rules {
        apply(&mut settings, setting, catalogue)
            .map_err(|message| wrong_config(config, &setting.id, message))?;
    }
    let waived = config.waivers.iter().map(|waiver| waiver.rule.as_str());
    let mut waived = waived.filter(|id| *id != "gap" && catalogue.get(id).is_none());
    match waived.next() {
        Some(id) => Err(wrong_config(config, id, catalogue.unknown(id))),
        None => Ok(settings),
    }
}

/// Says of each rule that is meant what the setting says; what was said before gives way.
fn apply(
    settings: &mut Settings,
    setting: &RuleSetting,
    catalogue: &Catalogue,
) -> Result<(), String> {
    let meant: Vec<&str> = if setting.is_glob() {
        let ids = catalogue.iter().map(|rule| rule.id.as_str());
        ids.filter(|id| glob_matches(&setting.id, id)).collect()
    } else {
        catalogue.get(&setting.id).map(|rule| rule.id.as_str()).into_iter().collect()
    };
    if meant.is_empty() {
        return Err(catalogue.unknown(&setting.id));
    }
    for id in meant {
        if let Some(level) = setting.level {
            settings.disabled.remove(id);
            settings.severities.remove(id);
            match level.severity() {
                Some(severity) => settings.severities.extend([(id.to_owned(), severity)]),
                None => settings.disabled.extend([id.to_owned()]),
            }
        }
        if !setting.paths.is_empty() {
            let globs = settings.by_path.entry(id.to_owned()).or_default();
            for (glob, level) in &setting.paths {
                globs.retain(|(known, _)| known != glob);
                globs.push((glob.clone(), level.severity()));
            }
        }
    }
    Ok(())
}

/// A mistake in the settings, on the line that names `word`.
fn wrong_config(config: &Config, word: &str, message: String) -> Failure {
    Failure::Config(ConfigError {
        file: config.file.clone().unwrap_or_default(),
        line: config.lines.get(word).copied(),
        message,
    })
}

/// A target that is not there: a mistake in the settings or in the arguments.
fn no_target(request: &Request, name: &str) -> Failure {
    let message = Targets::built_in().unknown(name);
    if request.config.targets.iter().any(|target| target == name) {
        return wrong_config(&request.config, name, message);
    }
    Failure::Usage(message)
}
