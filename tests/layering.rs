//! The levels of the house: a module uses only those below its own, never a sibling.
//!
//! Read from every `crate::` path in `src/`: in `use` lines, grouped or not, and in expressions.
//! Comments and documentation may point anywhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Top-level modules, the lowest level first; modules of one level do not know each other.
const LEVELS: &[&[&str]] = &[
    &["model"],
    &["source"],
    &["readers", "inspect", "rules"],
    &["engine", "config"],
    &["walk"],
    &["compare"],
    &["intent", "approve", "report"],
    &["gate"],
    &["pipeline"],
    &["hook"],
    &["cli"],
];

/// The two files above all levels: one names the modules, the other calls `cli`.
const ROOTS: [&str; 2] = ["lib", "main"];

fn level(module: &str) -> Option<usize> {
    LEVELS.iter().position(|level| level.contains(&module))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("src") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The text without comments. A `//` inside a string takes the rest of its line with it, which may
/// hide a path but never invents one.
fn code(text: &str) -> String {
    text.lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The top-level modules behind every `crate::` of a text, also in `use crate::{a::B, c}`.
fn used(code: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let word = |text: &str| {
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        end.unwrap_or(text.len())
    };
    for (at, found_path) in code.match_indices("crate::") {
        let rest = &code[at + found_path.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.insert(&rest[..word(rest)]);
            continue;
        };
        let (mut depth, mut expect) = (0, true);
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => expect = true,
                _ if expect && !c.is_whitespace() => {
                    found.insert(&group[at..at + word(&group[at..])]);
                    expect = false;
                }
                _ => {}
            }
        }
    }
    found
}

#[test]
fn a_module_uses_only_lower_levels() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let mut links = 0;
    for file in sources(&root) {
        let inner = file.strip_prefix(&root).expect("below src");
        let first = inner.components().next().expect("a name").as_os_str().to_string_lossy();
        let module = first.trim_end_matches(".rs");
        if ROOTS.contains(&module) {
            continue;
        }
        let Some(own) = level(module) else {
            wrong.push(format!("src/{first} is on no level"));
            continue;
        };
        let text = fs::read_to_string(&file).expect("readable");
        for other in used(&code(&text)) {
            links += 1;
            let below = level(other).is_some_and(|other| other < own);
            if other != module && !below {
                wrong.push(format!("src/{} uses {other}", inner.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(links > 100, "only {links} uses were found: is `used` broken?");
}

#[test]
fn the_crate_says_the_same_levels() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("src/lib.rs")).expect("readable");
    let modules: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    for module in &modules {
        assert!(level(module).is_some(), "{module} is on no level");
    }
    let page = fs::read_to_string(root.join("docs/development.md")).expect("docs/development.md");
    for module in modules {
        assert!(page.contains(&format!("`{module}`")), "docs/development.md lacks {module}");
    }
}

#[test]
fn paths_are_found_in_every_form() {
    let text = "use crate::model::{A, B};\nuse crate::{\n    source::X, // crate::no\n    \
                walk::{self, Y},\n    gate};\n/// [`crate::pipeline`]\nfn f() { crate::rules::g() }";
    let text = code(text);
    let found: Vec<_> = used(&text).into_iter().collect();
    assert_eq!(found, ["gate", "model", "rules", "source", "walk"]);
}
