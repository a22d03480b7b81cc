//! The catalogue: all rules that are built in, and those of a user.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::BUILT_IN;
use super::load::{self, LoadError, Parents, load};
use super::rule::Rule;
use super::targets::is_target;
use crate::model::Digest;

/// Rules in the order of their ids.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    rules: Vec<Rule>,
    /// From ids and aliases.
    by_name: HashMap<String, usize>,
    /// Files of the user's own rules, each with its text.
    own: Vec<(String, String)>,
}

/// Loads files, any of which may extend another, or a rule of `base`.
fn load_all(files: &[(&str, &str)], base: &Catalogue) -> (Vec<Rule>, Vec<LoadError>) {
    let parents = Parents::new(base, files);
    let (mut rules, mut errors) = (Vec::new(), Vec::new());
    for (file, text) in files {
        match load(file, text, &parents) {
            Ok(rule) => rules.push(rule),
            Err(error) => errors.push(error),
        }
    }
    (rules, errors)
}

fn error_at(rule: &Rule, message: String) -> LoadError {
    let (line, column) = rule.at;
    LoadError { file: rule.file.clone(), line, column, message }
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
        let files: Vec<_> = files.into_iter().collect();
        let none = Self::default();
        let (rules, errors) = load_all(&files, &none);
        Self::default().join(rules, errors)
    }

    /// The rule of one file alone, which may extend what is built in, and `others`.
    pub fn alone<'a>(
        file: &'a str,
        text: &'a str,
        others: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Vec<LoadError>> {
        let others = others.into_iter().filter(|(_, other)| *other != text);
        let files: Vec<_> = std::iter::once((file, text)).chain(others).collect();
        let rule = load(file, text, &Parents::new(Self::built_in(), &files));
        rule.map_err(|error| vec![error])
            .and_then(|rule| Self::default().join(vec![rule], Vec::new()))
    }

    /// The same with more rules: those of a user's own folder. They may extend rules that are there,
    /// and take the place of those whose id they have if they say so.
    pub fn with(&self, files: &[(&str, &str)]) -> Result<Self, Vec<LoadError>> {
        let (mut rules, mut errors) = load_all(files, self);
        let mut all = self.clone();
        for rule in &mut rules {
            rule.own = true;
            if !rule.overrides {
                continue;
            }
            if self.get(&rule.id).is_some_and(|other| other.id == rule.id) {
                all.rules.retain(|other| other.id != rule.id);
            } else {
                let message = format!("`overrides`: {}", self.unknown(&rule.id));
                errors.push(error_at(rule, message));
            }
        }
        all.own = files.iter().map(|(file, text)| ((*file).into(), (*text).into())).collect();
        all.join(rules, errors)
    }

    fn join(
        mut self,
        rules: Vec<Rule>,
        mut errors: Vec<LoadError>,
    ) -> Result<Self, Vec<LoadError>> {
        self.rules.extend(rules);
        self.rules.sort_by(|a, b| a.id.cmp(&b.id));
        self.by_name.clear();
        for (index, rule) in self.rules.iter().enumerate() {
            for name in std::iter::once(&rule.id).chain(&rule.aliases) {
                let other = self.by_name.insert(name.clone(), index);
                let Some(other) = other.and_then(|other| self.rules.get(other)) else { continue };
                // What is built in is right.
                let (wrong, by) =
                    if other.own && !rule.own { (other, rule) } else { (rule, other) };
                let hint = if wrong.own && !by.own {
                    ": say `overrides = true` to take its place, or choose another id"
                } else {
                    ""
                };
                let message = format!("the id {name:?} is taken by {}{hint}", by.file);
                errors.push(error_at(wrong, message));
            }
        }
        errors.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        errors.dedup_by(|a, b| (&a.file, a.line, a.column) == (&b.file, b.line, b.column));
        if errors.is_empty() { Ok(self) } else { Err(errors) }
    }

    /// The same with one rule changed: `instead`, as TOML, takes the place of keys of its file. Its
    /// examples are of the rule as it was, and are not kept.
    pub fn tuned(&self, name: &str, instead: &str) -> Result<Self, String> {
        let mut all = self.clone();
        let rule = all.by_name.get(name).and_then(|&index| all.rules.get_mut(index));
        let (Some(rule), Some((file, text))) = (rule, self.source(name)) else {
            return Err(self.unknown(name));
        };
        let tuned = load::tuned(file, text, instead, &Parents::new(self, &[]))?;
        *rule = Rule { own: rule.own, examples: Vec::new(), ..tuned };
        Ok(all)
    }

    /// File and text of a rule, for those that extend it.
    pub(super) fn source(&self, name: &str) -> Option<(&str, &str)> {
        let rule = self.get(name)?;
        let own = self.own.iter().map(|(file, text)| (&**file, &**text));
        own.chain(BUILT_IN.iter().copied()).find(|(file, _)| *file == rule.file)
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
            ("since", "sinse", "mine.toml:7:1: unknown field `sinse`, "),
            ("no-eot", "No_EOT", "mine.toml:2:6: expected an id such as"),
            ("\"error\"", "\"fatal\"", "mine.toml:4:12: unknown variant `fatal`"),
            ("{name}", "{nmae}", "mine.toml:12:11: expected one of {offset}"),
            ("[0x04]", "[0x0a]", "mine.toml:11:9: 0x0a: expected 0x00 to 0x1f"),
            ("control", "controls", "mine.toml:11:11: unknown field `controls`"),
            (
                "since",
                "scope = { formats = [\"elff\"] }\nsince",
                "mine.toml:7:9: no format \"elff\"; did you mean elf?",
            ),
            (
                "since",
                "severity_on = { widows = \"note\" }\nsince",
                "mine.toml:7:17: no target \"widows\"; did you mean windows?",
            ),
            ("hex = \"04\"", "hex = \"04\"\ntargets = [\"x\"]", "mine.toml:13:1: no target \"x\""),
            ("\"04\"", "\"0\"", "mine.toml:13:1: \"0\" is not hex"),
            ("hit = false", "hit = true", "mine.toml:2:6: expected an example with hit = false"),
            ("\"census\"", "\"parse\"", "mine.toml:6:8: expected cost = \"census\""),
            (
                "match = { control = [0x04] }",
                "detector = \"x\"",
                "mine.toml:11:12: no detector \"x\"",
            ),
            (
                "match = { control = [0x04] }",
                "",
                "mine.toml:2:6: expected either `match` or `detector`",
            ),
            (
                "control = [0x04]",
                "code-points = [\"U+0041\"]",
                "mine.toml:11:9: expected ranges such as",
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
        let told = "b.toml:2:6: the id \"house/no-eot\" is taken by a.toml";
        assert_eq!(errors[0].to_string(), told);
    }

    #[test]
    fn a_misspelt_name_is_told_with_what_it_may_mean() {
        for (from, to, meant) in [
            ("severity", "severty", "; did you mean severity?"),
            ("\"error\"", "\"eror\"", "; did you mean error?"),
            ("control", "controls", "; did you mean control?"),
            ("hit = true", "hits = true", "; did you mean hit?"),
        ] {
            let told = error(from, to);
            assert!(told.ends_with(meant), "{told}");
        }
    }

    /// `GOOD` with some of its lines instead of others.
    fn own(lines: &[(&str, &str)]) -> String {
        let keys = lines.iter().map(|(key, _)| *key);
        let keys: Vec<_> = keys.collect();
        let kept = GOOD.lines().filter(|line| !keys.iter().any(|key| line.starts_with(key)));
        let given = lines.iter().map(|(key, value)| format!("{key} = {value}"));
        given.chain(kept.map(str::to_owned)).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_rule_of_ones_own_extends_overrides_and_takes_no_id() {
        let built_in = Catalogue::built_in();
        let bell =
            "id = \"text/bell\"\noverrides = true\nextends = \"text/bell\"\nseverity = \"note\"\n";
        let all = built_in.with(&[("a.toml", bell)]).expect("sound");
        assert_eq!(all.iter().len(), built_in.iter().len());
        let (before, after) = (built_in.get("text/bell"), all.get("text/bell"));
        let (before, after) = (before.expect("there"), after.expect("there"));
        assert_eq!(after.severity, crate::model::Severity::Note);
        assert_eq!((&after.title, after.own), (&before.title, true));
        assert_eq!(after.examples.len(), before.examples.len());
        assert_ne!(all.digest(), built_in.digest());
        // What it extends is part of what it is.
        let leaf =
            "id = \"house/leaf\"\nextends = \"house/no-eot\"\nmatch = { position = \"end\" }\n";
        let digest = |parent: &str| {
            let files = [("leaf.toml", leaf), ("parent.toml", parent)];
            let all = built_in.with(&files).expect("sound");
            all.get("house/leaf").expect("there").digest
        };
        assert_ne!(digest(GOOD), digest(&GOOD.replace("why = \"w\"", "why = \"v\"")));

        for (text, expected) in [
            (
                own(&[("id", "\"text/bell\"")]),
                "a.toml:1:6: the id \"text/bell\" is taken by rules/text/bell.toml: say `overrides",
            ),
            (
                own(&[("aliases", "[\"text/bell\"]")]),
                "a.toml:3:6: the id \"text/bell\" is taken by",
            ),
            (own(&[("overrides", "true")]), "a.toml:3:6: `overrides`: no rule \"house/no-eot\""),
            (
                own(&[("extends", "\"text/bel\"")]),
                "a.toml:1:11: no rule \"text/bel\"; did you mean text/bell?",
            ),
            (own(&[("extends", "\"house/no-eot\"")]), "a.toml:1:11: no rule \"house/no-eot\""),
            (own(&[("overrides", "1")]), "a.toml:1:13: invalid type"),
        ] {
            let errors = built_in.with(&[("a.toml", &text)]).expect_err("wrong");
            assert!(errors[0].to_string().starts_with(expected), "{}", errors[0]);
        }
        let loops = [
            ("a.toml", "id = \"a/a\"\nextends = \"b/b\""),
            ("b.toml", "id = \"b/b\"\nextends = \"a/a\""),
        ];
        let errors = built_in.with(&loops).expect_err("a loop");
        assert_eq!(errors.len(), 2, "each of them is told");
        assert!(
            errors[0].to_string().starts_with("a.toml:2:11: \"a/a\" extends this rule in turn")
        );
    }
}
