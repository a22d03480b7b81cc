//! Runs the binary, and makes small artifacts.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) use crate::archive::{gzip, tar};

/// A run that takes longer hangs.
const LIMIT: Duration = Duration::from_mins(2);

/// What a run gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) raw: Vec<u8>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Asserts the exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        self
    }

    /// Asserts that standard output holds all of these.
    #[track_caller]
    pub(crate) fn says(self, wanted: &[&str]) -> Self {
        for wanted in wanted {
            assert!(self.out.contains(wanted), "no {wanted:?} in\n{}{}", self.out, self.err);
        }
        self
    }

    /// Asserts that standard output is empty and standard error is one line that holds all of these.
    #[track_caller]
    pub(crate) fn complains(self, wanted: &[&str]) -> Self {
        for wanted in wanted {
            assert!(self.err.contains(wanted), "no {wanted:?} in\n{}", self.err);
        }
        assert_eq!(self.err.lines().count(), 1, "one clear line:\n{}", self.err);
        assert!(self.err.starts_with("premaster: "), "{}", self.err);
        assert_eq!(self.out, "");
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}:\n{}{}", self.out, self.err))
    }

    /// Standard output as JSON, one value a line.
    #[track_caller]
    pub(crate) fn json_lines(&self) -> Vec<serde_json::Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        self.out.lines().map(parse).collect()
    }
}

/// The binary in the root of the repository, with nothing of the caller's surroundings.
pub(crate) fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_premaster"));
    command.current_dir(root());
    for name in ["NO_COLOR", "TERM", "SOURCE_DATE_EPOCH", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        command.env_remove(name);
    }
    command
}

/// Runs it to its end; panics if there is none.
#[track_caller]
pub(crate) fn run(mut command: Command) -> Ran {
    let mut out = tempfile::tempfile().expect("a temporary file");
    let mut err = tempfile::tempfile().expect("a temporary file");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(out.try_clone().expect("a handle"))
        .stderr(err.try_clone().expect("a handle"))
        .spawn()
        .expect("starts");
    let status = finish(&mut child);
    let read = |file: &mut File| {
        let mut bytes = Vec::new();
        file.rewind().expect("rewinds");
        file.read_to_end(&mut bytes).expect("readable");
        bytes
    };
    let (raw, err) = (read(&mut out), read(&mut err));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(!text(&err).contains("panicked"), "{}", text(&err));
    Ran { code: status, out: text(&raw), err: text(&err), raw }
}

/// Waits for the end of a process; kills it and panics if there is none.
#[track_caller]
pub(crate) fn finish(child: &mut std::process::Child) -> i32 {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("waits") {
            return status.code().expect("an exit code, no signal");
        }
        if start.elapsed() > LIMIT {
            child.kill().expect("killed");
            panic!("it hangs");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Runs the binary with arguments.
#[track_caller]
pub(crate) fn premaster<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Ran {
    let mut command = binary();
    command.args(args);
    run(command)
}

/// Runs the binary with arguments that stand in one text, separated by blanks.
#[track_caller]
pub(crate) fn words(line: &str) -> Ran {
    premaster(line.split_whitespace())
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the story.
pub(crate) fn story(name: &str) -> PathBuf {
    root().join("testdata/story").join(name)
}

/// A folder that is gone when the test ends.
pub(crate) struct Scratch(tempfile::TempDir);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file, and the folders that it needs.
    pub(crate) fn file(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(&path, bytes).expect("written");
        path
    }
}

/// A zip archive of stored files.
pub(crate) fn zip(files: &[(&[u8], &[u8])]) -> Vec<u8> {
    let (mut out, mut central) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let at = out.len() as u32;
        let mut fields = Vec::new();
        fields.extend_from_slice(&[20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0]);
        fields.extend_from_slice(&crc32fast::hash(bytes).to_le_bytes());
        fields.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        fields.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        fields.extend_from_slice(&(name.len() as u16).to_le_bytes());
        fields.extend_from_slice(&[0, 0]);
        out.extend_from_slice(b"PK\x03\x04");
        out.extend_from_slice(&fields);
        out.extend_from_slice(name);
        out.extend_from_slice(bytes);
        central.extend_from_slice(b"PK\x01\x02\x14\x03");
        central.extend_from_slice(&fields);
        central.extend_from_slice(&[0; 6]);
        central.extend_from_slice(&(0o10_0644_u32 << 16).to_le_bytes());
        central.extend_from_slice(&at.to_le_bytes());
        central.extend_from_slice(name);
    }
    let (start, size) = (out.len() as u32, central.len() as u32);
    out.extend_from_slice(&central);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend_from_slice(&(files.len() as u16).to_le_bytes());
    out.extend_from_slice(&(files.len() as u16).to_le_bytes());
    out.extend_from_slice(&size.to_le_bytes());
    out.extend_from_slice(&start.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    out
}

/// Asserts that bytes are text that no terminal obeys: no control character but the line feed, no
/// ill-formed UTF-8, nothing that turns the direction of writing.
#[track_caller]
pub(crate) fn assert_harmless(bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).unwrap_or_else(|error| panic!("{error}: {bytes:?}"));
    for c in text.chars() {
        let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}');
        assert!(c == '\n' || !(c.is_control() || turns), "{c:?} in {text:?}");
    }
}
