//! What changed: the two sides of `git diff --raw`, or everything that is staged.

use std::sync::Arc;

use super::Changed;
use super::blobs::{self, Found};
use super::git::{Git, GitError, run};
use crate::model::Kind;
use crate::readers::listed::Listed;
use crate::source::Source;
use crate::walk::Tree;

/// Bytes of a link's target.
const TARGET: u64 = 64 << 10;

/// Two commits to compare.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Range {
    /// `A..B`
    Between(String, String),
    /// `A...B`: from the commit that both come from.
    FromBase(String, String),
    /// A commit, against its first parent.
    One(String),
}

impl std::str::FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let head = |name: &str| if name.is_empty() { "HEAD".to_owned() } else { name.to_owned() };
        let parts = text.split_once("...").map(|parts| (parts, true));
        let parts = parts.or_else(|| text.split_once("..").map(|parts| (parts, false)));
        let range = match parts {
            Some(((old, new), true)) => Self::FromBase(head(old), head(new)),
            Some(((old, new), false)) => Self::Between(head(old), head(new)),
            None => Self::One(text.to_owned()),
        };
        let (Self::Between(old, new) | Self::FromBase(old, new)) = &range else {
            return check(text).map(|()| range);
        };
        check(old).and_then(|()| check(new)).map(|()| range)
    }
}

/// Refuses what Git would take for an option or for "not".
fn check(commit: &str) -> Result<(), String> {
    if commit.starts_with(['-', '^']) || commit.is_empty() {
        return Err("expected A..B, A...B or a commit".into());
    }
    Ok(())
}

/// What is staged, against the last commit.
///
/// # Errors
/// Git does not answer, or what it says is not understood.
pub fn staged(git: &Git) -> Result<Changed, GitError> {
    changed(git, &["--cached"], "HEAD", "staged changes")
}

/// What commits changed.
///
/// # Errors
/// As for [`staged`], and a commit that does not exist.
pub fn range(git: &Git, range: &Range) -> Result<Changed, GitError> {
    match range {
        Range::Between(old, new) => changed(git, &[&commit(old)?, &commit(new)?], old, new),
        Range::FromBase(old, new) => {
            let (from, to) = (commit(old)?, commit(new)?);
            let base = run(&["merge-base", &from, &to]).map_err(|_| {
                let shallow = shallow();
                GitError(format!("{old} and {new} come from no commit together{shallow}"))
            })?;
            changed(git, &[&line(&base), &to], old, new)
        }
        Range::One(name) => {
            let new = commit(name)?;
            let known = run(&["rev-parse", "--verify", "--quiet", &format!("{new}^")]);
            let old = match known.map(|old| line(&old)) {
                Ok(old) => old,
                Err(_) if !shallow().is_empty() => {
                    return Err(GitError(format!("the parent of {name} is not here{}", shallow())));
                }
                // The first commit adds all that it has.
                Err(_) => empty_tree()?,
            };
            changed(git, &[&old, &new], &format!("{name}^"), name)
        }
    }
}

/// The name of the object that a commit is called by.
fn commit(name: &str) -> Result<String, GitError> {
    let found = run(&["rev-parse", "--verify", &format!("{name}^{{commit}}")]);
    let found = found
        .map_err(|_| GitError(format!("no commit {name:?} in this repository{}", shallow())))?;
    Ok(line(&found))
}

fn line(output: &[u8]) -> String {
    String::from_utf8_lossy(output).trim().to_owned()
}

/// What to do where history is cut off.
fn shallow() -> &'static str {
    let is = run(&["rev-parse", "--is-shallow-repository"]);
    if is.is_ok_and(|is| line(&is) == "true") {
        return ": the clone is shallow, `git fetch --deepen=N` or `--unshallow` gets more";
    }
    ""
}

/// The tree of nothing, by the hash of the repository.
fn empty_tree() -> Result<String, GitError> {
    run(&["hash-object", "-t", "tree", "--stdin"]).map(|found| line(&found))
}

/// Everything that is staged, against nothing.
///
/// # Errors
/// As for [`staged`].
pub fn all_staged(git: &Git) -> Result<Changed, GitError> {
    let nothing = empty_tree()?;
    let all = changed(git, &["--cached", &nothing], "nothing", "all that is staged")?;
    Ok(Changed { old: None, ..all })
}

/// An entry on one side.
struct Side {
    mode: u32,
    object: String,
    path: Vec<u8>,
}

