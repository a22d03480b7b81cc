//! What changed: the two sides of `git diff --raw`, or everything that is staged.

use std::sync::Arc;

use super::Changed;
use super::blobs::{self, Found};
use super::git::{Git, GitError};
use crate::model::Kind;
use crate::readers::listed::Listed;
use crate::source::Source;
use crate::walk::Tree;

/// Bytes of a link's target.
const TARGET: u64 = 64 << 10;

/// Two commits to compare.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Range {
    old: String,
    new: String,
    /// Whether the old side is the commit from which both come.
    from_base: bool,
}

impl std::str::FromStr for Range {
    type Err = String;

    /// `A..B`, `A...B` (from the commit that both come from), or one commit against its parent.
    fn from_str(text: &str) -> Result<Self, String> {
        let (old, new, from_base) = match (text.split_once("..."), text.split_once("..")) {
            (Some((old, new)), _) => (old.to_owned(), new, true),
            (_, Some((old, new))) => (old.to_owned(), new, false),
            _ => (format!("{text}^"), text, false),
        };
        let head = |name: &str| if name.is_empty() { "HEAD".to_owned() } else { name.to_owned() };
        let range = Self { old: head(&old), new: head(new), from_base };
        let is_option = |name: &str| name.starts_with('-');
        if text.is_empty() || is_option(&range.old) || is_option(&range.new) {
            return Err("expected A..B, A...B or a commit".into());
        }
        Ok(range)
    }
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
    let commit = |name: &str| {
        let wanted = format!("{name}^{{commit}}");
        let found = git.run(&["rev-parse", "--verify", &wanted]);
        let found =
            found.map_err(|_| GitError(format!("no commit {name:?} in this repository")))?;
        Ok(String::from_utf8_lossy(&found).trim().to_owned())
    };
    let (mut old, new) = (commit(&range.old)?, commit(&range.new)?);
    if range.from_base {
        let base = git.run(&["merge-base", &old, &new]).map_err(|_| {
            GitError(format!("{} and {} come from no commit together", range.old, range.new))
        })?;
        String::from_utf8_lossy(&base).trim().clone_into(&mut old);
    }
    changed(git, &[&old, &new], &range.old, &range.new)
}

/// Everything that is staged, against nothing.
///
/// # Errors
/// As for [`staged`].
pub fn all_staged(git: &Git) -> Result<Changed, GitError> {
    let listed = git.run(&["ls-files", "--stage", "-z", "--full-name"])?;
    let mut sides = Vec::new();
    for record in listed.split(|byte| *byte == 0).filter(|record| !record.is_empty()) {
        // `100644 OBJECT 0<TAB>PATH`
        let tab = record.iter().position(|byte| *byte == b'\t');
        let (words, path) = tab.and_then(|tab| record.split_at_checked(tab)).unwrap_or_default();
        let words = String::from_utf8_lossy(words);
        let mut words = words.split(' ');
        let (mode, object, stage) = (words.next(), words.next(), words.next());
        let (Some(mode), Some(object), Some(path)) = (mode, object, path.get(1..)) else {
            return Err(not_understood("ls-files", record));
        };
        // Of a file in conflict, our side.
        if matches!(stage, Some("0" | "2")) {
            sides.extend(side(mode, object, path));
        }
    }
    let (entries, bytes) = entries(git, &sides)?;
    let new = Tree { name: "all that is staged".into(), entries, bytes };
    Ok(Changed { old: None, new: Arc::new(new) })
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
    ];
    let args: Vec<&str> = fixed.iter().chain(what).copied().chain(["--"]).collect();
    let listed = git.run(&args)?;
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
        let range = |text: &str| text.parse::<Range>().map(|r| (r.old, r.new, r.from_base));
        let is = |old: &str, new: &str, base| Ok((old.to_owned(), new.to_owned(), base));
        assert_eq!(range("v1..v2"), is("v1", "v2", false));
        assert_eq!(range("main...topic"), is("main", "topic", true));
        assert_eq!(range("main.."), is("main", "HEAD", false));
        assert_eq!(range("HEAD"), is("HEAD^", "HEAD", false));
        for wrong in ["", "--output=x", "--output=x..b", "a..-b"] {
            assert!(range(wrong).is_err(), "{wrong}");
        }
    }
}
