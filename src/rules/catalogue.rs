//! The catalogue: all rules that are built in, and those of a user.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::BUILT_IN;
use super::load::{LoadError, load};
use super::rule::Rule;
use super::targets::is_target;
use crate::model::Digest;

/// Rules in the order of their ids.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    rules: Vec<Rule>,
    /// From ids and aliases.
    by_name: HashMap<String, usize>,
}

impl Catalogue {
    /// The rules that are built in.
    ///
    /// # Panics
    /// If a built-in rule file is wrong, which `tests/rules.rs` rules out.
    pub fn built_in() -> &'static Self {
        static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
        CATALOGUE.get_or_init(|| {
            let files = BUILT_IN.iter().copied().filter(|(file, _)| !is_target(file));
            Self::of(files).unwrap_or_else(|errors| panic!("{}", errors[0]))
        })
    }

    /// Loads files, each a path (for messages) and its text. All errors are told, not the first.
    pub fn of<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Vec<LoadError>> {
        Self::default().with(files)
    }

    /// The same with more rules: those of a user's own folder.
    pub fn with<'a>(
        mut self,
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Vec<LoadError>> {
        let mut errors = Vec::new();
        for (file, text) in files {
            match load(file, text) {
                Ok(rule) => self.rules.push(rule),
                Err(error) => errors.push(error),
            }
        }
        self.rules.sort_by(|a, b| a.id.cmp(&b.id));
        self.by_name.clear();
        for (index, rule) in self.rules.iter().enumerate() {
            for name in std::iter::once(&rule.id).chain(&rule.aliases) {
                if let Some(other) = self.by_name.insert(name.clone(), index) {
                    let other = self.rules.get(other).map_or("", |rule| rule.file.as_str());
                    let message = format!("the id {name:?} is taken by {other}");
                    errors.push(LoadError { file: rule.file.clone(), line: 1, message });
                }
            }
        }
        if errors.is_empty() { Ok(self) } else { Err(errors) }
    }

    /// Every rule, in the order of the ids.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Rule> {
        self.rules.iter()
    }

    /// The rule of an id or alias.
    pub fn get(&self, name: &str) -> Option<&Rule> {
        self.by_name.get(name).and_then(|&index| self.rules.get(index))
    }

    /// What to say of an id that no rule has, with the ids that may have been meant.
    pub fn unknown(&self, name: &str) -> String {
        let ids: Vec<&str> = self.rules.iter().map(|rule| rule.id.as_str()).collect();
        let meant = super::near::did_you_mean(&ids, name);
        format!("no rule {name:?}{meant} (`premaster rules` lists all)")
    }

    /// BLAKE3 over the text of all rules, in the order of their ids: part of an approval, because
    /// another catalogue may judge otherwise.
    pub fn digest(&self) -> Digest {
        let texts: Vec<u8> = self.rules.iter().flat_map(|rule| rule.digest.0).collect();
        Digest::of(&texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
id = "house/no-eot"
title = "t"
severity = "error"
confidence = "high"
cost = "census"
since = "0.1.0"
why = "w"
remedy = "r"
references = ["x"]
match = { control = [0x04] }
message = "{name} at {offset}"
[[example]]
hit = true
hex = "04"
[[example]]
hit = false
text = "a"
"#;

    fn error(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from));
        let text = GOOD.replacen(from, to, 1);
        let errors = Catalogue::of([("mine.toml", text.as_str())]).expect_err("wrong");
        errors[0].to_string()
    }

    #[test]
    fn errors_name_file_line_and_what_was_expected() {
        assert!(Catalogue::of([("mine.toml", GOOD)]).is_ok());
        for (from, to, expected) in [
            ("since", "sinse", "mine.toml:7: unknown field `sinse`"),
            ("no-eot", "No_EOT", "mine.toml:2: expected an id such as"),
            ("\"error\"", "\"fatal\"", "mine.toml:4: unknown variant `fatal`"),
            ("{name}", "{nmae}", "mine.toml:12: expected one of {offset}"),
            ("[0x04]", "[0x0a]", "mine.toml:11: 0x0a: expected 0x00 to 0x1f"),
            ("control", "controls", "mine.toml:11: unknown field `controls`"),
            (
                "since",
                "severity_on = { widows = \"note\" }\nsince",
                "mine.toml:7: no target \"widows\"; did you mean windows?",
            ),
            ("hex = \"04\"", "hex = \"04\"\ntargets = [\"x\"]", "mine.toml:13: no target \"x\""),
            ("\"04\"", "\"0\"", "mine.toml:13: \"0\" is not hex"),
            ("hit = false", "hit = true", "mine.toml:2: expected an example with hit = false"),
            ("\"census\"", "\"parse\"", "mine.toml:6: expected cost = \"census\""),
            ("match = { control = [0x04] }", "detector = \"x\"", "mine.toml:11: no detector \"x\""),
            (
                "match = { control = [0x04] }",
                "",
                "mine.toml:2: expected either `match` or `detector`",
            ),
            (
                "control = [0x04]",
                "code-points = [\"U+0041\"]",
                "mine.toml:11: expected ranges such as",
            ),
        ] {
            let told = error(from, to);
            assert!(told.starts_with(expected), "{told}");
        }
    }

    #[test]
    fn an_id_is_given_once() {
        let twice = Catalogue::of([("a.toml", GOOD), ("b.toml", GOOD)]);
        let errors = twice.expect_err("twice");
        assert_eq!(errors[0].to_string(), "b.toml:1: the id \"house/no-eot\" is taken by a.toml");
    }
}
