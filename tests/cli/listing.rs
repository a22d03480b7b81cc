//! `ls`, `cat` and `map`.

use super::support::{Scratch, gzip, premaster, story, tar, words, zip};

#[test]
fn a_listing_shows_the_best_view_and_what_it_lacks() {
    let ran = words("ls testdata/story/fixed.iso").exits(0);
    let lines: Vec<&str> = ran.out.lines().collect();
    for wanted in ["!hfs/FreedomOfPress", "!hfs/FreedomOfPress/..namedfork/rsrc", "PPD/", "Read Me"]
    {
        assert!(lines.contains(&wanted), "{wanted} in\n{}", ran.out);
    }
    // The same content is not listed twice, and nothing nested is.
    assert!(!lines.contains(&"!hfs/Read Me") && !ran.out.contains("TEXT/128"), "{}", ran.out);
    assert!(lines.is_sorted(), "{}", ran.out);
    words("ls testdata/story/fixed.iso --recursive").exits(0).says(&["rsrc!/TEXT/128\n"]);
    let all = words("ls testdata/story/fixed.iso --view all").exits(0);
    let all = all.says(&["!hfs/Read Me\n", "!joliet/Read Me\n", "!iso/READ_ME.\n"]);
    // What only spells the way to a fork is no entry.
    assert!(!all.out.lines().any(|line| line.ends_with("..namedfork")), "{}", all.out);
    let joliet = words("ls testdata/story/fixed.iso --view joliet").exits(0);
    assert!(joliet.out.lines().all(|line| line.starts_with("!joliet/")), "{}", joliet.out);
    let below = words("ls testdata/story/fixed.iso!/PPD").exits(0);
    assert!(below.out.lines().all(|line| line.starts_with("PPD/")), "{}", below.out);
    assert_eq!(below.out.lines().count(), 4);
}

#[test]
fn a_large_container_in_a_folder_is_listed() {
    let scratch = Scratch::new();
    let disc = std::fs::read(story("fixed.iso")).expect("there");
    assert!(disc.len() > 512 << 10);
    scratch.file("disc.iso", disc);
    let folder = scratch.path("").to_str().expect("UTF-8").to_owned();
    premaster(["ls", &folder, "--recursive"]).exits(0).says(&["disc.iso!/PPD/INKPCOLOR.PPD\n"]);
}

#[test]
fn the_long_form_is_aligned() {
    let ran = words("ls testdata/story/fixed.iso --long").exits(0).says(&[
        "- 0444          853 1993-06-21T09:30:00           PPD/INKPCOLOR.PPD\n",
        "d 0555            - 1993-08-10T12:00:00           PPD\n",
        "-    -            0 1993-08-12T14:20:00 APPL/FOP3 !hfs/FreedomOfPress\n",
    ]);
    assert!(ran.out.lines().all(|line| line.len() > 50), "{}", ran.out);
    words("ls testdata/readers/tar/devices.tar -l").exits(0);
}

#[test]
fn entries_are_written_as_they_are() {
    let splash = "cat testdata/story/fixed.iso!hfs/FreedomOfPress/..namedfork/rsrc!/TEXT/128";
    let bytes = words(splash).exits(0).raw;
    assert_eq!((bytes.len(), bytes[23]), (209, 0xa8));
    let bytes =
        words("cat testdata/story/candidate.iso!hfs/FreedomOfPress/..namedfork/rsrc!/TEXT/128");
    assert_eq!(bytes.exits(0).raw.last(), Some(&4));
    // However deep.
    let scratch = Scratch::new();
    let text: &[u8] = b"deep\x00\xff\n";
    let inner = zip(&[(b"z.txt", text)]);
    let middle = gzip(&tar(&[(b"x/y.zip", &inner)]));
    let outer = scratch.file("outer.zip", zip(&[(b"a.tar.gz", &middle)]));
    let outer = outer.to_str().expect("UTF-8");
    let path = "a.tar.gz!/x/y.zip!/z.txt";
    premaster(["ls", outer, "--recursive"]).exits(0).says(&[&format!("{path}\n")]);
    assert_eq!(premaster(["cat", &format!("{outer}!/{path}")]).exits(0).raw, text);
    assert_eq!(premaster(["cat", &format!("{outer}!/a.tar.gz")]).exits(0).raw, middle);
    assert_eq!(premaster(["cat", &format!("{outer}!/a.tar.gz!/x/y.zip")]).exits(0).raw, inner);
    let folder = scratch.path("").to_str().expect("UTF-8").trim_end_matches('/').to_owned();
    let line = format!("{folder}!/outer.zip!/{path}");
    assert_eq!(premaster(["cat", &line]).exits(0).raw, text);
    // A wrapper with one payload is transparent.
    let wrapped = scratch.file("a.tar.gz", &middle);
    let wrapped = format!("{}!/x/y.zip!/z.txt", wrapped.display());
    assert_eq!(premaster(["cat", &wrapped]).exits(0).raw, text);
    let single = scratch.file("notes.txt.gz", gzip(b"note\n"));
    let single = format!("{}!/notes.txt", single.display());
    assert_eq!(premaster(["cat", &single]).exits(0).raw, b"note\n");
}

/// An argument that exists is that path, whatever marks it holds.
#[test]
fn a_host_path_may_hold_the_mark() {
    let scratch = Scratch::new();
    let path = scratch.file("odd!/x.tar", tar(&[(b"a.txt", b"a")]));
    let path = path.to_str().expect("UTF-8");
    premaster(["ls", path]).exits(0).says(&["a.txt\n"]);
    assert_eq!(premaster(["cat", &format!("{path}!/a.txt")]).exits(0).raw, b"a");
}

#[test]
fn a_map_has_neither_holes_nor_overlaps() {
    for image in ["story/fixed.iso", "readers/zip/plain.zip", "readers/tar/gnu.tar"] {
        let lines = words(&format!("map testdata/{image} --format jsonl")).exits(0).json_lines();
        let mut end = 0;
        for line in &lines {
            assert_eq!(line["start"], end, "{image}");
            end = line["end"].as_u64().expect("a number");
            assert!(line["claims"].is_array());
        }
        let size = std::fs::metadata(super::support::root().join("testdata").join(image));
        assert_eq!(end, size.expect("a file").len(), "{image}");
        words(&format!("map testdata/{image}")).exits(0);
    }
    let ran = words("map testdata/story/fixed.iso").exits(0);
    ran.says(&["iso: system area (.)", "hfs: content (!hfs/FreedomOfPress/..namedfork/rsrc)"]);
    assert!(story("fixed.iso").is_file());
}

/// What lies in a container is found by any name of that.
#[test]
fn a_container_may_be_called_by_its_other_name() {
    let scratch = Scratch::new();
    let one = scratch.file("tree/a.zip", zip(&[(b"in/z.zip", &zip(&[(b"m.txt", b"one\n")]))]));
    std::fs::hard_link(one, scratch.path("tree/b.zip")).expect("possible");
    let tree = scratch.path("tree");
    let tree = tree.to_str().expect("UTF-8");
    for name in ["a.zip", "b.zip"] {
        let entry = format!("{tree}!/{name}!/in/z.zip!/m.txt");
        assert_eq!(premaster(["cat", &entry]).exits(0).raw, b"one\n");
        premaster(["ls", &entry]).exits(0).says(&["a.zip!/in/z.zip!/m.txt\n"]);
    }
    premaster(["cat", &format!("{tree}!/b.zip!/in/z.zip!/n.txt")]).exits(2);
    premaster(["cat", &format!("{tree}!/c.zip!/in/z.zip!/m.txt")]).exits(2);
}
