//! Rules about references: a site with one fault of each kind and its sound twin, wherever they lie.

use std::fs;
use std::path::Path;

use super::support::{Ran, Scratch, gzip, premaster, root, tar, zip};

/// The findings about references, as `rule path:line offset message`.
fn hits(ran: &Ran) -> Vec<String> {
    let report = ran.json();
    let findings = report["findings"].as_array().expect("findings").iter();
    let mine =
        findings.filter(|f| f["rule"].as_str().is_some_and(|rule| rule.starts_with("links/")));
    mine.map(|f| {
        let text = |name: &str| f[name].as_str().unwrap_or_default().to_owned();
        let rule = text("rule").replace("links/", "");
        format!("{rule} {}:{} {}", text("path"), f["line"], text("message"))
    })
    .collect()
}

fn check(artifact: &Path, more: &[&str]) -> Ran {
    let mut args = vec!["check".into(), artifact.as_os_str().to_owned(), "--format=json".into()];
    args.extend(more.iter().map(Into::into));
    premaster(args)
}

/// The files of a folder, with their paths in it.
fn files(folder: &Path, inner: &str, found: &mut Vec<(String, Vec<u8>)>) {
    let mut entries: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable")).collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{inner}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            files(&entry.path(), &format!("{name}/"), found);
        } else {
            found.push((name, fs::read(entry.path()).expect("readable")));
        }
    }
}

const FAULTS: &[&str] = &[
    "missing-program Press.app/Contents/Info.plist:null MainMenu is not there",
    "missing-source-map app.mjs:6 the source map app.mjs.map is not there",
    "missing-from-site app.mjs:1 ./start.mjs is not there",
    "missing-from-site app.mjs:4 ./print.mjs is not there",
    "missing-from-site css/site.css:1 type.css is not there",
    "leaves-artifact docs/index.html:3 ../../install.html leads out of the artifact",
    "leaves-artifact docs/index.html:3 file:///home/me/press/docs/install.html leads out of the artifact",
    "orphan-page docs/install.html:null nothing leads to the page install.html",
    "other-case index.html:12 img/logo%20small.svg: there is img/Logo small.svg",
    "missing-place index.html:13 about.html#staff: the page is there, the place in it is not",
    "missing-from-site index.html:13 doc/ is not there",
    "missing-from-site sitemap.xml:5 /gone.html is not there",
    "missing-from-site sw.js:1 workbox.js is not there",
    "missing-from-site sw.js:4 /offline.html is not there",
];

#[test]
fn every_fault_of_a_site_is_found_wherever_it_lies() {
    let broken = root().join("testdata/links/broken");
    let mut expected: Vec<_> = FAULTS.iter().map(|&text| text.to_owned()).collect();
    expected.sort();
    let sorted = |ran: &Ran| {
        let mut found = hits(ran);
        found.sort();
        found
    };
    for threads in ["1", "4"] {
        let ran = check(&broken, &["--threads", threads]).exits(1);
        assert_eq!(sorted(&ran), expected, "{threads} threads");
    }
    assert!(hits(&check(&broken, &["--cost", "literal"]).exits(0)).is_empty());
    let mut all = Vec::new();
    files(&broken, "", &mut all);
    let scratch = Scratch::new();
    let borrowed: Vec<_> = all.iter().map(|(name, b)| (name.as_str(), b.as_slice())).collect();
    let inner = tar(&borrowed);
    let archive = scratch.file("outer.zip", zip(&[(b"site.tar", &inner)]));
    let within: Vec<_> = {
        let place = |text: &String| {
            let (rule, rest) = text.split_once(' ').expect("a rule");
            let rest = rest.replace("there is ", "there is site.tar!/");
            format!("{rule} site.tar!/{rest}")
        };
        expected.iter().map(place).collect()
    };
    assert_eq!(sorted(&check(&archive, &[]).exits(1)), within);
}

#[test]
fn a_sound_site_has_no_findings() {
    let sound = root().join("testdata/links/sound");
    assert!(hits(&check(&sound, &[]).exits(0)).is_empty());
    let targets = ["--target", "linux", "--target", "windows"];
    assert!(hits(&check(&sound, &targets).exits(0)).is_empty());
}

