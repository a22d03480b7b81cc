//! Against an approved manifest only what changed is looked at for structure, and what a change beside it
//! makes wrong: a check tells no less of such a change than one of everything.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::support::{Scratch, premaster, root};

/// Findings as rule, path and message.
type Told = BTreeSet<(String, String, String)>;

/// What a check tells; with `against`, what it calls new.
fn told(tree: &Path, against: Option<&Path>) -> Told {
    let mut args = vec!["check".into(), tree.as_os_str().to_owned(), "--format=json".into()];
    args.extend(against.iter().flat_map(|file| ["--against".into(), file.as_os_str().to_owned()]));
    let report = premaster(args).json();
    let findings = report["findings"].as_array().expect("findings").iter();
    let word = |f: &serde_json::Value, key: &str| f[key].as_str().unwrap_or_default().to_owned();
    findings
        .filter(|f| against.is_none() || f["state"] == "new")
        .map(|f| (word(f, "rule"), word(f, "path"), word(f, "message")))
        .collect()
}

/// One change, and of which rule it must raise a finding where.
struct Case {
    before: Vec<(&'static str, Vec<u8>)>,
    /// No bytes for what goes.
    change: (&'static str, Option<Vec<u8>>),
    raises: (&'static str, &'static str),
}

#[test]
fn what_a_change_makes_wrong_elsewhere_is_told() {
    let program = |name: &str| fs::read(root().join("testdata/binary").join(name)).expect("there");
    let mut patched = program("plain.elf");
    let end = patched.len() - 1;
    patched[end] ^= 1;
    let text = |text: &str| text.as_bytes().to_vec();
    let cases = [
        // A page loses a place that another one names.
        Case {
            before: vec![
                ("index.html", text("<a href=a%2Ehtml#there>")),
                ("a.html", text("<p id=there>")),
            ],
            change: ("a.html", Some(text("<p id=here>"))),
            raises: ("links/missing-place", "index.html"),
        },
        // So does the page of a folder.
        Case {
            before: vec![
                ("index.html", text("<a href='guide/#there'>")),
                ("guide/index.html", text("<p id=there>")),
            ],
            change: ("guide/index.html", Some(text("<p>"))),
            raises: ("links/missing-place", "index.html"),
        },
        // A page names a place that another one never had.
        Case {
            before: vec![("index.html", text("<a href=a.html>")), ("a.html", text("<p id=there>"))],
            change: ("index.html", Some(text("<a href=a.html#their>"))),
            raises: ("links/missing-place", "index.html"),
        },
        Case {
            before: vec![("bin/a.js", text("import './b.mjs';")), ("bin/b.mjs", text("1"))],
            change: ("bin/b.mjs", None),
            raises: ("links/missing-asset", "bin/a.js"),
        },
        Case {
            before: vec![
                ("lib/libouter.so", program("rpath-home.so")),
                ("lib/x/libinner.so.1", program("libinner.so.1")),
            ],
            change: ("lib/x/libinner.so.1", None),
            raises: ("binary/missing-library", "lib/libouter.so"),
        },
        // To Windows and macOS capitals do not matter.
        Case {
            before: vec![
                ("bin/run.exe", program("needs.exe")),
                ("bin/INNER.DLL", program("plain.exe")),
                ("bin/other.dll", program("plain.exe")),
            ],
            change: ("bin/INNER.DLL", None),
            raises: ("binary/missing-library", "bin/run.exe"),
        },
        // A name without an extension is that of a DLL; other libraries are needed by theirs.
        Case {
            before: vec![
                ("bin/run.exe", program("needs-others.exe")),
                ("bin/BARED.dll", program("plain.exe")),
                ("bin/other.dll", program("plain.exe")),
                ("bin/part.ocx", program("plain.exe")),
            ],
            change: ("bin/BARED.dll", None),
            raises: ("binary/missing-library", "bin/run.exe"),
        },
        Case {
            before: vec![
                ("bin/run.exe", program("needs-others.exe")),
                ("bin/bared.dll", program("plain.exe")),
                ("bin/Part.ocx", program("plain.exe")),
            ],
            change: ("bin/Part.ocx", None),
            raises: ("binary/missing-library", "bin/run.exe"),
        },
        Case {
            before: vec![
                ("bin/run", program("needs.macho")),
                ("lib/libNamed.dylib", program("signed.dylib")),
                ("lib/libother.dylib", program("signed.dylib")),
            ],
            change: ("lib/libNamed.dylib", None),
            raises: ("binary/missing-library", "bin/run"),
        },
        Case {
            before: vec![
                ("bin/run", program("needs.macho")),
                ("shared/LibShared.dylib", program("signed.dylib")),
                ("shared/other", text("other")),
            ],
            change: ("shared/LibShared.dylib", None),
            raises: ("binary/missing-bundled-library", "bin/run"),
        },
        // The symbols are no longer those that a program names.
        Case {
            before: vec![
                ("usr/bin/a", program("linked.elf")),
                ("usr/lib/debug/usr/bin/linked.debug", program("linked.debug")),
            ],
            change: ("usr/lib/debug/usr/bin/linked.debug", Some(program("symbols.elf"))),
            raises: ("binary/mismatched-build-id", "usr/bin/a"),
        },
        Case {
            before: vec![("bin/a", program("plain.elf")), ("bin/b", program("glibc.elf"))],
            change: ("bin/b", Some(patched.clone())),
            raises: ("binary/duplicate-build-id", "bin/b"),
        },
        // The one that did not change is told, for it comes later.
        Case {
            before: vec![("bin/a", program("glibc.elf")), ("bin/b", program("plain.elf"))],
            change: ("bin/a", Some(patched)),
            raises: ("binary/duplicate-build-id", "bin/b"),
        },
        Case {
            before: ["m_de.properties", "m_fr.properties", "m_sv.properties"]
                .map(|name| (name, text("open = \u{d6}ppna\n")))
                .to_vec(),
            change: ("m_sv.properties", Some(b"open = \xd6ppna\n".to_vec())),
            raises: ("encoding/several-in-set", "m_sv.properties"),
        },
    ];
    for Case { before, change: (changed, bytes), raises } in cases {
        let scratch = Scratch::new();
        for (name, bytes) in &before {
            scratch.file(format!("tree/{name}"), bytes);
        }
        let (tree, manifest) = (scratch.path("tree"), scratch.path("approved.jsonl"));
        let approve = ["approve".as_ref(), tree.as_os_str(), "-o".as_ref(), manifest.as_os_str()];
        premaster(approve.into_iter().chain(["--with-findings".as_ref()])).exits(0);
        let old = told(&tree, None);
        assert_eq!(told(&tree, Some(&manifest)), Told::new(), "{raises:?}: nothing changed");
        match bytes {
            Some(bytes) => fs::write(tree.join(changed), bytes).expect("written"),
            None => fs::remove_file(tree.join(changed)).expect("a file"),
        }
        let whole: Told = told(&tree, None).difference(&old).cloned().collect();
        let raised = |told: &Told| {
            told.iter().any(|(rule, path, _)| (rule.as_str(), path.as_str()) == raises)
        };
        assert!(raised(&whole), "{raises:?}: {whole:?}");
        let found = told(&tree, Some(&manifest));
        let lost: Vec<_> = whole.difference(&found).collect();
        assert!(lost.is_empty(), "{changed}: {lost:?} of {found:?}");
    }
}
