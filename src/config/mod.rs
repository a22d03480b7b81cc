//! Settings: `premaster.toml`, from `--config` or found from the working directory upward, never
//! from inside the artifact; and the user's own rules beside it.

pub mod keys;
mod own;
mod rules;
mod schema;
mod size;
mod suppress;
mod waiver;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::model::Digest;
use crate::rules::near::hint;

pub use own::{OwnRules, RULES_FOLDER};
pub use rules::{Level, RuleSetting};
pub use schema::schema;
pub use size::parse_size;
pub use suppress::Suppress;
pub use waiver::Waiver;

/// The name of the file.
pub const FILE_NAME: &str = "premaster.toml";

/// All settings, from the file or by default.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Where they come from; `None` for the defaults.
    pub file: Option<PathBuf>,
    /// Targets of the release.
    pub targets: Vec<String>,
    /// Globs of locators that a target is bound to, by its name.
    pub bound: BTreeMap<String, Vec<String>>,
    /// The oldest system that the release is for: versions by the name of a target, `glibc` or `java`.
    pub oldest: BTreeMap<String, String>,
    /// Names of normalizers.
    pub normalize: Vec<String>,
    /// Whether dates, owners and umask bits of a plain folder count.
    pub host: bool,
    /// What is said of rules, globs over ids first, the longer ones later.
    pub rules: Vec<RuleSetting>,
    /// Where comments may suppress findings.
    pub suppress: Suppress,
    /// What is accepted, by whom and why.
    pub waivers: Vec<Waiver>,
    /// The encoding of texts whose encoding nothing declares: a WHATWG label.
    pub encoding: Option<&'static str>,
    /// The folder of the artifact that is the root of a site, as a locator.
    pub link_root: Option<String>,
    /// The path below which a host serves the site.
    pub link_base: Option<String>,
    /// Bytes that packed contents may decode to in all, if not the default.
    pub decoded: Option<u64>,
    /// The user's own rules, not loaded yet.
    pub own: Option<OwnRules>,
    /// BLAKE3 of the file.
    pub digest: Option<Digest>,
    /// Lines on which rules, targets and normalizers are named, for messages about them.
    pub lines: BTreeMap<String, usize>,
}

