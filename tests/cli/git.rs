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
        let (code, report) = self.report(args);
        (code, lines_of(&report, "error"))
    }

    /// The report of a check, and its exit code.
    fn report(&self, args: &[&str]) -> (i32, serde_json::Value) {
        let args: Vec<_> = args.iter().chain(&["--format", "json"]).copied().collect();
        let (code, out, said) = self.premaster(&args);
        (code, serde_json::from_str(&out).unwrap_or_else(|_| panic!("{said}")))
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
    assert_eq!((code, out.contains(".git/hooks")), (0, true), "{out}");
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
    // SHA-256, a worktree, a folder below the top, no commit yet.
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
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        let vars = std::env::vars_os().map(|(name, _)| name);
        for name in vars.filter(|name| name.as_encoded_bytes().starts_with(b"GIT_")) {
            command.env_remove(name);
        }
        let status = command.args(args).current_dir(empty.path("new")).status();
        assert!(status.expect("git").success());
    };
    git(&["init", "--quiet"]);
    empty.file("new/b.txt", "x\n\x04");
    git(&["add", "b.txt"]);
    assert_eq!(run(&empty.path("new")).status.code(), Some(1));
}

#[test]
fn what_a_sparse_checkout_leaves_out_is_neither_gone_nor_unseen() {
    for cone in ["--cone", "--no-cone"] {
        let repository = Repository::new(&[]);
        repository.write("doc/a.txt", b"x\n\x04");
        repository.write("doc/b.txt", b"old\n");
        repository.commit("bad already").expect("no hook");
        repository.git(["sparse-checkout", "set", cone, "res"]);
        assert!(!repository.at("doc").exists(), "{cone}");
        let clean = (0, vec![]);
        assert_eq!(repository.errors(&["check", "--staged"]), clean, "nothing is staged");
        assert_eq!(repository.errors(&["hook", "run"]), clean);
        repository.write("res/splash.txt", &with(SPLASH, b"new\r"));
        // Staged without a file in the working tree.
        repository.scratch.file("blob", "new\n\x04");
        let blob = repository.git(["hash-object", "-w", "../blob"]);
        let entry = format!("100644,{blob},doc/b.txt");
        repository.git(["add", "res/splash.txt"]);
        repository.git(["update-index", "--cacheinfo", &entry]);
        let (code, report) = repository.report(&["check", "--staged"]);
        let changes = report["changes"].as_array().expect("changes").iter();
        let changes: Vec<_> = changes.map(|c| (c["verb"].as_str(), c["path"].as_str())).collect();
        let modified = |path| (Some("modified"), Some(path));
        assert_eq!(changes, [modified("doc/b.txt"), modified("res/splash.txt")], "{cone}");
        let found = vec!["text/eot-at-end doc/b.txt:2".to_owned()];
        assert_eq!((code, lines_of(&report, "error")), (1, found.clone()), "{cone}");
        assert_eq!(repository.errors(&["hook", "run"]), (1, found.clone()), "{cone}");
        let all = [vec!["text/eot-at-end doc/a.txt:2".to_owned()], found].concat();
        assert_eq!(repository.errors(&["hook", "run", "--all"]), (1, all), "{cone}");
    }
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
    // Neither is a leftover where Git holds it; in a folder both are.
    repository.write(".gitignore", b"build\n");
    repository.git(["add", ".gitignore"]);
    let notes = |args: &[&str]| lines_of(&repository.report(args).1, "note");
    for args in [&["check", "--staged"][..], &["hook", "run", "--all"]] {
        assert_eq!(notes(args), Vec::<String>::new(), "{args:?}");
    }
    fs::create_dir_all(repository.at("vendor/other")).expect("a folder");
    let leftovers = [
        "leftovers/version-control-file .gitignore:null",
        "leftovers/empty-folder vendor/other:null",
    ];
    let notes = notes(&["check", "."]);
    assert!(leftovers.iter().all(|wanted| notes.iter().any(|note| note == wanted)), "{notes:?}");
}

