//! Rules by their scopes: those that look at a content are found by tables of names and formats, so
//! that the many which are of other contents cost nothing.

use super::judge::{Judged, fits, text_format};
use crate::model::fast_map::FastMap;
use crate::rules::Rule;
use crate::rules::name_glob::NameTable;

/// Rules, each with how it looks.
#[derive(Clone, Debug)]
pub(super) struct Scoped<'a, W> {
    rules: Vec<(&'a Rule, W)>,
    /// Those that ask for neither name nor format.
    any: Vec<usize>,
    formats: FastMap<&'a str, Vec<usize>>,
    names: NameTable<'a>,
    /// Whether some rule asks for the encoding of texts.
    of_texts: bool,
}

impl<'a, W: Copy> Scoped<'a, W> {
    pub(super) fn new(rules: impl IntoIterator<Item = (&'a Rule, W)>) -> Self {
        let rules: Vec<_> = rules.into_iter().collect();
        let (mut any, mut formats, mut names) =
            (Vec::new(), FastMap::<_, Vec<_>>::default(), NameTable::default());
        for (number, (rule, _)) in rules.iter().enumerate() {
            let scope = &rule.scope;
            if scope.formats.is_empty() && scope.names.is_empty() {
                any.push(number);
            }
            for format in &scope.formats {
                formats.entry(format.as_str()).or_default().push(number);
            }
            scope.names.iter().for_each(|glob| names.add(number, glob));
        }
        let of_texts = formats.keys().any(|format| format.starts_with("text/"));
        Self { rules, any, formats, names, of_texts }
    }

    /// All of them.
    pub(super) fn all(&self) -> &[(&'a Rule, W)] {
        &self.rules
    }

    /// Those that look at a content, in their order.
    pub(super) fn of(&self, judged: &Judged<'_>) -> impl Iterator<Item = (&'a Rule, W)> {
        let text = if self.of_texts { text_format(judged) } else { "" };
        let formats = judged.format.into_iter().chain([text]);
        let by_format = formats.filter_map(|format| self.formats.get(format)).flatten();
        let all = self.any.iter().chain(by_format).copied().chain(self.names.of(judged.name));
        let mut found: Vec<_> = all.collect();
        found.sort_unstable();
        found.dedup();
        let rule = |number| self.rules.get(number).copied();
        found.into_iter().filter_map(rule).filter(|(rule, _)| fits(rule, judged))
    }
}

#[cfg(test)]
mod tests {
    use super::super::artifact::nameless;
    use super::super::judge::in_scope;
    use super::*;
    use crate::model::{Census, Class, Locator, TextKind};
    use crate::rules::Catalogue;

    #[test]
    fn the_tables_find_the_rules_whose_scope_holds_a_content() {
        let rules: Vec<_> = Catalogue::built_in().iter().collect();
        let scoped = Scoped::new(rules.iter().map(|rule| (*rule, ())));
        let globs = rules.iter().flat_map(|rule| &rule.scope.names);
        let names = globs.flat_map(|glob| {
            let text = glob.text();
            [text.replace('*', "x"), text.replace('*', "").to_uppercase(), format!("{text}x")]
        });
        let names: Vec<_> = names.chain(["a".into(), String::new()]).collect();
        let formats = rules.iter().flat_map(|rule| &rule.scope.formats).map(String::as_str);
        let formats: Vec<_> = formats.map(Some).chain([None, Some("nothing")]).collect();
        let census = Census { size: 2, utf8: true, high: 2, ..Census::default() };
        let (path, mut most) = (Locator::root(), 0);
        for (n, name) in names.iter().enumerate() {
            for class in [Class::Text, Class::Binary, Class::Container] {
                let format = formats.get(n % formats.len()).copied().flatten();
                let kind = if n % 3 == 0 { TextKind::Markup } else { TextKind::Unknown };
                let judged = Judged {
                    name: name.as_bytes(),
                    class,
                    kind,
                    format,
                    ..nameless(&path, &census)
                };
                let ids = |found: Vec<&'static Rule>| -> Vec<&str> {
                    found.into_iter().map(|rule| rule.id.as_str()).collect()
                };
                let found = ids(scoped.of(&judged).map(|(rule, ())| rule).collect());
                let all = rules.iter().copied().filter(|rule| in_scope(rule, &judged));
                assert_eq!(found, ids(all.collect()), "{name} {class:?} {format:?}");
                most = most.max(found.len());
            }
        }
        assert!(most > 10, "{most}");
    }
}
