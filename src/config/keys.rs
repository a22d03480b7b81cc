//! Every setting with what holds without it: for `config show`, which tells where each value comes
//! from, and for the file that `init` writes.

use std::fmt::Write as _;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::{Config, ConfigError, OwnRules, RULES_FOLDER};

/// A setting.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its table.
    pub table: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What holds without it, as TOML; empty if that is no value.
    pub default: &'static str,
    /// What it says.
    pub about: &'static str,
    /// A value to show what it looks like, as TOML.
    pub example: &'static str,
}

/// The settings that have names of their own, table by table.
pub const KEYS: &[Key] = &[
    Key {
        table: "release",
        name: "targets",
        default: "[]",
        about: "platforms that the release is for, as `premaster targets` lists them",
        example: "[\"windows\", \"macos\"]",
    },
    Key {
        table: "release",
        name: "bind",
        default: "{}",
        about: "what a target judges, by locators, instead of the views that it reads",
        example: "{ windows = [\"PC/**\"] }",
    },
    Key {
        table: "release",
        name: "oldest",
        default: "{}",
        about: "the oldest system that it is for; without it whatever its targets can be",
        example: "{ glibc = \"2.31\", java = \"17\" }",
    },
    Key {
        table: "compare",
        name: "normalize",
        default: "[]",
        about: "noise to ignore: mtime, atime, owner, packing, order",
        example: "[\"atime\"]",
    },
    Key {
        table: "compare",
        name: "host",
        default: "false",
        about: "whether dates, owners and umask bits of a folder count, too",
        example: "true",
    },
    Key {
        table: "limits",
        name: "decoded",
        default: "",
        about: "what packed contents may unpack to in all; without it 1GiB and 200 times the artifact",
        example: "\"64GiB\"",
    },
    Key {
        table: "links",
        name: "root",
        default: "",
        about: "the folder that is a site; without it a tree with an index page",
        example: "\"public\"",
    },
    Key {
        table: "links",
        name: "base",
        default: "",
        about: "the path below which the host serves the site; without it what the pages tell",
        example: "\"/project\"",
    },
    Key {
        table: "suppress",
        name: "allow",
        default: "[]",
        about: "texts in which a comment `premaster: allow RULE -- reason` counts",
        example: "[\"src/**\"]",
    },
];

/// What to add to the parser's word of a field that another table has: `; it belongs in [release]`.
pub(super) fn belongs(message: &str) -> Option<String> {
    let found = message.strip_prefix("unknown field `")?.split('`').next()?;
    let key = KEYS.iter().find(|key| key.name == found)?;
    Some(format!("; it belongs in [{}]", key.table))
}

/// Tables whose keys are rules, or that are lists.
const OPEN: [&str; 2] = ["rules", "waiver"];

/// The settings in force as TOML, each with where it comes from.
///
/// # Errors
/// A file that cannot be read any more.
pub fn show(config: &Config) -> Result<String, ConfigError> {
    let mut out = String::new();
    let file = config.file.as_deref();
    let text = file.map_or(Ok(String::new()), |file| {
        let fail = |error: std::io::Error| ConfigError {
            file: file.to_path_buf(),
            line: None,
            message: error.to_string(),
        };
        std::fs::read_to_string(file).map_err(fail)
    })?;
    let said = DeTable::parse(&text).map(toml::Spanned::into_inner).unwrap_or_default();
    let shown = |path: &Path| path.display().to_string();
    let _ = match file {
        Some(file) => writeln!(out, "# {}", shown(file)),
        None => writeln!(out, "# no premaster.toml from here upward: all of it is by default"),
    };
    let name = file.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_default();
    let line_of = |at: usize| text.get(..at).map_or(0, |before| before.matches('\n').count()) + 1;
    let mut table = "";
    for key in KEYS {
        if key.table != table {
            table = key.table;
            let _ = writeln!(out, "\n[{table}]");
        }
        let of_table = said.get(table).and_then(|value| value.get_ref().as_table());
        let value = of_table.and_then(|of| of.get(key.name));
        let (said, from) = match value {
            Some(value) => (
                format!("{} = {}", key.name, written(&text, value)),
                format!("{name}:{}", line_of(value.span().start)),
            ),
            None if key.default.is_empty() => (format!("# {}", key.name), key.about.to_owned()),
            None => (format!("{} = {}", key.name, key.default), "default".to_owned()),
        };
        let _ = writeln!(out, "{said:<40} # {from}");
    }
    for table in OPEN {
        let Some(value) = said.get(table) else { continue };
        match value.get_ref() {
            DeValue::Table(rules) => {
                let _ = writeln!(out, "\n[{table}]");
                for (id, value) in rules {
                    let said = format!("\"{}\" = {}", id.get_ref(), written(&text, value));
                    let line = line_of(id.span().start);
                    let _ = writeln!(out, "{said:<40} # {name}:{line}");
                }
            }
            DeValue::Array(list) => {
                for waiver in list {
                    let line = line_of(waiver.span().start);
                    let _ = writeln!(out, "\n[[{table}]] # {name}:{line}");
                    for (key, value) in waiver.get_ref().as_table().into_iter().flatten() {
                        let _ = writeln!(out, "{} = {}", key.get_ref(), written(&text, value));
                    }
                }
            }
            _ => {}
        }
    }
    if let Some(OwnRules { folder, files }) = &config.own {
        let _ = writeln!(out, "\n# {}: {} of your own", shown(folder), rules(files.len()));
    }
    Ok(out)
}