#[test]
fn at_a_commit_a_waiver_is_unused_only_if_that_can_be_known() {
    let repository = Repository::new(&[]);
    repository.write(".gitignore", b"premaster.toml\n");
    repository.write("b.txt", b"x\n");
    let waiver = |rule: &str, path: &str, year: i32| {
        format!(
            "[[waiver]]\nrule = \"{rule}\"\npath = \"{path}\"\nreason = \"r\"\nowner = \"o\"\n\
             expires = {year}-01-01\n"
        )
    };
    let waivers = [
        // Not among what is staged, or maybe not.
        waiver("text/bell", "a.txt", 2999),
        waiver("text/bell", "**", 2999),
        waiver("links/missing-page", "b.txt", 2999),
        waiver("text/eot-at-end", "b.txt", 2999),
        waiver("text/bell", "gone.txt", 2001),
    ];
    repository.write("premaster.toml", waivers.concat().as_bytes());
    repository.git(["add", "--all"]);
    let told = |args: &[&str]| {
        let (_, report) = repository.report(args);
        let findings = report["findings"].as_array().expect("findings").iter();
        let unused = findings.filter(|finding| finding["rule"] == "waiver/unused");
        unused.map(|f| f["message"].as_str().expect("words").to_owned()).collect::<Vec<_>>()
    };
    let part = told(&["check", "--staged"]);
    assert_eq!(part.len(), 2, "{part:?}");
    assert!(part[0].contains("text/eot-at-end by o for b.txt accepts nothing"), "{part:?}");
    assert!(part[1].contains("gone.txt has expired"), "{part:?}");
    assert_eq!(told(&["hook", "run", "--all"]).len(), waivers.len());
}

#[test]
fn large_files_stand_for_their_pointers() {
    let repository = Repository::new(&[]);
    let oid = "8296577278274199e89888f541a831c766c100c1005a21e7ee6ca5ec82af2b49";
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 7\n");
    repository.write("big.txt", pointer.as_bytes());
    repository.git(["add", "--all"]);
    // Git LFS has not fetched it: it was not looked at.
    let (code, out, _) = repository.premaster(&["check", "--staged", "--format", "json"]);
    assert_eq!((code, out.contains("git lfs fetch")), (3, true), "{out}");
    let object = format!(".git/lfs/objects/{}/{}/{oid}", &oid[..2], &oid[2..4]);
    repository.write(&object, b"hello\n\x04");
    let found = (1, vec!["text/eot-at-end big.txt:2".to_owned()]);
    assert_eq!(repository.errors(&["check", "--staged"]), found);
    // Other bytes than those that are named.
    repository.write(&object, b"hello!\n");
    let (code, out, _) = repository.premaster(&["check", "--staged", "--format", "json"]);
    assert_eq!((code, out.contains("hashes to")), (3, true), "{out}");
    // What is more than a pointer is read as it is.
    repository.write("big.txt", format!("{pointer}x\n\x04").as_bytes());
    repository.git(["add", "--all"]);
    let found = (1, vec!["text/eot-at-end big.txt:5".to_owned()]);
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
    let install = |options: &[&str]| {
        let all = ["hook", "install"].iter().chain(options).copied().collect::<Vec<_>>();
        let (code, out, said) = repository.premaster(&all);
        assert!(code == 0 || out.is_empty(), "{out}");
        out + &said
    };
    assert!(install(&[]).contains("pre-commit.before-premaster runs first"));
    assert!(install(&[]).contains("pre-commit.before-premaster runs first"), "twice is as once");
    repository.write("b.txt", b"x\n");
    repository.commit("good").expect("a commit");
    repository.write("b.txt", b"x\n\x04");
    repository.commit("bad").expect_err("premaster blocks");
    repository.write("stop", b"");
    repository.write("b.txt", b"y\n");
    repository.commit("stopped").expect_err("the hook before blocks");
    assert_eq!(fs::read_to_string(repository.at("log")).expect("a log"), "before\n".repeat(3));
    assert!(repository.premaster(&["hook", "uninstall"]).1.contains("pre-commit is back"));
    assert_eq!(fs::read(&hook).expect("a hook"), before);
    assert!(!repository.at(".git/hooks/pre-merge-commit").exists());
    let (code, _, said) = repository.premaster(&["hook", "uninstall"]);
    assert_eq!((code, said.contains("no hook of premaster")), (2, true), "{said}");
    // Folders of hooks: one of the project, for all who clone it, and one that others use.
    repository.git(["config", "core.hooksPath", "hooks of ours"]);
    assert!(install(&["--", "--fail-on", "note"]).contains("hooks of ours"));
    let script = fs::read_to_string(repository.at("hooks of ours/pre-commit")).expect("a hook");
    assert!(script.contains("\npremaster=premaster\n"), "no path of this machine: {script}");
    assert!(script.ends_with("hook run '--fail-on' 'note'\n"), "{script}");
    assert!(install(&["--", "--fail-in"]).contains("--fail-in"));
    let shared = repository.scratch.path("shared");
    repository.git(["config", "core.hooksPath", shared.to_str().expect("UTF-8")]);
    assert!(install(&[]).contains("--shared"));
    assert!(install(&["--shared"]).contains("installed"));
    assert!(shared.join("pre-commit").is_file());
    repository.git(["config", "core.hooksPath", "/dev/null"]);
    assert!(install(&["--shared"]).contains("hooks are off"));
}

