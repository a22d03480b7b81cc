//! What Git holds: staged blobs, ranges of commits, and the hook.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::Scratch;

/// A repository with one commit of `a.txt`, `res/splash.txt` (Mac OS Roman, CR) and `run.sh`.
struct Repository {
    scratch: Scratch,
}

const SPLASH: &[u8] = b"FreedomOfPress\rCopyright 1993\r";

impl Repository {
    fn new(options: &[&str]) -> Self {
        let scratch = Scratch::new();
        fs::create_dir(scratch.path("work")).expect("a folder");
        let repository = Self { scratch };
        repository.git(["init", "--quiet", "--initial-branch=main"].iter().chain(options));
        repository.write("a.txt", b"hello\n");
        repository.write("res/splash.txt", SPLASH);
        repository.write("run.sh", b"#!/bin/sh\necho hello\n");
        repository.commit("first").expect("a commit");
        repository
    }

    fn at(&self, path: &str) -> std::path::PathBuf {
        self.scratch.path("work").join(path)
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        self.scratch.file(format!("work/{path}"), bytes);
    }

    fn command(&self, program: &str, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Output {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.scratch.path("work"));
        // Nothing of whoever runs the test.
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"GIT_") {
                command.env_remove(name);
            }
        }
        let who =
            ["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"];
        command.envs(who.map(|name| (name, "a@example.org")));
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command.env("HOME", self.scratch.path("work")).env("NO_COLOR", "1");
        command.output().expect("a program to run")
    }

    fn git(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> String {
        let done = self.command("git", args);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{said}");
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    /// Stages everything and commits it; what the hook says if it does not let it pass.
    fn commit(&self, message: &str) -> Result<(), String> {
        self.git(["add", "--all"]);
        let done = self.command("git", ["commit", "--quiet", "-m", message]);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        if done.status.success() { Ok(()) } else { Err(said) }
    }

    fn premaster(&self, args: &[&str]) -> (i32, String, String) {
        let done = self.command(env!("CARGO_BIN_EXE_premaster"), args);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (done.status.code().unwrap_or(-1), text(&done.stdout), text(&done.stderr))
    }

    /// Rules and places of the errors that a check tells, and its exit code.
    fn errors(&self, args: &[&str]) -> (i32, Vec<String>) {
        let args: Vec<_> = args.iter().chain(&["--format", "json"]).copied().collect();
        let (code, out, said) = self.premaster(&args);
        let report: serde_json::Value =
            serde_json::from_str(&out).unwrap_or_else(|_| panic!("{said}"));
        (code, lines_of(&report, "error"))
    }
}

/// Rule, path and line of every finding of a severity.
fn lines_of(report: &serde_json::Value, severity: &str) -> Vec<String> {
    let findings = report["findings"].as_array().expect("findings");
    let told = |f: &serde_json::Value| {
        let word = |key: &str| f[key].as_str().unwrap_or_default().to_owned();
        format!("{} {}:{}", word("rule"), word("path"), f["line"])
    };
    findings.iter().filter(|f| f["severity"] == severity).map(told).collect()
}

fn with(splash: &[u8], end: &[u8]) -> Vec<u8> {
    [splash, end].concat()
}

#[test]
fn the_founding_case_as_a_commit() {
    let repository = Repository::new(&[]);
    let (code, out, _) = repository.premaster(&["hook", "install"]);
    assert_eq!((code, out.contains(".git/hooks/pre-commit")), (0, true), "{out}");
    // The resource with ® in Mac OS Roman and the Control-D of the editor.
    let meant = b"FreedomOfPress\xa8\rCopyright 1993\r";
    repository.write("res/splash.txt", &with(meant, b"\x04"));
    let said = repository.commit("add the registered trademark").expect_err("blocked");
    for wanted in
        ["BLOCKED", "text/eot-at-end", "res/splash.txt", "offset 31", "line 3", "0d 04", "fix:"]
    {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    assert_eq!(repository.git(["log", "--format=%s"]), "first");
    // The same without it.
    repository.write("res/splash.txt", meant);
    repository.commit("add the registered trademark").expect("a commit");
    assert_eq!(repository.errors(&["check", "--rev", "HEAD"]), (0, vec![]));
    // The change that was meant, and nothing else.
    repository.scratch.file(
        "intent.toml",
        "summary = \"® on the splash screen\"\n[[change]]\npath = \"res/splash.txt\"\ninsert = \"®\"\n\
         encoding = \"macintosh\"\n",
    );
    let intent = repository.scratch.path("intent.toml");
    let intent = intent.to_str().expect("UTF-8");
    assert_eq!(repository.premaster(&["check", "--rev", "HEAD", "--intent", intent]).0, 0);
    repository.write("a.txt", b"hello!\n");
    repository.commit("more").expect("a commit");
    let (code, out, _) =
        repository.premaster(&["check", "--rev", "HEAD~2..HEAD", "--intent", intent]);
    assert_eq!((code, out.contains("undeclared change")), (1, true), "{out}");
}

#[test]
fn what_is_staged_is_checked_and_nothing_else() {
    let repository = Repository::new(&[]);
    let staged = ["check", "--staged"];
    let found = (1, vec!["text/eot-at-end a.txt:2".to_owned()]);
    // Only in the working tree.
    repository.write("a.txt", b"hello\n\x04");
    assert_eq!(repository.errors(&staged), (0, vec![]));
    // Only in the index.
    repository.git(["add", "a.txt"]);
    repository.write("a.txt", b"hello\n");
    assert_eq!(repository.errors(&staged), found);
    // Git calls it binary, and attributes hide it.
    repository.write(".gitattributes", b"a.txt binary -diff\n");
    repository.git(["add", ".gitattributes"]);
    assert_eq!(repository.errors(&staged), found);
    // Settings that change what Git shows have no say, from whatever folder.
    for set in ["diff.noprefix", "diff.relative", "diff.mnemonicPrefix"] {
        repository.git(["config", set, "true"]);
    }
    repository.git(["config", "diff.external", "false"]);
    assert_eq!(repository.errors(&staged), found);
    // Names that are no text, a link, an executable bit, and what only moves.
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        let name = OsStr::from_bytes(b"work/odd\xff\n\x1bname.txt");
        fs::write(repository.scratch.path("").join(name), b"x\x04").expect("a file");
        std::os::unix::fs::symlink("a.txt", repository.at("link")).expect("a link");
    }
    repository.git(["mv", "run.sh", "start.sh"]);
    repository.git(["add", "--all", "--", ":!a.txt"]);
    let (code, report, _) = repository.premaster(&["check", "--staged", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(code, 1);
    let changes: Vec<_> = report["changes"].as_array().expect("changes").iter().collect();
    let told = |path: &str| {
        let of_path = |c: &&&serde_json::Value| c["path"].as_str() == Some(path);
        changes.iter().find(of_path).map(|c| c["verb"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(told("start.sh").as_deref(), Some("renamed"));
    assert_eq!(told("link").as_deref(), Some("added"));
    assert_eq!(told("odd\\xff\\x0a\\x1bname.txt").as_deref(), Some("added"));
    let texts = lines_of(&report, "error");
    assert!(texts.iter().any(|text| text.ends_with("odd\\xff\\x0a\\x1bname.txt:1")), "{texts:?}");
}

#[test]
fn a_text_that_looks_binary_now_is_told_as_a_change() {
    let repository = Repository::new(&[]);
    repository.write("res/splash.txt", &with(&SPLASH[..10], &[0, 1, 2, 0x80, 0, 0xff, 0, 3]));
    repository.git(["add", "--all"]);
    let (code, errors) = repository.errors(&["check", "--staged"]);
    assert_eq!(code, 1);
    assert!(errors.iter().any(|error| error.starts_with("text/class-changed")), "{errors:?}");
}

#[test]
fn all_kinds_of_repositories() {
    // The first commit, SHA-256, a bare repository, a worktree, a folder below the top.
    let repository = Repository::new(&["--object-format=sha256"]);
    repository.write("a.txt", b"hello\n\x04");
    repository.git(["add", "--all"]);
    let found = (1, vec!["text/eot-at-end a.txt:2".to_owned()]);
    assert_eq!(repository.errors(&["check", "--staged"]), found);
    assert_eq!(repository.errors(&["hook", "run", "--all"]), found);
    repository.commit("bad").expect("no hook");
    assert_eq!(repository.errors(&["check", "--rev", "HEAD"]), found);
    assert_eq!(repository.errors(&["check", "--rev", "HEAD^..HEAD"]), found);
    assert_eq!(repository.errors(&["check", "--rev", "HEAD..HEAD^"]), (0, vec![]));
    let (code, _, said) = repository.premaster(&["check", "--rev", "nowhere..HEAD"]);
    assert_eq!((code, said.contains("no commit \"nowhere\"")), (2, true), "{said}");
    repository.git(["worktree", "add", "--quiet", "beside", "HEAD^"]);
    repository.write("beside/res/splash.txt", b"x\x04");
    repository.git(["-C", "beside", "add", "--all"]);
    let run = Command::new(env!("CARGO_BIN_EXE_premaster"))
        .args(["check", "--staged", "--format", "json"])
        .current_dir(repository.at("beside/res"))
        .output()
        .expect("premaster");
    let report: serde_json::Value = serde_json::from_slice(&run.stdout).expect("JSON");
    assert_eq!(lines_of(&report, "error"), ["text/eot-at-end res/splash.txt:1"]);
    // No repository at all, and a commit before any.
    let empty = Scratch::new();
    let run = |folder: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_premaster"));
        command.args(["check", "--staged"]).env("GIT_CEILING_DIRECTORIES", folder);
        command.current_dir(folder).output().expect("premaster")
    };
    fs::create_dir(empty.path("new")).expect("a folder");
    let done = run(&empty.path("new"));
    assert_eq!(done.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&done.stderr).contains("not a git repository"));
    let init =
        Command::new("git").args(["init", "--quiet"]).current_dir(empty.path("new")).status();
    assert!(init.expect("git").success());
    empty.file("new/b.txt", "x\n\x04");
    let add = Command::new("git").args(["add", "b.txt"]).current_dir(empty.path("new")).status();
    assert!(add.expect("git").success());
    assert_eq!(run(&empty.path("new")).status.code(), Some(1));
}

#[test]
fn submodules_and_what_is_only_meant_to_be_added() {
    let repository = Repository::new(&[]);
    let other = Repository::new(&[]);
    let commit = other.git(["rev-parse", "HEAD"]);
    let cache = format!("160000,{commit},vendor/other");
    repository.git(["update-index", "--add", "--cacheinfo", &cache]);
    repository.write("later.txt", b"x\x04");
    repository.git(["add", "--intent-to-add", "later.txt"]);
    let (code, out, said) = repository.premaster(&["check", "--staged", "--format", "json"]);
    assert_eq!(code, 0, "{out}{said}");
    let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let paths: Vec<_> =
        report["changes"].as_array().expect("changes").iter().map(|c| c["path"].as_str()).collect();
    assert!(
        paths.contains(&Some("vendor/other")) && !paths.contains(&Some("later.txt")),
        "{paths:?}"
    );
}

#[test]
fn large_files_stand_for_their_pointers() {
    let repository = Repository::new(&[]);
    let oid = "5e884898da28047151d0e56f8dc6292773603d0d6aabbd62a11ef721d1542d8a";
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 7\n");
    repository.write("big.txt", pointer.as_bytes());
    repository.git(["add", "--all"]);
    // Git LFS has not fetched it: it was not looked at.
    let (code, out, _) = repository.premaster(&["check", "--staged", "--format", "json"]);
    assert_eq!((code, out.contains("git lfs fetch")), (3, true), "{out}");
    repository.write(&format!(".git/lfs/objects/5e/88/{oid}"), b"hello\n\x04");
    let found = (1, vec!["text/eot-at-end big.txt:2".to_owned()]);
    assert_eq!(repository.errors(&["check", "--staged"]), found);
}

#[test]
fn a_hook_that_is_there_runs_first_and_comes_back() {
    let repository = Repository::new(&[]);
    let hook = repository.at(".git/hooks/pre-commit");
    let before = b"#!/bin/sh\necho before >> log\ntest ! -e stop\n";
    repository.write(".git/hooks/pre-commit", before);
    executable(&hook);
    repository.write(".gitignore", b"log\nstop\n");
    let install = || repository.premaster(&["hook", "install"]).1;
    assert!(install().contains("runs first"));
    assert!(install().contains("runs first"), "twice is as once");
    repository.write("b.txt", b"x\n");
    repository.commit("good").expect("a commit");
    repository.write("b.txt", b"x\n\x04");
    repository.commit("bad").expect_err("premaster blocks");
    repository.write("stop", b"");
    repository.write("b.txt", b"y\n");
    repository.commit("stopped").expect_err("the hook before blocks");
    assert_eq!(fs::read_to_string(repository.at("log")).expect("a log"), "before\n".repeat(3));
    assert!(repository.premaster(&["hook", "uninstall"]).1.contains("is back"));
    assert_eq!(fs::read(&hook).expect("a hook"), before);
    let (code, _, said) = repository.premaster(&["hook", "uninstall"]);
    assert_eq!((code, said.contains("no hook of premaster")), (2, true), "{said}");
    // Folders of hooks: one of the repository, and one that others use.
    repository.git(["config", "core.hooksPath", "hooks of ours"]);
    assert!(install().contains("hooks of ours/pre-commit"));
    let shared = repository.scratch.path("shared");
    repository.git(["config", "core.hooksPath", shared.to_str().expect("UTF-8")]);
    let (code, _, said) = repository.premaster(&["hook", "install"]);
    assert_eq!((code, said.contains("--shared")), (2, true), "{said}");
    assert_eq!(repository.premaster(&["hook", "install", "--shared"]).0, 0);
    assert!(shared.join("pre-commit").is_file());
}

#[test]
fn a_comment_in_a_text_may_silence_a_rule_at_a_commit() {
    let repository = Repository::new(&[]);
    repository.write(
        "a.c",
        "int a\u{a0}b; // premaster: allow text/blank-look-alike-in-code -- shown as it is\n"
            .as_bytes(),
    );
    repository.git(["add", "--all"]);
    let (code, out, _) = repository.premaster(&["check", "--staged", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, report["findings"].as_array().map(Vec::len)), (0, Some(0)), "{out}");
    assert_eq!(report["waived"].as_array().map(Vec::len), Some(1));
}

fn executable(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
    }
    #[cfg(not(unix))]
    let _ = path;
}