/// The guide is in Rock Ridge and not in Joliet; in ISO 9660 all pages have other names.
#[test]
fn each_target_follows_references_in_the_tree_that_it_sees() {
    let told = |targets: &[&str]| {
        let targets: Vec<_> = targets.iter().map(|target| format!("--target={target}")).collect();
        let targets: Vec<_> = targets.iter().map(String::as_str).collect();
        let report = check(&root().join("testdata/links/views.iso"), &targets).json();
        let findings = report["findings"].as_array().expect("findings").iter();
        let mine = findings.filter(|f| f["rule"].as_str().expect("a rule").starts_with("links/"));
        let text = |value: &serde_json::Value| value.as_str().unwrap_or("all").to_owned();
        mine.map(|f| {
            format!("{}: {}: {}", text(&f["target"]), text(&f["path"]), text(&f["message"]))
        })
        .collect::<Vec<_>>()
    };
    let case = "index.html: Terms.html: there is terms.html";
    let gone = "index.html: guide.html in !joliet is not there";
    assert_eq!(told(&[]), [format!("all: {case}")]);
    assert_eq!(told(&["linux"]), [format!("linux: {case}")]);
    assert_eq!(told(&["windows"]), [format!("windows: {gone}")]);
    let all = [format!("win9x: {gone}"), format!("windows: {gone}"), format!("linux: {case}")];
    assert_eq!(told(&["windows", "linux", "win9x"]), all);
    // A file system follows nothing.
    assert_eq!(told(&["joliet"]), [format!("all: {case}")]);
    let dos = told(&["dos"]);
    assert!(dos.iter().all(|told| told.ends_with(".html in !iso is not there")), "{dos:?}");
    assert_eq!(dos.len(), 4);
}

#[test]
fn a_place_is_looked_for_in_a_page_that_is_named_without_its_end() {
    let scratch = Scratch::new();
    let places = ["b#one", "b#two", "b?x=1#three", "b/#four", "b?#", "b#:~:text=x", "c.html#two"];
    let links: Vec<_> = places.iter().map(|place| format!("<a href='{place}'>")).collect();
    scratch.file("site/index.html", links.join("\n"));
    scratch.file("site/b.html", "<h1 id=one>");
    scratch.file("site/c.html.gz", gzip(b"<h1 id=two>"));
    let found = hits(&check(&scratch.path("site"), &[]).exits(0));
    let expected = [
        "missing-place index.html:2 b#two: the page is there, the place in it is not",
        "missing-place index.html:3 b?x=1#three: the page is there, the place in it is not",
        "missing-place index.html:4 b/#four: the page is there, the place in it is not",
    ];
    assert_eq!(found, expected);
}