/// What is wrong with the settings, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// Line, from 1, if it is known.
    pub line: Option<usize>,
    /// What was found and what was expected.
    pub message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for ConfigError {}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Table {
    release: Release,
    compare: Compare,
    limits: Limits,
    rules: BTreeMap<toml::Spanned<String>, rules::Value>,
    suppress: Suppress,
    links: Links,
    waiver: Vec<toml::Spanned<waiver::Table>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Release {
    targets: Vec<toml::Spanned<String>>,
    bind: BTreeMap<toml::Spanned<String>, Vec<String>>,
    oldest: BTreeMap<toml::Spanned<String>, String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Compare {
    normalize: Vec<toml::Spanned<String>>,
    host: bool,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Limits {
    decoded: Option<toml::Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Links {
    root: Option<String>,
    base: Option<toml::Spanned<String>>,
}

impl Config {
    /// The settings of `file`, or of the nearest `premaster.toml` from `folder` upward, or the
    /// defaults.
    pub fn load(file: Option<&Path>, folder: &Path) -> Result<Self, ConfigError> {
        let found = match file {
            Some(file) => Some(file.to_path_buf()),
            None => folder.ancestors().map(|at| at.join(FILE_NAME)).find(|path| path.is_file()),
        };
        let Some(file) = found else {
            // Without settings, the nearest rules count.
            for folder in folder.ancestors() {
                if let Some(own) = OwnRules::beside(folder)? {
                    return Ok(Self { own: Some(own), ..Self::default() });
                }
            }
            return Ok(Self::default());
        };
        let text = std::fs::read_to_string(&file).map_err(|error| ConfigError {
            file: file.clone(),
            line: None,
            message: error.to_string(),
        })?;
        let config = Self::parse(&text, &file)?;
        let beside = file.parent().unwrap_or(Path::new(""));
        Ok(Self { own: OwnRules::beside(beside)?, ..config })
    }

    /// The settings or the rules in a folder, if there are any.
    pub fn within(folder: &Path) -> Option<PathBuf> {
        [FILE_NAME, RULES_FOLDER].map(|name| folder.join(name)).into_iter().find(|at| at.exists())
    }

    /// Parses the text of `file`.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        let line_of =
            |start: usize| text.get(..start).map_or(0, |before| before.matches('\n').count()) + 1;
        let fail = |line, message: String| ConfigError { file: file.to_path_buf(), line, message };
        let table: Table = toml::from_str(text).map_err(|error| {
            let mut message = error.message().lines().collect::<Vec<_>>().join("; ");
            message += &keys::belongs(&message).unwrap_or_else(|| hint(&message));
            fail(error.span().map(|span| line_of(span.start)), message)
        })?;
        let mut config =
            Self { file: Some(file.to_path_buf()), host: table.compare.host, ..Self::default() };
        config.digest = Some(Digest::of(text.as_bytes()));
        config.link_root = table.links.root;
        if let Some(base) = table.links.base {
            let path = base.get_ref();
            if !path.starts_with('/') || path.starts_with("//") {
                let line = Some(line_of(base.span().start));
                return Err(fail(line, format!("`{path}` is no path on a host: it begins with /")));
            }
            config.link_base = Some(base.into_inner());
        }
        for name in table.release.targets {
            config.lines.insert(name.get_ref().clone(), line_of(name.span().start));
            config.targets.push(name.into_inner());
        }
        for (name, globs) in table.release.bind {
            config.lines.entry(name.get_ref().clone()).or_insert(line_of(name.span().start));
            config.bound.insert(name.into_inner(), globs);
        }
        for (name, version) in table.release.oldest {
            config.lines.insert(name.get_ref().clone(), line_of(name.span().start));
            config.oldest.insert(name.into_inner(), version);
        }
        if let Some(size) = table.limits.decoded {
            let line = line_of(size.span().start);
            let wrong = |message| fail(Some(line), format!("[limits] decoded: {message}"));
            config.decoded = Some(parse_size(size.get_ref()).map_err(wrong)?);
        }
        for name in table.compare.normalize {
            config.lines.insert(name.get_ref().clone(), line_of(name.span().start));
            config.normalize.push(name.into_inner());
        }
        for (id, value) in table.rules {
            let (line, id) = (line_of(id.span().start), id.into_inner());
            config.lines.insert(id.clone(), line);
            config.rules.push(RuleSetting::of(id, value, line, &line_of));
        }
        config.rules.sort_by_key(|setting| (!setting.is_glob(), setting.id.len()));
        config.suppress = table.suppress;
        for waiver in table.waiver {
            let line = line_of(waiver.span().start);
            let waiver =
                Waiver::of(waiver.into_inner()).map_err(|message| fail(Some(line), message))?;
            config.lines.entry(waiver.rule.clone()).or_insert(line);
            config.waivers.push(waiver);
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_file_line_and_what_was_expected() {
        let parse = |text: &str| Config::parse(text, Path::new("premaster.toml"));
        let error = parse("[compare]\nnormalise = []\n").expect_err("a spelling mistake");
        let text = error.to_string();
        assert!(text.starts_with("premaster.toml:2: unknown field `normalise`"), "{text}");
        let error = parse("\n[rules]\n\"text/bell\" = \"loud\"\n").expect_err("no such level");
        assert_eq!(error.line, Some(3));
        for (text, expected) in [
            ("[rules]\n\"a/b\" = \"warnig\"", "premaster.toml:2: unknown variant `warnig`"),
            (
                "[rules]\n\"a/b\" = 3",
                "premaster.toml:2: invalid type: integer `3`, expected off, note,",
            ),
            ("[rules.\"a/b\"]\nseverty = \"off\"", "premaster.toml:2: unknown field `severty`"),
            ("[rules.'a/b']\nwhen = ''\nexcept = 3", "premaster.toml:3: invalid type: integer `3`"),
            (
                "[rules.'a/b'.paths]\n'a' = 'off'\n'b' = 'of'",
                "premaster.toml:3: unknown variant `of`",
            ),
            ("[supress]\n", "premaster.toml:1: unknown field `supress`"),
        ] {
            let told = parse(text).expect_err("wrong").to_string();
            assert!(told.starts_with(expected), "{told}");
        }
        assert!(
            parse("[supress]\n").expect_err("wrong").message.ends_with("did you mean suppress?")
        );
        for (text, table) in [("targets = []", "release"), ("[compare]\nroot = \"a\"", "links")] {
            let told = parse(text).expect_err("in the wrong table").message;
            assert!(told.ends_with(&format!("; it belongs in [{table}]")), "{told}");
        }
        let config = parse("[rules]\n\"text/bell\" = \"off\"\n").expect("right");
        assert_eq!(config.rules.first().map(|rule| rule.level), Some(Some(Level::Off)));
        assert_eq!(config.lines.get("text/bell"), Some(&2));
    }
}