/// None if there is no entry on this side.
fn side(mode: &str, object: &str, path: &[u8]) -> Option<Side> {
    let mode = u32::from_str_radix(mode, 8).ok().filter(|mode| *mode != 0)?;
    Some(Side { mode, object: object.to_owned(), path: path.to_vec() })
}

fn changed(git: &Git, what: &[&str], old: &str, new: &str) -> Result<Changed, GitError> {
    // What settings or attributes make of a difference has no say.
    let fixed = [
        "diff",
        "--raw",
        "-z",
        "--no-abbrev",
        "--no-renames",
        "--no-relative",
        "--ignore-submodules=none",
        "--no-ext-diff",
        "-O/dev/null",
    ];
    let args: Vec<&str> = fixed.iter().chain(what).copied().chain(["--"]).collect();
    let listed = run(&args)?;
    let mut fields = listed.split(|byte| *byte == 0);
    let (mut before, mut after) = (Vec::new(), Vec::new());
    while let Some(record) = fields.next().filter(|record| !record.is_empty()) {
        // `:100644 100755 OBJECT OBJECT M`, then the path.
        let words = String::from_utf8_lossy(record);
        let words: Vec<_> = words.trim_start_matches(':').split(' ').collect();
        let ([old_mode, new_mode, was, is, status], Some(path)) = (words.as_slice(), fields.next())
        else {
            return Err(not_understood("diff --raw", record));
        };
        before.extend(side(old_mode, was, path));
        if status.starts_with('U') {
            let path = crate::model::locator::escape_text(path);
            return Err(GitError(format!("{path} is in conflict: settle that first")));
        }
        after.extend(side(new_mode, is, path));
    }
    let tree = |name: &str, sides: &[Side]| {
        let (entries, bytes) = entries(git, sides)?;
        Ok(Arc::new(Tree { name: name.to_owned(), entries, bytes }))
    };
    Ok(Changed { old: Some(tree(old, &before)?), new: tree(new, &after)? })
}

fn not_understood(command: &str, record: &[u8]) -> GitError {
    let record = crate::model::locator::escape_text(record);
    GitError(format!("git {command} says {record:?}, which is not understood"))
}

/// Reads all entries of a side.
fn entries(git: &Git, sides: &[Side]) -> Result<(Vec<Listed>, Arc<dyn Source>), GitError> {
    const LINK: u32 = 0o120_000;
    const COMMIT: u32 = 0o160_000;
    let is_blob = |side: &&Side| side.mode & 0o170_000 != COMMIT;
    let names = sides.iter().filter(is_blob).map(|side| side.object.clone()).collect();
    let (bytes, found) = blobs::read(git, names)?;
    let mut found = found.into_iter();
    let mut entries = Vec::with_capacity(sides.len());
    for side in sides {
        let mut entry = Listed {
            path: side.path.clone(),
            kind: Kind::File,
            mode: (side.mode & 0o7777) as u16,
            target: None,
            at: 0..0,
            unread: None,
        };
        match side.mode & 0o170_000 {
            // A submodule is a folder of which the commit is known.
            COMMIT => {
                entry.kind = Kind::Directory;
                entry.target = Some(format!("commit {}", side.object).into_bytes());
            }
            kind => {
                let at: Found = found.next().unwrap_or_else(|| Err("Git did not tell it".into()));
                match at {
                    Ok(at) if kind == LINK => {
                        entry.kind = Kind::Symlink;
                        entry.target = target(&*bytes, &at);
                    }
                    Ok(at) => entry.at = at,
                    Err(why) => entry.unread = Some(why),
                }
            }
        }
        entries.push(entry);
    }
    Ok((entries, bytes))
}

/// What a link leads to.
fn target(bytes: &dyn Source, at: &std::ops::Range<u64>) -> Option<Vec<u8>> {
    let mut target = vec![0; (at.end - at.start).min(TARGET) as usize];
    let n = bytes.read_at(at.start, &mut target).ok()?;
    target.truncate(n);
    Some(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_two_commits_or_one_against_its_parent() {
        let (range, is) = (str::parse::<Range>, |text: &str| text.to_owned());
        assert_eq!(range("v1..v2"), Ok(Range::Between(is("v1"), is("v2"))));
        assert_eq!(range("main...topic"), Ok(Range::FromBase(is("main"), is("topic"))));
        assert_eq!(range("main.."), Ok(Range::Between(is("main"), is("HEAD"))));
        assert_eq!(range(":/text"), Ok(Range::One(is(":/text"))));
        for wrong in ["", "--output=x", "--output=x..b", "a..-b", "^HEAD", "a..^b"] {
            assert!(range(wrong).is_err(), "{wrong}");
        }
    }
}
