//! The order of the members of an archive is content: who reads it forward meets them so.

use super::support::{Ran, Scratch, premaster, tar, zip};

type Files<'a> = &'a [(&'a [u8], &'a [u8])];

const OLD: Files<'_> = &[(b"a", b"one\n"), (b"b", b"b\n"), (b"c", b"c\n"), (b"d", b"d\n")];
const EDITED: Files<'_> = &[(b"a", b"two\n"), (b"b", b"b\n"), (b"c", b"c\n"), (b"d", b"d\n")];
const MOVED: Files<'_> = &[(b"b", b"b\n"), (b"a", b"two\n"), (b"c", b"c\n"), (b"d", b"d\n")];
const ADDED: Files<'_> =
    &[(b"0", b"new\n"), (b"a", b"two\n"), (b"b", b"b\n"), (b"c", b"c\n"), (b"d", b"d\n")];

const INTENT: &str =
    "summary = 's'\n[[change]]\npath = 'a'\nreplace = { from = 'one', to = 'two' }\n";

fn check(scratch: &Scratch, new: &[u8], old: &str, intent: &str, config: &str) -> Ran {
    let file =
        |name: &str, bytes: &[u8]| scratch.file(name, bytes).to_str().expect("UTF-8").to_owned();
    let new = file("new", new);
    let intent = file("intent.toml", intent.as_bytes());
    let config = file("premaster.toml", config.as_bytes());
    let args = ["check", &new, "--against", old, "--intent", &intent, "--config", &config];
    premaster(args)
}

/// The directory of an archive of [`zip`] in the opposite order.
fn listed_backwards(archive: &[u8], files: usize) -> Vec<u8> {
    let entry = 46 + 1;
    let start = archive.len() - 22 - files * entry;
    let end = archive.len() - 22;
    let entries: Vec<&[u8]> = archive[start..end].chunks(entry).rev().collect();
    [&archive[..start], &entries.concat(), &archive[end..]].concat()
}

#[test]
fn another_order_of_the_members_blocks() {
    let scratch = Scratch::new();
    let add = format!("{INTENT}[[change]]\npath = '0'\naction = 'add'\n");
    let normal = "[compare]\nnormalize = [\"order\"]\n";
    for make in [tar::<&[u8]>, zip] {
        let old = scratch.file("old", make(OLD));
        let old = old.to_str().expect("UTF-8").to_owned();
        let manifest = scratch.path("approved.jsonl").to_str().expect("UTF-8").to_owned();
        premaster(["approve", &old, "-o", &manifest]).exits(0);
        for old in [&old, &manifest] {
            check(&scratch, &make(EDITED), old, INTENT, "").exits(0);
            check(&scratch, &make(ADDED), old, &add, "").exits(0);
            let said = "order: 4 members that both builds have is now 1 of these elsewhere";
            check(&scratch, &make(MOVED), old, INTENT, "").exits(1).says(&[said]);
            let order = "[[change]]\npath = '!'\naction = 'metadata'\nfields = ['order']\n";
            let intent = format!("{INTENT}{order}");
            check(&scratch, &make(MOVED), old, &intent, "").exits(0);
            check(&scratch, &make(EDITED), old, &intent, "").exits(1);
            check(&scratch, &make(MOVED), old, INTENT, normal).exits(0);
        }
    }
}

#[test]
fn another_order_of_the_directory_blocks() {
    let scratch = Scratch::new();
    let old = scratch.file("old.zip", zip(OLD));
    let old = old.to_str().expect("UTF-8").to_owned();
    let new = listed_backwards(&zip(EDITED), 4);
    let said = "3 of these elsewhere";
    check(&scratch, &new, &old, INTENT, "").exits(1).says(&[said]);
    // Listed as before, but the members lie in another order.
    let new = listed_backwards(&zip(&EDITED.iter().rev().copied().collect::<Vec<_>>()), 4);
    check(&scratch, &new, &old, INTENT, "").exits(1).says(&["its order differs"]);
    check(&scratch, &new, &old, INTENT, "[compare]\nnormalize = [\"order\"]\n").exits(0);
}
