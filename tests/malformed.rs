//! Inputs whose fields promise what is not there, and those that once brought a reader down, minimised: `testdata/malformed/<reader id>/`, and what each
//! must give instead. A file without a line in the table fails, and so does a line without a file.
//!
//! The fixtures of all readers and these files also go through the whole program, in an address space
//! that no field of theirs may fill.

use std::fs;
use std::path::{Path, PathBuf};

use premaster::model::Volume;
use premaster::model::claim::overlay;
use premaster::readers::{self, READERS};

/// Reader, file, and what it must tell: a rule, or the kind of what was not read.
const TABLE: &[(&str, &str, &str)] = &[
    ("gzip", "extra-beyond-the-end.gz", "structure/gzip-header-truncated"),
    ("tar", "sparse-terabyte.tar", "limit"),
    ("zip", "directory-of-4-gib.zip", "structure/zip-central-directory-broken"),
    ("zip", "zip64-directory-of-8-eib.zip", "structure/zip-central-directory-broken"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.expect("readable").path()).collect();
    files.sort();
    files
}

/// What a reader told, by rule and by kind.
fn told(volume: &Volume) -> Vec<String> {
    let mut told: Vec<_> = volume.defects.iter().map(|defect| defect.rule.to_owned()).collect();
    told.extend(volume.unread.iter().map(|unread| unread.kind.name().to_owned()));
    if told.is_empty() {
        told.push("nothing".to_owned());
    }
    told
}

#[test]
fn every_file_gives_what_the_table_says() {
    let folders = files(&root().join("testdata/malformed"));
    let mut seen = Vec::new();
    for path in folders.iter().flat_map(|folder| files(folder)) {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if name.starts_with("README") {
            continue;
        }
        let folder = path.parent().and_then(Path::file_name).expect("a folder").to_string_lossy();
        let row = TABLE.iter().find(|row| row.0 == folder && row.1 == name);
        let (id, _, expected) = row.unwrap_or_else(|| panic!("no line for {}", path.display()));
        let reader = READERS.iter().find(|reader| reader.doc.id == *id).expect("a reader's id");
        let bytes = fs::read(&path).expect("readable");
        let volume = readers::list(reader, &bytes, name.as_bytes());
        let mut at = 0;
        for tile in overlay(&volume.claims, bytes.len() as u64) {
            assert_eq!(tile.start, at, "{}", path.display());
            at = tile.end;
        }
        assert_eq!(at, bytes.len() as u64, "{}", path.display());
        let told = told(&volume);
        assert!(told.iter().any(|told| told == expected), "{}: {told:?}", path.display());
        seen.push((folder.into_owned(), name));
    }
    for (folder, name, _) in TABLE {
        assert!(seen.iter().any(|(f, n)| f == folder && n == name), "{folder}/{name} is not there");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn no_file_takes_more_memory_than_its_share() {
    use std::process::Command;

    let folders = ["testdata/readers", "testdata/malformed"].map(|name| root().join(name));
    for path in folders.iter().flat_map(|folder| files(folder)).flat_map(|folder| files(&folder)) {
        let length = path.metadata().expect("readable").len();
        // The program itself and the stacks of its threads take 40 MiB of address space.
        let kib = (104 << 10) + 4 * length / 1024;
        let script = format!("ulimit -v {kib}; exec \"$0\" check --threads 1 \"$1\"");
        let output = Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_premaster")])
            .arg(&path)
            .output()
            .expect("sh runs");
        let code = output.status.code();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(code, Some(0 | 1 | 3)), "{}: {code:?}: {errors}", path.display());
    }
}