#[test]
fn a_merge_and_a_patch_by_mail_are_checked_too() {
    let repository = Repository::new(&[]);
    repository.git(["switch", "--quiet", "--create", "side"]);
    repository.write("b.txt", b"x\n\x04");
    repository.commit("bad").expect("no hook yet");
    let patch = repository.git(["format-patch", "-1", "--stdout"]);
    repository.write("../bad.patch", (patch + "\n").as_bytes());
    repository.git(["switch", "--quiet", "main"]);
    repository.write("c.txt", b"y\n");
    repository.commit("good").expect("a commit");
    repository.premaster(&["hook", "install"]);
    for args in [["merge", "--no-edit", "side"], ["am", "--quiet", "../bad.patch"]] {
        let done = repository.command("git", args);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(!done.status.success() && said.contains("text/eot-at-end"), "{args:?}: {said}");
        repository.git([args[0], "--abort"]);
    }
    assert_eq!(repository.git(["log", "--format=%s", "-1"]), "good");
}

#[test]
fn nothing_of_this_machine_stands_for_what_is_committed() {
    let repository = Repository::new(&[]);
    repository.write("b.txt", b"x\n\x04");
    repository.git(["add", "--all"]);
    let found = (1, vec!["text/eot-at-end b.txt:2".to_owned()]);
    // An object that another replaces.
    let bad = repository.git(["rev-parse", ":b.txt"]);
    repository.write("../good", b"x\n");
    let good = repository.git(["hash-object", "-w", "../good"]);
    repository.git(["replace", &bad, &good]);
    assert_eq!(repository.errors(&["check", "--staged"]), found);
    // Settings that Git trips over.
    repository.git(["config", "diff.orderFile", "nowhere"]);
    assert_eq!(repository.errors(&["check", "--staged"]), found);
    // What is only meant to be added, and a link that leads away.
    repository.git(["reset", "--quiet", "--hard"]);
    repository.write("later.txt", b"x\n\x04");
    repository.git(["add", "--intent-to-add", "later.txt"]);
    assert_eq!(repository.errors(&["hook", "run", "--all"]), (0, vec![]));
    #[cfg(unix)]
    {
        fs::remove_file(repository.at("a.txt")).expect("removed");
        std::os::unix::fs::symlink("/etc/passwd", repository.at("a.txt")).expect("a link");
        repository.git(["add", "a.txt"]);
        let (_, out, _) = repository.premaster(&["check", "--staged"]);
        for wanted in ["kind: file is now symlink", "/etc/passwd", "links/symlink-leaves-artifact"]
        {
            assert!(out.contains(wanted), "{wanted}: {out}");
        }
    }
}

#[test]
fn a_conflict_is_settled_first() {
    let repository = Repository::new(&[]);
    repository.git(["switch", "--quiet", "--create", "side"]);
    repository.write("a.txt", b"one\n");
    repository.commit("one").expect("a commit");
    repository.git(["switch", "--quiet", "main"]);
    repository.write("a.txt", b"two\n");
    repository.commit("two").expect("a commit");
    assert!(!repository.command("git", ["merge", "side"]).status.success());
    for args in [&["check", "--staged"][..], &["hook", "run", "--all"]] {
        let (code, _, said) = repository.premaster(args);
        assert_eq!((code, said.contains("a.txt is in conflict")), (2, true), "{said}");
    }
}

#[test]
fn where_history_begins_or_is_cut_off() {
    let repository = Repository::new(&[]);
    let (code, out, _) = repository.premaster(&["check", "--rev", "HEAD", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &report["summary"]["entries"]), (0, &serde_json::json!(4)), "{out}");
    repository.write("a.txt", b"more\n");
    repository.commit("second").expect("a commit");
    let from = format!("file://{}", repository.at("").display());
    repository.git(["clone", "--quiet", "--depth", "1", &from, "../shallow"]);
    let done = Command::new(env!("CARGO_BIN_EXE_premaster"))
        .args(["check", "--rev", "HEAD"])
        .current_dir(repository.at("../shallow"))
        .output()
        .expect("premaster");
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!((done.status.code(), said.contains("--deepen")), (Some(2), true), "{said}");
    // A bare repository has no index, but commits.
    repository.git(["clone", "--quiet", "--bare", &from, "../bare"]);
    let bare = Command::new(env!("CARGO_BIN_EXE_premaster"))
        .args(["check", "--rev", "HEAD"])
        .current_dir(repository.at("../bare"))
        .output()
        .expect("premaster");
    assert_eq!(bare.status.code(), Some(0), "{}", String::from_utf8_lossy(&bare.stderr));
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
