//! Documentation that is written from the program: a page for every rule, an index of them, the
//! targets, and the formats that are read. `PREMASTER_BLESS=1 cargo test --test generated` renews it.
//!
//! Also that what people wrote by hand names no file that is gone.

#[path = "schema/mod.rs"]
mod schema;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use premaster::config;
use premaster::engine::check_example;
use premaster::readers::{Doc, READERS, directory};
use premaster::rules::targets::page;
use premaster::rules::{Catalogue, Rule, Targets, explain};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Plain text as Markdown: what would be markup is escaped, save in `code`.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for (number, part) in text.split('`').enumerate() {
        if number > 0 {
            out.push('`');
        }
        for c in part.chars() {
            if number % 2 == 0 && matches!(c, '<' | '>' | '*' | '_' | '[' | ']' | '|' | '\\') {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out
}

/// The page that `premaster explain` prints, as Markdown.
fn rule_page(rule: &Rule) -> String {
    let page = explain(rule);
    let mut lines = page.lines();
    let id = lines.next().expect("an id");
    let title = lines.next().expect("a title");
    let mut out = format!("# {id}\n\n{}\n\n| | |\n| --- | --- |\n", escaped(title));
    let mut section = "";
    let mut inside_code = false;
    for line in lines {
        if let Some(body) = line.strip_prefix("  ") {
            match section {
                "" => {
                    let (name, value) = body.split_at(body.len().min(12));
                    let _ = writeln!(out, "| {} | {} |", name.trim(), escaped(value.trim()));
                }
                "Examples" => {
                    let _ = writeln!(out, "{body}");
                }
                "References" => {
                    let _ = writeln!(out, "- {}", escaped(body));
                }
                _ => {
                    let _ = writeln!(out, "{}", escaped(body));
                }
            }
        } else if line.is_empty() {
            if inside_code {
                out.push_str("```\n");
                inside_code = false;
            }
            if !out.ends_with("\n\n") && !section.is_empty() {
                out.push('\n');
            }
        } else {
            section = line;
            if !out.ends_with("\n\n") {
                out.push('\n');
            }
            let _ = writeln!(out, "## {line}\n");
            if section == "Examples" {
                out.push_str("```text\n");
                inside_code = true;
            }
        }
    }
    let _ = writeln!(out, "\nFrom [`{0}`](../../../{0}).", rule.file);
    out
}

fn rule_index() -> String {
    let mut out = String::from(
        "# Rules\n\nOne page a rule, made from its file below `rules/`, which also holds its tests; \
         [`rules/README.md`](../../rules/README.md) says how one is written. `premaster explain RULE` \
         prints the same.\n",
    );
    let mut families: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in Catalogue::built_in().iter() {
        families.entry(rule.family()).or_default().push(rule);
    }
    for (family, rules) in families {
        let _ = writeln!(out, "\n## {family}\n\n| rule | severity | |\n| --- | --- | --- |");
        for rule in rules {
            let severity = rule.severity.name();
            let _ = writeln!(
                out,
                "| [{0}]({0}.md) | {severity} | {1} |",
                rule.id,
                escaped(&rule.title)
            );
        }
    }
    out
}

fn formats() -> String {
    let mut out = String::from(
        "# Formats\n\nWhat premaster looks into, made from what each reader says of itself in \
         `src/readers/`. Everything else is one file: hashed, counted, judged by the rules on texts and \
         bytes, and compared as a whole.\n\nWhatever a reader cannot read of its format is told as a \
         gap, and a gap that nobody has waived keeps the verdict from being \"ship\".\n",
    );
    let docs: Vec<&Doc> =
        [&directory::DOC].into_iter().chain(READERS.iter().map(|r| &r.doc)).collect();
    out.push_str("\n| id | |\n| --- | --- |\n");
    for doc in &docs {
        let _ = writeln!(out, "| [`{0}`](#{0}) | {1} |", doc.id, escaped(doc.title));
    }
    for doc in docs {
        let _ = writeln!(out, "\n## {}\n\n{}.\n\nFollows:\n", doc.id, escaped(doc.title));
        for specification in doc.specifications {
            let _ = writeln!(out, "- {}", escaped(specification));
        }
        let _ = writeln!(out, "\nDoes not do:\n");
        for limitation in doc.limitations {
            let _ = writeln!(out, "- {}", escaped(limitation));
        }
    }
    out
}

/// The page that `premaster targets NAME` prints, for all of them.
fn targets() -> String {
    let mut out = String::from(
        "# Targets\n\nWhat each platform, file system and medium makes of names, texts and programs, made from \
         the files below [`rules/targets/`](../rules/targets). `premaster targets` lists them, `premaster \
         targets NAME` prints one of these pages, and `premaster targets --name FILENAME` tells what becomes \
         of a file name on all of them. `check --target NAME` and `[release] targets` in `premaster.toml` \
         choose those that a release is for; without one, only rules that hold everywhere apply.\n\n\
         Of a disc with several namespaces a target sees its own: the first of the groups under *sees* of \
         which the image has any. `[release.bind]` binds a target to globs of locators instead.\n\n\
         | target | |\n| --- | --- |\n",
    );
    for target in Targets::built_in().iter() {
        let _ = writeln!(out, "| [{0}](#{0}) | {1} |", target.name, escaped(&target.title));
    }
    for target in Targets::built_in().iter() {
        let page = page(target);
        let body = page.splitn(3, '\n').nth(2).expect("a body").trim();
        let title = escaped(&target.title);
        let _ = writeln!(out, "\n## {}\n\n{title}.\n\n```text\n  {body}\n```", target.name);
    }
    out
}

/// Every generated file by its path.
fn generated() -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    files.insert(PathBuf::from("docs/formats.md"), formats());
    files.insert(PathBuf::from("docs/targets.md"), targets());
    let schemas = [("rule", premaster::rules::schema::schema()), ("config", config::schema())];
    for (name, schema) in schemas {
        files.insert(PathBuf::from(format!("docs/schema/{name}.json")), format!("{schema:#}\n"));
    }
    files.insert(PathBuf::from("docs/rules/README.md"), rule_index());
    for rule in Catalogue::built_in().iter() {
        files.insert(PathBuf::from(format!("docs/rules/{}.md", rule.id)), rule_page(rule));
    }
    files
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("readable").path();
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[test]
fn generated_pages_are_up_to_date() {
    let bless = std::env::var_os("PREMASTER_BLESS").is_some();
    let files = generated();
    let mut wrong = Vec::new();
    for (path, text) in &files {
        let at = root().join(path);
        if fs::read_to_string(&at).ok().as_deref() == Some(text) {
            continue;
        }
        if bless {
            fs::create_dir_all(at.parent().expect("a folder")).expect("made");
            fs::write(&at, text).expect("writable");
        } else {
            wrong.push(path.clone());
        }
    }
    for path in files_below(&root().join("docs/rules")) {
        let inner = path.strip_prefix(root()).expect("below the root");
        if files.contains_key(inner) {
            continue;
        }
        if bless {
            fs::remove_file(&path).expect("removable");
        } else {
            wrong.push(inner.to_path_buf());
        }
    }
    assert!(wrong.is_empty(), "out of date, see PREMASTER_BLESS: {wrong:#?}");
}

/// Targets of `[…](target)` in a text, without those on the web and without `#…`.
fn links(text: &str) -> Vec<&str> {
    text.match_indices("](")
        .filter_map(|(at, _)| text[at + 2..].split_once(')'))
        .map(|(target, _)| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains("://") && !target.contains(' '))
        .collect()
}

#[test]
fn no_page_names_a_file_that_is_gone() {
    let mut pages = files_below(&root().join("docs"));
    pages.push(root().join("README.md"));
    pages.push(root().join("rules/README.md"));
    pages.push(root().join("testdata/story/README.md"));
    let mut wrong = Vec::new();
    let mut seen = 0;
    for page in pages.iter().filter(|page| page.extension().is_some_and(|end| end == "md")) {
        let text = fs::read_to_string(page).expect("readable");
        for link in links(&text) {
            seen += 1;
            if !page.parent().expect("a folder").join(link).exists() {
                wrong.push(format!("{} names {link}", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen > 100, "only {seen} links were found");
}

#[test]
fn the_manual_of_intents_shows_intents_that_parse() {
    let text = fs::read_to_string(root().join("docs/intent.md")).expect("docs/intent.md");
    let mut seen = 0;
    for block in text.split("```toml\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        // An example may show one declaration without the head of the file.
        let head = if block.contains("summary") { "" } else { "summary = \"…\"\n" };
        let folder = root().join("testdata/story/intents");
        let parsed = premaster::intent::Intent::parse(&format!("{head}{block}"), &folder);
        assert!(parsed.is_ok(), "{block}\n{parsed:?}");
        seen += 1;
    }
    assert!(seen >= 8, "{seen} examples");
}

#[test]
fn the_manual_of_settings_shows_settings_that_parse() {
    let text = fs::read_to_string(root().join("README.md")).expect("README.md");
    let block = text.split("```toml\n# premaster.toml\n").nth(1).expect("the example");
    let block = block.split("```").next().unwrap_or_default();
    let config = premaster::config::Config::parse(block, Path::new("README.md"));
    let config = config.expect("settings that parse");
    for rule in config.rules.iter().map(|rule| &rule.id) {
        assert!(Catalogue::built_in().get(rule).is_some(), "no rule {rule}");
    }
    for target in config.targets.iter().chain(config.bound.keys()) {
        assert!(Targets::built_in().get(target).is_some(), "no target {target}");
    }
}

#[test]
fn the_page_of_settings_shows_what_is_taken() {
    let page = root().join("docs/configuration.md");
    let text = fs::read_to_string(&page).expect("the page");
    let mut blocks = text.split("```toml\n").skip(1).map(|rest| rest.split("```").next());
    let mut next = || blocks.next().flatten().expect("a block");
    let config = config::Config::parse(next(), &page).expect("settings that parse");
    premaster::pipeline::catalogue(&config).expect("settings of rules that are there");
    let catalogue = Catalogue::of([("page", next())]).expect("a rule");
    for rule in catalogue.iter() {
        for example in &rule.examples {
            let read = |_: &str| Err(std::io::ErrorKind::NotFound.into());
            assert_eq!(check_example(&catalogue, rule, example, &read), Ok(()));
        }
    }
    let config = config::Config::parse(next(), &page).expect("settings that parse");
    assert!(!config.suppress.allow.is_empty());
    let config = config::Config::parse(next(), &page).expect("settings that parse");
    assert_eq!(config.link_base.as_deref(), Some("/project"));
    let config = config::Config::parse(next(), &page).expect("settings that parse");
    assert_eq!(config.oldest.len(), 4);
}