#[test]
fn the_root_of_a_site_may_be_named() {
    let scratch = Scratch::new();
    scratch.file("tree/public/start.html", "<a href='/a.html'><a href='/b.html'>");
    scratch.file("tree/public/a.html", "<p>");
    scratch.file("tree/b.html", "<a href='/a.html'>");
    let tree = scratch.path("tree");
    assert!(hits(&check(&tree, &[]).exits(0)).is_empty(), "where paths start is not known");
    let config = scratch.file("premaster.toml", "[links]\nroot = \"public\"\n");
    let config = config.to_str().expect("UTF-8");
    let found = hits(&check(&tree, &["--config", config]).exits(1));
    let expected = [
        "orphan-page public/start.html:null nothing leads to the page start.html",
        "missing-from-site public/start.html:1 /b.html is not there",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_root_that_is_not_there_is_told() {
    let scratch = Scratch::new();
    scratch.file("tree/index.html", "<p>");
    let config = scratch.file("premaster.toml", "[links]\nroot = \"public\"\n");
    let config = config.to_str().expect("UTF-8");
    let report = check(&scratch.path("tree"), &["--config", config]).exits(3).json();
    assert_eq!(report["gaps"][0]["message"], "[links] root is public, which is not there");
}

#[test]
#[cfg(unix)]
fn a_link_to_a_name_in_other_case_says_what_is_there() {
    let scratch = Scratch::new();
    scratch.file("tree/lib/Press.txt", "press\n");
    let link = scratch.path("tree/lib/link");
    std::os::unix::fs::symlink("press.txt", link).expect("a link");
    let found = hits(&check(&scratch.path("tree"), &[]));
    assert_eq!(found, ["other-case lib/link:null press.txt: there is lib/Press.txt"]);
}

#[test]
fn what_many_pages_lack_is_told_a_few_times() {
    let scratch = Scratch::new();
    scratch.file("tree/doc/index.html", "<p>");
    for number in 0..300 {
        let page = format!("<a href='../lost.html'><a href='{number}-lost.html'>");
        scratch.file(format!("tree/doc/{number}.html"), page);
    }
    let report = check(&scratch.path("tree"), &[]).exits(0).json();
    let findings = report["findings"].as_array().expect("findings").iter();
    let mine: Vec<_> = findings.filter(|f| f["rule"] == "links/missing-page").collect();
    let all: u64 = mine.iter().map(|f| 1 + f["more"].as_u64().unwrap_or_default()).sum();
    let same = mine.iter().filter(|f| f["message"] == "../lost.html is not there").count();
    assert_eq!((mine.len(), all, same), (200, 600, 3));
}

#[test]
fn a_page_that_is_gone_is_missed_by_pages_that_did_not_change() {
    let scratch = Scratch::new();
    scratch.file("tree/index.html", "<a href=a.html><a href=old.html>");
    scratch.file("tree/a.html", "<a href=gone%20b.html><a href=other.html>");
    scratch.file("tree/b.html", "<a href='gone&#32;b'>");
    scratch.file("tree/gone b.html", "<p>");
    let (tree, manifest) = (scratch.path("tree"), scratch.path("approved.jsonl"));
    let approve = ["approve".as_ref(), tree.as_os_str(), "-o".as_ref(), manifest.as_os_str()];
    premaster(approve.into_iter().chain(["--with-findings".as_ref()])).exits(0);
    let against = ["--against", manifest.to_str().expect("UTF-8")];
    assert!(hits(&check(&tree, &against).exits(0)).is_empty());
    let missed = || {
        let report = check(&tree, &against).exits(1).json();
        let findings = report["findings"].as_array().expect("findings").clone();
        let found = findings.iter().filter(|f| f["rule"] == "links/missing-from-site");
        let told = |f: &serde_json::Value| {
            let word = |key: &str| f[key].as_str().unwrap_or_default().to_owned();
            (word("path"), word("message"), word("state"))
        };
        found.map(told).collect::<Vec<_>>()
    };
    // What was missed before is debt, and only of pages that are read again.
    let expected = [
        ("a.html", "gone%20b.html is not there", "new"),
        ("a.html", "other.html is not there", "existing"),
        ("b.html", "gone b is not there", "new"),
    ]
    .map(|(path, message, state)| (path.to_owned(), message.to_owned(), state.to_owned()));
    fs::rename(tree.join("gone b.html"), tree.join("moved.html")).expect("a file");
    assert_eq!(missed(), expected);
    fs::remove_file(tree.join("moved.html")).expect("a file");
    assert_eq!(missed(), expected);
}

#[test]
fn a_site_is_followed_below_the_path_at_which_it_is_served() {
    let scratch = Scratch::new();
    let pages = [
        ("index.html", "<link rel=stylesheet href=/project/css/site.css><a href='/project/docs/'>"),
        ("css/site.css", "b{background:url(/project/img/b.png)}"),
        ("docs/index.html", "<a href=/project/docs/a#there><a href=/project/lost.html>"),
        ("docs/a.html", "<p id=there><a href=/project/index.html#nowhere>"),
        ("img/b.png", "b"),
    ];
    for (path, text) in pages {
        scratch.file(format!("site/{path}"), text);
    }
    let tree = scratch.path("site");
    let lost = "missing-from-site docs/index.html:1 /project/lost.html is not there";
    let nowhere = "missing-place docs/a.html:1 /project/index.html#nowhere: the page is there, the \
                   place in it is not";
    let assumed =
        "assumed-base index.html:null its absolute references are taken to be below /project";
    for threads in ["1", "3"] {
        let found = hits(&check(&tree, &["--threads", threads]).exits(1));
        assert_eq!(found, [nowhere, lost, assumed], "{threads} threads");
    }
    let config = |base: &str| {
        let file = scratch.file("premaster.toml", format!("[links]\nbase = \"{base}\"\n"));
        file.to_str().expect("UTF-8").to_owned()
    };
    let found = hits(&check(&tree, &["--config", &config("/project/")]).exits(1));
    assert_eq!(found, [nowhere, lost]);
    // A wrong one hides nothing: every absolute reference lies outside of it.
    for wrong in ["/", "/other"] {
        let found = hits(&check(&tree, &["--config", &config(wrong)]).exits(1));
        let missing = found.iter().filter(|hit| hit.starts_with("missing-from-site"));
        assert_eq!(missing.count(), 6, "{wrong}: {found:?}");
    }
    // What lies outside of the right one is not served, though the tree has it.
    scratch.file("site/docs/a.html", "<p id=there><a href=/img/b.png><a href='/'>");
    let found = hits(&check(&tree, &["--config", &config("/project")]).exits(1));
    assert_eq!(found[0], "missing-from-site docs/a.html:1 /img/b.png is not there");
    assert_eq!(found.len(), 2, "{found:?}");
    let ran = check(&tree, &["--config", &config("project")]).exits(2);
    ran.complains(&["premaster.toml:2", "begins with /"]);
}