fn rules(n: usize) -> String {
    if n == 1 { "1 rule".to_owned() } else { format!("{n} rules") }
}

/// A value in one line, as it is written in the file.
fn written(text: &str, value: &toml::Spanned<DeValue<'_>>) -> String {
    match value.get_ref() {
        // A table of its own section: its parts stand apart in the file.
        DeValue::Table(table) => {
            let parts = table.iter().map(|(key, value)| {
                let name = key.get_ref();
                let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
                let name = if plain { name.to_string() } else { format!("{:?}", name.as_ref()) };
                format!("{name} = {}", written(text, value))
            });
            format!("{{ {} }}", parts.collect::<Vec<_>>().join(", "))
        }
        DeValue::Array(list) => {
            let parts: Vec<_> = list.iter().map(|value| written(text, value)).collect();
            format!("[{}]", parts.join(", "))
        }
        _ => text.get(value.span()).unwrap_or_default().to_owned(),
    }
}

/// What a first file holds: every setting with what it says, and the values that were found.
/// `found` are names of settings, as `release.targets`, their values as TOML, and why.
pub fn template(found: &[(&str, String, String)]) -> String {
    let mut out = String::from(
        "# What premaster is told about this release. All of it is optional; `premaster config show`\n\
         # tells what holds. https://github.com/premaster/premaster/blob/main/docs/configuration.md\n",
    );
    let mut table = "";
    for key in KEYS {
        if key.table != table {
            table = key.table;
            let _ = writeln!(out, "\n[{table}]");
        }
        let _ = writeln!(out, "# {}", key.about);
        let id = format!("{table}.{}", key.name);
        let _ = match found.iter().find(|(name, ..)| *name == id) {
            Some((_, value, why)) => writeln!(out, "{} = {value}   # {why}", key.name),
            None => writeln!(out, "# {} = {}", key.name, key.example),
        };
    }
    let _ = writeln!(
        out,
        "\n# off, note, warning or error; ids and globs of them, as `premaster rules` lists them\n\
         [rules]\n# \"text/bell\" = \"error\"\n\n\
         # A finding that somebody accepts, for a time.\n\
         # [[waiver]]\n# rule = \"text/escape\"\n# path = \"docs/**.ans\"\n# reason = \"terminal art\"\n\
         # owner = \"ada\"\n# expires = 2027-01-31\n\n\
         # Rules of your own are the files {RULES_FOLDER}/**/*.toml beside this file."
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::schema;

    #[test]
    fn every_setting_is_a_key() {
        let schema = schema();
        let tables = schema["properties"].as_object().expect("tables");
        let mut known = Vec::new();
        for (table, of) in tables {
            if OPEN.contains(&table.as_str()) {
                continue;
            }
            let names = of["properties"].as_object().expect("settings");
            known.extend(names.keys().map(|name| format!("{table}.{name}")));
        }
        let mut keys: Vec<_> =
            KEYS.iter().map(|key| format!("{}.{}", key.table, key.name)).collect();
        keys.sort_unstable();
        known.sort_unstable();
        assert_eq!(keys, known);
    }

    #[test]
    fn a_first_file_holds_as_it_is_and_with_every_example() {
        let found = [("release.targets", "[\"windows\"]".to_owned(), "found".to_owned())];
        let text = template(&found);
        let config = Config::parse(&text, Path::new("premaster.toml")).expect("right");
        assert_eq!(config.targets, ["windows"]);
        let whole: String = template(&[])
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(rest) if rest.contains(" = ") || rest.starts_with("[[") => format!("{rest}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        let config = Config::parse(&whole, Path::new("premaster.toml")).expect("right");
        assert_eq!((config.waivers.len(), config.rules.len(), config.host), (1, 1, true));
        // Every default is as good as nothing.
        let mut defaults = String::new();
        for key in KEYS.iter().filter(|key| !key.default.is_empty()) {
            let _ = writeln!(defaults, "{}.{} = {}", key.table, key.name, key.default);
        }
        let config = Config::parse(&defaults, Path::new("premaster.toml")).expect("right");
        assert_eq!((config.targets.len(), config.host, config.suppress.allow.len()), (0, false, 0));
    }
}
